import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { log } from './log.ts';

/** One message of a queue. */
export type Delivery<M> = {
  readonly message: M;
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

/** Where a consumer puts what cannot succeed. */
export type DeadLetters = { readonly sqs: SQSClient; readonly queueUrl: string };

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

/**
 * A function behind a queue. Messages of a batch are taken one beside the other; each is acknowledged when `step` has
 * resolved, and stays in the queue when it has thrown. What CannotSucceed is moved to the dead-letter queue with its reason.
 */
export function queueConsumer<S extends v.GenericSchema>(
  schema: S,
  step: (delivery: Delivery<v.InferOutput<S>>) => Promise<void>,
  deadLetters: DeadLetters,
) {
  const consume = async (record: SQSRecord): Promise<void> => {
    try {
      await step({
        message: parse(schema, record),
        sentAt: new Date(Number(record.attributes.SentTimestamp)).toISOString(),
        delivery: Number(record.attributes.ApproximateReceiveCount),
      });
    } catch (error) {
      log.error('message failed', { messageId: record.messageId, error: error as Error });
      if (!(error instanceof CannotSucceed)) throw error;
      await deadLetters.sqs.send(
        new SendMessageCommand({
          QueueUrl: deadLetters.queueUrl,
          MessageBody: record.body,
          MessageAttributes: { reason: { DataType: 'String', StringValue: error.message.slice(0, 1000) } },
        }),
      );
    }
  };
  return middy<SQSEvent, SQSBatchResponse>().handler(
    (event) =>
      processPartialResponse(event, consume, new BatchProcessor(EventType.SQS), {
        processInParallel: true,
        throwOnFullBatchFailure: false,
      }) as Promise<SQSBatchResponse>,
  );
}
