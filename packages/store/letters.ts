import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, type PutCommandInput, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { partition } from './history.ts';
import { type Item, type Key, padded, readBody, type Store } from './table.ts';

/** A letter's own key: the event of a subject ("audit#412345678") that causes it, its name, and the person who gets it. */
export type LetterId = {
  readonly subject: string;
  readonly event: number;
  readonly letter: string;
  readonly personId: string;
};

/** The longest value that SES takes for a tag. */
const longestTag = 256;

/**
 * A letter's id as the value of an SES tag, which takes no other characters than letters, digits, `_` and `-`.
 *
 * @throws Error when the id is longer than a tag may be
 */
export function letterTag({ subject, event, letter, personId }: LetterId): string {
  const tag = Buffer.from(JSON.stringify([subject, event, letter, personId])).toString('base64url');
  if (tag.length <= longestTag) return tag;
  throw new Error(
    `The id of letter ${letter} of ${subject} is too long for a tag of SES: ${tag.length} of ${longestTag} characters. Shorten the ids of its subject and person.`,
  );
}

/** The letter that a tag names; undefined for what `letterTag` never made. */
export function letterOfTag(tag: string): LetterId | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(tag, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 4) return undefined;
  const [subject, event, letter, personId] = parts as unknown[];
  if (typeof subject !== 'string' || typeof letter !== 'string' || typeof personId !== 'string') return undefined;
  const id = { subject, event: event as number, letter, personId };
  return Number.isSafeInteger(event) && letterTag(id) === tag ? id : undefined;
}

/** A delivery of the message that causes a letter: which message, and how often the queue has delivered it. */
export type Claimant = { readonly message: string; readonly delivery: number };

type LetterRecord = {
  readonly attempt: number;
  /** The message whose delivery has it in hand. */
  readonly claimant: string;
  readonly sentAt?: string;
  readonly messageId?: string;
  readonly deliveredAt?: string;
  readonly bounced?: Bounce;
  readonly complainedAt?: string;
};

/** That a letter came back: when (ISO, UTC), and whether the address will never take one. */
export type Bounce = { readonly at: string; readonly kind: 'permanent' | 'transient' | 'undetermined' };

/** What became of a letter: it arrived, came back, or its recipient complained of it. Instants are ISO, UTC. */
export type LetterFeedback =
  | { readonly deliveredAt: string }
  | { readonly bounced: Bounce }
  | { readonly complainedAt: string };

/** From this delivery on a message takes over a claim of another one: by then that one has sent it, or never will. */
const lastResort = 4;

type Condition = Pick<
  PutCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

function letterKey({ subject, event, letter, personId }: LetterId): Key {
  return { pk: partition(subject), sk: `LETTER#${padded(event)}#${letter}#${personId}` };
}

/** Whether SES has taken the letter: it said so, or told what became of it though its answer was lost. */
function wentOut({ sentAt, deliveredAt, bounced, complainedAt }: LetterRecord): boolean {
  return [sentAt, deliveredAt, bounced, complainedAt].some((known) => known !== undefined);
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
  const put = async (attempt: number, condition: Condition): Promise<boolean> => {
    const Item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body: { attempt, claimant: message } };
    try {
      await store.client.send(new PutCommand({ TableName: store.table, Item, ...condition }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  // Nearly always nobody has claimed it: it is read only when somebody has.
  if (await put(1, { ConditionExpression: 'attribute_not_exists(pk)' })) return 'claimed';
  const known = await readBody<LetterRecord>(store, letterKey(id));
  if (known === undefined) return 'elsewhere';
  if (wentOut(known)) return 'sent';
  const takesOver = known.claimant === message ? delivery > 1 : delivery >= lastResort;
  const tookOver =
    takesOver &&
    (await put(known.attempt + 1, {
      ConditionExpression: [
        '#body.attempt = :seen',
        ...['sentAt', 'deliveredAt', 'bounced', 'complainedAt'].map((told) => `attribute_not_exists(#body.${told})`),
      ].join(' AND '),
      ExpressionAttributeNames: { '#body': 'body' },
      ExpressionAttributeValues: { ':seen': known.attempt },
    }));
  return tookOver ? 'claimed' : 'elsewhere';
}

/** Records that SES has taken a letter that was claimed; what became of it may have been recorded before. */
export async function recordSent(
  store: Store,
  id: LetterId,
  { message }: Claimant,
  messageId: string,
  sentAt: string,
): Promise<void> {
  const { pk, sk } = letterKey(id);
  await store.client.send(
    new UpdateCommand({
      TableName: store.table,
      Key: { pk, sk },
      ConditionExpression: 'attribute_exists(pk)',
      UpdateExpression: 'SET #body.claimant = :message, #body.sentAt = :sentAt, #body.messageId = :messageId',
      ExpressionAttributeNames: { '#body': 'body' },
      ExpressionAttributeValues: { ':message': message, ':sentAt': sentAt, ':messageId': messageId },
    }),
  );
}

/**
 * Records what became of a letter; what is known already stays, but for a permanent bounce, which outdoes any other. May come
 * twice, in any order, and before `recordSent`.
 *
 * @returns false when there is no such letter
 */
export async function recordFeedback(store: Store, id: LetterId, feedback: LetterFeedback): Promise<boolean> {
  const { pk, sk } = letterKey(id);
  const [[place, value] = ['', '']] = Object.entries(feedback);
  const isFinal = 'bounced' in feedback && feedback.bounced.kind === 'permanent';
  try {
    await store.client.send(
      new UpdateCommand({
        TableName: store.table,
        Key: { pk, sk },
        ConditionExpression: 'attribute_exists(pk)',
        UpdateExpression: `SET #body.${place} = ${isFinal ? ':value' : `if_not_exists(#body.${place}, :value)`}`,
        ExpressionAttributeNames: { '#body': 'body' },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** What is known of a letter: when SES took it, and what became of it; undefined for one that nobody has tried to send. */
export function readLetter(
  store: Store,
  id: LetterId,
): Promise<Pick<LetterRecord, 'sentAt' | 'messageId' | 'deliveredAt' | 'bounced' | 'complainedAt'> | undefined> {
  return readBody<LetterRecord>(store, letterKey(id));
}
