import { randomUUID } from 'node:crypto';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { atFirstUse } from './at-first-use.ts';
import { environment } from './environment.ts';
import { log } from './log.ts';
import { tellTimeZone } from './time-zone.ts';

/** One message of a queue. */
export type Delivery<M> = {
  readonly message: M;
  /** The id of this delivery. A message that was put off comes again with the id of the delivery that put it off. */
  readonly deliveryId: string;
  /** The id of the delivery that put the message off, if one did. The delivery that had claimed the work then is over. */
  readonly putOffBy?: string;
  /** When the message was sent: ISO, UTC. */
  readonly sentAt: string;
  /** How often the queue has delivered it, this time included. */
  readonly delivery: number;
};

/** Thrown when no further delivery can succeed: the message goes to the dead-letter queue at once, with this reason. */
export class CannotSucceed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'CannotSucceed';
  }
}

/**
 * Thrown when another delivery has claimed the work: the message comes again when that delivery must be over, with the id of this
 * delivery. The id is needed because SQS may deliver one message several times at once, so the message alone does not show that
 * it was put off.
 */
export class ClaimedElsewhere extends Error {
  readonly deliveryId: string;

  constructor(what: string, deliveryId: string) {
    super(`${what} is claimed by another delivery`);
    this.name = 'ClaimedElsewhere';
    this.deliveryId = deliveryId;
  }
}

/**
 * Thrown when the cause is neither in the message nor in the function, such as an account that may not send: the message waits,
 * and is tried again each hour until it is ten days old. Then it becomes a dead letter, with this reason.
 */
export class MustWait extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MustWait';
  }
}

/** The pause between two tries of a message that must wait, seconds. */
const waitSeconds = 3600;
/** As long as a queue keeps a message, milliseconds. */
const maxWaitMs = 10 * 86_400_000;

/** How often a message is put off because its work is claimed, before it is a dead letter. */
const maxPutOffs = 5;

/** The queue of a function, and its dead-letter queue. */
type OwnQueue = {
  readonly sqs: SQSClient;
  readonly url: string;
  readonly deadLettersUrl: string;
  /** The queue's visibility timeout in seconds: longer than any delivery can run, and at most 900, the longest delay of SQS. */
  readonly timeoutSeconds: number;
};

/** The queue of this function, as its environment names it. */
function ownQueue(): OwnQueue {
  return {
    sqs: new SQSClient({}),
    url: environment('QUEUE_URL'),
    deadLettersUrl: environment('DEAD_LETTER_QUEUE_URL'),
    timeoutSeconds: Number(environment('QUEUE_TIMEOUT_SECONDS')),
  };
}

/** Which place expects what; never what was found there, which may be a name or an address. */
export function placesOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const told = issues.map((issue) => {
    const place = v.getDotPath(issue) ?? 'message';
    if (issue.received === 'undefined') return `${place} is missing`;
    return `${place} is not as expected (${issue.type})`;
  });
  return told.join('; ');
}

function parse<S extends v.GenericSchema>(schema: S, record: SQSRecord): v.InferOutput<S> {
  let body: unknown;
  try {
    body = JSON.parse(record.body);
  } catch {
    throw new CannotSucceed('the message is not JSON');
  }
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new CannotSucceed(`the message is not of the expected form (${placesOf(result.issues)})`);
}

/** When a message that waits was first sent, epoch milliseconds; undefined for any other. */
function firstSentAt({ messageAttributes }: SQSRecord): string | undefined {
  return messageAttributes?.firstSentAt?.stringValue;
}

/** The delivery that put a message off, and how often it has been put off; undefined and 0 for any other. */
function putOffBefore({ messageAttributes }: SQSRecord): {
  readonly putOffBy: string | undefined;
  readonly times: number;
} {
  return {
    putOffBy: messageAttributes?.putOffBy?.stringValue,
    times: Number(messageAttributes?.putOff?.stringValue ?? 0),
  };
}

/**
 * Seconds until a failed message is tried again: about 15, 45, 135 or 405, with some randomness so that many messages do not come
 * at once.
 */
function pauseAfter(delivery: number): number {
  return Math.round(5 * 3 ** Math.min(delivery, 4) * (0.75 + Math.random() / 2));
}

/**
 * A function behind a queue. `makeStep` makes the step, with its clients, at the first message; `openQueue` opens the queue when
 * a message first needs it. The messages of a batch are handled at the same time. A message is acknowledged when `step` resolves.
 * When it throws, the message is tried again after a growing pause, with three exceptions: after CannotSucceed it goes to the
 * dead-letter queue with its reason; after MustWait it is sent again, so that waiting uses none of the queue's tries, and then
 * hidden for an hour; after ClaimedElsewhere it is sent again, to arrive after the queue's timeout.
 */
export function queueConsumer<S extends v.GenericSchema>(
  schema: S,
  makeStep: () => (delivery: Delivery<v.InferOutput<S>>) => Promise<void>,
  openQueue: () => OwnQueue = ownQueue,
) {
  const step = atFirstUse(makeStep);
  const queue = atFirstUse(openQueue);
  const consume = async (record: SQSRecord): Promise<void> => {
    const delivery = Number(record.attributes.ApproximateReceiveCount);
    // A message that was sent again arrives at once, and is then hidden: SQS can hide a message for an hour, but not delay its
    // delivery for an hour.
    if (delivery === 1 && firstSentAt(record) !== undefined) {
      await hide(record, waitSeconds);
      throw new Error('the message must wait');
    }
    const sentAt = new Date(Number(record.attributes.SentTimestamp)).toISOString();
    const { putOffBy } = putOffBefore(record);
    try {
      await step()({
        message: parse(schema, record),
        sentAt,
        delivery,
        deliveryId: randomUUID(),
        ...(putOffBy === undefined ? {} : { putOffBy }),
      });
    } catch (error) {
      log.error('message failed', { messageId: record.messageId, delivery, error: error as Error });
      if (error instanceof CannotSucceed) return sendToDeadLetters(record, error.message);
      if (error instanceof MustWait) return wait(record, error.message);
      if (error instanceof ClaimedElsewhere) return putOff(record, error);
      await hide(record, pauseAfter(delivery));
      throw error;
    }
  };

  const sendToDeadLetters = async (record: SQSRecord, reason: string): Promise<void> => {
    const { sqs, deadLettersUrl } = queue();
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: deadLettersUrl,
        MessageBody: record.body,
        MessageAttributes: { reason: { DataType: 'String', StringValue: reason.slice(0, 1000) } },
      }),
    );
  };

  /** Sends the message again with the id of this delivery, to arrive when the delivery that has claimed the work must be over. */
  const putOff = async (record: SQSRecord, { deliveryId, message }: ClaimedElsewhere): Promise<void> => {
    const { times } = putOffBefore(record);
    if (times === maxPutOffs) return sendToDeadLetters(record, message);
    const { sqs, url, timeoutSeconds } = queue();
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: record.body,
        DelaySeconds: Math.min(timeoutSeconds, 900),
        MessageAttributes: {
          putOffBy: { DataType: 'String', StringValue: deliveryId },
          putOff: { DataType: 'Number', StringValue: String(times + 1) },
        },
      }),
    );
  };

  /**
   * Sends the message again, with the time at which it was first sent. A failure before the old message is deleted leaves two
   * messages.
   */
  const wait = async (record: SQSRecord, reason: string): Promise<void> => {
    const sent = record.attributes.SentTimestamp;
    const first = firstSentAt(record) ?? sent;
    if (Number(sent) - Number(first) >= maxWaitMs) return sendToDeadLetters(record, `waited for ten days: ${reason}`);
    const { sqs, url } = queue();
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: record.body,
        MessageAttributes: {
          firstSentAt: { DataType: 'Number', StringValue: first },
        },
      }),
    );
  };

  const hide = async ({ receiptHandle }: SQSRecord, seconds: number): Promise<void> => {
    const { sqs, url } = queue();
    await sqs
      .send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      )
      .catch((error: Error) => log.warn('could not set when the message is tried again', { error }));
  };

  return middy<SQSEvent, SQSBatchResponse>().handler((event) => {
    const taken = processPartialResponse(event, consume, new BatchProcessor(EventType.SQS), {
      processInParallel: true,
      throwOnFullBatchFailure: false,
    }) as Promise<SQSBatchResponse>;
    return taken.finally(tellTimeZone);
  });
}
