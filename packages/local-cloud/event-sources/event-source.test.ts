import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Deliver, throttled } from '../lambda/deliver.ts';
import { compileFilters } from './filter-pattern.ts';
import { connectQueue, type QueueMapping } from './queue-source.ts';
import { connectStream, type StreamMapping } from './stream-source.ts';

const directory = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const file = (): string => join(directory, `${++files}.json`);

const failure = { error: { errorType: 'Error', errorMessage: 'no', trace: [] } };
type Record_ = { messageId?: string; body?: string; dynamodb?: { SequenceNumber: string } };
const recordsOf = (event: unknown): Record_[] => (event as { Records: Record_[] }).Records;

describe('a queue', () => {
  /** A queue whose messages stay hidden until given back. */
  function queue(bodies: readonly string[]) {
    const visible = bodies.map((Body, index) => ({
      MessageId: `m${index}`,
      ReceiptHandle: `r${index}`,
      Body,
      MD5OfBody: 'md5',
      Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1795413600000' },
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
    }));
    const hidden = new Map<string, (typeof visible)[number]>();
    const deleted: string[] = [];
    let told = (): void => {};
    const failed: string[] = [];
    return {
      deleted,
      failed,
      hidden,
      visible,
      announce: () => told(),
      onVisible(listener: () => void) {
        told = listener;
        return () => {};
      },
      async call(_: string, operation: string, input: object) {
        const { MaxNumberOfMessages = 0, ReceiptHandle = '' } = input as {
          MaxNumberOfMessages?: number;
          ReceiptHandle?: string;
        };
        if (operation === 'DeleteMessage') {
          deleted.push(ReceiptHandle);
          hidden.delete(ReceiptHandle);
        }
        if (operation !== 'ReceiveMessage') return {};
        const taken = visible.splice(0, MaxNumberOfMessages);
        for (const message of taken) hidden.set(message.ReceiptHandle, message);
        return taken.length === 0 ? {} : { Messages: taken };
      },
    };
  }

  async function run(of: ReturnType<typeof queue>, deliver: Deliver, change: Partial<QueueMapping> = {}) {
    const quiet = Promise.withResolvers<void>();
    let open = 0;
    const source = connectQueue(
      {
        functionName: 'intake',
        queueArn: 'arn:aws:sqs:ca-central-1:123456789012:intake',
        queueUrl: 'http://127.0.0.1:1/123456789012/intake',
        region: 'ca-central-1',
        batchSize: 10,
        windowMs: 0,
        hiddenMs: 30_000,
        concurrency: 2,
        partialFailures: true,
        filter: compileFilters([], ''),
        ...change,
      },
      {
        call: of.call,
        deliver,
        onVisible: of.onVisible,
        onFailed: (receiptHandles) => void of.failed.push(...receiptHandles),
        begin() {
          open += 1;
          return () => {
            open -= 1;
            if (open === 0) setImmediate(() => open === 0 && quiet.resolve());
          };
        },
        warn: (text) => quiet.reject(new Error(text)),
      },
    );
    await source.start();
    return { source, quiet: quiet.promise };
  }

  test('a batch that Lambda throttles is handed over again, without another receive', async () => {
    const messages = queue(['a']);
    let tries = 0;
    const { source, quiet } = await run(messages, async () => {
      tries += 1;
      return tries < 3 ? { error: throttled } : { result: null };
    });
    await quiet;
    source.stop();
    expect([tries, messages.deleted]).toEqual([3, ['r0']]);
  });

  test('what is throttled for longer than the queue hides it comes again by the queue', async () => {
    const messages = queue(['a']);
    let tries = 0;
    const deliver = async () => {
      tries += 1;
      return { error: throttled };
    };
    const { source, quiet } = await run(messages, deliver, { hiddenMs: 0 });
    await quiet;
    source.stop();
    expect([tries, messages.deleted, [...messages.hidden.keys()]]).toEqual([1, [], ['r0']]);
  });

  test('records have Lambda’s shape, and are deleted when they succeeded', async () => {
    const messages = queue(['{"a":1}']);
    const events: unknown[] = [];
    const { source, quiet } = await run(messages, async (event) => {
      events.push(event);
      return { result: null };
    });
    await quiet;
    source.stop();
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: 'm0',
            receiptHandle: 'r0',
            body: '{"a":1}',
            attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1795413600000' },
            messageAttributes: {
              kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
            },
            md5OfBody: 'md5',
            eventSource: 'aws:sqs',
            eventSourceARN: 'arn:aws:sqs:ca-central-1:123456789012:intake',
            awsRegion: 'ca-central-1',
          },
        ],
      },
    ]);
    expect(messages.deleted).toEqual(['r0']);
  });

  test.each<[string, Awaited<ReturnType<Deliver>>, boolean, string[]]>([
    ['all of a failed invocation stay', failure, true, []],
    ['those that failed stay', { result: { batchItemFailures: [{ itemIdentifier: 'm1' }] } }, true, ['r0', 'r2']],
    [
      'all stay when the answer names an unknown one',
      { result: { batchItemFailures: [{ itemIdentifier: 'x' }] } },
      true,
      [],
    ],
    ['all stay when the answer names none', { result: { batchItemFailures: [{ itemIdentifier: '' }] } }, true, []],
    [
      'all go when failures are not reported by item',
      { result: { batchItemFailures: [{ itemIdentifier: 'm1' }] } },
      false,
      ['r0', 'r1', 'r2'],
    ],
  ])('%s', async (_, outcome, partialFailures, deleted) => {
    const messages = queue(['a', 'b', 'c']);
    const { source, quiet } = await run(messages, async () => outcome, { partialFailures });
    await quiet;
    source.stop();
    expect(messages.deleted).toEqual(deleted);
    expect(messages.failed).toEqual(['r0', 'r1', 'r2'].filter((each) => !deleted.includes(each)));
  });

  test('what is in hand when the connection is stopped has not failed', async () => {
    const messages = queue(['a']);
    const cut = Promise.withResolvers<typeof failure>();
    const { source, quiet } = await run(messages, () => cut.promise);
    source.stop();
    cut.resolve(failure);
    await quiet;
    expect([messages.deleted, messages.failed]).toEqual([[], []]);
  });

  test('batches are no larger and no more at a time than the mapping says', async () => {
    const messages = queue(Array.from({ length: 7 }, (_, index) => String(index)));
    const sizes: number[] = [];
    let [busy, maxBusy] = [0, 0];
    const { source, quiet } = await run(
      messages,
      async (event) => {
        sizes.push(recordsOf(event).length);
        busy += 1;
        maxBusy = Math.max(maxBusy, busy);
        await new Promise(setImmediate);
        busy -= 1;
        return {};
      },
      { batchSize: 2, concurrency: 2 },
    );
    await quiet;
    source.stop();
    expect(sizes).toEqual([2, 2, 2, 1]);
    expect(maxBusy).toBe(2);
    expect(messages.deleted).toHaveLength(7);
  });

  test('what the filter leaves out is deleted unseen', async () => {
    const messages = queue(['{"kind":"a"}', '{"kind":"b"}']);
    const bodies: unknown[] = [];
    const { source, quiet } = await run(
      messages,
      async (event) => {
        bodies.push(...recordsOf(event).map(({ body }) => body));
        return {};
      },
      { filter: compileFilters(['{"body":{"kind":["b"]}}'], '') },
    );
    await quiet;
    source.stop();
    expect(bodies).toEqual(['{"kind":"b"}']);
    expect(messages.deleted).toEqual(['r0', 'r1']);
  });
});

describe('a stream', () => {
  function stream(kinds: readonly string[]) {
    const records = kinds.map((kind, index) => ({
      eventName: 'INSERT',
      dynamodb: { SequenceNumber: String(index + 1), NewImage: { kind: { S: kind } } },
    }));
    const iterators: object[] = [];
    let told = (): void => {};
    return {
      iterators,
      add(kind: string) {
        records.push({
          eventName: 'INSERT',
          dynamodb: { SequenceNumber: String(records.length + 1), NewImage: { kind: { S: kind } } },
        });
        told();
      },
      onWrite(listener: () => void) {
        told = listener;
        return () => {};
      },
      async call(_: string, operation: string, input: object) {
        const {
          ShardIterator = '',
          SequenceNumber = '0',
          Limit = 0,
        } = input as Record<string, string | undefined> & { Limit?: number };
        if (operation === 'DescribeStream') return { StreamDescription: { Shards: [{ ShardId: 's' }] } };
        if (operation === 'GetShardIterator') {
          iterators.push(input);
          return { ShardIterator: SequenceNumber };
        }
        const from = Number(ShardIterator);
        const found = records.slice(from, from + Limit);
        return { Records: found, NextShardIterator: String(from + found.length) };
      },
    };
  }

  async function run(of: ReturnType<typeof stream>, deliver: Deliver, change: Partial<StreamMapping> = {}) {
    let idle = Promise.withResolvers<void>();
    const warnings: string[] = [];
    const source = connectStream(
      {
        functionName: 'relay',
        streamArn: 'arn:stream',
        batchSize: 100,
        bisect: false,
        partialFailures: true,
        filter: compileFilters([], ''),
        positionFile: file(),
        ...change,
      },
      {
        call: of.call,
        deliver,
        onWrite: of.onWrite,
        begin() {
          idle = Promise.withResolvers<void>();
          return () => idle.resolve();
        },
        warn: (text) => warnings.push(text),
      },
    );
    await source.start();
    return { source, warnings, idle: () => idle.promise };
  }

  const numbersOf = (event: unknown): string =>
    recordsOf(event)
      .map(({ dynamodb }) => dynamodb?.SequenceNumber)
      .join('');

  test('records come in order, also those written later, and those that the filter leaves out do not', async () => {
    const records = stream(['outbox', 'audit', 'outbox']);
    const seen: string[] = [];
    const arns = new Set<unknown>();
    const { source, idle } = await run(
      records,
      async (event) => {
        seen.push(numbersOf(event));
        for (const record of recordsOf(event)) arns.add((record as { eventSourceARN?: string }).eventSourceARN);
        return {};
      },
      { filter: compileFilters(['{"dynamodb":{"NewImage":{"kind":{"S":["outbox"]}}}}'], '') },
    );
    await idle();
    records.add('outbox');
    await idle();
    source.stop();
    expect(seen).toEqual(['13', '4']);
    expect([...arns]).toEqual(['arn:stream']);
  });

  test('from the first record that failed on, all come again', async () => {
    const seen: string[] = [];
    const { source, idle } = await run(stream(['a', 'b', 'c']), async (event) => {
      seen.push(numbersOf(event));
      return seen.length === 1 ? { result: { batchItemFailures: [{ itemIdentifier: '2' }] } } : {};
    });
    await idle();
    source.stop();
    expect(seen).toEqual(['123', '23']);
  });

  test('a failed batch is tried in halves', async () => {
    const seen: string[] = [];
    const { source, idle } = await run(
      stream(['a', 'b', 'c', 'd']),
      async (event) => {
        seen.push(numbersOf(event));
        return seen.length === 1 ? failure : {};
      },
      { bisect: true },
    );
    await idle();
    source.stop();
    expect(seen).toEqual(['1234', '12', '34']);
  });

  test('without halving, the same batch comes again until it succeeds', async () => {
    const seen: string[] = [];
    const { source, idle } = await run(stream(['a', 'b']), async (event) => {
      seen.push(numbersOf(event));
      return seen.length < 3 ? failure : {};
    });
    await idle();
    source.stop();
    expect(seen).toEqual(['12', '12', '12']);
  });

  test('a new start goes on after the last record that is done', async () => {
    const positionFile = file();
    const records = stream(['a', 'b', 'c']);
    const begun = Promise.withResolvers<void>();
    let calls = 0;
    const killed = await run(
      records,
      async () => {
        calls += 1;
        if (calls === 2) begun.resolve();
        return calls === 1 ? {} : new Promise(() => {});
      },
      { positionFile, batchSize: 1 },
    );
    await begun.promise;
    killed.source.stop();
    const seen: string[] = [];
    const next = await run(
      records,
      async (event) => {
        seen.push(numbersOf(event));
        return {};
      },
      { positionFile },
    );
    await next.idle();
    next.source.stop();
    expect(seen).toEqual(['23']);
    expect(records.iterators.at(-1)).toMatchObject({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '1' });
  });

  test('a new stream starts from its beginning, whatever the position in the old one', async () => {
    const positionFile = file();
    const first = await run(stream(['a', 'b']), async () => ({}), { positionFile });
    await first.idle();
    first.source.stop();
    const seen: string[] = [];
    const other = await run(
      stream(['c']),
      async (event) => {
        seen.push(numbersOf(event));
        return {};
      },
      { positionFile, streamArn: 'arn:other' },
    );
    await other.idle();
    other.source.stop();
    expect(seen).toEqual(['1']);
  });

  test('a failing read is tried again', async () => {
    const records = stream(['a']);
    let reads = 0;
    const seen: string[] = [];
    const flaky = {
      ...records,
      async call(service: string, operation: string, input: object) {
        if (operation === 'GetRecords' && ++reads === 1) throw new Error('ThrottlingException');
        return records.call(service, operation, input);
      },
    };
    const { source, idle, warnings } = await run(flaky, async (event) => {
      seen.push(numbersOf(event));
      return {};
    });
    await idle();
    source.stop();
    expect(seen).toEqual(['1']);
    expect(warnings).toEqual([expect.stringContaining('relay')]);
  });

  test('no record is passed over when handing over throws', async () => {
    const seen: string[] = [];
    let calls = 0;
    const { source, idle, warnings } = await run(
      stream(['a', 'b', 'c']),
      async (event) => {
        calls += 1;
        if (calls === 2) throw new Error('no process');
        seen.push(numbersOf(event));
        return {};
      },
      { batchSize: 1 },
    );
    await idle();
    source.stop();
    expect(seen).toEqual(['1', '2', '3']);
    expect(warnings).toEqual([expect.stringContaining('no process')]);
  });
});
