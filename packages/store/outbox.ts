import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Reviewer } from '@secor/certification';
import { type EventMessage, type MessageType, type Outgoing, queuesFor } from '@secor/contracts';
import { type Item, itemsOf, type Key, listIndex, type Store, shardOf } from './table.ts';

/**
 * The number of outbox shards. Each takes a thousand events a second; republish queries each of them every time, and nearly
 * always finds nothing.
 */
const shards = 4;

function outboxKey(subject: string, number: number): Key {
  return { pk: `OUTBOX#${subject}#${number}`, sk: 'OUTBOX' };
}

/**
 * The item that relay publishes and then deletes; an event itself stays. Its age counts from `at`, not from the date of the
 * event.
 */
export function outboxItem(message: EventMessage & { readonly type: MessageType }, at: string): Item<Outgoing> {
  const { subject, number, type } = message;
  return {
    ...outboxKey(subject, number),
    kind: 'outbox',
    body: { message: { subject, number, type }, queues: [...queuesFor(type)] },
    gsi1pk: `OUTBOX#${shardOf(subject, shards)}`,
    gsi1sk: `${at}#${subject}#${number}`,
  };
}

/** The outbox item that tells assign that a reviewer changed, so that it unassigns the audits that they can't keep. */
export function reviewerTold({ reviewerId, version }: Reviewer, at: string): Item<Outgoing> {
  return outboxItem({ subject: `reviewer#${reviewerId}`, number: version, type: 'reviewer changed' }, at);
}

/** Removes what has been published; removing it twice does nothing. */
export async function removeOutboxItem(store: Store, message: EventMessage): Promise<void> {
  const { pk, sk } = outboxKey(message.subject, message.number);
  await store.client.send(new DeleteCommand({ TableName: store.table, Key: { pk, sk } }));
}

/** Outbox items older than an instant (ISO, UTC), oldest first per shard: those that relay missed. */
export async function* outboxItemsBefore(store: Store, instant: string): AsyncGenerator<{ at: string; body: unknown }> {
  const leftBehind = Array.from({ length: shards }, (_, shard) =>
    itemsOf(store, {
      IndexName: listIndex,
      KeyConditionExpression: 'gsi1pk = :shard AND gsi1sk < :instant',
      ExpressionAttributeValues: { ':shard': `OUTBOX#${shard}`, ':instant': instant },
    }),
  );
  // The first page of every shard is read at the same time: nearly always all are empty.
  const first = await Promise.all(leftBehind.map((items) => items.next()));
  for (const [shard, items] of leftBehind.entries())
    for (let next = first[shard]; next?.done === false; next = await items.next())
      yield { at: String(next.value.gsi1sk).split('#', 1)[0] ?? '', body: next.value.body };
}
