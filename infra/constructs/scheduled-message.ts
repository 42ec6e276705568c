import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

export type ScheduledMessageProps = {
  readonly stage: Stage;
  /** The schedule's physical name is `secor-<stage>-<name>`. */
  readonly name: string;
  /** As EventBridge Scheduler takes it: `rate(5 minutes)`, `cron(0 6 * * ? *)`. */
  readonly every: string;
  /** The IANA name of the time zone in which a cron expression is meant; UTC when left out. */
  readonly timeZone?: string;
  readonly queue: IQueue;
};

/** Sends a message with the time that was meant, `{"scheduledTime": "<instant>"}`, to a queue. */
export class ScheduledMessage extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledMessageProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.queue.queueArn] }));
    new CfnSchedule(this, 'Schedule', {
      name: `secor-${props.stage.name}-${props.name}`,
      scheduleExpression: props.every,
      ...(props.timeZone === undefined ? {} : { scheduleExpressionTimezone: props.timeZone }),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: props.queue.queueArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ scheduledTime: '<aws.scheduler.scheduled-time>' }),
      },
    }).node.addDependency(role);
  }
}
