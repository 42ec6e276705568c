import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CannotSucceed } from '@secor/lambda';
import { readHistory, reportKey } from '@secor/store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reopenAuditCall } from '../review-api/decisions.ts';
import { openJourney } from '../testing/journey.fixture.ts';
import { as, common } from '../testing/program.fixture.ts';
import { report } from './handler.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const fonts = { regular: join(folder, 'DejaVuSans.ttf'), bold: join(folder, 'DejaVuSans-Bold.ttf') };

let journey: Awaited<ReturnType<typeof openJourney>>;
/** The number of the event by which the audit was closed. */
let closed: number;
beforeEach(async () => {
  journey = await openJourney();
  await journey.takeIn(await journey.upload(await journey.link()));
  await journey.layOut();
  await journey.accept();
  closed = (await history()).find(({ type }) => type === 'audit closed')?.number ?? 0;
});
afterEach(() => journey.close());

async function history() {
  const { events } = await journey.audit();
  return readHistory(journey.store, `audit#${journey.auditNumber}`, events);
}

const deliver = (number = closed) =>
  report({ store: journey.store, records: journey.buckets.records, partnerName: 'The Partner', fonts })(
    journey.delivery('audit closed', number),
  );
const paper = (which: 'report' | 'certificate', decision = 1) =>
  journey.buckets.read(reportKey(journey.auditNumber, decision, which));

it('makes the report and the certificate of a decision as PDF, and records that they are there', async () => {
  await deliver();
  for (const which of ['report', 'certificate'] as const)
    expect((await paper(which))?.subarray(0, 5).toString()).toBe('%PDF-');
  expect(await journey.audit()).toMatchObject({ state: 'closed', reportedDecision: 1 });
  const made = (await history()).at(-1);
  expect(made).toMatchObject({
    type: 'report made',
    data: { result: 'passed', certificateNumber: '123456789-1', expiresOn: '2029-11-20' },
  });
  expect(journey.outgoing(journey.auditNumber)).toContainEqual(['report made', ['mail']]);
});

it('makes them once, however often and at once the message comes', async () => {
  await Promise.all([deliver(), deliver()]);
  await deliver();
  expect((await history()).filter(({ type }) => type === 'report made')).toHaveLength(1);
});

it('leaves a decision alone that has passed: the audit was reopened', async () => {
  const { version: ifMatch } = await journey.audit();
  const { store, auditNumber, buckets } = journey;
  await reopenAuditCall({ store, records: buckets.records })({
    ...{ ...common, caller: as.administrator, parameters: { auditNumber }, ifMatch },
    body: { reason: 'A page was missing.' },
  });
  await deliver();
  expect(await paper('report')).toBeUndefined();
  expect((await journey.audit()).reportedDecision).toBeUndefined();
});

it('can not succeed with an event that closed no audit', async () => {
  for (const number of [1, 99]) await expect(deliver(number)).rejects.toThrow(CannotSucceed);
});
