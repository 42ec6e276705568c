import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { businessDate } from '@secor/certification';
import { SweepMessage } from '@secor/contracts';
import { type Delivery, environment, log, queueConsumer } from '@secor/lambda';
import { type DueCheck, dueCheckShards, listDueChecks, openStore, recordSweep, type Store } from '@secor/store';
import { forEachAtOnce } from '../shared/for-each-at-once.ts';
import { checkSubject } from './check.ts';

type Dependencies = {
  readonly store: Store;
  /** The queue to which a sweep sends what is too much for one invocation, and what failed. */
  readonly sqs: SQSClient;
  readonly queueUrl: string;
};

/**
 * The message of a day also handles each shard with at most this many subjects. A larger shard is handled this many at a time.
 */
const pageSize = 25;
/** How many subjects of a shard one invocation handles; the next invocation continues. */
const maxAtOnce = 500;
/** How many subjects are handled at the same time. */
const subjectsAtOnce = 5;
/** How many failed subjects one message holds. */
const maxInMessage = 100;

/**
 * The daily sweep. It finds the subjects (cycles, assessors, audits) whose next check is due, and records what is due, each
 * subject in a transaction of its own. A message names a day or one shard of a day. The message of a day handles the small
 * shards, and sends a message for each large one. Subjects that failed go into a message of their own, so that the others are not
 * swept again; only that message is retried, and becomes a dead letter. Two sweeps at once do nothing twice. The day's sweep is
 * recorded as complete when no failed subject is left, also if their own message did the rest. republish reports how long ago
 * that was, and an alarm watches this.
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
    // With several messages, none knows whether the others have finished.
    const onlyOne = shard === undefined && sweep.failed.length <= maxInMessage;
    for (let first = 0; first < sweep.failed.length; first += maxInMessage) {
      const failed = sweep.failed.slice(first, first + maxInMessage);
      await send(sweep, { scheduledTime, subjects: failed, ...(onlyOne ? { lastOfDay: true } : {}) });
    }
    if (shard === undefined && sweep.failed.length === 0) await recordDay(sweep);
  };
}

/** Records that a day was swept. A future day, swept by hand, must not hide that later sweeps are missed. */
function recordDay({ store, at, sentAt }: Sweep): Promise<void> {
  return recordSweep(store, earlier(at, sentAt));
}

/** A running sweep, with the subjects that failed so far. */
type Sweep = Dependencies & { readonly at: string; readonly sentAt: string; readonly failed: DueCheck['subject'][] };

/** Sweeps a shard, starting after an entry. Returns the last entry handled when more is left than one invocation handles. */
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

/** Checks each subject for the day; one that fails does not stop the others. */
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
