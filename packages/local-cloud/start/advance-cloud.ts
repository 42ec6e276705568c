import type { Activity } from '../activity.ts';
import type { BusinessClock } from '../clock.ts';
import { type AdvancedDay, createAdvance } from '../control/advance.ts';
import { isEnabled } from '../event-sources/event-source.ts';
import { openQueues } from '../event-sources/queues.ts';
import type { SesEngine } from '../ses/ses-engine.ts';
import type { SqsEngine } from '../sqs/sqs-engine.ts';
import type { Plan } from '../template/plan.ts';
import type { WallClocks } from '../time-zone.ts';

/** Makes the day by day advance of what a plan made; `denied` has a line for each call that was denied. */
export function createCloudAdvance(
  plan: Plan,
  around: {
    readonly clock: BusinessClock;
    readonly sqs: SqsEngine;
    readonly ses: SesEngine;
    readonly activity: Activity;
    readonly wallClocks: WallClocks | undefined;
  },
  denied: readonly string[],
): (to: string) => AsyncGenerator<AdvancedDay> {
  const { clock, sqs, ses, activity, wallClocks } = around;
  const read = new Set(plan.queueSources.filter(isEnabled).map(({ queueArn }) => queueArn));
  const names = (isRead: boolean) =>
    [...plan.queues].filter(([arn]) => read.has(arn) === isRead).map(([, { name }]) => name);
  const [worked, unread] = [names(true), names(false)];
  return createAdvance({
    clock,
    quiet: activity.quiet,
    open: activity.open,
    onlyHidden() {
      const hidden = new Set(openQueues(plan, sqs).flatMap(({ label, hidden }) => (hidden ? [label] : [])));
      return activity.open().every((label) => hidden.has(label));
    },
    nextVisibleAt: () =>
      worked.map(sqs.nextVisibleAt).reduce((first, at) => (at === undefined || (first ?? at) < at ? first : at)),
    subjects: ses.subjects,
    letterCount: ses.letterCount,
    // Nobody reads dead letters but people.
    deadLetters: () => new Map(unread.map((name) => [name, sqs.arrivals(name)])),
    denied,
    wallClocks,
  });
}
