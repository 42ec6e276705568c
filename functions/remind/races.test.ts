import type { SQSClient } from '@aws-sdk/client-sqs';
import {
  type Actor,
  arriveInCycle,
  type Cycle,
  type CycleChange,
  changeEmployer,
  closeAudit,
  currentCertificate,
  cycleSubject,
  judgeCertificate,
  leaveCycle,
  openAudit,
  ruleSetOn,
} from '@secor/certification';
import { commit, readCycle, readEmployer } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addCertified, addRobin, openDesk } from '../testing/desk.fixture.ts';
import { beforeTransactions } from '../testing/table.fixture.ts';
import { remind } from './handler.ts';

const auditNumber = '412345680';
const robin: Actor = { role: 'assessor', personId: 'a1' };
/** The day on which the first reminder of the maintenance audit is due, and a moment of it before the sweep. */
const day = '2027-08-02';
const at = `${day}T12:30:00.000Z`;
let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  desk = await openDesk();
  await addCertified(desk.store, 'e1');
  await addRobin(desk.store, 'e1');
});

/** A step of the cycle in a transaction of its own. */
async function take(step: (cycle: Cycle) => CycleChange): Promise<void> {
  await commit(desk.store, { at, cycle: step(await readCycle(desk.store, 'e1')) });
}

const opened = { auditNumber, kind: 'maintenance', assessorId: 'a1', registeredOn: day } as const;
const registered = () => take((cycle) => openAudit(cycle, opened, robin, at));
const arrived = () => take((cycle) => arriveInCycle(cycle, opened, { arrivedOn: day, endedOn: '2027-07-30' }, at));
const decided = (outcome: 'passed' | 'failed') => () =>
  take((cycle) =>
    closeAudit(
      cycle,
      { ...opened, decisions: 1, outcome },
      { endedOn: '2027-07-30', recordsMonths: 12 },
      ruleSetOn(day),
      at,
    ),
  );

/** Sweeps a day; between its reading of the employer and its first write this happens. Gives how often the sweep wrote. */
async function overtakenBy(happens: () => Promise<void>, swept = day): Promise<number> {
  let writes = 0;
  const store = beforeTransactions(desk.store, async (transaction) => {
    writes = transaction;
    if (transaction === 1) await happens();
  });
  const message = { scheduledTime: `${swept}T13:00:00Z` };
  await remind({ store, sqs: {} as SQSClient, queueUrl: 'sweep' })({
    message,
    deliveryId: 'd',
    sentAt: `${swept}T13:00:00.000Z`,
    delivery: 1,
  });
  return writes;
}

type Told = { readonly type: string; readonly number: number; readonly data: { readonly milestone?: string } };

/** The events of the employer, in their order; of a reminder its milestone. */
function history(): string[] {
  return [...desk.items.values()]
    .filter(({ pk, sk }) => pk === 'EMPLOYER#e1' && sk.startsWith('EVENT#'))
    .map(({ body }) => body as Told)
    .toSorted((a, b) => a.number - b.number)
    .map(({ type, data }) => (type === 'reminder due' ? `reminder due: ${data.milestone}` : type));
}

/** What the history tells beside how the employer came to its certificate. */
const since = () => history().slice(history().indexOf('certificate issued') + 1);

function checkDays(): string[] {
  return [...desk.items.values()]
    .filter(({ pk, sk }) => pk.startsWith('CHECK#') && sk.endsWith(`#${cycleSubject('e1')}`))
    .map(({ sk }) => sk.slice(0, 10));
}

async function maintenance(): Promise<string | undefined> {
  const cycle = await readCycle(desk.store, 'e1');
  const certificate = currentCertificate(cycle);
  return certificate && judgeCertificate(cycle, certificate, day).obligations[0]?.state;
}

describe('what commits between the reading of a sweep and its write', () => {
  it('a package that arrived keeps the obligation pending: nobody is reminded of it', async () => {
    await registered();
    expect(await overtakenBy(arrived)).toBe(2);
    expect(since()).toEqual(['audit opened', 'audit arrived']);
    expect(await maintenance()).toBe('pending');
  });

  it('a binder that was recorded does so from its registration on', async () => {
    const binder = { receivedOn: day, endedOn: '2027-07-30' };
    await overtakenBy(() => take((cycle) => openAudit(cycle, opened, robin, at, binder)));
    expect(since()).toEqual(['audit opened', 'audit arrived']);
    expect(await maintenance()).toBe('pending');
  });

  it('a registration silences nothing, and stands', async () => {
    await overtakenBy(registered);
    expect(since()).toEqual(['audit opened', 'reminder due: 60 days before']);
    expect((await readCycle(desk.store, 'e1')).audits.map((audit) => audit.auditNumber)).toContain(auditNumber);
    expect(checkDays()).toEqual(['2027-09-01']);
  });

  it('a registration that comes 30 days before the due date is no risk any more', async () => {
    await overtakenBy(registered, '2027-10-01');
    expect(since()).toEqual(['audit opened', 'reminder due: window begins']);
    expect((await readCycle(desk.store, 'e1')).risks).toEqual([]);
  });

  it('a decision as passed leaves nothing to remind of', async () => {
    await registered();
    await arrived();
    expect(await overtakenBy(decided('passed'))).toBe(2);
    expect(since()).toEqual(['audit opened', 'audit arrived', 'audit decided']);
    expect(await maintenance()).toBe('met');
  });

  it.each([
    ['a decision as failed', 'audit decided', decided('failed')],
    ['a withdrawal', 'audit left', () => take((cycle) => leaveCycle(cycle, auditNumber, at))],
  ])('%s opens the obligation again: it is reminded of the same day', async (_, type, happens) => {
    await registered();
    await arrived();
    expect(await overtakenBy(happens)).toBe(2);
    expect(since()).toEqual(['audit opened', 'audit arrived', type, 'reminder due: 60 days before']);
    expect(checkDays()).toEqual(['2027-09-01']);
  });

  it('a new certificate is what the reminders are about from then on', async () => {
    const renewal = { auditNumber: '412345690', kind: 'certification', assessorId: 'a1', registeredOn: day } as const;
    await take((cycle) => openAudit(cycle, renewal, robin, at));
    const dates = { arrivedOn: day, endedOn: '2027-07-31' };
    await take((cycle) => arriveInCycle(cycle, renewal, dates, at));
    const closed = { ...renewal, decisions: 1, outcome: 'passed' } as const;
    const content = { endedOn: dates.endedOn, recordsMonths: 12 };
    await overtakenBy(() => take((cycle) => closeAudit(cycle, closed, content, ruleSetOn(day), at)));
    expect(since().filter((type) => type.startsWith('reminder'))).toEqual([]);
    expect(currentCertificate(await readCycle(desk.store, 'e1'))?.certificateNumber).toBe('412345690-1');
    // Of July 2028, the month of the new certificate, 60 days before it begins.
    expect(checkDays()).toEqual(['2028-05-02']);
  });

  it('a change of the employer stands, and the sweep judges by it what is at risk', async () => {
    const grown = async () => {
      const cycle = await readCycle(desk.store, 'e1');
      const employer = await readEmployer(desk.store, 'e1');
      if (employer === undefined) throw new Error('There is no employer.');
      const { employerId: _id, version: _version, ...data } = employer;
      const change = changeEmployer(employer, cycle, { ...data, employees: 12 }, { role: 'system' }, at);
      if (change === undefined) throw new Error('Nothing has changed.');
      await commit(desk.store, { at, ...change });
    };
    expect(await overtakenBy(grown)).toBe(2);
    expect(since()).toEqual(['employer changed', 'reminder due: 60 days before', 'risks changed']);
    expect((await readEmployer(desk.store, 'e1'))?.employees).toBe(12);
    expect((await readCycle(desk.store, 'e1')).risks.map(({ risk }) => risk)).toEqual(['too many employees']);
  });

  it('another sweep of the day has done it: the second finds nothing left', async () => {
    const other = async () => {
      expect(await overtakenBy(async () => undefined)).toBe(1);
    };
    expect(await overtakenBy(other)).toBe(1);
    expect(since()).toEqual(['reminder due: 60 days before']);
  });
});
