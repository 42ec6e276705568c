import type { Activity } from '../activity.ts';
import { createBackoff } from '../backoff.ts';
import { AwsError } from '../engine.ts';
import { callAs } from '../gateway/call-as.ts';
import { messageOf } from '../message-of.ts';
import type { Engines } from '../start/engines.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan } from '../template/plan.ts';
import type { WallClocks } from '../time-zone.ts';
import { type FiredMoment, runSchedule } from './schedule-runner.ts';

export function runSchedules(
  plan: Plan,
  { clock, gateway }: Engines,
  around: {
    readonly accountId: string;
    readonly activity: Activity;
    readonly state: StateDirectory;
    readonly wallClocks: WallClocks | undefined;
    readonly warn: (line: string) => void;
  },
): () => void {
  const { accountId, activity, state, warn, wallClocks } = around;
  const running = plan.schedules
    .filter(({ enabled }) => enabled)
    .map((schedule) => {
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
      const { expression, timeZone } = schedule;
      const fired: FiredMoment = {
        last() {
          const sent = state.kept().sent[arn];
          return sent?.expression === expression && sent.timeZone === timeZone ? sent.moment : undefined;
        },
        keep: (moment) => state.keep({ sent: { ...state.kept().sent, [arn]: { expression, timeZone, moment } } }),
      };
      const backoff = createBackoff();
      let stopped = false;
      const send = async (body: string): Promise<void> => {
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
      };
      const running = runSchedule({ ...schedule, wallClocks }, clock, fired, async (moment) => {
        const end = activity.begin(`schedule ${name}`);
        const time = new Date(moment).toISOString().replace('.000Z', 'Z');
        const body = schedule.input
          .replaceAll('<aws.scheduler.scheduled-time>', time)
          .replaceAll('<aws.scheduler.schedule-arn>', arn);
        try {
          await send(body);
        } catch (error) {
          warn(`The schedule ${name} could not send to its dead-letter queue: ${messageOf(error)}`);
        } finally {
          end();
        }
      });
      const stop = (): void => {
        stopped = true;
        running.stop();
        backoff.stop();
      };
      return { name, isDue: running.isDue, stop };
    });
  const remove = activity.addSource(() =>
    running.filter((schedule) => schedule.isDue()).map(({ name }) => `schedule ${name}`),
  );
  return () => {
    remove();
    for (const schedule of running) schedule.stop();
  };
}
