import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { type AnsweredCall, Conflict } from '@secor/contracts';
import { describe, expect, it } from 'vitest';
import { AlreadyAnswered, answerItem, readAnswer } from './idempotency.ts';
import type { Store } from './table.ts';
import { commit, retryingConflicts } from './transaction.ts';

const at = '2026-11-23T19:00:00.000Z';
const answered: AnsweredCall = {
  call: { issuer: 'https://id.example.org', sub: 'robin', route: 'POST /v1/audits', key: 'k#1' },
  answer: { requestHash: 'hash', status: 201, body: '{"version":1}' },
};
const other = { pk: 'A', sk: 'A', kind: 'a', body: {} };

type Sent = { readonly input: unknown };

/** A table whose answers to what is sent are given here. */
function storeOf(answer: (command: Sent) => unknown): { store: Store; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = {
    async send(command: Sent) {
      sent.push(command);
      return answer(command);
    },
  };
  return { store: { client: client as unknown as Store['client'], table: 'secor' }, sent };
}

function cancelled(...codes: string[]): TransactionCanceledException {
  return new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

describe('an answer', () => {
  const item = answerItem(answered, at);
  const readAt = (instant: string) => readAnswer(storeOf(() => ({ Item: item })).store, answered.call, instant);

  it('is kept for 24 hours by the time of the request, whether it was tidied up or not', async () => {
    expect(await readAt(at)).toMatchObject(answered.answer);
    expect(await readAt('2026-11-24T18:59:59.999Z')).toMatchObject(answered.answer);
    expect(await readAt('2026-11-24T19:00:00.000Z')).toBeUndefined();
    expect(item.ttl * 1000).toBe(Date.parse('2026-11-24T19:00:00.000Z'));
  });

  it('is kept no longer than it can be used', async () => {
    const short = answerItem({ ...answered, keptUntil: '2026-11-23T19:15:00.000Z' }, at);
    const { store } = storeOf(() => ({ Item: short }));
    expect(await readAnswer(store, answered.call, '2026-11-23T19:14:59.999Z')).toMatchObject(answered.answer);
    expect(await readAnswer(store, answered.call, '2026-11-23T19:15:00.000Z')).toBeUndefined();
    expect(short.ttl * 1000).toBe(Date.parse('2026-11-23T19:15:00.000Z'));
  });

  it('is none where nothing is stored', async () => {
    const { store } = storeOf(() => ({}));
    expect(await readAnswer(store, answered.call, at)).toBeUndefined();
  });

  it('has a place of its own for each person, route and key', () => {
    const { call } = answered;
    const calls = [
      call,
      { ...call, issuer: 'https://other.example.org' },
      { ...call, sub: 'quinn' },
      { ...call, route: 'POST /v1/audits/{auditNumber}/links' },
      { ...call, key: 'k#2' },
    ];
    const places = calls.map((each) => answerItem({ ...answered, call: each }, at)).map(({ pk, sk }) => `${pk}|${sk}`);
    expect(new Set(places).size).toBe(calls.length);
  });
});

describe('commit', () => {
  it('keeps the answer in the transaction of the write, in place of an expired one only', async () => {
    const { store, sent } = storeOf(() => ({}));
    await commit(store, { at, create: [other], idempotency: answered });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toBeInstanceOf(TransactWriteCommand);
    expect(sent[0]?.input).toMatchObject({
      TransactItems: [
        {
          Put: {
            Item: answerItem(answered, at),
            ConditionExpression: 'attribute_not_exists(pk) OR #body.expiresAt <= :at',
            ExpressionAttributeValues: { ':at': at },
          },
        },
        { Put: { Item: other } },
      ],
    });
  });

  it('keeps none for a call without a key', async () => {
    const { store, sent } = storeOf(() => ({}));
    await commit(store, { at, create: [other], idempotency: undefined });
    expect(sent[0]?.input).toMatchObject({ TransactItems: [{ Put: { Item: other } }] });
  });

  it.each([
    [['ConditionalCheckFailed', 'None'], AlreadyAnswered],
    [['ConditionalCheckFailed', 'ConditionalCheckFailed'], AlreadyAnswered],
    [['None', 'ConditionalCheckFailed'], Conflict],
    [['TransactionConflict', 'None'], Conflict],
    [['None', 'ValidationError'], TransactionCanceledException],
  ])('tells by the reasons %j whether the same call was faster, or another', async (codes, error) => {
    const { store } = storeOf(() => {
      throw cancelled(...codes);
    });
    await expect(commit(store, { at, create: [other], idempotency: answered })).rejects.toThrow(error);
  });

  it('is not tried again when the same call was faster', async () => {
    const { store, sent } = storeOf(() => {
      throw cancelled('ConditionalCheckFailed', 'None');
    });
    const step = () => commit(store, { at, create: [other], idempotency: answered });
    await expect(retryingConflicts(step)).rejects.toThrow(AlreadyAnswered);
    expect(sent).toHaveLength(1);
  });
});
