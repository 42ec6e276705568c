import { Duration, type Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { bucketName } from './buckets.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import type { Stage } from './stage.ts';

/** How long intake may take for one package: its work does not grow with the package's size. */
export const INTAKE_TIMEOUT = Duration.minutes(1);

/** Intake's queue stands with the bucket that fills it: across stacks, the notification would be a cycle. */
export function createIntakeQueue(stack: Stack, stage: Stage): WorkQueue {
  const work = new WorkQueue(stack, 'Intake', { stage, name: 'intake', consumerTimeout: INTAKE_TIMEOUT });
  work.queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [work.queue.queueArn],
      conditions: {
        // By name, not by reference: the bucket waits for this policy.
        ArnEquals: {
          'aws:SourceArn': stack.formatArn({
            service: 's3',
            region: '',
            account: '',
            resource: bucketName(stage, 'packages'),
          }),
        },
        StringEquals: { 'aws:SourceAccount': stage.account },
      },
    }),
  );
  return work;
}
