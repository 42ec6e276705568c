import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectTaggingCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { askForLink, openLink, readReview, register, upload } from '@secor/cli/play-audit';
import { type AuditFile, maxPackageBytes } from '@secor/contracts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { documentOf, officeFile } from '../../packages/audit-package/package-fixture.ts';
import { known, outline, type Party, startSite } from '../support/cloud.ts';
import type { PackageFixture } from '../support/package.ts';

const site = await startSite();
const { administrator, enrol, settled, lettersTo, read } = site;

const refusedOnce = ['assessor: SECOR audit: package refused, 1 problem'];

async function registered(party: Party) {
  return register(party.api, party.employer.employerId, 'certification');
}

/** A document of 40 KB whose last byte is not what its CRC says. */
const damaged = {
  name: 'evidence/damaged.png',
  data: documentOf('png', 40_000),
  stored: true,
  packedData: documentOf('png', 40_000).fill(0, 39_999),
} as const;

describe('a package with many problems', () => {
  const crooked: PackageFixture = {
    audit(audit: AuditFile) {
      const [first, second, third, ...rest] = audit.answers;
      return {
        ...audit,
        endedOn: '2026-02-30',
        declaration: { ...audit.declaration, codeOfEthics: false },
        surprise: 1,
        answers: [
          { ...known(first), positive: 9, sampled: 3 },
          known(second),
          known(second),
          { ...known(third), evidence: ['evidence/gone.pdf'] },
          ...rest.slice(1),
        ],
      };
    },
    documents: [
      { name: 'evidence/macro.docx', data: officeFile('docm') },
      { name: 'notes.txt', data: 'outside' },
      { name: '__MACOSX/._record.pdf', data: 'overlooked' },
    ],
  };

  test('is refused with all of them at once, by the API and by letter; the next good one is revision 1', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    await site.submit(party, auditNumber, site.pack(audit, crooked));
    await settled();

    const refused = await read(party, auditNumber);
    expect(refused).toMatchObject({ state: 'registered', revision: 0, refusal: { link: 1 } });
    expect(refused.score).toBeUndefined();
    const { problems } = known(refused.refusal);
    const told = problems.map(({ place, message }) => `${place}: ${message}`);
    for (const expected of [
      /endedOn.*(no date|not a date|is no)/i,
      /codeOfEthics/,
      /surprise/,
      /Question .*positive/,
      /Question .*answered twice/,
      /Question .*not answered/,
      /evidence\/gone\.pdf/,
      /macro\.docx.*macros/,
      /notes\.txt/,
    ])
      expect(
        told.find((line) => expected.test(line)),
        String(expected),
      ).toBeDefined();
    expect(told.filter((line) => line.startsWith('__MACOSX'))).toEqual([]);

    const [letter, ...others] = await lettersTo(party);
    expect(others).toEqual([]);
    expect(known(letter).subject).toContain(`package refused, ${problems.length} problems`);
    const text = known(letter).text.replace(/\s+/g, ' ');
    for (const { place, message } of problems) {
      expect(text).toContain(place.replace(/\s+/g, ' '));
      expect(text).toContain(message.replace(/\s+/g, ' '));
    }

    // Nobody has it to review.
    expect(await readReview(administrator, auditNumber)).toMatchObject({
      state: 'registered',
      revision: 0,
      answers: [],
    });
    await site.submit(party, auditNumber, site.pack(audit));
    await settled();
    const taken = await read(party, auditNumber);
    expect(taken).toMatchObject({ state: 'pending review', revision: 1 });
    expect(taken.refusal).toBeUndefined();
    expect(await readReview(administrator, auditNumber)).toMatchObject({ layout: 'done' });
    expect(site.deadLetters()).toEqual({});
  });
});

describe('a package that can not be read', () => {
  const nested: PackageFixture['entries'] = (entries) => [
    ...entries,
    { name: `evidence/${'a/'.repeat(32_700)}`, data: '' },
  ];
  test.each<[string, (good: Buffer, other: Buffer, packed: (fixture: PackageFixture) => Buffer) => Buffer, RegExp]>([
    ['not a ZIP', () => Buffer.from('This is a letter, not an archive.'), /Archive: .*ZIP/],
    ['truncated', (good) => good.subarray(0, good.length - 30), /Archive: /],
    ['the package of another audit', (_, other) => other, /auditNumber/],
    ['a name of 32,701 folders', (_, __, packed) => packed({ entries: nested }), /its name has more than 1,024 bytes/],
  ])('%s', async (_, change, problem) => {
    const party = await enrol();
    const audit = await registered(party);
    const other = site.pack({ ...audit, auditNumber: audit.auditNumber === '987654321' ? '123456789' : '987654321' });
    const bytes = change(site.pack(audit), other, (fixture) => site.pack(audit, fixture));
    await site.submit(party, audit.auditNumber, bytes);
    await settled();
    const { state, revision, refusal } = await read(party, audit.auditNumber);
    expect({ state, revision }).toEqual({ state: 'registered', revision: 0 });
    expect(known(refusal).problems.map(({ place, message }) => `${place}: ${message}`)).toEqual([
      expect.stringMatching(problem),
    ]);
    expect(outline(await lettersTo(party), party)).toEqual(refusedOnce);
    expect(site.deadLetters()).toEqual({});
  });

  test('an audit that ended before the one behind the certificate', async () => {
    const party = await enrol();
    const certified = await site.underReview(party, 'certification', { endedOn: '2026-10-30' });
    await site.decide(certified);
    await settled();
    const audit = await registered(party);
    await site.submit(party, audit.auditNumber, site.pack(audit, { endedOn: '2026-10-29' }));
    await settled();
    const [problem, ...others] = known((await read(party, audit.auditNumber)).refusal).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ place: 'audit.json, endedOn', message: expect.stringContaining(`${certified}-1`) });
  });
});

describe('an upload that S3 refuses', () => {
  test('nothing arrives of it: an empty file, another key, another type, a changed policy', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const link = await askForLink(party.api, audit.auditNumber);
    const bytes = site.pack(audit);
    const withFields = (fields: Record<string, string>) => ({ ...link, fields: { ...link.fields, ...fields } });
    const policy = JSON.parse(Buffer.from(known(link.fields.Policy), 'base64').toString());
    policy.conditions = policy.conditions.filter((condition: unknown) => !Array.isArray(condition));

    const form = new FormData();
    for (const [name, value] of Object.entries(link.fields)) form.append(name, value);
    form.append('file', new Blob([]));
    const empty = await fetch(link.url, { method: 'POST', body: form });
    expect([empty.status, await empty.text()]).toEqual([400, expect.stringContaining('EntityTooSmall')]);
    const key = link.fields.key ?? '';
    await expect(site.put(withFields({ key: key.replace('/1.zip', '/2.zip') }), bytes)).rejects.toThrow('AccessDenied');
    await expect(site.put(withFields({ 'Content-Type': 'text/html' }), bytes)).rejects.toThrow('AccessDenied');
    const loose = Buffer.from(JSON.stringify(policy)).toString('base64');
    await expect(site.put(withFields({ Policy: loose }), bytes)).rejects.toThrow('SignatureDoesNotMatch');

    await settled();
    expect((await read(party, audit.auditNumber)).history.map(({ type }) => type)).toEqual([
      'audit registered',
      'upload link issued',
    ]);
    // The link itself is still good.
    await site.put(link, bytes);
    await settled();
    expect(await read(party, audit.auditNumber)).toMatchObject({ revision: 1 });
  });

  test('more than 1 GiB', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const folder = await mkdtemp(join(tmpdir(), 'secor-large-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'large.zip');
    const handle = await open(file, 'w');
    await handle.truncate(maxPackageBytes + 1);
    await handle.close();
    await expect(upload(file, await askForLink(party.api, audit.auditNumber))).rejects.toThrow('EntityTooLarge');
    await settled();
    expect(await read(party, audit.auditNumber)).toMatchObject({ state: 'registered', revision: 0 });
  });
});

describe('damage that only laying out the documents finds', () => {
  /** The tags of every version of an audit's packages, sorted. */
  const tagsOf = async (auditNumber: string) => {
    const s3 = new S3Client({});
    const Bucket = `secor-dev-${site.cloud.accountId}-packages`;
    const { Versions = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: `packages/${auditNumber}/` }),
    );
    const tagged = await Promise.all(
      Versions.map(({ Key, VersionId }) => s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }))),
    );
    return tagged.map(({ TagSet = [] }) => TagSet.map(({ Key, Value }) => `${Key}=${Value}`).join()).toSorted();
  };

  const macros = {
    name: 'evidence/late-macro.docx',
    data: officeFile('docx', [
      { name: 'word/media/bulk.bin', data: documentOf('png', 60_000), stored: true },
      { name: 'word/vbaProject.bin', data: 'x' },
    ]),
    stored: true,
  };

  test.each([
    ['a CRC that is wrong behind the first 16 KiB', damaged, /CRC/],
    ['macros late in an office file', macros, /macros/],
  ])('%s: back to registered, with a letter; the next package is revision 2', async (_, document, problem) => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    await site.submit(party, auditNumber, site.pack(audit, { documents: [document] }));
    await settled();

    const refused = await read(party, auditNumber);
    expect(refused).toMatchObject({ state: 'registered', revision: 0 });
    expect(refused.score).toBeUndefined();
    expect(known(refused.refusal).problems).toMatchObject([
      { place: document.name, message: expect.stringMatching(problem), code: expect.any(String), values: {} },
    ]);
    expect(refused.history.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['package accepted', 'documents refused']),
    );
    expect(outline(await lettersTo(party), party)).toEqual([
      'assessor: SECOR audit: package received, revision 1',
      'assessor: SECOR audit: package refused, 1 problem',
    ]);
    // It left the queue, and its reviewer is free of it.
    const stored = await site.stored(auditNumber);
    expect(stored.queuePosition).toBeUndefined();
    expect(stored.reviewerId).toBeUndefined();
    expect((await administrator('listQueue', {})).entries.map((entry) => entry.auditNumber)).not.toContain(auditNumber);

    await site.submit(party, auditNumber, site.pack(audit));
    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ state: 'pending review', revision: 2 });
    // The bucket's lifecycle deletes the refused package, and no other.
    expect(await tagsOf(auditNumber)).toEqual(['', 'refused=true']);
    expect(await site.decide(auditNumber)).toMatchObject({ state: 'closed', outcome: 'passed' });
    await settled();
    expect(site.deadLetters()).toEqual({});
  });

  test('with an earlier good revision: back to that one, in its place in the queue', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const before = await site.stored(auditNumber);
    const audit = { auditNumber, kind: 'certification' } as const;
    await site.submit(party, auditNumber, site.pack(audit, { result: 'failed overall', documents: [damaged] }));
    await settled();

    const after = await site.stored(auditNumber);
    expect(after).toMatchObject({
      state: 'pending review',
      revision: 1,
      queuePosition: before.queuePosition,
      reviewerId: before.reviewerId,
    });
    const shown = await read(party, auditNumber);
    expect(shown).toMatchObject({ revision: 1, score: { result: 'passed' }, refusal: { problems: [{}] } });
    const review = await readReview(administrator, auditNumber);
    expect(review).toMatchObject({ revision: 1, layout: 'done' });
    expect((await openLink(known(review.documents[0]).url)).type).toBe('application/pdf');
    expect(await site.decide(auditNumber)).toMatchObject({ outcome: 'passed' });
    await settled();
    expect(outline(await lettersTo(party), party)).toEqual([
      'assessor: Passed: SECOR certification audit',
      'assessor: SECOR audit: package received, revision 1',
      'assessor: SECOR audit: package received, revision 2',
      'assessor: SECOR audit: package refused, 1 problem',
      'contact: Passed: SECOR certification audit',
    ]);
    expect(site.deadLetters()).toEqual({});
  });
});
