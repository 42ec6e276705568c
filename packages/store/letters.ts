import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, type PutCommandInput, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type HistoryKind, isSubjectOf, type SubjectOf } from '@secor/certification';
import { partition } from './history.ts';
import { type Item, type Key, padded, readBody, type Store } from './table.ts';

/**
 * The key of a letter: the event of a subject ("audit#412345678") that causes it, the letter's name, and the person who gets it.
 */
export type LetterId = {
  readonly subject: SubjectOf<HistoryKind>;
  readonly event: number;
  readonly letter: string;
  readonly personId: string;
};

/** The longest value that SES accepts for a tag: one less than its documentation says. */
const maxTag = 255;

/**
 * A letter's id as the value of an SES tag, which may contain only letters, digits, `_` and `-`.
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

/** The letter that a tag names; undefined for a value that `letterTag` did not make. */
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

/** A letter of the same event that would go to the same address: who has several roles gets one letter for all of them. */
export type AlsoAs = Pick<LetterId, 'letter' | 'personId'>;

/** A claimed letter, with the number of the attempt to send it, from 1. */
export type Claim = { readonly attempt: number };

export type LetterRecord = {
  readonly attempt: number;
  /** Whether a delivery has claimed it; absent when that delivery has released it. */
  readonly isClaimed?: true;
  /** The letters in whose place this one goes out. */
  readonly alsoAs?: readonly AlsoAs[];
  /** The letter that goes out in place of this one: to the same person, in a role in which they can do more. */
  readonly toldWith?: AlsoAs;
  /**
   * The deliveries whose messages were put off during this attempt: they found the letter claimed, or got no answer from SES.
   * When one of these messages comes again, the delivery with the claim is over, and SES has reported whether it accepted the
   * letter.
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

/** That a letter bounced: when (ISO, UTC), and whether permanently. */
export type Bounce = { readonly at: string; readonly kind: 'permanent' | 'transient' | 'undetermined' };

/** That SES accepted a letter but did not send it: when (ISO, UTC), and why. */
export type Rejection = { readonly at: string; readonly reason: string };

/**
 * What became of a letter: SES accepted it under an id of its own, or rejected it afterwards; it was delivered or bounced; its
 * recipient complained about it or took it out of junk. Instants are ISO, UTC.
 */
export type LetterFeedback =
  | { readonly acceptedAt: string; readonly messageId: string }
  | { readonly rejected: Rejection }
  | { readonly deliveredAt: string }
  | { readonly bounced: Bounce }
  | { readonly complainedAt: string }
  | { readonly notSpamAt: string };

/** If one of these attributes is there, the letter is settled: SES accepted it, or it goes to nobody. */
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

/** How far a letter is: nobody has begun it, or its attempt failed; a delivery has claimed it; or nothing is left to do. */
type Progress =
  | { readonly is: 'unclaimed'; readonly attempt: number; readonly toldWith?: AlsoAs }
  | { readonly is: 'claimed'; readonly holder: LetterId; readonly attempt: number }
  | { readonly is: 'settled' };

/**
 * How far a letter is. One that goes out with another is as far as that one. A claim is over when the message of `putOffBy` comes
 * again. `followed` are the letters that led here: a person who changed roles twice could lead back.
 */
async function readProgress(
  store: Store,
  id: LetterId,
  putOffBy: string | undefined,
  followed: readonly string[] = [],
): Promise<Progress> {
  const known = await readBody<LetterRecord>(store, letterKey(id));
  if (known === undefined) return { is: 'unclaimed', attempt: 0 };
  const { attempt, isClaimed = false, putOffDeliveries = [], toldWith } = known;
  if (settlements.some((settlement) => known[settlement] !== undefined)) return { is: 'settled' };
  if (isClaimed && (putOffBy === undefined || !putOffDeliveries.includes(putOffBy)))
    return { is: 'claimed', holder: id, attempt };
  if (toldWith === undefined || followed.includes(toldWith.personId)) return { is: 'unclaimed', attempt };
  const other = await readProgress(store, { ...id, ...toldWith }, putOffBy, [...followed, id.personId]);
  return other.is === 'unclaimed' ? { is: 'unclaimed', attempt, toldWith } : other;
}

/**
 * Claims a letter for sending: returns its claim, 'settled' when nothing is left to do, or 'elsewhere' when another delivery has
 * claimed it (the queue may deliver a message several times at once, and relay may send it twice). A delivery that finds the
 * letter claimed must send its message again with its own id, to arrive after the queue's timeout. That timeout is longer than
 * any delivery can run: by then the delivery with the claim is over, and SES has reported whether it accepted the letter.
 *
 * Of this letter and those of `alsoAs` only one goes out. That holds also when an address changes between two deliveries: the
 * record of each of the others names the letter that goes out in its place.
 */
export async function claimLetter(
  store: Store,
  id: LetterId,
  { deliveryId, putOffBy }: { readonly deliveryId: string; readonly putOffBy?: string },
  alsoAs: readonly AlsoAs[] = [],
): Promise<Claim | 'settled' | 'elsewhere'> {
  const put = (letter: LetterId, seen: number, body: Omit<LetterRecord, 'attempt'>): Promise<boolean> => {
    const Item: Item<LetterRecord> = { ...letterKey(letter), kind: 'letter', body: { attempt: seen + 1, ...body } };
    const condition: Condition =
      seen === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: `#body.attempt = :seen AND ${isUnsettled}`,
            ExpressionAttributeNames: { '#body': 'body' },
            ExpressionAttributeValues: { ':seen': seen },
          };
    return written(store.client.send(new PutCommand({ TableName: store.table, Item, ...condition })));
  };
  const claim = { isClaimed: true, ...(alsoAs.length === 0 ? {} : { alsoAs }) } as const;
  // Nearly always nobody has begun the letter, and it stands for no other: then nothing has to be read.
  if (alsoAs.length === 0 && (await put(id, 0, claim))) return { attempt: 1 };
  const letters = await Promise.all(
    [id, ...alsoAs.map((other) => ({ ...id, ...other }))].map(async (letter) => ({
      letter,
      progress: await readProgress(store, letter, putOffBy),
    })),
  );
  const settled = letters.find(({ progress }) => progress.is === 'settled')?.letter;
  const claimed = letters.map(({ progress }) => progress).find((progress) => progress.is === 'claimed');
  if (settled === undefined && claimed !== undefined) {
    const appended = 'list_append(if_not_exists(#body.putOffDeliveries, :none), :own)';
    await change(store, claimed.holder, claimed.attempt, `SET #body.putOffDeliveries = ${appended}`, {
      ':none': [],
      ':own': [deliveryId],
    });
    return 'elsewhere';
  }
  const { letter, personId } = settled ?? id;
  for (const { letter: other, progress } of letters) {
    if (progress.is !== 'unclaimed' || (other.letter === letter && other.personId === personId)) continue;
    const isNamed = progress.toldWith?.letter === letter && progress.toldWith.personId === personId;
    if (!isNamed && !(await put(other, progress.attempt, { toldWith: { letter, personId } }))) return 'elsewhere';
  }
  const own = letters[0]?.progress;
  if (settled !== undefined || own?.is !== 'unclaimed') return 'settled';
  return (await put(id, own.attempt, claim)) ? { attempt: own.attempt + 1 } : 'elsewhere';
}

/** Releases a letter that SES did not accept: the next delivery may claim it at once. */
export async function releaseLetter(store: Store, id: LetterId, { attempt }: Claim): Promise<void> {
  await change(store, id, attempt, 'REMOVE #body.isClaimed');
}

/**
 * Records that SES gave no answer to a claimed letter. Its message must come again with the id of this delivery, after the
 * queue's timeout. It may then claim the letter, unless SES has reported about it by then. Other deliveries that were put off
 * meanwhile are removed from the record, and are put off once more.
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

/** Changes the record of an attempt, unless a newer attempt exists. */
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

/** Whether the write was made; false when its condition failed. */
async function written(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Records that a letter goes to nobody, at an instant (ISO, UTC), and why. A letter that is settled stays as it is. */
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

/** Records that SES accepted a claimed letter. What became of the letter may have been recorded earlier. */
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
 * Records what became of a letter. What was recorded stays, except that a permanent bounce replaces a temporary one. This may be
 * called twice, in any order, and before `recordSent`.
 *
 * @returns false when there is no such letter
 */
export async function recordFeedback(store: Store, id: LetterId, feedback: LetterFeedback): Promise<boolean> {
  const { pk, sk } = letterKey(id);
  const told = Object.entries(feedback);
  const isFinal = 'bounced' in feedback && feedback.bounced.kind === 'permanent';
  const failedAt = failureOf(feedback);
  const listed = failedAt === undefined ? {} : { ':failed': failedLetters, ':place': `${failedAt}#${pk}#${sk}` };
  const settings = told.map(([place]) =>
    isFinal ? `#body.${place} = :${place}` : `#body.${place} = if_not_exists(#body.${place}, :${place})`,
  );
  return written(
    store.client.send(
      new UpdateCommand({
        TableName: store.table,
        Key: { pk, sk },
        ConditionExpression: 'attribute_exists(pk)',
        UpdateExpression: `SET ${[...settings, ...(failedAt === undefined ? [] : ['gsi1pk = :failed', 'gsi1sk = :place'])].join(', ')}`,
        ExpressionAttributeNames: { '#body': 'body' },
        ExpressionAttributeValues: {
          ...Object.fromEntries(told.map(([place, value]) => [`:${place}`, value])),
          ...listed,
        },
      }),
    ),
  );
}

/** The list of the letters whose mail failed. Only these are listed, so that a letter that arrives costs no entry. */
export const failedLetters = 'LETTERS#FAILED';

/** When mail failed, by a report: it came back for good, its recipient complained, or SES rejected it. */
function failureOf(feedback: LetterFeedback): string | undefined {
  if ('bounced' in feedback) return feedback.bounced.kind === 'transient' ? undefined : feedback.bounced.at;
  if ('complainedAt' in feedback) return feedback.complainedAt;
  return 'rejected' in feedback ? feedback.rejected.at : undefined;
}

function rejectionKey(id: LetterId): Key {
  const { pk, sk } = letterKey(id);
  return { pk, sk: `REJECTED-${sk}` };
}

/** Whether the administrators were told that SES rejected a letter. */
export async function rejectionIsTold(store: Store, id: LetterId): Promise<boolean> {
  return (await readBody(store, rejectionKey(id))) !== undefined;
}

/** The item that records that the administrators are told of a rejected letter: created in the transaction with that event. */
export function rejectionItem(id: LetterId): Item<object> {
  return { ...rejectionKey(id), kind: 'told rejection', body: {} };
}

/**
 * What is known of a letter: when SES accepted it, and what became of it; undefined for a letter that nobody has tried to send.
 */
export function readLetter(
  store: Store,
  id: LetterId,
): Promise<Omit<LetterRecord, 'isClaimed' | 'putOffDeliveries' | 'attempt'> | undefined> {
  return readBody<LetterRecord>(store, letterKey(id));
}
