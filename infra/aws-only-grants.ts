/**
 * What roles need on AWS and no run on one machine uses: so no test can show that one of these is needed, or unused.
 * Each stands here with its reason, and in the template under a `Sid` that begins with `AwsOnly`.
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
 * What AWS's page on DynamoDB's encryption at rest names as the least that principals need on a customer managed key: DynamoDB
 * unwraps the table's key in the name of who calls, and makes and renews it in the name of who uses it.
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
/** S3 unwraps an object's key in the name of who reads. */
const BY_S3_TO_READ = ['kms:Decrypt'];
/** S3 asks for a data key in the name of who writes, or of who presigned the write. It decrypts to finish one in parts. */
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
