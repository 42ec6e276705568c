import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { businessDate } from '@secor/certification';
import { SweepMessage } from '@secor/contracts';
import { type Delivery, environment, log, ownQueue, queueConsumer } from '@secor/lambda';
import { listWaking, openStore, type Store, wakeShards } from '@secor/store';
import { wake } from './wake.ts';

/** Where a sweep sends what is too much for one invocation. */
type Onward = { readonly sqs: SQSClient; readonly queueUrl: string };

/** A shard with no more than this is done with the day itself; of a larger one so much at a time. */
const pageSize = 25;
/** So much of a shard is done in one invocation: what is behind goes on in the next. */
const mostAtOnce = 500;
/** Subjects that are worked on at the same time. */
const besideEachOther = 5;

/**
 * The daily sweep: finds by the wake-up day what has something due, and records it, each subject in a transaction of its own.
 * A message is a day, or a shard of it: a day does the shards that are small, and sends a message for each that is not. What
 * failed is left for the message's next delivery; nothing is done twice, whoever else sweeps.
 */
export function remind(store: Store, onward: Onward) {
  return async ({ message }: Delivery<SweepMessage>): Promise<void> => {
    const { scheduledTime, shard, after } = message;
    const at = new Date(scheduledTime).toISOString();
    const failures: unknown[] = [];
    const sweep = (of: number, most: number, from?: string) => sweepShard(store, of, at, { most, from, failures });
    const pages =
      shard === undefined
        ? await Promise.all(wakeShards.map(async (each) => ({ shard: each, left: await sweep(each, pageSize) })))
        : [{ shard, left: await sweep(shard, mostAtOnce, after) }];
    for (const page of pages)
      if (page.left !== undefined) await send(onward, { scheduledTime, shard: page.shard, after: page.left });
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} subjects could not be swept`);
  };
}

/** Sweeps a shard from behind an entry on; gives the last entry when there is more behind it than is done at once. */
async function sweepShard(
  store: Store,
  shard: number,
  at: string,
  { most, from, failures }: { readonly most: number; readonly from: string | undefined; readonly failures: unknown[] },
): Promise<string | undefined> {
  let after = from;
  for (let done = 0; done < most; done += pageSize) {
    const { waking, next } = await listWaking(store, shard, businessDate(at), { limit: pageSize, after });
    const waiting = [...waking];
    const work = async (): Promise<void> => {
      for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
        const { subject } = each;
        await wake(store, subject, at).catch((error: Error) => {
          log.error('a subject could not be swept', { subject, error });
          failures.push(error);
        });
      }
    };
    await Promise.all(Array.from({ length: besideEachOther }, work));
    if (next === undefined) return undefined;
    after = next;
  }
  return after;
}

async function send({ sqs, queueUrl }: Onward, message: SweepMessage): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
}

export const handler = queueConsumer(
  SweepMessage,
  () => remind(openStore(environment('TABLE_NAME')), { sqs: new SQSClient({}), queueUrl: environment('QUEUE_URL') }),
  ownQueue(),
);
