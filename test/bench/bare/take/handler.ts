import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Event, SQSEvent } from 'aws-lambda';

const s3 = new S3Client({});
const table = new DynamoDBClient({});

/** The least that can stand where intake stands: reads the object, writes one item. */
export const handler = async ({ Records }: SQSEvent): Promise<void> => {
  for (const { body } of Records) {
    for (const { s3: created } of (JSON.parse(body) as Partial<S3Event>).Records ?? []) {
      const { key, versionId } = created.object;
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket: created.bucket.name, Key: key, VersionId: versionId }),
      );
      const bytes = await Body?.transformToByteArray();
      const item = { pk: { S: `${key}#${versionId}` }, bytes: { N: String(bytes?.length) } };
      await table.send(new PutItemCommand({ TableName: process.env.TABLE_NAME, Item: item }));
    }
  }
};
