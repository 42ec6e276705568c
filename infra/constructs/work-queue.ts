import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

/** A message is tried this often before it becomes a dead letter. */
export const TRIES = 5;

export type WorkQueueProps = {
  readonly stage: Stage;
  /** The queue's physical name is `secor-<stage>-<name>`. */
  readonly name: string;
  /** The longest that the consumer may take for one batch. */
  readonly consumerTimeout: Duration;
  /** How often a message is tried: TRIES when left out. */
  readonly tries?: number;
};

/** A queue of work with its dead-letter queue, both encrypted by SQS and open to TLS only. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  /** The queue's name without `secor-<stage>-`. */
  readonly name: string;
  /** How long a message stays hidden while it is tried. */
  readonly visibilityTimeout: Duration;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.name = props.name;
    // Six times the timeout, as AWS recommends for Lambda: throttled polls must not use up a message's tries.
    this.visibilityTimeout = Duration.seconds(6 * props.consumerTimeout.toSeconds());
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters', props.stage, props.name);
    this.queue = new Queue(this, 'Queue', {
      queueName: `secor-${props.stage.name}-${props.name}`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: this.visibilityTimeout,
      // A dead letter keeps its age: one that waited ten days here has four days left there.
      retentionPeriod: Duration.days(10),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.tries ?? TRIES },
    });
  }
}

/** A queue named `secor-<stage>-<name>-dead-letters`, which keeps for 14 days what nobody could handle. */
export function createDeadLetterQueue(scope: Construct, id: string, stage: Stage, name: string): Queue {
  return new Queue(scope, id, {
    queueName: `secor-${stage.name}-${name}-dead-letters`,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}
