import { Duration, type Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { bucketName } from './buckets.ts';
import { TRIES, WorkQueue, type WorkQueueProps } from './constructs/work-queue.ts';
import type { Stage } from './stage.ts';

/** How long intake may take for one package: its work does not grow with the package's size. */
export const INTAKE_TIMEOUT = Duration.minutes(1);

/** How long the import may take for one file; what it has not taken by then it takes at the next delivery. */
export const IMPORT_TIMEOUT = Duration.minutes(5);

/** The last try reads no file: it ends an import whose file broke off at all others. */
export const IMPORT_TRIES = TRIES + 1;

/** The queues that the packages bucket fills stand with it: across stacks, the notification would be a cycle. */
export function createUploadQueues(
  stack: Stack,
  stage: Stage,
): { readonly intake: WorkQueue; readonly imports: WorkQueue } {
  return {
    intake: createUploadQueue(stack, 'Intake', { stage, name: 'intake', consumerTimeout: INTAKE_TIMEOUT }),
    imports: createUploadQueue(stack, 'Import', {
      stage,
      name: 'import',
      consumerTimeout: IMPORT_TIMEOUT,
      tries: IMPORT_TRIES,
    }),
  };
}

function createUploadQueue(stack: Stack, id: string, props: WorkQueueProps): WorkQueue {
  const work = new WorkQueue(stack, id, props);
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
            resource: bucketName(props.stage, 'packages'),
          }),
        },
        StringEquals: { 'aws:SourceAccount': props.stage.account },
      },
    }),
  );
  return work;
}
