import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BusinessClock, openBusinessClock } from '../clock.ts';
import type { EngineRequest } from '../engine.ts';
import { listenFor } from './engine-listener.fixture.ts';
import { createSqsEngine, type SqsEngine } from './sqs-engine.ts';

const ACCOUNT = '000000000000';
const REGION = 'ca-central-1';
const SECOND = 1000;
const DAY = 86_400 * SECOND;

let folder: string;
let clock: BusinessClock;
let engine: SqsEngine;
let listener: Awaited<ReturnType<typeof listenFor>>;
let client: SQSClient;

async function start() {
  clock = openBusinessClock(join(folder, 'clock.json'));
  engine = createSqsEngine({ file: join(folder, 'queues.sqlite'), clock, region: REGION, accountId: ACCOUNT });
  listener = await listenFor(engine, { kind: 'role', roleArn: `arn:aws:iam::${ACCOUNT}:role/relay`, name: 'relay' });
  engine.setBaseUrl(`${listener.url}/`);
  client = new SQSClient({
    endpoint: listener.url,
    region: REGION,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
}

async function stop() {
  client.destroy();
  await engine.close();
  await listener.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sqs-'));
  await start();
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const url = (name: string) => engine.queueUrl(name);

const send = (name: string, body: string, more: Partial<SendMessageCommandInput> = {}) =>
  client.send(new SendMessageCommand({ QueueUrl: url(name), MessageBody: body, ...more }));

const receive = async (name: string, more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> => {
  const answer = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url(name),
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...more,
    }),
  );
  return answer.Messages ?? [];
};

const remove = (name: string, message: Message | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl: url(name), ReceiptHandle: message?.ReceiptHandle }));

const bodies = (messages: readonly Message[]) => messages.map((message) => message.Body);

describe('sending and receiving', () => {
  beforeEach(() => {
    engine.createQueue('review');
  });

  test('a message comes with its body, attributes and times, and leaves when it is deleted', async () => {
    const before = clock.now();
    const sent = await send('review', 'Prüfung ✓ – 😀', {
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'päckage' },
        number: { DataType: 'Number.int', StringValue: '7' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 1]) },
      },
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2-3' } },
    });
    const [message, ...others] = await receive('review');
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'Prüfung ✓ – 😀',
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'päckage' },
        number: { DataType: 'Number.int', StringValue: '7' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 1]) },
      },
      Attributes: {
        ApproximateReceiveCount: '1',
        SenderId: `arn:aws:iam::${ACCOUNT}:role/relay`,
        AWSTraceHeader: 'Root=1-2-3',
      },
    });
    expect(Number(message?.Attributes?.SentTimestamp)).toBeGreaterThanOrEqual(before);
    expect(Number(message?.Attributes?.ApproximateFirstReceiveTimestamp)).toBeLessThanOrEqual(clock.now());
    expect(engine.pending('review')).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    await remove('review', message);
    expect(engine.pending('review')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  // Known answers, computed apart from this code by the algorithm of the SQS developer guide.
  test('the MD5s are computed as SQS documents them', async () => {
    const sent = await send('review', 'This is a test message', {
      MessageAttributes: {
        test_attribute_name_1: { DataType: 'String', StringValue: 'test_attribute_value_1' },
        blob: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
      },
    });
    expect(sent.MD5OfMessageBody).toBe('fafb00f5732ab283681e124bf8747ed1');
    expect(sent.MD5OfMessageAttributes).toBe('3bf511c684441f18eb1ecf0d2b2456ae');
  });

  test('only what was asked for is told', async () => {
    await send('review', 'x', {
      MessageAttributes: {
        'order.id': { DataType: 'String', StringValue: '1' },
        other: { DataType: 'String', StringValue: '2' },
      },
    });
    const [bare] = await receive('review', {
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: [],
      MessageAttributeNames: [],
    });
    expect(bare?.Attributes).toBeUndefined();
    expect(bare?.MessageAttributes).toBeUndefined();
    const [prefixed] = await receive('review', {
      MessageAttributeNames: ['order.*'],
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
    expect(Object.keys(prefixed?.MessageAttributes ?? {})).toEqual(['order.id']);
    for (const everything of ['*', '.*', 'All']) {
      engine.returnInFlight('review');
      const [all] = await receive('review', { MessageAttributeNames: [everything] });
      expect(Object.keys(all?.MessageAttributes ?? {}), everything).toEqual(['order.id', 'other']);
    }
    expect(Object.keys(prefixed?.Attributes ?? {})).toEqual(['SentTimestamp']);
  });

  test('a receive takes at most what it asked for, oldest first', async () => {
    for (const body of ['1', '2', '3']) await send('review', body);
    expect(bodies(await receive('review', { MaxNumberOfMessages: 2 }))).toEqual(['1', '2']);
    expect(bodies(await receive('review'))).toEqual(['3']);
    expect(await receive('review')).toEqual([]);
  });

  test('a message of 1 MiB is taken, one byte more is not, and attributes count', async () => {
    const limit = 1_048_576;
    await send('review', 'é'.repeat(limit / 2));
    expect((await receive('review'))[0]?.Body?.length).toBe(limit / 2);
    await expect(send('review', 'x'.repeat(limit + 1))).rejects.toThrow('Message must be shorter than 1048576 bytes');
    const attribute = { a: { DataType: 'String', StringValue: 'v' } };
    await expect(send('review', 'x'.repeat(limit), { MessageAttributes: attribute })).rejects.toThrow('shorter than');
    await send('review', 'x'.repeat(limit - 8), { MessageAttributes: attribute });
  });

  test('contents and attributes that SQS refuses are refused', async () => {
    await expect(send('review', 'a\u0000b')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
    await expect(send('review', '')).rejects.toThrow('MessageBody');
    const attribute = (name: string, DataType: string, StringValue: string) =>
      send('review', 'x', { MessageAttributes: { [name]: { DataType, StringValue } } });
    await expect(attribute('AWS.x', 'String', 'v')).rejects.toThrow("'AWS.x'");
    await expect(attribute('x', 'Text', 'v')).rejects.toThrow('invalid message attribute type');
    await expect(attribute('x', 'String', '')).rejects.toThrow('non-empty');
    await expect(attribute('x', 'Number', 'seven')).rejects.toThrow('number');
    expect(engine.pending('review').visible).toBe(0);
  });

  test('what belongs to FIFO queues is named', async () => {
    await expect(send('review', 'x', { MessageGroupId: 'a' })).rejects.toThrow('does not support MessageGroupId');
    await expect(send('review', 'x', { MessageDeduplicationId: 'a' })).rejects.toThrow('MessageDeduplicationId');
  });

  test('a queue that does not exist, and an operation that is not supported, are named', async () => {
    await expect(
      client.send(new SendMessageCommand({ QueueUrl: `${listener.url}/${ACCOUNT}/nowhere`, MessageBody: 'x' })),
    ).rejects.toMatchObject({ name: 'QueueDoesNotExist', message: expect.stringContaining('nowhere') });
    await expect(
      client.send(new SendMessageCommand({ QueueUrl: `${listener.url}/111111111111/review`, MessageBody: 'x' })),
    ).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    await expect(client.send(new TagQueueCommand({ QueueUrl: url('review'), Tags: { a: 'b' } }))).rejects.toMatchObject(
      { name: 'UnsupportedOperation', message: expect.stringContaining('TagQueue') },
    );
  });

  test('a long poll ends with the message that arrives', async () => {
    const waiting = receive('review', { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setImmediate(resolve));
    await send('review', 'arrived');
    expect(bodies(await waiting)).toEqual(['arrived']);
  });

  test('a long poll ends with a message whose delay an advance has passed', async () => {
    await send('review', 'delayed', { DelaySeconds: 900 });
    const asked = new Promise<void>((resolve) => {
      // The first attempt of a poll happens in the same turn as its arrival.
      const handle = engine.handle.bind(engine);
      engine.handle = (request) => {
        const answer = handle(request);
        resolve();
        return answer;
      };
    });
    const waiting = receive('review', { WaitTimeSeconds: 20 });
    await asked;
    clock.advanceBy(900 * SECOND);
    expect(bodies(await waiting)).toEqual(['delayed']);
  });

  test('a long poll whose caller has gone, before or since, takes nothing', async () => {
    const poll = (signal: AbortSignal) =>
      engine.handle({ ...request('ReceiveMessage', { QueueUrl: url('review'), WaitTimeSeconds: 20 }), signal });
    const gone = new AbortController();
    const polls = [poll(gone.signal), poll(AbortSignal.abort())];
    gone.abort();
    await send('review', 'kept');
    expect(engine.pending('review')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect((await Promise.all(polls)).map((answer) => answer.body)).toEqual(['{}', '{}']);
  });
});

describe('times follow the business clock', () => {
  test('a delay hides a message until it is over', async () => {
    engine.createQueue('slow', { DelaySeconds: '60' });
    await send('slow', 'by the queue');
    await send('slow', 'by itself', { DelaySeconds: 120 });
    await send('slow', 'at once', { DelaySeconds: 0 });
    expect(engine.pending('slow')).toEqual({ visible: 1, inFlight: 0, delayed: 2 });
    expect(bodies(await receive('slow'))).toEqual(['at once']);
    clock.advanceBy(60 * SECOND);
    expect(bodies(await receive('slow', { VisibilityTimeout: 600 }))).toContain('by the queue');
    clock.advanceBy(60 * SECOND);
    expect(bodies(await receive('slow'))).toContain('by itself');
  });

  test('what is not deleted comes again when its visibility timeout is over, counted', async () => {
    engine.createQueue('review', { VisibilityTimeout: 30 });
    await send('review', 'x');
    await receive('review');
    clock.advanceBy(29 * SECOND);
    expect(await receive('review')).toEqual([]);
    clock.advanceBy(1 * SECOND);
    const [again] = await receive('review', { VisibilityTimeout: 5 });
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
    clock.advanceBy(5 * SECOND);
    expect((await receive('review'))[0]?.Attributes?.ApproximateReceiveCount).toBe('3');
  });

  test('what was sent is stamped with the business time', async () => {
    engine.createQueue('review');
    clock.advanceTo(Date.parse('2029-05-31T12:00:00.000Z'));
    await send('review', 'x');
    const [message] = await receive('review');
    expect(new Date(Number(message?.Attributes?.SentTimestamp)).toISOString()).toMatch(/^2029-05-31T12:00:/);
  });

  test('a message is gone when its retention is over, in flight or not', async () => {
    engine.createQueue('short', { MessageRetentionPeriod: 3600 });
    engine.createQueue('long', { MessageRetentionPeriod: 1_209_600 });
    await send('short', 'seen');
    await receive('short', { VisibilityTimeout: 43_200 });
    await send('short', 'never seen');
    await send('long', 'kept');
    clock.advanceBy(3590 * SECOND);
    expect(engine.pending('short')).toEqual({ visible: 1, inFlight: 1, delayed: 0 });
    await send('short', 'young');
    clock.advanceBy(10 * SECOND);
    expect(engine.pending('short')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(bodies(await receive('short'))).toEqual(['young']);
    expect(bodies(await receive('long'))).toEqual(['kept']);
    clock.advanceBy(14 * DAY);
    expect(engine.pending('long')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('retention that ended while nobody ran is noticed at the start', async () => {
    engine.createQueue('review', { MessageRetentionPeriod: 60 });
    await send('review', 'x');
    await stop();
    openBusinessClock(join(folder, 'clock.json')).advanceBy(61 * SECOND);
    await start();
    expect(engine.pending('review').visible).toBe(0);
  });
});

describe('receipts', () => {
  beforeEach(() => {
    engine.createQueue('review', { VisibilityTimeout: 30 });
    engine.createQueue('mail');
  });

  test('a handle of an earlier receive deletes nothing', async () => {
    await send('review', 'x');
    const [first] = await receive('review');
    clock.advanceBy(30 * SECOND);
    const [second] = await receive('review');
    await remove('review', first);
    expect(engine.pending('review').inFlight).toBe(1);
    await remove('review', second);
    expect(engine.pending('review').inFlight).toBe(0);
    await remove('review', second);
  });

  test('a handle still deletes after its timeout, as long as nobody else received the message', async () => {
    await send('review', 'x');
    const [message] = await receive('review');
    clock.advanceBy(31 * SECOND);
    await remove('review', message);
    expect(engine.pending('review')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('a handle of another queue, or of none, is refused', async () => {
    await send('review', 'x');
    const [message] = await receive('review');
    await expect(remove('mail', message)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
    await expect(remove('review', { ReceiptHandle: 'nonsense' })).rejects.toMatchObject({
      name: 'ReceiptHandleIsInvalid',
    });
  });

  test('what is in flight is returned at once, counted, and what is delayed is not', async () => {
    engine.createQueue('returned', {});
    const QueueUrl = engine.queueUrl('returned');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'received' }));
    await client.send(new ReceiveMessageCommand({ QueueUrl }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 60 }));
    expect(engine.pending('returned')).toEqual({ visible: 0, inFlight: 1, delayed: 1 });
    engine.returnInFlight('returned');
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
    );
    expect(Messages.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount])).toEqual([
      ['received', '1'],
    ]);
  });

  test('a receive whose holder ended by itself counts; one that the end of the cloud cut does not', async () => {
    engine.createQueue('cut', {});
    const QueueUrl = engine.queueUrl('cut');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    const receiveOnce = async () => {
      const { Messages: [message] = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }),
      );
      return { count: message?.Attributes?.ApproximateReceiveCount, handle: message?.ReceiptHandle ?? '' };
    };
    const first = await receiveOnce();
    engine.endReceives('cut', [first.handle]);
    engine.returnInFlight('cut');
    const counts: unknown[] = [first.count];
    for (let ends = 0; ends < 6; ends += 1) {
      counts.push((await receiveOnce()).count);
      // Also when its time was over before the next start.
      if (ends % 2 === 0) clock.advanceBy(60 * SECOND);
      engine.returnInFlight('cut');
    }
    expect(counts).toEqual(['1', '2', '2', '2', '2', '2', '2']);
  });

  test('it is known how many messages came, and when the next hidden one can be seen', async () => {
    engine.createQueue('counted', {});
    const QueueUrl = engine.queueUrl('counted');
    expect([engine.arrivals('counted'), engine.nextVisibleAt('counted')]).toEqual([0, undefined]);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'now' }));
    const before = clock.now();
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 60 }));
    const next = engine.nextVisibleAt('counted') ?? 0;
    expect(next).toBeGreaterThanOrEqual(before + 60 * SECOND);
    clock.advanceTo(next);
    expect([engine.arrivals('counted'), engine.nextVisibleAt('counted')]).toEqual([2, undefined]);
  });

  test('a message that waits for its next try goes on waiting when what was received comes back', async () => {
    engine.createQueue('retried', {});
    const QueueUrl = engine.queueUrl('retried');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'failed' }));
    const { Messages: [failed] = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    const ReceiptHandle = failed?.ReceiptHandle;
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }));
    engine.returnInFlight('retried');
    expect(engine.pending('retried')).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    clock.advanceBy(60 * SECOND);
    await client.send(new ReceiveMessageCommand({ QueueUrl }));
    engine.returnInFlight('retried');
    expect(engine.pending('retried')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('visibility can be prolonged, and given up', async () => {
    await send('review', 'x');
    const [message] = await receive('review');
    const change = (VisibilityTimeout: number, ReceiptHandle = message?.ReceiptHandle) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url('review'), ReceiptHandle, VisibilityTimeout }));
    await change(100);
    clock.advanceBy(99 * SECOND);
    expect(engine.pending('review').inFlight).toBe(1);
    await expect(change(43_200)).rejects.toThrow('beyond the limit');
    await change(0);
    expect(engine.pending('review').visible).toBe(1);
  });

  // Found on AWS: a change that comes too late is taken and changes nothing; one of an earlier receive changes the latest.
  test('a change of visibility comes too late, or for an earlier receive, and is taken', async () => {
    await send('review', 'x');
    const [first] = await receive('review');
    const change = (message: Message | undefined, VisibilityTimeout: number) =>
      client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url('review'),
          ReceiptHandle: message?.ReceiptHandle,
          VisibilityTimeout,
        }),
      );
    clock.advanceBy(30 * SECOND);
    await change(first, 1000);
    expect(engine.pending('review')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    const [second] = await receive('review');
    await change(first, 0);
    expect(engine.pending('review')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    await remove('review', second);
    await expect(change(second, 10)).rejects.toThrow('not available for visibility timeout change');
  });
});

describe('dead letters', () => {
  beforeEach(() => {
    engine.createQueue('review-dead', { MessageRetentionPeriod: 1_209_600 });
    engine.createQueue('review', {
      VisibilityTimeout: 30,
      RedrivePolicy: { deadLetterTargetArn: engine.queueArn('review-dead'), maxReceiveCount: 2 },
    });
  });

  const exhaust = async () => {
    for (let times = 0; times < 2; times += 1) {
      await receive('review');
      clock.advanceBy(30 * SECOND);
    }
    return receive('review');
  };

  test('what was received too often moves at the next receive, whole and with its first sending time', async () => {
    const sent = await send('review', 'poison', {
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'k' } },
    });
    const sentBy = clock.now();
    await send('review', 'younger', { DelaySeconds: 60 });
    let arrived = 0;
    engine.onVisible('review-dead', () => {
      arrived += 1;
    });
    expect(bodies(await exhaust())).toEqual(['younger']);
    expect(arrived).toBe(1);
    const [dead] = await receive('review-dead');
    expect(dead).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'poison',
      MessageAttributes: { kind: { StringValue: 'k' } },
      Attributes: { DeadLetterQueueSourceArn: engine.queueArn('review') },
    });
    expect(Number(dead?.Attributes?.SentTimestamp)).toBeLessThanOrEqual(sentBy);
  });

  test('retention goes on counting from the first sending', async () => {
    await send('review', 'poison');
    await exhaust();
    clock.advanceBy(14 * DAY - 61 * SECOND);
    expect(engine.pending('review-dead').visible).toBe(1);
    clock.advanceBy(1 * SECOND);
    expect(engine.pending('review-dead').visible).toBe(0);
  });

  test('a redrive brings it back as a new message', async () => {
    const sent = await send('review', 'poison');
    await exhaust();
    clock.advanceBy(DAY);
    const redrivenAt = clock.now();
    const { TaskHandle } = await client.send(
      new StartMessageMoveTaskCommand({ SourceArn: engine.queueArn('review-dead') }),
    );
    expect(TaskHandle).toBeTruthy();
    expect(engine.pending('review-dead').visible).toBe(0);
    const [message] = await receive('review');
    expect(message).toMatchObject({ Body: 'poison', Attributes: { ApproximateReceiveCount: '1' } });
    expect(message?.MessageId).not.toBe(sent.MessageId);
    expect(Number(message?.Attributes?.SentTimestamp)).toBeGreaterThanOrEqual(redrivenAt);
    const tasks = async () =>
      (await client.send(new ListMessageMoveTasksCommand({ SourceArn: engine.queueArn('review-dead') }))).Results;
    expect(await tasks()).toMatchObject([{ Status: 'RUNNING', TaskHandle }]);
    clock.advanceBy(SECOND);
    expect(await tasks()).toMatchObject([
      { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1, ApproximateNumberOfMessagesToMove: 1 },
    ]);
  });

  test('one redrive of a queue runs at a time', async () => {
    await send('review', 'poison');
    await exhaust();
    const redrive = () => client.send(new StartMessageMoveTaskCommand({ SourceArn: engine.queueArn('review-dead') }));
    await redrive();
    await expect(redrive()).rejects.toThrow('There is already a task running.');
    clock.advanceBy(SECOND);
    await redrive();
  });

  test('what was never moved there needs a destination', async () => {
    await send('review-dead', 'put by hand');
    const source = { SourceArn: engine.queueArn('review-dead') };
    await client.send(new StartMessageMoveTaskCommand(source));
    expect(engine.pending('review-dead').visible).toBe(1);
    await client.send(new StartMessageMoveTaskCommand({ ...source, DestinationArn: engine.queueArn('review') }));
    expect(bodies(await receive('review'))).toEqual(['put by hand']);
    clock.advanceBy(SECOND);
    const { Results } = await client.send(new ListMessageMoveTasksCommand({ ...source, MaxResults: 10 }));
    expect(Results?.map((task) => [task.Status, task.FailureReason])).toEqual([
      ['COMPLETED', undefined],
      ['FAILED', 'CouldNotDetermineMessageSource'],
    ]);
  });

  test('only a dead-letter queue can be redriven', async () => {
    await expect(
      client.send(new StartMessageMoveTaskCommand({ SourceArn: engine.queueArn('review') })),
    ).rejects.toThrow('Dead Letter Queue');
    await expect(
      client.send(new StartMessageMoveTaskCommand({ SourceArn: engine.queueArn('nowhere') })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('a queue whose dead-letter queue does not exist is refused', () => {
    expect(() =>
      engine.createQueue('mail', {
        RedrivePolicy: { deadLetterTargetArn: engine.queueArn('mail-dead'), maxReceiveCount: 5 },
      }),
    ).toThrow('mail is invalid. Reason: Dead letter target does not exist');
  });
});

describe('queues', () => {
  test('are described', async () => {
    engine.createQueue('review', { VisibilityTimeout: 90, SqsManagedSseEnabled: true });
    await send('review', 'x');
    await send('review', 'y', { DelaySeconds: 9 });
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url('review'), AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      QueueArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:review`,
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '1',
      VisibilityTimeout: '90',
      MessageRetentionPeriod: '345600',
      SqsManagedSseEnabled: 'true',
    });
    const one = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url('review'), AttributeNames: ['VisibilityTimeout'] }),
    );
    expect(one.Attributes).toEqual({ VisibilityTimeout: '90' });
  });

  test('made again, a queue keeps its messages and takes the new attributes', async () => {
    engine.createQueue('review', { VisibilityTimeout: 90 });
    await send('review', 'x');
    engine.createQueue('review', { VisibilityTimeout: 5 });
    await receive('review');
    clock.advanceBy(5 * SECOND);
    expect(bodies(await receive('review'))).toEqual(['x']);
  });

  test('made again with a shorter retention, a queue loses what is older', async () => {
    engine.createQueue('review');
    await send('review', 'old');
    clock.advanceBy(100 * SECOND);
    await send('review', 'young');
    engine.createQueue('review', { MessageRetentionPeriod: 60 });
    expect(bodies(await receive('review'))).toEqual(['young']);
    clock.advanceBy(60 * SECOND);
    expect(engine.pending('review')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('an attribute that is unknown, out of range or not supported is refused by name', () => {
    expect(() => engine.createQueue('q', { Colour: 'red' })).toThrow('Colour');
    expect(() => engine.createQueue('q', { VisibilityTimeout: 43_201 })).toThrow('VisibilityTimeout');
    expect(() => engine.createQueue('q', { FifoQueue: true })).toThrow('FIFO');
    expect(() => engine.createQueue('q.fifo')).toThrow('q.fifo');
  });
});

describe('told of what becomes visible', () => {
  test('when it is sent, when its delay is over, when its visibility is over, and when it is given up', async () => {
    engine.createQueue('review', { VisibilityTimeout: 30 });
    let calls = 0;
    const stopTelling = engine.onVisible('review', () => {
      calls += 1;
    });
    await send('review', 'a');
    expect(calls).toBe(1);
    await send('review', 'b', { DelaySeconds: 10 });
    expect(calls).toBe(1);
    clock.advanceBy(10 * SECOND);
    expect(calls).toBe(2);
    await receive('review', { MaxNumberOfMessages: 1 });
    clock.advanceBy(15 * SECOND);
    await receive('review');
    expect(calls).toBe(2);
    clock.advanceBy(15 * SECOND);
    expect(calls).toBe(3);
    clock.advanceBy(15 * SECOND);
    expect(calls).toBe(4);
    const [held] = await receive('review');
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url('review'),
        ReceiptHandle: held?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect(calls).toBe(5);
    stopTelling();
    await send('review', 'c');
    expect(calls).toBe(5);
  });

  test('when its visibility was shortened', async () => {
    engine.createQueue('review', { VisibilityTimeout: 600 });
    await send('review', 'x');
    const [held] = await receive('review');
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url('review'),
        ReceiptHandle: held?.ReceiptHandle,
        VisibilityTimeout: 5,
      }),
    );
    let calls = 0;
    engine.onVisible('review', () => {
      calls += 1;
    });
    clock.advanceBy(5 * SECOND);
    expect(calls).toBe(1);
  });

  test('by itself, when the time comes', async () => {
    engine.createQueue('review');
    await send('review', 'x');
    const [message] = await receive('review', { VisibilityTimeout: 1 });
    expect(message?.Body).toBe('x');
    await new Promise<void>((resolve) => {
      engine.onVisible('review', resolve);
    });
    expect(engine.pending('review').visible).toBe(1);
  });

  test('at the start, of what was there before', async () => {
    engine.createQueue('review');
    await send('review', 'x');
    await stop();
    await start();
    await new Promise<void>((resolve) => {
      engine.onVisible('review', resolve);
    });
    expect(bodies(await receive('review'))).toEqual(['x']);
  });

  test('every change of a queue is told with its name', async () => {
    engine.createQueue('review');
    const changes: string[] = [];
    engine.onChange((name) => changes.push(`${name} ${JSON.stringify(Object.values(engine.pending(name)))}`));
    await send('review', 'x');
    const [message] = await receive('review');
    await remove('review', message);
    expect(changes).toEqual(['review [1,0,0]', 'review [0,1,0]', 'review [0,0,0]']);
  });
});

describe('twice, and out of order', () => {
  beforeEach(() => {
    engine.createQueue('review');
  });

  const sendAll = async (count: number) => {
    for (let number = 0; number < count; number += 1) await send('review', String(number));
  };

  test('last in, first out', async () => {
    engine.setOrder('review', 'lifo');
    await sendAll(3);
    expect(bodies(await receive('review'))).toEqual(['2', '1', '0']);
  });

  test('at random, the same for the same seed, and everything once', async () => {
    await sendAll(8);
    const draw = async (seed: number) => {
      engine.setOrder('review', 'random', seed);
      return bodies(await receive('review', { VisibilityTimeout: 0 }));
    };
    const orders = [await draw(1), await draw(1), await draw(2)];
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
    for (const order of orders) expect([...order].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  test('each message is delivered twice, never twice in one receive, and each delivery is deleted by itself', async () => {
    engine.duplicate('review', 2);
    await sendAll(2);
    const first = await receive('review');
    const second = await receive('review');
    expect([bodies(first), bodies(second)]).toEqual([
      ['0', '1'],
      ['0', '1'],
    ]);
    expect(first.map((message) => message.MessageId)).toEqual(second.map((message) => message.MessageId));
    for (const message of first) await remove('review', message);
    expect(engine.pending('review').inFlight).toBe(2);
    for (const message of second) await remove('review', message);
    expect(engine.pending('review').inFlight).toBe(0);
    engine.duplicate('review', 1);
    await send('review', 'once');
    expect(engine.pending('review').visible).toBe(1);
  });
});

describe('restarts', () => {
  test('queues, messages, receive counts and hidden times are kept', async () => {
    engine.createQueue('review', { VisibilityTimeout: 100 });
    await send('review', 'in flight');
    const [message] = await receive('review');
    await send('review', 'visible');
    await send('review', 'delayed', { DelaySeconds: 500 });
    await stop();
    await start();
    expect(engine.pending('review')).toEqual({ visible: 1, inFlight: 1, delayed: 1 });
    await remove('review', message);
    expect(engine.pending('review').inFlight).toBe(0);
    let told = 0;
    engine.onVisible('review', () => {
      told += 1;
    });
    clock.advanceBy(500 * SECOND);
    expect(told).toBe(1);
  });

  test('a second local cloud on the same file is refused with a reason', () => {
    expect(() =>
      createSqsEngine({ file: join(folder, 'queues.sqlite'), clock, region: REGION, accountId: ACCOUNT }),
    ).toThrow(/queues\.sqlite are in use/);
  });

  test('a process killed in the midst of sending loses nothing that was acknowledged', async () => {
    await stop();
    const sender = spawn(process.execPath, [fileURLToPath(new URL('./sender.fixture.ts', import.meta.url)), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => sender.on('exit', (_, signal) => resolve(signal)));
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: sender.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 200) sender.kill('SIGKILL');
    }
    expect(await gone).toBe('SIGKILL');
    await start();
    const found: (string | undefined)[] = [];
    for (let messages = await receive('review'); messages.length > 0; messages = await receive('review')) {
      found.push(...bodies(messages));
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    // At most the one that was stored when its acknowledgement was not yet written.
    expect(found.length - acknowledged.length).toBeLessThanOrEqual(1);
  });
});

describe('rights', () => {
  test('each operation needs its action on the queue', () => {
    engine.createQueue('review-dead');
    engine.createQueue('review', {
      RedrivePolicy: { deadLetterTargetArn: engine.queueArn('review-dead'), maxReceiveCount: 2 },
    });
    const needs = (operation: string, input: Record<string, unknown>) =>
      engine.authorizations(request(operation, input));
    const QueueUrl = url('review');
    const resource = engine.queueArn('review');
    const dead = engine.queueArn('review-dead');
    for (const operation of ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility']) {
      expect(needs(operation, { QueueUrl })).toEqual([{ action: `sqs:${operation}`, resource }]);
    }
    expect(needs('StartMessageMoveTask', { SourceArn: dead })).toEqual([
      { action: 'sqs:StartMessageMoveTask', resource: dead },
      { action: 'sqs:ReceiveMessage', resource: dead },
      { action: 'sqs:DeleteMessage', resource: dead },
      { action: 'sqs:GetQueueAttributes', resource: dead },
      { action: 'sqs:SendMessage', resource },
    ]);
    expect(needs('SendMessage', { QueueUrl: `http://127.0.0.1:1/${ACCOUNT}/nowhere` })).toEqual([
      { action: 'sqs:SendMessage', resource: engine.queueArn('nowhere') },
    ]);
  });
});

function request(operation: string, input: Record<string, unknown>): EngineRequest {
  return {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-amz-target': `AmazonSQS.${operation}` },
    body: Buffer.from(JSON.stringify(input)),
    principal: { kind: 'operator' },
  };
}
