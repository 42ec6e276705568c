import type { SESClient } from '@aws-sdk/client-ses';
import type { Audit, AuditEvent, AuditHappening } from '@secor/certification';
import type { Records } from '@secor/store';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addAudit, addCompany, addRobin, at, openDesk } from '../desk.fixture.ts';

vi.stubEnv('QUEUE_URL', 'https://queue.example.org');
vi.stubEnv('DEAD_LETTER_QUEUE_URL', 'https://dead-letters.example.org');
afterAll(() => vi.unstubAllEnvs());
const { mail } = await import('./handler.ts');
const { commit } = await import('@secor/store');

const auditNumber = '412345678';
let desk: Awaited<ReturnType<typeof openDesk>>;
let audit: Audit;
beforeEach(async () => {
  desk = await openDesk();
  await addCompany(desk.store, 'e1', { contact: { name: 'Dana', email: 'dana@example.org' } });
  await addRobin(desk.store, 'e1');
  audit = await addAudit(desk.store, auditNumber, { state: 'closed', decisions: 1 });
});

/** Lets something happen to the audit; gives the event. */
async function happened(happening: AuditHappening, next: Partial<Audit> = {}): Promise<AuditEvent> {
  const number = audit.events + 1;
  const event = { subject: `audit#${auditNumber}`, number, at, by: { role: 'system' } as const, ...happening };
  audit = { ...audit, ...next, events: number, version: audit.version + 1 };
  await commit(desk.store, { at, audit: { audit, events: [event] } });
  return event;
}

/** Hands an event's message to the function; gives the addresses to which letters went. */
async function deliver({ subject, number, type }: AuditEvent): Promise<string[]> {
  const addresses: string[] = [];
  const ses = {
    async send({ input }: { readonly input: { readonly Destinations: readonly string[] } }) {
      addresses.push(...input.Destinations);
      return { MessageId: 'm' };
    },
  } as unknown as SESClient;
  const partner = { name: 'Partner', email: 'p@example.org', phone: '+1 403 555 0100', site: 'https://example.org' };
  const take = mail({
    store: desk.store,
    records: {} as Records,
    ses,
    partner,
    sender: 'secor@example.org',
    configurationSet: 'secor',
  });
  await take({ message: { subject, number, type, auditNumber }, messageId: 'q', sentAt: at, delivery: 1 });
  return addresses.toSorted();
}

const reportMade = (decision: number): AuditHappening => ({
  type: 'report made',
  data: { decision, kind: 'certification', result: 'passed', shortfalls: [] },
});
const reopened: AuditHappening = { type: 'audit reopened', data: { decision: 1, reason: 'Counted twice.' } };

describe('the letter with the outcome', () => {
  it('goes out while its decision holds', async () => {
    const made = await happened(reportMade(1));
    expect(await deliver(made)).toEqual(['dana@example.org', 'robin@example.org']);
  });

  it('does not go out once the audit is reopened, nor after another decision', async () => {
    const made = await happened(reportMade(1));
    await happened(reopened, { state: 'in review' });
    expect(await deliver(made)).toEqual([]);
    const again = await happened(reportMade(2), { state: 'closed', decisions: 2 });
    expect(await deliver(made)).toEqual([]);
    expect(await deliver(again)).toEqual(['dana@example.org', 'robin@example.org']);
  });
});
