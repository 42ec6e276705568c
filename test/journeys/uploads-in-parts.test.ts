import { request } from 'node:http';
import { crc32 } from 'node:zlib';
import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { addDays, limits, maxUploadDays, partBytes } from '@secor/certification';
import { askForLink, openLink, readReview, register } from '@secor/cli/play-audit';
import type { ApiClient } from '@secor/contracts';
import { commit, completeParts, listParts, readUploadInParts, uploadInPartsItem } from '@secor/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { documentOf } from '../../packages/audit-package/package-fixture.ts';
import { known, outline, output, type Party, physical, startSite } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';
import { beginInParts, partsOfBytes, putMissing, putPart, type UploadPart, uploadInParts } from '../support/parts.ts';

const site = await startSite();
const { cloud, administrator, enrol, settled, lettersTo, read } = site;
const desk = deskOf(site);

async function registered(party: Party) {
  return register(party.api, party.employer.employerId, 'certification');
}

/** Both names by which an upload is called. */
function upload(auditNumber: string, link: number) {
  return { parameters: { auditNumber, link: String(link) } };
}

/** A package of a little more than two parts. */
function largePackage(audit: Parameters<typeof site.pack>[0]): Buffer {
  const bytes = 2 * partBytes + 1_000_000;
  return site.pack(audit, { documents: [{ name: 'evidence/scan.png', data: documentOf('png', bytes), stored: true }] });
}

/** Begins to put a part, and cuts the connection in the middle of it. */
function putHalf({ upload: link, bytes }: UploadPart): Promise<void> {
  const { url, headers } = known(link);
  return new Promise((cut) => {
    const half = request(url, { method: 'PUT', headers: { ...headers, 'content-length': bytes } });
    half.on('error', () => cut());
    half.write(Buffer.alloc(Math.floor(bytes / 2)), () => half.destroy());
  });
}

/** How many versions of the package of an upload S3 has. */
async function countObjects(auditNumber: string, link: number): Promise<number> {
  const Prefix = `packages/${auditNumber}/${link}.zip`;
  const found = await new S3Client({}).send(
    new ListObjectVersionsCommand({ Bucket: output(cloud, 'PackagesBucket'), Prefix }),
  );
  return (found.Versions ?? []).length;
}

describe('a package in parts', () => {
  test('is uploaded over lines that break, by whoever knows its number, and arrives when it is complete', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = largePackage(audit);
    const begun = await party.api('beginUpload', { parameters: { auditNumber }, body: partsOfBytes(bytes) });
    expect(begun).toMatchObject({ link: 1, parts: 3, partBytes });

    const first = await party.api('readUpload', upload(auditNumber, 1));
    expect(first).toMatchObject({ state: 'open', bytes: bytes.length, parts: [{ part: 1 }, { part: 2 }, { part: 3 }] });
    expect(first.parts.map((part) => part.bytes)).toEqual([partBytes, partBytes, bytes.length - 2 * partBytes]);
    expect(await putPart(known(first.parts[0]), bytes)).toMatchObject({ status: 200 });
    await putHalf(known(first.parts[1]));

    // Two days later, on another device: all that is left is the number.
    cloud.clock.advanceBy(2 * 24 * 60 * 60_000);
    const again = await party.api('readUpload', upload(auditNumber, 1));
    expect(again.parts.map(({ isThere }) => isThere)).toEqual([true, false, false]);
    expect(again.parts.map(({ upload: link }) => link !== undefined)).toEqual([false, true, true]);
    expect(again.parts.map(({ crc32: checksum }) => checksum)).toEqual(partsOfBytes(bytes).crc32);
    await expect(party.api('completeUpload', upload(auditNumber, 1))).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:parts-missing', detail: expect.stringContaining('are missing: 2, 3.') },
    });
    await putMissing(party.api, auditNumber, 1, bytes);
    // A part that is put twice is the same part.
    expect(await putPart(known(first.parts[0]), bytes)).toMatchObject({ status: 200 });

    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ state: 'registered' });
    const completedAt = cloud.clock.now();
    expect(await party.api('completeUpload', upload(auditNumber, 1))).toEqual({ link: 1, state: 'complete' });
    expect(await party.api('completeUpload', upload(auditNumber, 1))).toEqual({ link: 1, state: 'complete' });
    await settled();
    const taken = await read(party, auditNumber);
    expect(taken).toMatchObject({ state: 'pending review', revision: 1, score: { result: 'passed' } });
    expect(taken.history.map(({ type }) => type)).toEqual([
      'audit registered',
      'upload link issued',
      'package accepted',
      'documents laid out',
    ]);
    const { arrivedAt } = await party.api('readRevision', { parameters: { auditNumber, revision: 'latest' } });
    expect(Date.parse(arrivedAt)).toBeGreaterThanOrEqual(completedAt);
    expect(await countObjects(auditNumber, 1)).toBe(1);
    const { documents } = await readReview(administrator, auditNumber);
    const scan = await openLink(known(documents.find(({ path }) => path === 'evidence/scan.png')).url);
    expect(crc32(scan.bytes)).toBe(crc32(documentOf('png', 2 * partBytes + 1_000_000)));
    expect(outline(await lettersTo(party), party)).toEqual(['assessor: SECOR audit: package received, revision 1']);
    expect(site.deadLetters()).toEqual({});
  });

  test('takes the bytes that were named at its beginning, and no others', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = site.pack(audit);
    const link = await beginInParts(party.api, auditNumber, bytes);
    const [part] = (await party.api('readUpload', upload(auditNumber, link))).parts;
    const other = Buffer.from(bytes).fill(0, 0, 1);
    expect(await putPart(known(part), other)).toEqual({ status: 400, code: 'BadDigest' });
    expect(await putPart(known(part), Buffer.concat([bytes, other]))).toEqual({
      status: 403,
      code: 'SignatureDoesNotMatch',
    });
    const signed = known(known(part).upload);
    const forged = { ...signed, headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } };
    expect(await putPart({ ...known(part), upload: forged }, other)).toEqual({
      status: 403,
      code: 'SignatureDoesNotMatch',
    });
    const elsewhere = { ...signed, url: signed.url.replace('partNumber=1', 'partNumber=2') };
    expect(await putPart({ ...known(part), upload: elsewhere }, bytes)).toEqual({
      status: 403,
      code: 'SignatureDoesNotMatch',
    });
    expect((await party.api('readUpload', upload(auditNumber, link))).parts).toMatchObject([{ isThere: false }]);
  });

  test('is held to the size of a package, and to one checksum for each part', async () => {
    const party = await enrol();
    const { auditNumber } = await registered(party);
    const begin = (bytes: number, parts: number) =>
      party.api('beginUpload', {
        parameters: { auditNumber },
        body: { bytes, crc32: Array.from({ length: parts }, () => '00000000') },
      });
    expect(await begin(1024 ** 3, 64)).toMatchObject({ link: 1, parts: 64 });
    for (const [bytes, parts, place] of [
      [1024 ** 3 + 1, 64, 'body, bytes'],
      [0, 1, 'body, bytes'],
      [partBytes + 1, 1, 'body, crc32'],
      [partBytes, 2, 'body, crc32'],
      [1024 ** 3, 65, 'body, crc32'],
    ] as const)
      await expect(begin(bytes, parts)).rejects.toMatchObject({ status: 400, problem: { problems: [{ place }] } });
    expect(await site.stored(auditNumber)).toMatchObject({ links: 1 });
  });
});

describe('the number of an upload in parts', () => {
  test('is that of the next link; the later one wins, whichever arrives first', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    expect((await askForLink(party.api, auditNumber)).link).toBe(1);
    const bytes = site.pack(audit, { result: 'failed overall' });
    const older = await beginInParts(party.api, auditNumber, bytes);
    await putMissing(party.api, auditNumber, older, bytes);
    expect(older).toBe(2);
    expect(await site.submit(party, auditNumber, site.pack(audit))).toBe(3);
    await settled();
    await party.api('completeUpload', upload(auditNumber, older));
    await settled();
    const { score, history } = await read(party, auditNumber);
    expect(score).toMatchObject({ result: 'passed' });
    expect(history.at(-1)).toMatchObject({ type: 'package superseded', data: { link: 2, by: 1 } });
  });

  test('counts towards the links of a day', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const counter = { pk: `LIMIT#${party.assessor.assessorId}`, sk: `linksOfPerson#${site.today()}` };
    await site.putItem({ ...counter, kind: 'counter', count: limits.linksOfPerson.max - 1 });
    await beginInParts(party.api, auditNumber, site.pack(audit));
    await expect(beginInParts(party.api, auditNumber, site.pack(audit))).rejects.toMatchObject({ status: 429 });
    await expect(askForLink(party.api, auditNumber)).rejects.toMatchObject({ status: 429 });
  });

  test('is refused where a link is: while notes are open, and once the review has begun', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const { reviewer } = await desk.reviewerOf(auditNumber);
    const begin = () => beginInParts(party.api, auditNumber, Buffer.from('x'));
    const open = await begin();
    await desk.askForRevision(reviewer, auditNumber);
    await expect(begin()).rejects.toMatchObject({ problem: { type: 'urn:secor:notes-unanswered' } });
    // What was begun before the revision was requested has lost its number.
    const words = expect.stringContaining('The link was issued before the revision was requested.');
    expect(await party.api('readUpload', upload(auditNumber, open))).toMatchObject({
      state: 'closed',
      closed: { code: 'link-before-revision', text: words },
      parts: [{ isThere: false }],
    });
    await expect(party.api('completeUpload', upload(auditNumber, open))).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:link-before-revision', detail: words },
    });
    await desk.answerAll(party, auditNumber);
    const bytes = site.pack(await site.stored(auditNumber), { seed: 2 });
    await uploadInParts(party.api, auditNumber, bytes);
    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ state: 'pending review', revision: 2 });
    await expect(party.api('completeUpload', upload(auditNumber, open))).rejects.toMatchObject({
      problem: { detail: expect.stringContaining('a newer package has come in') },
    });
    await desk.step(reviewer, 'openReview', auditNumber, { revision: 2 });
    await expect(begin()).rejects.toMatchObject({ problem: { type: 'urn:secor:package-in-review' } });
  });

  test('of a revision that is overdue: it is not completed', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    await desk.askForRevision((await desk.reviewerOf(auditNumber)).reviewer, auditNumber);
    await desk.answerAll(party, auditNumber);
    const { revisionDueOn } = await read(party, auditNumber);
    cloud.clock.advanceBy(14 * 24 * 60 * 60_000);
    const bytes = site.pack(await site.stored(auditNumber), { seed: 2 });
    const link = await beginInParts(party.api, auditNumber, bytes);
    await putMissing(party.api, auditNumber, link, bytes);
    while (site.today() <= known(revisionDueOn)) cloud.clock.advanceBy(12 * 60 * 60_000);
    await expect(party.api('completeUpload', upload(auditNumber, link))).rejects.toMatchObject({
      problem: { type: 'urn:secor:revision-overdue' },
    });
    await settled();
    expect(await countObjects(auditNumber, link)).toBe(0);
  });
});

describe('an upload that ends otherwise', () => {
  test('is aborted: its parts are deleted, and it is never completed', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = site.pack(audit);
    const link = await beginInParts(party.api, auditNumber, bytes);
    const [part] = (await putMissing(party.api, auditNumber, link, bytes)).parts;
    for (let time = 0; time < 2; time += 1)
      expect(await party.api('abortUpload', upload(auditNumber, link))).toEqual({ link, state: 'aborted' });
    expect(await putPart(known(part), bytes)).toEqual({ status: 404, code: 'NoSuchUpload' });
    await expect(party.api('completeUpload', upload(auditNumber, link))).rejects.toMatchObject({
      status: 409,
      problem: {
        type: 'urn:secor:upload-aborted',
        detail: expect.stringContaining('was aborted. Begin a new upload.'),
      },
    });
    expect(await party.api('readUpload', upload(auditNumber, link))).toMatchObject({
      state: 'closed',
      closed: { code: 'upload-aborted', values: { auditNumber, link } },
      parts: [{ isThere: false }],
    });
    expect(await countObjects(auditNumber, link)).toBe(0);
    await uploadInParts(party.api, auditNumber, bytes);
    await settled();
    await expect(party.api('abortUpload', upload(auditNumber, link + 1))).rejects.toMatchObject({
      problem: { type: 'urn:secor:upload-complete' },
    });
    expect(await read(party, auditNumber)).toMatchObject({ revision: 1 });
  });

  test('expires after its days', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = site.pack(audit);
    const link = await beginInParts(party.api, auditNumber, bytes);
    await putMissing(party.api, auditNumber, link, bytes);
    cloud.clock.advanceBy(maxUploadDays * 24 * 60 * 60_000);
    expect(await party.api('readUpload', upload(auditNumber, link))).toMatchObject({
      state: 'closed',
      closed: { code: 'upload-expired' },
    });
    await expect(party.api('completeUpload', upload(auditNumber, link))).rejects.toMatchObject({
      problem: { detail: expect.stringContaining('was not completed within 7 days. Begin a new upload.') },
    });
  });

  test('of no archive is refused by letter, as one that came in one part', async () => {
    const party = await enrol();
    const { auditNumber } = await registered(party);
    const link = await uploadInParts(party.api, auditNumber, Buffer.from('no archive'));
    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ state: 'registered', refusal: { link } });
    expect(outline(await lettersTo(party), party)).toEqual([
      expect.stringContaining('assessor: SECOR audit: package refused'),
    ]);
  });

  test('fails before its parts are put together: the next call completes it, once', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = site.pack(audit);
    const link = await beginInParts(party.api, auditNumber, bytes);
    await putMissing(party.api, auditNumber, link, bytes);
    const at = { principal: physical('assessor-api'), service: 's3', operation: 'CompleteMultipartUpload' } as const;
    const mend = cloud.faults.inject({ ...at, kind: 'error' });
    onTestFinished(mend);
    await expect(party.api('completeUpload', upload(auditNumber, link))).rejects.toMatchObject({ status: 500 });
    mend();
    await expect(party.api('abortUpload', upload(auditNumber, link))).rejects.toMatchObject({ status: 409 });
    expect(await party.api('readUpload', upload(auditNumber, link))).toMatchObject({ state: 'open' });
    expect(await party.api('completeUpload', upload(auditNumber, link))).toEqual({ link, state: 'complete' });
    await settled();
    expect(await countObjects(auditNumber, link)).toBe(1);
    expect(await read(party, auditNumber)).toMatchObject({ state: 'pending review', revision: 1 });
  });

  test('is completed though S3’s answer is lost: by what the table says', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = site.pack(audit);
    const link = await beginInParts(party.api, auditNumber, bytes);
    await putMissing(party.api, auditNumber, link, bytes);
    // As the function leaves it when it is killed between S3's answer and its own.
    const begun = known(await readUploadInParts(site.store, auditNumber, link));
    const lost = { ...begun, version: begun.version + 1, state: 'completing' } as const;
    await commit(site.store, { at: begun.begunAt, replace: [uploadInPartsItem(lost)] });
    await completeParts(
      { s3: new S3Client({}), bucket: output(cloud, 'PackagesBucket') },
      lost,
      known(await listParts({ s3: new S3Client({}), bucket: output(cloud, 'PackagesBucket') }, lost)),
    );
    expect(await party.api('readUpload', upload(auditNumber, link))).toMatchObject({ state: 'complete' });
    expect(await party.api('completeUpload', upload(auditNumber, link))).toEqual({ link, state: 'complete' });
    await settled();
    expect(await countObjects(auditNumber, link)).toBe(1);
    expect(await read(party, auditNumber)).toMatchObject({ state: 'pending review', revision: 1 });
  });

  test('a completion and an abort at once: one of both', async () => {
    const party = await enrol();
    const audit = await registered(party);
    const { auditNumber } = audit;
    const bytes = site.pack(audit);
    for (let round = 0; round < 5; round += 1) {
      const link = await beginInParts(party.api, auditNumber, bytes);
      await putMissing(party.api, auditNumber, link, bytes);
      // In the first round, S3 hears of the completion after the abort was recorded, and before it is asked to abort.
      const slow = { principal: physical('assessor-api'), service: 's3', kind: 'delay', times: 1 } as const;
      if (round === 0) {
        cloud.faults.inject({ ...slow, operation: 'ListParts', milliseconds: 400 });
        cloud.faults.inject({ ...slow, operation: 'AbortMultipartUpload', milliseconds: 1_000 });
      }
      const [completed, aborted] = await Promise.allSettled([
        party.api('completeUpload', upload(auditNumber, link)),
        party.api('abortUpload', upload(auditNumber, link)),
      ]);
      expect([completed.status, aborted.status].toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await countObjects(auditNumber, link)).toBe(completed.status === 'fulfilled' ? 1 : 0);
      cloud.faults.clear();
    }
  });
});

test('a binder’s package comes in parts from an administrator', async () => {
  const { assessor, employer, api } = await enrol();
  const day = site.today();
  const { auditNumber, kind } = await administrator('recordBinder', {
    body: {
      employerId: employer.employerId,
      assessorId: assessor.assessorId,
      kind: 'certification',
      endedOn: addDays(day, -3),
      postmarkedOn: day,
      receivedOn: day,
    },
  });
  const link = await uploadInParts(administrator, auditNumber, site.pack({ auditNumber, kind }));
  await settled();
  expect(await site.stored(auditNumber)).toMatchObject({ state: 'pending review', revision: 1, links: 1 });
  const revision = { parameters: { auditNumber, revision: 'latest' } } as const;
  const [own, administrators] = [await api('readRevision', revision), await administrator('readRevision', revision)];
  expect(own).toEqual(administrators);
  expect(own).toMatchObject({ link, revision: 1 });
});

test('a revision is read by its number, without a word of the review', async () => {
  const party = await enrol();
  const auditNumber = await site.underReview(party);
  const audit = await site.stored(auditNumber);
  const { reviewer } = await desk.reviewerOf(auditNumber);
  await desk.askForRevision(reviewer, auditNumber);
  await desk.answerAll(party, auditNumber);
  const photo = documentOf('png', 3_000);
  await desk.submit(party, auditNumber, { seed: 2, documents: [{ name: 'evidence/photo.png', data: photo }] });
  const revision = (number: string, api: ApiClient = party.api) =>
    api('readRevision', { parameters: { auditNumber, revision: number } });
  const latest = await revision('latest');
  expect(latest).toEqual(await revision('2'));
  expect(latest).toMatchObject({
    auditNumber,
    revision: 2,
    protocol: audit.protocol,
    layout: 'done',
    recordsMonths: 12,
  });
  expect(latest.documents).toContainEqual({
    path: 'evidence/photo.png',
    type: 'image/png',
    bytes: photo.length,
    crc32: crc32(photo).toString(16).padStart(8, '0'),
  });
  expect((await revision('1')).documents.map(({ path }) => path)).not.toContain('evidence/photo.png');
  const review = await readReview(administrator, auditNumber);
  const own = review.answers.map(({ awarded, available, asked, reviewNotes, ...answer }) => answer);
  expect(latest.answers).toEqual(own);
  await expect(revision('3')).rejects.toMatchObject({ status: 404 });
  await expect(revision('last')).rejects.toMatchObject({
    problem: { problems: [{ message: 'must be the number of a revision, such as 1, or "latest"' }] },
  });
});
