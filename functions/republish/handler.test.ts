import { type MessageType, queueNames } from '@secor/contracts';
import { commit, outboxItem, recordSweep } from '@secor/store';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openQueues } from '../testing/queues.fixture.ts';
import { tableInMemory } from '../testing/table.fixture.ts';
import { republish } from './handler.ts';

// The log is no part of what is tested, and its file is read at load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));
vi.spyOn(console, 'error').mockImplementation(() => {});

const now = Date.parse('2026-11-23T18:00:00.000Z');
const before = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

let table: ReturnType<typeof tableInMemory>;
let queues: Awaited<ReturnType<typeof openQueues<(typeof queueNames)[number]>>>;
let reported: Record<string, number>;
beforeEach(async () => {
  table = tableInMemory();
  queues = await openQueues(queueNames);
  reported = {};
});
afterEach(() => queues.close());

/** Leaves an event of an audit to be published, so many minutes ago. */
async function leave(type: MessageType, number: number, minutes: number): Promise<void> {
  const item = outboxItem({ subject: `audit#41234567${number}`, number, type }, before(minutes));
  await commit(table.store, { at: before(minutes), create: [item] });
}

function deliver(urls: Partial<typeof queues.urls> = {}): Promise<void> {
  const metrics = {
    addMetric: (name: string, _unit: string, value: number) => {
      reported[name] = value;
    },
    publishStoredMetrics: () => {},
  } as unknown as Parameters<typeof republish>[1];
  const step = republish({ store: table.store, sqs: queues.sqs, queueUrls: { ...queues.urls, ...urls } }, metrics);
  return step({ message: { scheduledTime: before(0) }, deliveryId: 'd', sentAt: before(0), delivery: 1 });
}

it('publishes what is more than five minutes old, and leaves the rest to relay', async () => {
  await leave('audit closed', 1, 6);
  await leave('audit closed', 2, 4);
  await deliver();
  expect(await queues.receive('reports')).toMatchObject([{ body: { subject: 'audit#412345671' } }]);
  expect([...table.items.keys()].filter((key) => key.startsWith('OUTBOX#'))).toEqual([
    'OUTBOX#audit#412345672#2|OUTBOX',
  ]);
});

it('reports the age of the oldest, and how long ago a daily sweep took all that was due', async () => {
  await recordSweep(table.store, before(90));
  await leave('audit closed', 1, 6);
  await leave('audit closed', 2, 20);
  await deliver();
  expect(reported).toEqual({ OldestOutboxItem: 20 * 60, SinceSweep: 90 * 60 });
  await deliver();
  expect(reported.OldestOutboxItem).toBe(0);
});

it('publishes the others when one fails or can not be read, and is an error for the one that failed', async () => {
  await leave('audit closed', 1, 30);
  await leave('reviewer released', 2, 20);
  await commit(table.store, {
    at: before(10),
    create: [
      { ...outboxItem({ subject: 'audit#412345673', number: 3, type: 'audit closed' }, before(10)), body: {} as never },
    ],
  });
  await expect(deliver({ reports: `${queues.urls.reports}-gone` })).rejects.toThrow('1 outbox items');
  expect(await queues.receive('review')).toHaveLength(1);
  await deliver();
  expect(await queues.receive('reports')).toHaveLength(1);
});
