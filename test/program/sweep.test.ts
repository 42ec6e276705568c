import { businessDate, currentCertificate, cycleSubject } from '@secor/certification';
import { dueCheckShards, listDueChecks, readCycle, readHistory } from '@secor/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addCertified } from '../support/certified.ts';
import { type Fault, known, physical, startSite } from '../support/cloud.ts';
import { changeEmployer } from '../support/people.ts';

const site = await startSite();
const { cloud, store, settled, deadLetters } = site;

const dayMs = 86_400_000;
let certified = 0;

/** Adds employers whose certificates of one year expire in 35 days: of each, the reminder 60 days before is due. */
async function addDue(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    certified += 1;
    const employerId = `due-${certified}`;
    const decidedAt = new Date(cloud.clock.now() - 320 * dayMs).toISOString();
    const auditNumber = String(600_000_000 + certified);
    await addCertified(store, { employerId, auditNumber, assessorId: 'nobody', decidedAt, recordsMonths: 6 });
    ids.push(employerId);
  }
  await settled();
  return ids;
}

/** Has the sweep of today asked for, as the schedule does. */
function sweep(): Promise<void> {
  return site.send('sweep', JSON.stringify({ scheduledTime: new Date(cloud.clock.now()).toISOString() }));
}

/** By employer, how many reminders were recorded, and how many letters of them went out. */
async function reminded(ids: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const letters = (await cloud.letters()).filter(({ subject }) => subject.startsWith('SECOR certificate'));
  const entries = ids.map(async (id) => {
    const { events } = await readCycle(store, id);
    const history = await readHistory(store, cycleSubject(id), events);
    const recorded = history.filter(({ type }) => type === 'reminder due').length;
    const sent = letters.filter(({ to }) => to.includes(`contact-${id}@employer.example.com`)).length;
    return [id, `${recorded} recorded, ${sent} sent`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function once(ids: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(ids.map((id) => [id, '1 recorded, 1 sent']));
}

const faults: Readonly<Record<string, Fault>> = {
  'whose writes fail before their effect': { operation: 'TransactWriteItems', kind: 'error', when: 'before', times: 9 },
  'whose writes take effect though the answers are lost': {
    operation: 'TransactWriteItems',
    kind: 'error',
    when: 'after',
    times: 9,
  },
  'whose writes meet others': { operation: 'TransactWriteItems', kind: 'transaction-conflict', times: 9 },
  'that can not read what is due': { operation: 'Query', kind: 'error', times: 9 },
  'that can not read a cycle': { operation: 'GetItem', kind: 'error', times: 9 },
};

describe('a sweep', () => {
  test.each(Object.entries(faults))('%s leaves nobody out and tells nobody twice', async (_, fault) => {
    const ids = await addDue(6);
    const mend = cloud.faults.inject({ ...fault, service: 'dynamodb', principal: physical('remind') });
    onTestFinished(mend);
    await sweep();
    await settled();
    mend();
    // The next day's sweep, or the message's next delivery: both find what is left.
    await sweep();
    await settled();
    expect(await reminded(ids)).toEqual(once(ids));
    expect(deadLetters()).toEqual({});
  });

  test('and another of the same day, and the same message twice, record each milestone once', async () => {
    const ids = await addDue(12);
    cloud.sqs.duplicate(physical('sweep'), 2);
    onTestFinished(() => cloud.sqs.duplicate(physical('sweep'), 1));
    await Promise.all([sweep(), sweep(), sweep()]);
    await settled();
    expect(await reminded(ids)).toEqual(once(ids));
  });

  test('against changes of the same employers: the version decides, and nothing is lost', async () => {
    const ids = await addDue(6);
    const renamed = (employerId: string) =>
      changeEmployer(site.administrator, employerId, { legalName: `Renamed ${employerId} Ltd.` });
    await Promise.all([sweep(), ...ids.map(renamed), sweep()]);
    await settled();
    expect(await reminded(ids)).toEqual(once(ids));
    for (const employerId of ids)
      expect((await site.administrator('readEmployer', { parameters: { employerId } })).legalName).toContain('Renamed');
  });

  test('finds nothing a second time: what it has looked at lies on a later day', async () => {
    await addDue(3);
    await sweep();
    await settled();
    const today = businessDate(cloud.clock.now());
    const left = await Promise.all(dueCheckShards.map((shard) => listDueChecks(store, shard, today, { limit: 10 })));
    expect(left.flatMap(({ checks }) => checks)).toEqual([]);
    expect(known(currentCertificate(await readCycle(store, `due-${certified}`))).cancelledOn).toBeUndefined();
  });
});
