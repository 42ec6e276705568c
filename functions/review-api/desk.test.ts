import { S3Client } from '@aws-sdk/client-s3';
import { enterQueue, type QueueDates } from '@secor/certification';
import { commit, readAudit, readReviewer } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at, caller, openDesk } from '../desk.fixture.ts';
import { listQueueCall } from './queue.ts';
import { listReviewersCall, setPresenceCall } from './reviewers.ts';
import type { Dependencies } from './staff.ts';
import { reassignReviewCall, releaseReviewCall, takeReviewCall } from './steps.ts';

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

async function seen(auditNumber: string) {
  const audit = await readAudit(desk.store, auditNumber);
  if (audit === undefined) throw new Error('There is no audit.');
  return { ...common, parameters: { auditNumber }, ifMatch: audit.version, body: undefined };
}

const list = (of: Caller, query: { reviewer?: string; state?: 'pending review' | 'in review' } = {}) =>
  listQueueCall(dependencies)({ ...common, caller: of, parameters: undefined, body: undefined, query });
const numbers = async (...asked: Parameters<typeof list>) =>
  (await list(...asked)).entries.map(({ auditNumber }) => auditNumber);
const openReviews = async () =>
  Promise.all(['r1', 'r2', 'r3'].map(async (id) => (await readReviewer(desk.store, id))?.openReviews));

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

  it('is listed by reviewer and state', async () => {
    expect(await numbers(r1, { reviewer: 'me' })).toEqual(['400000001']);
    expect(await numbers(r1, { reviewer: 'nobody' })).toEqual(['400000003']);
    expect(await numbers(r3, { reviewer: 'nobody' })).toEqual([]);
    expect(await numbers(administrator, { reviewer: 'r2' })).toEqual(['400000002']);
    expect(await numbers(administrator, { state: 'in review' })).toEqual(['400000002']);
    await expect(list(r1, { reviewer: 'r2' })).rejects.toMatchObject({ details: { status: 403 } });
    await expect(list(administrator, { reviewer: 'me' })).rejects.toMatchObject({ details: { status: 400 } });
  });

  it('counts by state what the caller may see, whatever state is listed, and says why each stands there', async () => {
    expect((await list(administrator, { state: 'in review' })).counts).toEqual({
      'pending review': 2,
      'in review': 1,
      'awaiting revision': 0,
    });
    expect((await list(r1)).counts).toMatchObject({ 'pending review': 2, 'in review': 0 });
    expect((await list(r1)).entries[0]).toEqual({
      auditNumber: '400000001',
      kind: 'certification',
      employerId: 'e1',
      state: 'pending review',
      reviewerId: 'r1',
      assigned: 'to you',
      arrivedOn: '2026-11-23',
      why: 'arrived on 23 November 2026',
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
      details: { status: 409, type: 'urn:secor:conflict-of-interest' },
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

  it('absent gives all their audits back, and is the same when it is said again', async () => {
    for (const auditNumber of ['400000001', '400000002', '400000003']) {
      await queued(auditNumber);
      const taker = auditNumber === '400000003' ? r2 : r1;
      await takeReviewCall(dependencies)({ ...(await seen(auditNumber)), caller: taker });
    }
    for (let said = 1; said <= 2; said += 1)
      expect(await set('r1', false, administrator)).toMatchObject({ present: false, openReviews: 0 });
    expect(await numbers(administrator, { reviewer: 'nobody' })).toEqual(['400000001', '400000002']);
    expect(await openReviews()).toEqual([0, 1, 0]);
    expect(desk.eventsOf('400000001').filter((type) => type === 'reviewer released')).toHaveLength(1);
  });

  it('is shown to administrators with the open reviews', async () => {
    await queued('400000001');
    await takeReviewCall(dependencies)({ ...(await seen('400000001')), caller: r2 });
    await set('r1', false, r1);
    const call = { ...common, caller: administrator, parameters: undefined, body: undefined };
    expect((await listReviewersCall(dependencies)(call)).reviewers).toEqual([
      { reviewerId: 'r1', name: 'Reviewer r1', present: false, openReviews: 0 },
      { reviewerId: 'r2', name: 'Reviewer r2', present: true, openReviews: 1 },
      { reviewerId: 'r3', name: 'Reviewer r3', present: true, openReviews: 0 },
    ]);
  });
});
