import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditKind } from '@secor/certification';
import { type Item, type Key, pageSize, type Store } from './table.ts';

/** An audit in the review queue. */
export type QueueEntry = {
  readonly auditNumber: string;
  readonly kind: AuditKind;
  readonly employerId: string;
  readonly arrivedOn: string;
  readonly reviewerId?: string;
};

const queue = 'QUEUE';

/** Where an audit stands in the one order of the queue: by the day that it waits since, then by audit number. */
export function queuePosition(day: string, auditNumber: string): string {
  return `${day}#${auditNumber}`;
}

/** The key of a queue entry, to be removed when its audit leaves the queue. */
export function queueEntryKey(position: string): Key {
  return { pk: queue, sk: position };
}

/** The item of a queue entry, to be created with the change that enters it. */
export function queueEntryItem(position: string, entry: QueueEntry): Item<QueueEntry> {
  return { ...queueEntryKey(position), kind: 'queue entry', body: entry };
}

/**
 * A page of the review queue in its order; what is closed has no entry, so its cost does not grow with the past. `after`
 * is the `next` of the page before: a position.
 */
export async function listQueue(store: Store, after?: string): Promise<{ entries: QueueEntry[]; next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :queue',
      ExpressionAttributeValues: { ':queue': queue },
      ConsistentRead: true,
      Limit: pageSize,
      ...(after === undefined ? {} : { ExclusiveStartKey: queueEntryKey(after) }),
    }),
  );
  const entries = Items.map((item) => item.body as QueueEntry);
  return { entries, ...(LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.sk) }) };
}
