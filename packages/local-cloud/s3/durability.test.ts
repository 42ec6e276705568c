import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ObjectCreated } from './notification.ts';
import { serveS3 } from './served-engine.fixture.ts';

const Bucket = 'packages';
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const files = async () => [
  ...(await readdir(join(directory, 'incoming'))),
  ...(await readdir(join(directory, 'bodies'))),
];

test('all is there after a restart, and creating the bucket again keeps it', async () => {
  const first = await serveS3({ directory });
  first.engine.createBucket(Bucket, { versioned: true });
  const old = await first.client().send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
  await first.client().send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'two', Metadata: { a: 'b' } }));
  await first.stop();
  await writeFile(join(directory, 'bodies', 'without-a-row'), 'settled when the process was killed');

  await using second = await serveS3({ directory });
  expect(await files()).toHaveLength(2);
  second.engine.createBucket(Bucket, { versioned: true });
  const client = second.client();
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(await got.Body?.transformToString()).toBe('two');
  expect(got.Metadata).toEqual({ a: 'b' });
  const before = await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: old.VersionId }));
  expect(await before.Body?.transformToString()).toBe('one');
  expect(() => second.engine.createBucket(Bucket, { versioned: false })).toThrow(/keeps versions/);
});

test('a notification that was not confirmed is delivered again after reopening, a confirmed one is not', async () => {
  const first = await serveS3({ directory });
  first.engine.createBucket(Bucket, { versioned: true });
  const heard: string[] = [];
  first.engine.onObjectCreated(async ({ key }) => {
    heard.push(key);
    if (key === 'fails') throw new Error('The queue is full');
    if (key === 'hangs') await new Promise(() => {});
  });
  const client = first.client();
  for (const Key of ['fails', 'confirmed', 'hangs'])
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  // On a busy machine what failed may have come again already.
  expect([...new Set(heard)]).toEqual(['fails', 'confirmed', 'hangs']);
  expect(first.engine.unconfirmed()).toBe(2);
  await first.stop();

  await using second = await serveS3({ directory });
  const again: ObjectCreated[] = [];
  second.engine.onObjectCreated(async (event) => void again.push(event));
  await expect.poll(() => second.engine.unconfirmed()).toBe(0);
  expect(again.map(({ key }) => key)).toEqual(['fails', 'hangs']);
  expect(again[0]).toMatchObject({ bucket: Bucket, size: 1, eventName: 'ObjectCreated:Put' });
});

test('a notification that the listener rejects is repeated until it is confirmed', async () => {
  await using served = await serveS3({ directory });
  served.engine.createBucket(Bucket, { versioned: true });
  let attempts = 0;
  const confirmed = Promise.withResolvers<void>();
  served.engine.onObjectCreated(async () => {
    attempts += 1;
    if (attempts < 3) throw new Error('The queue is full');
    confirmed.resolve();
  });
  await served.client().send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await confirmed.promise;
  await expect.poll(() => served.engine.unconfirmed()).toBe(0);
  expect(attempts).toBe(3);
});

test('an upload whose connection breaks leaves nothing', async () => {
  await using served = await serveS3({ directory });
  served.engine.createBucket(Bucket, { versioned: true });
  const { hostname, port } = new URL(served.endpoint);
  const socket = connect(Number(port), hostname);
  socket.write(`PUT /${Bucket}/k HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(5000)}`);
  await expect.poll(files).toHaveLength(1);
  socket.destroy();
  await expect.poll(files).toEqual([]);
  const listed = await served.client().send(new ListObjectVersionsCommand({ Bucket }));
  expect(listed.Versions).toBeUndefined();
});

test('bodies that no version needs any more are removed', async () => {
  await using served = await serveS3({ directory });
  served.engine.createBucket(Bucket, { versioned: false });
  const client = served.client();
  for (const Body of ['one', 'two', 'three']) await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
  expect(await files()).toHaveLength(1);
});

test('a kill -9 loses no object that was answered and leaves no half of another', async () => {
  const program = `
    import { createS3Engine } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
    import { Readable } from 'node:stream';
    const engine = await createS3Engine({
      directory: ${JSON.stringify(directory)}, now: Date.now, region: 'ca-central-1', accountId: '123456789012',
      secretOf: () => undefined, authorizePost: async () => {}, mayList: () => true,
    });
    engine.createBucket('packages', { versioned: true });
    engine.onObjectCreated(() => new Promise(() => {}));
    const put = (key, length, body) => engine.handle({
      method: 'PUT', path: '/packages/' + key, query: new URLSearchParams(), headers: { 'content-length': String(length) },
      body, principal: { kind: 'operator' },
    });
    await put('whole', 5, Buffer.from('whole'));
    const source = new Readable({ read() {} });
    source.push('half');
    void put('half', 1000, source);
    setInterval(() => {}, 1000);
    console.log('put');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(createInterface({ input: child.stdout }), 'line');
  child.kill('SIGKILL');
  await exited;

  await using served = await serveS3({ directory });
  const events: ObjectCreated[] = [];
  served.engine.onObjectCreated(async (event) => void events.push(event));
  await expect.poll(() => served.engine.unconfirmed()).toBe(0);
  expect(events).toMatchObject([{ key: 'whole', size: 5 }]);
  const client = served.client();
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'whole' }));
  expect(await got.Body?.transformToString()).toBe('whole');
  expect((await client.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toHaveLength(1);
  expect(await files()).toHaveLength(1);
});
