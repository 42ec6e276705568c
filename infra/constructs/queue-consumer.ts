import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { watchQueue } from '../aws-only-grants.ts';
import { gatherSeconds, shareOf } from '../concurrency.ts';
import { allow } from '../grants.ts';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';
import { WorkQueue } from './work-queue.ts';

export type QueueConsumerProps = BundledFunctionProps & {
  /** The queue's name, `secor-<stage>-<queue>`, or a queue that stands elsewhere. */
  readonly queue: string | WorkQueue;
  /** What a failure means for people, as a sentence: the alarms say it. */
  readonly errorImpact: string;
  /** Messages handed to one invocation at most. */
  readonly batchSize: number;
  /** Invocations at the same time at most, where the account has enough: see concurrency.ts. */
  readonly maxConcurrency: number;
};

/**
 * A function that works off a queue (QUEUE_URL). A message that fails is retried until it becomes a dead letter. A message that
 * can't succeed is sent to the dead letters by the function at once, with its reason (DEAD_LETTER_QUEUE_URL). Alarms go off for
 * dead letters, and for a queue that stands still.
 */
export class QueueConsumer extends Construct {
  readonly work: WorkQueue;
  readonly consumer: BundledFunction;

  constructor(scope: Construct, id: string, props: QueueConsumerProps) {
    super(scope, id);
    const { stage, queue } = props;
    this.work =
      typeof queue === 'string'
        ? new WorkQueue(this, 'Work', { stage, name: queue, consumerTimeout: props.timeout })
        : queue;
    this.consumer = new BundledFunction(this, 'Consumer', {
      ...props,
      grants: [
        ...props.grants,
        allow(this.work.queue, ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility']),
        allow(this.work.deadLetters, ['sqs:SendMessage']),
        ...(props.allowRecursion === undefined ? [] : [allow(this.work.queue, ['sqs:SendMessage'])]),
      ],
      environment: {
        ...props.environment,
        QUEUE_URL: this.work.queue.queueUrl,
        DEAD_LETTER_QUEUE_URL: this.work.deadLetters.queueUrl,
        QUEUE_TIMEOUT_SECONDS: String(this.work.visibilityTimeout.toSeconds()),
      },
    });
    this.consumer.role.addToPolicy(watchQueue(this.work.queue));
    const gathers = props.batchSize > 1 ? gatherSeconds(stage) : undefined;
    new EventSourceMapping(this, 'Source', {
      target: this.consumer.function,
      eventSourceArn: this.work.queue.queueArn,
      batchSize: props.batchSize,
      maxConcurrency: shareOf(stage, props.maxConcurrency),
      ...(gathers === undefined ? {} : { maxBatchingWindow: Duration.seconds(gathers) }),
      reportBatchItemFailures: true,
    });
    const { errorImpact } = props;
    const { logGroup } = this.consumer;
    props.alarms.onDeadLetters(this, { name: this.work.name, queue: this.work.deadLetters, errorImpact, logGroup });
    props.alarms.onStandstill(this, { work: this.work, errorImpact, logGroup });
  }
}
