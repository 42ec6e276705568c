import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../message-of.ts';
import { replaceFile } from '../replace-file.ts';
import { type Deliver, type EventSource, isThrottled, type RoleCall, reportedFailures } from './event-source.ts';
import type { Filter } from './filter-pattern.ts';
import { createBackoff } from './retry.ts';

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
  /** Where the position is kept: the sequence number of the last record that is done. */
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

/**
 * Connects a table's stream to a function. Records go in order; the position moves only over what succeeded (or what the
 * filter leaves out), so a restart, however it came about, goes on with the first record that is not done.
 */
export function connectStream(mapping: StreamMapping, around: StreamSurroundings): EventSource {
  const { call, deliver } = around;
  const backoff = createBackoff();
  let unsubscribe = (): void => {};
  let stopped = false;
  let position = readPosition(mapping);
  let iterator: string | undefined;
  let reading = false;
  let writtenAgain = false;

  let kept = position;
  const keepPosition = (): void => {
    if (position === kept) return;
    mkdirSync(dirname(mapping.positionFile), { recursive: true });
    replaceFile(mapping.positionFile, JSON.stringify({ streamArn: mapping.streamArn, sequenceNumber: position }));
    kept = position;
  };

  const openIterator = async (): Promise<string> => {
    const { StreamDescription } = await call('streams.dynamodb', 'DescribeStream', { StreamArn: mapping.streamArn });
    const { Shards = [] } = StreamDescription as { Shards?: readonly { ShardId: string }[] };
    const [shard, ...others] = Shards;
    if (shard === undefined || others.length > 0) {
      throw new Error(`the stream has ${Shards.length} shards; the local cloud reads streams of one`);
    }
    const start =
      position === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position };
    const input = { StreamArn: mapping.streamArn, ShardId: shard.ShardId };
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

  const read = async (): Promise<readonly StreamRecord[]> => {
    const current = iterator ?? (await openIterator());
    iterator = undefined;
    const answer = await call('streams.dynamodb', 'GetRecords', { ShardIterator: current, Limit: mapping.batchSize });
    iterator = answer.NextShardIterator as string | undefined;
    return (answer.Records ?? []) as readonly StreamRecord[];
  };

  /** Hands records over until all of them succeeded, or the connection is stopped. */
  const finish = async (records: readonly StreamRecord[]): Promise<void> => {
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
          await finish(rest.slice(0, middle));
          rest = rest.slice(middle);
        }
        continue;
      }
      const firstFailed = numbers.findIndex((number) => failed.has(number));
      const done = firstFailed < 0 ? numbers : numbers.slice(0, firstFailed);
      const last = done.at(-1);
      if (last !== undefined) {
        position = last;
        keepPosition();
        backoff.reset();
      }
      rest = rest.slice(done.length);
      if (rest.length > 0) await backoff.wait();
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
        const records = await read();
        const last = records.at(-1);
        if (last === undefined) {
          if (writtenAgain) continue;
          keepPosition();
          break;
        }
        const wanted = records.filter((record) => mapping.filter(record));
        await finish(wanted);
        // Kept when there is nothing more to read: what the filter leaves out it leaves out again.
        if (!stopped) position = last.dynamodb.SequenceNumber;
        if (wanted.length === 0 && records.length < mapping.batchSize && writtenAgain) await delay(gatherMs);
      } catch (error) {
        if (stopped) break;
        // What was read and is not done comes again: the iterator is past it, the position is not.
        iterator = undefined;
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

function readPosition(mapping: StreamMapping): string | undefined {
  try {
    const kept = JSON.parse(readFileSync(mapping.positionFile, 'utf8')) as {
      streamArn: string;
      sequenceNumber: string;
    };
    // A table made anew has a new stream, and starts from its beginning.
    return kept.streamArn === mapping.streamArn ? kept.sequenceNumber : undefined;
  } catch {
    return undefined;
  }
}
