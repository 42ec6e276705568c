import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { createAlarmTopic } from './alarm-topic.ts';
import { createApiDomain } from './api-domain.ts';
import { createPackagesBucket, createRecordsBucket } from './buckets.ts';
import type { WorkQueue } from './constructs/work-queue.ts';
import type { Deployment } from './deployment.ts';
import { createIdentity, type Identity } from './identity.ts';
import { createDataKey } from './keys.ts';
import { createMailFeedback } from './mail-feedback.ts';
import { MailIdentity } from './mail-identity.ts';
import { dataStackName, isProtected, stackProps } from './stack-props.ts';
import type { Stage } from './stage.ts';
import { createTable } from './table.ts';
import { createUploadQueues } from './upload-queues.ts';

/**
 * The stack of what lasts: the table, the buckets, their key, the mail domain, the people who can sign in, the alarm topic, the
 * API's own domain, and the queues that are filled from outside: uploads, and SES's reports about letters.
 */
export class DataStack extends Stack {
  readonly key: Key;
  readonly table: Table;
  readonly uploads: { readonly intake: WorkQueue; readonly imports: WorkQueue };
  readonly packages: Bucket;
  readonly records: Bucket;
  readonly mail: MailIdentity;
  /** SES's reports about letters. */
  readonly feedback: WorkQueue;
  readonly alarmTopic: ITopic;
  readonly identity: Identity;

  constructor(scope: Construct, stage: Stage, deployment: Deployment) {
    super(scope, dataStackName(stage), stackProps(stage, deployment, 'SECOR: what lasts'));
    // If a first deployment fails, everything that it made is deleted, so that no name is taken at the next try.
    const removal = stage.protectData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
    const lasting = { removalPolicy: removal, deletionProtection: isProtected(stage, deployment) };

    this.key = createDataKey(this, stage, removal);
    this.table = createTable(this, stage, this.key, lasting);
    this.uploads = createUploadQueues(this, stage);
    const { intake, imports } = this.uploads;
    const filled = { intake: intake.queue, imports: imports.queue };
    this.packages = createPackagesBucket(this, stage, this.key, removal, filled);
    this.records = createRecordsBucket(this, stage, this.key, removal);
    this.mail = new MailIdentity(this, stage, removal);
    this.feedback = createMailFeedback(this, stage, this.mail);
    this.alarmTopic = createAlarmTopic(this, stage);
    const sender = deployment.mailReady === false ? undefined : this.mail;
    this.identity = createIdentity(this, stage, lasting, sender);

    createApiDomain(this, stage);

    new CfnOutput(this, 'TableName', { value: this.table.tableName });
    new CfnOutput(this, 'PackagesBucket', { value: this.packages.bucketName });
    new CfnOutput(this, 'RecordsBucket', { value: this.records.bucketName });
    const { pool, issuer } = this.identity;
    if (pool !== undefined) {
      new CfnOutput(this, 'UserPoolId', { value: pool.userPool.userPoolId });
      new CfnOutput(this, 'UserPoolIssuer', { value: issuer });
    }
  }
}
