import { type AuditEvent, changeAudit } from '@secor/certification';
import { commit, listWaitingDays, readAudit } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at, openDesk } from '../testing/desk.fixture.ts';
import { waiting } from './handler.ts';

let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  desk = await openDesk();
});

const closed = {
  type: 'audit closed',
  data: {
    decision: 1,
    revision: 1,
    kind: 'certification',
    result: 'passed',
    awarded: 80,
    available: 100,
    shortfalls: [],
  },
} as const;

/** Closes an audit at an instant; gives the event. */
async function close(auditNumber: string, instant: string): Promise<AuditEvent> {
  const audit = await readAudit(desk.store, auditNumber);
  if (audit === undefined) throw new Error('There is no audit.');
  const change = changeAudit(audit, { state: 'closed' }, instant, [{ by: { role: 'system' }, happening: closed }]);
  await commit(desk.store, { at: instant, audit: change });
  const [event] = change.events;
  if (event === undefined) throw new Error('There is no event.');
  return event;
}

async function deliver({ subject, number, type }: Pick<AuditEvent, 'subject' | 'number' | 'type'>): Promise<void> {
  const message = { subject, number, type, auditNumber: subject.slice('audit#'.length) };
  await waiting(desk.store)({ message, deliveryId: 'd', sentAt: at, delivery: 1 });
}

const hours = async () =>
  (await listWaitingDays(desk.store, '2026-01-01', '2026-12-31')).map((day) => [day.day, day.hours]);

describe('waiting', () => {
  it('counts each revision once, also when messages come twice, at once, or the audit is reopened and decided again', async () => {
    for (const auditNumber of ['400000001', '400000002', '400000003']) await addAudit(desk.store, auditNumber);
    const events = [
      await close('400000001', '2026-11-25T18:00:00.000Z'),
      await close('400000002', '2026-11-25T18:59:00.000Z'),
      await close('400000003', '2026-11-26T18:00:00.000Z'),
    ];
    await Promise.all([...events, ...events].map(deliver));
    await deliver(await close('400000001', '2026-12-10T18:00:00.000Z'));
    expect(await hours()).toEqual([
      ['2026-11-25', { 48: 2 }],
      ['2026-11-26', { 72: 1 }],
    ]);
  });

  it('gives up on an event that ends no wait', async () => {
    await addAudit(desk.store, '400000001');
    const event = { subject: 'audit#400000001', number: 1, type: 'audit registered' } as const;
    await expect(deliver(event)).rejects.toMatchObject({ name: 'CannotSucceed' });
    await expect(deliver({ ...event, number: 7 })).rejects.toMatchObject({ name: 'CannotSucceed' });
    expect(await hours()).toEqual([]);
  });
});
