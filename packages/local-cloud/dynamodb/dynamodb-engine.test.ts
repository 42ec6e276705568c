import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  BatchGetItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AwsError, EngineRequest, Principal } from '../engine.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { PolicyStatement } from '../gateway/policy.ts';
import { createDynamoDbEngine, type DynamoDbEngine, type TableDefinition } from './dynamodb-engine.ts';

const region = 'ca-central-1';
const accountId = '111111111111';
const arn = `arn:aws:dynamodb:${region}:${accountId}:table/Audits`;
const roleArn = `arn:aws:iam::${accountId}:role/relay-role`;
const relay: Principal = { kind: 'role', roleArn, name: 'relay' };

const definition: TableDefinition = {
  TableName: 'Audits',
  AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'GSI1',
      KeySchema: [
        { AttributeName: 'gsi1pk', KeyType: 'HASH' },
        { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
};

let directory: string;
let engine: DynamoDbEngine;
let gateway: Gateway;
let client: DynamoDBClient;
let aheadMs = 0;

const open = (at = directory) =>
  createDynamoDbEngine({ directory: at, now: () => Date.now() + aheadMs, region, accountId });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dynamodb-'));
  engine = await open();
  await engine.createTable(definition);
  gateway = createGateway({ region, accountId });
  gateway.register(engine);
  client = new DynamoDBClient({
    endpoint: await gateway.listen(0),
    region,
    credentials: gateway.credentialsFor(relay),
    maxAttempts: 1,
  });
});

beforeEach(() => {
  may({ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' });
  gateway.meter.reset();
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  rmSync(directory, { recursive: true });
});

function may(...Statement: PolicyStatement[]): void {
  gateway.setRole(roleArn, { name: 'relay-role', trust: { Statement: [] }, policies: [{ Statement }] });
}

const key = (sk: string, pk = 'audit#1') => ({ pk: { S: pk }, sk: { S: sk } });
const put = (sk: string, more: Record<string, { S: string }> = {}, pk?: string) => ({
  TableName: 'Audits',
  Item: { ...key(sk, pk), ...more },
});

async function call(
  operation: string,
  input: object,
  api = 'DynamoDBStreams_20120810',
): Promise<Record<string, unknown>> {
  const request: EngineRequest = {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-amz-target': `${api}.${operation}` },
    body: Buffer.from(JSON.stringify(input)),
    principal: relay,
  };
  const { body } = await gateway.dispatch('dynamodb', request);
  return JSON.parse(String(body)) as Record<string, unknown>;
}

describe('tables', () => {
  test('an item goes in and comes out, and nobody sees the capacity that was not asked for', async () => {
    const written = await client.send(new PutItemCommand(put('trip', { name: { S: 'é' } })));
    expect(written.ConsumedCapacity).toBeUndefined();
    const { Item } = await client.send(new GetItemCommand({ TableName: 'Audits', Key: key('trip') }));
    expect(Item).toEqual({ ...key('trip'), name: { S: 'é' } });
  });

  test('a table may be named by its ARN', async () => {
    const TableName = `arn:aws:dynamodb:${region}:${accountId}:table/Audits`;
    may({ Effect: 'Allow', Action: ['dynamodb:PutItem', 'dynamodb:GetItem'], Resource: TableName });
    const Item = { ...key('by ARN'), TableName: { S: TableName } };
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item } }] }));
    const found = await client.send(new GetItemCommand({ TableName, Key: key('by ARN') }));
    expect(found.Item).toEqual(Item);
  });

  test('a batch reads what is there of its keys, as far as its projection goes, from a table named by its ARN too', async () => {
    const name = { S: 'Cutbank' };
    await client.send(
      new PutItemCommand({ ...put('b1', { more: { S: 'x' } }), Item: { ...key('b1'), body: { M: { name } } } }),
    );
    await client.send(new PutItemCommand(put('b2', { more: { S: 'x' } })));
    const Keys = [key('b1'), key('b2'), key('missing')];
    const projection = {
      ProjectionExpression: 'pk, sk, #body.#name',
      ExpressionAttributeNames: { '#body': 'body', '#name': 'name' },
    };
    may({ Effect: 'Allow', Action: 'dynamodb:BatchGetItem', Resource: arn });
    for (const table of ['Audits', arn]) {
      const { Responses, UnprocessedKeys, ConsumedCapacity } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ...projection } } }),
      );
      expect(Responses?.Audits).toHaveLength(2);
      expect(Responses?.Audits).toEqual(expect.arrayContaining([{ ...key('b1'), body: { M: { name } } }, key('b2')]));
      expect(UnprocessedKeys).toEqual({});
      expect(ConsumedCapacity).toBeUndefined();
    }
    expect(gateway.unusedGrants(roleArn)).toEqual([]);
  });

  test('a batch may leave keys unread: its first is read, the others are given back; one alone is throttled', async () => {
    await client.send(new PutItemCommand(put('u1')));
    await client.send(new PutItemCommand(put('u2')));
    const end = gateway.faults.inject({ kind: 'unprocessed-keys' });
    onTestFinished(end);
    const part = { Keys: [key('u1'), key('u2')], ProjectionExpression: 'sk' };
    const first = await client.send(new BatchGetItemCommand({ RequestItems: { Audits: part } }));
    expect(first.Responses).toEqual({ Audits: [{ sk: { S: 'u1' } }] });
    expect(first.UnprocessedKeys).toEqual({ Audits: { ...part, Keys: [key('u2')] } });
    const rest = new BatchGetItemCommand({ RequestItems: first.UnprocessedKeys });
    await expect(client.send(rest)).rejects.toMatchObject({ name: 'ThrottlingException' });
    end();
    expect((await client.send(rest)).Responses).toEqual({ Audits: [{ sk: { S: 'u2' } }] });
  });

  test('an index is queried', async () => {
    await client.send(new PutItemCommand(put('q', { gsi1pk: { S: 'queue' }, gsi1sk: { S: '1' } })));
    const { Items } = await client.send(
      new QueryCommand({
        TableName: 'Audits',
        IndexName: 'GSI1',
        KeyConditionExpression: 'gsi1pk = :q',
        ExpressionAttributeValues: { ':q': { S: 'queue' } },
      }),
    );
    expect(Items).toMatchObject([key('q')]);
  });

  test('names carry our region and account', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'Audits' }));
    expect(Table?.TableArn).toBe(arn);
    expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexArn).toBe(`${arn}/index/GSI1`);
    expect(Table?.LatestStreamArn).toBe(await engine.streamArn('Audits'));
  });

  test("what looks like the database's own ARN is left alone in items", async () => {
    const S = 'arn:aws:dynamodb:dynoxide:000000000000:table/Audits';
    await client.send(new PutItemCommand(put('arn', { name: { S } })));
    const { Item } = await client.send(new GetItemCommand({ TableName: 'Audits', Key: key('arn') }));
    expect(Item?.name).toEqual({ S });
  });

  test('a condition that fails gives the item when that was asked for', async () => {
    await client.send(new PutItemCommand(put('once', { name: { S: 'first' } })));
    const again = new PutItemCommand({
      ...put('once'),
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await expect(client.send(again)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: { name: { S: 'first' } },
    });
  });

  test('a condition compares a map whole, in whatever order its names stand', async () => {
    const body = { M: { reviewerId: { S: 'r1' }, assessorId: { S: 'a1' } } };
    await client.send(new PutItemCommand({ TableName: 'Audits', Item: { ...key('map'), body } }));
    const replace = (before: Record<string, { S: string }>) =>
      client.send(
        new PutItemCommand({
          TableName: 'Audits',
          Item: { ...key('map'), body: { M: {} } },
          ConditionExpression: '#body = :before',
          ExpressionAttributeNames: { '#body': 'body' },
          ExpressionAttributeValues: { ':before': { M: before } },
        }),
      );
    const failed = { name: 'ConditionalCheckFailedException' };
    await expect(replace({ reviewerId: { S: 'r1' } })).rejects.toMatchObject(failed);
    await expect(replace({ assessorId: { S: 'a1' }, reviewerId: { S: 'r2' } })).rejects.toMatchObject(failed);
    await replace({ assessorId: { S: 'a1' }, reviewerId: { S: 'r1' } });
    await replace({});
  });

  test('a table is made once; another of that name is refused, with the remedy', async () => {
    await engine.createTable({ ...definition, KeySchema: [...definition.KeySchema].reverse() });
    const other = { ...definition, GlobalSecondaryIndexes: [] };
    await expect(engine.createTable(other)).rejects.toThrow('--fresh');
    await expect(engine.streamArn('Nothing')).rejects.toThrow('Nothing');
  });

  test('what the local cloud does not support is named', async () => {
    for (const operation of ['ExecuteStatement', 'BatchWriteItem', 'TransactGetItems']) {
      await expect(call(operation, {}, 'DynamoDB_20120810')).rejects.toThrow(
        `does not support ${operation} of dynamodb`,
      );
    }
    await expect(call('GetItem', { Key: key('x') }, 'DynamoDB_20120810')).rejects.toThrow('TableName');
  });
});

describe('transactions', () => {
  const exists = (sk: string) => ({
    ConditionCheck: { TableName: 'Audits', Key: key(sk), ConditionExpression: 'attribute_exists(pk)' },
  });

  test('all of it or nothing, with the reason of each part', async () => {
    const transaction = new TransactWriteItemsCommand({ TransactItems: [{ Put: put('t1') }, exists('missing')] });
    await expect(client.send(transaction)).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message: expect.stringContaining('[None, ConditionalCheckFailed]'),
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });
    const { Item } = await client.send(new GetItemCommand({ TableName: 'Audits', Key: key('t1') }));
    expect(Item).toBeUndefined();
  });

  test('each part needs its own grant on the table', async () => {
    const update = {
      TableName: 'Audits',
      Key: key('t2'),
      UpdateExpression: 'SET a = :a',
      ExpressionAttributeValues: { ':a': { S: '' } },
    };
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [
        { Put: put('t3') },
        { Update: update },
        { Delete: { TableName: 'Audits', Key: key('t4') } },
        { ConditionCheck: { TableName: 'Audits', Key: key('t5'), ConditionExpression: 'attribute_not_exists(pk)' } },
      ],
    });
    const all = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'].map((name) => `dynamodb:${name}`);
    may({ Effect: 'Allow', Action: all, Resource: arn });
    await client.send(transaction);
    expect(gateway.unusedGrants(roleArn)).toEqual([]);
    for (const action of all) {
      may({ Effect: 'Allow', Action: all.filter((other) => other !== action), Resource: arn });
      await expect(client.send(transaction)).rejects.toThrow(
        `not authorized to perform: ${action} on resource: ${arn} `,
      );
    }
  });

  test.each<[string, () => Promise<unknown>, string, string]>([
    [
      'a query of an index',
      () => client.send(new QueryCommand({ TableName: 'Audits', IndexName: 'GSI1' })),
      'Query',
      `${arn}/index/GSI1`,
    ],
    [
      'a batch of reads',
      () => client.send(new BatchGetItemCommand({ RequestItems: { Audits: { Keys: [key('x')] } } })),
      'BatchGetItem',
      arn,
    ],
    ['a query of the table', () => client.send(new QueryCommand({ TableName: 'Audits' })), 'Query', arn],
    [
      'a description of a stream',
      async () => call('DescribeStream', { StreamArn: await engine.streamArn('Audits') }),
      'DescribeStream',
      `${arn}/stream/`,
    ],
  ])('%s needs a grant', async (_, perform, action, resource) => {
    may();
    await expect(perform()).rejects.toThrow(`not authorized to perform: dynamodb:${action} on resource: ${resource}`);
  });
});

describe('capacity', () => {
  test('the meter knows what the database counts: size, index, transaction, consistency', async () => {
    const name = { S: 'x'.repeat(2500) };
    const pk = 'capacity';
    await client.send(new PutItemCommand(put('1', { name }, pk)));
    await client.send(new PutItemCommand(put('2', { name, gsi1pk: { S: pk }, gsi1sk: { S: '1' } }, pk)));
    await client.send(
      new TransactWriteItemsCommand({ TransactItems: [{ Put: put('3', {}, pk) }, { Put: put('4', {}, pk) }] }),
    );
    await client.send(new GetItemCommand({ TableName: 'Audits', Key: key('1', pk) }));
    await client.send(new GetItemCommand({ TableName: 'Audits', Key: key('1', pk), ConsistentRead: true }));
    const Keys = ['1', '2', 'missing'].map((sk) => key(sk, pk));
    await client.send(new BatchGetItemCommand({ RequestItems: { Audits: { Keys } } }));
    await client.send(new BatchGetItemCommand({ RequestItems: { Audits: { Keys, ConsistentRead: true } } }));
    expect(gateway.meter.calls().map(({ capacity }) => capacity)).toEqual([
      { read: 0, write: 3 },
      { read: 0, write: 6 },
      { read: 0, write: 4 },
      { read: 0.5, write: 0 },
      { read: 1, write: 0 },
      { read: 1.5, write: 0 },
      { read: 3, write: 0 },
    ]);
  });

  test('who asks for it gets it, as asked for', async () => {
    const { ConsumedCapacity } = await client.send(
      new PutItemCommand({ ...put('asked'), ReturnConsumedCapacity: 'INDEXES' }),
    );
    expect(ConsumedCapacity).toMatchObject({ TableName: 'Audits', CapacityUnits: 1, Table: { CapacityUnits: 1 } });
    expect(gateway.meter.calls()[0]?.capacity).toEqual({ read: 0, write: 1 });
  });
});

describe('streams', () => {
  type Records = {
    Records: {
      eventName: string;
      awsRegion: string;
      dynamodb: { NewImage?: object; SequenceNumber: string; ApproximateCreationDateTime: number };
    }[];
    NextShardIterator: string;
  };

  const iterator = async (start: object): Promise<unknown> => {
    const StreamArn = await engine.streamArn('Audits');
    const { StreamDescription } = await call('DescribeStream', { StreamArn });
    const [shard] = (StreamDescription as { Shards: { ShardId: string; SequenceNumberRange: object }[] }).Shards;
    expect(shard?.SequenceNumberRange).not.toHaveProperty('EndingSequenceNumber');
    return (await call('GetShardIterator', { StreamArn, ShardId: shard?.ShardId, ...start })).ShardIterator;
  };

  const read = async (ShardIterator: unknown) => (await call('GetRecords', { ShardIterator })) as Records;

  test('what was written is read in order, with our region and the time of the business clock', async () => {
    const latest = await iterator({ ShardIteratorType: 'LATEST' });
    aheadMs = 86_400_000;
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put('s1') }, { Put: put('s2') }] }));
    const { Records, NextShardIterator } = await read(latest);
    expect(Records.map(({ dynamodb }) => dynamodb.NewImage)).toEqual([key('s1'), key('s2')]);
    expect(Records).toMatchObject([{ eventName: 'INSERT', awsRegion: region }, { awsRegion: region }]);
    const [first] = Records;
    if (first === undefined) throw new Error('no record');
    expect(Math.abs(first.dynamodb.ApproximateCreationDateTime - Date.now() / 1000 - 86_400)).toBeLessThan(60);
    aheadMs = 0;
    expect((await read(NextShardIterator)).Records).toEqual([]);
    const after = await iterator({
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      SequenceNumber: first.dynamodb.SequenceNumber,
    });
    expect((await read(after)).Records).toHaveLength(1);
  });

  test('a reader needs a grant on the stream', async () => {
    const latest = await iterator({ ShardIteratorType: 'LATEST' });
    may({ Effect: 'Allow', Action: 'dynamodb:GetRecords', Resource: `${arn}/stream/*` });
    await read(latest);
    may({ Effect: 'Allow', Action: 'dynamodb:GetRecords', Resource: arn });
    await expect(read(latest)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(read('not an iterator')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('readers are woken by each write that succeeded, and by nothing else', async () => {
    const woken: string[] = [];
    const unsubscribe = engine.onWrite((tableName) => woken.push(tableName));
    const ConditionExpression = 'attribute_not_exists(pk)';
    await client.send(new PutItemCommand(put('w1')));
    await client.send(new UpdateItemCommand({ TableName: 'Audits', Key: key('w1'), UpdateExpression: 'REMOVE x' }));
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put('w2') }, { Put: put('w3') }] }));
    expect(woken).toHaveLength(3);
    await client.send(new GetItemCommand({ TableName: 'Audits', Key: key('w1') }));
    await expect(client.send(new PutItemCommand({ ...put('w1'), ConditionExpression }))).rejects.toThrow();
    const check = { ConditionCheck: { TableName: 'Audits', Key: key('none'), ConditionExpression } };
    await client.send(new TransactWriteItemsCommand({ TransactItems: [check] }));
    unsubscribe();
    await client.send(new PutItemCommand(put('w4')));
    expect(woken).toEqual(['Audits', 'Audits', 'Audits']);
  });
});

describe('the database beside this process', () => {
  /** The dynoxides that run on a directory. */
  const running = (on: string): string[] =>
    readdirSync('/proc').filter((pid) => {
      const file = `/proc/${pid}/cmdline`;
      try {
        const [program = '', ...options] = existsSync(file) ? readFileSync(file, 'utf8').split('\0') : [];
        return program.endsWith('/dynoxide') && options.includes(join(on, 'dynamodb.sqlite'));
      } catch {
        // It ended between the listing and the look.
        return false;
      }
    });

  const item = { TableName: 'Audits', Item: key('kept') };

  function request(operation: string, input: object): EngineRequest {
    return {
      method: 'POST',
      path: '/',
      query: new URLSearchParams(),
      headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: Buffer.from(JSON.stringify(input)),
      principal: { kind: 'operator' },
    };
  }

  test('a restart keeps the data and the stream', async () => {
    const at = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    const first = await open(at);
    await first.createTable(definition);
    await first.handle(request('PutItem', item));
    const stream = await first.streamArn('Audits');
    await first.close();
    expect(running(at)).toEqual([]);
    const second = await open(at);
    await second.createTable(definition);
    const { body } = await second.handle(request('GetItem', { TableName: 'Audits', Key: key('kept') }));
    expect(JSON.parse(String(body))).toEqual({ Item: key('kept') });
    expect(await second.streamArn('Audits')).toBe(stream);
    await second.close();
    await second.close();
    rmSync(at, { recursive: true });
  });

  test('kill -9 of the parent leaves no dynoxide, and what was written', async () => {
    const at = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    const script = `
      import { createDynamoDbEngine } from ${JSON.stringify(new URL('./dynamodb-engine.ts', import.meta.url).href)};
      const engine = await createDynamoDbEngine({ directory: ${JSON.stringify(at)}, now: Date.now, region: '${region}', accountId: '${accountId}' });
      await engine.createTable(${JSON.stringify(definition)});
      const [headers, body] = [{ 'x-amz-target': 'DynamoDB_20120810.PutItem' }, Buffer.from(${JSON.stringify(JSON.stringify(item))})];
      await engine.handle({ method: 'POST', path: '/', query: new URLSearchParams(), headers, body, principal: { kind: 'operator' } });
      console.log('written');`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(parent.stdout), 'line');
    expect(line).toBe('written');
    expect(running(at)).toHaveLength(1);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(running(at)).toEqual([]), { timeout: 5000, interval: 10 });
    const next = await open(at);
    const { body } = await next.handle(request('GetItem', { TableName: 'Audits', Key: key('kept') }));
    expect(JSON.parse(String(body))).toEqual({ Item: key('kept') });
    await next.close();
    rmSync(at, { recursive: true });
  });

  test('listens where no web page can guess it, anew at each start', async () => {
    const at = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    const hosts: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      const other = await open(at);
      const options = readFileSync(`/proc/${running(at)[0]}/cmdline`, 'utf8').split('\0');
      const [host = '', port = ''] = ['--host', '--port'].map((name) => options[options.indexOf(name) + 1]);
      hosts.push(host);
      const reached = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).catch(
        (error: Error) => error.message,
      );
      expect(reached).toBe('fetch failed');
      await other.close();
    }
    for (const host of hosts) expect(host).toMatch(/^127\.(?!0\.)\d+\.\d+\.\d+$/);
    expect(hosts[0]).not.toBe(hosts[1]);
    rmSync(at, { recursive: true });
  });

  test('when it dies it is started again on its data, and what comes in between is answered', async () => {
    const at = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    const warnings: string[] = [];
    const warn = (line: string) => warnings.push(line);
    const other = await createDynamoDbEngine({ directory: at, now: Date.now, region, accountId, warn });
    await other.createTable(definition);
    await other.handle(request('PutItem', item));
    const [pid] = running(at);
    process.kill(Number(pid), 'SIGKILL');
    const refusals: AwsError[] = [];
    await vi.waitFor(async () => {
      const call = other.handle(request('GetItem', { TableName: 'Audits', Key: key('kept') }));
      const { body } = await call.catch((error: AwsError) => {
        refusals.push(error);
        throw error;
      });
      expect(running(at)).not.toContain(pid);
      expect(JSON.parse(String(body))).toEqual({ Item: key('kept') });
    });
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'InternalServerError', status: 500 });
    expect(warnings).toEqual([expect.stringContaining('It is started again.')]);
    await other.close();
    expect(running(at)).toEqual([]);
    rmSync(at, { recursive: true });
  });

  test('a database that can not open its file says so', async () => {
    const at = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    mkdirSync(join(at, 'dynamodb.sqlite'));
    await expect(open(at)).rejects.toThrow(`dynoxide did not start on ${join(at, 'dynamodb.sqlite')}`);
    rmSync(at, { recursive: true });
  });

  test('another endpoint is used as it is, and nothing is started', async () => {
    const targets: unknown[] = [];
    const server = createServer((message, out) => {
      targets.push(message.headers['x-amz-target']);
      out.end(
        JSON.stringify({ Table: { LatestStreamArn: 'arn:aws:dynamodb:ddblocal:000000000000:table/Audits/stream/1' } }),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const elsewhere = await createDynamoDbEngine({ directory: '/nowhere', now: Date.now, region, accountId, endpoint });
    expect(await elsewhere.streamArn('Audits')).toBe(`${arn}/stream/1`);
    expect(targets).toEqual(['DynamoDB_20120810.DescribeTable']);
    await elsewhere.close();
    server.closeAllConnections();
    server.close();
  });
});
