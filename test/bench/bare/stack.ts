import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Code,
  EventSourceMapping,
  FilterCriteria,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** What the bare pipeline has its names from: its bucket, functions and last queue. */
export const bare = { bucket: 'bare-uploads', take: 'bare-take', pass: 'bare-pass', queue: 'bare-passed' } as const;

/**
 * The bare pipeline: the same services in the same number of hops as from the upload to the review queue (S3, SQS, a
 * function, a table's stream, a function, SQS), with functions of the same memory.
 */
export class BareStack extends Stack {
  constructor(scope: Construct, environment: { readonly account: string; readonly region: string }, bundles: string) {
    super(scope, 'bare', { env: environment });
    const incoming = new Queue(this, 'Incoming', { visibilityTimeout: Duration.minutes(6) });
    const passed = new Queue(this, 'Passed', { queueName: bare.queue });
    const table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_IMAGE,
    });
    const { tableStreamArn } = table;
    if (tableStreamArn === undefined) throw new Error('The table of the bare pipeline has no stream.');

    incoming.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [incoming.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': `arn:aws:s3:::${bare.bucket}` } },
      }),
    );
    const bucket = new CfnBucket(this, 'Uploads', {
      bucketName: bare.bucket,
      versioningConfiguration: { status: 'Enabled' },
      notificationConfiguration: { queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: incoming.queueArn }] },
    });
    bucket.node.addDependency(incoming);

    const take = this.function(bundles, 'take', 512, { TABLE_NAME: table.tableName });
    allow(take, bucket.attrArn.concat('/*'), 's3:GetObjectVersion');
    allow(take, table.tableArn, 'dynamodb:PutItem');
    allow(take, incoming.queueArn, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes');
    new EventSourceMapping(this, 'TakeSource', { target: take, eventSourceArn: incoming.queueArn, batchSize: 1 });

    const pass = this.function(bundles, 'pass', 256, { TABLE_NAME: table.tableName, QUEUE_URL: passed.queueUrl });
    allow(pass, passed.queueArn, 'sqs:SendMessage');
    allow(pass, table.tableArn, 'dynamodb:DeleteItem');
    allow(pass, tableStreamArn, 'dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords');
    new EventSourceMapping(this, 'PassSource', {
      target: pass,
      eventSourceArn: tableStreamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: [FilterCriteria.filter({ eventName: ['INSERT'] })],
      batchSize: 100,
    });
  }

  private function(bundles: string, name: 'take' | 'pass', memory: number, environment: Record<string, string>) {
    return new LambdaFunction(this, name, {
      functionName: bare[name],
      runtime: Runtime.NODEJS_24_X,
      code: Code.fromAsset(join(bundles, name)),
      handler: 'index.handler',
      memorySize: memory,
      timeout: Duration.minutes(1),
      environment: { NODE_OPTIONS: '--enable-source-maps', ...environment },
    });
  }
}

function allow({ grantPrincipal }: IGrantable, resource: string, ...actions: readonly string[]): void {
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [resource] }));
}
