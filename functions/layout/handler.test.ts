import { CannotSucceed } from '@secor/lambda';
import { documentKey, readCycle, readHistory, readProblems } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at } from '../testing/desk.fixture.ts';
import { documentOf, openJourney } from '../testing/journey.fixture.ts';
import { layout } from './handler.ts';

const document = { name: 'evidence/b.pdf', data: documentOf('pdf', 100_000), stored: true };
/** Its bytes are not those that the archive tells the CRC of, which comes to light when it is read whole. */
const damaged = { ...document, local: { crc: 1 }, central: { crc: 1 } };

let journey: Awaited<ReturnType<typeof openJourney>>;
beforeEach(async () => {
  journey = await openJourney();
});
afterEach(() => journey.close());

const events = () => journey.eventsOf(journey.auditNumber);
const laidOut = (revision: number, index: number) =>
  journey.buckets.read(documentKey(journey.auditNumber, revision, index));

/** Takes in a package through a link of its own; gives S3's record of it. */
async function takeIn(...documents: (typeof document)[]) {
  const record = await journey.upload(await journey.link(), { documents });
  await journey.takeIn(record);
  return record;
}

describe('the documents of a revision', () => {
  it('stand each as an object of its own, with their media type, and the review can begin', async () => {
    await takeIn(document);
    await journey.layOut();
    const { revisions } = await journey.audit();
    expect(revisions).toMatchObject([{ layout: 'done' }]);
    expect(await laidOut(1, 1)).toEqual(document.data);
    expect([(await laidOut(1, 0))?.length, (await laidOut(1, 2))?.length]).toEqual([2_000, 3_000]);
    expect(events()).toContain('documents laid out');
  });

  it('are laid out once, however often and at once the message comes', async () => {
    await takeIn();
    await Promise.all([journey.layOut(), journey.layOut()]);
    await journey.layOut();
    expect(events().filter((type) => type === 'documents laid out')).toHaveLength(1);
  });

  it('are removed once a later revision stands, and those of the later one stay', async () => {
    await takeIn(document);
    await journey.layOut();
    await takeIn(document);
    await journey.layOut();
    expect(await laidOut(1, 1)).toBeUndefined();
    expect(await laidOut(2, 1)).toEqual(document.data);
  });
});

describe('a damaged document', () => {
  it('refuses the only revision: the audit is registered again, and its package is marked to be deleted', async () => {
    const record = await takeIn(damaged);
    await journey.layOut();
    expect(await journey.audit()).toMatchObject({ state: 'registered', revision: 0 });
    const { events: count } = await journey.audit();
    const refused = (await readHistory(journey.store, `audit#${journey.auditNumber}`, count)).at(-1);
    if (refused?.type !== 'documents refused') throw new Error('They are not refused.');
    expect(await readProblems(journey.buckets.records, refused.data.problemList)).toMatchObject([
      { place: 'evidence/b.pdf', message: expect.stringContaining('CRC') },
    ]);
    expect(await journey.buckets.isMarkedRefused(record)).toBe(true);
    expect(await laidOut(1, 1)).toBeUndefined();
  });

  it('refuses a later revision: the one before stands again', async () => {
    await takeIn(document);
    await journey.layOut();
    await takeIn(damaged);
    await journey.layOut();
    expect(await journey.audit()).toMatchObject({ state: 'pending review', revision: 1 });
    expect((await readCycle(journey.store, 'e1')).audits).toMatchObject([{ endedOn: '2026-11-20' }]);
    expect(await laidOut(1, 1)).toEqual(document.data);
  });
});

it('marks the packages of refused revisions with each message, and no more once they may be gone', async () => {
  const record = await takeIn(damaged);
  await journey.layOut();
  const { records, packages } = journey.buckets;
  const handle = layout({ store: journey.store, records, packagesBucket: packages.bucket });
  const marks = () => journey.buckets.countCalls('PutObjectTagging', record.s3.object.key);
  const before = marks();
  const delivery = journey.delivery('documents refused');
  const days = (number: number) => new Date(Date.parse(at) + number * 86_400_000).toISOString();
  await handle({ ...delivery, sentAt: days(6) });
  expect(marks()).toBe(before + 1);
  await handle({ ...delivery, sentAt: days(8) });
  expect(marks()).toBe(before + 1);
});

it('an audit without the revision that it names can not succeed', async () => {
  const { store, buckets } = journey;
  const revision = {
    revision: 1,
    link: 1,
    sequencer: '0A',
    arrivedAt: at,
    awarded: 80,
    available: 100,
    warnings: 0,
  } as const;
  await addAudit(store, '400000001', { revisions: [{ ...revision, result: 'passed', round: 0, layout: 'pending' }] });
  const handle = layout({ store, records: buckets.records, packagesBucket: 'packages' });
  const delivery = journey.delivery('package accepted');
  await expect(
    handle({ ...delivery, message: { ...delivery.message, subject: 'audit#400000001', auditNumber: '400000001' } }),
  ).rejects.toThrow(CannotSucceed);
});
