import type { SQSClient } from '@aws-sdk/client-sqs';
import { addDays, currentCertificate, cycleSubject, openAudit } from '@secor/certification';
import type { SweepMessage } from '@secor/contracts';
import { commit, lastSweep, readAssessor, readAudit, readCycle, readReviewer, type Store } from '@secor/store';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addAudit, addCertified, addCompany, addRobin, at, openDesk } from '../testing/desk.fixture.ts';
import { beforeTransactions } from '../testing/table.fixture.ts';
import { remind } from './handler.ts';

// The log is no part of what is tested, and its file is read at load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));
vi.spyOn(console, 'error').mockImplementation(() => {});
afterAll(() => vi.unstubAllEnvs());

let desk: Awaited<ReturnType<typeof openDesk>>;
let sent: SweepMessage[];
beforeEach(async () => {
  desk = await openDesk();
  sent = [];
});

const sqs = {
  send: async ({ input }: { input: { MessageBody: string } }) => void sent.push(JSON.parse(input.MessageBody)),
} as unknown as SQSClient;

/** A sweep at 06:00 in Alberta. */
function sweep(store: Store, day: string, part: Partial<SweepMessage> = {}): Promise<void> {
  return sweepAt(store, `${day}T12:00:00Z`, part);
}

/** A sweep that was scheduled for an instant. */
function sweepAt(store: Store, scheduledTime: string, part: Partial<SweepMessage> = {}): Promise<void> {
  const step = remind({ store, sqs, queueUrl: 'sweep' });
  const sentAt = new Date(scheduledTime).toISOString();
  return step({ message: { scheduledTime, ...part }, deliveryId: 'd', sentAt, delivery: 1 });
}

function certified(employerId: string, auditNumber?: string): Promise<void> {
  return addCertified(desk.store, employerId, auditNumber);
}

/** What of an employer's cycle, or of an assessor, has been recorded: the milestones of reminders, in their order. */
function reminders(subject: string): string[] {
  return [...desk.items.values()]
    .filter(
      ({ pk, sk }) =>
        pk === subject.toUpperCase().replace(/#.*/, subject.slice(subject.indexOf('#'))) && sk.startsWith('EVENT#'),
    )
    .map(({ body }) => body as { type: string; number: number; data: { kind: string; milestone: string } })
    .filter(({ type }) => type === 'reminder due')
    .toSorted((a, b) => a.number - b.number)
    .map(({ data }) => `${data.kind}, ${data.milestone}`);
}

function checkDays(subject: string): string[] {
  return [...desk.items.values()]
    .filter(({ pk, sk }) => pk.startsWith('CHECK#') && sk.endsWith(`#${subject}`))
    .map(({ sk }) => sk.slice(0, 10));
}

describe('a sweep', () => {
  it('records a milestone on its day, once, however often and by whomever the day is swept', async () => {
    await certified('e1');
    expect(checkDays(cycleSubject('e1'))).toEqual(['2027-08-02']);
    await sweep(desk.store, '2027-08-01');
    expect(reminders('employer#e1')).toEqual([]);
    await Promise.all([sweep(desk.store, '2027-08-02'), sweep(desk.store, '2027-08-02')]);
    await sweep(desk.store, '2027-08-02');
    expect(reminders('employer#e1')).toEqual(['maintenance, 60 days before']);
    expect(checkDays(cycleSubject('e1'))).toEqual(['2027-09-01']);
  });

  it.each([
    ['00:00', '2027-08-02T06:00:00Z'],
    ['05:00', '2027-08-02T11:00:00Z'],
    ['06:00', '2027-08-02T12:00:00Z'],
    ["07:00, when the scheduler's time zone data are older", '2027-08-02T13:00:00Z'],
    ['23:59', '2027-08-03T05:59:59Z'],
  ])('that fires at %s in Alberta does what the day brings', async (_, instant) => {
    await certified('e1');
    await sweepAt(desk.store, instant);
    expect(reminders('employer#e1')).toEqual(['maintenance, 60 days before']);
    expect(checkDays(cycleSubject('e1'))).toEqual(['2027-09-01']);
  });

  it('a second before midnight in Alberta is one of the day that ends, though it is the next day in UTC', async () => {
    await certified('e1');
    await sweepAt(desk.store, '2027-08-02T05:59:59Z');
    expect(reminders('employer#e1')).toEqual([]);
    expect(checkDays(cycleSubject('e1'))).toEqual(['2027-08-02']);
  });

  it('twice a day, at 05:00 and at 07:00, records nothing twice', async () => {
    await certified('e1');
    await sweepAt(desk.store, '2027-08-02T11:00:00Z');
    const { version } = await readCycle(desk.store, 'e1');
    await sweepAt(desk.store, '2027-08-02T13:00:00Z');
    expect(reminders('employer#e1')).toEqual(['maintenance, 60 days before']);
    expect((await readCycle(desk.store, 'e1')).version).toBe(version);
  });

  it('catches up what missed runs left behind: of each due date only the latest milestone', async () => {
    await certified('e1');
    await sweep(desk.store, '2027-10-26');
    expect(reminders('employer#e1')).toEqual(['maintenance, 7 days before']);
    await sweep(desk.store, '2027-11-01');
    expect(reminders('employer#e1')).toEqual(['maintenance, 7 days before', 'maintenance, over']);
  });

  it('cancels a certificate when the grace is over, and then leaves it alone', async () => {
    await certified('e1');
    await sweep(desk.store, '2027-11-30');
    expect(currentCertificate(await readCycle(desk.store, 'e1'))?.cancelledOn).toBeUndefined();
    await sweep(desk.store, '2027-12-01');
    const cycle = await readCycle(desk.store, 'e1');
    expect(currentCertificate(cycle)?.cancelledOn).toBe('2027-12-01');
    expect(checkDays(cycleSubject('e1'))).toEqual([]);
    await sweep(desk.store, '2029-12-01');
    expect((await readCycle(desk.store, 'e1')).version).toBe(cycle.version);
  });

  it('tells what is at risk 30 days before a due date', async () => {
    await certified('e1');
    await addRobin(desk.store, 'e1');
    await sweep(desk.store, '2027-10-01');
    const { risks } = await readCycle(desk.store, 'e1');
    expect(risks).toEqual([{ risk: 'nothing registered', kind: 'maintenance', dueOn: '2027-10-31' }]);
  });

  it("records the reminders of an assessor's refresher, by their own term", async () => {
    await addRobin(desk.store, 'e1');
    expect((await readAssessor(desk.store, 'a1'))?.nextCheckOn).toBe('2028-12-02');
    for (const day of ['2028-12-02', '2029-01-31', '2029-02-23', '2029-03-03', '2029-03-04'])
      await sweep(desk.store, day);
    expect(reminders('assessor#a1')).toEqual([
      ...['refresher, 90 days before', 'refresher, 30 days before', 'refresher, 7 days before', 'refresher, over'],
    ]);
    expect(checkDays('assessor#a1')).toEqual([]);
  });

  it('rejects an audit whose revision is overdue: off the desk, out of the cycle', async () => {
    await addCompany(desk.store, 'e1');
    const opened = {
      auditNumber: '412345678',
      kind: 'certification',
      assessorId: 'a1',
      registeredOn: '2026-11-23',
    } as const;
    const cycle = openAudit(await readCycle(desk.store, 'e1'), opened, { role: 'system' }, at);
    await commit(desk.store, { at, cycle });
    const awaited = {
      state: 'awaiting revision',
      revisionDueOn: '2026-12-08',
      nextCheckOn: '2026-12-09',
      reviewerId: 'r1',
    } as const;
    await addAudit(desk.store, '412345678', { ...awaited, rounds: 1 });
    await sweep(desk.store, '2026-12-08');
    expect((await readAudit(desk.store, '412345678'))?.state).toBe('awaiting revision');
    await sweep(desk.store, '2026-12-09');
    expect(await readAudit(desk.store, '412345678')).toMatchObject({
      state: 'rejected',
      missedRevision: { dueOn: '2026-12-08' },
    });
    expect((await readCycle(desk.store, 'e1')).audits).toEqual([]);
    expect((await readReviewer(desk.store, 'r1'))?.openReviews).toBe(0);
    expect(desk.eventsOf('412345678')).toContain('audit rejected');
    expect(checkDays('audit#412345678')).toEqual([]);
  });

  it('leaves nobody out when it dies half-way: the next delivery does the rest', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `e${index + 1}`);
    for (const [index, id] of ids.entries()) await certified(id, String(500_000_000 + index));
    const dying = beforeTransactions(desk.store, async (transaction) => {
      if (transaction > 5) throw new Error('the process has died');
    });
    await sweep(dying, '2027-08-02');
    const [left] = sent;
    expect(left?.subjects).toHaveLength(7);
    await expect(sweep(dying, '2027-08-02', left)).rejects.toThrow('7 subjects could not be swept');
    const before = ids.filter((id) => reminders(`employer#${id}`).length > 0);
    expect(before).toHaveLength(5);
    await sweep(desk.store, '2027-08-02', left);
    for (const id of ids) expect(reminders(`employer#${id}`), id).toEqual(['maintenance, 60 days before']);
  });

  it('is recorded when no subject failed: the latest stays, and one of a day to come counts as of now', async () => {
    const begun = '2027-07-31T09:00:00.000Z';
    const last = () => lastSweep(desk.store, begun);
    expect(await last()).toBe(begun);
    await sweep(desk.store, '2027-08-01');
    expect(await last()).toBe('2027-08-01T12:00:00.000Z');
    await sweep(desk.store, '2027-07-15');
    expect(await last()).toBe('2027-08-01T12:00:00.000Z');

    await certified('e1');
    const failing = beforeTransactions(desk.store, async () => {
      throw new Error('it can not be written');
    });
    await sweep(failing, '2027-08-02');
    expect(await last()).toBe('2027-08-01T12:00:00.000Z');

    const message = { scheduledTime: '2099-01-01T13:00:00Z' };
    const step = remind({ store: desk.store, sqs, queueUrl: 'sweep' });
    await step({ message, deliveryId: 'd', sentAt: '2027-08-03T12:00:00.000Z', delivery: 1 });
    expect(await last()).toBe('2027-08-03T12:00:00.000Z');
  });

  it('is recorded once the subjects that failed are done as well: by their own message, when no other has some', async () => {
    const begun = '2027-07-31T09:00:00.000Z';
    const last = () => lastSweep(desk.store, begun);
    await certified('e1');
    const failing = beforeTransactions(desk.store, async () => {
      throw new Error('it can not be written');
    });
    await sweep(failing, '2027-08-02');
    const [left] = sent;
    await expect(sweep(failing, '2027-08-02', left)).rejects.toThrow('1 subjects could not be swept');
    expect(await last()).toBe(begun);
    await sweep(desk.store, '2027-08-02', left);
    expect(await last()).toBe('2027-08-02T12:00:00.000Z');

    // Those of a shard say nothing of the day; nor does one message of several.
    const subjects = [cycleSubject('e1')];
    await sweep(desk.store, '2027-08-03', { subjects });
    expect(await last()).toBe('2027-08-02T12:00:00.000Z');
    sent = [];
    const ids = Array.from({ length: 101 }, (_, index) => `f${index}`);
    for (const [index, id] of ids.entries()) await certified(id, String(500_000_000 + index));
    await sweep(failing, '2027-08-04');
    expect(sent.map(({ subjects: some = [], lastOfDay }) => [some.length, lastOfDay])).toEqual([
      [100, undefined],
      [1, undefined],
    ]);
  });

  it('sends a message for each shard that is too large for the day itself, which goes on where that ended', async () => {
    // Thirty of one shard: their subjects differ by what adds nothing to it.
    const ids = Array.from({ length: 30 }, (_, index) => index).map((index) => inShardOfFirst(index));
    for (const [index, id] of ids.entries()) await certified(id, String(500_000_000 + index));
    await sweep(desk.store, '2027-08-02');
    expect(sent).toEqual([
      {
        scheduledTime: '2027-08-02T12:00:00Z',
        shard: expect.any(Number),
        after: expect.stringMatching(/^2027-08-02#/),
      },
    ]);
    const done = () => ids.filter((id) => reminders(`employer#${id}`).length === 1).length;
    expect(done()).toBe(25);
    const [onward] = sent;
    await sweep(desk.store, '2027-08-02', onward);
    expect(done()).toBe(30);
    expect(sent).toHaveLength(1);
  });
});

/** Ids whose subjects are all in one shard, as the sum over their characters has it. */
function inShardOfFirst(index: number): string {
  const shardOf = (subject: string) => {
    let sum = 0;
    for (const character of subject) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
    return sum % 16;
  };
  let found = -1;
  for (let candidate = 0; ; candidate += 1) {
    const id = `c${candidate}`;
    if (shardOf(cycleSubject(id)) === shardOf(cycleSubject('c0'))) found += 1;
    if (found === index) return id;
  }
}

it('is told the day after a due date is over, never on the day itself', async () => {
  await certified('e1');
  await sweep(desk.store, addDays('2027-10-31', 0));
  expect(reminders('employer#e1')).toEqual(['maintenance, 7 days before']);
});
