import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AwsError } from '../engine.ts';
import type { ObjectCreated } from './notification.ts';
import { ACCESS_KEY, errorOf, SECRET, type ServedEngine, serveS3 } from './served-engine.fixture.ts';

const Bucket = 'packages';
const Key = 'packages/123456789/1.zip';
const ZIP = 'application/zip';

let served: ServedEngine;
let events: ObjectCreated[] = [];
let mayPost = true;
const asked: unknown[] = [];

beforeAll(async () => {
  served = await serveS3({
    async authorizePost(post) {
      asked.push(post);
      if (!mayPost) throw new AwsError('AccessDenied', 'not authorized to perform: s3:PutObject', 403);
    },
  });
  served.engine.createBucket(Bucket, { versioned: true });
  served.engine.onObjectCreated(async (event) => void events.push(event));
});

beforeEach(() => {
  events = [];
  mayPost = true;
});

afterAll(() => served[Symbol.asyncDispose]());

type Fields = Record<string, string>;

const presign = (options: Partial<PresignedPostOptions> = {}) =>
  createPresignedPost(served.client(), {
    Bucket,
    Key,
    Conditions: [
      ['content-length-range', 1, 100],
      ['eq', '$Content-Type', ZIP],
    ],
    Fields: { 'Content-Type': ZIP },
    Expires: 900,
    ...options,
  });

async function post(fields: Fields, file: string | undefined = 'the package', filename = 'my package.zip') {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== undefined) form.append('file', new Blob([file]), filename);
  return send(form);
}

async function send(body: string | FormData, headers: Record<string, string> = {}) {
  const response = await fetch(`${served.endpoint}/${Bucket}`, { method: 'POST', body, headers });
  const xml = await response.text();
  return { status: response.status, headers: response.headers, xml, ...errorOf(xml) };
}

/** Fields whose policy says just this, signed as the SDK signs. */
function signed(policy: unknown, fields: Fields = {}, secret = SECRET): Fields {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const encoded = Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)).toString('base64');
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [date.slice(0, 8), 'ca-central-1', 's3', 'aws4_request', encoded]) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${ACCESS_KEY}/${date.slice(0, 8)}/ca-central-1/s3/aws4_request`,
    'x-amz-date': date,
    key: Key,
    ...fields,
    policy: encoded,
    'x-amz-signature': key.toString('hex'),
  };
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const lenient = [
  { bucket: Bucket },
  ['starts-with', '$key', ''],
  ['starts-with', '$x-amz-algorithm', ''],
  ['starts-with', '$x-amz-credential', ''],
  ['starts-with', '$x-amz-date', ''],
];

test('a form as the SDK presigns it becomes an object', async () => {
  const { url, fields } = await presign();
  expect(url).toBe(`${served.endpoint}/${Bucket}`);
  const answer = await post(fields);
  expect(answer.status).toBe(204);
  expect(answer.headers.get('location')).toBe(`${served.endpoint}/${Bucket}/${Key}`);
  const got = await served.client().send(new GetObjectCommand({ Bucket, Key }));
  expect(await got.Body?.transformToString()).toBe('the package');
  expect(got).toMatchObject({ ContentType: ZIP, ETag: answer.headers.get('etag') });
  expect(got.VersionId).toBe(answer.headers.get('x-amz-version-id'));
  expect(events).toMatchObject([
    { eventName: 'ObjectCreated:Post', key: Key, size: 11, principalId: `AWS:${ACCESS_KEY}` },
  ]);
  expect(asked).toContainEqual({ accessKeyId: ACCESS_KEY, securityToken: undefined, bucket: Bucket, key: Key });
});

test('an object that came by a form has a checksum that S3 made, with a range that covers it, too', async () => {
  await post((await presign()).fields, '123456789');
  const read = (Range?: string) =>
    served.client().send(new GetObjectCommand({ Bucket, Key, Range, ChecksumMode: 'ENABLED' }));
  for (const got of [await read(), await read('bytes=0-8')]) {
    expect(got).toMatchObject({ ChecksumCRC64NVME: 'rosUhgp5mIg=', ChecksumType: 'FULL_OBJECT' });
    expect(await got.Body?.transformToString()).toBe('123456789');
  }
  expect((await read('bytes=1-8')).ChecksumCRC64NVME).toBeUndefined();
});

test('fields may have a file name, and the file none: what is the file tells its name alone', async () => {
  const { fields } = await presign();
  const boundary = 'a-boundary';
  const part = (name: string, value: string, more = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const parts = Object.entries(fields).map(([name, value]) => part(name, value, '; filename="field.txt"'));
  const body = `${parts.join('')}${part('file', 'the package')}--${boundary}--\r\n`;
  const answer = await send(body, { 'content-type': `multipart/form-data; boundary=${boundary}` });
  expect(answer.status).toBe(204);
  const got = await served.client().send(new GetObjectCommand({ Bucket, Key }));
  expect(await got.Body?.transformToString()).toBe('the package');
});

test('a file without a name may be larger than all fields together', async () => {
  const { fields } = await presign({ Conditions: [['content-length-range', 1, 100_000]], Fields: {} });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', 'x'.repeat(50_000));
  expect((await send(form)).status).toBe(204);
  expect(events.at(-1)?.size).toBe(50_000);
});

test('metadata beyond US-ASCII are kept, and given back encoded', async () => {
  const { fields } = await presign({
    Fields: { 'Content-Type': ZIP, 'x-amz-meta-site': 'Ölfeld 1' },
    Conditions: [['eq', '$Content-Type', ZIP]],
  });
  expect((await post(fields)).status).toBe(204);
  const got = await served.client().send(new GetObjectCommand({ Bucket, Key }));
  expect(got.Metadata).toEqual({ site: '=?UTF-8?Q?=C3=96lfeld_1?=' });
});

test('the answer has the status that the form asks for, and 201 says where the object is', async () => {
  const status = async (wanted: string) => {
    const fields = { 'Content-Type': ZIP, success_action_status: wanted };
    return post((await presign({ Fields: fields })).fields);
  };
  expect((await status('200')).status).toBe(200);
  expect((await status('999')).status).toBe(204);
  const created = await status('201');
  expect(created.status).toBe(201);
  expect(created.xml).toContain(`<Bucket>${Bucket}</Bucket><Key>${Key}</Key>`);
});

test('the name of the file takes its place in the key', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own notation
  const { fields } = await presign({ Key: 'packages/${filename}', Conditions: [['starts-with', '$Content-Type', '']] });
  expect((await post(fields, 'x', 'C:\\docs\\mon été $&.zip')).status).toBe(204);
  expect(events[0]?.key).toBe('packages/mon été $&.zip');
});

test('the bounds of the length range are within it', async () => {
  const { fields } = await presign();
  expect((await post(fields, 'x')).status).toBe(204);
  expect((await post(fields, 'x'.repeat(100))).status).toBe(204);
});

describe('refused, without an object:', () => {
  const refuses = async (
    answer: Promise<{ status: number; code?: string; message?: string; xml: string }>,
    code: string,
  ) => {
    const refused = await answer;
    expect(refused.code).toBe(code);
    expect(events).toEqual([]);
    const listed = await served.client().send(new ListObjectsV2Command({ Bucket, Prefix: 'refused/' }));
    expect(listed.KeyCount).toBe(0);
    return refused;
  };

  test('a file beyond the range, with the limit in the answer', async () => {
    const { fields } = await presign();
    const answer = await refuses(post(fields, 'x'.repeat(101)), 'EntityTooLarge');
    expect(answer.status).toBe(400);
    expect(answer.xml).toContain('<MaxSizeAllowed>100</MaxSizeAllowed>');
  });

  test('a file below the range', async () => {
    const answer = await refuses(post((await presign()).fields, ''), 'EntityTooSmall');
    expect(answer.xml).toContain('<MinSizeAllowed>1</MinSizeAllowed>');
  });

  test('another key, bucket or type than the policy says', async () => {
    const { fields } = await presign();
    const key = await refuses(post({ ...fields, key: 'refused/1.zip' }), 'AccessDenied');
    expect(key.message).toBe(
      `Invalid according to Policy: Policy Condition failed: [&quot;eq&quot;, &quot;$key&quot;, &quot;${Key}&quot;]`,
    );
    expect(key.status).toBe(403);
    await refuses(post({ ...fields, 'Content-Type': 'text/html' }), 'AccessDenied');
    await refuses(post({ ...fields, bucket: 'records' }), 'InvalidArgument');
    const elsewhere = signed({ expiration: inAnHour(), conditions: [...lenient.slice(1), { bucket: 'records' }] });
    await refuses(post(elsewhere), 'AccessDenied');
  });

  test('a key that does not start as it must', async () => {
    const conditions = [...lenient, ['starts-with', '$key', 'packages/1/']];
    await refuses(post(signed({ expiration: inAnHour(), conditions }, { key: 'refused/1' })), 'AccessDenied');
  });

  test('a field that the policy does not speak of, unless it is to be ignored', async () => {
    const { fields } = await presign();
    const extra = await refuses(post({ ...fields, 'x-amz-meta-a': 'b' }), 'AccessDenied');
    expect(extra.message).toBe('Invalid according to Policy: Extra input fields: x-amz-meta-a');
    expect((await post({ ...fields, 'x-ignore-a': 'b' })).status).toBe(204);
  });

  test('a policy that says nothing of the bucket', async () => {
    const bare = signed({ expiration: inAnHour(), conditions: lenient.slice(1) });
    const answer = await refuses(post(bare), 'AccessDenied');
    expect(answer.message).toBe('Invalid according to Policy: Extra input fields: bucket');
  });

  test('an expired policy', async () => {
    const expired = signed({ expiration: new Date(Date.now() - 1).toISOString(), conditions: lenient });
    const answer = await refuses(post(expired), 'AccessDenied');
    expect(answer.message).toBe('Invalid according to Policy: Policy expired.');
  });

  test('a changed policy, a wrong secret, an unknown key, another region', async () => {
    const { fields } = await presign();
    const policy = Buffer.from(JSON.stringify({ expiration: inAnHour(), conditions: lenient })).toString('base64');
    await refuses(post({ ...fields, Policy: policy }), 'SignatureDoesNotMatch');
    await refuses(post(signed({ expiration: inAnHour(), conditions: lenient }, {}, 'other')), 'SignatureDoesNotMatch');
    const credential = fields['X-Amz-Credential'] ?? '';
    await refuses(
      post({ ...fields, 'X-Amz-Credential': credential.replace(ACCESS_KEY, 'AKIDNOBODY') }),
      'InvalidAccessKeyId',
    );
    await refuses(
      post({ ...fields, 'X-Amz-Credential': credential.replace('ca-central-1', 'us-east-1') }),
      'InvalidArgument',
    );
  });

  test('a signer whose role may not put the object', async () => {
    mayPost = false;
    const answer = await refuses(post((await presign()).fields), 'AccessDenied');
    expect(answer.message).toContain('s3:PutObject');
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['no expiration', { conditions: lenient }],
    ['no instant', { expiration: 'tomorrow', conditions: lenient }],
    ['no conditions', { expiration: '2099-01-01T00:00:00Z' }],
    ['an unknown operation', { expiration: '2099-01-01T00:00:00Z', conditions: [['ends-with', '$key', '']] }],
    ['a size that is none', { expiration: '2099-01-01T00:00:00Z', conditions: [['content-length-range', 'a', 1]] }],
  ])('a policy that has %s', async (_, policy) => {
    await refuses(post(signed(policy)), 'InvalidPolicyDocument');
  });

  test('a form without a policy, a key or a file', async () => {
    await refuses(post({ key: 'refused/1' }), 'AccessDenied');
    const { key, ...keyless } = (await presign()).fields;
    expect(key).toBe(Key);
    await refuses(post(keyless), 'InvalidArgument');
    const form = new FormData();
    for (const [name, value] of Object.entries((await presign()).fields)) form.append(name, value);
    await refuses(send(form), 'InvalidArgument');
  });

  test('what is no multipart form, or none that ends, or one with too much before the file', async () => {
    await refuses(send('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 'PreconditionFailed');
    const { fields } = await presign();
    const begun = Object.entries({ ...fields })
      .map(([name, value]) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('');
    const file = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc';
    const type = { 'content-type': 'multipart/form-data; boundary=B' };
    await refuses(send(begun + file, type), 'MalformedPOSTRequest');
    await refuses(send(`${begun}${file}\r\n--B\r\n`, type), 'MalformedPOSTRequest');
    expect((await send(`${begun}${file}\r\n--B--\r\n`, type)).status).toBe(204);
    events = [];
    await refuses(post({ ...fields, 'x-ignore-a': 'x'.repeat(20 * 1024) }), 'MaxPostPreDataLengthExceededError');
  });

  test('a wrong checksum or MD5 of the file', async () => {
    const checksum = { 'Content-Type': ZIP, 'x-amz-checksum-crc32': 'AAAAAA==' };
    await refuses(post((await presign({ Fields: checksum })).fields), 'BadDigest');
    const md5 = { 'Content-Type': ZIP, 'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==' };
    await refuses(post((await presign({ Fields: md5 })).fields), 'BadDigest');
  });

  test('a field that asks for what is not supported', async () => {
    await refuses(
      post((await presign({ Fields: { 'Content-Type': ZIP, acl: 'public-read' } })).fields),
      'NotImplemented',
    );
    const redirect = { 'Content-Type': ZIP, success_action_redirect: 'https://example.com' };
    await refuses(post((await presign({ Fields: redirect })).fields), 'NotImplemented');
  });
});

test('an upload far too large is refused before it has been read, and the connection ends', async () => {
  const { fields } = await presign();
  const begun = Object.entries(fields)
    .map(([name, value]) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('');
  const { hostname, port } = new URL(served.endpoint);
  const socket = connect(Number(port), hostname);
  // Announces 1 GiB, and sends no more than a little over the limit.
  socket.write(
    `POST /${Bucket} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${1024 ** 3}\r\nContent-Type: multipart/form-data; boundary=B\r\n\r\n${begun}--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${'x'.repeat(200)}`,
  );
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer.toLowerCase()).toContain('connection: close');
  expect(errorOf(answer).code).toBe('EntityTooLarge');
});
