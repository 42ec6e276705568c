import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { commit, openStore, readAnswer, type Store } from '@secor/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDynamoDbEngine, type DynamoDbEngine } from '../../packages/local-cloud/dynamodb/dynamodb-engine.ts';
import { listenFor } from '../../packages/local-cloud/sqs/engine-listener.fixture.ts';
import { tableInMemory } from './table.fixture.ts';

const at = '2026-11-23T18:00:00.000Z';
const nextDay = '2026-11-24T18:00:00.000Z';
const region = 'ca-central-1';

let directory: string;
let engine: DynamoDbEngine;
let listener: Awaited<ReturnType<typeof listenFor>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dynamodb-'));
  engine = await createDynamoDbEngine({ directory, now: () => Date.now(), region, accountId: '000000000000' });
  listener = await listenFor(engine);
});
afterAll(async () => {
  await listener.close();
  await engine.close();
  await rm(directory, { recursive: true });
});

let tables = 0;
/** A new table in the DynamoDB of the local cloud. */
async function openTable(): Promise<Store> {
  tables += 1;
  const TableName = `table-${tables}`;
  await engine.createTable({
    TableName,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
  return openStore(TableName, new DynamoDBClient({ endpoint: listener.url, region, credentials, maxAttempts: 1 }));
}

/** Of some placeholders those that an expression names: DynamoDB refuses others, and none at all. */
function usedIn<T>(expression: string, all: Readonly<Record<string, T>>): Record<string, T> | undefined {
  const used = Object.entries(all).filter(([name]) => expression.split(/[^:#\w]+/).includes(name));
  return used.length === 0 ? undefined : Object.fromEntries(used);
}

describe.each([
  ['in memory', async () => tableInMemory().store],
  ['of the local cloud', openTable],
])('the table %s', (_, open) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  const put = (Item: Record<string, unknown>) => store.client.send(new PutCommand({ TableName: store.table, Item }));

  it('lets an answer that is kept for repetitions be taken over once it has expired, and not a moment before', async () => {
    const call = { issuer: 'https://id.example.org', sub: 'robin', route: 'POST /v1/audits', key: 'k1' };
    const keep = (status: number, when: string) =>
      commit(store, { at: when, idempotency: { call, answer: { status, body: '{}', fingerprint: 'f' } as never } });
    await keep(201, at);
    await expect(keep(202, '2026-11-24T17:59:59.999Z')).rejects.toThrow('answered');
    expect(await readAnswer(store, call, at)).toMatchObject({ status: 201 });
    await keep(202, nextDay);
    expect(await readAnswer(store, call, nextDay)).toMatchObject({ status: 202 });
  });

  it.each([
    ['attribute_not_exists(pk)', {}, false],
    ['attribute_exists(pk) AND #count <= :room', { ':room': 3 }, true],
    ['attribute_exists(pk) AND #count <= :room', { ':room': 2 }, false],
    ['attribute_not_exists(pk) OR #body.closedOn <= :at', { ':at': '2026-11-23' }, true],
    ['attribute_not_exists(pk) OR #body.closedOn <= :at', { ':at': '2026-11-22' }, false],
    ['attribute_not_exists(pk) OR #count <= :text', { ':text': '9' }, false],
    ['attribute_not_exists(pk) AND #count = :three OR #body.steps = :list', { ':three': 3, ':list': [1] }, true],
    ['attribute_not_exists(pk) AND (#count = :three OR #body.steps = :list)', { ':three': 3, ':list': [1] }, false],
    ['#count BETWEEN :one AND :three AND attribute_not_exists(#body.another)', { ':one': 1, ':three': 3 }, true],
    ['begins_with(label, :m) AND #count > :three', { ':m': 'm', ':three': 3 }, false],
    ['#body.another <= :at', { ':at': '2026-11-23' }, false],
    ['#body.another = :at', { ':at': '2026-11-23' }, false],
  ])('judges %s with %j', async (ConditionExpression, values, expected) => {
    const Item = { pk: 'a', sk: 'b', count: 3, label: 'mn', body: { closedOn: '2026-11-23', steps: [1] } };
    await put(Item);
    const condition = {
      ConditionExpression,
      ExpressionAttributeNames: usedIn(ConditionExpression, { '#count': 'count', '#body': 'body' }),
      ExpressionAttributeValues: usedIn<unknown>(ConditionExpression, values),
    };
    const write = { Put: { TableName: store.table, Item, ...condition } };
    const written = store.client.send(new TransactWriteCommand({ TransactItems: [write] }));
    if (expected) await written;
    else await expect(written).rejects.toThrow(TransactionCanceledException);
  });

  it('sets, keeps, adds and removes', async () => {
    const all = { ':two': 2, ':x': { y: 1 }, ':none': [], ':more': ['z'] };
    const send = (UpdateExpression: string) =>
      store.client.send(
        new UpdateCommand({
          ...{ TableName: store.table, Key: { pk: 'a', sk: 'b' }, UpdateExpression },
          ExpressionAttributeNames: usedIn(UpdateExpression, { '#count': 'count' }),
          ExpressionAttributeValues: usedIn<unknown>(UpdateExpression, all),
        }),
      );
    const item = async () =>
      (await store.client.send(new GetCommand({ TableName: store.table, Key: { pk: 'a', sk: 'b' } }))).Item;
    await send('SET body = :x, another = if_not_exists(another, :two) ADD #count :two');
    await send('SET another = if_not_exists(another, :x) ADD #count :two');
    expect(await item()).toEqual({ pk: 'a', sk: 'b', body: { y: 1 }, another: 2, count: 4 });
    await send('REMOVE body.y');
    expect(await item()).toMatchObject({ body: {} });
    for (const _ of [1, 2]) await send('SET body.letters = list_append(if_not_exists(body.letters, :none), :more)');
    expect(await item()).toMatchObject({ body: { letters: ['z', 'z'] } });
  });

  it('refuses a transaction that writes an item twice', async () => {
    const Put = { TableName: store.table, Item: { pk: 'a', sk: 'b' } };
    const twice = store.client.send(new TransactWriteCommand({ TransactItems: [{ Put }, { Put }] }));
    await expect(twice).rejects.toThrow();
    await expect(twice).rejects.not.toThrow(TransactionCanceledException);
  });

  it('reads a batch: what is there, as far as its projection goes; no key twice', async () => {
    await put({ pk: 'a', sk: '1', body: { name: 'Robin', more: 1 } });
    await put({ pk: 'a', sk: '2', body: { legalName: 'Cutbank' } });
    const read = async (...sorts: string[]) => {
      const part = {
        Keys: sorts.map((sk) => ({ pk: 'a', sk })),
        ProjectionExpression: 'pk, sk, #body.#legalName, #body.#name',
        ExpressionAttributeNames: { '#body': 'body', '#legalName': 'legalName', '#name': 'name' },
      };
      return store.client.send(new BatchGetCommand({ RequestItems: { [store.table]: part } }));
    };
    const { Responses, UnprocessedKeys } = await read('1', '2', '3');
    const found = Responses?.[store.table]?.toSorted((a, b) => (a.sk < b.sk ? -1 : 1));
    expect(found).toEqual([
      { pk: 'a', sk: '1', body: { name: 'Robin' } },
      { pk: 'a', sk: '2', body: { legalName: 'Cutbank' } },
    ]);
    expect(UnprocessedKeys).toEqual({});
    await expect(read('1', '1')).rejects.toThrow();
    await expect(read()).rejects.toThrow();
  });

  it('gives a page of what a key condition asks for, of that what its filter lets through', async () => {
    for (const sk of ['a1', 'a2', 'a3', 'b1']) await put({ pk: 'p', sk, odd: !sk.endsWith('2') });
    const query = {
      ...{ TableName: store.table, KeyConditionExpression: 'pk = :p AND begins_with(sk, :a)' },
      ...{ FilterExpression: 'odd = :odd', ExpressionAttributeValues: { ':p': 'p', ':a': 'a', ':odd': true } },
      Limit: 2,
    };
    const first = await store.client.send(new QueryCommand(query));
    expect(first.Items).toMatchObject([{ sk: 'a1' }]);
    const second = await store.client.send(
      new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey && { pk: 'p', sk: 'a2' } }),
    );
    expect(second.Items).toMatchObject([{ sk: 'a3' }]);
    expect(second.LastEvaluatedKey).toBeUndefined();
  });
});

it('what the table in memory does not support is an error, never true or false', async () => {
  const { store } = tableInMemory();
  const Item = { pk: 'a', sk: 'b' };
  const write = (ConditionExpression: string) =>
    store.client.send(new PutCommand({ TableName: store.table, Item, ConditionExpression }));
  await expect(write('contains(label, pk)')).rejects.toThrow('does not support');
  await expect(write('label <> pk')).rejects.toThrow('does not support');
  await expect(write('label = :three')).rejects.toThrow(':three is not given');
});
