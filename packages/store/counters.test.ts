import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type Count, LimitReached } from '@secor/certification';
import { Conflict } from '@secor/contracts';
import { describe, expect, it } from 'vitest';
import { limitInTheWay } from './counters.ts';
import { AlreadyAnswered } from './idempotency.ts';
import type { Store } from './table.ts';
import { commit, retryingConflicts } from './transaction.ts';

const at = '2026-11-23T19:00:00.000Z';
const links: Count = { limit: 'linksOfPerson', subject: 'robin' };
const uploads: Count = { limit: 'uploadsOfAudit', subject: '412345678' };
const other = { pk: 'A', sk: 'A', kind: 'a', body: {} };
const idempotency = {
  call: { issuer: 'https://id.example.org', sub: 'robin', route: 'POST /v1/audits', key: 'k' },
  answer: { requestHash: 'hash', status: 201, body: '{}' },
};

/** A table whose answers to what is sent are given here. */
function storeOf(answer: (input: { readonly Key?: { readonly sk: string } }) => unknown) {
  const sent: unknown[] = [];
  const client = {
    async send({ input }: { readonly input: { readonly Key?: { readonly sk: string } } }) {
      sent.push(input);
      return answer(input);
    },
  };
  return { store: { client: client as unknown as Store['client'], table: 'secor' }, sent };
}

function cancelled(codes: readonly string[]): never {
  const CancellationReasons = codes.map((Code) => ({ Code }));
  throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons });
}

describe('commit', () => {
  it('raises a counter of the business day in the transaction of the write, while it is below its limit', async () => {
    const { store, sent } = storeOf(() => ({}));
    await commit(store, { at, create: [other], counts: [links] });
    expect(sent).toEqual([
      {
        TransactItems: [
          {
            Update: {
              TableName: 'secor',
              Key: { pk: 'LIMIT#robin', sk: 'linksOfPerson#2026-11-23' },
              UpdateExpression: 'SET #kind = :kind, #ttl = :ttl ADD #count :amount',
              ConditionExpression: 'attribute_not_exists(pk) OR #count <= :room',
              ExpressionAttributeNames: { '#kind': 'kind', '#ttl': 'ttl', '#count': 'count' },
              // It goes two weeks after the midnight that ends the day.
              ExpressionAttributeValues: {
                ':kind': 'counter',
                ':ttl': Date.parse('2026-12-08T06:00:00Z') / 1000,
                ':amount': 1,
                ':room': 99,
              },
            },
          },
          { Put: expect.objectContaining({ Item: other }) },
        ],
      },
    ]);
  });

  it.each([
    [['None', 'ConditionalCheckFailed', 'None', 'None'], LimitReached],
    [['None', 'None', 'ConditionalCheckFailed', 'None'], LimitReached],
    [['None', 'ConditionalCheckFailed', 'None', 'ConditionalCheckFailed'], LimitReached],
    [['ConditionalCheckFailed', 'ConditionalCheckFailed', 'None', 'None'], AlreadyAnswered],
    [['None', 'TransactionConflict', 'None', 'None'], Conflict],
    [['None', 'None', 'None', 'ConditionalCheckFailed'], Conflict],
  ])('tells by the reasons %j what was in the way', async (codes, error) => {
    const { store, sent } = storeOf(() => cancelled(codes));
    const step = () => commit(store, { at, create: [other], counts: [links, uploads], idempotency });
    await expect(step()).rejects.toThrow(error);
    expect(sent).toHaveLength(1);
  });

  it('is not tried again when a limit is reached', async () => {
    const { store, sent } = storeOf(() => cancelled(['ConditionalCheckFailed', 'None']));
    const step = () => commit(store, { at, create: [other], counts: [links] });
    await expect(retryingConflicts(step)).rejects.toThrow(
      'You have asked for 100 upload links today. The limit is 100 a day. You can try again from midnight in Alberta, 2026-11-24 00:00.',
    );
    expect(sent).toHaveLength(1);
  });
});

describe('the limit in the way', () => {
  const counted = (count: number) => storeOf(({ Key }) => (Key?.sk.startsWith('uploads') ? { Item: { count } } : {}));

  it('is the first one that is reached', async () => {
    expect(await limitInTheWay(counted(20).store, [links, uploads], at)).toMatchObject({ limit: 'uploadsOfAudit' });
    expect(await limitInTheWay(counted(19).store, [links, uploads], at)).toBeUndefined();
  });

  it('is one that leaves less room than what is to be counted', async () => {
    const several = { ...uploads, amount: 3 };
    expect(await limitInTheWay(counted(17).store, [several], at)).toBeUndefined();
    expect(await limitInTheWay(counted(18).store, [several], at)).toMatchObject({ limit: 'uploadsOfAudit' });
  });
});
