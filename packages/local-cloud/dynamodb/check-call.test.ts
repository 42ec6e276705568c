import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDynamoDbEngine, type DynamoDbEngine } from './dynamodb-engine.ts';

// What DynamoDB answers to these was found on AWS by the suites of dynalite, alternator and dynamodb-conformance.

type Answer = { readonly Items?: readonly object[]; readonly Item?: object; readonly Attributes?: object };

const directory = mkdtempSync(join(tmpdir(), 'dynamodb-'));
const TableName = 'Audits';
let engine: DynamoDbEngine;

beforeAll(async () => {
  engine = await createDynamoDbEngine({
    directory,
    now: Date.now,
    region: 'ca-central-1',
    accountId: '111111111111',
  });
  const keys = (partition: string, sort: string) => [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
  await engine.createTable({
    TableName,
    AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: keys('pk', 'sk'),
    GlobalSecondaryIndexes: [
      { IndexName: 'GSI1', KeySchema: keys('gsi1pk', 'gsi1sk'), Projection: { ProjectionType: 'ALL' } },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  for (const sort of ['1', '2', '3'])
    await call('PutItem', { Item: { ...key('p', sort), gsi1pk: { S: 'list' }, gsi1sk: { S: sort } } });
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

async function call(operation: string, input: object): Promise<Answer> {
  const { body } = await engine.handle({
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` },
    body: Buffer.from(JSON.stringify(/^(Transact|Batch)/.test(operation) ? input : { TableName, ...input })),
    principal: { kind: 'operator' },
  });
  return JSON.parse(String(body)) as Answer;
}

/** How a call is refused: "Code: message". */
const refusal = (operation: string, input: object): Promise<string> =>
  call(operation, input).then(
    () => 'taken',
    ({ code, message }) => `${code}: ${message}`,
  );

const S = (text: string) => ({ S: text });
const key = (pk: string, sk: string) => ({ pk: S(pk), sk: S(sk) });
const values = (all: object) => ({ ExpressionAttributeValues: all });
const invalid = (message: string) => `ValidationException: ${message}`;
const long = { sort: 'x'.repeat(1025), partition: 'x'.repeat(2049) };
const sortTooLong =
  'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes';
const partitionTooLong =
  'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes';

describe('where a query or a scan goes on', () => {
  const query = (condition: string, all: object, startKey: object, more: object = {}) =>
    refusal('Query', { KeyConditionExpression: condition, ...values(all), ExclusiveStartKey: startKey, ...more });
  const inIndex = { IndexName: 'GSI1' };
  const outside = invalid('The provided starting key is outside query boundaries based on provided conditions');
  const noMatch = invalid('The provided starting key does not match the range key predicate');
  const malformed = invalid('The provided starting key is invalid');

  test.each<[string, string, object, object, string]>([
    ["another partition's key", 'pk = :p', { ':p': S('p') }, key('q', '1'), outside],
    ['before its bound', 'pk = :p AND sk > :s', { ':p': S('p'), ':s': S('2') }, key('p', '1'), noMatch],
    ['its very bound', 'pk = :p AND sk > :s', { ':p': S('p'), ':s': S('2') }, key('p', '2'), noMatch],
    ['behind its bound', 'pk = :p AND sk < :s', { ':p': S('p'), ':s': S('2') }, key('p', '3'), noMatch],
    ['without its prefix', 'pk = :p AND begins_with(sk, :s)', { ':p': S('p'), ':s': S('2') }, key('p', '3'), noMatch],
    [
      'outside of both bounds',
      'sk BETWEEN :s AND :s AND pk = :p',
      { ':p': S('p'), ':s': S('2') },
      key('p', '3'),
      noMatch,
    ],
    ['a part of a key', 'pk = :p', { ':p': S('p') }, { pk: S('p') }, malformed],
    ['more than a key', 'pk = :p', { ':p': S('p') }, { ...key('p', '1'), gsi1pk: S('list') }, malformed],
    ['none', 'pk = :p', { ':p': S('p') }, {}, malformed],
    [
      'another type',
      'pk = :p',
      { ':p': S('p') },
      { pk: S('p'), sk: { N: '1' } },
      invalid('The provided starting key is invalid: The provided key element does not match the schema'),
    ],
    [
      'too long',
      'pk = :p',
      { ':p': S('p') },
      key('p', long.sort),
      invalid(`The provided starting key is invalid: ${sortTooLong}`),
    ],
    [
      'the only one there is',
      'pk = :p AND sk = :s',
      { ':p': S('p'), ':s': S('1') },
      key('p', '1'),
      invalid('The query can return at most one row and cannot be restarted'),
    ],
    ['within', 'pk = :p AND sk > :s', { ':p': S('p'), ':s': S('1') }, key('p', '2'), 'taken'],
    ['where no item is', 'pk = :p', { ':p': S('p') }, key('p', '2.5'), 'taken'],
  ])('of a table: %s', async (_, condition, all, startKey, expected) => {
    expect(await query(condition, all, startKey)).toBe(expected);
  });

  test.each<[string, object, string]>([
    ["another list's key", { gsi1pk: S('other'), gsi1sk: S('3') }, outside],
    ['before its bound', { gsi1pk: S('list'), gsi1sk: S('1') }, noMatch],
    ['without the key of the index', {}, malformed],
    ['within', { gsi1pk: S('list'), gsi1sk: S('3') }, 'taken'],
  ])('of an index: %s', async (_, ofIndex, expected) => {
    const all = { ':l': S('list'), ':s': S('2') };
    const startKey = { ...key('p', '3'), ...ofIndex };
    expect(await query('gsi1pk = :l AND gsi1sk >= :s', all, startKey, inIndex)).toBe(expected);
  });

  test('of a scan: a whole key', async () => {
    const scan = (ExclusiveStartKey: object, more: object = {}) => refusal('Scan', { ExclusiveStartKey, ...more });
    expect(await scan({ pk: S('p') })).toBe(`${malformed}: The provided key element does not match the schema`);
    expect(await scan(key('p', '1'), inIndex)).toBe(malformed);
    expect(await scan(key('p', '1'))).toBe('taken');
  });
});

describe('the key of a query', () => {
  const query = (condition: string, all: object) =>
    refusal('Query', { KeyConditionExpression: condition, ...values(all) });
  const kind = 'Invalid KeyConditionExpression:';

  test.each<[string, object, string]>([
    [
      'pk = :p',
      { ':p': S('') },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    [
      'pk = :p',
      { ':p': { N: '1' } },
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
    [
      'pk = :p AND sk > :s',
      { ':p': S('p'), ':s': { BOOL: true } },
      `${kind} Incorrect operand type for operator or function; operator or function: >, operand type: BOOL`,
    ],
    [
      'pk = :p AND begins_with(sk, :s)',
      { ':p': S('p'), ':s': { N: '1' } },
      `${kind} Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
    ],
    [
      'pk = :p AND sk BETWEEN :b AND :a',
      { ':p': S('p'), ':a': S('a'), ':b': S('b') },
      `${kind} The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}`,
    ],
    [
      'pk = :p AND sk BETWEEN :a AND :b',
      { ':p': S('p'), ':a': S('a'), ':b': { N: '1' } },
      `${kind} The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}`,
    ],
    ['pk = :p', { ':p': S(long.partition) }, partitionTooLong],
    ['pk = :p AND sk > :s', { ':p': S('p'), ':s': S(long.sort) }, sortTooLong],
    ['sk = :s', { ':s': S('1') }, 'Query condition missed key schema element: pk'],
    ['pk = :p AND name2 = :s', { ':p': S('p'), ':s': S('1') }, 'Query condition missed key schema element: sk'],
    ['pk > :p', { ':p': S('p') }, 'Query key condition not supported'],
    ['pk = :p AND sk <> :p', { ':p': S('p') }, 'Invalid operator used in KeyConditionExpression: <>'],
    ['pk = :p OR sk = :p', { ':p': S('p') }, 'Invalid operator used in KeyConditionExpression: OR'],
    ['pk = :p AND pk = :p', { ':p': S('p') }, 'KeyConditionExpressions must only contain one condition per key'],
    ['pk = :p AND sk.a = :p', { ':p': S('p') }, 'KeyConditionExpressions cannot have conditions on nested attributes'],
    [
      'pk = :p AND begins_with(:p, sk)',
      { ':p': S('p') },
      'Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand',
    ],
    ['pk = sk', {}, 'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition'],
    ['((pk = :p))', { ':p': S('p') }, `${kind} The expression has redundant parentheses;`],
    ['pk = :p sk', { ':p': S('p') }, `${kind} Syntax error; token: "sk", near: ":p sk"`],
    ['', { ':p': S('p') }, `${kind} The expression can not be empty;`],
  ])('%s of %j is refused', async (condition, all, message) => {
    expect(await query(condition, all)).toBe(invalid(message));
  });

  test.each([
    'sk = :s AND pk = :p',
    '((sk = :s) AND (pk = :p))',
    'sk >= :s AND pk = :p',
    'begins_with(sk, :s) AND pk = :p',
    'sk BETWEEN :s AND :s AND pk = :p',
    '((sk >= :s) AND (pk = :p))',
    ':s <= sk and :p = pk',
    'pk=:p AnD sk>=:s',
  ])('may stand in any order: %s', async (KeyConditionExpression) => {
    const { Items } = await call('Query', { KeyConditionExpression, ...values({ ':p': S('p'), ':s': S('3') }) });
    expect(Items).toMatchObject([key('p', '3')]);
  });
});

describe('an expression', () => {
  const put = (ConditionExpression: string, all?: object) =>
    refusal('PutItem', { Item: key('e', '1'), ConditionExpression, ...(all && values(all)) });
  const kind = 'Invalid ConditionExpression:';
  const one = { ':v': S('') };

  test.each<[string, string, object | undefined, string]>([
    ['4,096 parentheses', '('.repeat(4096), undefined, `${kind} Syntax error; token: "(", near: "((("`],
    [
      'over 4 KB',
      `attribute_exists(${'a'.repeat(4080)})`,
      undefined,
      `${kind} Expression size has exceeded the maximum allowed size; expression size: 4098`,
    ],
    [
      'over 300 operators',
      Array(151).fill('a=:v').join(' OR '),
      one,
      `${kind} The expression contains too many operators; operator count: 301`,
    ],
    ['a function that there is not', 'dog(a)', undefined, `${kind} Invalid function name; function: dog`],
    [
      'a name that is not defined',
      '#a = :v',
      one,
      `${kind} An expression attribute name used in the document path is not defined; attribute name: #a`,
    ],
    [
      'a value that is not defined',
      'a = :w',
      one,
      `${kind} An expression attribute value used in expression is not defined; attribute value: :w`,
    ],
    [
      'a value that is not used',
      'attribute_exists(a)',
      one,
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}',
    ],
    [
      'operands of a wrong type',
      'a < :v',
      { ':v': { NULL: true } },
      `${kind} Incorrect operand type for operator or function; operator or function: <, operand type: NULL`,
    ],
    [
      'the size of what has none',
      'size(:v) > a',
      { ':v': { BOOL: true } },
      `${kind} Incorrect operand type for operator or function; operator or function: size, operand type: BOOL`,
    ],
    [
      'a type that there is not',
      'attribute_type(a, :v)',
      { ':v': S('X') },
      `${kind} Invalid attribute type name found; type: X, valid types: {S,N,B,BOOL,NULL,M,L,SS,NS,BS}`,
    ],
    [
      'an attribute with itself',
      'a = a',
      undefined,
      `${kind} The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]`,
    ],
  ])('is refused: %s', async (_, condition, all, message) => {
    expect(await put(condition, all)).toBe(invalid(message));
  });

  test.each([
    Array(150).fill('a=:v').join(' OR '),
    'NOT (a = :v AND (b <> :v OR attribute_exists(c.d[2].e)))',
    'a IN (:v, b) AND contains(a, :v) OR size(a) < size(b)',
  ])('is read as DynamoDB reads it: %s', async (condition) => {
    expect(await put(condition, one)).not.toContain('ValidationException');
  });

  test('after the worst of them the database still answers', async () => {
    await put('('.repeat(4096));
    expect((await call('GetItem', { Key: key('p', '1') })).Item).toMatchObject(key('p', '1'));
  });

  test.each<[string, object, string]>([
    ['ADD a :v', S('x'), 'Incorrect operand type for operator or function; operator: ADD, operand type: STRING'],
    [
      'DELETE a :v',
      { N: '1' },
      'Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER',
    ],
    [
      'SET a = b - :v',
      S('x'),
      'Incorrect operand type for operator or function; operator or function: -, operand type: S',
    ],
    [
      'SET a = list_append(a, :v)',
      S('x'),
      'Incorrect operand type for operator or function; operator or function: list_append, operand type: S',
    ],
    [
      'SET a = if_not_exists(:v, :v)',
      S('x'),
      'Operator or function requires a document path; operator or function: if_not_exists',
    ],
    [
      'SET a = :v, a.b = :v',
      S('x'),
      'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]',
    ],
    ['SET a = :v SET b = :v', S('x'), 'The "SET" section can only be used once in an update expression;'],
  ])('of an update: %s of %j', async (UpdateExpression, value, message) => {
    const update = { Key: key('e', '2'), UpdateExpression, ...values({ ':v': value }) };
    const expected = invalid(`Invalid UpdateExpression: ${message}`);
    expect(await refusal('UpdateItem', update)).toBe(expected);
    expect(await refusal('TransactWriteItems', { TransactItems: [{ Update: { TableName, ...update } }] })).toBe(
      expected,
    );
  });

  test('of before there were expressions is not supported', async () => {
    const KeyConditions = { pk: { ComparisonOperator: 'EQ', AttributeValueList: [S('p')] } };
    expect(await refusal('Query', { KeyConditions })).toBe(
      invalid('The local cloud does not support KeyConditions. Write it as an expression.'),
    );
  });
});

describe('a batch of reads', () => {
  const batch = (part: object | undefined) => refusal('BatchGetItem', { RequestItems: part && { [TableName]: part } });
  const Keys = [key('p', '1')];

  test.each<[string, object | undefined, string]>([
    ['without a request', undefined, "The parameter 'RequestItems' is required but was not present in the request"],
    ['without keys', {}, "The parameter 'RequestItems.Audits.Keys' is required but was not present"],
    [
      'of more than 100 keys',
      { Keys: Array.from({ length: 101 }, (_, index) => key('p', String(index))) },
      'Too many items requested for the BatchGetItem call',
    ],
    ['of a key twice', { Keys: [...Keys, ...Keys] }, 'Provided list of item keys contains duplicates'],
    ['of a part of a key', { Keys: [{ pk: S('p') }] }, 'The provided key element does not match the schema'],
    [
      'with a name that its projection does not use',
      { Keys, ProjectionExpression: 'pk', ExpressionAttributeNames: { '#n': 'name' } },
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}',
    ],
    [
      'of before there were expressions',
      { Keys, AttributesToGet: ['pk'] },
      'The local cloud does not support AttributesToGet. Write it as an expression.',
    ],
  ])('%s', async (_, part, message) => {
    expect(await batch(part)).toBe(invalid(message));
  });

  test('of a table that there is not', async () => {
    expect(await refusal('BatchGetItem', { RequestItems: { Nothing: { Keys } } })).toMatch(
      /^ResourceNotFoundException/,
    );
  });
});

describe('a transaction', () => {
  const write = (part: object) => refusal('TransactWriteItems', { TransactItems: [part] });
  const put = (more: object) => write({ Put: { TableName, Item: key('t', '1'), ...more } });
  const kind = 'Invalid ConditionExpression:';

  test.each<[string, object, string]>([
    ['can not be read', { ConditionExpression: 'a b c' }, `${kind} Syntax error; token: "b", near: "a b c"`],
    [
      'has a word of DynamoDB as a name',
      { ConditionExpression: 'name = :v', ...values({ ':v': S('') }) },
      `${kind} Attribute name is a reserved keyword; reserved keyword: name`,
    ],
    [
      'has values that it does not use',
      { ConditionExpression: 'attribute_exists(pk)', ...values({ ':v': S('') }) },
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}',
    ],
  ])('whose expression %s is no valid call', async (_, more, message) => {
    expect(await put(more)).toBe(invalid(message));
  });

  test('does not change a key', async () => {
    const Update = { TableName, Key: key('t', '1'), UpdateExpression: 'SET sk = :v', ...values({ ':v': S('2') }) };
    expect(await write({ Update })).toBe(
      invalid(
        'One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key',
      ),
    );
  });

  test('does not only take away: what becomes of an item that is missing is not supported', async () => {
    const Update = { TableName, Key: key('t', '1'), UpdateExpression: 'REMOVE a' };
    expect(await write({ Update })).toContain(
      'does not support an Update of a transaction that only REMOVEs or DELETEs',
    );
  });
});

describe('the key of an index', () => {
  const item = (gsi1pk: string, gsi1sk: string) => ({ ...key('i', '1'), gsi1pk: S(gsi1pk), gsi1sk: S(gsi1sk) });
  const update = (gsi1sk: string) => ({
    Key: key('i', '2'),
    UpdateExpression: 'SET gsi1pk = :p, gsi1sk = :s',
    ...values({ ':p': S('list'), ':s': S(gsi1sk) }),
  });
  const fits = 'é'.repeat(512);

  test('is at most 2,048 and 1,024 bytes long', async () => {
    expect(await refusal('PutItem', { Item: item('list', `${fits}x`) })).toBe(invalid(sortTooLong));
    expect(await refusal('PutItem', { Item: item(long.partition, 'x') })).toBe(invalid(partitionTooLong));
    expect(await refusal('UpdateItem', update(`${fits}x`))).toBe(invalid(sortTooLong));
    expect(await refusal('PutItem', { Item: item('x'.repeat(2048), fits) })).toBe('taken');
    expect(await refusal('UpdateItem', update(fits))).toBe('taken');
  });

  test('of a part of a transaction ends all of it, with the reason', async () => {
    const TransactItems = [
      { Put: { TableName, Item: key('i', '3') } },
      { Put: { TableName, Item: item('list', long.sort) } },
    ];
    await expect(call('TransactWriteItems', { TransactItems })).rejects.toMatchObject({
      code: 'TransactionCanceledException',
      details: { CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError', Message: sortTooLong }] },
    });
    expect((await call('GetItem', { Key: key('i', '3') })).Item).toBeUndefined();
  });

  test('is not computed by an update', async () => {
    const computed = { Key: key('i', '2'), UpdateExpression: 'SET gsi1sk = if_not_exists(gsi1sk, :s)' };
    expect(await refusal('UpdateItem', { ...computed, ...values({ ':s': S('x') }) })).toContain(
      'does not support an update that computes gsi1sk',
    );
  });
});

test('names of attributes are at most 64 KB long', async () => {
  const name = 'n'.repeat(65_536);
  const expected = invalid(
    'One or more parameter values were invalid: Attribute name is too large, must be less than 65536 bytes',
  );
  expect(await refusal('PutItem', { Item: { ...key('n', '1'), [name]: S('') } })).toBe(expected);
  expect(await refusal('PutItem', { Item: { ...key('n', '1'), a: { L: [{ M: { [name]: S('') } }] } } })).toBe(expected);
  const read = { Key: key('n', '1'), ProjectionExpression: '#n' };
  expect(await refusal('GetItem', { ...read, ExpressionAttributeNames: { '#n': name } })).toBe(expected);
  expect(await refusal('GetItem', { ...read, ExpressionAttributeNames: { '#n': name.slice(1) } })).toBe('taken');
});

describe('an update that only takes away', () => {
  const remove = (sk: string, more: object = {}) => ({ Key: key('r', sk), UpdateExpression: 'REMOVE a', ...more });
  const stored = async (sk: string) => (await call('GetItem', { Key: key('r', sk), ConsistentRead: true })).Item;
  const failed = 'ConditionalCheckFailedException: The conditional request failed';

  test('makes no item where there is none', async () => {
    expect(await call('UpdateItem', remove('1', { ReturnValues: 'ALL_NEW' }))).toEqual({});
    const tags = { UpdateExpression: 'DELETE tags :t', ...values({ ':t': { SS: ['x'] } }) };
    await call('UpdateItem', remove('1', tags));
    expect(await stored('1')).toBeUndefined();
    await call('UpdateItem', { Key: key('r', '1') });
    expect(await stored('1')).toEqual(key('r', '1'));
  });

  test('takes away from an item that is there', async () => {
    await call('PutItem', { Item: { ...key('r', '2'), a: S('x'), b: S('y') } });
    const { Attributes } = await call('UpdateItem', remove('2', { ReturnValues: 'ALL_NEW' }));
    expect(Attributes).toEqual({ ...key('r', '2'), b: S('y') });
  });

  test('is judged by its own condition, whether there is an item or not', async () => {
    const given = (ConditionExpression: string) => ({ ConditionExpression, ...values({ ':y': S('y') }) });
    expect(await refusal('UpdateItem', remove('3', given('b = :y')))).toBe(failed);
    expect(await refusal('UpdateItem', remove('3', given('(NOT b = :y)')))).toBe('taken');
    expect(await stored('3')).toBeUndefined();
    expect(await refusal('UpdateItem', remove('2', given('b <> :y')))).toBe(failed);
    expect(await refusal('UpdateItem', remove('2', given('b = :y OR attribute_exists(c)')))).toBe('taken');
  });

  test('gives the item that failed its condition only to who asks for it', async () => {
    const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
    const asking = { ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    await expect(call('UpdateItem', remove('2', condition))).rejects.toHaveProperty('details', {});
    await expect(call('UpdateItem', remove('2', asking))).rejects.toHaveProperty('details.Item.b', S('y'));
  });
});
