import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { commit, readAnswer } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { tableInMemory } from './table.fixture.ts';

const at = '2026-11-23T18:00:00.000Z';
const nextDay = '2026-11-24T18:00:00.000Z';
const call = { issuer: 'https://id.example.org', sub: 'robin', route: 'POST /v1/audits', key: 'k1' };

let table: ReturnType<typeof tableInMemory>;
beforeEach(() => {
  table = tableInMemory();
});

describe('an answer that is kept for repetitions', () => {
  const keep = (status: number, when: string) =>
    commit(table.store, {
      at: when,
      idempotency: { call, answer: { status, body: '{}', fingerprint: 'f' } as never },
    });

  it('is taken over once it has expired, and not a moment before', async () => {
    await keep(201, at);
    await expect(keep(202, '2026-11-24T17:59:59.999Z')).rejects.toThrow('answered');
    expect(await readAnswer(table.store, call, at)).toMatchObject({ status: 201 });
    await keep(202, nextDay);
    expect(await readAnswer(table.store, call, nextDay)).toMatchObject({ status: 202 });
  });
});

describe('a condition', () => {
  const item = { pk: 'a', sk: 'b', count: 3, name: 'm', body: { at: '2026-11-23', list: [1] } };
  const holds = async (ConditionExpression: string, values: Readonly<Record<string, unknown>> = {}) => {
    const names = { '#count': 'count', '#body': 'body' };
    const condition = { ConditionExpression, ExpressionAttributeNames: names, ExpressionAttributeValues: values };
    const write = { Put: { TableName: 'secor', Item: item, ...condition } };
    try {
      await table.store.client.send(new TransactWriteCommand({ TransactItems: [write] }));
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return false;
      throw error;
    }
  };
  beforeEach(() => table.store.client.send(new PutCommand({ TableName: 'secor', Item: item })));

  it.each([
    ['attribute_not_exists(pk)', {}, false],
    ['attribute_exists(pk) AND #count <= :room', { ':room': 3 }, true],
    ['attribute_exists(pk) AND #count <= :room', { ':room': 2 }, false],
    ['attribute_not_exists(pk) OR #body.at <= :at', { ':at': '2026-11-23' }, true],
    ['attribute_not_exists(pk) OR #body.at <= :at', { ':at': '2026-11-22' }, false],
    ['attribute_not_exists(pk) OR #count <= :text', { ':text': '9' }, false],
    ['attribute_not_exists(pk) AND #count = :three OR #body.list = :list', { ':three': 3, ':list': [1] }, true],
    ['attribute_not_exists(pk) AND (#count = :three OR #body.list = :list)', { ':three': 3, ':list': [1] }, false],
    ['#count BETWEEN :one AND :three AND attribute_not_exists(#body.other)', { ':one': 1, ':three': 3 }, true],
    ['begins_with(name, :m) AND #count > :three', { ':m': 'm', ':three': 3 }, false],
  ])('%s with %j', async (expression, values, expected) => {
    expect(await holds(expression, values)).toBe(expected);
  });

  it('that DynamoDB has and the table in memory does not is an error, never true or false', async () => {
    await expect(holds('contains(name, :m)', { ':m': 'm' })).rejects.toThrow('does not support');
    await expect(holds('#count <> :three', { ':three': 3 })).rejects.toThrow('does not support');
    await expect(holds('#count = :three')).rejects.toThrow(':three is not given');
  });
});

it('an update sets, keeps, adds and removes', async () => {
  const send = (UpdateExpression: string, values?: Readonly<Record<string, unknown>>) =>
    table.store.client.send(
      new UpdateCommand({
        ...{ TableName: 'secor', Key: { pk: 'a', sk: 'b' }, UpdateExpression },
        ...{ ExpressionAttributeNames: { '#count': 'count' }, ExpressionAttributeValues: values },
      }),
    );
  const values = { ':two': 2, ':x': { y: 1 } };
  await send('SET body = :x, other = if_not_exists(other, :two) ADD #count :two', values);
  await send('SET other = if_not_exists(other, :x) ADD #count :two', values);
  expect(table.items.get('a|b')).toEqual({ pk: 'a', sk: 'b', body: { y: 1 }, other: 2, count: 4 });
  await send('REMOVE body.y');
  expect(table.items.get('a|b')).toMatchObject({ body: {} });
});

it('a transaction that writes an item twice is an error, as in DynamoDB', async () => {
  const Put = { TableName: 'secor', Item: { pk: 'a', sk: 'b' } };
  await expect(
    table.store.client.send(new TransactWriteCommand({ TransactItems: [{ Put }, { Put }] })),
  ).rejects.toThrow('each of them once');
});

it('a query gives a page of what its key condition asks for, of that what its filter lets through', async () => {
  for (const sk of ['a1', 'a2', 'a3', 'b1'])
    await table.store.client.send(
      new PutCommand({ TableName: 'secor', Item: { pk: 'p', sk, odd: !sk.endsWith('2') } }),
    );
  const query = {
    ...{
      TableName: 'secor',
      KeyConditionExpression: 'pk = :p AND begins_with(sk, :a)',
      FilterExpression: 'odd = :odd',
    },
    ...{ ExpressionAttributeValues: { ':p': 'p', ':a': 'a', ':odd': true }, Limit: 2 },
  };
  const first = await table.store.client.send(new QueryCommand(query));
  expect(first.Items).toMatchObject([{ sk: 'a1' }]);
  const second = await table.store.client.send(
    new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }),
  );
  expect(second).toMatchObject({ Items: [{ sk: 'a3' }] });
  expect(second.LastEvaluatedKey).toBeUndefined();
});
