import { crc32 } from 'node:zlib';
import { AbortMultipartUploadCommand } from '@aws-sdk/client-s3';
import { commit, listParts, readAudit, readUploadInParts } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Buckets, openBuckets } from '../testing/buckets.fixture.ts';
import { addAudit, at } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { outlookOf } from './outlook.ts';
import { abortUploadCall, beginUploadCall, completeUploadCall, readUploadCall } from './uploads-in-parts.ts';

const auditNumber = '400000001';
const bytes = Buffer.from('a package of one part');
let desk: Awaited<ReturnType<typeof openProgram>>;
let buckets: Buckets;
let dependencies: Parameters<typeof beginUploadCall>[0];
beforeEach(async () => {
  desk = await openProgram();
  buckets = await openBuckets();
  const { records, packages } = buckets;
  dependencies = { store: desk.store, records, packages, outlook: outlookOf(desk.store) };
  await addAudit(desk.store, auditNumber);
});
afterEach(() => buckets.close());

const ofRobin = { ...common, caller: as.robin };
const named = { ...ofRobin, parameters: { auditNumber, link: 1 } };
const begin = () =>
  beginUploadCall(dependencies)({
    ...ofRobin,
    parameters: { auditNumber },
    body: { bytes: bytes.length, crc32: [crc32(bytes).toString(16).padStart(8, '0')] },
  });
const read = () => readUploadCall(dependencies)(named);
const complete = () => completeUploadCall(dependencies)(named);
const abort = () => abortUploadCall(dependencies)(named);
const stored = async () => {
  const upload = await readUploadInParts(desk.store, auditNumber, 1);
  if (upload === undefined) throw new Error('There is no upload.');
  return upload;
};

/** Puts the only part by its link. */
async function put(): Promise<void> {
  const [part] = (await read()).parts;
  if (part?.upload === undefined) throw new Error('The part has no link.');
  const { url, headers } = part.upload;
  expect((await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status).toBe(200);
}

/** Does something in the moment before an operation of S3 is carried out, once. */
function before(operation: string, happens: () => Promise<unknown>): void {
  let left = 1;
  buckets.s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === `${operation}Command` && left-- > 0) await happens();
        return next(args);
      },
    { step: 'initialize' },
  );
}

const key = `packages/${auditNumber}/1.zip`;

describe('an upload in parts', () => {
  it('is recorded with its number after S3 has begun it; what was not recorded is of no use to anybody', async () => {
    // Another write comes first: S3 begins a second one, and the first has no parts.
    before('CreateMultipartUpload', async () => {
      const audit = await readAudit(desk.store, auditNumber);
      if (audit === undefined) throw new Error('There is no audit.');
      const changed = { ...audit, version: audit.version + 1 };
      await commit(desk.store, { at, audit: { audit: changed, events: [] } });
    });
    expect(await begin()).toEqual({ link: 1, parts: 1, partBytes: 16_777_216, expiresAt: '2026-11-30T18:00:00.000Z' });
    expect(buckets.countCalls('CreateMultipartUpload', key)).toBe(2);
    expect(await listParts(dependencies.packages, await stored())).toEqual([]);
    expect((await readAudit(desk.store, auditNumber))?.links).toBe(1);
  });

  it('is never completed once its abort is recorded, though S3 has not heard of the abort', async () => {
    await begin();
    await put();
    // The abort comes between the completion's look at the parts and its record; S3 is asked to abort last.
    before('AbortMultipartUpload', () => Promise.reject(new Error('The line broke.')));
    before('ListParts', () => abort().catch(() => {}));
    await expect(complete()).rejects.toMatchObject({ details: { type: 'urn:secor:upload-aborted' } });
    expect(buckets.countCalls('CompleteMultipartUpload', key)).toBe(0);
    expect(await stored()).toMatchObject({ state: 'aborted' });
    // The abort that failed is made again, and the parts are gone.
    expect(await abort()).toEqual({ link: 1, state: 'aborted' });
    expect(await listParts(dependencies.packages, await stored())).toBeUndefined();
  });

  it('is never aborted once its completion is recorded', async () => {
    await begin();
    await put();
    before('CompleteMultipartUpload', () =>
      expect(abort()).rejects.toMatchObject({ details: { type: 'urn:secor:upload-complete' } }),
    );
    expect(await complete()).toEqual({ link: 1, state: 'complete' });
    expect(buckets.countCalls('AbortMultipartUpload', key)).toBe(0);
    expect(await read()).toMatchObject({ state: 'complete', parts: [{ isThere: true }] });
  });

  it('is put together once, however often it is completed', async () => {
    await begin();
    await put();
    const [part] = (await read()).parts;
    expect(part).toMatchObject({ part: 1, bytes: bytes.length, isThere: true });
    expect(part?.upload).toBeUndefined();
    expect(await complete()).toEqual({ link: 1, state: 'complete' });
    expect(await complete()).toEqual({ link: 1, state: 'complete' });
    expect(buckets.countCalls('CompleteMultipartUpload', key)).toBe(1);
  });

  it('that S3 does not have, and nobody completed, is not there any more', async () => {
    await begin();
    const open = await stored();
    await dependencies.packages.s3.send(
      new AbortMultipartUploadCommand({
        Bucket: 'packages',
        Key: key,
        UploadId: open.uploadId,
      }),
    );
    expect(await read()).toMatchObject({ state: 'closed', closed: { code: 'upload-gone' } });
    await expect(complete()).rejects.toMatchObject({ details: { type: 'urn:secor:upload-gone' } });
  });
});
