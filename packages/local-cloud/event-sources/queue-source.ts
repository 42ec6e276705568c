import { type Backoff, createBackoff } from '../backoff.ts';
import type { RoleCall } from '../gateway/call-as.ts';
import { type Deliver, isThrottled } from '../lambda/deliver.ts';
import { messageOf } from '../message-of.ts';
import { type EventSource, reportedFailures } from './event-source.ts';
import type { Filter } from './filter-pattern.ts';

/** An event source mapping from a queue, as the template describes it. */
export type QueueMapping = {
  readonly functionName: string;
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly region: string;
  readonly batchSize: number;
  /** How long the queue hides a message that was received, in milliseconds. */
  readonly hiddenMs: number;
  /** How long to gather messages for a batch, in milliseconds. */
  readonly windowMs: number;
  /** The most batches at a time. */
  readonly concurrency: number;
  /** Whether the function reports which messages of a batch failed. */
  readonly partialFailures: boolean;
  readonly filter: Filter;
};

/** What the connection needs from its surroundings. */
export type QueueSurroundings = {
  readonly call: RoleCall;
  readonly deliver: Deliver;
  /** Calls back when messages became visible; answers how to unsubscribe. */
  onVisible(listener: () => void): () => void;
  /** Hears of messages (receipt handles) whose invocation has ended without success; not of those that the end of the cloud cuts. */
  onFailed(receiptHandles: readonly string[]): void;
  /** Opens a piece of work; answers how to end it. */
  begin(label: string): () => void;
  /** Where failures of the connection itself are told. */
  warn(text: string): void;
};

type Message = {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<string, { readonly DataType: string; readonly StringValue?: string; readonly BinaryValue?: string }>
  >;
};

/** The most that one ReceiveMessage gives. */
const receiveLimit = 10;

/**
 * Connects a queue to a function: receives under the function's role when messages become visible, hands them over in
 * batches, and deletes those that succeeded. What failed is left to its visibility timeout.
 */
export function connectQueue(mapping: QueueMapping, around: QueueSurroundings): EventSource {
  const { call, deliver } = around;
  const backoff = createBackoff();
  const pauses = new Set<Backoff>();
  let unsubscribe = (): void => {};
  let stopped = false;
  let inFlight = 0;
  let receiving = false;
  let visibleAgain = false;
  let arrived = (): void => {};

  const receive = async (max: number): Promise<readonly Message[]> => {
    const answer = await call('sqs', 'ReceiveMessage', {
      QueueUrl: mapping.queueUrl,
      MaxNumberOfMessages: Math.min(max, receiveLimit),
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      WaitTimeSeconds: 0,
    });
    return (answer.Messages ?? []) as readonly Message[];
  };

  const remove = async (messages: readonly Message[]): Promise<void> => {
    for (const { ReceiptHandle } of messages) {
      await call('sqs', 'DeleteMessage', { QueueUrl: mapping.queueUrl, ReceiptHandle });
    }
  };

  const fail = (messages: readonly Message[]): void =>
    around.onFailed(messages.map(({ ReceiptHandle }) => ReceiptHandle));

  const passes = (message: Message): boolean => {
    let body: unknown = message.Body;
    try {
      body = JSON.parse(message.Body);
    } catch {
      // a body that is no JSON is matched as text
    }
    return mapping.filter({ ...message, body, messageId: message.MessageId });
  };

  const gather = async (): Promise<readonly Message[]> => {
    const batch: Message[] = [];
    const until = performance.now() + mapping.windowMs;
    while (!stopped) {
      visibleAgain = false;
      const wanted = mapping.batchSize - batch.length;
      const messages = await receive(wanted);
      batch.push(...messages);
      if (batch.length === 0 || batch.length >= mapping.batchSize) break;
      if (messages.length === Math.min(wanted, receiveLimit) || visibleAgain) continue;
      const leftMs = until - performance.now();
      if (leftMs <= 0) break;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, leftMs);
      arrived = resolve;
      await promise;
      clearTimeout(timer);
    }
    const refused = batch.filter((message) => !passes(message));
    await remove(refused);
    return batch.filter((message) => !refused.includes(message));
  };

  /** While Lambda throttles, the batch is kept and handed over again: a throttled try is no receive. What it hides no more comes again. */
  const handOver = async (event: object): Promise<Awaited<ReturnType<Deliver>>> => {
    const until = performance.now() + mapping.hiddenMs;
    const pause = createBackoff();
    pauses.add(pause);
    try {
      for (;;) {
        const outcome = await deliver(event);
        if (stopped || !isThrottled(outcome) || performance.now() >= until) return outcome;
        await pause.wait();
      }
    } finally {
      pauses.delete(pause);
    }
  };

  const work = async (batch: readonly Message[]): Promise<void> => {
    const end = around.begin(
      `${mapping.functionName}: ${batch.length} message${batch.length === 1 ? '' : 's'} in hand`,
    );
    try {
      const { result, error } = await handOver({ Records: batch.map((message) => recordOf(message, mapping)) });
      if (stopped) return;
      const known = new Set(batch.map(({ MessageId }) => MessageId));
      const reported = mapping.partialFailures ? (reportedFailures(result, known) ?? known) : new Set<string>();
      const failed = error === undefined ? reported : known;
      fail(batch.filter(({ MessageId }) => failed.has(MessageId)));
      await remove(batch.filter(({ MessageId }) => !failed.has(MessageId)));
    } catch (error) {
      if (stopped) return;
      // A message that was not deleted comes again: at least once, as on AWS.
      around.warn(`${mapping.functionName} can't acknowledge its messages: ${messageOf(error)}`);
      fail(batch);
    } finally {
      end();
    }
  };

  const pump = async (): Promise<void> => {
    if (receiving || stopped) {
      visibleAgain = true;
      arrived();
      return;
    }
    receiving = true;
    while (!stopped && inFlight < mapping.concurrency) {
      let batch: readonly Message[];
      try {
        batch = await gather();
        backoff.reset();
      } catch (error) {
        if (stopped) break;
        around.warn(`${mapping.functionName} can't receive its messages: ${messageOf(error)}`);
        await backoff.wait();
        continue;
      }
      if (batch.length > 0) {
        inFlight += 1;
        void work(batch).then(() => {
          inFlight -= 1;
          void pump();
        });
      }
      if (batch.length < mapping.batchSize && !visibleAgain) break;
    }
    receiving = false;
  };

  return {
    async start() {
      // Lambda looks at the queue when the mapping is made.
      await call('sqs', 'GetQueueAttributes', { QueueUrl: mapping.queueUrl, AttributeNames: ['All'] });
      unsubscribe = around.onVisible(() => void pump());
      void pump();
    },
    stop() {
      stopped = true;
      unsubscribe();
      for (const each of [backoff, ...pauses]) each.stop();
      arrived();
    },
  };
}

function recordOf(message: Message, mapping: QueueMapping): object {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [
    name,
    {
      ...(attribute.StringValue === undefined ? {} : { stringValue: attribute.StringValue }),
      ...(attribute.BinaryValue === undefined ? {} : { binaryValue: attribute.BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: attribute.DataType,
    },
  ]);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: mapping.queueArn,
    awsRegion: mapping.region,
  };
}
