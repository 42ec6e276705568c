import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { SubjectOf } from '@secor/certification';
import { type Item, type Key, type Store, shardOf } from './table.ts';

/** A subject that the sweep has to look at, from a day on: 'audit#…', 'employer#…' or 'assessor#…'. */
export type DueCheck = { readonly subject: SubjectOf<'audit' | 'employer' | 'assessor'>; readonly day: string };

/** All employers may have a due check on one day, a month's end: so many partitions share the writing. */
const shards = 16;
/** The shards that share the due checks, each by its number. */
export const dueCheckShards: readonly number[] = Array.from({ length: shards }, (_, shard) => shard);

function partition(shard: number): string {
  return `CHECK#${String(shard).padStart(2, '0')}`;
}

/** The key of the entry by which a subject is found on a day, and on every later one until it has been looked at. */
export function dueCheckKey({ subject, day }: DueCheck): Key {
  return { pk: partition(shardOf(subject, shards)), sk: `${day}#${subject}` };
}

/** The entry by which the sweep finds a subject: written, moved and removed in the transactions that change the subject. */
export function dueCheckItem(check: DueCheck): Item<DueCheck> {
  return { ...dueCheckKey(check), kind: 'due check', body: check };
}

/**
 * Subjects of a shard that have to be looked at by a day, earliest first; what a missed sweep left behind is among them. A
 * consistent read of what is due alone. `next` is the `after` of the page behind, where there is one.
 */
export async function listDueChecks(
  store: Store,
  shard: number,
  through: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly checks: DueCheck[]; readonly next?: string }> {
  const pk = partition(shard);
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :shard AND sk < :end',
      // The sign behind "#": whatever the subject, its day is at most this one.
      ExpressionAttributeValues: { ':shard': pk, ':end': `${through}$` },
      ConsistentRead: true,
      Limit: limit,
      ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: after } }),
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.sk) };
  return { checks: Items.map((item) => item.body as DueCheck), ...next };
}
