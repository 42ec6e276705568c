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
 * SES's reports about letters: SES publishes them to a topic, which sends them to a queue. They arrive in SNS's envelope, because
 * SES's first message is a plain sentence, and messages of a queue must be JSON. Topic and queue are in the data stack: SES sends
 * each report only once.
 *
 * @returns the queue
 */
export function createMailFeedback(stack: Stack, stage: Stage, mail: MailIdentity): WorkQueue {
  const ses = new ServicePrincipal('ses.amazonaws.com');
  // SES can't publish to a topic under the key that AWS manages: its policy names no service. The statement has the form that SES
  // documents, without aws:SourceAccount: if SES did not send that key, all reports would be lost without an error. The topic's
  // policy restricts whose letters SES may report about.
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
  // This also makes the policy that lets only this configuration set of this account publish, and is created after it.
  new ConfigurationSetEventDestination(stack, 'MailFeedbackDestination', {
    configurationSet: mail.configurationSet,
    destination: EventDestination.snsTopic(topic),
    events: [
      // This event settles a letter if the answer of SES could not be recorded.
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

/** The function that records SES's reports about letters. */
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
