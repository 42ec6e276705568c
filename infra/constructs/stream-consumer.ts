import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { findStream } from '../aws-only-grants.ts';
import { allow } from '../grants.ts';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';
import { createDeadLetterQueue } from './work-queue.ts';

export type StreamConsumerProps = BundledFunctionProps & {
  readonly streamArn: string;
  /** Which records the function sees, as the mapping's filter pattern. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** What a failure means for people, as a sentence: the alarms say it. */
  readonly errorImpact: string;
};

/**
 * A function that reads a table's stream from its oldest record, and retries a failing record without limit, so that nothing is
 * skipped. If the function can't read a record, it sends the whole record to `deadLetters` (DEAD_LETTER_QUEUE_URL) itself.
 * Lambda's own failure destination would keep only the record's position in the stream, which is gone after a day.
 */
export class StreamConsumer extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: StreamConsumerProps) {
    super(scope, id);
    const { name, errorImpact } = props;
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters', props.stage, name);
    const consumer = new BundledFunction(this, 'Consumer', {
      ...props,
      grants: [
        ...props.grants,
        allow(this.deadLetters, ['sqs:SendMessage']),
        allow(props.streamArn, ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords']),
      ],
      environment: { ...props.environment, DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl },
    });
    consumer.role.addToPolicy(findStream());
    new EventSourceMapping(this, 'Source', {
      target: consumer.function,
      eventSourceArn: props.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: [FilterCriteria.filter(props.filter)],
      batchSize: 100,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
    });
    const { logGroup } = consumer;
    props.alarms.onDeadLetters(this, { name, queue: this.deadLetters, errorImpact, logGroup });
    props.alarms.onFallingBehind(this, { name, function: consumer.function, errorImpact, logGroup });
  }
}
