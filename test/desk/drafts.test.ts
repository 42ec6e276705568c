import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { limits } from '@secor/certification';
import { register } from '@secor/cli/play-audit';
import { type Draft, maxDraftBytes } from '@secor/contracts';
import { readStoredDraft } from '@secor/store';
import { describe, expect, test } from 'vitest';
import { rawCall } from '../support/checked-api.ts';
import { output, startSite } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';

const site = await startSite();
const { cloud, enrol, settled, store } = site;
const { step, reviewerOf } = deskOf(site);

type Party = Awaited<ReturnType<typeof enrol>>;

const reason = 'The employer asked for it.';

/** The answers to two questions as far as they are. */
const draft: Draft = {
  startedOn: '2026-11-02',
  answers: [
    { question: '1.1', positive: 7, sampled: 8, notes: 'Eight files were read.', evidence: ['evidence/policy.pdf'] },
    { question: '1.2', notes: '' },
  ],
  declaration: { name: 'Robin' },
};

async function registered(party: Party): Promise<string> {
  return (await register(party.api, party.employer.employerId, 'certification')).auditNumber;
}

const save = ({ api }: Party, auditNumber: string, ifMatch: number, body: Draft = draft) =>
  api('saveDraft', { parameters: { auditNumber }, ifMatch, body });
const readOf = ({ api }: Party, auditNumber: string) => api('readDraft', { parameters: { auditNumber } });

/** How many versions of the drafts of an audit S3 has. */
async function countVersions(auditNumber: string): Promise<number> {
  const { Versions = [], DeleteMarkers = [] } = await new S3Client({}).send(
    new ListObjectVersionsCommand({ Bucket: output(cloud, 'RecordsBucket'), Prefix: `drafts/${auditNumber}/` }),
  );
  return Versions.length + DeleteMarkers.length;
}

/** Saves as any HTTP client could, with this body as it is. */
function send({ token }: Party, auditNumber: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  const path = `/v1/audits/${auditNumber}/draft`;
  return rawCall(cloud.apiUrl, path, { method: 'PUT', token, body, headers, operationId: 'saveDraft' });
}

describe('a draft', () => {
  test('is read as it was saved, and each save names the version that it replaces', async () => {
    const party = await enrol();
    const auditNumber = await registered(party);
    expect(await readOf(party, auditNumber)).toEqual({ version: 0 });
    const first = await save(party, auditNumber, 0);
    expect(first.version).toBe(1);
    expect(await readOf(party, auditNumber)).toEqual({ ...first, draft });
    const further = { ...draft, recordsMonths: 14 };
    expect(await save(party, auditNumber, 1, further)).toMatchObject({ version: 2 });
    // Another device has seen the first one only.
    for (const stale of [0, 1, 3])
      await expect(save(party, auditNumber, stale)).rejects.toMatchObject({
        status: 412,
        problem: { detail: expect.stringContaining(`The draft of audit ${auditNumber} has changed`) },
      });
    expect(await readOf(party, auditNumber)).toMatchObject({ version: 2, draft: further });
    expect(await send(party, auditNumber, JSON.stringify(draft))).toMatchObject({ status: 428 });
    // It is no change of the audit.
    expect(await site.stored(auditNumber)).toMatchObject({ version: 1, events: 1 });
  });

  test('of two saves at once, one is kept', async () => {
    const party = await enrol();
    const auditNumber = await registered(party);
    const [one, other] = [
      { ...draft, recordsMonths: 3 },
      { ...draft, recordsMonths: 4 },
    ];
    const saves = await Promise.allSettled([save(party, auditNumber, 0, one), save(party, auditNumber, 0, other)]);
    expect(saves.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const kept = saves[0]?.status === 'fulfilled' ? one : other;
    expect(await readOf(party, auditNumber)).toMatchObject({ version: 1, draft: kept });
  });

  test('has at most 1 MiB, more than other bodies may have', async () => {
    const party = await enrol();
    const auditNumber = await registered(party);
    const answers = Array.from({ length: 104 }, (_, index) => ({ question: String(index), notes: 'x'.repeat(10_000) }));
    const body = JSON.stringify({ answers });
    const full = body + ' '.repeat(maxDraftBytes - body.length);
    expect(full.length).toBe(1_048_576);
    expect(await send(party, auditNumber, full, { 'if-match': '"0"' })).toMatchObject({ status: 200 });
    expect((await readOf(party, auditNumber)).draft?.answers).toHaveLength(104);
    expect(await send(party, auditNumber, `${full} `, { 'if-match': '"1"' })).toMatchObject({
      status: 413,
      body: { detail: 'Send a body of at most 1,048,576 bytes.' },
    });
    const withdraw = { method: 'POST', token: party.token, headers: { 'if-match': '"1"' } } as const;
    const path = `/v1/audits/${auditNumber}/withdraw`;
    expect(await rawCall(cloud.apiUrl, path, { ...withdraw, body: full })).toMatchObject({ status: 413 });
  });

  test('that has not the form of audit.json is refused with all that is wrong', async () => {
    const party = await enrol();
    const auditNumber = await registered(party);
    const wrong = {
      startedOn: '2026-02-30',
      endedOn: 'soon',
      recordsMonths: -1,
      score: 100,
      answers: [
        { question: '1.1', positive: 'all', notes: 'x'.repeat(10_001) },
        { notes: 'of no question', evidence: ['a'.repeat(1_025)] },
      ],
      declaration: { codeOfEthics: 'yes' },
    };
    const { status, body } = await send(party, auditNumber, JSON.stringify(wrong), { 'if-match': '"0"' });
    expect(status).toBe(400);
    expect([...new Set(body.problems?.map(({ place }) => place))].toSorted()).toEqual([
      'body, answers.0.notes',
      'body, answers.0.positive',
      'body, answers.1.evidence.0',
      'body, answers.1.question',
      'body, declaration.codeOfEthics',
      'body, endedOn',
      'body, recordsMonths',
      'body, score',
      'body, startedOn',
    ]);
    expect(await readOf(party, auditNumber)).toEqual({ version: 0 });
  });

  test('is for the assessor of the audit only', async () => {
    const [party, other] = [await enrol(), await enrol()];
    const auditNumber = await registered(party);
    await save(party, auditNumber, 0);
    await expect(readOf(other, auditNumber)).rejects.toMatchObject({ status: 404 });
    await expect(save(other, auditNumber, 1)).rejects.toMatchObject({ status: 404 });
    await expect(site.administrator('readDraft', { parameters: { auditNumber } })).rejects.toMatchObject({
      status: 403,
    });
  });

  test('is saved so often a day, and not more', async () => {
    const party = await enrol();
    const auditNumber = await registered(party);
    const counter = { pk: `LIMIT#${auditNumber}`, sk: `savesOfDraft#${site.today()}` };
    await site.putItem({ ...counter, kind: 'counter', count: limits.savesOfDraft.max });
    await expect(save(party, auditNumber, 0)).rejects.toMatchObject({
      status: 429,
      problem: { detail: expect.stringContaining('was saved 4000 times today') },
    });
  });
});

describe('the end of an audit', () => {
  /** An audit under review whose draft was saved twice. */
  async function drafted() {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    await save(party, auditNumber, 0);
    await save(party, auditNumber, 1);
    expect(await countVersions(auditNumber)).toBe(2);
    return { party, auditNumber };
  }

  test.each([
    ['closed', ({ auditNumber }: Awaited<ReturnType<typeof drafted>>) => site.decide(auditNumber)],
    [
      'rejected',
      async ({ auditNumber }: Awaited<ReturnType<typeof drafted>>) =>
        step((await reviewerOf(auditNumber)).reviewer, 'rejectAudit', auditNumber, { reason }),
    ],
    [
      'withdrawn',
      ({ party, auditNumber }: Awaited<ReturnType<typeof drafted>>) =>
        step(party.api, 'withdrawAudit', auditNumber, { reason }),
    ],
  ] as const)('%s: its draft is deleted in all its versions, and none is saved', async (state, end) => {
    const made = await drafted();
    const { party, auditNumber } = made;
    await end(made);
    await expect(save(party, auditNumber, 2)).rejects.toMatchObject({ problem: { type: 'urn:secor:draft-over' } });
    expect(await site.stored(auditNumber)).toMatchObject({ state });
    await settled();
    expect(await countVersions(auditNumber)).toBe(0);
    expect(await readOf(party, auditNumber)).toEqual({ version: 3 });
    expect((await readStoredDraft(store, auditNumber))?.content).toBeUndefined();
    expect(site.deadLetters()).toEqual({});
  });

  test('a reopened audit has a new draft, which no one who saw the old one replaces', async () => {
    const { party, auditNumber } = await drafted();
    await site.decide(auditNumber);
    await settled();
    await step(site.administrator, 'reopenAudit', auditNumber, { reason });
    await settled();
    expect(await readOf(party, auditNumber)).toEqual({ version: 3 });
    await expect(save(party, auditNumber, 2)).rejects.toMatchObject({ status: 412 });
    expect(await save(party, auditNumber, 3)).toMatchObject({ version: 4 });
    // What told of the first end comes again.
    await site.send('documents', JSON.stringify({ subject: `audit#${auditNumber}`, number: 1, type: 'audit closed' }));
    await settled();
    expect(await readOf(party, auditNumber)).toMatchObject({ version: 4, draft });
  });

  test('what was left behind between the record and the object is deleted by the next delivery', async () => {
    const { auditNumber } = await drafted();
    const failed = site.strikeUntilFailed('layout', { service: 's3', operation: 'ListObjectVersions', kind: 'error' });
    await site.decide(auditNumber);
    await failed;
    await settled();
    expect(await countVersions(auditNumber)).toBe(0);
    expect(site.deadLetters()).toEqual({});
  });
});
