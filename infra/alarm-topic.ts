import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Stage } from './stage.ts';

/** The topic that sends alarms by e-mail. It is in the data stack: recipients would have to confirm a new subscription. */
export function createAlarmTopic(stack: Stack, stage: Stage): ITopic {
  const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
  // CloudWatch can't publish to a topic under the key that AWS manages: its policy names no service.
  const key = new Key(stack, 'AlarmKey', {
    description: `SECOR ${stage.name}: alarm topic`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [cloudWatch],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
    }),
  );
  const topic = new Topic(stack, 'AlarmTopic', {
    topicName: `secor-${stage.name}-alarms`,
    displayName: `SECOR ${stage.name}`,
    masterKey: key,
    enforceSSL: true,
  });
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      principals: [cloudWatch],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': stage.account } },
    }),
  );
  topic.addSubscription(new EmailSubscription(stage.alarmEmail));
  return topic;
}
