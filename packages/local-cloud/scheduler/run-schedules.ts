import type { Activity } from '../activity.ts';
import { createBackoff } from '../backoff.ts';
import type { BusinessClock } from '../clock.ts';
import { AwsError } from '../engine.ts';
import { callAs } from '../gateway/call-as.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { messageOf } from '../message-of.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan, PlannedSchedule } from '../template/plan.ts';
import type { WallClocks } from '../time-zone.ts';
import { type FiredMoment, type RunningSchedule, runSchedule } from './schedule-runner.ts';

type Surroundings = {
  readonly accountId: string;
  readonly clock: BusinessClock;
  readonly gateway: Gateway;
  readonly activity: Activity;
  readonly state: StateDirectory;
  readonly wallClocks: WallClocks | undefined;
  readonly warn: (line: string) => void;
};

/** Sends a message until it has arrived, or all tries are spent. */
type Sender = { send(body: string): Promise<void>; stop(): void };

/**
 * Runs the schedules of the templates that are switched on. Answers how to stop them.
 *
 * @throws Error naming the schedule whose role the scheduler may not assume, or whose queue is missing
 */
export function runSchedules(plan: Plan, around: Surroundings): () => void {
  const running = plan.schedules
    .filter(({ enabled }) => enabled)
    .map((schedule) => ({ name: schedule.name, ...run(schedule, plan, around) }));
  const remove = around.activity.addSource(() =>
    running.filter((schedule) => schedule.isDue()).map(({ name }) => `schedule ${name}`),
  );
  return () => {
    remove();
    for (const schedule of running) schedule.stop();
  };
}

function run(schedule: PlannedSchedule, plan: Plan, around: Surroundings): RunningSchedule {
  const { name, arn, input } = schedule;
  const { clock, activity, state, wallClocks, warn } = around;
  const sender = createSender(schedule, plan, around);
  const running = runSchedule({ ...schedule, wallClocks }, clock, firedMoment(schedule, state), async (moment) => {
    const end = activity.begin(`schedule ${name}`);
    const time = new Date(moment).toISOString().replace('.000Z', 'Z');
    const body = input
      .replaceAll('<aws.scheduler.scheduled-time>', time)
      .replaceAll('<aws.scheduler.schedule-arn>', arn);
    try {
      await sender.send(body);
    } catch (error) {
      warn(`The schedule ${name} could not send to its dead-letter queue: ${messageOf(error)}`);
    } finally {
      end();
    }
  });
  return {
    isDue: running.isDue,
    stop() {
      sender.stop();
      running.stop();
    },
  };
}

function createSender(schedule: PlannedSchedule, plan: Plan, { accountId, gateway, warn }: Surroundings): Sender {
  const { name, arn, roleArn, queueArn, deadLetterArn, retries, where } = schedule;
  const groupArn = arn.replace(':schedule/', ':schedule-group/').replace(/\/[^/]+$/, '');
  const context = { 'aws:SourceArn': groupArn, 'aws:SourceAccount': accountId };
  if (!gateway.assumableBy(roleArn, 'scheduler.amazonaws.com', context)) {
    throw new Error(
      `${where}: EventBridge Scheduler may not assume ${roleArn}. The role's trust must name scheduler.amazonaws.com.`,
    );
  }
  const queueOf = (wanted: string): { readonly name: string; readonly url: string } => {
    const queue = plan.queues.get(wanted);
    if (queue === undefined) throw new Error(`${where}: there is no queue ${wanted}.`);
    return queue;
  };
  const queue = queueOf(queueArn);
  const deadLetters = deadLetterArn === undefined ? undefined : queueOf(deadLetterArn);
  const call = callAs(gateway, { kind: 'role', roleArn, name });
  const backoff = createBackoff();
  let stopped = false;
  return {
    async send(body) {
      backoff.reset();
      for (let left = retries; !stopped; left -= 1) {
        try {
          await call('sqs', 'SendMessage', { QueueUrl: queue.url, MessageBody: body });
          return;
        } catch (error) {
          // What is not allowed won't be at the next try.
          const isLast = left === 0 || (error instanceof AwsError && error.code.startsWith('AccessDenied'));
          const then = isLast ? 'gives up' : 'tries again';
          warn(`The schedule ${name} could not send to ${queue.name}, and ${then}: ${messageOf(error)}`);
          if (isLast) break;
          await backoff.wait();
        }
      }
      if (stopped || deadLetters === undefined) return;
      await call('sqs', 'SendMessage', { QueueUrl: deadLetters.url, MessageBody: body });
    },
    stop() {
      stopped = true;
      backoff.stop();
    },
  };
}

/** Remembers how far a schedule came, as long as its expression stays. */
function firedMoment({ arn, expression, timeZone }: PlannedSchedule, state: StateDirectory): FiredMoment {
  return {
    last() {
      const sent = state.kept().sent[arn];
      return sent?.expression === expression && sent.timeZone === timeZone ? sent.moment : undefined;
    },
    keep: (moment) => state.keep({ sent: { ...state.kept().sent, [arn]: { expression, timeZone, moment } } }),
  };
}
