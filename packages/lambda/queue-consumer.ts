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
  /** The queue's own id of it: the same at each delivery, and that of the first one where a message waits and is sent anew. */
  readonly messageId: string;
  /** When the message was sent: ISO, UTC. */
  readonly sentAt: string;
  /** How often the queue has delivered it, this time included. */
  readonly delivery: number;
};

/** What no further delivery can cure: the message goes to the dead-letter queue at once, with this reason. */
export class CannotSucceed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'CannotSucceed';
  }
}

/** Another delivery has the work in hand: the message comes back only when that one must be over, by the queue's own timeout. */
export class InOtherHands extends Error {
  constructor(what: string) {
    super(`${what} is in the hands of another delivery`);
    this.name = 'InOtherHands';
  }
}

/**
 * What neither the message nor the function can cure, such as an account that may not send: the message waits, and is tried
 * again each hour until it is ten days old. Then it is a dead letter, with this reason.
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
const longestWaitMs = 10 * 86_400_000;

/** The queue that a function works off, and where it puts what cannot succeed. */
export type OwnQueue = { readonly sqs: () => SQSClient; readonly url: string; readonly deadLettersUrl: string };

/** The queue of this function, as its environment names it. */
export function ownQueue(): OwnQueue {
  return {
    sqs: atFirstUse(() => new SQSClient({})),
    url: environment('QUEUE_URL'),
    deadLettersUrl: environment('DEAD_LETTER_QUEUE_URL'),
  };
}

/** What is expected where; never what was found there, which may be a name or an address. */
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

/** The id by which a message is known: that under which it was first sent, also while it waits. */
function firstMessageId({ messageAttributes, messageId }: SQSRecord): string {
  return messageAttributes?.firstMessageId?.stringValue ?? messageId;
}

/** Seconds until a message that failed is tried again: about 15, 45, 135, 405, never all of a crowd at once. */
function pauseAfter(delivery: number): number {
  return Math.round(5 * 3 ** Math.min(delivery, 4) * (0.75 + Math.random() / 2));
}

/**
 * A function behind a queue; `makeStep` makes what takes a message, with its clients, at the first one. Messages of a batch are taken one beside the other; each is acknowledged when `step` has
 * resolved, and comes back after a growing pause when it has thrown. What CannotSucceed is moved to the dead-letter queue
 * with its reason; what MustWait is sent anew, so that waiting spends none of the queue's tries, and then hidden for an hour.
 */
export function queueConsumer<S extends v.GenericSchema>(
  schema: S,
  makeStep: () => (delivery: Delivery<v.InferOutput<S>>) => Promise<void>,
  { sqs, url, deadLettersUrl }: OwnQueue,
) {
  const step = atFirstUse(makeStep);
  const consume = async (record: SQSRecord): Promise<void> => {
    const delivery = Number(record.attributes.ApproximateReceiveCount);
    // One that was sent anew comes at once: a message can be hidden for an hour, but not be sent to come in an hour.
    if (delivery === 1 && firstSentAt(record) !== undefined) {
      await hide(record, waitSeconds);
      throw new Error('the message has to wait');
    }
    const sentAt = new Date(Number(record.attributes.SentTimestamp)).toISOString();
    try {
      await step()({ message: parse(schema, record), messageId: firstMessageId(record), sentAt, delivery });
    } catch (error) {
      log.error('message failed', { messageId: record.messageId, delivery, error: error as Error });
      if (error instanceof CannotSucceed) return bury(record, error.message);
      if (error instanceof MustWait) return wait(record, error.message);
      if (!(error instanceof InOtherHands)) await hide(record, pauseAfter(delivery));
      throw error;
    }
  };

  const bury = async (record: SQSRecord, reason: string): Promise<void> => {
    await sqs().send(
      new SendMessageCommand({
        QueueUrl: deadLettersUrl,
        MessageBody: record.body,
        MessageAttributes: { reason: { DataType: 'String', StringValue: reason.slice(0, 1000) } },
      }),
    );
  };

  /** Sends the message anew, with the id and the time under which it was first sent. What fails between this and the old one's end leaves two. */
  const wait = async (record: SQSRecord, reason: string): Promise<void> => {
    const sent = record.attributes.SentTimestamp;
    const first = firstSentAt(record) ?? sent;
    if (Number(sent) - Number(first) >= longestWaitMs) return bury(record, `waited for ten days: ${reason}`);
    await sqs().send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: record.body,
        MessageAttributes: {
          firstSentAt: { DataType: 'Number', StringValue: first },
          firstMessageId: { DataType: 'String', StringValue: firstMessageId(record) },
        },
      }),
    );
  };

  const hide = async ({ receiptHandle }: SQSRecord, seconds: number): Promise<void> => {
    await sqs()
      .send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      )
      .catch((error: Error) => log.warn('the message comes back at another time than it should', { error }));
  };

  return middy<SQSEvent, SQSBatchResponse>().handler((event) => {
    const taken = processPartialResponse(event, consume, new BatchProcessor(EventType.SQS), {
      processInParallel: true,
      throwOnFullBatchFailure: false,
    }) as Promise<SQSBatchResponse>;
    return taken.finally(tellTimeZone);
  });
}
