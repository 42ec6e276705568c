import type { Stack } from 'aws-cdk-lib';
import { ScheduledMessage } from './constructs/scheduled-message.ts';
import type { WorkQueue } from './constructs/work-queue.ts';
import type { Stage } from './stage.ts';

/** The schedules. */
export function createSchedules(
  stack: Stack,
  stage: Stage,
  queues: { readonly outbox: WorkQueue; readonly sweep: WorkQueue },
): void {
  new ScheduledMessage(stack, 'EveryFiveMinutes', {
    stage,
    name: 'outbox',
    every: 'rate(5 minutes)',
    queue: queues.outbox.queue,
  });
  new ScheduledMessage(stack, 'EveryMorning', {
    stage,
    name: 'sweep',
    every: 'cron(0 6 * * ? *)',
    timeZone: 'America/Edmonton',
    queue: queues.sweep.queue,
  });
}
