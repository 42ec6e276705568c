import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { createPackagesBucket, createRecordsBucket } from './buckets.ts';
import type { WorkQueue } from './constructs/work-queue.ts';
import { createIdentity, type Identity } from './identity.ts';
import { createDataKey } from './keys.ts';
import { stackProps } from './stack-props.ts';
import type { Stage } from './stage.ts';
import { createTable } from './table.ts';
import { createUploadQueues } from './upload-queues.ts';

/** What lasts: table, buckets, their key, the people who can sign in, and the queues that uploads fill. */
export class DataStack extends Stack {
  readonly key: Key;
  readonly table: Table;
  readonly uploads: { readonly intake: WorkQueue; readonly imports: WorkQueue };
  readonly packages: Bucket;
  readonly records: Bucket;
  readonly identity: Identity;

  constructor(scope: Construct, stage: Stage) {
    super(scope, `secor-${stage.name}-data`, stackProps(stage, 'SECOR: what lasts'));
    const removal = stage.protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    this.key = createDataKey(this, stage, removal);
    this.table = createTable(this, stage, this.key, removal);
    this.uploads = createUploadQueues(this, stage);
    const { intake, imports } = this.uploads;
    const filled = { intake: intake.queue, imports: imports.queue };
    this.packages = createPackagesBucket(this, stage, this.key, removal, filled);
    this.records = createRecordsBucket(this, stage, this.key, removal);
    this.identity = createIdentity(this, stage, removal);

    new CfnOutput(this, 'TableName', { value: this.table.tableName });
    new CfnOutput(this, 'PackagesBucket', { value: this.packages.bucketName });
    new CfnOutput(this, 'RecordsBucket', { value: this.records.bucketName });
  }
}
