import { addDays, addYears, businessDate, currentCertificate, dateInWords } from '@secor/certification';
import { askForLink, register, until } from '@secor/cli/play-audit';
import { readCycle } from '@secor/store';
import { beforeAll, describe, expect, test } from 'vitest';
import { type AuditKind, known, type Party, startSite } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';
import { askForSweep, enrolCertified } from '../support/people.ts';

const site = await startSite();
const { cloud, store, administrator, settled, today } = site;
const dayMs = 86_400_000;
const patience = { limitMs: 20_000 };

/** The last day of the month before that of a date. */
const lastOfMonthBefore = (date: string) => addDays(`${date.slice(0, 7)}-01`, -1);

// A day on which what was due at the end of the month before is in its grace, and what was due a month earlier is past it.
beforeAll(async () => {
  let day = today();
  while (!day.endsWith('-10')) day = addDays(day, 1);
  if (day !== today()) cloud.clock.advanceTo(Date.parse(`${day}T18:00:00.000Z`));
  await settled();
});

/** Somebody whose first maintenance audit was due on this last day of a month. */
const dueOn = (due: string): Promise<Party> => enrolCertified(site, { endedOn: addYears(addDays(due, -10), -1) });
const graceOf = (due: string) => addDays(due, 30);

async function certificateOf({ employer: { employerId } }: Party) {
  return known(currentCertificate(await readCycle(store, employerId)));
}

async function firstObligation({ api, employer: { employerId } }: Party) {
  const { certificates } = await api('readStanding', { parameters: { employerId }, query: {} });
  return known(known(certificates.at(-1)).obligations[0]);
}

/** To whom a letter with this beginning of its subject went, sorted. */
async function lettersOf(party: Party, beginning: string): Promise<string[]> {
  const letters = (await site.lettersTo(party)).filter(({ subject }) => subject.startsWith(beginning));
  return letters.map(({ to }) => (to.includes(party.assessor.email) ? 'assessor' : 'contact')).toSorted();
}

/** The text of the letter with this beginning of its subject to the assessor. */
async function textOf(party: Party, beginning: string): Promise<string> {
  const letters = await site.lettersTo(party);
  const letter = letters.find(({ to, subject }) => subject.startsWith(beginning) && to.includes(party.assessor.email));
  return known(letter).text.replaceAll(/\s+/g, ' ');
}

const toBoth = ['assessor', 'contact'];

/** Uploads a package of which intake learns, and which it cannot read for now: it fails once, and its message comes back later. */
async function uploadUnread(party: Party, audit: { auditNumber: string; kind: AuditKind }, endedOn: string) {
  const failed = site.strikeUntilFailed('intake', { service: 'dynamodb', operation: 'GetItem', kind: 'error' });
  const link = await askForLink(party.api, audit.auditNumber);
  await site.put(link, site.pack(audit, { endedOn }));
  await failed;
}

async function decided(auditNumber: string): Promise<void> {
  await site.decide(auditNumber);
  await settled();
}

/** Records a binder that was sent the day before its receipt. */
function recordBinder(party: Party, kind: AuditKind, endedOn: string, receivedOn: string) {
  const { employerId } = party.employer;
  const { assessorId } = party.assessor;
  const dates = { endedOn, postmarkedOn: addDays(receivedOn, -1), receivedOn };
  return administrator('recordBinder', { body: { employerId, assessorId, kind, ...dates } });
}

describe('what arrived in time and is known later', () => {
  test('a package that arrived within the grace undoes the cancellation, with a letter, and keeps the certificate alive', async () => {
    const due = lastOfMonthBefore(today());
    const party = await dueOn(due);
    const audit = await register(party.api, party.employer.employerId, 'maintenance');
    await uploadUnread(party, audit, addDays(due, -1));
    await askForSweep(site, Date.parse(`${addDays(graceOf(due), 1)}T13:00:00.000Z`));
    const cancelled = await until(
      'the cancellation',
      () => certificateOf(party),
      ({ cancelledOn }) => cancelledOn !== undefined,
      patience,
    );
    expect(cancelled.cancelledOn).toBe(addDays(graceOf(due), 1));
    expect((await site.stored(audit.auditNumber)).state).toBe('registered');

    await settled();
    expect((await certificateOf(party)).cancelledOn).toBeUndefined();
    expect(await lettersOf(party, 'Cancelled: SECOR certificate')).toEqual(toBoth);
    expect(await lettersOf(party, 'Not cancelled after all: SECOR certificate')).toEqual(toBoth);
    await decided(audit.auditNumber);
    expect(await firstObligation(party)).toMatchObject({ dueOn: due, state: 'met', by: audit.auditNumber });
    expect(site.deadLetters()).toEqual({});
  });

  test('a binder that is recorded after the cancellation undoes it when it was received within the grace', async () => {
    const due = lastOfMonthBefore(lastOfMonthBefore(today()));
    const [inTime, tooLate] = [await dueOn(due), await dueOn(due)];
    await askForSweep(site, cloud.clock.now());
    await settled();
    for (const party of [inTime, tooLate])
      expect((await certificateOf(party)).cancelledOn).toBe(addDays(graceOf(due), 1));

    const received = await recordBinder(inTime, 'maintenance', addDays(due, -3), graceOf(due));
    await settled();
    expect((await certificateOf(inTime)).cancelledOn).toBeUndefined();
    expect(await lettersOf(inTime, 'Not cancelled after all: SECOR certificate')).toEqual(toBoth);
    const link = await administrator('issueBinderLink', { parameters: { auditNumber: received.auditNumber } });
    await site.put(link, site.pack(received, { endedOn: addDays(due, -3) }));
    await settled();
    await decided(received.auditNumber);
    expect(await firstObligation(inTime)).toMatchObject({ state: 'met', by: received.auditNumber });

    await recordBinder(tooLate, 'maintenance', addDays(due, -3), addDays(graceOf(due), 1));
    await settled();
    expect((await certificateOf(tooLate)).cancelledOn).toBe(addDays(graceOf(due), 1));
    expect(await lettersOf(tooLate, 'Not cancelled after all:')).toEqual([]);
  });
});

test('a binder that arrives after the certificate has expired is marked late, in the answer and in the letter; not on its last day', async () => {
  const endedOn = addDays(today(), -2);
  const expired = (on: string) => enrolCertified(site, { endedOn: addYears(on, -1), recordsMonths: 6 });
  const [late, inTime] = [await expired(addDays(today(), -1)), await expired(today())];
  const [first, second] = [
    await recordBinder(late, 'certification', endedOn, today()),
    await recordBinder(inTime, 'certification', endedOn, today()),
  ];
  await settled();
  expect(first.binder).toMatchObject({ receivedOn: today(), late: true });
  expect(second.binder).not.toHaveProperty('late');
  const received = 'Binder received';
  expect(await textOf(late, received)).toMatch(/\blate\b/i);
  expect(await textOf(inTime, received)).not.toMatch(/\blate\b/i);
});

test('an audit that ended on the due date meets it; one that ended on the day after meets it late, and its letter says so', async () => {
  const due = lastOfMonthBefore(today());
  const audited = async (endedOn: string) => {
    const party = await dueOn(due);
    const auditNumber = await site.underReview(party, 'maintenance', { endedOn });
    await decided(auditNumber);
    return { ...(await firstObligation(party)), told: await textOf(party, 'Passed: SECOR maintenance audit') };
  };
  const inTime = await audited(due);
  expect(inTime).toMatchObject({ dueOn: due, state: 'met' });
  expect(inTime).not.toHaveProperty('late');
  expect(inTime.told).toContain(`It meets the due date of ${dateInWords(due)}.`);
  const late = await audited(addDays(due, 1));
  expect(late).toMatchObject({ dueOn: due, state: 'met', late: true });
  expect(late.told).toContain(`It meets the due date of ${dateInWords(due)}, but late`);
});

test('a revision that arrived on its last day and is read after the rejection undoes it, with a letter, and is decided', async () => {
  const { reviewerOf, askForRevision, answerAll } = deskOf(site);
  const party = await site.enrol();
  const auditNumber = await site.underReview(party);
  await askForRevision((await reviewerOf(auditNumber)).reviewer, auditNumber);
  await answerAll(party, auditNumber);
  await settled();
  const endedOn = addDays(today(), -3);
  const revisionDueOn = known((await site.stored(auditNumber)).revisionDueOn);
  cloud.clock.advanceTo(Date.parse(`${revisionDueOn}T18:00:00.000Z`));
  await settled();
  expect(today()).toBe(revisionDueOn);
  await uploadUnread(party, await site.stored(auditNumber), endedOn);
  await askForSweep(site, cloud.clock.now() + dayMs);
  await until(
    'the rejection',
    () => site.stored(auditNumber),
    ({ state }) => state === 'rejected',
    patience,
  );

  await settled();
  const audit = await site.stored(auditNumber);
  expect(audit).toMatchObject({ state: 'pending review', revision: 2 });
  expect(businessDate(known(audit.revisions.at(-1)).arrivedAt)).toBe(revisionDueOn);
  expect(await lettersOf(party, 'Not rejected after all: SECOR certification audit')).toEqual(toBoth);
  await decided(auditNumber);
  expect(await site.read(party, auditNumber)).toMatchObject({ state: 'closed', outcome: 'passed', report: 'ready' });
  expect(await lettersOf(party, 'Passed: SECOR certification audit')).toEqual(toBoth);
  expect(site.deadLetters()).toEqual({});
});
