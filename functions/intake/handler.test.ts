import { limits } from '@secor/certification';
import { CannotSucceed } from '@secor/lambda';
import { readContent, readCycle, readHistory, readProblems, readRevision } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJourney } from '../testing/journey.fixture.ts';

let journey: Awaited<ReturnType<typeof openJourney>>;
beforeEach(async () => {
  journey = await openJourney();
});
afterEach(() => journey.close());

const events = () => journey.eventsOf(journey.auditNumber);
const last = async () => {
  const { events: count } = await journey.audit();
  return (await readHistory(journey.store, `audit#${journey.auditNumber}`, count)).at(-1);
};

describe('a package that meets the rules', () => {
  it('is the first revision of its audit: scored, kept with its answers, and told to those who go on with it', async () => {
    await journey.takeIn(await journey.upload(await journey.link()));
    expect(await journey.audit()).toMatchObject({ state: 'pending review', revision: 1 });
    const revision = await readRevision(journey.store, journey.auditNumber, 1);
    expect(revision).toMatchObject({ endedOn: '2026-11-20', documents: 2, outcome: { result: 'passed' } });
    const content = revision && (await readContent(journey.buckets.records, revision.content));
    expect(content?.documents.map(({ path }) => path)).toEqual(['evidence/a.pdf', 'manual.pdf']);
    expect(journey.outgoing(journey.auditNumber)).toContainEqual(['package accepted', ['review', 'documents', 'mail']]);
    expect((await readCycle(journey.store, 'e1')).audits).toMatchObject([{ endedOn: '2026-11-20' }]);
  });

  it('is taken once, however often and at once S3 tells of it', async () => {
    const record = await journey.upload(await journey.link());
    await Promise.all([journey.takeIn(record), journey.takeIn(record)]);
    await journey.takeIn(record, record);
    expect(await journey.audit()).toMatchObject({ revision: 1 });
    expect(events().filter((type) => type === 'package accepted')).toHaveLength(1);
    expect(await journey.buckets.isMarkedRefused(record)).toBe(false);
  });

  it('replaces the one before, and is not replaced by one of an earlier link that is told of later', async () => {
    const early = await journey.upload(await journey.link());
    const late = await journey.upload(await journey.link());
    await journey.takeIn(late);
    await journey.takeIn(early);
    expect(await journey.audit()).toMatchObject({ revision: 1 });
    expect((await readRevision(journey.store, journey.auditNumber, 1))?.upload.link).toBe(2);
    expect(await journey.buckets.isMarkedRefused(early)).toBe(true);
    expect(await journey.buckets.isMarkedRefused(late)).toBe(false);
  });
});

describe('a package that does not meet them', () => {
  it('is refused with each problem and its place, marked to be deleted, and leaves the audit as it was', async () => {
    const record = await journey.upload(await journey.link(), {
      audit: (audit) => ({ ...audit, auditNumber: '999999999', endedOn: '2027-01-01' }),
    });
    await journey.takeIn(record);
    expect(await journey.audit()).toMatchObject({ state: 'registered', revision: 0 });
    const refused = await last();
    if (refused?.type !== 'package refused') throw new Error('It is not refused.');
    const problems = await readProblems(journey.buckets.records, refused.data.problemList);
    expect(problems.map(({ place }) => place)).toEqual(
      expect.arrayContaining(['audit.json, auditNumber', 'audit.json, endedOn']),
    );
    expect(await journey.buckets.isMarkedRefused(record)).toBe(true);
  });

  it('is refused when it is no archive at all', async () => {
    await journey.takeIn(await journey.upload(await journey.link(), 'not an archive'));
    expect(await last()).toMatchObject({ type: 'package refused' });
  });
});

it('what comes after the review has begun is refused as late', async () => {
  const link = await journey.link();
  const late = await journey.link();
  await journey.takeIn(await journey.upload(link));
  await journey.layOut();
  await journey.accept();
  await journey.takeIn(await journey.upload(late));
  expect(await journey.audit()).toMatchObject({ state: 'closed', revision: 1 });
  expect(events()).toContain('package late');
});

it('what goes over the limit of a link is not read, and told once', async () => {
  const link = await journey.link();
  for (let upload = 0; upload < limits.uploadsOfLink.max; upload += 1)
    await journey.takeIn(await journey.upload(link, 'not an archive'));
  const key = `packages/${journey.auditNumber}/${link}.zip`;
  const reads = journey.buckets.countCalls('GetObject', key);
  expect(reads).toBeGreaterThan(0);
  for (const _ of [1, 2]) await journey.takeIn(await journey.upload(link));
  expect(journey.buckets.countCalls('GetObject', key)).toBe(reads);
  expect(await journey.audit()).toMatchObject({ revision: 0 });
  expect(events().filter((type) => type === 'uploads over limit')).toHaveLength(1);
});

describe('what has no business in the queue', () => {
  it.each(['packages/1/1.zip', 'packages/123456789/one.zip', 'imports/a.csv'])('%s can not succeed', async (key) => {
    const record = await journey.buckets.upload(key, 'bytes', '2026-11-23T18:00:00.000Z');
    await expect(journey.takeIn(record)).rejects.toThrow(CannotSucceed);
  });

  it('an audit that there is not can not succeed', async () => {
    const record = await journey.buckets.upload('packages/400000009/1.zip', 'bytes', '2026-11-23T18:00:00.000Z');
    await expect(journey.takeIn(record)).rejects.toThrow('there is no audit 400000009');
  });
});
