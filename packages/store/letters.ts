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

/** A delivery of the message that causes a letter: which message, and how often the queue has delivered it. */
export type Claimant = { readonly message: string; readonly delivery: number };

type LetterRecord = {
  readonly attempt: number;
  /** The message whose delivery has it in hand. */
  readonly claimant: string;
  readonly sentAt?: string;
  readonly messageId?: string;
};

/** From this delivery on a message takes over a claim of another one: by then that one has sent it, or never will. */
const lastResort = 4;

function letterKey({ auditNumber, event, letter, personId }: LetterId): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: `LETTER#${padded(event)}#${letter}#${personId}` };
}

/**
 * Claims a letter for sending: 'claimed', 'sent' when it has gone out, or 'elsewhere' when another message has it in hand
 * (the queue may deliver twice, and relay may send twice). A claim that was never followed by `recordSent` belongs to a
 * delivery that failed or died: the same message takes it over when it comes again, another one as a last resort.
 */
export async function claimLetter(
  store: Store,
  id: LetterId,
  { message, delivery }: Claimant,
): Promise<'claimed' | 'sent' | 'elsewhere'> {
  const known = await readBody<LetterRecord>(store, letterKey(id));
  if (known?.sentAt !== undefined) return 'sent';
  const takesOver = known === undefined || (known.claimant === message ? delivery > 1 : delivery >= lastResort);
  if (!takesOver) return 'elsewhere';
  const condition =
    known === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#body.attempt = :seen AND attribute_not_exists(#body.sentAt)',
          ExpressionAttributeNames: { '#body': 'body' },
          ExpressionAttributeValues: { ':seen': known.attempt },
        };
  const body: LetterRecord = { attempt: (known?.attempt ?? 0) + 1, claimant: message };
  const item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body };
  try {
    await store.client.send(new PutCommand({ TableName: store.table, Item: item, ...condition }));
    return 'claimed';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'elsewhere';
    throw error;
  }
}

/** Records that SES has taken the letter. */
export async function recordSent(
  store: Store,
  id: LetterId,
  { message }: Claimant,
  messageId: string,
  sentAt: string,
): Promise<void> {
  const body: LetterRecord = { attempt: 0, claimant: message, sentAt, messageId };
  const item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body };
  await store.client.send(new PutCommand({ TableName: store.table, Item: item }));
}
