import { S3Client } from '@aws-sdk/client-s3';
import { enterQueue, newCycle, protocolById, type QueueDates } from '@secor/certification';
import { addAdministrator, addAssessor, commit, readAudit, readReviewer, revisionItem, withChange } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { reviewableAudit } from '../shared/access.ts';
import { staffOf } from '../shared/callers.ts';
import { addAudit, addCompany, at, caller, openDesk } from '../testing/desk.fixture.ts';
import { reassignReviewCall, releaseReviewCall, takeReviewCall } from './assignments.ts';
import { acceptAuditCall, rejectAuditCall, reopenAuditCall, withdrawReviewCall } from './decisions.ts';
import type { Dependencies } from './dependencies.ts';
import { listQueueCall } from './queue.ts';
import { readReviewCall } from './reading.ts';
import { addNoteCall, changePointsCall, correctMonthsCall, openReviewCall } from './review.ts';
import { listReviewersCall, setConflictsCall, setPresenceCall } from './reviewers.ts';

let desk: Awaited<ReturnType<typeof openDesk>>;
let dependencies: Dependencies;
beforeEach(async () => {
  desk = await openDesk();
  dependencies = { store: desk.store, records: { s3: new S3Client({ region: 'ca-central-1' }), bucket: 'records' } };
});

const [r1, r2, r3] = ['r1', 'r2', 'r3'].map((id) => caller(id, 'reviewer')) as [Caller, Caller, Caller];
type Caller = ReturnType<typeof caller>;
const administrator = caller('x1', 'administrator');
const common = { at, query: undefined, ifMatch: 0, idempotency: () => undefined };

/** Puts an audit into the queue, with a reviewer or with nobody. */
async function queued(auditNumber: string, reviewerId?: string, held: Parameters<typeof addAudit>[2] = {}) {
  const audit = await addAudit(desk.store, auditNumber, held);
  const dates: QueueDates = { arrivedOn: '2026-11-23' };
  await commit(desk.store, { at, audit: enterQueue(audit, dates, reviewerId, at) });
}

/** Changes a reviewer as linking a sign-in does. */
async function change(reviewerId: string, changed: Parameters<typeof withChange>[1]): Promise<void> {
  const reviewer = await readReviewer(desk.store, reviewerId);
  if (reviewer === undefined) throw new Error('There is no reviewer.');
  await commit(desk.store, { at, replace: [withChange(reviewer, changed)] });
}

async function seen(auditNumber: string) {
  const audit = await readAudit(desk.store, auditNumber);
  if (audit === undefined) throw new Error('There is no audit.');
  return { ...common, parameters: { auditNumber }, ifMatch: audit.version, body: undefined };
}

const list = (
  of: Caller,
  query: { reviewer?: string; state?: 'pending review' | 'in review'; arrivedBefore?: string } = {},
) => listQueueCall(dependencies)({ ...common, caller: of, parameters: undefined, body: undefined, query });
const numbers = async (...asked: Parameters<typeof list>) =>
  (await list(...asked)).entries.map(({ auditNumber }) => auditNumber);
const openReviews = async () =>
  Promise.all(['r1', 'r2', 'r3'].map(async (id) => (await readReviewer(desk.store, id))?.openReviews));

describe('who is staff', () => {
  it('is told what keeps them out: no link to a reviewer, or that the reviewer has left', async () => {
    await expect(list(caller('nobody', 'reviewer'))).rejects.toMatchObject({
      details: { status: 403, detail: expect.stringMatching(/^Your sign-in is not linked to a reviewer\. /) },
    });
    await change('r1', { leftAt: at });
    await expect(list(r1)).rejects.toMatchObject({
      details: { status: 403, detail: expect.stringMatching(/^The reviewer of your sign-in has left\. /) },
    });
  });

  it('is known by each address that they have: as a reviewer and as an administrator', async () => {
    await desk.sign('both', { reviewerId: 'r1', administratorId: 'x1' });
    const both = caller('both', 'administrator', 'reviewer');
    for (const [email, employerId, auditNumber] of [
      ['R1@example.org', 'e5', '400000007'],
      ['X1@example.org', 'e6', '400000008'],
    ] as const) {
      await addCompany(desk.store, employerId, { contact: { name: 'Dale', email } });
      await queued(auditNumber, undefined, { employerId });
      await expect(
        takeReviewCall(dependencies)({ ...(await seen(auditNumber)), caller: both }),
        email,
      ).rejects.toMatchObject({ details: { type: 'urn:secor:reviewer-in-conflict' } });
      const call = { ...(await seen(auditNumber)), body: { revision: 1 }, caller: both };
      await expect(openReviewCall(dependencies)(call), email).rejects.toMatchObject({
        details: { type: 'urn:secor:conflict-of-interest' },
      });
    }
    expect(await numbers(caller('both', 'reviewer'))).toEqual([]);
  });
});

describe('the queue', () => {
  beforeEach(async () => {
    await queued('400000001', 'r1');
    await queued('400000002', 'r2', { state: 'in review' });
    await queued('400000003');
  });

  it('shows a reviewer what is theirs or nobody’s, an administrator all, nobody a conflict', async () => {
    expect(await numbers(r1)).toEqual(['400000001', '400000003']);
    expect(await numbers(r3)).toEqual([]);
    expect(await numbers(administrator)).toEqual(['400000001', '400000002', '400000003']);
  });

  it('shows a reviewer nothing that is not theirs to review by their address, as reading it does', async () => {
    await addCompany(desk.store, 'e1', { contact: { name: 'Dale', email: 'R2@example.org' } });
    expect(await numbers(r2)).toEqual(['400000002']);
    expect(await numbers(r2, { reviewer: 'nobody' })).toEqual([]);
    expect((await list(r2)).counts).toMatchObject({ 'pending review': 0, 'in review': 1 });
  });

  it('is listed by reviewer and state', async () => {
    expect(await numbers(r1, { reviewer: 'me' })).toEqual(['400000001']);
    expect(await numbers(r1, { reviewer: 'nobody' })).toEqual(['400000003']);
    expect(await numbers(r3, { reviewer: 'nobody' })).toEqual([]);
    expect(await numbers(administrator, { reviewer: 'r2' })).toEqual(['400000002']);
    expect(await numbers(administrator, { state: 'in review' })).toEqual(['400000002']);
    await expect(list(r1, { reviewer: 'r2' })).rejects.toMatchObject({ details: { status: 403 } });
    await expect(list(administrator, { reviewer: 'me' })).rejects.toMatchObject({ details: { status: 400 } });
  });

  it('is listed by age: what arrived before a day, with its counts', async () => {
    const old = await addAudit(desk.store, '400000004');
    await commit(desk.store, { at, audit: enterQueue(old, { arrivedOn: '2026-11-02' }, 'r2', at) });
    // Urgent, and yet not old.
    const urgent = await addAudit(desk.store, '400000005');
    const dates = { arrivedOn: '2026-11-23', dueOn: '2026-11-24' };
    await commit(desk.store, { at, audit: enterQueue(urgent, dates, 'r2', at) });
    expect(await numbers(administrator, { arrivedBefore: '2026-11-03' })).toEqual(['400000004']);
    expect(await numbers(administrator, { arrivedBefore: '2026-11-02' })).toEqual([]);
    expect(await numbers(administrator, { arrivedBefore: '2026-11-24' })).toHaveLength(5);
    expect((await list(administrator, { arrivedBefore: '2026-11-03' })).counts).toMatchObject({ 'pending review': 1 });
  });

  it('counts by state what the caller may see, whatever state is listed, and says why each stands there', async () => {
    expect((await list(administrator, { state: 'in review' })).counts).toEqual({
      'pending review': 2,
      'in review': 1,
      'awaiting revision': 0,
    });
    expect((await list(r1)).counts).toMatchObject({ 'pending review': 2, 'in review': 0 });
    await addCompany(desk.store, 'e1', { legalName: 'E1 Ltd.' });
    expect((await list(r1)).entries[0]).toEqual({
      auditNumber: '400000001',
      kind: 'certification',
      employerId: 'e1',
      legalName: 'E1 Ltd.',
      assessorId: 'a1',
      assessorName: 'a1',
      protocol: 'secor-2020',
      ruleSet: 'rules-2020',
      registeredAt: at,
      registeredOn: '2026-11-23',
      state: 'pending review',
      revision: 1,
      round: 0,
      layout: 'done',
      report: 'none',
      score: { awarded: 80, available: 100, percent: '80.0', result: 'passed' },
      warnings: 0,
      version: 2,
      reviewerId: 'r1',
      reviewerName: 'Reviewer r1',
      assigned: 'to you',
      arrivedOn: '2026-11-23',
      why: { code: 'arrived', values: { arrivedOn: '2026-11-23' }, text: 'arrived on 23 November 2026' },
    });
  });
});

describe('an audit on the desk', () => {
  it('is taken by one reviewer: the other is told, and counts follow', async () => {
    await queued('400000001');
    const call = await seen('400000001');
    const take = takeReviewCall(dependencies);
    const both = await Promise.allSettled([take({ ...call, caller: r1 }), take({ ...call, caller: r2 })]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await openReviews()).reduce((sum = 0, each = 0) => sum + each, 0)).toBe(1);
    // A conflict of interest: they are not told that it exists.
    await queued('400000002');
    await expect(take({ ...(await seen('400000002')), caller: r3 })).rejects.toMatchObject({
      details: { status: 404 },
    });
  });

  it('is given back, with its reason in the history', async () => {
    await queued('400000001');
    await takeReviewCall(dependencies)({ ...(await seen('400000001')), caller: r1 });
    const release = releaseReviewCall(dependencies);
    const body = { reason: 'On other work' };
    await expect(release({ ...(await seen('400000001')), body, caller: r2 })).rejects.toMatchObject({
      details: { status: 404 },
    });
    await release({ ...(await seen('400000001')), body, caller: r1 });
    expect((await readAudit(desk.store, '400000001'))?.reviewerId).toBeUndefined();
    expect(await openReviews()).toEqual([0, 0, 0]);
    expect(desk.eventsOf('400000001')).toContain('reviewer released');
    expect(await numbers(r2)).toEqual(['400000001']);
  });

  it('is reassigned with both counts, never to a conflict, to whom there is not, or over a newer change', async () => {
    await queued('400000001');
    await takeReviewCall(dependencies)({ ...(await seen('400000001')), caller: r1 });
    const reassign = reassignReviewCall(dependencies);
    const to = async (reviewerId: string) => ({
      ...(await seen('400000001')),
      body: { reviewerId },
      caller: administrator,
    });
    await expect(reassign(await to('r3'))).rejects.toMatchObject({
      details: { status: 409, type: 'urn:secor:reviewer-in-conflict' },
    });
    await expect(reassign(await to('r9'))).rejects.toMatchObject({ details: { status: 404 } });
    await expect(reassign({ ...(await to('r2')), ifMatch: 1 })).rejects.toMatchObject({ details: { status: 412 } });
    await reassign(await to('r2'));
    expect(await openReviews()).toEqual([0, 1, 0]);
    expect(await numbers(r2, { reviewer: 'me' })).toEqual(['400000001']);
  });
});

describe('presence', () => {
  const set = (reviewerId: string, present: boolean, by: Caller) =>
    setPresenceCall(dependencies)({ ...common, caller: by, parameters: { reviewerId }, body: { present } });

  it('is set by oneself or an administrator', async () => {
    await expect(set('r1', false, r2)).rejects.toMatchObject({ details: { status: 404 } });
    expect(await set('r1', false, r1)).toMatchObject({ reviewerId: 'r1', present: false });
    expect(await set('r1', true, administrator)).toMatchObject({ present: true });
    await expect(set('r9', true, administrator)).rejects.toMatchObject({ details: { status: 404 } });
  });

  it('is told to assign, with the answer that is kept, in one transaction', async () => {
    const kept = {
      call: { issuer: 'i', sub: 's', route: 'r', key: 'k' },
      answer: { requestHash: 'h', status: 200, body: '' },
    };
    const call = { ...common, caller: administrator, parameters: { reviewerId: 'r1' }, body: { present: false } };
    const send = () => setPresenceCall(dependencies)({ ...call, idempotency: () => kept });
    await send();
    const told = () => [...desk.items.keys()].filter((key) => key.startsWith('OUTBOX#reviewer#r1'));
    expect(told()).toHaveLength(1);
    // A repetition that comes late does not set them absent again.
    await set('r1', true, administrator);
    await expect(send()).rejects.toMatchObject({ name: 'AlreadyAnswered' });
    expect((await readReviewer(desk.store, 'r1'))?.present).toBe(true);
    expect(told()).toHaveLength(2);
  });

  it('is shown to administrators with the open reviews', async () => {
    await queued('400000001');
    await takeReviewCall(dependencies)({ ...(await seen('400000001')), caller: r2 });
    await set('r1', false, r1);
    const call = { ...common, caller: administrator, parameters: undefined, body: undefined };
    expect((await listReviewersCall(dependencies)(call)).reviewers).toEqual([
      { reviewerId: 'r1', name: 'Reviewer r1', email: 'r1@example.org', present: false, openReviews: 0, conflicts: [] },
      { reviewerId: 'r2', name: 'Reviewer r2', email: 'r2@example.org', present: true, openReviews: 1, conflicts: [] },
      {
        reviewerId: 'r3',
        name: 'Reviewer r3',
        email: 'r3@example.org',
        present: true,
        openReviews: 0,
        conflicts: [{ employerId: 'e1', legalName: 'e1' }],
      },
    ]);
  });
});

describe('a conflict of interest', () => {
  const record = (employerIds: string[], by = administrator) =>
    setConflictsCall(dependencies)({ ...common, caller: by, parameters: { reviewerId: 'r1' }, body: { employerIds } });
  const isConflict = { details: { status: 409, type: 'urn:secor:conflict-of-interest' } };
  const isReviewersConflict = { details: { status: 409, type: 'urn:secor:reviewer-in-conflict' } };
  const note = async (by: Caller) =>
    addNoteCall(dependencies)({
      ...(await seen('400000001')),
      caller: by,
      body: { kind: 'actionable', text: 'Show the record.' },
    });

  beforeEach(async () => {
    await addCompany(desk.store, 'e1');
    await queued('400000001', 'r1', { state: 'in review' });
  });

  it('is recorded for employers that there are, once each, and told to assign', async () => {
    await expect(record(['e1', 'e9'])).rejects.toMatchObject({
      details: { status: 409, type: 'urn:secor:unknown-employer', detail: expect.stringContaining('e9') },
    });
    expect(await record(['e1', 'e1'])).toMatchObject({
      reviewerId: 'r1',
      conflicts: [{ employerId: 'e1', legalName: 'E1 Ltd.' }],
    });
    expect([...desk.items.keys()].filter((key) => key.startsWith('OUTBOX#reviewer#r1'))).toHaveLength(1);
    expect(await record([])).toMatchObject({ conflicts: [] });
  });

  it('recorded after the assignment lets the reviewer give the audit back, and nothing else', async () => {
    await note(r1);
    await record(['e1']);
    await expect(note(r1)).rejects.toMatchObject(isConflict);
    await releaseReviewCall(dependencies)({
      ...(await seen('400000001')),
      caller: r1,
      body: { reason: 'I know the foreman.' },
    });
    expect((await readAudit(desk.store, '400000001'))?.reviewerId).toBeUndefined();
  });

  it('is with one’s own audit, and an administrator’s who is a reviewer or assessor as well', async () => {
    await desk.sign('r1-and-assessor', { reviewerId: 'r1', assessorId: 'a1' });
    await expect(note(caller('r1-and-assessor', 'reviewer'))).rejects.toMatchObject(isConflict);
    await queued('400000002');
    const take = takeReviewCall(dependencies)({
      ...(await seen('400000002')),
      caller: caller('r1-and-assessor', 'reviewer'),
    });
    await expect(take).rejects.toMatchObject({ details: { status: 404 } });
    const given = { ...(await seen('400000002')), caller: administrator, body: { reviewerId: 'r2' } };
    await desk.sign('r2-and-x2', { reviewerId: 'r2', administratorId: 'x2' });
    await desk.sign('x2-and-assessor', { administratorId: 'x2', assessorId: 'a1' });
    await expect(reassignReviewCall(dependencies)(given)).rejects.toMatchObject(isReviewersConflict);
    await note(administrator);
    await desk.sign('x-and-r3', { administratorId: 'x1', reviewerId: 'r3' });
    for (const sub of ['x-and-r3', 'x1'])
      await expect(note(caller(sub, 'administrator'))).rejects.toMatchObject(isConflict);
  });

  it('is with an audit whose assessor, or whose employer’s contact, has one’s own address', async () => {
    const completions = [{ courseId: 'safety-program-development', completedOn: '2026-03-02' }];
    const ada = { assessorId: 'a1', name: 'Ada', email: 'X1@example.org', actsFor: ['e1'], completions };
    await addAssessor(desk.store, ada, at);
    await expect(note(administrator)).rejects.toMatchObject(isConflict);
    const accept = acceptAuditCall(dependencies)({
      ...(await seen('400000001')),
      caller: administrator,
      body: { revision: 1 },
    });
    await expect(accept).rejects.toMatchObject(isConflict);
    await note(r1);
    await addCompany(desk.store, 'e2', { contact: { name: 'R', email: 'r2@example.org' } });
    await queued('400000002', undefined, { employerId: 'e2' });
    const take = async (by: Caller) => takeReviewCall(dependencies)({ ...(await seen('400000002')), caller: by });
    await expect(take(r2)).rejects.toMatchObject({ details: { status: 404 } });
    await take(r1);
  });

  it('by an id that is linked is not shown in the queue either', async () => {
    await queued('400000003');
    expect(await numbers(r2)).toEqual(['400000003']);
    await desk.sign('r2-and-assessor', { reviewerId: 'r2', assessorId: 'a1' });
    expect(await numbers(r2)).toEqual([]);
    expect(await numbers(r1)).toEqual(['400000001', '400000003']);
    await desk.sign('r1-and-contact', { reviewerId: 'r1', employerId: 'e1' });
    expect(await numbers(r1)).toEqual(['400000001']);
  });

  it('is of whoever is the assessor by any of their sign-ins, in each of these, and with every step', async () => {
    // As a reviewer, an administrator and the assessor they sign in apart; one address and one sign-in tell that they are one.
    await addAdministrator(desk.store, { administratorId: 'x2', name: 'Ada', email: 'R1@Example.org' });
    await desk.sign('x2', { administratorId: 'x2' });
    await desk.sign('x2-and-assessor', { administratorId: 'x2', assessorId: 'a1' });
    await addCompany(desk.store, 'e1');
    const refused = async (by: Caller) => {
      const call = { ...(await seen('400000001')), caller: by };
      await expect(note(by)).rejects.toMatchObject(isConflict);
      const accept = acceptAuditCall(dependencies)({ ...call, body: { revision: 1 } });
      await expect(accept).rejects.toMatchObject(isConflict);
      const reject = rejectAuditCall(dependencies)({ ...call, body: { reason: 'x' } });
      await expect(reject).rejects.toMatchObject(isConflict);
      const given = reassignReviewCall(dependencies)({ ...call, body: { reviewerId: 'r2' } });
      await expect(given).rejects.toMatchObject(by === r1 ? {} : isConflict);
    };
    for (const by of [r1, caller('x2', 'administrator'), caller('x2-and-assessor', 'administrator')]) await refused(by);
    await queued('400000002');
    const take = takeReviewCall(dependencies)({ ...(await seen('400000002')), caller: r1 });
    await expect(take).rejects.toMatchObject({ details: { status: 404 } });
    const give = { ...(await seen('400000002')), caller: administrator, body: { reviewerId: 'r1' } };
    await expect(reassignReviewCall(dependencies)(give)).rejects.toMatchObject(isReviewersConflict);
    expect(await numbers(r1)).toEqual(['400000001']);
  });
});

describe('what a reviewer has not taken', () => {
  it('is read, and not worked on', async () => {
    await queued('400000001', undefined, { state: 'in review' });
    const call = { ...(await seen('400000001')), caller: r1, body: { kind: 'actionable', text: 'x' } } as const;
    const notTaken = { details: { status: 409, type: 'urn:secor:not-assigned' } };
    await expect(addNoteCall(dependencies)(call)).rejects.toMatchObject(notTaken);
    await queued('400000002');
    const open = { ...(await seen('400000002')), caller: r1, body: { revision: 1 } };
    await expect(openReviewCall(dependencies)(open)).rejects.toMatchObject(notTaken);
    await openReviewCall(dependencies)({ ...open, caller: administrator });
    expect(await openReviews()).toEqual([0, 0, 0]);
  });

  it('is not shown once it is over', async () => {
    const read = (auditNumber: string, by: Caller) =>
      staffOf(desk.store, by).then((staff) => reviewableAudit(desk.store, staff, auditNumber));
    for (const [index, state] of (['closed', 'rejected', 'withdrawn', 'registered'] as const).entries()) {
      await addAudit(desk.store, `40000000${index}`, { state });
      await expect(read(`40000000${index}`, r1)).rejects.toMatchObject({ details: { status: 404 } });
    }
    await queued('400000009');
    expect(await read('400000009', r1)).toMatchObject({ audit: { auditNumber: '400000009' } });
  });
});

describe('an audit without a package', () => {
  const bare = { state: 'registered', revision: 0, revisions: [] } as const;

  it('is read by administrators with what there is, and by no reviewer', async () => {
    await addAudit(desk.store, '400000001', bare);
    const read = async (by: Caller) => readReviewCall(dependencies)({ ...(await seen('400000001')), caller: by });
    await expect(read(r1)).rejects.toMatchObject({ details: { status: 404 } });
    const review = await read(administrator);
    expect(review).toMatchObject({ state: 'registered', revision: 0, round: 0, answers: [], documents: [] });
    expect(review.history.map(({ type }) => type)).toEqual(['audit registered']);
    expect(review.score).toBeUndefined();
  });

  it('is withdrawn by an administrator; what needs a package is refused with what to do', async () => {
    await addAudit(desk.store, '400000001', bare);
    const call = { ...(await seen('400000001')), caller: administrator };
    const refused = { details: { status: 409, detail: expect.stringContaining('Wait until the assessor') } };
    await expect(acceptAuditCall(dependencies)({ ...call, body: { revision: 1 } })).rejects.toMatchObject(refused);
    const points = { question: '1.1', awarded: 1, reason: 'x' };
    await expect(changePointsCall(dependencies)({ ...call, body: points })).rejects.toMatchObject(refused);
    const months = { recordsMonths: 8, reason: 'x' };
    await expect(correctMonthsCall(dependencies)({ ...call, body: months })).rejects.toMatchObject(refused);
    const withdrawn = await withdrawReviewCall(dependencies)({ ...call, body: { reason: 'They left.' } });
    expect(withdrawn).toMatchObject({ state: 'withdrawn' });
  });
});

describe('a step on a version that is not the latest', () => {
  it('is told so before the rules are asked', async () => {
    await queued('400000001', 'r1', { state: 'closed' });
    const call = { ...(await seen('400000001')), caller: r1, ifMatch: 1, body: { reason: 'x' } };
    await expect(rejectAuditCall(dependencies)(call)).rejects.toMatchObject({ details: { status: 412 } });
  });
});

describe('a reopened audit', () => {
  const reopen = async () =>
    reopenAuditCall(dependencies)({
      ...(await seen('400000001')),
      caller: administrator,
      body: { reason: 'New facts' },
    });
  const closed = { state: 'closed', outcome: 'passed', closedAt: at, decisions: 1, reviewerId: 'r1' } as const;

  it('is its reviewer’s again, and counted', async () => {
    await addAudit(desk.store, '400000001', closed);
    await reopen();
    expect(await readAudit(desk.store, '400000001')).toMatchObject({ state: 'in review', reviewerId: 'r1' });
    expect(await openReviews()).toEqual([1, 0, 0]);
  });

  it('is nobody’s, and offered to another, when they are absent by now', async () => {
    await addAudit(desk.store, '400000001', closed);
    await setPresenceCall(dependencies)({
      ...common,
      caller: r1,
      parameters: { reviewerId: 'r1' },
      body: { present: false },
    });
    await reopen();
    const audit = await readAudit(desk.store, '400000001');
    expect(audit?.reviewerId).toBeUndefined();
    expect(audit?.queuePosition).toBe('2026-11-23#400000001');
    expect(await openReviews()).toEqual([0, 0, 0]);
    expect(desk.outgoing('400000001')).toContainEqual(['audit reopened', ['review', 'mail']]);
  });
});

describe('a certification audit that a later one has overtaken', () => {
  const auditNumber = '400000001';
  const full = known(protocolById('secor-2020')).elements.map(({ id, questions }) => {
    const points = questions.map(({ id: question, points: of }) => ({
      ...{ question, awarded: of, available: of, notApplicable: false },
    }));
    const sum = points.reduce((total, { available }) => total + available, 0);
    return { element: id, awarded: sum, available: sum, questions: points };
  });
  const all = full.reduce((total, { available }) => total + available, 0);
  const revision = {
    auditNumber,
    revision: 1,
    upload: { link: 1, sequencer: '0A', key: 'k', versionId: 'v', size: 1, arrivedAt: at },
    startedOn: '2026-10-10',
    endedOn: '2026-10-20',
    recordsMonths: 12,
    score: { awarded: all, available: all, elements: full },
    outcome: { result: 'passed', shortfalls: [] },
    warnings: [],
    documents: 0,
    content: { key: 'answers/1.json', versionId: 'v' },
  } as const;
  const certificateOf = (audit: string, endedOn: string) => ({
    certificateNumber: `${audit}-1`,
    auditNumber: audit,
    ruleSet: 'rules-2020',
    endedOn,
    issuedOn: endedOn,
    expiresOn: `2029${endedOn.slice(4)}`,
  });
  const accept = async (...certificates: ReturnType<typeof certificateOf>[]) => {
    await addAudit(desk.store, auditNumber, { state: 'in review', reviewerId: 'r1' });
    const cycle = { ...newCycle('e1'), version: 1, certificates };
    await commit(desk.store, { at, cycle: { cycle, events: [], registered: [] }, create: [revisionItem(revision)] });
    return acceptAuditCall(dependencies)({ ...(await seen(auditNumber)), caller: r1, body: { revision: 1 } });
  };

  it('is not passed: it would be certified by what is past', async () => {
    await expect(accept(certificateOf('400000009', '2026-10-31'))).rejects.toMatchObject({
      details: { status: 409, type: 'urn:secor:overtaken', detail: expect.stringContaining('be rejected') },
    });
  });

  it('is decided again when it has been certified before, and when it is the later one', async () => {
    const own = { ...certificateOf(auditNumber, '2026-10-20'), supersededBy: '400000009-1' };
    expect(await accept(own, certificateOf('400000009', '2026-10-31'))).toMatchObject({ outcome: 'passed' });
  });
});

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.');
  return value;
}
