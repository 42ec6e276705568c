import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type Count, countsAnewAt, LimitReached, limits, periodOf } from '@secor/certification';
import type { Key, Store } from './table.ts';

type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** How long a counter is kept after its period: a message of a queue is handled within ten days. */
const keptMs = 14 * 24 * 60 * 60 * 1000;

function counterKey({ limit, subject }: Count, at: string): Key {
  return { pk: `LIMIT#${subject}`, sk: `${limit}#${periodOf(limit, at)}` };
}

/** The highest count at which this amount can still be added. */
function roomFor({ limit, amount = 1 }: Count): number {
  return limits[limit].max - amount;
}

/**
 * The write that counts something at an instant (ISO, UTC), unless that would exceed its limit. `ttl` (epoch seconds) only
 * deletes old counters later.
 */
export function countWrite(TableName: string, count: Count, at: string): Write {
  const { pk, sk } = counterKey(count, at);
  const kept = Date.parse(countsAnewAt(count.limit, at) ?? at) + keptMs;
  return {
    Update: {
      TableName,
      Key: { pk, sk },
      UpdateExpression: 'SET #kind = :kind, #ttl = :ttl ADD #count :amount',
      ConditionExpression:
        roomFor(count) < 0 ? 'attribute_exists(pk) AND #count <= :room' : 'attribute_not_exists(pk) OR #count <= :room',
      ExpressionAttributeNames: { '#kind': 'kind', '#ttl': 'ttl', '#count': 'count' },
      ExpressionAttributeValues: {
        ':kind': 'counter',
        ':ttl': Math.ceil(kept / 1000),
        ':amount': count.amount ?? 1,
        ':room': roomFor(count),
      },
    },
  };
}

/** The first of these limits that would be exceeded at an instant (ISO, UTC), or undefined. `commit` checks again. */
export async function limitInTheWay(
  store: Store,
  counts: readonly Count[],
  at: string,
): Promise<LimitReached | undefined> {
  const counted = await Promise.all(
    counts.map(async (count) => {
      const Key = counterKey(count, at);
      const { Item } = await store.client.send(new GetCommand({ TableName: store.table, Key, ConsistentRead: true }));
      return Number(Item?.count ?? 0);
    }),
  );
  const full = counts.find((count, index) => (counted[index] ?? 0) > roomFor(count));
  return full === undefined ? undefined : new LimitReached(full, at);
}
