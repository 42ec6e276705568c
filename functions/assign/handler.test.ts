import { acceptPackage, newCycle, releaseReview } from '@secor/certification';
import { addAssessor, commit, readAudit, readReviewer, withChange } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Dependencies } from '../review-api/dependencies.ts';
import { addReviewerCall, leaveReviewersCall } from '../review-api/reviewers.ts';
import { addAudit, addCompany, at, caller, openDesk } from '../testing/desk.fixture.ts';
import { beforeTransactions } from '../testing/table.fixture.ts';
import { assign } from './handler.ts';

const auditNumber = '412345678';
let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  desk = await openDesk();
});

async function deliver(type = 'package accepted', number = 1, of = auditNumber): Promise<void> {
  const message = { subject: `audit#${of}` as const, number, type, auditNumber: of };
  await assign(desk.store)({ message, deliveryId: 'd', sentAt: at, delivery: 1 });
}

/** Changes a reviewer as the API does, and tells assign. */
async function change(reviewerId: string, changed: Parameters<typeof withChange>[1]): Promise<void> {
  const reviewer = await readReviewer(desk.store, reviewerId);
  if (reviewer === undefined) throw new Error('There is no reviewer.');
  await commit(desk.store, { at, replace: [withChange(reviewer, changed)] });
}

async function tell(reviewerId: string): Promise<void> {
  const message = { subject: `reviewer#${reviewerId}` as const, number: 2, type: 'reviewer changed', reviewerId };
  await assign(desk.store)({ message, deliveryId: 'd', sentAt: at, delivery: 1 });
}

const resubmitted: Parameters<typeof acceptPackage>[1] = {
  upload: { link: 2, sequencer: '0A', key: 'k', versionId: 'v', size: 1, arrivedAt: at },
  startedOn: '2026-11-10',
  endedOn: '2026-11-20',
  recordsMonths: 12,
  score: { awarded: 90, available: 100, elements: [] },
  outcome: { result: 'passed', shortfalls: [] },
  warnings: [],
  documents: 0,
  content: { key: 'answers/x', versionId: 'v' },
};

const reviewerOf = async () => (await readAudit(desk.store, auditNumber))?.reviewerId;
const openOf = async (reviewerId: string) => (await readReviewer(desk.store, reviewerId))?.openReviews;

async function giveBack(reviewerId: string): Promise<void> {
  const audit = await readAudit(desk.store, auditNumber);
  if (audit === undefined) throw new Error('There is no audit.');
  const change = releaseReview(audit, 'On other work', { role: 'reviewer', personId: reviewerId }, at);
  if ('refused' in change) throw new Error(change.message);
  await commit(desk.store, { at, audit: change });
}

describe('assign', () => {
  it('gives a waiting audit to one reviewer, once, with a place in the queue', async () => {
    await addAudit(desk.store, auditNumber);
    await deliver();
    await deliver();
    expect(await readAudit(desk.store, auditNumber)).toMatchObject({
      reviewerId: 'r1',
      queuePosition: `2026-11-23#${auditNumber}`,
    });
    expect(await openOf('r1')).toBe(1);
    expect(desk.eventsOf(auditNumber).filter((type) => type === 'reviewer assigned')).toHaveLength(1);
    expect(desk.items.get(`QUEUE|2026-11-23#${auditNumber}`)).toMatchObject({ body: { reviewerId: 'r1' } });
  });

  it.each([
    ['assessor, by a sign-in', [{ reviewerId: 'r1', assessorId: 'a1' }], 'robin@example.org'],
    ['contact, by a sign-in', [{ reviewerId: 'r1', employerId: 'e1' }], 'robin@example.org'],
    ['assessor, by their address', [], 'R1@example.org'],
    [
      'assessor, by the sign-in of the administrator that they are',
      [
        { reviewerId: 'r1', administratorId: 'x1' },
        { administratorId: 'x1', assessorId: 'a1' },
      ],
      'robin@example.org',
    ],
    ['assessor, by the address of the administrator', [{ reviewerId: 'r1', administratorId: 'x1' }], 'X1@example.org'],
    ['assessor, by the address with which they sign in', [{ assessorId: 'a1', email: 'R1@example.org' }], 'r@x.org'],
    [
      'assessor, who is recorded twice',
      [
        { reviewerId: 'r1', assessorId: 'a2' },
        { assessorId: 'a2', email: 'robin@example.org' },
      ],
      'Robin@example.org',
    ],
  ])('gives no audit to its own %s, and takes it off their desk', async (_, signIns, address) => {
    const completions = [{ courseId: 'safety-program-development', completedOn: '2026-03-02' }];
    await addAssessor(desk.store, { assessorId: 'a1', name: 'R', email: address, actsFor: ['e1'], completions }, at);
    for (const [index, signIn] of signIns.entries()) await desk.sign(`s${index}`, signIn);
    await addAudit(desk.store, auditNumber);
    await deliver();
    expect(await reviewerOf()).toBe('r2');
    // One that they got before it was known.
    await addAudit(desk.store, '412345679', {
      reviewerId: 'r1',
      queuePosition: '2026-11-23#412345679',
      queueDates: { arrivedOn: '2026-11-23' },
    });
    await tell('r1');
    expect((await readAudit(desk.store, '412345679'))?.reviewerId).toBeUndefined();
    await deliver('reviewer released', 3, '412345679');
    expect((await readAudit(desk.store, '412345679'))?.reviewerId).toBe('r2');
  });

  it('gives no audit to the contact of its employer, by their address', async () => {
    await addCompany(desk.store, 'e1', { secondContact: { name: 'R', email: 'r1@example.org' } });
    await addAudit(desk.store, auditNumber);
    await deliver();
    expect(await reviewerOf()).toBe('r2');
  });

  it('puts a renewal before its arrival when the certificate expires soon', async () => {
    await addAudit(desk.store, auditNumber);
    const certificate = {
      certificateNumber: '400000000-1',
      ruleSet: 'rules-2020',
      auditNumber: '400000000',
      endedOn: '2023-12-01',
      issuedOn: '2023-12-05',
      expiresOn: '2026-12-01',
    };
    const cycle = { ...newCycle('e1'), version: 1, certificates: [{ ...certificate }] };
    await commit(desk.store, { at, cycle: { cycle, events: [], registered: [] } });
    await deliver();
    expect(await readAudit(desk.store, auditNumber)).toMatchObject({
      queuePosition: `2026-11-01#${auditNumber}`,
      queueDates: { arrivedOn: '2026-11-23', dueOn: '2026-12-01' },
    });
  });

  it('gives what was given back to another, and to nobody when all others have given it back', async () => {
    await addAudit(desk.store, auditNumber);
    await deliver();
    await giveBack('r1');
    await deliver('reviewer released', 3);
    expect(await reviewerOf()).toBe('r2');
    await giveBack('r2');
    // r3 has a conflict with the employer.
    await deliver('reviewer released', 5);
    await deliver('reviewer released', 5);
    expect(await reviewerOf()).toBeUndefined();
    expect(desk.eventsOf(auditNumber).filter((type) => type === 'review unassigned')).toHaveLength(1);
    expect(desk.items.get(`QUEUE|2026-11-23#${auditNumber}`)).toMatchObject({ gsi1pk: 'QUEUE#NOBODY' });
  });

  it('takes what a reviewer can not keep off their desk, once, and leaves the rest', async () => {
    const others = '412345679';
    await addAudit(desk.store, auditNumber);
    await deliver();
    await addAudit(desk.store, others, { employerId: 'e2' });
    await deliver('package accepted', 1, others);
    const r2 = async () => (await readAudit(desk.store, others))?.reviewerId;
    expect([await reviewerOf(), await r2()]).toEqual(['r1', 'r2']);
    await change('r1', { conflicts: ['e2'] });
    await change('r2', { conflicts: ['e2'] });
    await tell('r1');
    await tell('r2');
    await tell('r2');
    expect([await reviewerOf(), await r2()]).toEqual(['r1', undefined]);
    expect(await openOf('r2')).toBe(0);
    expect(desk.eventsOf(others).filter((type) => type === 'reviewer released')).toHaveLength(1);
    await deliver('reviewer released', 3, others);
    expect(await r2()).toBe('r3');
    // Absent, and back before it was read: nothing is lost.
    await tell('r1');
    expect(await reviewerOf()).toBe('r1');
    await change('r1', { present: false });
    await tell('r1');
    expect(await reviewerOf()).toBeUndefined();
  });

  it('offers a resubmission that nobody has', async () => {
    for (const [reviewerId, present] of [
      ['r1', false],
      ['r2', false],
    ] as const)
      await change(reviewerId, { present });
    await addAudit(desk.store, auditNumber);
    await deliver();
    await deliver();
    expect(await reviewerOf()).toBeUndefined();
    await change('r2', { present: true });
    const audit = await readAudit(desk.store, auditNumber);
    if (audit === undefined) throw new Error('There is no audit.');
    await commit(desk.store, { at, audit: acceptPackage({ ...audit, state: 'awaiting revision' }, resubmitted, at) });
    await deliver('package accepted', 4);
    expect(await reviewerOf()).toBe('r2');
    expect(await openOf('r2')).toBe(1);
  });

  it('leaves alone what is over', async () => {
    await addAudit(desk.store, auditNumber, { state: 'withdrawn' });
    await deliver();
    expect(await reviewerOf()).toBeUndefined();
    expect([...desk.items.keys()].filter((key) => key.startsWith('QUEUE'))).toEqual([]);
  });
});

describe('what waits because nobody was free', () => {
  const numbers = ['412345671', '412345672', '412345673', '412345674'];
  const holders = () => Promise.all(numbers.map(async (number) => (await readAudit(desk.store, number))?.reviewerId));

  /** Nobody is there, and audits of the employer e1 arrive. */
  beforeEach(async () => {
    for (const reviewerId of ['r1', 'r2', 'r3']) await change(reviewerId, { present: false });
    for (const number of numbers) {
      await addAudit(desk.store, number);
      await deliver('package accepted', 1, number);
    }
    expect(await holders()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('goes to the reviewer who comes back, once, however often and at once it is told', async () => {
    await change('r1', { present: true });
    await Promise.all([tell('r1'), tell('r1')]);
    await tell('r1');
    expect(await holders()).toEqual(['r1', 'r1', 'r1', 'r1']);
    expect(await openOf('r1')).toBe(4);
    for (const number of numbers)
      expect(desk.eventsOf(number).filter((type) => type === 'reviewer assigned')).toHaveLength(1);
    expect(desk.outgoing(numbers[0] ?? '')).toContainEqual(['reviewer assigned', expect.arrayContaining(['mail'])]);
  });

  it('is shared by those who are back, the most urgent first, each to the one with the fewest open reviews', async () => {
    await change('r1', { present: true });
    await change('r2', { present: true });
    await tell('r1');
    await tell('r2');
    expect(await holders()).toEqual(['r1', 'r2', 'r1', 'r2']);
    expect([await openOf('r1'), await openOf('r2')]).toEqual([2, 2]);
  });

  it('goes to a reviewer who is new', async () => {
    const body = { reviewerId: 'r4', name: 'Ray', email: 'ray@example.org' };
    await addReviewerCall({ store: desk.store } as Dependencies)({
      ...{ at, ifMatch: 0, query: undefined, body, idempotency: () => undefined },
      ...{ caller: caller('x1', 'administrator'), parameters: undefined },
    });
    expect([...desk.items.keys()].filter((key) => key.startsWith('OUTBOX#reviewer#r4#'))).toHaveLength(1);
    await tell('r4');
    expect(await holders()).toEqual(['r4', 'r4', 'r4', 'r4']);
  });

  it('goes to a reviewer whose conflict of interest was removed, and not before', async () => {
    await change('r3', { present: true });
    await tell('r3');
    expect(await holders()).toEqual([undefined, undefined, undefined, undefined]);
    await change('r3', { conflicts: [] });
    await tell('r3');
    expect(await holders()).toEqual(['r3', 'r3', 'r3', 'r3']);
  });

  it('stays where it is when the reviewer is still absent, has left or is not there', async () => {
    await change('r2', { leftAt: at });
    for (const reviewerId of ['r1', 'r2', 'r9']) await tell(reviewerId);
    expect(await holders()).toEqual([undefined, undefined, undefined, undefined]);
    for (const number of numbers) expect(desk.eventsOf(number).at(-1)).toBe('review unassigned');
  });

  it('does not go to a reviewer who gave it back', async () => {
    const [first = ''] = numbers;
    const audit = await readAudit(desk.store, first);
    if (audit === undefined) throw new Error('There is no audit.');
    await commit(desk.store, {
      at,
      audit: { audit: { ...audit, releasedBy: ['r1'], version: audit.version + 1 }, events: [] },
    });
    await change('r1', { present: true });
    await tell('r1');
    expect(await holders()).toEqual([undefined, 'r1', 'r1', 'r1']);
  });

  it('goes to a reviewer who comes back while an audit that has just arrived finds nobody', async () => {
    await addAudit(desk.store, auditNumber);
    // Their own message is read before the audit stands in the queue.
    const store = beforeTransactions(desk.store, async (transaction) => {
      if (transaction > 1) return;
      await change('r1', { present: true });
      await tell('r1');
    });
    const message = { subject: `audit#${auditNumber}`, number: 1, type: 'package accepted', auditNumber } as const;
    await assign(store)({ message, deliveryId: 'd', sentAt: at, delivery: 1 });
    expect(await reviewerOf()).toBe('r1');
    expect(await openOf('r1')).toBe(5);
  });

  it('goes to them also when the delivery that found nobody died then: by its next one', async () => {
    await addAudit(desk.store, auditNumber);
    const store = beforeTransactions(desk.store, async (transaction) => {
      if (transaction > 1) throw new Error('the process has died');
      await change('r1', { present: true });
    });
    const message = { subject: `audit#${auditNumber}`, number: 1, type: 'package accepted', auditNumber } as const;
    const taken = assign(store)({ message, deliveryId: 'd', sentAt: at, delivery: 1 });
    await expect(taken).rejects.toThrow('the process has died');
    expect(await reviewerOf()).toBeUndefined();
    await deliver();
    expect(await reviewerOf()).toBe('r1');
  });
});

describe('what a reviewer has who leaves', () => {
  const leave = (reviewerId: string) =>
    leaveReviewersCall({ store: desk.store } as Dependencies)({
      ...{ at, ifMatch: 0, query: undefined, body: undefined, idempotency: () => undefined },
      ...{ caller: caller('x1', 'administrator'), parameters: { reviewerId } },
    });

  it.each(['pending review', 'in review', 'awaiting revision'] as const)(
    'goes to another who is fit, as it stands: %s',
    async (state) => {
      await addAudit(desk.store, auditNumber, { state });
      await deliver();
      expect(await reviewerOf()).toBe('r1');
      await leave('r1');
      expect([...desk.items.keys()].filter((key) => key.startsWith('OUTBOX#reviewer#r1'))).toHaveLength(1);
      await tell('r1');
      expect(desk.outgoing(auditNumber)).toContainEqual(['reviewer released', expect.arrayContaining(['review'])]);
      await deliver('reviewer released', 3);
      expect(await readAudit(desk.store, auditNumber)).toMatchObject({ state, reviewerId: 'r2' });
      expect([await openOf('r1'), await openOf('r2')]).toEqual([0, 1]);
      expect(desk.outgoing(auditNumber).at(-1)).toEqual(['reviewer assigned', expect.arrayContaining(['mail'])]);
    },
  );

  it('while its revision is awaited, keeps who has it then when the revision comes', async () => {
    await addAudit(desk.store, auditNumber, { state: 'awaiting revision', rounds: 1 });
    await deliver();
    await leave('r1');
    await tell('r1');
    await deliver('reviewer released', 3);
    const audit = await readAudit(desk.store, auditNumber);
    if (audit === undefined) throw new Error('There is no audit.');
    await commit(desk.store, { at, audit: acceptPackage(audit, resubmitted, at) });
    await deliver('package accepted', 5);
    expect(await readAudit(desk.store, auditNumber)).toMatchObject({ state: 'pending review', reviewerId: 'r2' });
    expect(desk.eventsOf(auditNumber).filter((type) => type === 'reviewer assigned')).toHaveLength(2);
  });
});
