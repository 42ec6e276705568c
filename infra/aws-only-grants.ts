/**
 * Permissions that roles need on AWS but that the local cloud never uses. So no test can show whether one of them is needed. Each
 * has its reason here, and in the template a `Sid` that begins with `AwsOnly`.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Grant } from './grants.ts';

/** Lambda writes what a function prints under the function's own role. */
export function writeLogs(logGroup: ILogGroup): PolicyStatement {
  return new PolicyStatement({
    sid: 'AwsOnlyWriteLogs',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}

/** Lambda's poller asks for the queue's attributes before it polls, and in order to scale. */
export function watchQueue(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    sid: 'AwsOnlyWatchQueue',
    actions: ['sqs:GetQueueAttributes'],
    resources: [queue.queueArn],
  });
}

/** Lambda looks for the stream before it reads it. The action can't be narrowed: it takes no resource but `*`. */
export function findStream(): PolicyStatement {
  return new PolicyStatement({ sid: 'AwsOnlyFindStream', actions: ['dynamodb:ListStreams'], resources: ['*'] });
}

/**
 * The least permissions that principals need on a customer managed key, by AWS's page on DynamoDB's encryption at rest. DynamoDB
 * decrypts the table's key on behalf of the caller, and makes and renews it on behalf of who uses it.
 */
const BY_DYNAMODB = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:DescribeKey',
  'kms:CreateGrant',
];
/** S3 decrypts an object's key on behalf of the reader. */
const BY_S3_TO_READ = ['kms:Decrypt'];
/**
 * S3 asks for a data key on behalf of the writer, or of whoever presigned the write. It decrypts to finish an upload in parts.
 */
const BY_S3_TO_WRITE = ['kms:GenerateDataKey', ...BY_S3_TO_READ];

/** The key's actions that calls to the table and to the buckets bring with them, each by way of that service only. */
export function useDataKey(key: IKey, grants: readonly Grant[], region: string): readonly PolicyStatement[] {
  const called = grants.flatMap(({ actions }) => actions);
  const by = (service: 'dynamodb' | 's3', sid: string, actions: readonly string[]): readonly PolicyStatement[] =>
    called.some((action) => action.startsWith(`${service}:`))
      ? [
          new PolicyStatement({
            sid,
            actions: [...actions],
            resources: [key.keyArn],
            conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
          }),
        ]
      : [];
  return [
    ...by('dynamodb', 'AwsOnlyUseDataKeyByTable', BY_DYNAMODB),
    ...by('s3', 'AwsOnlyUseDataKeyByBuckets', called.includes('s3:PutObject') ? BY_S3_TO_WRITE : BY_S3_TO_READ),
  ];
}
