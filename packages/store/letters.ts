import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Item, type Key, padded, readBody, type Store } from './table.ts';

/** A letter's own key: the event that causes it, its name, and the person who gets it. */
export type LetterId = {
  readonly auditNumber: string;
  readonly event: number;
  readonly letter: string;
  readonly personId: string;
};

type LetterRecord = { readonly attempt: number; readonly sentAt?: string; readonly messageId?: string };

function letterKey({ auditNumber, event, letter, personId }: LetterId): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: `LETTER#${padded(event)}#${letter}#${personId}` };
}

/**
 * Claims a letter for sending: 'claimed', 'sent' when it has gone out, or 'elsewhere' when another delivery of the same
 * message has it in hand. A claim that was never followed by `recordSent` belongs to a delivery that died: it is taken
 * over once the queue delivers again (`delivery` above 1), and only by one.
 */
export async function claimLetter(
  store: Store,
  id: LetterId,
  delivery: number,
): Promise<'claimed' | 'sent' | 'elsewhere'> {
  const known = await readBody<LetterRecord>(store, letterKey(id));
  if (known?.sentAt !== undefined) return 'sent';
  if (known !== undefined && delivery === 1) return 'elsewhere';
  const attempt = (known?.attempt ?? 0) + 1;
  const condition =
    known === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#body.attempt = :seen AND attribute_not_exists(#body.sentAt)',
          ExpressionAttributeNames: { '#body': 'body' },
          ExpressionAttributeValues: { ':seen': known.attempt },
        };
  const item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body: { attempt } };
  try {
    await store.client.send(new PutCommand({ TableName: store.table, Item: item, ...condition }));
    return 'claimed';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'elsewhere';
    throw error;
  }
}

/** Records that SES has taken the letter. */
export async function recordSent(store: Store, id: LetterId, messageId: string, sentAt: string): Promise<void> {
  const item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body: { attempt: 0, sentAt, messageId } };
  await store.client.send(new PutCommand({ TableName: store.table, Item: item }));
}
