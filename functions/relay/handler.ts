import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import { Outgoing } from '@secor/contracts';
import { atFirstUse, environment, log, placesOf } from '@secor/lambda';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import * as v from 'valibot';
import { openPublisher, type Publisher, publish } from '../shared/publish.ts';

/**
 * Publishes each outbox item that the table's stream brings, and deletes it. A failure is retried without limit; a record
 * that can't be read goes whole to the dead-letter queue, so that it does not hold up those behind it.
 */
export function relay(publisher: Publisher, deadLetterQueueUrl: string) {
  return async (record: DynamoDBRecord): Promise<void> => {
    const read = readOutboxItem(record);
    if (read.success)
      return publish(publisher, read.output).catch((error: Error) => {
        log.error('publishing failed', { eventId: record.eventID, error });
        throw error;
      });
    const reason = `not an outbox item: ${placesOf(read.issues)}`;
    log.error('record is not readable', { eventId: record.eventID, reason });
    await publisher.sqs.send(
      new SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: JSON.stringify(record),
        MessageAttributes: { reason: { DataType: 'String', StringValue: reason.slice(0, 1000) } },
      }),
    );
  };
}

function readOutboxItem(record: DynamoDBRecord): v.SafeParseResult<typeof Outgoing> {
  const image = (record.dynamodb?.NewImage ?? {}) as Record<string, AttributeValue>;
  try {
    return v.safeParse(Outgoing, unmarshall(image).body);
  } catch {
    return v.safeParse(Outgoing, undefined);
  }
}

const step = atFirstUse(() => relay(openPublisher(), environment('DEAD_LETTER_QUEUE_URL')));

export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(
  (event) =>
    processPartialResponse(event, step(), new BatchProcessor(EventType.DynamoDBStreams), {
      processInParallel: true,
      throwOnFullBatchFailure: false,
    }) as Promise<DynamoDBBatchResponse>,
);
