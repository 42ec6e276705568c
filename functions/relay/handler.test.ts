import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type MessageType, type QueueName, queueNames } from '@secor/contracts';
import { commit, outboxItem } from '@secor/store';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openQueues } from '../testing/queues.fixture.ts';
import { tableInMemory } from '../testing/table.fixture.ts';
import { relay } from './handler.ts';

// The log is no part of what is tested, and its file is read at load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));
vi.spyOn(console, 'error').mockImplementation(() => {});

const at = '2026-11-23T18:00:00.000Z';
const names = [...queueNames, 'dead'] as const;

let table: ReturnType<typeof tableInMemory>;
let queues: Awaited<ReturnType<typeof openQueues<(typeof names)[number]>>>;
beforeEach(async () => {
  table = tableInMemory();
  queues = await openQueues(names);
});
afterEach(() => queues.close());

const publish = (record: DynamoDBRecord, urls: Partial<Record<QueueName, string>> = {}) =>
  relay({ store: table.store, sqs: queues.sqs, queueUrls: { ...queues.urls, ...urls } }, queues.urls.dead)(record);

/** Leaves an event to be published, as a commit does; gives the record of it in the table's stream. */
async function leave(type: MessageType): Promise<DynamoDBRecord> {
  const item = outboxItem({ subject: 'audit#412345678', number: 3, type }, at);
  await commit(table.store, { at, create: [item] });
  return recordOf(marshall(item));
}

function recordOf(NewImage: Record<string, AttributeValue>): DynamoDBRecord {
  return { eventID: 'e', eventName: 'INSERT', dynamodb: { NewImage } } as DynamoDBRecord;
}

describe('what the outbox brings', () => {
  it('goes to each queue that is told of it, and only there; then the item is deleted', async () => {
    await publish(await leave('package accepted'));
    const message = { subject: 'audit#412345678', number: 3, type: 'package accepted' };
    const told: readonly string[] = ['review', 'documents', 'mail'];
    for (const name of names)
      expect(await queues.receive(name), name).toEqual(told.includes(name) ? [{ body: message }] : []);
    expect(table.items.size).toBe(0);
  });

  it('may be told twice, when the stream brings it twice', async () => {
    const record = await leave('audit closed');
    await publish(record);
    await publish(record);
    expect(await queues.receive('reports')).toHaveLength(2);
  });

  it('stays in the outbox when a queue takes it not, and is an error, so that the stream brings it again', async () => {
    const record = await leave('package accepted');
    await expect(publish(record, { mail: `${queues.urls.mail}-gone` })).rejects.toThrow();
    expect(table.items.size).toBe(1);
  });
});

describe('what can not be read', () => {
  it.each([
    ['no item', {}],
    ['an item of another form', marshall({ pk: 'a', sk: 'b', body: { message: { subject: 'audit#1' } } })],
    ['an item without a body', marshall({ pk: 'a', sk: 'b' })],
  ])('as %s goes whole to the dead-letter queue, with the reason', async (_, image) => {
    const record = recordOf(image);
    await publish(record);
    expect(await queues.receive('dead')).toEqual([
      { body: record, reason: expect.stringMatching(/^not an outbox item: /) },
    ]);
  });
});
