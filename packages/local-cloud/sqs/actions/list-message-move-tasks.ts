import { optionalWhole, requireText } from '../input.ts';
import { isRunning } from '../move-task.ts';
import { type Action, rightsOn } from './action.ts';

const MAX_RESULTS = 10;

/** Lists the latest redrives of a dead-letter queue. */
export const listMessageMoveTasks: Action = {
  authorizations: (input) => rightsOn(requireText(input, 'SourceArn'), 'ListMessageMoveTasks'),

  run(input, queues) {
    const sourceArn = requireText(input, 'SourceArn');
    queues.byArn(sourceArn);
    const now = queues.clock.now();
    const tasks = queues.store.tasks(sourceArn, optionalWhole(input, 'MaxResults', 1, MAX_RESULTS) ?? 1);
    return {
      Results: tasks.map((task) => ({
        ...(isRunning(task, now) ? { TaskHandle: task.handle, Status: 'RUNNING' } : { Status: task.status }),
        SourceArn: task.sourceArn,
        ...(task.destinationArn === null ? {} : { DestinationArn: task.destinationArn }),
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.toMove,
        StartedTimestamp: task.startedAt,
        ...(task.failureReason === null ? {} : { FailureReason: task.failureReason }),
      })),
    };
  },
};
