import type { ResourceKind } from '../resource-kind.ts';

/** As EventBridge Scheduler's own default. */
const maxScheduleRetries = 185;

/** The resource types of Scheduler. */
export const schedulerKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::Scheduler::Schedule': {
    properties: ['Name', 'GroupName', 'ScheduleExpression', 'ScheduleExpressionTimezone', 'State', 'Target'],
    ignored: ['Description', 'FlexibleTimeWindow', 'KmsKeyArn'],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('Name') ?? generatedName.slice(0, 64);
      const target = properties
        .object('Target')
        .only('Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig', 'SqsParameters');
      const queueArn = target.text('Arn');
      if (!queueArn.startsWith('arn:aws:sqs:'))
        throw new Error(
          `${target.where}: the local cloud supports schedules that send to a queue only, not ${queueArn}.`,
        );
      const arn = `arn:aws:scheduler:${targets.region}:${targets.accountId}:schedule/${properties.optionalText('GroupName') ?? 'default'}/${name}`;
      const retries = target
        .optionalObject('RetryPolicy')
        ?.only('MaximumRetryAttempts', 'MaximumEventAgeInSeconds')
        .optionalNumber('MaximumRetryAttempts');
      const deadLetterArn = target.optionalObject('DeadLetterConfig')?.only('Arn').text('Arn');
      plan.schedules.push({
        name,
        arn,
        expression: properties.text('ScheduleExpression'),
        timeZone: properties.optionalText('ScheduleExpressionTimezone') ?? 'UTC',
        enabled: properties.optionalText('State') !== 'DISABLED',
        queueArn,
        roleArn: target.text('RoleArn'),
        input: target.optionalText('Input') ?? '',
        retries: retries ?? maxScheduleRetries,
        ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
        where: properties.where,
      });
      return { reference: name, attributes: { Arn: arn } };
    },
  },
};
