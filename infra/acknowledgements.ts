import { Validations } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { DataStack } from './data-stack.ts';
import { objects } from './grants.ts';
import type { ServiceStack } from './service-stack.ts';
import type { Stage } from './stage.ts';

/** What cdk-nag's AwsSolutions rules find and we leave as it is, each with the reason. */
export function acknowledgeFindings(stage: Stage, data: DataStack, service: ServiceStack): void {
  for (const bucket of [data.packages, data.records]) {
    acknowledge(
      bucket,
      'AwsSolutions-S1',
      "Server access logs hold the caller's address, the object's key and the signature of presigned links. Nothing that " +
        'identifies a person or an audit goes to a log: who did what is told by the events in the table.',
    );
  }
  const { pool } = data.identity;
  if (pool !== undefined) {
    acknowledge(
      pool.userPool,
      'AwsSolutions-COG8',
      'The Plus plan is paid for by user and month. People are invited, not signed up, and the API takes its tokens only.',
    );
  }
  if (pool !== undefined && stage.secondFactor === 'optional') {
    acknowledge(
      pool.userPool,
      'AwsSolutions-COG2',
      'This stage holds invented people; prod requires the second factor.',
    );
  }
  if (!stage.protectData) {
    acknowledge(data.table, 'AwsSolutions-DDB3', 'The data of this stage can be made again.');
  }
  for (const prefix of ['packages/', 'imports/'] as const) {
    acknowledgeObjects(data.packages, service, prefix);
  }
  for (const prefix of ['answers/', 'problems/', 'documents/', 'drafts/', 'reports/', 'imports/'] as const) {
    acknowledgeObjects(data.records, service, prefix);
  }
  acknowledge(
    service.node.findChild('Api').node.findChild('GET--v1--openapi.json'),
    'AwsSolutions-APIG4',
    'The description of the API is for everybody: it holds nothing but what its source says.',
  );
  const relay = service.node.findChild('Relay').node;
  acknowledge(
    relay.findChild('Consumer'),
    'AwsSolutions-IAM5[Resource::*]',
    'dynamodb:ListStreams takes no resource but *: see aws-only-grants.ts.',
  );
  acknowledge(
    relay.findChild('DeadLetters'),
    'AwsSolutions-SQS3',
    'It is a dead-letter queue: relay writes to it itself, so no redrive policy names it.',
  );
}

function acknowledgeObjects(bucket: Bucket, service: ServiceStack, prefix: `${string}/`): void {
  acknowledge(
    service,
    `AwsSolutions-IAM5[Resource::${objects(bucket, prefix)}]`,
    'Keys are made as audits and imports come: a role is given those below one prefix of one bucket.',
  );
}

function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}
