import { Duration, type Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { bucketName } from './buckets.ts';
import { TRIES, WorkQueue, type WorkQueueProps } from './constructs/work-queue.ts';
import type { Stage } from './stage.ts';

/** The time limit of intake for one package; its work does not grow with the package's size. */
export const INTAKE_TIMEOUT = Duration.minutes(1);

/** The time limit of the import for one file; the next delivery imports the lines that are left. */
export const IMPORT_TIMEOUT = Duration.minutes(5);

/** The last try reads no file: it ends an import whose file broke off at all others. */
export const IMPORT_TRIES = TRIES + 1;

/**
 * The queues that the packages bucket fills are in the same stack: across stacks, the notification would be a circular reference.
 */
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
