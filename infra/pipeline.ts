import type { QueueName } from '@secor/contracts';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Surroundings } from './constructs/bundled-function.ts';
import { QueueConsumer } from './constructs/queue-consumer.ts';
import { StreamConsumer } from './constructs/stream-consumer.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import type { DataStack } from './data-stack.ts';
import { allow, listIndex, listVersions, objects } from './grants.ts';
import { INTAKE_TIMEOUT } from './upload-queues.ts';

/** The time limit of one invocation of the sweep: for the small shards of a day, or for a part of a large one. */
const SWEEP_TIMEOUT = Duration.minutes(5);

const NOT_SWEPT =
  'What is due today is not checked: no employer or assessor gets a reminder, and missed dates have no consequence.';

const LEFT_BEHIND =
  'What relay could not publish is not published later: audits may be stuck without a reviewer, report or letter.';

/**
 * The functions and queues of an audit, from the uploaded package to the letter, in that order.
 *
 * @returns the queues to which the two schedules send: for republish, and for the daily sweep
 */
export function createPipeline(
  stack: Stack,
  surroundings: Surroundings,
  data: DataStack,
): { readonly outbox: WorkQueue; readonly sweep: WorkQueue } {
  const { table, packages, records, mail } = data;
  const { stage } = surroundings;
  const { partner, mail: letters } = stage;
  const tableName = table.tableName;
  const recordsBucket = records.bucketName;

  new QueueConsumer(stack, 'Intake', {
    ...surroundings,
    name: 'intake',
    queue: data.uploads.intake,
    errorImpact:
      'An assessor uploaded a package, and it is neither scored nor refused: the assessor is waiting for a letter that does not come.',
    environment: { TABLE_NAME: tableName, RECORDS_BUCKET: recordsBucket },
    grants: [
      allow(table, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']),
      allow(objects(packages, 'packages/'), ['s3:GetObjectVersion', 's3:PutObjectVersionTagging']),
      allow(objects(records, 'answers/'), ['s3:PutObject', 's3:GetObjectVersion']),
      allow(objects(records, 'problems/'), ['s3:PutObject']),
    ],
    timeout: INTAKE_TIMEOUT,
    memory: 512,
    batchSize: 1,
    maxConcurrency: 20,
  });

  const { sandboxRecipients = [] } = letters;
  /** The functions of the queues that relay publishes to. */
  const consumers: Readonly<Record<QueueName, QueueConsumer>> = {
    review: new QueueConsumer(stack, 'Assign', {
      ...surroundings,
      name: 'assign',
      queue: 'review',
      errorImpact: 'An accepted audit has no reviewer: it is waiting, and no reviewer sees it in their queue.',
      environment: { TABLE_NAME: tableName },
      grants: [allow(table, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'])],
      timeout: Duration.seconds(30),
      memory: 256,
      batchSize: 10,
      maxConcurrency: 2,
    }),
    documents: new QueueConsumer(stack, 'Layout', {
      ...surroundings,
      name: 'layout',
      queue: 'documents',
      errorImpact:
        'The documents of an audit are not ready, and its review cannot be opened; or the draft of a closed audit is not deleted.',
      environment: { TABLE_NAME: tableName, RECORDS_BUCKET: recordsBucket, PACKAGES_BUCKET: packages.bucketName },
      grants: [
        allow(table, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem']),
        allow(objects(packages, 'packages/'), ['s3:GetObjectVersion', 's3:PutObjectVersionTagging']),
        allow(objects(records, 'documents/'), ['s3:PutObject', 's3:DeleteObjectVersion']),
        listVersions(records, 'documents/'),
        allow(objects(records, 'drafts/'), ['s3:DeleteObjectVersion']),
        listVersions(records, 'drafts/'),
        allow(objects(records, 'answers/'), ['s3:GetObjectVersion']),
        allow(objects(records, 'problems/'), ['s3:PutObject']),
      ],
      timeout: Duration.minutes(5),
      memory: 1769,
      batchSize: 1,
      maxConcurrency: 10,
    }),
    reports: new QueueConsumer(stack, 'Report', {
      ...surroundings,
      name: 'report',
      queue: 'reports',
      errorImpact:
        'An audit is decided, but its report and certificate are not made: the letter with the outcome is waiting for them.',
      environment: { TABLE_NAME: tableName, RECORDS_BUCKET: recordsBucket, PARTNER_NAME: partner.name },
      grants: [
        allow(table, ['dynamodb:GetItem', 'dynamodb:PutItem']),
        allow(objects(records, 'answers/'), ['s3:GetObjectVersion']),
        allow(objects(records, 'reports/'), ['s3:PutObject']),
      ],
      timeout: Duration.minutes(1),
      memory: 1769,
      batchSize: 1,
      maxConcurrency: 5,
    }),
    mail: new QueueConsumer(stack, 'Mail', {
      ...surroundings,
      name: 'mail',
      queue: 'mail',
      errorImpact: 'A letter was not sent: an assessor or an employer does not know what was decided, or what is due.',
      environment: {
        TABLE_NAME: tableName,
        RECORDS_BUCKET: recordsBucket,
        MAIL_FROM: letters.sender,
        PARTNER_NAME: partner.name,
        PARTNER_EMAIL: partner.email,
        PARTNER_PHONE: partner.phone,
        PARTNER_SITE: partner.site,
        CONFIGURATION_SET: mail.configurationSetName,
        STAGE: stage.name,
        ...(sandboxRecipients.length > 0 && { SANDBOX_RECIPIENTS: sandboxRecipients.join(' ') }),
      },
      grants: [
        allow(table, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem']),
        allow(objects(records, 'problems/'), ['s3:GetObjectVersion']),
        allow(mail.identityArn, ['ses:SendRawEmail']),
        allow(mail.configurationSetArn, ['ses:SendRawEmail']),
        // In the sandbox, SES also requires a permission on the recipient's identity.
        ...sandboxRecipients.map((resourceName) =>
          allow(stack.formatArn({ service: 'ses', resource: 'identity', resourceName }), ['ses:SendRawEmail']),
        ),
      ],
      timeout: Duration.seconds(30),
      // It holds 172 MiB after 4,000 letters, and held 243 after 14,000 before the heap's young part was bounded.
      memory: 384,
      // While SES refuses letters, or another delivery has claimed one, the function sends their messages again.
      allowRecursion: true,
      // SES sends a limited number a second and throttles the rest, so letters wait in the queue.
      batchSize: 5,
      maxConcurrency: 2,
    }),
    waiting: new QueueConsumer(stack, 'Waiting', {
      ...surroundings,
      name: 'waiting',
      queue: 'waiting',
      errorImpact: 'The typical waiting time that assessors see does not include the latest decisions.',
      environment: { TABLE_NAME: tableName },
      grants: [allow(table, ['dynamodb:GetItem', 'dynamodb:PutItem'])],
      timeout: Duration.seconds(30),
      memory: 256,
      batchSize: 10,
      maxConcurrency: 2,
    }),
    risks: new QueueConsumer(stack, 'Risks', {
      ...surroundings,
      name: 'risks',
      queue: 'risks',
      errorImpact:
        'Administrators are not told what puts a certificate at risk: an employer may miss a due date without anyone noticing.',
      environment: { TABLE_NAME: tableName },
      grants: [allow(table, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'])],
      timeout: Duration.seconds(30),
      memory: 256,
      batchSize: 10,
      maxConcurrency: 2,
    }),
  };

  surroundings.alarms.onLettersWaiting(consumers.mail, {
    // As mail reports it of each message that waits.
    metricOf: (reason) =>
      new Metric({
        namespace: 'secor',
        metricName: 'LettersWaiting',
        dimensionsMap: { stage: stage.name, service: 'mail', reason },
        period: Duration.minutes(5),
        statistic: Stats.SUM,
      }),
    sender: letters.sender,
    configurationSet: mail.configurationSetName,
  });

  const queues = Object.entries(consumers).map(([name, { work }]) => ({ name, queue: work.queue }));
  const publishing = {
    TABLE_NAME: tableName,
    QUEUE_URLS: stack.toJsonString(Object.fromEntries(queues.map(({ name, queue }) => [name, queue.queueUrl]))),
  };
  const send = queues.map(({ queue }) => allow(queue, ['sqs:SendMessage']));

  new StreamConsumer(stack, 'Relay', {
    ...surroundings,
    name: 'relay',
    streamArn: streamOf(data),
    filter: { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['outbox'] } } } },
    errorImpact: 'What happened to an audit is recorded but has no effect: no reviewer, no report, no letter.',
    environment: publishing,
    grants: [...send, allow(table, ['dynamodb:DeleteItem'])],
    timeout: Duration.minutes(1),
    memory: 256,
  });

  const republish = new QueueConsumer(stack, 'Republish', {
    ...surroundings,
    name: 'republish',
    queue: 'outbox',
    errorImpact: LEFT_BEHIND,
    environment: { ...publishing, STAGE: stage.name },
    grants: [
      ...send,
      allow(listIndex(table), ['dynamodb:Query']),
      allow(table, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem']),
    ],
    timeout: Duration.minutes(1),
    memory: 256,
    batchSize: 1,
    maxConcurrency: 2,
  });
  /** As republish reports it every five minutes. */
  const reported = (metricName: string) =>
    new Metric({
      namespace: 'secor',
      metricName,
      dimensionsMap: { stage: stage.name, service: 'republish' },
      period: Duration.minutes(15),
      statistic: Stats.MAXIMUM,
    });
  surroundings.alarms.onOldOutbox(republish, {
    metric: reported('OldestOutboxItem'),
    errorImpact: LEFT_BEHIND,
    logGroup: republish.consumer.logGroup,
  });

  const sweep = new WorkQueue(stack, 'Sweep', { stage, name: 'sweep', consumerTimeout: SWEEP_TIMEOUT });
  const remind = new QueueConsumer(stack, 'Remind', {
    ...surroundings,
    name: 'remind',
    queue: sweep,
    errorImpact: NOT_SWEPT,
    environment: { TABLE_NAME: tableName },
    grants: [allow(table, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem'])],
    timeout: SWEEP_TIMEOUT,
    allowRecursion: true,
    memory: 512,
    batchSize: 1,
    maxConcurrency: 10,
  });
  surroundings.alarms.onMissedSweep(remind, {
    metric: reported('SinceSweep'),
    errorImpact: NOT_SWEPT,
    logGroup: remind.consumer.logGroup,
  });
  return { outbox: republish.work, sweep };
}

function streamOf({ table }: DataStack): string {
  if (table.tableStreamArn === undefined) {
    throw new Error('The table has no stream: see infra/table.ts.');
  }
  return table.tableStreamArn;
}
