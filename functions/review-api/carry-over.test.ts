import { currentCertificate } from '@secor/certification';
import { readCycle } from '@secor/store';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
