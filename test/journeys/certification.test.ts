import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { buildSamplePackage } from '@secor/audit-package/build';
import { protocolById, ruleSetOn, score } from '@secor/certification';
import { samplePeople } from '@secor/cli';
import {
  accept,
  askForLink,
  openLink,
  readReview,
  register,
  untilAssigned,
  untilReported,
} from '@secor/cli/play-audit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { documentOf, officeFile } from '../../packages/audit-package/package-fixture.ts';
import { known, outline, startSite } from '../support/cloud.ts';

const site = await startSite();
const { administrator, reviewers, enrol, settled, lettersTo, read } = site;
/** Everything is there already when the cloud is quiet. */
const atOnce = { limitMs: 0 };

describe('a certification audit that passes', () => {
  test('goes from registration to certificate, report and letters', async () => {
    const party = await enrol();
    const { api, employer } = party;
    const registered = await register(api, employer.employerId, 'certification');
    expect(registered).toMatchObject({ state: 'registered', revision: 0, protocol: 'secor-2020' });
    const { auditNumber } = registered;
    expect(auditNumber).toMatch(/^[1-9]\d{8}$/);

    const evidence = [
      { name: 'evidence/photo.jpg', data: documentOf('jpeg', 40_000), stored: true },
      { name: 'evidence/plan.png', data: documentOf('png', 5_000) },
      { name: 'evidence/Notfallplan für Ölfeld.docx', data: officeFile('docx') },
      { name: 'evidence/training.xlsx', data: officeFile('xlsx') },
    ];
    const link = await askForLink(api, auditNumber);
    expect(link.link).toBe(1);
    await site.put(link, site.pack(registered, { endedOn: '2026-10-30', documents: evidence }));
    await settled();

    // Taken in and scored, in the queue, with a reviewer, and laid out.
    const pending = await read(party, auditNumber);
    expect(pending).toMatchObject({ state: 'pending review', revision: 1, report: 'none' });
    expect(pending.refusal).toBeUndefined();
    const scored = known(pending.score);
    expect(scored).toMatchObject({ result: 'passed', percent: '100.0', shortfalls: [] });
    expect(scored.awarded).toBe(scored.elements.reduce((sum, element) => sum + element.awarded, 0));
    expect(scored.elements).toHaveLength(10);
    expect(outline(await lettersTo(party), party)).toEqual(['assessor: SECOR audit: package received, revision 1']);
    const reviewer = known(reviewers[await untilAssigned(reviewers, auditNumber, atOnce)]);
    const queued = (await administrator('listQueue', {})).entries.find((entry) => entry.auditNumber === auditNumber);
    expect(queued).toMatchObject({ kind: 'certification', employerId: employer.employerId, arrivedOn: site.today() });

    // What the reviewer opens is what the assessor sent.
    const review = await readReview(reviewer, auditNumber);
    expect(review).toMatchObject({ layout: 'done', endedOn: '2026-10-30', recordsMonths: 12 });
    const protocol = known(protocolById('secor-2020'));
    expect(review.answers).toHaveLength(protocol.elements.flatMap(({ questions }) => questions).length);
    const answers = review.answers.map(({ question, positive = 0, sampled = 0, notApplicable }) =>
      notApplicable ? { question, notApplicable } : { question, positive, sampled },
    );
    expect(score(protocol, answers)).toMatchObject({ awarded: scored.awarded, available: scored.available });
    const opened = await Promise.all(
      review.documents.map(async ({ path, type, url }) => [path, type, await openLink(url)] as const),
    );
    const mediaTypes: Record<string, string> = {
      'manual.pdf': 'application/pdf',
      'evidence/record.pdf': 'application/pdf',
      'evidence/photo.jpg': 'image/jpeg',
      'evidence/plan.png': 'image/png',
      'evidence/Notfallplan für Ölfeld.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'evidence/training.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    };
    expect(Object.fromEntries(opened.map(([path, type]) => [path, type]))).toEqual(mediaTypes);
    for (const [path, type, document] of opened) expect(document.type, path).toBe(type);
    for (const { name, data } of evidence) {
      const document = known(opened.find(([path]) => path === name))[2];
      expect(Buffer.from(document.bytes).equals(data), name).toBe(true);
    }

    // Accepted: the certificate, then the papers, then the letters.
    const closed = await accept(reviewer, review);
    expect(closed).toMatchObject({ state: 'closed', outcome: 'passed' });
    await settled();
    const papers = await untilReported(api, auditNumber, atOnce);
    const report = await openLink(papers.report.url);
    const certificate = await openLink(known(papers.certificate).url);
    for (const paper of [report, certificate]) {
      expect(paper.type).toBe('application/pdf');
      expect(Buffer.from(paper.bytes).subarray(0, 5).toString()).toBe('%PDF-');
      expect(Buffer.from(paper.bytes).subarray(-7).toString()).toContain('%%EOF');
    }
    const letters = await lettersTo(party);
    expect(outline(letters, party)).toEqual([
      'assessor: Passed: SECOR certification audit',
      'assessor: SECOR audit: package received, revision 1',
      'contact: Passed: SECOR certification audit',
    ]);
    for (const letter of letters.filter(({ subject }) => subject.startsWith('Passed'))) {
      expect(letter.to).toHaveLength(1);
      expect(letter.attachments).toEqual([]);
      expect(letter.text).toContain(`${auditNumber}-1`);
      expect(letter.text).toContain('30 October 2029');
      // The way to the report, step by step [N]; the contact's is one of their own.
      const steps = letter.to.includes(party.assessor.email)
        ? `Sign in[^]*My Account[^]*Auditor Portal[^]*Closed[^]*${auditNumber}[^]*download`
        : `Sign in[^]*${auditNumber} in the list of your company's audits[^]*Download the report and the certificate`;
      expect(letter.text).toMatch(new RegExp(steps));
    }

    const after = await read(party, auditNumber);
    expect(after).toMatchObject({ state: 'closed', outcome: 'passed', report: 'ready' });
    // The reviewer is assigned beside the laying out, before it or after; the assessor does not hear of that.
    const laidOut = after.history.find(({ type }) => type === 'documents laid out')?.number ?? 0;
    expect([4, 5]).toContain(laidOut);
    expect(after.history.map(({ number, by, type }) => `${number} ${by}: ${type}`)).toEqual([
      '1 you: audit registered',
      '2 you: upload link issued',
      '3 system: package accepted',
      `${laidOut} system: documents laid out`,
      '6 the certifying partner: review opened',
      '7 the certifying partner: audit closed',
      '8 system: report made',
    ]);
    expect(after.history.at(-1)?.data).toMatchObject({
      certificateNumber: `${auditNumber}-1`,
      expiresOn: '2029-10-30',
    });
    const staff = await readReview(administrator, auditNumber);
    expect(staff.history).toHaveLength(8);
    expect(staff.history.map(({ type }) => type)).toContain('reviewer assigned');

    // Nothing that the assessor gets says who reviewed.
    const told = [JSON.stringify(after), ...(await Promise.all(letters.map(({ file }) => readFile(file, 'utf8'))))];
    const names = samplePeople.reviewers.flatMap(({ reviewerId, name, email }) => [reviewerId, name, email]);
    expect(names.filter((name) => told.some((text) => text.includes(name)))).toEqual([]);

    const list = async (state: 'active' | 'closed') =>
      (await api('listAudits', { query: { state } })).audits.map((audit) => audit.auditNumber);
    expect([await list('active'), await list('closed')]).toEqual([[], [auditNumber]]);
    expect((await administrator('listQueue', {})).entries.map((entry) => entry.auditNumber)).not.toContain(auditNumber);
    expect(site.deadLetters()).toEqual({});
  });

  test('takes a sample package with real documents, in an enclosing folder', async () => {
    const party = await enrol();
    const registered = await register(party.api, party.employer.employerId, 'certification');
    const to = new PassThrough();
    const endedOn = site.today();
    const ruleSet = ruleSetOn(endedOn);
    const [bytes] = await Promise.all([
      buffer(to),
      buildSamplePackage(
        to,
        {
          auditNumber: registered.auditNumber,
          kind: 'certification',
          protocol: known(protocolById(ruleSet.protocol.value)),
          ruleSet,
          endedOn,
          result: 'passed',
          assessor: party.assessor.name,
          seed: 7,
        },
        { count: 5, bytes: 400_000 },
        'our audit',
      ),
    ]);
    await site.submit(party, registered.auditNumber, bytes);
    await settled();
    const review = await readReview(administrator, registered.auditNumber);
    expect(review.layout).toBe('done');
    expect(review.documents).toHaveLength(5);
    const pages = await Promise.all(review.documents.map(async ({ url }) => (await openLink(url)).bytes.length));
    expect(Math.min(...pages)).toBeGreaterThan(10_000);
    expect(await site.decide(registered.auditNumber)).toMatchObject({ outcome: 'passed' });
    await settled();
  });

  test('with records of less than a year gives a certificate for one year', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party, 'certification', { endedOn: '2026-10-30', recordsMonths: 11 });
    await site.decide(auditNumber);
    await settled();
    expect((await read(party, auditNumber)).history.at(-1)?.data).toMatchObject({ expiresOn: '2027-10-30' });
  });
});

describe('a certification audit that fails', () => {
  test.each([
    ['failed overall', ['overall']],
    ['failed element', ['element']],
  ] as const)('%s: the letters name what fell short, and there is no certificate', async (result, scopes) => {
    const party = await enrol();
    const auditNumber = await site.underReview(party, 'certification', { result });
    const { shortfalls } = known((await read(party, auditNumber)).score);
    expect(shortfalls.map(({ scope }) => scope)).toEqual(scopes);
    expect(await site.decide(auditNumber)).toMatchObject({ state: 'closed', outcome: 'failed' });
    await settled();

    const papers = await untilReported(party.api, auditNumber, atOnce);
    expect(papers.certificate).toBeUndefined();
    expect((await openLink(papers.report.url)).type).toBe('application/pdf');
    const letters = await lettersTo(party);
    expect(outline(letters, party)).toEqual([
      'assessor: Not passed: SECOR certification audit',
      'assessor: SECOR audit: package received, revision 1',
      'contact: Not passed: SECOR certification audit',
    ]);
    for (const { text } of letters)
      for (const { scope, element, title, short } of shortfalls) {
        const where = scope === 'overall' ? 'Overall' : `Element ${element}, ${title}`;
        expect(text.replace(/\s+/g, ' ')).toContain(where);
        expect(text.replace(/\s+/g, ' ')).toContain(`${short} ${short === 1 ? 'point' : 'points'} short`);
      }
    // The employer may try again.
    expect(await register(party.api, party.employer.employerId, 'certification')).toMatchObject({
      state: 'registered',
    });
  });
});

test('a maintenance audit of a certified employer passes without a manual and changes no certificate', async () => {
  const party = await enrol();
  const certified = await site.underReview(party);
  await site.decide(certified);
  await settled();
  const before = (await lettersTo(party)).length;

  const auditNumber = await site.underReview(party, 'maintenance', {
    result: 'failed element',
    entries: (entries) => entries.filter(({ name }) => name !== 'manual.pdf'),
  });
  expect((await read(party, auditNumber)).score).toMatchObject({ result: 'passed', shortfalls: [] });
  expect(await site.decide(auditNumber)).toMatchObject({ kind: 'maintenance', state: 'closed', outcome: 'passed' });
  await settled();
  const papers = await untilReported(party.api, auditNumber, atOnce);
  expect(papers.certificate).toBeUndefined();
  const letters = (await lettersTo(party)).slice(before);
  expect(outline(letters, party)).toEqual([
    'assessor: Passed: SECOR maintenance audit',
    'assessor: SECOR audit: package received, revision 1',
    'contact: Passed: SECOR maintenance audit',
  ]);
  expect(known((await read(party, certified)).history.at(-1)).data).toMatchObject({
    certificateNumber: `${certified}-1`,
  });
});

test('reviews go to the reviewer with the fewest open ones, never past a reviewer who has decided all', async () => {
  const open = async () =>
    Promise.all(
      reviewers.map(
        async (reviewer) =>
          (await reviewer('listQueue', {})).entries.filter(({ assigned }) => assigned === 'to you').length,
      ),
    );
  const before = await open();
  onTestFinished(settled);
  for (let index = 0; index < 2; index += 1) await site.underReview(await enrol());
  const [first = 0, second = 0] = await open();
  expect(first + second).toBe((before[0] ?? 0) + (before[1] ?? 0) + 2);
  expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
});
