import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { startChecksum } from './checksum.ts';
import type { ObjectCreated } from './notification.ts';
import { serveS3 } from './served-engine.fixture.ts';

const Bucket = 'records';
const Key = 'reports/1.pdf';
const MIB5 = 5 * 1024 * 1024;
const parts = [Buffer.alloc(MIB5, 1), Buffer.alloc(MIB5, 2), Buffer.from('the end')];

async function begin(client: S3Client, input: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  if (UploadId === undefined) throw new Error('No upload was begun');
  return UploadId;
}

async function upload(client: S3Client, UploadId: string, bodies: readonly Buffer[]) {
  const Parts: { PartNumber: number; ETag: string | undefined; ChecksumCRC32: string | undefined }[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    );
    Parts.push({ PartNumber, ETag, ChecksumCRC32 });
  }
  return Parts;
}

test('parts become one object, with the ETag and the composite checksum of S3', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const events: ObjectCreated[] = [];
  served.engine.onObjectCreated(async (event) => void events.push(event));
  const client = served.client();
  const UploadId = await begin(client, {
    ContentType: 'application/pdf',
    Metadata: { a: 'b' },
    ChecksumAlgorithm: 'CRC32',
  });
  await upload(client, UploadId, [Buffer.from('replaced')]);
  const Parts = await upload(client, UploadId, parts);
  const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
  expect(listed).toMatchObject({
    IsTruncated: true,
    NextPartNumberMarker: '2',
    Parts: [
      { PartNumber: 1, Size: MIB5 },
      { PartNumber: 2, Size: MIB5 },
    ],
  });
  await expect(client.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NotFound' });

  const complete = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
  const done = await client.send(complete);
  const md5s = parts.map((part) => createHash('md5').update(part).digest());
  expect(done.ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3"`);
  expect(done.ChecksumType).toBe('COMPOSITE');
  expect(done.ChecksumCRC32).toMatch(/-3$/);

  const got = await client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=-8' }));
  expect(await got.Body?.transformToString()).toBe('\u0002the end');
  expect(got).toMatchObject({ ContentType: 'application/pdf', Metadata: { a: 'b' }, VersionId: done.VersionId });
  expect(events).toMatchObject([
    { eventName: 'ObjectCreated:CompleteMultipartUpload', size: 2 * MIB5 + 7, etag: done.ETag?.replaceAll('"', '') },
  ]);
  await expect(client.send(complete)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

test('a checksum of the whole object is the one of its bytes', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: false });
  const client = served.client();
  const UploadId = await begin(client, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const Parts = await upload(client, UploadId, parts);
  const complete = (ChecksumCRC32?: string) =>
    client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ChecksumCRC32 }),
    );
  await expect(complete('AAAAAA==')).rejects.toMatchObject({ name: 'BadDigest' });
  const whole = startChecksum('CRC32');
  for (const part of parts) whole.update(part);
  expect((await complete()).ChecksumCRC32).toBe(whole.digest().toString('base64'));
});

test('what does not fit together is refused, and the upload stays', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const UploadId = await begin(client);
  const Parts = await upload(client, UploadId, [Buffer.from('small'), ...parts]);
  const [small, first, second, last] = Parts;
  if (!small || !first || !second || !last) throw new Error('Parts are missing');
  const complete = (chosen: typeof Parts) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: chosen } }));
  await expect(complete(Parts)).rejects.toMatchObject({ name: 'EntityTooSmall' });
  await expect(complete([second, first])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expect(complete([first, { ...second, PartNumber: 9 }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(complete([first, { ...second, ETag: first.ETag }])).rejects.toMatchObject({ name: 'InvalidPart' });
  await expect(complete([])).rejects.toMatchObject({ name: 'MalformedXML' });
  await expect(
    client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 10_001, Body: 'x' })),
  ).rejects.toMatchObject({ name: 'InvalidArgument' });
  expect((await complete([first, last])).ETag).toMatch(/-2"$/);
});

test('a part with another checksum than the upload was begun with is refused', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const UploadId = await begin(client, { ChecksumAlgorithm: 'SHA256' });
  await expect(upload(client, UploadId, [Buffer.from('part')])).rejects.toMatchObject({ name: 'InvalidRequest' });
  expect((await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))).Parts).toBeUndefined();
});

test('an upload with checksums is completed with the checksum of each part, and without a gap', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const UploadId = await begin(client, { ChecksumAlgorithm: 'CRC32' });
  const [first, second, last] = await upload(client, UploadId, parts);
  if (!first || !second || !last) throw new Error('Parts are missing');
  const complete = (Parts: readonly object[]) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: [...Parts] } }));
  const { ChecksumCRC32: _, ...bare } = second;
  await expect(complete([first, bare, last])).rejects.toMatchObject({
    name: 'InvalidRequest',
    message: expect.stringContaining('It was missing for part 2 in the request.'),
  });
  await expect(complete([first, last])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  expect((await complete([first, second, last])).ETag).toMatch(/-3"$/);
});

test('an aborted upload is gone', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const UploadId = await begin(client);
  await upload(client, UploadId, [Buffer.from('part')]);
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  await expect(client.send(new ListPartsCommand({ Bucket, Key, UploadId }))).rejects.toMatchObject({
    name: 'NoSuchUpload',
  });
  await expect(upload(client, UploadId, [Buffer.from('part')])).rejects.toMatchObject({ name: 'NoSuchUpload' });
});
