import { type AttributeValue, DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBStreamEvent } from 'aws-lambda';

const table = new DynamoDBClient({});
const sqs = new SQSClient({});

/** The least that can stand where relay stands: sends one message for each item, and deletes the item. */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<void> => {
  for (const { dynamodb } of Records) {
    const { pk } = (dynamodb?.NewImage ?? {}) as Record<string, AttributeValue>;
    if (pk?.S === undefined) continue;
    await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: pk.S }));
    await table.send(new DeleteItemCommand({ TableName: process.env.TABLE_NAME, Key: { pk } }));
  }
};
