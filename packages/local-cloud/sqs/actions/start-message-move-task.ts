import { randomUUID } from 'node:crypto';
import { AwsError } from '../../engine.ts';
import { type Input, optionalWhole, requireText } from '../input.ts';
import type { StoredMessage } from '../message-store.ts';
import { isRunning, MAX_MOVED_PER_SECOND } from '../move-task.ts';
import type { Queue } from '../queue.ts';
import { nameInArn, type Queues } from '../queues.ts';
import { type Action, rightsOn } from './action.ts';

/** Moves what a dead-letter queue holds back to where it came from, or to another queue. */
export const startMessageMoveTask: Action = {
  authorizations(input, queues) {
    const sourceArn = requireText(input, 'SourceArn');
    const destinationArn = destinationOf(input);
    const targets =
      destinationArn === undefined
        ? queues.sourcesOf(sourceArn).map(({ name }) => queues.arnOf(name))
        : [destinationArn];
    return [
      ...rightsOn(sourceArn, 'StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'),
      ...targets.flatMap((target) => rightsOn(target, 'SendMessage')),
    ];
  },

  run(input, queues) {
    const { store, clock } = queues;
    const sourceArn = requireText(input, 'SourceArn');
    const source = queues.byArn(sourceArn);
    optionalWhole(input, 'MaxNumberOfMessagesPerSecond', 1, MAX_MOVED_PER_SECOND);
    const now = clock.now();
    if (store.tasks(sourceArn, 1).some((task) => isRunning(task, now))) {
      throw new AwsError(
        'InvalidParameterValue',
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    }
    if (queues.sourcesOf(sourceArn).length === 0) {
      throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
    }
    const destinationArn = destinationOf(input);
    const destination = destinationArn === undefined ? undefined : queues.byArn(destinationArn);
    const reached = new Set<Queue>();
    const handle = Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn })).toString('base64');
    store.atomically(() => {
      const messages = store.visible(source.number, now);
      let moved = 0;
      for (const message of messages) {
        const target = destination ?? sourceOf(message, queues);
        if (!target) continue;
        move(message, target, queues, now);
        reached.add(target);
        moved += 1;
      }
      store.putTask({
        handle,
        sourceArn,
        destinationArn: destinationArn ?? null,
        status: moved === messages.length ? 'COMPLETED' : 'FAILED',
        startedAt: now,
        moved,
        toMove: messages.length,
        failureReason: moved === messages.length ? null : 'CouldNotDetermineMessageSource',
      });
    });
    queues.announceChange(source);
    for (const queue of reached) queues.announceVisible(queue);
    return { TaskHandle: handle };
  },
};

function destinationOf({ DestinationArn }: Input): string | undefined {
  return typeof DestinationArn === 'string' ? DestinationArn : undefined;
}

/** The queue from which a dead letter came; undefined when it is told of none that there still is. */
function sourceOf({ sourceArn }: StoredMessage, queues: Queues): Queue | undefined {
  const name = sourceArn === null ? undefined : nameInArn(sourceArn);
  return name !== undefined && queues.names().includes(name) ? queues.named(name) : undefined;
}

function move({ seq, body, attributes, system, sender }: StoredMessage, target: Queue, queues: Queues, now: number) {
  const visibleAt = now + target.attributes.delaySeconds * 1000;
  queues.store.removeSeq(seq);
  queues.store.insert({ queue: target.number, body, attributes, system, sender, sentAt: now, visibleAt }, 1);
  target.arrivals += 1;
  queues.watchMessage(target, { sentAt: now, visibleAt });
}
