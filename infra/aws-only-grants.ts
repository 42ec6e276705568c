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

/** DynamoDB unwraps the table's key, and S3 an object's, in the caller's name: with any call to the table, and to read. */
const DECRYPT = 'kms:Decrypt';
/** S3 asks for a data key in the name of who writes, or of who presigned the write. It decrypts to finish one in parts. */
const WRITE = ['kms:GenerateDataKey', DECRYPT];

/**
 * The key's actions that calls to the table and the buckets bring with them; only by way of these two services.
 *
 * @returns nothing for a role that touches neither
 */
export function useDataKey(key: IKey, grants: readonly Grant[], region: string): PolicyStatement | undefined {
  const services = new Set<string>();
  const actions = new Set<string>();
  for (const action of grants.flatMap((grant) => grant.actions)) {
    const [service = '', verb] = action.split(':');
    if (service === 'dynamodb' || service === 's3') {
      services.add(`${service}.${region}.amazonaws.com`);
      for (const needed of service === 's3' && verb === 'PutObject' ? WRITE : [DECRYPT]) {
        actions.add(needed);
      }
    }
  }
  return actions.size === 0
    ? undefined
    : new PolicyStatement({
        sid: 'AwsOnlyUseDataKey',
        actions: [...actions],
        resources: [key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': [...services] } },
      });
}
