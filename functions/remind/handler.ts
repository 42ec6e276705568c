import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { businessDate } from '@secor/certification';
import { SweepMessage } from '@secor/contracts';
import { type Delivery, environment, log, queueConsumer } from '@secor/lambda';
import { type DueCheck, dueCheckShards, listDueChecks, openStore, recordSweep, type Store } from '@secor/store';
import { forEachAtOnce } from '../shared/for-each-at-once.ts';
import { checkSubject } from './check.ts';

type Dependencies = {
  readonly store: Store;
  /** Where a sweep sends what is too much for one invocation, and what failed. */
  readonly sqs: SQSClient;
  readonly queueUrl: string;
};

/** A shard with no more than this is done with the day itself; of a larger one so much at a time. */
const pageSize = 25;
/** So much of a shard is done in one invocation: what is behind goes on in the next. */
const maxAtOnce = 500;
/** Subjects that are worked on at the same time. */
const subjectsAtOnce = 5;
/** So many subjects that failed are tried again by one message. */
const maxInMessage = 100;

/**
 * The daily sweep: finds by the day of the next check what has something due, and records it, each subject in a transaction of its own.
 * A message is a day, or a shard of it: a day does the shards that are small, and sends a message for each that is not. Subjects
 * that failed get a message of their own, so that no other is swept again for them; only that one comes back, and becomes a dead
 * letter. Nothing is done twice, whoever else sweeps. Records each day's sweep once no subject of it is left that failed, be it by
 * their own message: republish reports how long that is ago, which is what the alarm watches.
 */
export function remind(dependencies: Dependencies) {
  return async ({ message, sentAt }: Delivery<SweepMessage>): Promise<void> => {
    const { scheduledTime, shard, after, subjects, lastOfDay = false } = message;
    const sweep: Sweep = { ...dependencies, at: new Date(scheduledTime).toISOString(), sentAt, failed: [] };
    if (subjects !== undefined) {
      await checkAll(sweep, subjects);
      if (sweep.failed.length > 0) throw new Error(`${sweep.failed.length} subjects could not be swept`);
      if (lastOfDay) await recordDay(sweep);
      return;
    }
    const pages =
      shard === undefined
        ? await Promise.all(
            dueCheckShards.map(async (each) => ({ each, left: await sweepShard(sweep, each, pageSize) })),
          )
        : [{ each: shard, left: await sweepShard(sweep, shard, maxAtOnce, after) }];
    for (const { each, left } of pages)
      if (left !== undefined) await send(sweep, { scheduledTime, shard: each, after: left });
    // Of several messages none knows whether the others are done.
    const onlyOne = shard === undefined && sweep.failed.length <= maxInMessage;
    for (let first = 0; first < sweep.failed.length; first += maxInMessage) {
      const failed = sweep.failed.slice(first, first + maxInMessage);
      await send(sweep, { scheduledTime, subjects: failed, ...(onlyOne ? { lastOfDay: true } : {}) });
    }
    if (shard === undefined && sweep.failed.length === 0) await recordDay(sweep);
  };
}

/** Records that a day was swept: one to come, asked for by hand, must not hide that later sweeps are missed. */
function recordDay({ store, at, sentAt }: Sweep): Promise<void> {
  return recordSweep(store, earlier(at, sentAt));
}

/** A sweep under way, with the subjects that failed so far. */
type Sweep = Dependencies & { readonly at: string; readonly sentAt: string; readonly failed: DueCheck['subject'][] };

/** Sweeps a shard from behind an entry on; gives the last entry when there is more behind it than is done at once. */
async function sweepShard(sweep: Sweep, shard: number, most: number, from?: string): Promise<string | undefined> {
  let after = from;
  for (let done = 0; done < most; done += pageSize) {
    const page = { limit: pageSize, after };
    const { checks, next } = await listDueChecks(sweep.store, shard, businessDate(sweep.at), page);
    await checkAll(
      sweep,
      checks.map(({ subject }) => subject),
    );
    if (next === undefined) return undefined;
    after = next;
  }
  return after;
}

/** Does what the day brings for each subject; one that fails holds up no other. */
async function checkAll({ store, at, sentAt, failed }: Sweep, subjects: readonly DueCheck['subject'][]): Promise<void> {
  await forEachAtOnce(subjects, subjectsAtOnce, async (subject) => {
    await checkSubject(store, subject, { at, sentAt }).catch((error: Error) => {
      log.error('a subject could not be swept', { subject, error });
      failed.push(subject);
    });
  });
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

async function send({ sqs, queueUrl }: Dependencies, message: SweepMessage): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
}

export const handler = queueConsumer(SweepMessage, () =>
  remind({
    store: openStore(environment('TABLE_NAME')),
    sqs: new SQSClient({}),
    queueUrl: environment('QUEUE_URL'),
  }),
);
