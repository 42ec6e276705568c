import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, type PutCommandInput, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type HistoryKind, isSubjectOf, type SubjectOf } from '@secor/certification';
import { partition } from './history.ts';
import { type Item, type Key, padded, readBody, type Store } from './table.ts';

/** A letter's own key: the event of a subject ("audit#412345678") that causes it, its name, and the person who gets it. */
export type LetterId = {
  readonly subject: SubjectOf<HistoryKind>;
  readonly event: number;
  readonly letter: string;
  readonly personId: string;
};

/** The longest value that SES takes for a tag: one less than its documentation says. */
const maxTag = 255;

/**
 * A letter's id as the value of an SES tag, which takes no other characters than letters, digits, `_` and `-`.
 *
 * @throws Error when the id is longer than a tag may be
 */
export function letterTag({ subject, event, letter, personId }: LetterId): string {
  const tag = Buffer.from(JSON.stringify([subject, event, letter, personId])).toString('base64url');
  if (tag.length <= maxTag) return tag;
  throw new Error(
    `The id of letter ${letter} of ${subject} is too long for a tag of SES: ${tag.length} of ${maxTag} characters. Shorten the ids of its subject and person.`,
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
  if (!isSubjectOf(subject, 'audit', 'employer', 'assessor', 'session')) return undefined;
  const id = { subject, event: event as number, letter, personId };
  return Number.isSafeInteger(event) && letterTag(id) === tag ? id : undefined;
}

/** A claimed letter: which attempt at sending it this is, from 1. */
export type Claim = { readonly attempt: number };

type LetterRecord = {
  readonly attempt: number;
  /** Whether a delivery has claimed it; absent when that one has given it back. */
  readonly isClaimed?: true;
  /**
   * The deliveries of this attempt's time whose messages were put off: they found it claimed, or SES gave no answer. When one of
   * these messages comes again, whoever had claimed it is gone, and SES has told whether it has the letter.
   */
  readonly putOffDeliveries?: readonly string[];
  readonly sentAt?: string;
  readonly messageId?: string;
  readonly acceptedAt?: string;
  readonly deliveredAt?: string;
  readonly bounced?: Bounce;
  readonly complainedAt?: string;
  readonly notSpamAt?: string;
  readonly rejected?: Rejection;
  readonly withheld?: { readonly at: string; readonly reason: string };
};

/** That a letter came back: when (ISO, UTC), and whether the address will never take one. */
export type Bounce = { readonly at: string; readonly kind: 'permanent' | 'transient' | 'undetermined' };

/** That SES has not sent on what it had taken: when (ISO, UTC), and why. */
export type Rejection = { readonly at: string; readonly reason: string };

/**
 * What became of a letter: SES accepted it under an id of its own, or rejected it after all; it arrived, came back, its
 * recipient complained of it or took it out of junk. Instants are ISO, UTC.
 */
export type LetterFeedback =
  | { readonly acceptedAt: string; readonly messageId: string }
  | { readonly rejected: Rejection }
  | { readonly deliveredAt: string }
  | { readonly bounced: Bounce }
  | { readonly complainedAt: string }
  | { readonly notSpamAt: string };

/** Each of these says that a letter is dealt with: SES has taken it, or it goes to nobody. */
const settlements = [
  'sentAt',
  'acceptedAt',
  'deliveredAt',
  'bounced',
  'complainedAt',
  'notSpamAt',
  'rejected',
  'withheld',
] as const satisfies readonly (keyof LetterRecord)[];

const isUnsettled = settlements.map((settlement) => `attribute_not_exists(#body.${settlement})`).join(' AND ');

type Condition = Pick<
  PutCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

function letterKey({ subject, event, letter, personId }: LetterId): Key {
  return { pk: partition(subject), sk: `LETTER#${padded(event)}#${letter}#${personId}` };
}

/**
 * Claims a letter for sending: its claim, 'settled' when it is dealt with, or 'elsewhere' when another delivery has claimed it
 * (the queue may deliver one message to many at once, and relay may send twice). Who finds it claimed must come again with the id
 * of its delivery, no sooner than after the queue's own timeout, which is longer than any delivery can live: who had claimed it is
 * gone then, and SES has told whether it has the letter.
 */
export async function claimLetter(
  store: Store,
  id: LetterId,
  { deliveryId, putOffBy }: { readonly deliveryId: string; readonly putOffBy?: string },
): Promise<Claim | 'settled' | 'elsewhere'> {
  const put = async (attempt: number, condition: Condition): Promise<boolean> => {
    const Item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body: { attempt, isClaimed: true } };
    return written(store.client.send(new PutCommand({ TableName: store.table, Item, ...condition })));
  };
  // Nearly always nobody has claimed it: it is read only when somebody has.
  if (await put(1, { ConditionExpression: 'attribute_not_exists(pk)' })) return { attempt: 1 };
  const known = await readBody<LetterRecord>(store, letterKey(id));
  if (known === undefined) return 'elsewhere';
  if (settlements.some((settlement) => known[settlement] !== undefined)) return 'settled';
  const { isClaimed = false, putOffDeliveries = [], attempt } = known;
  if (isClaimed && (putOffBy === undefined || !putOffDeliveries.includes(putOffBy))) {
    await change(store, id, attempt, 'SET #body.putOffDeliveries = :putOffDeliveries', {
      ':putOffDeliveries': [...putOffDeliveries, deliveryId],
    });
    return 'elsewhere';
  }
  const tookOver = await put(attempt + 1, {
    ConditionExpression: `#body.attempt = :seen AND ${isUnsettled}`,
    ExpressionAttributeNames: { '#body': 'body' },
    ExpressionAttributeValues: { ':seen': attempt },
  });
  return tookOver ? { attempt: attempt + 1 } : 'elsewhere';
}

/** Gives back a letter that SES has not taken: the next delivery may claim it at once. */
export async function releaseLetter(store: Store, id: LetterId, { attempt }: Claim): Promise<void> {
  await change(store, id, attempt, 'REMOVE #body.isClaimed');
}

/**
 * Records that SES gave no answer to a claimed letter. Its message must come again with the id of this delivery, no sooner than
 * after the queue's own timeout: it may then claim the letter, if SES has not told of it by then. Others who were put off meanwhile
 * lose their marks, and are put off once more.
 */
export async function recordUnanswered(
  store: Store,
  id: LetterId,
  { attempt }: Claim,
  deliveryId: string,
): Promise<void> {
  await change(store, id, attempt, 'SET #body.putOffDeliveries = :putOffDeliveries', {
    ':putOffDeliveries': [deliveryId],
  });
}

/** Changes what is known of an attempt, unless there is another one by now. */
async function change(
  store: Store,
  id: LetterId,
  attempt: number,
  UpdateExpression: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { pk, sk } = letterKey(id);
  await written(
    store.client.send(
      new UpdateCommand({
        TableName: store.table,
        Key: { pk, sk },
        ConditionExpression: '#body.attempt = :attempt',
        UpdateExpression,
        ExpressionAttributeNames: { '#body': 'body' },
        ExpressionAttributeValues: { ':attempt': attempt, ...values },
      }),
    ),
  );
}

/** Whether a write was made; false when its condition did not hold. */
async function written(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Records that a letter goes to nobody, at an instant (ISO, UTC), and why; one that is dealt with stays as it is. */
export async function recordWithheld(store: Store, id: LetterId, reason: string, at: string): Promise<void> {
  const body: LetterRecord = { attempt: 0, withheld: { at, reason } };
  const Item: Item<LetterRecord> = { ...letterKey(id), kind: 'letter', body };
  const ConditionExpression = 'attribute_not_exists(pk)';
  if (await written(store.client.send(new PutCommand({ TableName: store.table, Item, ConditionExpression })))) return;
  const { pk, sk } = letterKey(id);
  await written(
    store.client.send(
      new UpdateCommand({
        TableName: store.table,
        Key: { pk, sk },
        ConditionExpression: `attribute_exists(pk) AND ${isUnsettled}`,
        UpdateExpression: 'SET #body.withheld = :withheld',
        ExpressionAttributeNames: { '#body': 'body' },
        ExpressionAttributeValues: { ':withheld': body.withheld },
      }),
    ),
  );
}

/** Records that SES has taken a letter that was claimed; what became of it may have been recorded before. */
export async function recordSent(store: Store, id: LetterId, messageId: string, sentAt: string): Promise<void> {
  const { pk, sk } = letterKey(id);
  await store.client.send(
    new UpdateCommand({
      TableName: store.table,
      Key: { pk, sk },
      ConditionExpression: 'attribute_exists(pk)',
      UpdateExpression: 'SET #body.sentAt = :sentAt, #body.messageId = :messageId',
      ExpressionAttributeNames: { '#body': 'body' },
      ExpressionAttributeValues: { ':sentAt': sentAt, ':messageId': messageId },
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
  const told = Object.entries(feedback);
  const isFinal = 'bounced' in feedback && feedback.bounced.kind === 'permanent';
  const settings = told.map(([place]) =>
    isFinal ? `#body.${place} = :${place}` : `#body.${place} = if_not_exists(#body.${place}, :${place})`,
  );
  return written(
    store.client.send(
      new UpdateCommand({
        TableName: store.table,
        Key: { pk, sk },
        ConditionExpression: 'attribute_exists(pk)',
        UpdateExpression: `SET ${settings.join(', ')}`,
        ExpressionAttributeNames: { '#body': 'body' },
        ExpressionAttributeValues: Object.fromEntries(told.map(([place, value]) => [`:${place}`, value])),
      }),
    ),
  );
}

function rejectionKey(id: LetterId): Key {
  const { pk, sk } = letterKey(id);
  return { pk, sk: `REJECTED-${sk}` };
}

/** Whether it was told that SES rejected a letter. */
export async function rejectionIsTold(store: Store, id: LetterId): Promise<boolean> {
  return (await readBody(store, rejectionKey(id))) !== undefined;
}

/** That it is told of a letter that SES rejected it: created in the transaction that tells. */
export function rejectionItem(id: LetterId): Item<object> {
  return { ...rejectionKey(id), kind: 'told rejection', body: {} };
}

/** What is known of a letter: when SES took it, and what became of it; undefined for one that nobody has tried to send. */
export function readLetter(
  store: Store,
  id: LetterId,
): Promise<Omit<LetterRecord, 'isClaimed' | 'putOffDeliveries' | 'attempt'> | undefined> {
  return readBody<LetterRecord>(store, letterKey(id));
}
