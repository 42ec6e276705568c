import { maxDraftDays, maxUploadDays } from '@secor/contracts';
import { Duration, type RemovalPolicy, type Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  HttpMethods,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Stage } from './stage.ts';

/** The keys of the packages bucket below which assessors upload packages, and administrators files to import. */
const UPLOADS = { intake: 'packages/', imports: 'imports/' } as const;

/**
 * The records bucket has the results under the same keys. Both hold names and addresses, so they are kept for this many days
 * only.
 */
const IMPORT_DAYS = 60;

/** The tag with which intake and layout mark an upload that they did not accept; no other object has it. */
const REFUSED_TAG = { key: 'refused', value: 'true' };

/**
 * How many days such an upload is kept, so that it can be examined if somebody asks why; then as many again as a replaced
 * version.
 */
const REFUSED_DAYS = 7;

/**
 * The keys of the records bucket below which drafts are. Each save replaces a version, which nobody reads again. A draft is deleted
 * when its audit is closed; one that nobody saves for a year and some days goes by itself, also where it was left behind.
 */
const DRAFTS = { prefix: 'drafts/', days: maxDraftDays + 10, replacedDays: 1 };

/** The physical name of a bucket; the account keeps it apart from everybody else's. */
export function bucketName(stage: Stage, what: 'packages' | 'records'): string {
  return `secor-${stage.name}-${stage.account}-${what}`;
}

/** Where browsers post packages and files to import, and put the parts of packages. Each upload goes to the queue of its kind. */
export function createPackagesBucket(
  stack: Stack,
  stage: Stage,
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
  queues: Readonly<Record<keyof typeof UPLOADS, IQueue>>,
): Bucket {
  const methods = [HttpMethods.POST, HttpMethods.PUT];
  const bucket = createBucket(stack, stage, 'packages', methods, encryptionKey, removalPolicy);
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof CfnBucket)) {
    throw new Error('The packages bucket has no CfnBucket to put its notification on.');
  }
  const uploads = [
    [UPLOADS.intake, queues.intake],
    [UPLOADS.imports, queues.imports],
  ] as const;
  // Bucket.addEventNotification would bring a Lambda-backed custom resource; CloudFormation can do this itself.
  resource.notificationConfiguration = {
    queueConfigurations: uploads.map(([value, queue]) => ({
      event: 's3:ObjectCreated:*',
      filter: { s3Key: { rules: [{ name: 'prefix', value }] } },
      queue: queue.queueArn,
    })),
  };
  // S3 sends a test event when the notification is made: queues and policies must stand by then.
  for (const [, queue] of uploads) bucket.node.addDependency(queue);
  return bucket;
}

/** The bucket for what the system makes from the packages: answers, problems, documents, reports. */
export function createRecordsBucket(
  stack: Stack,
  stage: Stage,
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
): Bucket {
  return createBucket(stack, stage, 'records', [HttpMethods.GET], encryptionKey, removalPolicy);
}

function createBucket(
  stack: Stack,
  stage: Stage,
  what: 'packages' | 'records',
  browserMethods: HttpMethods[],
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
): Bucket {
  return new Bucket(stack, what === 'packages' ? 'Packages' : 'Records', {
    bucketName: bucketName(stage, what),
    encryption: BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: true,
    versioned: true,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy,
    cors: [
      {
        allowedMethods: browserMethods,
        allowedOrigins: [...stage.browserOrigins],
        allowedHeaders: ['*'],
        maxAge: 3600,
      },
    ],
    lifecycleRules: [
      ...(what === 'packages'
        ? [
            {
              tagFilters: { [REFUSED_TAG.key]: REFUSED_TAG.value },
              expiration: Duration.days(REFUSED_DAYS),
              noncurrentVersionExpiration: Duration.days(REFUSED_DAYS),
            },
          ]
        : [
            {
              prefix: DRAFTS.prefix,
              expiration: Duration.days(DRAFTS.days),
              noncurrentVersionExpiration: Duration.days(DRAFTS.replacedDays),
            },
          ]),
      {
        // A day longer than an upload can be completed: S3 must not remove its parts before.
        abortIncompleteMultipartUploadAfter: Duration.days(maxUploadDays + 1),
        // Records point at versions, and not always at the newest: with a short retention, the version that was judged would be
        // lost.
        noncurrentVersionExpiration: Duration.days(stage.retention.recordDays),
      },
      {
        prefix: UPLOADS.imports,
        expiration: Duration.days(IMPORT_DAYS),
        // If two rules apply, S3 uses the shorter time. An expired object is also a replaced version.
        noncurrentVersionExpiration: Duration.days(IMPORT_DAYS),
      },
    ],
  });
}
