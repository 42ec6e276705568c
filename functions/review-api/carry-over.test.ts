import { currentCertificate } from '@secor/certification';
import type { AuditFile } from '@secor/contracts';
import { readCycle, readHistory, readReview } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJourney } from '../testing/journey.fixture.ts';

let journey: Awaited<ReturnType<typeof openJourney>>;
beforeEach(async () => {
  journey = await openJourney();
});
afterEach(() => journey.close());

it('months that were corrected to fewer than twelve give one year after a revision, too', async () => {
  await journey.takeIn(await journey.upload(await journey.link()));
  await journey.layOut();
  const reviewer = await journey.review();
  await reviewer.correctMonths(8);
  await reviewer.requestRevision('Add the records of October.');
  await journey.answerNotes();
  await journey.takeIn(await journey.upload(await journey.link()));
  await journey.layOut();
  await reviewer.accept();
  expect(currentCertificate(await readCycle(journey.store, 'e1'))).toMatchObject({
    endedOn: '2026-11-20',
    expiresOn: '2027-11-20',
  });
});

/** The package with another answer to question 1.1, and as many months of records. */
const changed = (audit: AuditFile): AuditFile => ({
  ...audit,
  recordsMonths: 13,
  answers: audit.answers.map((answer) => (answer.question === '1.1' ? { ...answer, positive: 1, sampled: 2 } : answer)),
});

/** A revision whose points and months were corrected, and another one that was requested. */
async function corrected() {
  await journey.takeIn(await journey.upload(await journey.link()));
  await journey.layOut();
  const reviewer = await journey.review();
  await reviewer.changePoints('1.1', 0);
  await reviewer.correctMonths(8);
  await reviewer.requestRevision();
  await journey.answerNotes();
  return reviewer;
}

const contentReads = () => journey.buckets.countCalls('GetObject', `answers/${journey.auditNumber}/1-0001.json`);

describe('the next revision', () => {
  it('has the corrections of the one before where nothing has changed, with one read of its answers', async () => {
    const reviewer = await corrected();
    const reads = contentReads();
    await journey.takeIn(await journey.upload(await journey.link()));
    expect(contentReads()).toBe(reads + 1);
    expect(await reviewer.read()).toMatchObject({
      revision: 2,
      recordsMonths: 8,
      correctedMonths: { revision: 1, recordsMonths: 8, before: 12 },
      changedPoints: [{ revision: 1, question: '1.1', awarded: 0 }],
      lapsedPoints: [],
    });
  });

  it('shows what lapsed, before the reviewer decides, with the revision and the reason', async () => {
    const reviewer = await corrected();
    await journey.takeIn(await journey.upload(await journey.link(), { audit: changed }));
    const shown = await reviewer.read();
    expect(shown).toMatchObject({
      recordsMonths: 13,
      changedPoints: [],
      lapsedPoints: [{ revision: 1, question: '1.1', awarded: 0, reason: 'It is not what was observed.' }],
      lapsedMonths: { revision: 1, recordsMonths: 8, before: 12 },
    });
    expect(shown).not.toHaveProperty('correctedMonths');
    const { events } = await journey.audit();
    const history = await readHistory(journey.store, `audit#${journey.auditNumber}`, events);
    expect(history.at(-1)).toMatchObject({ type: 'corrections lapsed', by: { role: 'system' }, data: { revision: 2 } });
  });

  it('costs no read where nothing was corrected', async () => {
    await journey.takeIn(await journey.upload(await journey.link()));
    await journey.layOut();
    await (await journey.review()).requestRevision();
    await journey.answerNotes();
    const reads = contentReads();
    expect(reads).toBeGreaterThan(0);
    await journey.takeIn(await journey.upload(await journey.link()));
    expect(contentReads()).toBe(reads);
    expect(await journey.audit()).toMatchObject({ revision: 2 });
  });

  it('of which S3 tells twice at once has them once', async () => {
    await corrected();
    const record = await journey.upload(await journey.link());
    await Promise.all([journey.takeIn(record), journey.takeIn(record)]);
    const { changedPoints, correctedMonths } = await readReview(journey.store, journey.auditNumber);
    expect([changedPoints[0]?.carriedTo, correctedMonths[0]?.carriedTo]).toEqual([[2], [2]]);
  });

  it('that arrives while the reviewer opens the one before takes nothing of what they write', async () => {
    const reviewer = await corrected();
    await journey.takeIn(await journey.upload(await journey.link()));
    await journey.layOut();
    const record = await journey.upload(await journey.link(), { audit: changed });
    const write = async () => {
      await reviewer.changePoints('1.2', 0);
      await reviewer.correctMonths(9);
    };
    await Promise.all([journey.takeIn(record), write().catch(() => undefined)]);
    const { revision } = await journey.audit();
    const { changedPoints, correctedMonths } = await readReview(journey.store, journey.auditNumber);
    const events = journey.eventsOf(journey.auditNumber);
    // Either of them was first; the other saw that, and nothing was lost.
    expect(changedPoints).toHaveLength(events.filter((type) => type === 'points changed').length);
    expect(correctedMonths).toHaveLength(events.filter((type) => type === 'months corrected').length);
    expect(events.filter((type) => type === 'package accepted')).toHaveLength(revision);
  });
});

describe('acceptance', () => {
  it('is refused once the certificate would have expired: a later correction of months does not slip through', async () => {
    await journey.takeIn(await journey.upload(await journey.link()));
    await journey.layOut();
    const reviewer = await journey.review();
    await reviewer.correctMonths(8);
    await expect(reviewer.accept('2027-11-21T18:00:00.000Z')).rejects.toMatchObject({
      details: {
        status: 409,
        type: 'urn:secor:certificate-would-have-expired',
        values: { expiresOn: '2027-11-20', years: 1 },
      },
    });
    expect(await journey.audit()).toMatchObject({ state: 'in review' });
    await reviewer.accept('2027-11-20T18:00:00.000Z');
    expect(await journey.audit()).toMatchObject({ state: 'closed', outcome: 'passed' });
  });
});
