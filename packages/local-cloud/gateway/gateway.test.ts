import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AwsError, type Engine, type EngineRequest, type EngineResponse, type Principal } from '../engine.ts';
import type { Credentials, Denial } from './access.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { MeteredResponse } from './meter.ts';
import type { PolicyStatement } from './policy.ts';

const region = 'ca-central-1';
const accountId = '111111111111';
const roleArn = `arn:aws:iam::${accountId}:role/intake-role`;
const intake: Principal = { kind: 'role', roleArn, name: 'intake' };
const queueArn = `arn:aws:sqs:${region}:${accountId}:reports`;
const tableArn = `arn:aws:dynamodb:${region}:${accountId}:table/Audits`;

let gateway: Gateway;
let now: () => number;
let denied: Denial[];
let engines: ReturnType<typeof createToys>;
const clients: { destroy(): void }[] = [];

/** Engines that remember what reached them. */
function createToys() {
  const reached: EngineRequest[] = [];
  const json = (service: string, resource: string, output: object): Engine => ({
    service,
    operations: ['GetItem', 'PutItem', 'Query', 'TransactWriteItems', 'SendMessage', 'ReceiveMessage', 'GetQueueUrl'],
    operation: ({ headers }) => String(headers['x-amz-target']).split('.')[1] ?? '',
    authorizations: (request) => [
      {
        action: `${service}:${String(request.headers['x-amz-target']).split('.')[1]}`,
        resource: String(request.body).includes('IndexName') ? `${resource}/index/GSI1` : resource,
      },
    ],
    async handle(request) {
      reached.push(request);
      const response: MeteredResponse = {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify(output),
        ...(service === 'dynamodb' && { capacity: { read: 0, write: 2 } }),
      };
      return response;
    },
    renderError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ __type: error.code, message: error.message, ...error.details }),
    }),
    close: async () => {},
  });
  const bodies: Buffer[] = [];
  const s3: Engine = {
    service: 's3',
    operations: ['PutObject', 'GetObject', 'HeadObject', 'ListObjectsV2', 'PostObject', 'DeleteObjects', 'Preflight'],
    operation: ({ method, query }) =>
      ({
        PUT: 'PutObject',
        GET: query.has('prefix') ? 'ListObjectsV2' : 'GetObject',
        HEAD: 'HeadObject',
        POST: query.has('delete') ? 'DeleteObjects' : 'PostObject',
        OPTIONS: 'Preflight',
      })[method] ?? method,
    authorizations: ({ method, path }) => [
      {
        action: method === 'PUT' ? 's3:PutObject' : 's3:GetObject',
        resource: `arn:aws:s3:::${decodeURIComponent(path.slice(1))}`,
      },
    ],
    async handle(request): Promise<EngineResponse> {
      reached.push(request);
      if (request.method === 'PUT' || request.method === 'POST') {
        bodies.push(await buffer(request.body as Readable));
        return { status: request.method === 'PUT' ? 200 : 204, headers: { etag: '"1"' } };
      }
      if (request.method === 'HEAD') return { status: 200, headers: { 'content-length': '6' } };
      return {
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: Readable.from([Buffer.from('abc'), Buffer.from('def')]),
      };
    },
    renderError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/xml' },
      body: `<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`,
    }),
    close: async () => {},
  };
  return {
    reached,
    bodies,
    all: [
      s3,
      json('sqs', queueArn, { MessageId: '1', MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' }),
      json('dynamodb', tableArn, {
        Items: [
          { pk: { S: 'a' }, sk: { S: '1' }, gsi1pk: { S: 'q' } },
          { pk: { S: 'a' }, sk: { S: '2' }, gsi1pk: { S: 'q' } },
        ],
        Count: 2,
      }),
    ],
  };
}

beforeEach(async () => {
  now = Date.now;
  denied = [];
  gateway = createGateway({ region, accountId, now: () => now(), onDenied: (denial) => denied.push(denial) });
  engines = createToys();
  for (const engine of engines.all) gateway.register(engine);
  await gateway.listen(0);
  may({ Effect: 'Allow', Action: '*', Resource: '*' });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await gateway.close();
});

function may(...Statement: PolicyStatement[]): void {
  gateway.setRole(roleArn, { name: 'intake-role', trust: { Statement: [] }, policies: [{ Statement }] });
}

function settings(credentials: Credentials = gateway.credentialsFor(intake), given = region) {
  return { endpoint: gateway.url, region: given, credentials, maxAttempts: 1 };
}

type SentRequest = { headers: Record<string, string>; query?: Record<string, unknown>; path: string; body?: unknown };

/** Changes a client's requests behind its signer. */
function tamper(change: (request: SentRequest) => void) {
  return <T extends { middlewareStack: { add(...parameters: never[]): void } }>(client: T): T => {
    const middleware = (next: (args: { request: SentRequest }) => unknown) => (args: { request: SentRequest }) => {
      change(args.request);
      return next(args);
    };
    client.middlewareStack.add(...([middleware, { step: 'deserialize' }] as unknown as never[]));
    return client;
  };
}

const untouched = tamper(() => {});

function s3(change = untouched, ...given: Parameters<typeof settings>): S3Client {
  const client = change(new S3Client({ ...settings(...given), forcePathStyle: true }));
  clients.push(client);
  return client;
}

function sqs(change = untouched, ...given: Parameters<typeof settings>): SQSClient {
  const client = change(new SQSClient(settings(...given)));
  clients.push(client);
  return client;
}

function dynamo(...given: Parameters<typeof settings>): DynamoDBClient {
  const client = new DynamoDBClient(settings(...given));
  clients.push(client);
  return client;
}

const send = new SendMessageCommand({ QueueUrl: 'http://127.0.0.1/q', MessageBody: 'hello' });
const put = new PutObjectCommand({ Bucket: 'packages', Key: "a b/(é)'*!+.zip", Body: 'content' });
const get = new GetObjectCommand({ Bucket: 'packages', Key: "a b/(é)'*!+.zip" });

/** How a call fails: the name and the status of its error. */
async function failure(call: Promise<unknown>): Promise<{ name: string; status: number; message: string }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as {
      name: string;
      message: string;
      $metadata?: { httpStatusCode: number };
    };
    return { name, message, status: $metadata?.httpStatusCode ?? (error as AwsError).status };
  }
  throw new Error('the call went through');
}

function inProcess(service: string, operation: string, input: object, principal: Principal = intake): EngineRequest {
  return {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-amz-target': `${service}.${operation}` },
    body: Buffer.from(JSON.stringify(input)),
    principal,
  };
}

describe('signatures in the header', () => {
  test('a JSON service: the caller is known, the body whole', async () => {
    await sqs().send(send);
    const [request] = engines.reached;
    expect(request?.principal).toEqual(intake);
    expect(JSON.parse(String(request?.body))).toMatchObject({ MessageBody: 'hello' });
  });

  test('S3: any key, and the body as a stream', async () => {
    await s3().send(put);
    expect(engines.reached[0]?.body).toBeInstanceOf(Readable);
    expect(String(engines.bodies[0])).toContain('content');
    const { Body } = await s3().send(get);
    expect(await Body?.transformToString()).toBe('abcdef');
  });

  test('S3: a stream with a checksum behind it', async () => {
    const Body = Readable.from([Buffer.from('content')]);
    await s3().send(new PutObjectCommand({ Bucket: 'packages', Key: 'k', Body, ContentLength: 7 }));
    expect(engines.reached[0]?.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER');
    expect(String(engines.bodies[0])).toContain('content');
  });

  test('S3: metadata beyond US-ASCII, signed as the UTF-8 that goes over the wire', async () => {
    const named = new PutObjectCommand({ Bucket: 'packages', Key: 'k', Body: 'x', Metadata: { site: 'Ölfeld' } });
    await s3().send(named);
    expect(engines.reached).toHaveLength(1);
  });

  test('the operator may do everything', async () => {
    may();
    await sqs(untouched, gateway.credentialsFor({ kind: 'operator' })).send(send);
    expect(engines.reached[0]?.principal).toEqual({ kind: 'operator' });
  });

  test.each<[string, (request: SentRequest) => void]>([
    [
      'another body',
      (request) => {
        request.body = String(request.body).replace('hello', 'hullo');
      },
    ],
    [
      'another signed header',
      (request) => {
        request.headers['x-amz-target'] = 'AmazonSQS.PurgeQueue';
      },
    ],
    [
      'a header of AWS that is not signed',
      (request) => {
        request.headers['x-amz-more'] = '1';
      },
    ],
    [
      'another query',
      (request) => {
        request.query = { Action: 'PurgeQueue' };
      },
    ],
    [
      'another path',
      (request) => {
        request.path = '/other';
      },
    ],
    [
      'another signature',
      (request) => {
        const { authorization = '' } = request.headers;
        request.headers.authorization = authorization.replace(/Signature=.*/, `Signature=${'0'.repeat(64)}`);
      },
    ],
  ])('%s is refused', async (_, change) => {
    expect(await failure(sqs(tamper(change)).send(send))).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
    expect(engines.reached).toEqual([]);
  });

  test('S3 refuses another path, and a hash that was not signed', async () => {
    const elsewhere = tamper((request) => {
      request.path = '/packages/other.zip';
    });
    expect(await failure(s3(elsewhere).send(put))).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
    const unsigned = tamper((request) => {
      request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
    });
    expect(await failure(s3(unsigned).send(put))).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
    expect(engines.reached).toEqual([]);
  });

  test('a wrong secret, an unknown key, another region: each in the words of its service', async () => {
    const right = gateway.credentialsFor(intake);
    const wrong = { ...right, secretAccessKey: 'x'.repeat(40) };
    const nobody = { ...right, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' };
    const item = new GetItemCommand({ TableName: 'Audits', Key: { pk: { S: 'a' } } });
    expect(await failure(sqs(untouched, wrong).send(send))).toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(await failure(s3(untouched, wrong).send(get))).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
    expect(await failure(dynamo(wrong).send(item))).toMatchObject({ name: 'InvalidSignatureException' });
    expect(await failure(s3(untouched, nobody).send(get))).toMatchObject({ name: 'InvalidAccessKeyId', status: 403 });
    expect(await failure(dynamo(nobody).send(item))).toMatchObject({ name: 'UnrecognizedClientException' });
    expect(await failure(sqs(untouched, right, 'us-east-1').send(send))).toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    expect(engines.reached).toEqual([]);
  });

  test.each([-16, 16])('a clock %i minutes off is refused', async (minutes) => {
    now = () => Date.now() + minutes * 60_000;
    expect(await failure(s3().send(get))).toMatchObject({ name: 'RequestTimeTooSkewed', status: 403 });
    expect(await failure(sqs().send(send))).toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(engines.reached).toEqual([]);
  });

  test.each([-14, 14])('a clock %i minutes off is borne', async (minutes) => {
    now = () => Date.now() + minutes * 60_000;
    await sqs().send(send);
    expect(engines.reached).toHaveLength(1);
  });

  test('a body over 8 MiB is refused', async () => {
    const large = new SendMessageCommand({ QueueUrl: 'q', MessageBody: 'x'.repeat(8 * 1024 * 1024) });
    expect(await failure(sqs().send(large))).toMatchObject({ status: 413 });
  });

  test('keys from one seed are the same after a restart', () => {
    const first = createGateway({ region, accountId, seed: 'a' }).credentialsFor(intake);
    expect(createGateway({ region, accountId, seed: 'a' }).credentialsFor(intake)).toEqual(first);
    expect(createGateway({ region, accountId, seed: 'b' }).credentialsFor(intake)).not.toEqual(first);
    expect(gateway.credentialsFor({ ...intake, name: 'relay' }).accessKeyId).not.toBe(
      gateway.credentialsFor(intake).accessKeyId,
    );
  });
});

describe('presigned URLs', () => {
  const presign = (expiresIn = 900) => getSignedUrl(s3(), get, { expiresIn });

  test('the bearer calls as the signer', async () => {
    const response = await fetch(await presign());
    expect(await response.text()).toBe('abcdef');
    expect(engines.reached[0]?.principal).toEqual(intake);
  });

  test.each<[string, (url: URL) => void]>([
    [
      'another key',
      (url) => {
        url.pathname = '/packages/other.zip';
      },
    ],
    [
      'one more parameter',
      (url) => {
        url.searchParams.set('versionId', '2');
      },
    ],
    [
      'a longer time',
      (url) => {
        url.searchParams.set('X-Amz-Expires', '90000');
      },
    ],
    [
      'another signature',
      (url) => {
        url.searchParams.set('X-Amz-Signature', '0'.repeat(64));
      },
    ],
  ])('%s is refused', async (_, change) => {
    const url = new URL(await presign());
    change(url);
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  test('it holds to its last second, by the clock of the machine, and no longer', async () => {
    const url = await presign(60);
    const signedAt = Math.floor(Date.now() / 1000) * 1000;
    now = () => signedAt + 58_000;
    expect((await fetch(url)).status).toBe(200);
    now = () => signedAt + 61_000;
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toBe(
      '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
    );
  });

  test('another method and a header that was not signed are refused', async () => {
    expect((await fetch(await presign(), { method: 'PUT', body: 'x' })).status).toBe(403);
    const response = await fetch(await presign(), { headers: { 'x-amz-acl': 'public-read' } });
    expect(await response.text()).toContain('x-amz-acl');
    expect(engines.reached).toEqual([]);
  });

  test('what the signer may not do, the bearer may not do', async () => {
    const url = await presign();
    may();
    expect((await fetch(url)).status).toBe(403);
    expect(denied).toMatchObject([{ principal: intake, action: 's3:GetObject', operation: 'GetObject' }]);
  });
});

describe('without a signature', () => {
  test('a form that asks for something else than an upload needs a signature', async () => {
    const body = new FormData();
    body.append('key', 'a');
    const response = await fetch(`${gateway.url}/packages?delete`, { method: 'POST', body });
    expect(response.status).toBe(403);
    expect(engines.reached).toEqual([]);
  });

  test('a form to a bucket and a preflight reach S3, as anonymous', async () => {
    const form = new FormData();
    form.set('key', 'packages/1.zip');
    expect((await fetch(`${gateway.url}/packages`, { method: 'POST', body: form })).status).toBe(204);
    expect((await fetch(`${gateway.url}/packages/1.zip`, { method: 'OPTIONS' })).status).toBe(200);
    expect(engines.reached.map(({ principal }) => principal.kind)).toEqual(['anonymous', 'anonymous']);
  });

  test.each<[string, RequestInit, string]>([
    ['a read', {}, 'AccessDenied'],
    ['an upload', { method: 'PUT', body: 'x' }, 'AccessDenied'],
    ['a form to a key', { method: 'POST', body: new FormData() }, 'AccessDenied'],
    [
      'a JSON call',
      { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' }, body: '{}' },
      'MissingAuthenticationToken',
    ],
    [
      'a query call',
      { method: 'POST', body: new URLSearchParams({ Action: 'SendRawEmail' }) },
      'MissingAuthenticationToken',
    ],
    ['half a signature', { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x' } }, 'IncompleteSignature'],
  ])('%s is refused', async (_, init, code) => {
    const response = await fetch(`${gateway.url}/packages/1.zip`, init);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).toContain(code);
    expect(engines.reached).toEqual([]);
  });
});

describe('policies', () => {
  test('a denied call fails as on AWS, reaches nothing, is recorded and told', async () => {
    may({ Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: queueArn });
    const error = await failure(sqs().send(send));
    expect(error).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    expect(error.message).toBe(
      `User: arn:aws:sts::${accountId}:assumed-role/intake-role/intake is not authorized to perform: sqs:SendMessage on resource: ${queueArn} because no identity-based policy allows the sqs:SendMessage action`,
    );
    expect(engines.reached).toEqual([]);
    expect(denied).toEqual([
      {
        principal: intake,
        action: 'sqs:SendMessage',
        resource: queueArn,
        operation: 'SendMessage',
        reason: `no policy allows sqs:SendMessage on ${queueArn}`,
      },
    ]);
    expect(gateway.denials()).toEqual(denied);
    expect(gateway.meter.calls()).toMatchObject([{ operation: 'SendMessage', status: 403, principal: 'intake' }]);
    const item = new GetItemCommand({ TableName: 'Audits', Key: { pk: { S: 'a' } } });
    expect(await failure(dynamo().send(item))).toMatchObject({ name: 'AccessDeniedException', status: 400 });
    expect(await failure(s3().send(get))).toMatchObject({ name: 'AccessDenied', status: 403 });
  });

  test('a service needs the policy of the resource, with its source', async () => {
    const service: Principal = {
      kind: 'service',
      service: 's3.amazonaws.com',
      sourceArn: 'arn:aws:s3:::packages',
      sourceAccount: accountId,
    };
    const notify = () => gateway.dispatch('sqs', inProcess('sqs', 'SendMessage', {}, service));
    expect(await failure(notify())).toMatchObject({ name: 'AccessDeniedException' });
    const statement = (bucket: string): PolicyStatement => ({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Resource: queueArn,
      Principal: { Service: 's3.amazonaws.com' },
      Condition: {
        ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${bucket}` },
        StringEquals: { 'aws:SourceAccount': accountId },
      },
    });
    gateway.setResourcePolicy(queueArn, { Statement: statement('records') });
    expect(await failure(notify())).toMatchObject({ name: 'AccessDeniedException' });
    gateway.setResourcePolicy(queueArn, { Statement: statement('packages') });
    expect(await notify()).toMatchObject({ status: 200 });
  });

  test("a bucket's policy holds for its objects, not for another bucket's", async () => {
    gateway.setResourcePolicy('arn:aws:s3:::pack', {
      Statement: { Effect: 'Deny', Action: '*', Resource: '*', Principal: '*' },
    });
    await s3().send(get);
    gateway.setResourcePolicy('arn:aws:s3:::packages', {
      Statement: { Effect: 'Deny', Action: '*', Resource: '*', Principal: '*' },
    });
    const error = await failure(s3().send(get));
    expect(error.message).toContain('with an explicit deny in a resource-based policy');
  });

  test('a condition key that is not known refuses the call and is named', async () => {
    may({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } });
    expect(await failure(sqs().send(send))).toMatchObject({ name: 'AccessDeniedException' });
    expect(denied[0]?.reason).toContain('aws:PrincipalOrgID');
  });

  test('to ask is not to be refused: nothing is recorded', () => {
    may({ Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::packages' });
    expect(gateway.authorize(intake, { action: 's3:ListBucket', resource: 'arn:aws:s3:::records' }).allowed).toBe(
      false,
    );
    expect(gateway.authorize(intake, { action: 's3:ListBucket', resource: 'arn:aws:s3:::packages' }).allowed).toBe(
      true,
    );
    expect(denied).toEqual([]);
  });

  test('a role is assumed by whom it trusts', () => {
    const assume: PolicyStatement = {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    };
    gateway.setRole(roleArn, { name: 'intake-role', trust: { Statement: assume }, policies: [] });
    const context = { 'aws:SourceAccount': accountId };
    expect(gateway.assumableBy(roleArn, 'scheduler.amazonaws.com', context)).toBe(true);
    expect(gateway.assumableBy(roleArn, 'scheduler.amazonaws.com', { 'aws:SourceAccount': '2' })).toBe(false);
    expect(gateway.assumableBy(roleArn, 'lambda.amazonaws.com', context)).toBe(false);
    expect(gateway.assumableBy(`${roleArn}-2`, 'scheduler.amazonaws.com', context)).toBe(false);
  });

  test('grants that nothing used are listed, each action with each resource', async () => {
    may(
      { Effect: 'Allow', Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: [queueArn, `${queueArn}-2`] },
      { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::packages/*' },
      { Effect: 'Allow', Action: 'dynamodb:*', Resource: `${tableArn}/index/*` },
      { Effect: 'Deny', Action: 'sqs:DeleteQueue', Resource: '*' },
    );
    const unused = () => gateway.unusedGrants(roleArn).map(({ action, resource }) => `${action} ${resource}`);
    expect(unused()).toHaveLength(6);
    await sqs().send(send);
    await s3().send(get);
    expect(unused()).toEqual([
      `sqs:SendMessage ${queueArn}-2`,
      `sqs:GetQueueUrl ${queueArn}`,
      `sqs:GetQueueUrl ${queueArn}-2`,
      `dynamodb:* ${tableArn}/index/*`,
    ]);
    expect(gateway.unusedGrants('arn:aws:iam::1:role/other')).toEqual([]);
    expect(gateway.unusedGrants()[0]).toMatchObject({ roleArn, role: 'intake-role' });
  });

  test('a call that is denied uses no grant', async () => {
    may(
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn },
      { Effect: 'Deny', Action: 'sqs:*', Resource: '*' },
    );
    await failure(sqs().send(send));
    expect(gateway.unusedGrants(roleArn)).toHaveLength(1);
  });
});

test.each<[string, string, string]>([
  ['dynamodb', 'DynamoDB_20120810.BatchWriteItem', 'UnknownOperationException'],
  ['sqs', 'AmazonSQS.PurgeQueue', 'UnsupportedOperation'],
])('an operation that an engine does not support is refused by its name: %s, %s', async (service, target, code) => {
  const request = {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-amz-target': target },
    body: Buffer.from('{}'),
    principal: { kind: 'operator' },
  } as const;
  await expect(gateway.dispatch(service, request)).rejects.toMatchObject({
    code,
    message: `The local cloud does not support ${target.split('.')[1]} of ${service}.`,
  });
  expect(engines.reached).toEqual([]);
});

describe('meter', () => {
  test('bytes, status, capacity, resource', async () => {
    await dynamo().send(new PutItemCommand({ TableName: 'Audits', Item: { pk: { S: 'a' } } }));
    const [call] = gateway.meter.calls();
    expect(call).toMatchObject({
      principal: 'intake',
      service: 'dynamodb',
      operation: 'PutItem',
      resource: tableArn,
      status: 200,
      capacity: { read: 0, write: 2 },
      requestBytes: engines.reached[0]?.body instanceof Buffer ? engines.reached[0].body.length : -1,
    });
    expect(call?.responseBytes).toBeGreaterThan(10);
    expect(Math.abs(Date.parse(call?.at ?? '') - Date.now())).toBeLessThan(60_000);
  });

  test('a stream counts when it is through, in both directions', async () => {
    const url = await getSignedUrl(s3(), new PutObjectCommand({ Bucket: 'packages', Key: 'k' }));
    await fetch(url, { method: 'PUT', body: 'x'.repeat(100_000) });
    await (await s3().send(get)).Body?.transformToString();
    expect(gateway.meter.calls()).toMatchObject([
      { operation: 'PutObject', requestBytes: 100_000, responseBytes: 0 },
      { operation: 'GetObject', requestBytes: 0, responseBytes: 6, resource: `arn:aws:s3:::packages/${get.input.Key}` },
    ]);
  });

  test('a stream that the caller breaks off counts as far as it got', async () => {
    const source = new Readable({ read() {} });
    source.push(Buffer.alloc(1000));
    const [toy] = engines.all;
    if (toy === undefined) throw new Error('no toy');
    gateway.register({ ...toy, handle: async () => ({ status: 200, headers: {}, body: source }) });
    const message = httpRequest(await getSignedUrl(s3(), get)).end();
    const [response] = await once(message, 'response');
    await once(response, 'data');
    message.destroy();
    await vi.waitFor(() => expect(gateway.meter.calls()).toHaveLength(1));
    expect(source.destroyed).toBe(true);
    expect(gateway.meter.calls()).toMatchObject([{ operation: 'GetObject', responseBytes: 1000 }]);
  });

  test('totals by caller and operation; reset forgets', async () => {
    await sqs().send(send);
    await sqs().send(send);
    await gateway.dispatch('sqs', inProcess('sqs', 'ReceiveMessage', {}, { ...intake, name: 'relay' }));
    expect(gateway.meter.totals()).toMatchObject([
      { principal: 'intake', operation: 'SendMessage', calls: 2, errors: 0 },
      { principal: 'relay', operation: 'ReceiveMessage', calls: 1, responseBytes: 71 },
    ]);
    gateway.meter.reset();
    expect([gateway.meter.calls(), gateway.meter.totals()]).toEqual([[], []]);
  });
});

describe('faults', () => {
  test('a kind that there is not is refused', () => {
    expect(() => gateway.faults.inject({ kind: 'bogus' } as never)).toThrow(/bogus.*throttle/);
  });

  test('an error before the effect, once', async () => {
    gateway.faults.inject({ service: 'sqs', operation: 'SendMessage', kind: 'error', times: 1 });
    expect(await failure(sqs().send(send))).toMatchObject({ status: 500 });
    expect(engines.reached).toEqual([]);
    await sqs().send(send);
    expect(engines.reached).toHaveLength(1);
  });

  test('an error after the effect: it happened, and the answer is lost', async () => {
    gateway.faults.inject({ kind: 'error', when: 'after', times: 1 });
    expect(await failure(s3().send(put))).toMatchObject({ name: 'InternalError', status: 500 });
    expect(engines.bodies).toHaveLength(1);
  });

  test.each<[string, () => Promise<unknown>, string, number]>([
    ['s3', () => s3().send(get), 'SlowDown', 503],
    [
      'dynamodb',
      () => dynamo().send(new GetItemCommand({ TableName: 'Audits', Key: { pk: { S: 'a' } } })),
      'ThrottlingException',
      400,
    ],
    ['sqs', () => sqs().send(send), 'RequestThrottled', 403],
  ])('%s throttles in its own words', async (_, call, name, status) => {
    gateway.faults.inject({ kind: 'throttle' });
    expect(await failure(call())).toMatchObject({ name, status });
  });

  test('a delay', async () => {
    gateway.faults.inject({ kind: 'delay', milliseconds: 60, when: 'after' });
    await sqs().send(send);
    expect(gateway.meter.calls()[0]?.ms).toBeGreaterThanOrEqual(55);
    expect(() => gateway.faults.inject({ kind: 'delay' })).toThrow('milliseconds');
  });

  test('an error of one’s own', async () => {
    const error = new AwsError('ServiceUnavailable', 'Gone fishing.', 503);
    gateway.faults.inject({ kind: 'error', error });
    expect(await failure(gateway.dispatch('sqs', inProcess('sqs', 'SendMessage', {})))).toMatchObject({
      name: 'ServiceUnavailable',
      status: 503,
    });
  });

  test.each<[string, object, boolean]>([
    ['the caller', { principal: 'intake' }, true],
    ['another caller', { principal: 'relay' }, false],
    ['a part of the resource', { resource: 'reports' }, true],
    ['another resource', { resource: 'mail' }, false],
    ['another operation', { operation: 'ReceiveMessage' }, false],
    ['another service', { service: 's3' }, false],
  ])('strikes by %s', async (_, filter, struck) => {
    gateway.faults.inject({ kind: 'error', ...filter });
    const call = gateway.dispatch('sqs', inProcess('sqs', 'SendMessage', {}));
    expect(
      await call.then(
        () => false,
        () => true,
      ),
    ).toBe(struck);
  });

  test('removed and cleared faults strike no more', async () => {
    const remove = gateway.faults.inject({ kind: 'error' });
    remove();
    gateway.faults.inject({ kind: 'throttle' });
    gateway.faults.clear();
    expect(await gateway.dispatch('sqs', inProcess('sqs', 'SendMessage', {}))).toMatchObject({ status: 200 });
  });

  test('a transaction conflict names its reasons; a single write has its own error; reads and other services go free', async () => {
    gateway.faults.inject({ kind: 'transaction-conflict' });
    const Put = { TableName: 'Audits', Item: { pk: { S: 'a' } } };
    const transaction = dynamo().send(new TransactWriteItemsCommand({ TransactItems: [{ Put }, { Put }] }));
    await expect(transaction).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
    });
    expect(await failure(dynamo().send(new PutItemCommand(Put)))).toMatchObject({
      name: 'TransactionConflictException',
    });
    expect(engines.reached).toEqual([]);
    await dynamo().send(new GetItemCommand({ TableName: 'Audits', Key: { pk: { S: 'a' } } }));
    await sqs().send(send);
    expect(engines.reached).toHaveLength(2);
  });

  test('a stale index lacks what was written a moment ago; the table does not', async () => {
    const query = (IndexName?: string) =>
      dynamo().send(
        new QueryCommand({ TableName: 'Audits', ...(IndexName && { IndexName }), KeyConditionExpression: 'a = b' }),
      );
    const at = Date.now();
    now = () => at;
    gateway.faults.inject({ kind: 'stale-index', milliseconds: 1000 });
    const Item = { pk: { S: 'a' }, sk: { S: '2' }, gsi1pk: { S: 'q' }, more: { S: 'x' } };
    await dynamo().send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'Audits', Item } }] }));
    expect(await query('GSI1')).toMatchObject({ Count: 1, Items: [{ sk: { S: '1' } }] });
    expect(await query()).toMatchObject({ Count: 2 });
    now = () => at + 1001;
    expect(await query('GSI1')).toMatchObject({ Count: 2 });
  });
});

describe('the server', () => {
  test('each answer has a request id, and one connection serves many calls', async () => {
    const client = sqs();
    const first = await client.send(send);
    const second = await client.send(send);
    expect(first.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.$metadata.requestId).not.toBe(first.$metadata.requestId);
  });

  test('a refused upload leaves the connection usable', async () => {
    may();
    const client = s3();
    const Body = Buffer.alloc(3_000_000);
    for (const _ of [1, 2, 3]) {
      const call = client.send(new PutObjectCommand({ Bucket: 'packages', Key: 'k', Body }));
      expect(await failure(call)).toMatchObject({ name: 'AccessDenied' });
    }
  });

  test('HEAD has headers and no body', async () => {
    expect((await s3().send(new HeadObjectCommand(get.input))).ContentLength).toBe(6);
  });

  test('a service without an engine is named', async () => {
    const error = await failure(gateway.dispatch('kms', inProcess('kms', 'Decrypt', {})));
    expect(error.message).toContain('kms');
  });

  test('in-process answers may be streams too', async () => {
    const request = { ...inProcess('s3', 'GetObject', {}), method: 'GET', path: '/packages/1.zip' };
    const { body } = await gateway.dispatch('s3', request);
    expect(await text(body as Readable)).toBe('abcdef');
    expect(gateway.meter.calls()).toMatchObject([{ operation: 'GetObject', responseBytes: 6 }]);
  });

  test('it closes at once, whatever is open', async () => {
    const other = createGateway({ region, accountId });
    const closed: string[] = [];
    const [toy] = engines.all;
    if (toy === undefined) throw new Error('no toy');
    other.register({ ...toy, close: async () => void closed.push('s3') });
    const message = httpRequest(await other.listen(0), { method: 'PUT' });
    message.on('error', () => {});
    message.write('half');
    await once(message, 'socket');
    await other.close();
    expect(closed).toEqual(['s3']);
  });
});
