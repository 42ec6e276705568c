import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';
import { policyOf } from './policy.ts';

/** The resource types of SNS. */
export const snsKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::SNS::Topic': {
    properties: ['TopicName'],
    ignored: ['DisplayName', 'KmsMasterKeyId', 'Tags'],
    make({ properties, generatedName, targets }) {
      const name = properties.optionalText('TopicName') ?? generatedName;
      const arn = `arn:aws:sns:${targets.region}:${targets.accountId}:${name}`;
      targets.createTopic(arn);
      return { reference: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  },

  'AWS::SNS::TopicPolicy': {
    properties: ['Topics', 'PolicyDocument'],
    make({ properties, targets, generatedName }) {
      for (const arn of properties.texts('Topics')) {
        targets.setResourcePolicy(arn, policyOf(properties, 'PolicyDocument'));
      }
      return { reference: generatedName };
    },
  },

  'AWS::SNS::Subscription': {
    properties: ['TopicArn', 'Protocol', 'Endpoint', 'RawMessageDelivery'],
    make({ properties, generatedName, plan, targets }) {
      const protocol = properties.text('Protocol');
      const topicArn = properties.text('TopicArn');
      const made = { reference: `${topicArn}:${stableId(generatedName, 36)}` };
      // It tells people of alarms, which do not ring on one machine.
      if (protocol === 'email') return made;
      if (protocol !== 'sqs') {
        throw new Error(
          `${properties.where}: the local cloud supports subscriptions of queues (sqs) and, without effect, by email only, not "${protocol}".`,
        );
      }
      const queueArn = properties.text('Endpoint');
      if (!plan.queues.has(queueArn))
        throw new Error(`${properties.where}, Endpoint: ${queueArn} is no queue of the templates.`);
      targets.subscribe({ topicArn, queueArn, raw: properties.optionalFlag('RawMessageDelivery') ?? false });
      return made;
    },
  },
};
