import {
  type Audit,
  arriveInCycle,
  auditSubject,
  type Cycle,
  type CycleChange,
  closeAudit,
  type EmployerData,
  openAudit,
  registerAudit,
  ruleSetOn,
} from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import type { Role } from '@secor/contracts';
import {
  addAdministrator,
  addAssessor,
  addEmployer,
  addReviewer,
  commit,
  linkSignIn,
  readCycle,
  removeOutboxItem,
  type Store,
} from '@secor/store';
import { tableInMemory } from './table.fixture.ts';

export const at = '2026-11-23T18:00:00.000Z';
const issuer = 'https://id.example.org';

/** A person as a token names them. */
export function caller(sub: string, ...roles: Role[]) {
  return { issuer, sub, roles };
}

/** Puts an audit with a revision under review into the table, as intake leaves it unless told otherwise. */
export async function addAudit(store: Store, auditNumber: string, held: Partial<Audit> = {}): Promise<Audit> {
  const { audit, events } = registerAudit(
    {
      auditNumber,
      kind: 'certification',
      employerId: 'e1',
      assessorId: 'a1',
      ruleSet: ruleSetOn('2026-11-23'),
    },
    { role: 'assessor', personId: 'a1' },
    at,
  );
  const revision = {
    revision: 1,
    link: 1,
    sequencer: '0A',
    arrivedAt: at,
    awarded: 80,
    warnings: 0,
    available: 100,
    result: 'passed',
    round: 0,
    layout: 'done',
  } as const;
  const pending: Audit = { ...audit, state: 'pending review', revision: 1, revisions: [revision], ...held };
  await commit(store, { at, audit: { audit: pending, events } });
  return pending;
}

/** Adds an employer, by the name of its id, and its contact Dale. */
export function addCompany(store: Store, employerId: string, over: Partial<EmployerData> = {}): Promise<void> {
  const legalName = `${employerId.toUpperCase()} Ltd.`;
  return addEmployer(store, { employerId, ...employerData({ legalName, ...over }) }, at);
}

/** Adds an employer that was certified: its audit ended on 2026-10-31, so that the certificate expires on 2029-10-31. */
export async function addCertified(store: Store, employerId: string, auditNumber = '412345678'): Promise<void> {
  await addCompany(store, employerId);
  const opened = { auditNumber, kind: 'certification', assessorId: 'a1', registeredOn: '2026-11-02' } as const;
  const steps: readonly ((cycle: Cycle) => CycleChange)[] = [
    (cycle) => openAudit(cycle, opened, { role: 'assessor', personId: 'a1' }, at),
    (cycle) => arriveInCycle(cycle, opened, { arrivedOn: '2026-11-05', endedOn: '2026-10-31' }, at),
    (cycle) =>
      closeAudit(
        cycle,
        { ...opened, decisions: 1, outcome: 'passed' },
        { endedOn: '2026-10-31', recordsMonths: 12 },
        ruleSetOn('2026-11-02'),
        at,
      ),
  ];
  for (const step of steps) await commit(store, { at, cycle: step(await readCycle(store, employerId)) });
}

/** Adds the assessor a1, Robin, trained this year, who acts for these employers. */
export function addRobin(store: Store, ...actsFor: readonly string[]): Promise<void> {
  const completions = [{ courseId: 'safety-program-development', completedOn: '2026-03-02' }];
  return addAssessor(store, { assessorId: 'a1', name: 'Robin', email: 'robin@example.org', actsFor, completions }, at);
}

/** A table with the reviewers r1, r2 and r3, of whom r3 has a conflict with e1, and the administrator x1; each can sign in. */
export async function openDesk() {
  const { store, items } = tableInMemory();
  const sign = (sub: string, signIn: Parameters<typeof linkSignIn>[3]) => linkSignIn(store, issuer, sub, signIn);
  for (const reviewerId of ['r1', 'r2', 'r3']) {
    const conflicts = reviewerId === 'r3' ? ['e1'] : [];
    const name = `Reviewer ${reviewerId}`;
    await addReviewer(store, { reviewerId, name, email: `${reviewerId}@example.org`, present: true, conflicts }, at);
    await removeOutboxItem(store, { subject: `reviewer#${reviewerId}`, number: 1, type: 'reviewer changed' });
    await sign(reviewerId, { reviewerId });
  }
  await addAdministrator(store, { administratorId: 'x1', name: 'Administrator', email: 'x1@example.org' });
  await sign('x1', { administratorId: 'x1' });
  /** How often events of each type stand in an audit's history. */
  const eventsOf = (auditNumber: string) =>
    [...items.values()]
      .filter(({ pk, sk }) => pk === auditSubject(auditNumber).toUpperCase() && sk.startsWith('EVENT#'))
      .map(({ body }) => (body as { type: string }).type);
  /** What of an audit waits to be published: each type, with the queues that it goes to. */
  const outgoing = (auditNumber: string) =>
    [...items.values()]
      .filter(({ pk }) => pk.startsWith(`OUTBOX#${auditSubject(auditNumber)}#`))
      .map(({ body }) => body as { message: { type: string }; queues: string[] })
      .map(({ message, queues }) => [message.type, queues]);
  return { store, items, sign, eventsOf, outgoing };
}
