import { expect, test } from 'vitest';
import { createStreamShards } from './stream-shards.ts';

const base = { ShardId: 'shardId-00000000000000000000-00000001' };
const records = Array.from({ length: 40 }, (_, at) => ({
  at,
  dynamodb: { Keys: { pk: { S: `item ${at % 10}` }, sk: { S: 'x' } } },
}));

test('each record is in one shard, and all of an item in the same, in their order', () => {
  const shards = createStreamShards(4);
  const numbers = shards.split([base]).map(({ ShardId }) => shards.find(ShardId));
  expect(numbers).toEqual([0, 1, 2, 3].map((number) => ({ shardId: base.ShardId, number })));
  const parts = numbers.map(({ number }) => shards.select(records, number));
  expect(parts.filter(({ length }) => length > 0).length).toBeGreaterThan(1);
  expect(parts.flat().length).toBe(records.length);
  for (const part of parts) {
    expect(part.map(({ at }) => at)).toEqual(part.map(({ at }) => at).toSorted((a, b) => a - b));
    for (const { dynamodb } of part)
      expect(part.filter((other) => other.dynamodb.Keys.pk.S === dynamodb.Keys.pk.S)).toHaveLength(4);
  }
});

test('one shard is the database’s own, and another than these is not found', () => {
  const one = createStreamShards(1);
  expect(one.split([base])).toEqual([base]);
  expect(one.select(records, 0)).toEqual(records);
  for (const shardId of ['nothing', `${base.ShardId}-4`])
    expect(() => createStreamShards(4).find(shardId)).toThrow('not found');
});
