import {
  type Actor,
  changeAssessor,
  changeEmployer,
  cycleSubject,
  type EmployerData,
  isRefusal,
  recordCompletion,
} from '@secor/certification';
import type { RiskMessage } from '@secor/contracts';
import { addAssessor, commit, readAssessor, readCycle, readEmployer } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addCertified, addCompany, addRobin, at, openDesk } from '../testing/desk.fixture.ts';
import { beforeTransactions } from '../testing/table.fixture.ts';
import { risks } from './handler.ts';

const administrator: Actor = { role: 'administrator', personId: 'x1' };
let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  desk = await openDesk();
});

function deliver(message: RiskMessage): Promise<void> {
  return risks(desk.store)({ message, deliveryId: 'd', sentAt: at, delivery: 1 });
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('What the test asks for is not there.');
  return value;
}

/** Changes what is recorded of an employer; gives the message that tells of it. */
async function changed(employerId: string, data: Partial<EmployerData>): Promise<RiskMessage> {
  const cycle = await readCycle(desk.store, employerId);
  const employer = there(await readEmployer(desk.store, employerId));
  const { employerId: _id, version: _version, ...recorded } = employer;
  const change = there(changeEmployer(employer, cycle, { ...recorded, ...data }, administrator, at));
  await commit(desk.store, { at, ...change });
  return { subject: cycleSubject(employerId), number: change.cycle.cycle.events, type: 'employer changed' };
}

/** Lets Robin act for these employers only; gives the message that tells of it. */
async function actsFor(...employerIds: readonly string[]): Promise<RiskMessage> {
  const robin = there(await readAssessor(desk.store, 'a1'));
  const change = there(changeAssessor(robin, { actsFor: employerIds }, administrator, at));
  await commit(desk.store, { at, assessor: change });
  return { subject: 'assessor#a1', number: change.assessor.events, type: 'assessor changed' };
}

const atRisk = async (employerId: string) => (await readCycle(desk.store, employerId)).risks.map(({ risk }) => risk);

/** How often administrators were told of something new at an employer. */
function told(employerId: string): number {
  return [...desk.items.values()]
    .filter(({ pk, sk }) => pk === `EMPLOYER#${employerId}` && sk.startsWith('EVENT#'))
    .map(({ body }) => body as { type: string; data: { added: readonly unknown[] } })
    .filter(({ type, data }) => type === 'risks changed' && data.added.length > 0).length;
}

describe('an event of an employer', () => {
  it('puts at risk what it puts at risk, and takes away what is over, each told in the history once', async () => {
    await addCertified(desk.store, 'e1');
    await addRobin(desk.store, 'e1');
    await deliver(await changed('e1', { employees: 12 }));
    expect((await readCycle(desk.store, 'e1')).risks).toEqual([
      { risk: 'too many employees', kind: 're-certification', dueOn: '2029-10-31' },
    ]);
    await deliver(await changed('e1', { goodStanding: false }));
    expect(await atRisk('e1')).toEqual(['too many employees', 'not in good standing']);
    await deliver(await changed('e1', { employees: 8 }));
    expect(await atRisk('e1')).toEqual(['not in good standing']);
    expect(told('e1')).toBe(2);
  });

  it('is nothing to an employer without a certificate', async () => {
    await addCompany(desk.store, 'e1');
    const message = await changed('e1', { employees: 12 });
    const { version } = await readCycle(desk.store, 'e1');
    await deliver(message);
    expect(await readCycle(desk.store, 'e1')).toMatchObject({ risks: [], version });
  });
});

describe('an event of an assessor', () => {
  beforeEach(async () => {
    await addCertified(desk.store, 'e1');
    await addCertified(desk.store, 'e2', '412345679');
    await addCertified(desk.store, 'e3', '412345680');
  });

  it('concerns all for whom they act, and those for whom they acted until then', async () => {
    await addRobin(desk.store, 'e1', 'e2');
    const message = await actsFor('e1');
    await deliver(message);
    expect(await atRisk('e1')).toEqual([]);
    expect(await atRisk('e2')).toEqual(['no assessor']);
    // Nothing is known of the third: no event of theirs has come.
    expect(await atRisk('e3')).toEqual([]);
    await deliver(await actsFor('e1', 'e2'));
    expect(await atRisk('e2')).toEqual([]);
  });

  it('of a status that ends before the next due date puts all their employers at risk, until a course renews it', async () => {
    const completions = [{ courseId: 'safety-program-development', completedOn: '2024-09-01' }];
    const robin = { assessorId: 'a1', name: 'Robin', email: 'robin@example.org', actsFor: ['e1', 'e2'], completions };
    await addAssessor(desk.store, robin, at);
    await deliver({ subject: 'assessor#a1', number: 1, type: 'assessor added' });
    for (const id of ['e1', 'e2'])
      expect((await readCycle(desk.store, id)).risks).toEqual([
        { risk: "assessor's status ends", kind: 'maintenance', dueOn: '2027-10-31' },
      ]);
    const completed = { courseId: 'hazard-management', completedOn: '2026-11-20' };
    const change = recordCompletion(there(await readAssessor(desk.store, 'a1')), completed, administrator, at);
    if (change === undefined || isRefusal(change)) throw new Error('The course was not recorded.');
    await commit(desk.store, { at, assessor: change });
    await deliver({ subject: 'assessor#a1', number: 2, type: 'course completed' });
    for (const id of ['e1', 'e2']) expect(await atRisk(id), id).toEqual([]);
  });
});

it('that was judged by assessors of before is judged again: who comes later knows better', async () => {
  await addCertified(desk.store, 'e1');
  await addRobin(desk.store, 'e1');
  const left = await actsFor();
  let writes = 0;
  const slow = beforeTransactions(desk.store, async (transaction) => {
    writes = transaction;
    if (transaction === 1) await deliver(await actsFor('e1'));
  });
  await risks(slow)({ message: left, deliveryId: 'd', sentAt: at, delivery: 1 });
  // The first was refused; the second tells that there is nothing new.
  expect(writes).toBe(2);
  expect(await atRisk('e1')).toEqual([]);
});

/** All the orders of a list. */
function orders<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first, index) => orders(of.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}

it.each(orders([0, 1, 2, 3]))(
  'comes to the same in whatever order messages come, twice, and at once: %i, %i, %i, %i',
  async (...order) => {
    await addCertified(desk.store, 'e1');
    await addCertified(desk.store, 'e2', '412345679');
    await addRobin(desk.store, 'e1', 'e2');
    const messages = [
      await actsFor('e1'),
      await changed('e1', { employees: 12 }),
      await changed('e2', { goodStanding: false }),
      await actsFor('e2'),
    ];
    for (const index of order) {
      const message = there(messages[index]);
      await Promise.all([deliver(message), deliver(message)]);
    }
    for (const message of messages) await deliver(message);
    expect(await atRisk('e1')).toEqual(['no assessor', 'too many employees']);
    expect(await atRisk('e2')).toEqual(['not in good standing']);
    expect([told('e1'), told('e2')]).toEqual([1, 1]);
  },
);
