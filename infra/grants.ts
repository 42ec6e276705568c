import { Stack } from 'aws-cdk-lib';
import type { PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { LIST_INDEX } from './table.ts';

/** Named actions on named resources, and under which conditions. */
export type Grant = {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: PolicyStatementProps['conditions'];
};

/** One line of a role: `allow(data.table, ['dynamodb:GetItem'])`. A string is taken as an ARN. */
export function allow(
  resource: { readonly tableArn: string } | { readonly queueArn: string } | string,
  actions: readonly string[],
): Grant {
  return { actions, resources: [arnOf(resource)] };
}

/** The objects of a bucket below a prefix, such as `answers/`. */
export function objects(bucket: Bucket, prefix: `${string}/`): string {
  return `${namedArn(bucket)}/${prefix}*`;
}

/** Listing all versions of the objects of a bucket below a prefix, such as `answers/`, and of no others. */
export function listVersions(bucket: Bucket, prefix: `${string}/`): Grant {
  return {
    actions: ['s3:ListBucketVersions'],
    resources: [namedArn(bucket)],
    conditions: { StringLike: { 's3:prefix': `${prefix}*` } },
  };
}

/** The ARN of a bucket by its name, which is readable in the template. */
function namedArn(bucket: Bucket): string {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof CfnBucket) || resource.bucketName === undefined)
    throw new Error(`${bucket.node.path} has no name: see infra/buckets.ts.`);
  return `arn:${Stack.of(bucket).partition}:s3:::${resource.bucketName}`;
}

/** The index of a table that lists are read from. */
export function listIndex(table: { readonly tableArn: string }): string {
  return `${table.tableArn}/index/${LIST_INDEX}`;
}

function arnOf(resource: { readonly tableArn: string } | { readonly queueArn: string } | string): string {
  if (typeof resource === 'string') {
    return resource;
  }
  return 'tableArn' in resource ? resource.tableArn : resource.queueArn;
}
