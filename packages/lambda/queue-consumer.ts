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
  /** The queue's own id of it: the same at each delivery. */
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

function parse<S extends v.GenericSchema>(schema: S, record: SQSRecord): v.InferOutput<S> {
  let body: unknown;
  try {
    body = JSON.parse(record.body);
  } catch {
    throw new CannotSucceed('the message is not JSON');
  }
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  const issues = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`);
  throw new CannotSucceed(`the message is not of the expected form (${issues.join('; ')})`);
}

/** Seconds until a message that failed is tried again: about 15, 45, 135, 405, never all of a crowd at once. */
function pauseAfter(delivery: number): number {
  return Math.round(5 * 3 ** Math.min(delivery, 4) * (0.75 + Math.random() / 2));
}

/**
 * A function behind a queue; `makeStep` makes what takes a message, with its clients, at the first one. Messages of a batch are taken one beside the other; each is acknowledged when `step` has
 * resolved, and comes back after a growing pause when it has thrown. What CannotSucceed is moved to the dead-letter queue
 * with its reason.
 */
export function queueConsumer<S extends v.GenericSchema>(
  schema: S,
  makeStep: () => (delivery: Delivery<v.InferOutput<S>>) => Promise<void>,
  { sqs, url, deadLettersUrl }: OwnQueue,
) {
  const step = atFirstUse(makeStep);
  const consume = async (record: SQSRecord): Promise<void> => {
    const delivery = Number(record.attributes.ApproximateReceiveCount);
    const sentAt = new Date(Number(record.attributes.SentTimestamp)).toISOString();
    try {
      await step()({ message: parse(schema, record), messageId: record.messageId, sentAt, delivery });
    } catch (error) {
      log.error('message failed', { messageId: record.messageId, delivery, error: error as Error });
      if (error instanceof CannotSucceed) return bury(record, error.message);
      if (!(error instanceof InOtherHands)) await comeBack(record, delivery);
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

  const comeBack = async (record: SQSRecord, delivery: number): Promise<void> => {
    const VisibilityTimeout = pauseAfter(delivery);
    await sqs()
      .send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: record.receiptHandle, VisibilityTimeout }),
      )
      .catch((error: Error) => log.warn('the message comes back later than it could', { error }));
  };

  return middy<SQSEvent, SQSBatchResponse>().handler((event) => {
    const taken = processPartialResponse(event, consume, new BatchProcessor(EventType.SQS), {
      processInParallel: true,
      throwOnFullBatchFailure: false,
    }) as Promise<SQSBatchResponse>;
    return taken.finally(tellTimeZone);
  });
}
