import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { SubjectOf } from '@secor/certification';
import { type Item, type Key, type Store, shardOf } from './table.ts';

/** A subject that the sweep must check, and the day from which: 'audit#…', 'employer#…' or 'assessor#…'. */
export type DueCheck = { readonly subject: SubjectOf<'audit' | 'employer' | 'assessor'>; readonly day: string };

/** The number of partitions for due checks: at the end of a month, all employers may have one on the same day. */
const shards = 16;
/** The numbers of the shards. */
export const dueCheckShards: readonly number[] = Array.from({ length: shards }, (_, shard) => shard);

function partition(shard: number): string {
  return `CHECK#${String(shard).padStart(2, '0')}`;
}

/** The key of a subject's entry: the sweep finds it on its day, and on every later day until the subject has been checked. */
export function dueCheckKey({ subject, day }: DueCheck): Key {
  return { pk: partition(shardOf(subject, shards)), sk: `${day}#${subject}` };
}

/** The entry by which the sweep finds a subject: written, moved and removed in the transactions that change the subject. */
export function dueCheckItem(check: DueCheck): Item<DueCheck> {
  return { ...dueCheckKey(check), kind: 'due check', body: check };
}

/**
 * The subjects of a shard that must be checked on or before a day, earliest first, including those of missed sweeps. It is a
 * consistent read, and reads only what is due. If there is a further page, `next` is its `after`.
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
      // "$" is the character after "#": this includes every subject up to this day.
      ExpressionAttributeValues: { ':shard': pk, ':end': `${through}$` },
      ConsistentRead: true,
      Limit: limit,
      ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: after } }),
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.sk) };
  return { checks: Items.map((item) => item.body as DueCheck), ...next };
}
