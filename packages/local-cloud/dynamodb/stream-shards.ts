import { crc32 } from 'node:zlib';
import { AwsError } from '../engine.ts';

export type Shard = { readonly ShardId: string };
export type StreamRecord = { readonly dynamodb: { readonly Keys: Readonly<Record<string, unknown>> } };

/** Splits the one shard of the database's stream into several: each item's records stay in one of them, in their order. */
export function createStreamShards(count: number) {
  const nameOf = (shard: string, number: number) => (count === 1 ? shard : `${shard}-${number}`);
  return {
    /** The shards that callers see in place of the database's. */
    split: (shards: readonly Shard[]): readonly Shard[] =>
      shards.flatMap((shard) =>
        Array.from({ length: count }, (_, number) => ({ ...shard, ShardId: nameOf(shard.ShardId, number) })),
      ),
    /** The database's shard behind one that a caller names, and its number; throws ResourceNotFoundException. */
    find(shardId: string): { readonly shardId: string; readonly number: number } {
      if (count === 1) return { shardId, number: 0 };
      const [, shard, number] = /^(.+)-(\d+)$/.exec(shardId) ?? [];
      if (shard !== undefined && Number(number) < count) return { shardId: shard, number: Number(number) };
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Shard: ${shardId} not found`);
    },
    /** Those of the records that are in the shard of this number. */
    select<R extends StreamRecord>(records: readonly R[], number: number): readonly R[] {
      if (count === 1) return records;
      return records.filter(
        ({ dynamodb: { Keys } }) =>
          (Math.imul(crc32(JSON.stringify(Object.entries(Keys).sort())), 0x9e3779b1) >>> 16) % count === number,
      );
    },
  };
}
