import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from '../backoff.ts';
import type { RoleCall } from '../gateway/call-as.ts';
import { type Deliver, isThrottled } from '../lambda/deliver.ts';
import { messageOf } from '../message-of.ts';
import { replaceFile } from '../replace-file.ts';
import { type EventSource, reportedFailures } from './event-source.ts';
import type { Filter } from './filter-pattern.ts';

/** An event source mapping from a table's stream, as the template describes it: from the oldest record on, retried without limit. */
export type StreamMapping = {
  readonly functionName: string;
  readonly streamArn: string;
  readonly batchSize: number;
  /** Whether a batch that failed is tried in halves. */
  readonly bisect: boolean;
  /** Whether the function reports the first record that failed. */
  readonly partialFailures: boolean;
  readonly filter: Filter;
  /** Where the positions are kept: of each shard, the sequence number of the last record that is done. */
  readonly positionFile: string;
};

/** What the connection needs from its surroundings. */
export type StreamSurroundings = {
  readonly call: RoleCall;
  readonly deliver: Deliver;
  /** Calls back when the table was written to; answers how to unsubscribe. */
  onWrite(listener: () => void): () => void;
  /** Opens a piece of work; answers how to end it. */
  begin(label: string): () => void;
  /** Where failures of the connection itself are told. */
  warn(text: string): void;
};

type StreamRecord = { readonly dynamodb: { readonly SequenceNumber: string } };

/** Where writes follow each other that are none of the function's, they gather for so long, milliseconds, before they are read. */
const gatherMs = 10;

/** One shard of the stream, as far as it is read. */
type Shard = { readonly id: string; position: string | undefined; iterator: string | undefined };

/**
 * Connects a table's stream to a function. The records of a shard go in order; a position moves only over what succeeded (or
 * what the filter leaves out), so a restart, however it came about, goes on with the first record that is not done. Between
 * shards AWS has no order: of several, the last is read to its end first.
 */
export function connectStream(mapping: StreamMapping, around: StreamSurroundings): EventSource {
  const { call, deliver } = around;
  const backoff = createBackoff();
  let unsubscribe = (): void => {};
  let stopped = false;
  let shards: readonly Shard[] | undefined;
  let reading = false;
  let writtenAgain = false;

  let kept = '';
  const keepPositions = (): void => {
    const positions = Object.fromEntries((shards ?? []).map(({ id, position }) => [id, position]));
    const text = JSON.stringify({ streamArn: mapping.streamArn, positions });
    if (text === kept) return;
    mkdirSync(dirname(mapping.positionFile), { recursive: true });
    replaceFile(mapping.positionFile, text);
    kept = text;
  };

  const findShards = async (): Promise<readonly Shard[]> => {
    const { StreamDescription } = await call('streams.dynamodb', 'DescribeStream', { StreamArn: mapping.streamArn });
    const { Shards = [] } = StreamDescription as { Shards?: readonly { ShardId: string }[] };
    const positions = readPositions(mapping);
    return Shards.map(({ ShardId: id }) => ({ id, position: positions(id), iterator: undefined }));
  };

  const openIterator = async ({ id, position }: Shard): Promise<string> => {
    const start =
      position === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position };
    const input = { StreamArn: mapping.streamArn, ShardId: id };
    let answer: Readonly<Record<string, unknown>>;
    try {
      answer = await call('streams.dynamodb', 'GetShardIterator', { ...input, ...start });
    } catch (error) {
      // What lay at the position was trimmed: the oldest that is left comes next.
      if (!(error instanceof Error) || error.name !== 'TrimmedDataAccessException') throw error;
      answer = await call('streams.dynamodb', 'GetShardIterator', { ...input, ShardIteratorType: 'TRIM_HORIZON' });
    }
    return String(answer.ShardIterator);
  };

  const read = async (shard: Shard): Promise<readonly StreamRecord[]> => {
    const current = shard.iterator ?? (await openIterator(shard));
    shard.iterator = undefined;
    const answer = await call('streams.dynamodb', 'GetRecords', { ShardIterator: current, Limit: mapping.batchSize });
    shard.iterator = answer.NextShardIterator as string | undefined;
    return (answer.Records ?? []) as readonly StreamRecord[];
  };

  /** Hands records over until all of them succeeded, or the connection is stopped. */
  const finish = async (shard: Shard, records: readonly StreamRecord[]): Promise<void> => {
    let rest = records;
    while (rest.length > 0 && !stopped) {
      const { result, error } = await deliver({
        Records: rest.map((record) => ({ ...record, eventSourceARN: mapping.streamArn })),
      });
      if (stopped) return;
      const numbers = rest.map(({ dynamodb }) => dynamodb.SequenceNumber);
      const failed = mapping.partialFailures ? reportedFailures(result, new Set(numbers)) : new Set<string>();
      if (error !== undefined || failed === undefined) {
        await backoff.wait();
        // A throttled batch was not tried.
        if (mapping.bisect && !isThrottled({ ...(error && { error }) }) && rest.length > 1) {
          const middle = Math.floor(rest.length / 2);
          await finish(shard, rest.slice(0, middle));
          rest = rest.slice(middle);
        }
        continue;
      }
      const firstFailed = numbers.findIndex((number) => failed.has(number));
      const done = firstFailed < 0 ? numbers : numbers.slice(0, firstFailed);
      const last = done.at(-1);
      if (last !== undefined) {
        shard.position = last;
        keepPositions();
        backoff.reset();
      }
      rest = rest.slice(done.length);
      if (rest.length > 0) await backoff.wait();
    }
  };

  /** Reads a shard to its end; answers whether there was anything. */
  const drain = async (shard: Shard): Promise<boolean> => {
    for (let found = false; ; found = true) {
      const records = await read(shard);
      const last = records.at(-1);
      if (last === undefined) return found;
      const wanted = records.filter((record) => mapping.filter(record));
      await finish(shard, wanted);
      if (stopped) return true;
      // Kept when there is nothing more to read: what the filter leaves out it leaves out again.
      shard.position = last.dynamodb.SequenceNumber;
      if (wanted.length === 0 && records.length < mapping.batchSize && writtenAgain) await delay(gatherMs);
    }
  };

  const pump = async (): Promise<void> => {
    writtenAgain = true;
    if (reading || stopped) return;
    reading = true;
    const end = around.begin(`${mapping.functionName}: records of the stream`);
    while (!stopped) {
      try {
        writtenAgain = false;
        shards ??= await findShards();
        let found = false;
        for (const shard of shards.toReversed()) found = (await drain(shard)) || found;
        if (stopped || found || writtenAgain) continue;
        keepPositions();
        break;
      } catch (error) {
        if (stopped) break;
        // What was read and is not done comes again: the iterators are past it, the positions are not.
        for (const shard of shards ?? []) shard.iterator = undefined;
        around.warn(`${mapping.functionName} can't process its stream: ${messageOf(error)}`);
        await backoff.wait();
      }
    }
    reading = false;
    end();
  };

  return {
    async start() {
      unsubscribe = around.onWrite(() => void pump());
      void pump();
    },
    stop() {
      stopped = true;
      unsubscribe();
      backoff.stop();
    },
  };
}

/** The position that was kept of a shard, by its id. */
function readPositions(mapping: StreamMapping): (shardId: string) => string | undefined {
  try {
    const kept = JSON.parse(readFileSync(mapping.positionFile, 'utf8')) as {
      streamArn: string;
      positions?: Readonly<Record<string, string>>;
      /** In a file of before there were several shards. */
      sequenceNumber?: string;
    };
    // A table made anew has a new stream, and starts from its beginning.
    if (kept.streamArn !== mapping.streamArn) return () => undefined;
    return (shardId) => kept.positions?.[shardId] ?? kept.sequenceNumber;
  } catch {
    return () => undefined;
  }
}
