import type { ResourceKind } from '../resource-kind.ts';
import { policyOf } from './policy.ts';

/** The resource types of SQS. */
export const sqsKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::SQS::Queue': {
    properties: [
      'QueueName',
      'DelaySeconds',
      'MaximumMessageSize',
      'MessageRetentionPeriod',
      'ReceiveMessageWaitTimeSeconds',
      'RedrivePolicy',
      'RedriveAllowPolicy',
      'VisibilityTimeout',
    ],
    ignored: ['SqsManagedSseEnabled', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'Tags'],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('QueueName') ?? generatedName.slice(0, 80);
      const attributes = Object.fromEntries(
        this.properties
          .filter((each) => each !== 'QueueName' && properties.has(each))
          .map((each) => [each, properties.value[each] ?? null]),
      );
      const { url, arn } = targets.createQueue(name, attributes);
      plan.queues.set(arn, { name, url, visibilitySeconds: properties.optionalNumber('VisibilityTimeout') ?? 30 });
      return { reference: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
    },
  },

  'AWS::SQS::QueuePolicy': {
    properties: ['Queues', 'PolicyDocument'],
    make({ properties, plan, targets, generatedName }) {
      for (const url of properties.texts('Queues')) {
        const [arn] = [...plan.queues].find(([, queue]) => queue.url === url) ?? [];
        if (arn === undefined) throw new Error(`${properties.where}, Queues: there is no queue ${url}.`);
        targets.setResourcePolicy(arn, policyOf(properties, 'PolicyDocument'));
      }
      return { reference: generatedName };
    },
  },
};
