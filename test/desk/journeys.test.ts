import { readFile } from 'node:fs/promises';
import { addDays, addYears, currentCertificate, dateInWords, limits, minNoticeMinutes } from '@secor/certification';
import { samplePeople } from '@secor/cli';
import { accept, askForLink, openLink, readReview, register } from '@secor/cli/play-audit';
import type { AuditFile } from '@secor/contracts';
import { readCycle, readEmployer } from '@secor/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { documentOf } from '../../packages/audit-package/package-fixture.ts';
import { claimsOf, known, type Party, startSite } from '../support/cloud.ts';
import { deskOf, stepOn } from '../support/desk-steps.ts';
import { pdfText } from '../support/pdf-text.ts';

const site = await startSite();
const { administrator, enrol, settled, read, store, stored, underReview } = site;
const desk = deskOf(site);
const { step, reviewerOf, openReviewsOf, mailbox } = desk;

const reviewersNames = samplePeople.reviewers.flatMap(({ reviewerId, name, email }) => [reviewerId, name, email]);

/** What an assessor and a contact get to see of an audit: the answers of the API, and each letter as it was sent. */
async function toldOutside(party: Party, auditNumber: string): Promise<string> {
  const letters = await Promise.all((await site.lettersTo(party)).map(({ file }) => readFile(file, 'utf8')));
  const lists = await Promise.all(
    (['active', 'closed'] as const).map((state) => party.api('listAudits', { query: { state } })),
  );
  return JSON.stringify([await read(party, auditNumber), lists, letters]);
}

async function queued(auditNumber: string): Promise<boolean> {
  const { entries } = await administrator('listQueue', {});
  return entries.some((entry) => entry.auditNumber === auditNumber);
}

/** The report and the certificate, as text. */
async function papersOf(party: Party, auditNumber: string) {
  const { report, certificate } = await party.api('readReport', { parameters: { auditNumber } });
  const text = async (url: string) => pdfText((await openLink(url)).bytes);
  const told = await text(report.url);
  return {
    report: told,
    certificate: certificate && (await text(certificate.url)),
    points: Number(/Overall score [\d.]+ % (\d+) of \d+ points/.exec(told)?.[1]),
  };
}

const text = (letter: { readonly text: string } | undefined) => known(letter).text.replace(/\s+/g, ' ');
const refusedAs = (status: number, type: string) => ({ status, problem: { type: `urn:secor:${type}` } });

test('two rounds of revision, points changed, accepted', async () => {
  const party = await enrol();
  const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
  const news = mailbox(party, auditNumber);
  await desk.submit(party, auditNumber);
  expect((await news()).outline).toEqual([
    'assessor: SECOR audit: package received, revision 1',
    'reviewer: For your review: SECOR certification audit',
  ]);
  const { reviewer, person, other } = await reviewerOf(auditNumber);
  const openBefore = await openReviewsOf(person.reviewerId);
  const { queuePosition } = await stored(auditNumber);
  const early = await askForLink(party.api, auditNumber);

  // Opened, by who saw the audit as it is.
  const seen = await readReview(reviewer, auditNumber);
  await expect(
    stepOn(reviewer, 'openReview', { auditNumber, version: seen.version - 1 }, { revision: 1 }),
  ).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
  await expect(stepOn(reviewer, 'openReview', seen, { revision: 2 })).rejects.toMatchObject(
    refusedAs(412, 'newer-revision'),
  );
  const opened = await stepOn(reviewer, 'openReview', seen, { revision: 1 });
  expect(opened).toMatchObject({ state: 'in review', version: seen.version + 1 });
  await expect(askForLink(party.api, auditNumber)).rejects.toMatchObject(refusedAs(409, 'package-in-review'));

  // Notes: on a question, and on the whole.
  const onQuestion = {
    kind: 'actionable',
    question: '1.2',
    text: 'The policy names no commitment on violence.',
  } as const;
  const onWhole = { kind: 'informational', text: 'Well-kept records, apart from that.' } as const;
  const noted = await stepOn(reviewer, 'addNote', opened, onQuestion);
  await expect(stepOn(reviewer, 'addNote', opened, onWhole)).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
  await expect(stepOn(reviewer, 'addNote', noted, { ...onWhole, question: '99.9' })).rejects.toMatchObject(
    refusedAs(409, 'note-on-unknown-question'),
  );
  const ready = await stepOn(reviewer, 'addNote', noted, onWhole);
  expect((await readReview(reviewer, auditNumber)).notes).toEqual([
    { note: 1, ...onQuestion },
    { note: 2, ...onWhole },
  ]);
  expect((await read(party, auditNumber)).notes).toEqual([]);
  expect((await news()).outline).toEqual([]);

  // The first round: one letter with all notes.
  await expect(stepOn(reviewer, 'requestRevision', noted)).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
  const requested = await stepOn(reviewer, 'requestRevision', ready);
  const dueOn = addDays(site.today(), 15);
  expect(requested).toMatchObject({ state: 'awaiting revision', revisionDueOn: dueOn });
  await settled();
  const asked = await news();
  expect(asked.outline).toEqual([`assessor: SECOR audit: revision requested, due ${dateInWords(dueOn)}`]);
  expect(text(asked.letters[0])).toContain(onQuestion.text);
  expect(text(asked.letters[0])).toContain(onWhole.text);
  expect(await read(party, auditNumber)).toMatchObject({
    revisionDueOn: dueOn,
    notes: [
      { note: 1, round: 1, ...onQuestion },
      { note: 2, round: 1, ...onWhole },
    ],
  });

  // Notes block the link until each is answered; a link from before the request leads nowhere.
  await expect(askForLink(party.api, auditNumber)).rejects.toMatchObject(refusedAs(409, 'notes-unanswered'));
  const answer = (note: number, words: string, version: number) =>
    stepOn(party.api, 'answerNotes', { auditNumber, version }, { answers: [{ note, text: words }] });
  await expect(answer(3, 'What?', requested.version)).rejects.toMatchObject(refusedAs(409, 'no-open-note'));
  await expect(answer(1, 'Added.', requested.version - 1)).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
  const answered = await answer(1, 'The commitment was added on page 2.', requested.version);
  await expect(askForLink(party.api, auditNumber)).rejects.toMatchObject(refusedAs(409, 'notes-unanswered'));
  await expect(answer(1, 'Again.', answered.version)).rejects.toMatchObject(refusedAs(409, 'no-open-note'));
  await answer(2, 'Thank you, seen.', answered.version);
  await site.put(early, site.pack({ auditNumber, kind: 'certification' }, { seed: 5 }));
  await settled();
  expect(await read(party, auditNumber)).toMatchObject({ state: 'awaiting revision', revision: 1 });
  const late = await news();
  expect(late.outline).toEqual([expect.stringMatching(/^assessor: .*too late|^assessor: .*not (taken|read)/i)]);

  // Resubmitted: the same reviewer, in the same place of the queue, with the answers before them.
  await desk.submit(party, auditNumber, { seed: 2 });
  const back = await news();
  expect(back.outline).toEqual([
    'assessor: SECOR audit: revised package received, revision 2',
    'reviewer: Resubmitted: SECOR audit',
  ]);
  expect(text(back.letters.find(({ to }) => to.includes(person.email)))).toMatch(
    /The commitment was added on page 2\..*Thank you, seen\./,
  );
  expect(await stored(auditNumber)).toMatchObject({
    state: 'pending review',
    revision: 2,
    reviewerId: person.reviewerId,
    queuePosition,
  });
  expect(await openReviewsOf(person.reviewerId)).toBe(openBefore);
  expect((await readReview(reviewer, auditNumber)).notes).toMatchObject([
    { note: 1, answer: { text: 'The commitment was added on page 2.' } },
    { note: 2, answer: { text: 'Thank you, seen.' } },
  ]);
  await expect(readReview(other, auditNumber)).rejects.toMatchObject({ status: 404 });
  // Its review began long ago, whatever its state is now.
  await expect(step(party.api, 'withdrawAudit', auditNumber, { reason: 'Enough.' })).rejects.toMatchObject(
    refusedAs(409, 'review-began'),
  );

  // The second round.
  await desk.askForRevision(reviewer, auditNumber);
  await settled();
  expect((await news()).outline).toEqual([`assessor: SECOR audit: revision requested, due ${dateInWords(dueOn)}`]);
  await desk.answerAll(party, auditNumber);
  await desk.submit(party, auditNumber, { seed: 3 });
  expect((await news()).outline).toEqual([
    'assessor: SECOR audit: revised package received, revision 3',
    'reviewer: Resubmitted: SECOR audit',
  ]);

  // Points changed: the reviewed score at once, the assessor's own on record.
  await step(reviewer, 'openReview', auditNumber, { revision: 3 });
  const before = await readReview(reviewer, auditNumber);
  const { question, awarded, available } = known(before.answers.find((each) => each.awarded > 1));
  const reason = 'Two of the three people did not know of it.';
  const change = (points: number, version: number, of = question) =>
    stepOn(reviewer, 'changePoints', { auditNumber, version }, { question: of, awarded: points, reason });
  await expect(change(available + 1, before.version)).rejects.toMatchObject(refusedAs(409, 'points-out-of-range'));
  await expect(change(0.5, before.version)).rejects.toMatchObject(refusedAs(409, 'points-out-of-range'));
  const inapplicable = known(before.answers.find(({ notApplicable }) => notApplicable));
  await expect(change(0, before.version, inapplicable.question)).rejects.toMatchObject(
    refusedAs(409, 'not-applicable'),
  );
  await expect(change(0, before.version - 1)).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
  await change(awarded - 1, before.version);
  const changed = await step(reviewer, 'changePoints', auditNumber, { question, awarded: 0, reason });
  const own = known(before.score);
  const reviewed = own.awarded - awarded;
  expect(changed.score).toMatchObject({ awarded: reviewed, available: own.available, result: 'passed' });
  const after = await readReview(reviewer, auditNumber);
  expect(after.score).toEqual(changed.score);
  expect(after.changedPoints.at(-1)).toMatchObject({ question, awarded: 0, before: awarded, reason });
  expect(after.answers.find((each) => each.question === question)).toMatchObject({ awarded, available });
  expect((await read(party, auditNumber)).score?.awarded).toBe(own.awarded);
  expect((await news()).outline).toEqual([]);

  // Accepted: report, certificate and letters follow the reviewed score.
  await expect(accept(reviewer, { ...after, revision: 2 })).rejects.toMatchObject(refusedAs(412, 'newer-revision'));
  await expect(accept(reviewer, { ...after, version: before.version })).rejects.toMatchObject(
    refusedAs(412, 'changed-meanwhile'),
  );
  expect(await accept(reviewer, after)).toMatchObject({ state: 'closed', outcome: 'passed' });
  await settled();
  expect((await news()).outline).toEqual([
    'assessor: Passed: SECOR certification audit',
    'contact: Passed: SECOR certification audit',
  ]);
  expect(await openReviewsOf(person.reviewerId)).toBe(openBefore - 1);
  expect(await queued(auditNumber)).toBe(false);
  const closed = await read(party, auditNumber);
  expect(closed).toMatchObject({ state: 'closed', outcome: 'passed', report: 'ready', revision: 3 });
  expect(known(closed.history.find(({ type }) => type === 'audit closed')).data).toMatchObject({ awarded: reviewed });
  expect(known(closed.score).awarded).toBe(reviewed);
  const papers = await papersOf(party, auditNumber);
  expect(papers.points).toBe(reviewed);
  expect(papers.report).toContain('Points changed in the review, from ');
  expect(papers.report).toContain(reason);
  expect(papers.certificate).toContain(`${auditNumber}-1`);

  // The whole truth for those who may see it, in order; to the assessor never by whom.
  const { history } = await readReview(administrator, auditNumber);
  expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => index + 1));
  expect(history.filter(({ by }) => by === `reviewer ${person.reviewerId}`).map(({ type }) => type)).toEqual([
    ...['review opened', 'note added', 'note added', 'revision requested'],
    ...['review opened', 'note added', 'revision requested'],
    ...['review opened', 'points changed', 'points changed', 'audit closed'],
  ]);
  const told = `${await toldOutside(party, auditNumber)} ${papers.report} ${papers.certificate}`;
  expect(reviewersNames.filter((name) => told.includes(name))).toEqual([]);
  expect(site.deadLetters()).toEqual({});
});

test('points that take the pass away: the decision, the score that the assessor reads, the report and the letters agree', async () => {
  const party = await enrol();
  const auditNumber = await underReview(party);
  const { reviewer } = await reviewerOf(auditNumber);
  const news = mailbox(party, auditNumber);
  await news();
  await step(reviewer, 'openReview', auditNumber, { revision: 1 });
  await desk.failElement(reviewer, auditNumber);
  const review = await readReview(reviewer, auditNumber);
  expect(review.score).toMatchObject({ result: 'failed', shortfalls: [{ scope: 'element', element: '1' }] });
  expect(await accept(reviewer, review)).toMatchObject({ outcome: 'failed' });
  await settled();
  const { outline, letters } = await news();
  expect(outline).toEqual([
    'assessor: Not passed: SECOR certification audit',
    'contact: Not passed: SECOR certification audit',
  ]);
  for (const letter of letters) expect(text(letter)).toContain('Element 1, Management leadership');
  const papers = await papersOf(party, auditNumber);
  expect(papers.certificate).toBeUndefined();
  expect(papers.points).toBe(known(review.score).awarded);
  expect((await read(party, auditNumber)).score).toEqual(review.score);
});

test('months of records corrected: the certificate rests on them, and who may read it is told', async () => {
  const party = await enrol();
  const auditNumber = await underReview(party);
  const { reviewer, person } = await reviewerOf(auditNumber);
  await step(reviewer, 'openReview', auditNumber, { revision: 1 });
  const reason = 'The first inspection is of April.';
  await expect(step(reviewer, 'correctMonths', auditNumber, { recordsMonths: 2, reason })).rejects.toMatchObject(
    refusedAs(409, 'months-out-of-range'),
  );
  await step(reviewer, 'correctMonths', auditNumber, { recordsMonths: 8, reason });
  const review = await readReview(reviewer, auditNumber);
  expect(review).toMatchObject({
    reviewerId: person.reviewerId,
    round: 0,
    recordsMonths: 8,
    correctedMonths: { recordsMonths: 8, before: 12, reason },
  });
  expect(JSON.stringify(await read(party, auditNumber))).not.toContain(reason);
  await accept(reviewer, review);
  await settled();
  const certificate = known(currentCertificate(await readCycle(store, party.employer.employerId)));
  expect(certificate.expiresOn).toBe(addYears(certificate.endedOn, 1));
  expect((await read(party, auditNumber)).correctedMonths).toMatchObject({ recordsMonths: 8, before: 12, reason });
  const papers = await papersOf(party, auditNumber);
  expect(papers.report).toContain('Months of records 8');
  const told = `${await toldOutside(party, auditNumber)} ${papers.report}`;
  expect(reviewersNames.filter((name) => told.includes(name))).toEqual([]);
});

/** Makes the assessor of a party the contact of its employer, too: one person at one address. */
async function becomesContact({
  employer: { employerId },
  assessor: { assessorId, name, email },
}: Party): Promise<Party['api']> {
  const parameters = { employerId };
  const { employerId: _, version, ...data } = known(await readEmployer(store, employerId));
  await administrator('changeEmployer', { parameters, ifMatch: version, body: { ...data, contact: { name, email } } });
  const { iss, sub } = claimsOf(await site.cloud.token({ email, groups: ['assessor', 'employer'] }));
  await administrator('linkSignIn', { body: { issuer: iss, sub, assessorId, employerId, contactEmail: email } });
  return site.client(email, 'employer');
}

test('one person as assessor and contact: corrections outlive the revision, notes go out with the acceptance, the papers are theirs', async () => {
  const party = await enrol();
  const contact = await becomesContact(party);
  const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
  await desk.submit(party, auditNumber);
  const news = mailbox(party, auditNumber);
  await news();
  const { reviewer } = await reviewerOf(auditNumber);

  // The reviewer corrects what they see, takes a note back, and asks for a revision.
  await step(reviewer, 'openReview', auditNumber, { revision: 1 });
  const before = await readReview(reviewer, auditNumber);
  const [first, second] = before.answers.filter(({ awarded, notApplicable }) => awarded > 1 && !notApplicable);
  const [kept, lapsing] = [known(first), known(second)];
  const reason = 'The first inspection is of April.';
  for (const { question } of [kept, lapsing])
    await step(reviewer, 'changePoints', auditNumber, { question, awarded: 1, reason });
  await step(reviewer, 'correctMonths', auditNumber, { recordsMonths: 8, reason });
  await step(reviewer, 'addNote', auditNumber, { kind: 'actionable', text: 'Meant for another audit.' });
  await step(reviewer, 'deleteNote', auditNumber, undefined, { note: '1' });
  await desk.askForRevision(reviewer, auditNumber);
  await settled();
  await desk.answerAll(party, auditNumber);

  // The next revision answers one of the two questions otherwise.
  const otherwise = (file: AuditFile): AuditFile => ({
    ...file,
    answers: file.answers.map((answer) =>
      answer.question === lapsing.question ? { ...answer, positive: 7, sampled: 8 } : answer,
    ),
  });
  await desk.submit(party, auditNumber, { audit: otherwise });
  const again = await readReview(reviewer, auditNumber);
  expect(again).toMatchObject({
    revision: 2,
    recordsMonths: 8,
    correctedMonths: { revision: 1, before: 12, reason },
    changedPoints: [{ revision: 1, question: kept.question, awarded: 1, before: kept.awarded }],
    lapsedPoints: [{ revision: 1, question: lapsing.question, awarded: 1, reason }],
  });
  expect(JSON.stringify(await read(party, auditNumber))).not.toContain(reason);

  // An actionable note that was not sent blocks the acceptance until it is informational.
  await step(reviewer, 'openReview', auditNumber, { revision: 2 });
  await step(reviewer, 'addNote', auditNumber, { kind: 'actionable', text: 'Date each inspection form.' });
  await expect(accept(reviewer, await readReview(reviewer, auditNumber))).rejects.toMatchObject(
    refusedAs(409, 'notes-unsent'),
  );
  const note = { kind: 'informational', text: 'Date each inspection form next year.' } as const;
  await step(reviewer, 'changeNote', auditNumber, note, { note: '3' });
  await news();
  const accepted = await accept(reviewer, await readReview(reviewer, auditNumber));
  expect(accepted).toMatchObject({ state: 'closed', outcome: 'passed' });
  await settled();

  // One letter, with all of it: one year and why, the note, and what is due.
  const { outline, letters } = await news();
  expect(outline).toHaveLength(1);
  const certificate = known(currentCertificate(await readCycle(store, party.employer.employerId)));
  expect(certificate.expiresOn).toBe(addYears(certificate.endedOn, 1));
  const expiry = dateInWords(certificate.expiresOn);
  const letter = text(letters[0]);
  for (const said of [
    `Certificate number: ${auditNumber}-1`,
    `Certificate expires on: ${expiry}`,
    'Why the certificate is for one year',
    reason,
    'No maintenance audit is due before the certificate expires.',
    `Re-certification due by: ${expiry}`,
    'Note 3',
    note.text,
  ])
    expect(letter).toContain(said);
  expect(await read(party, auditNumber)).toMatchObject({
    correctedMonths: { recordsMonths: 8, before: 12, reason },
    notes: [
      { note: 2, round: 1 },
      { note: 3, decision: 1, ...note },
    ],
  });

  // The papers, as the assessor's and as the contact's.
  for (const api of [party.api, contact]) {
    const papers = await papersOf({ ...party, api }, auditNumber);
    expect(papers.certificate).toContain(expiry);
    for (const said of ['8, corrected from 12', reason, 'Declared by', 'Notes from the review', note.text])
      expect(papers.report).toContain(said);
  }
  expect(site.deadLetters()).toEqual({});
});

test('an audit that was left registered: administrators read and withdraw it, and the employer may register again', async () => {
  const party = await enrol();
  const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
  expect(await readReview(administrator, auditNumber)).toMatchObject({
    state: 'registered',
    answers: [],
    history: [{ type: 'audit registered' }],
  });
  await expect(readReview(known(site.reviewers[0]), auditNumber)).rejects.toMatchObject({ status: 404 });
  await expect(step(administrator, 'acceptAudit', auditNumber, { revision: 1 })).rejects.toMatchObject(
    refusedAs(409, 'nothing-to-review'),
  );
  await step(administrator, 'withdrawReview', auditNumber, { reason: 'The assessor has left the company.' });
  await settled();
  expect(await register(party.api, party.employer.employerId, 'certification')).toMatchObject({ state: 'registered' });
});

describe('an audit that ends without a decision', () => {
  const reason = 'The employer is not in good standing.';

  test('rejected: out of the queue, off the desk, and the employer may register again', async () => {
    const party = await enrol();
    const auditNumber = await underReview(party);
    const { reviewer, person } = await reviewerOf(auditNumber);
    const open = await openReviewsOf(person.reviewerId);
    const news = mailbox(party, auditNumber);
    await news();
    const seen = await readReview(reviewer, auditNumber);
    await expect(
      stepOn(reviewer, 'rejectAudit', { auditNumber, version: seen.version - 1 }, { reason }),
    ).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
    const rejected = await stepOn(reviewer, 'rejectAudit', seen, { reason });
    expect(rejected).toMatchObject({ state: 'rejected' });
    expect(rejected.outcome).toBeUndefined();
    await settled();
    const { outline, letters } = await news();
    expect(outline).toEqual([
      'administrator: Rejected: SECOR certification audit',
      'assessor: Rejected: SECOR certification audit',
      'contact: Rejected: SECOR certification audit',
    ]);
    for (const letter of letters) {
      expect(text(letter)).toContain(reason);
      expect(text(letter)).not.toMatch(/\d %|points/);
    }
    expect(await queued(auditNumber)).toBe(false);
    expect(await openReviewsOf(person.reviewerId)).toBe(open - 1);
    for (const again of ['rejectAudit', 'withdrawReview'] as const)
      await expect(step(administrator, again, auditNumber, { reason })).rejects.toMatchObject(refusedAs(409, 'over'));
    await expect(askForLink(party.api, auditNumber)).rejects.toMatchObject(refusedAs(409, 'audit-takes-no-packages'));
    await expect(party.api('readReport', { parameters: { auditNumber } })).rejects.toMatchObject({ status: 404 });
    expect(await read(party, auditNumber)).toMatchObject({ state: 'rejected', report: 'none' });
    const told = await toldOutside(party, auditNumber);
    expect(reviewersNames.filter((name) => told.includes(name))).toEqual([]);
    expect(await register(party.api, party.employer.employerId, 'certification')).toMatchObject({
      state: 'registered',
    });
  });

  const withdrawn = (...roles: string[]) => roles.map((role) => `${role}: Withdrawn: SECOR certification audit`);

  test('withdrawn by the assessor before its review begins', async () => {
    const party = await enrol();
    const auditNumber = await underReview(party);
    const { person } = await reviewerOf(auditNumber);
    const open = await openReviewsOf(person.reviewerId);
    const news = mailbox(party, auditNumber);
    await news();
    const seen = await read(party, auditNumber);
    await expect(
      stepOn(party.api, 'withdrawAudit', { auditNumber, version: seen.version - 1 }, { reason }),
    ).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
    expect(await stepOn(party.api, 'withdrawAudit', seen, { reason })).toMatchObject({ state: 'withdrawn' });
    await settled();
    expect((await news()).outline).toEqual(withdrawn('administrator', 'assessor', 'contact', 'reviewer'));
    expect(await queued(auditNumber)).toBe(false);
    expect(await openReviewsOf(person.reviewerId)).toBe(open - 1);
    expect(await register(party.api, party.employer.employerId, 'certification')).toMatchObject({
      state: 'registered',
    });
    const told = await toldOutside(party, auditNumber);
    expect(reviewersNames.filter((name) => told.includes(name))).toEqual([]);
  });

  test('withdrawn by the assessor before there is a package: nobody at the desk had it', async () => {
    const party = await enrol();
    const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
    const news = mailbox(party, auditNumber);
    site.cloud.clock.advanceBy(minNoticeMinutes * 60_000);
    await step(party.api, 'withdrawAudit', auditNumber, { reason });
    await settled();
    expect((await news()).outline).toEqual(withdrawn('administrator', 'assessor', 'contact'));
  });

  test('withdrawn by the assessor right after its registration, again and again: told to nobody, and limited', async () => {
    const party = await enrol();
    const { employerId } = party.employer;
    for (let round = 1; round <= limits.registrationsForEmployer.max; round += 1) {
      const { auditNumber } = await register(party.api, employerId, 'certification');
      await step(party.api, 'withdrawAudit', auditNumber, { reason });
    }
    await settled();
    expect(await site.lettersTo(party)).toEqual([]);
    await expect(register(party.api, employerId, 'certification')).rejects.toMatchObject({
      status: 429,
      problem: {
        type: 'urn:secor:limit-reached',
        detail: `You have registered 24 audits for this employer this year. The limit is 24 a year. If another one is needed, send it to the certifying partner in a binder. You can try again from midnight in Alberta, ${Number(site.today().slice(0, 4)) + 1}-01-01 00:00.`,
      },
    });
  });

  test.each(['in review', 'awaiting revision'] as const)('withdrawn by an administrator while %s', async (state) => {
    const party = await enrol();
    const auditNumber = await underReview(party);
    const { reviewer, person } = await reviewerOf(auditNumber);
    const open = await openReviewsOf(person.reviewerId);
    if (state === 'in review') await step(reviewer, 'openReview', auditNumber, { revision: 1 });
    else await desk.askForRevision(reviewer, auditNumber);
    await settled();
    expect(await stored(auditNumber)).toMatchObject({ state });
    const news = mailbox(party, auditNumber);
    await news();
    await expect(step(party.api, 'withdrawAudit', auditNumber, { reason })).rejects.toMatchObject(
      refusedAs(409, 'review-began'),
    );
    await expect(step(reviewer, 'withdrawReview', auditNumber, { reason })).rejects.toMatchObject({ status: 403 });
    expect(await step(administrator, 'withdrawReview', auditNumber, { reason })).toMatchObject({ state: 'withdrawn' });
    await settled();
    expect((await news()).outline).toEqual(withdrawn('administrator', 'assessor', 'contact', 'reviewer'));
    expect(await queued(auditNumber)).toBe(false);
    expect(await openReviewsOf(person.reviewerId)).toBe(open - 1);
    const told = await toldOutside(party, auditNumber);
    expect(reviewersNames.filter((name) => told.includes(name))).toEqual([]);
  });
});

describe('a revision that is awaited', () => {
  test('is given more time by an administrator: to a later day, with a letter', async () => {
    const party = await enrol();
    const auditNumber = await underReview(party);
    const { reviewer } = await reviewerOf(auditNumber);
    await desk.askForRevision(reviewer, auditNumber);
    await settled();
    const news = mailbox(party, auditNumber);
    await news();
    const due = addDays(site.today(), 15);
    const body = { dueOn: addDays(due, 7), reason: 'The foreman is away.' };
    await expect(step(administrator, 'extendRevision', auditNumber, { ...body, dueOn: due })).rejects.toMatchObject(
      refusedAs(409, 'not-later'),
    );
    await expect(step(reviewer, 'extendRevision', auditNumber, body)).rejects.toMatchObject({ status: 403 });
    expect(await step(administrator, 'extendRevision', auditNumber, body)).toMatchObject({ revisionDueOn: body.dueOn });
    await settled();
    const { outline, letters } = await news();
    expect(outline).toEqual([expect.stringMatching(/^assessor: /)]);
    expect(text(letters[0])).toContain(dateInWords(body.dueOn));
    expect(await read(party, auditNumber)).toMatchObject({ revisionDueOn: body.dueOn });
    await step(administrator, 'withdrawReview', auditNumber, { reason: 'The end.' });
    await settled();
  });

  test('comes damaged: awaited again, still the same reviewer’s, and counted once', async () => {
    const party = await enrol();
    const auditNumber = await underReview(party);
    const { reviewer, person } = await reviewerOf(auditNumber);
    const open = await openReviewsOf(person.reviewerId);
    await desk.askForRevision(reviewer, auditNumber);
    await desk.answerAll(party, auditNumber);
    const packedData = documentOf('png', 40_000).fill(0, 39_999);
    const damaged = { name: 'evidence/damaged.png', data: documentOf('png', 40_000), stored: true, packedData };
    await desk.submit(party, auditNumber, { seed: 2, documents: [damaged] });
    expect(site.deadLetters()).toEqual({});
    expect(await stored(auditNumber)).toMatchObject({
      state: 'awaiting revision',
      revision: 1,
      reviewerId: person.reviewerId,
    });
    expect(await openReviewsOf(person.reviewerId)).toBe(open);
    expect(await queued(auditNumber)).toBe(true);
    await desk.submit(party, auditNumber, { seed: 3 });
    expect(await openReviewsOf(person.reviewerId)).toBe(open);
    expect(await queued(auditNumber)).toBe(true);
    expect(await accept(reviewer, await readReview(reviewer, auditNumber))).toMatchObject({ state: 'closed' });
    await settled();
    expect(await openReviewsOf(person.reviewerId)).toBe(open - 1);
  });
});

test('an audit goes from hand to hand: given back, reassigned, left behind by who is absent, taken', async () => {
  const party = await enrol();
  const auditNumber = await underReview(party);
  const { reviewer, person, other } = await reviewerOf(auditNumber);
  const othersId = known(samplePeople.reviewers.find(({ reviewerId }) => reviewerId !== person.reviewerId)).reviewerId;
  const total = async () => (await openReviewsOf(person.reviewerId)) + (await openReviewsOf(othersId));
  const before = [await openReviewsOf(person.reviewerId), await openReviewsOf(othersId)] as const;
  const news = mailbox(party, auditNumber);
  await news();
  await step(reviewer, 'openReview', auditNumber, { revision: 1 });
  await step(reviewer, 'addNote', auditNumber, { kind: 'informational', text: 'So far so good.' });

  // Given back: to the other one, with all that was written.
  await step(reviewer, 'releaseReview', auditNumber, { reason: 'I know the foreman.' });
  await settled();
  expect((await news()).outline).toEqual(['reviewer: For your review: SECOR certification audit']);
  expect(await stored(auditNumber)).toMatchObject({ state: 'in review', reviewerId: othersId });
  expect([await openReviewsOf(person.reviewerId), await openReviewsOf(othersId)]).toEqual([
    before[0] - 1,
    before[1] + 1,
  ]);
  await expect(readReview(reviewer, auditNumber)).rejects.toMatchObject({ status: 404 });
  expect((await readReview(other, auditNumber)).notes).toMatchObject([{ text: 'So far so good.' }]);

  // Reassigned: back again, by an administrator.
  await expect(step(administrator, 'reassignReview', auditNumber, { reviewerId: othersId })).rejects.toMatchObject(
    refusedAs(409, 'already-theirs'),
  );
  await step(administrator, 'reassignReview', auditNumber, { reviewerId: person.reviewerId });
  await settled();
  expect((await news()).outline).toEqual(['reviewer: For your review: SECOR certification audit']);
  expect([await openReviewsOf(person.reviewerId), await openReviewsOf(othersId)]).toEqual(before);

  // Both absent: it is nobody's, and the administrators are told; then one is back, and takes it.
  onTestFinished(async () => {
    for (const { reviewerId } of samplePeople.reviewers) await site.setReviewer(reviewerId, { present: true });
    await settled();
  });
  const presence = (reviewerId: string, present: boolean) =>
    administrator('setPresence', { parameters: { reviewerId }, body: { present } });
  await presence(othersId, false);
  await presence(person.reviewerId, false);
  await settled();
  expect((await news()).outline).toEqual(['administrator: No reviewer free: SECOR certification audit']);
  expect((await stored(auditNumber)).reviewerId).toBeUndefined();
  expect(await total()).toBe(0);
  expect(await queued(auditNumber)).toBe(true);
  await expect(step(other, 'takeReview', auditNumber)).rejects.toMatchObject(refusedAs(409, 'reviewer-absent'));
  await presence(othersId, true);
  await step(other, 'takeReview', auditNumber);
  await settled();
  // Who takes an audit knows it.
  expect((await news()).outline).toEqual([]);
  expect(await openReviewsOf(othersId)).toBe(1);
  await accept(other, await readReview(other, auditNumber));
  await settled();
  expect(await total()).toBe(0);
  const told = await toldOutside(party, auditNumber);
  expect([...reviewersNames, 'foreman'].filter((name) => told.includes(name))).toEqual([]);
});

test('a conflict of interest that is recorded after the assignment gives the audit to another', async () => {
  const party = await enrol();
  const { employerId } = party.employer;
  const auditNumber = await underReview(party);
  const { reviewer, person, other } = await reviewerOf(auditNumber);
  const { reviewerId } = person;
  const record = (employerIds: string[]) =>
    administrator('setConflicts', { parameters: { reviewerId }, body: { employerIds } });
  onTestFinished(async () => {
    await record([]);
    await settled();
  });
  await expect(record([employerId, 'nobody'])).rejects.toMatchObject(refusedAs(409, 'unknown-employer'));
  expect(await record([employerId])).toMatchObject({ reviewerId, conflicts: [{ employerId }] });
  await settled();
  expect((await stored(auditNumber)).reviewerId).not.toBe(reviewerId);
  await expect(readReview(reviewer, auditNumber)).rejects.toMatchObject({ status: 404 });
  await expect(step(administrator, 'reassignReview', auditNumber, { reviewerId })).rejects.toMatchObject(
    refusedAs(409, 'reviewer-in-conflict'),
  );
  await accept(other, await readReview(other, auditNumber));
  await settled();
});

describe('an audit that is reopened', () => {
  const reason = 'An interview came to light that was left out.';
  const certificatesOf = async ({ employer }: Party) => {
    const cycle = await readCycle(site.store, employer.employerId);
    return { current: currentCertificate(cycle)?.certificateNumber, all: cycle.certificates };
  };
  const passed = async (party: Party, seed: number) => {
    const auditNumber = await underReview(party, 'certification', { seed });
    await site.decide(auditNumber);
    await settled();
    return auditNumber;
  };
  const noReport = async (party: Party, auditNumber: string) => {
    expect(await read(party, auditNumber)).toMatchObject({ state: 'in review', report: 'none' });
    expect((await read(party, auditNumber)).outcome).toBeUndefined();
    await expect(party.api('readReport', { parameters: { auditNumber } })).rejects.toMatchObject({ status: 404 });
  };

  test('and failed: its certificate is revoked, and the older one stands again', async () => {
    const party = await enrol();
    const older = await passed(party, 1);
    const auditNumber = await passed(party, 2);
    expect(await certificatesOf(party)).toMatchObject({ current: `${auditNumber}-1` });
    const { reviewer, person } = await reviewerOf(auditNumber);
    const open = await openReviewsOf(person.reviewerId);
    const news = mailbox(party, auditNumber);
    await news();
    const seen = await readReview(administrator, auditNumber);
    await expect(step(reviewer, 'reopenAudit', auditNumber, { reason })).rejects.toMatchObject({ status: 403 });
    await expect(
      stepOn(administrator, 'reopenAudit', { auditNumber, version: seen.version - 1 }, { reason }),
    ).rejects.toMatchObject(refusedAs(412, 'changed-meanwhile'));
    expect(await stepOn(administrator, 'reopenAudit', seen, { reason })).toMatchObject({ state: 'in review' });
    await settled();
    const reopened = await news();
    expect(reopened.outline).toEqual(
      ['administrator', 'assessor', 'contact', 'reviewer'].map(
        (role) => `${role}: Reopened: SECOR certification audit`,
      ),
    );
    for (const letter of reopened.letters) expect(text(letter)).toContain(reason);
    await noReport(party, auditNumber);
    expect(await openReviewsOf(person.reviewerId)).toBe(open + 1);
    expect(await queued(auditNumber)).toBe(true);
    expect(await certificatesOf(party)).toMatchObject({ current: `${auditNumber}-1` });

    await desk.failElement(reviewer, auditNumber);
    expect(await accept(reviewer, await readReview(reviewer, auditNumber))).toMatchObject({ outcome: 'failed' });
    await settled();
    expect(await openReviewsOf(person.reviewerId)).toBe(open);
    expect(await queued(auditNumber)).toBe(false);
    const { current, all } = await certificatesOf(party);
    expect(current).toBe(`${older}-1`);
    expect(all.find((each) => each.auditNumber === auditNumber)).toMatchObject({
      revoked: { at: expect.any(String), decision: 2 },
    });
    expect(all.find((each) => each.auditNumber === older)?.supersededBy).toBeUndefined();
    const failed = await news();
    expect(failed.outline).toEqual([
      'administrator: Revoked: SECOR certificate',
      ...['assessor', 'contact'].map((role) => `${role}: Not passed: SECOR certification audit`),
    ]);
    for (const letter of failed.letters) expect(text(letter)).toContain(`Certificate ${auditNumber}-1`);
    const papers = await papersOf(party, auditNumber);
    expect(papers.certificate).toBeUndefined();
    expect(papers.report).toMatch(/failed|not passed/i);
    expect(await read(party, auditNumber)).toMatchObject({ outcome: 'failed', report: 'ready' });
    const told = await toldOutside(party, auditNumber);
    expect(reviewersNames.filter((name) => told.includes(name))).toEqual([]);
    await expect(step(administrator, 'reopenAudit', auditNumber, { reason })).resolves.toMatchObject({
      state: 'in review',
    });
    await site.decide(auditNumber);
    await settled();
  });

  test('and passed again: a new certificate in the place of the first, and a report of its own', async () => {
    const party = await enrol();
    const auditNumber = await passed(party, 1);
    const { reviewer } = await reviewerOf(auditNumber);
    const before = await papersOf(party, auditNumber);
    const news = mailbox(party, auditNumber);
    await news();
    const { version } = await step(administrator, 'reopenAudit', auditNumber, { reason });
    await noReport(party, auditNumber);
    // A second reopening by someone who saw it closed.
    await expect(
      stepOn(administrator, 'reopenAudit', { auditNumber, version: version - 1 }, { reason }),
    ).rejects.toMatchObject({ status: expect.toSatisfy((status) => status === 409 || status === 412) });
    const review = await readReview(reviewer, auditNumber);
    const { question, awarded } = known(review.answers.find((each) => each.awarded > 1));
    await step(reviewer, 'changePoints', auditNumber, { question, awarded: awarded - 1, reason });
    expect(await accept(reviewer, await readReview(reviewer, auditNumber))).toMatchObject({ outcome: 'passed' });
    await settled();
    const { current, all } = await certificatesOf(party);
    expect(current).toBe(`${auditNumber}-2`);
    expect(all.map(({ certificateNumber, supersededBy }) => [certificateNumber, supersededBy])).toEqual([
      [`${auditNumber}-1`, `${auditNumber}-2`],
      [`${auditNumber}-2`, undefined],
    ]);
    const { outline, letters } = await news();
    expect(outline.filter((line) => line.includes('Passed'))).toEqual(
      ['assessor', 'contact'].map((role) => `${role}: Passed: SECOR certification audit`),
    );
    for (const letter of letters.filter(({ subject }) => subject.startsWith('Passed')))
      expect(text(letter)).toContain(`${auditNumber}-2`);
    const after = await papersOf(party, auditNumber);
    expect(after.certificate).toContain(`${auditNumber}-2`);
    expect(after.report).not.toBe(before.report);
  });

  test('while its reviewer is absent: another has it, with a letter', async () => {
    const party = await enrol();
    const auditNumber = await underReview(party);
    const { reviewer, person, other } = await reviewerOf(auditNumber);
    await accept(reviewer, await readReview(reviewer, auditNumber));
    await settled();
    const presence = (present: boolean) =>
      administrator('setPresence', { parameters: { reviewerId: person.reviewerId }, body: { present } });
    onTestFinished(async () => {
      await presence(true);
      await settled();
    });
    await presence(false);
    const { queuePosition } = await step(administrator, 'reopenAudit', auditNumber, { reason }).then(() =>
      stored(auditNumber),
    );
    const news = mailbox(party, auditNumber);
    await settled();
    expect((await news()).outline).toContain('reviewer: For your review: SECOR certification audit');
    const audit = await stored(auditNumber);
    expect(audit).toMatchObject({ state: 'in review', queuePosition });
    expect(audit.reviewerId).not.toBe(person.reviewerId);
    expect(await openReviewsOf(person.reviewerId)).toBe(0);
    await accept(other, await readReview(other, auditNumber));
    await settled();
  });

  test('only within 30 days, and only when it is closed', async () => {
    onTestFinished(settled);
    const party = await enrol();
    const auditNumber = await passed(party, 1);
    const other = await underReview(await enrol());
    await expect(step(administrator, 'reopenAudit', other, { reason })).rejects.toMatchObject(
      refusedAs(409, 'not-closed'),
    );
    const day = 24 * 60 * 60_000;
    site.cloud.clock.advanceBy(30 * day);
    const { version } = await step(administrator, 'reopenAudit', auditNumber, { reason });
    const review = { ...(await readReview(administrator, auditNumber)), version };
    await accept(administrator, review);
    await settled();
    site.cloud.clock.advanceBy(31 * day);
    await expect(step(administrator, 'reopenAudit', auditNumber, { reason })).rejects.toMatchObject(
      refusedAs(409, 'closed-too-long'),
    );
    expect(site.deadLetters()).toEqual({});
  });
});
