import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ConfigurationSetEventDestination, EmailSendingEvent, EventDestination } from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Surroundings } from './constructs/bundled-function.ts';
import { QueueConsumer } from './constructs/queue-consumer.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import { allow } from './grants.ts';
import type { MailIdentity } from './mail-identity.ts';
import type { Stage } from './stage.ts';

/** How long mail-feedback may take for one batch. */
const FEEDBACK_TIMEOUT = Duration.seconds(30);

/**
 * What becomes of letters: SES tells a topic, which brings it to a queue. In SNS's envelope: what SES publishes when it is
 * told of the topic is a sentence, and a queue's message is always JSON. All of it lasts: SES tells each thing once.
 *
 * @returns the queue
 */
export function createMailFeedback(stack: Stack, stage: Stage, mail: MailIdentity): WorkQueue {
  const ses = new ServicePrincipal('ses.amazonaws.com');
  // SES can't publish to a topic under the key that AWS manages: its policy names no service. In the form that SES documents,
  // without aws:SourceAccount: where SES sent no such key, all feedback would be lost in silence. Whose letters it may tell of is
  // said by the topic's policy.
  const key = new Key(stack, 'MailFeedbackKey', {
    description: `SECOR ${stage.name}: topic of delivery feedback`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [ses],
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: ['*'],
    }),
  );
  const topic = new Topic(stack, 'MailFeedbackTopic', {
    topicName: `secor-${stage.name}-mail-feedback`,
    masterKey: key,
    enforceSSL: true,
  });
  const work = new WorkQueue(stack, 'MailFeedback', { stage, name: 'feedback', consumerTimeout: FEEDBACK_TIMEOUT });
  topic.addSubscription(new SqsSubscription(work.queue));
  // It lets this configuration set of this account publish, and waits until it may.
  new ConfigurationSetEventDestination(stack, 'MailFeedbackDestination', {
    configurationSet: mail.configurationSet,
    destination: EventDestination.snsTopic(topic),
    events: [
      // Settles a letter of which it was not recorded that SES has it.
      EmailSendingEvent.SEND,
      EmailSendingEvent.REJECT,
      EmailSendingEvent.RENDERING_FAILURE,
      EmailSendingEvent.DELIVERY,
      EmailSendingEvent.BOUNCE,
      EmailSendingEvent.COMPLAINT,
    ],
  });
  return work;
}

/** Records what becomes of letters. */
export function createMailFeedbackConsumer(
  stack: Stack,
  surroundings: Surroundings,
  data: { readonly feedback: WorkQueue; readonly table: Table },
): void {
  new QueueConsumer(stack, 'MailFeedback', {
    ...surroundings,
    name: 'mail-feedback',
    queue: data.feedback,
    errorImpact: 'A letter bounced or got a complaint, and nobody knows: the assessor or employer is waiting for it.',
    environment: { TABLE_NAME: data.table.tableName },
    grants: [allow(data.table, ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:PutItem'])],
    timeout: FEEDBACK_TIMEOUT,
    memory: 256,
    batchSize: 10,
    maxConcurrency: 2,
  });
}
