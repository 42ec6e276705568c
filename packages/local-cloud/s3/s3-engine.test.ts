import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EngineRequest } from '../engine.ts';
import type { ObjectCreated } from './notification.ts';
import { errorOf, serveS3 } from './served-engine.fixture.ts';

const Bucket = 'packages';

test('an object comes back as it was put, with its headers and metadata', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const Key = 'packages/123456789/1 + é (final).zip';
  const put = await client.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: 'hello',
      ContentType: 'application/zip',
      ContentDisposition: 'attachment',
      Metadata: { audit: '123456789' },
    }),
  );
  expect(put.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
  expect(put.VersionId).toMatch(/^[\w-]{32}$/);
  expect(put.ChecksumCRC32).toBe('NhCmhg==');

  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  expect(await got.Body?.transformToString()).toBe('hello');
  expect(got).toMatchObject({
    ETag: put.ETag,
    VersionId: put.VersionId,
    ContentLength: 5,
    ContentType: 'application/zip',
    ContentDisposition: 'attachment',
    Metadata: { audit: '123456789' },
    LastModified: new Date('2026-11-23T12:00:00.000Z'),
    ServerSideEncryption: 'AES256',
    ChecksumCRC32: 'NhCmhg==',
    ChecksumType: 'FULL_OBJECT',
  });
  expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({ ContentLength: 5, ETag: put.ETag });
});

test('an empty object is an object', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: false });
  const client = served.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: new Uint8Array() }));
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
  expect(await got.Body?.transformToString()).toBe('');
  expect(got.ETag).toBe('"d41d8cd98f00b204e9800998ecf8427e"');
});

test('ranges give the bytes asked for, and 416 beyond the end', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '0123456789' }));
  const read = async (Range: string) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', Range }));
    return { status: got.$metadata.httpStatusCode, range: got.ContentRange, body: await got.Body?.transformToString() };
  };
  expect(await read('bytes=2-4')).toEqual({ status: 206, range: 'bytes 2-4/10', body: '234' });
  expect(await read('bytes=8-')).toEqual({ status: 206, range: 'bytes 8-9/10', body: '89' });
  expect(await read('bytes=-3')).toEqual({ status: 206, range: 'bytes 7-9/10', body: '789' });
  await expect(read('bytes=10-')).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
});

test('every version stays readable; a delete hides, and removing the marker shows again', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const first = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
  const second = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'two' }));
  const read = async (VersionId?: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId }))).Body?.transformToString();
  expect(await read()).toBe('two');
  expect(await read(first.VersionId)).toBe('one');

  const hidden = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  expect(hidden.DeleteMarker).toBe(true);
  await expect(read()).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
  await expect(read(hidden.VersionId)).rejects.toMatchObject({ name: 'MethodNotAllowed' });
  expect(await read(second.VersionId)).toBe('two');

  const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
  expect(listed.Versions?.map((version) => [version.VersionId, version.IsLatest])).toEqual([
    [second.VersionId, false],
    [first.VersionId, false],
  ]);
  expect(listed.DeleteMarkers).toMatchObject([{ VersionId: hidden.VersionId, IsLatest: true }]);

  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: hidden.VersionId }));
  expect(await read()).toBe('two');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: second.VersionId }));
  expect(await read()).toBe('one');
  await expect(read(second.VersionId)).rejects.toMatchObject({ name: 'NoSuchVersion' });
  await expect(read('no-version')).rejects.toMatchObject({ name: 'InvalidArgument' });
});

test('without versions the last one put stays, and a delete removes it', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: false });
  const client = served.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
  const put = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'two' }));
  expect(put.VersionId).toBeUndefined();
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(await got.Body?.transformToString()).toBe('two');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({ name: 'NoSuchKey' });
  expect((await client.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toBeUndefined();
});

test('conditions of readers and writers', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one', IfNoneMatch: '*' }));
  const get = (condition: object) => client.send(new GetObjectCommand({ Bucket, Key: 'k', ...condition }));
  expect(await (await get({ IfMatch: ETag })).Body?.transformToString()).toBe('one');
  await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  const put = (condition: object) => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'two', ...condition }));
  await expect(put({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await expect(put({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  for (const condition of [{ IfMatch: '*' }, { IfMatch: '*', IfNoneMatch: '*' }, { IfMatch: ETag, IfNoneMatch: '*' }])
    await expect(put(condition)).rejects.toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
  await expect(put({ IfNoneMatch: ETag })).rejects.toMatchObject({ name: 'NotImplemented' });
  await put({ IfMatch: ETag });
  await expect(put({ IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
});

test('of writers that want the object not to be there yet, one wins', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const results = await Promise.allSettled(
    ['one', 'two', 'three', 'four'].map((Body) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'k', Body, IfNoneMatch: '*' })),
    ),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await client.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toHaveLength(1);
});

test('an answer that has begun gives the object as it was, whatever happens to it meanwhile', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: false });
  const client = served.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
  const { body } = await served.engine.handle({
    method: 'GET',
    path: `/${Bucket}/k`,
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.alloc(0),
    principal: { kind: 'operator' },
  });
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'two' }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  if (!(body instanceof Readable)) throw new Error('The body is no stream');
  expect(await text(body)).toBe('one');
});

test('the answer can be given another type and name, but not to the anonymous', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
  const got = await client.send(
    new GetObjectCommand({
      Bucket,
      Key: 'k',
      ResponseContentType: 'application/pdf',
      ResponseContentDisposition: 'attachment; filename="report.pdf"',
    }),
  );
  expect(got).toMatchObject({
    ContentType: 'application/pdf',
    ContentDisposition: 'attachment; filename="report.pdf"',
  });
  await got.Body?.transformToString();
  const anonymous = await fetch(`${served.endpoint}/${Bucket}/k?response-content-type=a/b`);
  expect(errorOf(await anonymous.text()).code).toBe('InvalidRequest');
});

test('lists by prefix and delimiter, page by page, in the order of the keys', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const keys = ['a/1', 'a/2', 'a/b/3', 'a/b/4', 'a/c/5', 'a/z', 'b/6', 'a', 'a/é & <x>'];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/2' }));

  const all: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
    expect(page.Contents?.length).toBeLessThanOrEqual(2);
    all.push(...(page.Contents ?? []).map((object) => object.Key));
  }
  expect(all).toEqual(['a', 'a/1', 'a/b/3', 'a/b/4', 'a/c/5', 'a/z', 'a/é & <x>', 'b/6']);

  const grouped: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 1 }, { Bucket, Prefix: 'a/', Delimiter: '/' })) {
    grouped.push(...(page.Contents ?? []).map((object) => object.Key));
    grouped.push(...(page.CommonPrefixes ?? []).map((group) => group.Prefix));
  }
  expect(grouped).toEqual(['a/1', 'a/b/', 'a/c/', 'a/z', 'a/é & <x>']);

  const after = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'a/c/5', Prefix: 'a/' }));
  expect(after.Contents).toMatchObject([{ Key: 'a/z', Size: 3 }, { Key: 'a/é & <x>' }]);
  expect(after).toMatchObject({ KeyCount: 2, IsTruncated: false });
});

test('the pages of a list together are what a plain filter of the sorted keys gives', async () => {
  await using served = await serveS3();
  const client = served.client();
  const keys = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '😀'), minLength: 1, maxLength: 5 }),
  );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.constantFrom('', 'a', 'é/'),
      fc.constantFrom('', '/', 'ab'),
      async (all, prefix, delimiter) => {
        count += 1;
        const bucket = `bucket-${count}`;
        served.engine.createBucket(bucket, { versioned: false });
        for (const Key of all) await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
        const expected = new Set(
          all
            .filter((key) => key.startsWith(prefix))
            .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
            .map((key) => {
              const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
              return end < 0 ? key : `group ${key.slice(0, end + delimiter.length)}`;
            }),
        );
        const listed: (string | undefined)[] = [];
        const pages = paginateListObjectsV2(
          { client, pageSize: 1 },
          { Bucket: bucket, Prefix: prefix, Delimiter: delimiter },
        );
        for await (const page of pages) {
          listed.push(...(page.Contents ?? []).map((object) => object.Key));
          listed.push(...(page.CommonPrefixes ?? []).map((group) => `group ${group.Prefix}`));
        }
        expect(listed).toEqual([...expected]);
      },
    ),
    { numRuns: 25 },
  );
});

test('what is missing is hidden from those who may not list', async () => {
  await using served = await serveS3({
    mayList: (principal, bucket) => principal.kind === 'role' && bucket !== Bucket,
  });
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  await expect(client.send(new GetObjectCommand({ Bucket: 'none', Key: 'k' }))).rejects.toMatchObject({
    name: 'NoSuchBucket',
  });
});

test('a stream comes aws-chunked with a trailing checksum, for each algorithm', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'k',
        Body: Readable.from([Buffer.alloc(100_000, 1), Buffer.from('end')]),
        ContentLength: 100_003,
        ContentEncoding: 'gzip',
        ChecksumAlgorithm,
      }),
    );
    expect(put[`Checksum${ChecksumAlgorithm}`]).toBeTruthy();
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    expect((await got.Body?.transformToByteArray())?.length).toBe(100_003);
    expect(got.ContentEncoding).toBe('gzip');
    expect(got[`Checksum${ChecksumAlgorithm}`]).toBe(put[`Checksum${ChecksumAlgorithm}`]);
  }
});

test('what comes without a checksum gets one, told where the whole object is read', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  const put = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '123456789' }));
  expect(put).toMatchObject({ ChecksumCRC64NVME: 'rosUhgp5mIg=', ChecksumType: 'FULL_OBJECT' });
  const read = async (Range?: string) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', Range, ChecksumMode: 'ENABLED' }));
    return [got.$metadata.httpStatusCode, got.ChecksumCRC64NVME, await got.Body?.transformToString()];
  };
  expect(await read()).toEqual([200, 'rosUhgp5mIg=', '123456789']);
  expect(await read('bytes=0-8')).toEqual([206, 'rosUhgp5mIg=', '123456789']);
  expect(await read('bytes=0-7')).toEqual([206, undefined, '12345678']);
  const silent = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  expect(silent.ChecksumCRC64NVME).toBeUndefined();
});

const CHUNKED = {
  'content-encoding': 'aws-chunked',
  'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'x-amz-trailer': 'x-amz-checksum-crc32',
  'x-amz-decoded-content-length': '5',
};

test.each([
  ['a wrong trailing checksum', CHUNKED, '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'BadDigest'],
  ['a missing trailer', CHUNKED, '5\r\nhello\r\n0\r\n\r\n', 'MalformedTrailerError'],
  ['no last chunk', CHUNKED, '5\r\nhello\r\n', 'IncompleteBody'],
  ['fewer bytes than announced', CHUNKED, '4\r\nhell\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'IncompleteBody'],
  ['more bytes than announced', CHUNKED, '6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'IncompleteBody'],
  ['signed chunks', { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }, 'hello', 'NotImplemented'],
  ['a wrong hash of the payload', { 'x-amz-content-sha256': 'a'.repeat(64) }, 'hello', 'XAmzContentSHA256Mismatch'],
  ['a hash that is none', { 'x-amz-content-sha256': 'none' }, 'hello', 'InvalidArgument'],
  ['a wrong checksum', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'hello', 'BadDigest'],
  ['a checksum that is none', { 'x-amz-checksum-crc32': 'AAAA' }, 'hello', 'InvalidRequest'],
  [
    'two checksums',
    { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-crc32c': 'NhCmhg==' },
    'hello',
    'InvalidRequest',
  ],
  ['a wrong MD5', { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }, 'hello', 'BadDigest'],
  ['an MD5 that is none', { 'content-md5': 'AAAA' }, 'hello', 'InvalidDigest'],
  ['tags', { 'x-amz-tagging': 'a=b' }, 'hello', 'NotImplemented'],
  ['too much metadata', { 'x-amz-meta-a': 'x'.repeat(2048) }, 'hello', 'MetadataTooLarge'],
])('%s makes no object', async (_, headers, body, code) => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const response = await fetch(`${served.endpoint}/${Bucket}/k`, { method: 'PUT', headers, body });
  expect(errorOf(await response.text()).code).toBe(code);
  const listed = await served.client().send(new ListObjectsV2Command({ Bucket }));
  expect(listed.KeyCount).toBe(0);
});

test.each([
  ['k'.repeat(1025), 'KeyTooLongError'],
  ['%zz', 'InvalidURI'],
])('no object can have the key %.8s', async (key, code) => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const response = await fetch(`${served.endpoint}/${Bucket}/${key}`, { method: 'PUT', body: 'x' });
  expect(response.status).toBe(400);
  expect(errorOf(await response.text()).code).toBe(code);
});

test('tags are those of one version, and given anew as a whole', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const client = served.client();
  const put = () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const [first, second] = [await put(), await put()];
  const tag = (VersionId: string | undefined, ...TagSet: { Key: string; Value: string }[]) =>
    client.send(new PutObjectTaggingCommand({ Bucket, Key: 'k', VersionId, Tagging: { TagSet } }));
  const tags = async (VersionId?: string) =>
    (await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k', VersionId }))).TagSet;
  await tag(first.VersionId, { Key: 'a', Value: '1' }, { Key: 'b', Value: '' });
  await tag(first.VersionId, { Key: 'refused', Value: 'true' });
  expect(await tags(first.VersionId)).toEqual([{ Key: 'refused', Value: 'true' }]);
  expect(await tags()).toEqual([]);
  await expect(tag(second.VersionId, { Key: 'a', Value: '1' }, { Key: 'a', Value: '2' })).rejects.toMatchObject({
    name: 'InvalidTag',
  });
  const many = Array.from({ length: 11 }, (_, index) => ({ Key: `${index}`, Value: '' }));
  await expect(tag(second.VersionId, ...many)).rejects.toMatchObject({ name: 'BadRequest' });
  await expect(tag('x'.repeat(32), { Key: 'a', Value: '1' })).rejects.toMatchObject({ name: 'NoSuchVersion' });
  expect(await tags()).toEqual([]);
});

test('what S3 can do and this one cannot is refused by name', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  await expect(served.client().send(new GetObjectAclCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
    name: 'NotImplemented',
    message: expect.stringContaining('GetObjectAcl'),
    $metadata: { httpStatusCode: 501 },
  });
});

test('a browser of an allowed origin is let through, another is not', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  served.engine.setCors(Bucket, [
    {
      allowedOrigins: ['https://*.example.com'],
      allowedMethods: ['GET', 'POST'],
      allowedHeaders: ['x-amz-*', 'content-type'],
      exposedHeaders: ['ETag'],
      maxAgeSeconds: 600,
    },
  ]);
  const ask = (origin: string, method: string, headers: string) =>
    fetch(`${served.endpoint}/${Bucket}/k`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    });
  const allowed = await ask('https://portal.example.com', 'POST', 'Content-Type, x-amz-date');
  expect(allowed.status).toBe(200);
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': 'https://portal.example.com',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type, x-amz-date',
    'access-control-expose-headers': 'ETag',
    'access-control-max-age': '600',
  });
  expect((await ask('https://example.org', 'POST', '')).status).toBe(403);
  expect((await ask('https://portal.example.com', 'DELETE', '')).status).toBe(403);
  expect((await ask('https://portal.example.com', 'POST', 'authorization')).status).toBe(403);

  const refused = await fetch(`${served.endpoint}/${Bucket}/k`, { headers: { origin: 'https://portal.example.com' } });
  expect(refused.status).toBe(404);
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://portal.example.com');
});

test('each object created is told with a sequencer greater than the one before', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const events: ObjectCreated[] = [];
  served.engine.onObjectCreated(async (event) => void events.push(event));
  const client = served.client();
  const first = await client.send(new PutObjectCommand({ Bucket, Key: 'a b', Body: 'hello' }));
  for (let count = 0; count < 20; count += 1)
    await client.send(new PutObjectCommand({ Bucket, Key: 'a b', Body: 'x' }));
  expect(events[0]).toEqual({
    bucket: Bucket,
    key: 'a b',
    versionId: first.VersionId,
    size: 5,
    etag: '5d41402abc4b2a76b9719d911017c592',
    sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
    eventTime: '2026-11-23T12:00:00.250Z',
    eventName: 'ObjectCreated:Put',
    principalId: expect.stringMatching(/^AWS:A[0-9A-F]{20}:intake$/),
  });
  const sequencers = events.map((event) => event.sequencer);
  expect(sequencers).toHaveLength(21);
  expect([...new Set(sequencers)].sort()).toEqual(sequencers);
});

test.each([
  ['PUT', '/b/k%20%2B', '', 'PutObject', [{ action: 's3:PutObject', resource: 'arn:aws:s3:::b/k +' }]],
  ['GET', '/b/k', '', 'GetObject', [{ action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' }]],
  ['GET', '/b/k', 'versionId=v', 'GetObject', [{ action: 's3:GetObjectVersion', resource: 'arn:aws:s3:::b/k' }]],
  ['HEAD', '/b/k', 'versionId=v', 'HeadObject', [{ action: 's3:GetObjectVersion', resource: 'arn:aws:s3:::b/k' }]],
  ['DELETE', '/b/k', '', 'DeleteObject', [{ action: 's3:DeleteObject', resource: 'arn:aws:s3:::b/k' }]],
  [
    'DELETE',
    '/b/k',
    'versionId=v',
    'DeleteObject',
    [{ action: 's3:DeleteObjectVersion', resource: 'arn:aws:s3:::b/k' }],
  ],
  [
    'GET',
    '/b',
    'list-type=2&prefix=p%2F',
    'ListObjectsV2',
    [{ action: 's3:ListBucket', resource: 'arn:aws:s3:::b', context: { 's3:prefix': 'p/' } }],
  ],
  ['POST', '/b/k', 'uploads', 'CreateMultipartUpload', [{ action: 's3:PutObject', resource: 'arn:aws:s3:::b/k' }]],
  ['PUT', '/b/k', 'uploadId=u&partNumber=1', 'UploadPart', [{ action: 's3:PutObject', resource: 'arn:aws:s3:::b/k' }]],
  ['POST', '/b/k', 'uploadId=u', 'CompleteMultipartUpload', [{ action: 's3:PutObject', resource: 'arn:aws:s3:::b/k' }]],
  [
    'DELETE',
    '/b/k',
    'uploadId=u',
    'AbortMultipartUpload',
    [{ action: 's3:AbortMultipartUpload', resource: 'arn:aws:s3:::b/k' }],
  ],
  ['GET', '/b/k', 'uploadId=u', 'ListParts', [{ action: 's3:ListMultipartUploadParts', resource: 'arn:aws:s3:::b/k' }]],
  ['POST', '/b', '', 'PostObject', []],
  ['OPTIONS', '/b/k', '', 'OptionsObject', []],
])('%s %s?%s is %s', async (method, path, query, operation, authorizations) => {
  await using served = await serveS3();
  const request: EngineRequest = {
    method,
    path,
    query: new URLSearchParams(query),
    headers: {},
    body: Buffer.alloc(0),
    principal: { kind: 'operator' },
  };
  expect(served.engine.operation(request)).toBe(operation);
  expect(await served.engine.authorizations(request)).toEqual(authorizations);
});

test('200 MB go in and out with bounded memory', async () => {
  await using served = await serveS3();
  served.engine.createBucket(Bucket, { versioned: true });
  const size = 200 * 1024 * 1024;
  const block = Buffer.alloc(1024 * 1024, 7);
  const sent = createHash('md5');
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = () => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
  };
  const response = await new Promise<string | undefined>((resolve, reject) => {
    const put = httpRequest(
      `${served.endpoint}/${Bucket}/large`,
      { method: 'PUT', headers: { 'content-length': size } },
      (incoming) => {
        incoming.resume();
        resolve(incoming.headers.etag);
      },
    );
    put.on('error', reject);
    Readable.from(
      (function* () {
        for (let count = 0; count < 200; count += 1) {
          watch();
          sent.update(block);
          yield block;
        }
      })(),
    ).pipe(put);
  });
  const md5 = sent.digest('hex');
  expect(response).toBe(`"${md5}"`);

  const received = createHash('md5');
  const got = await fetch(`${served.endpoint}/${Bucket}/large`);
  for await (const chunk of got.body ?? []) {
    watch();
    received.update(chunk);
  }
  expect(received.digest('hex')).toBe(md5);
  expect(peak).toBeLessThan(120 * 1024 * 1024);
});
