import type { BusinessClock } from '../clock.ts';
import type { WallClocks } from '../time-zone.ts';
import { parseSchedule } from './schedule-expression.ts';

/** A schedule that runs. */
export type RunningSchedule = {
  /** Whether a moment has passed that did not fire yet. */
  isDue(): boolean;
  stop(): void;
};

/** Where it is kept up to which moment (epoch milliseconds) a schedule has fired. */
export type FiredMoment = {
  /** Undefined for a schedule that never ran. */
  last(): number | undefined;
  keep(moment: number): void;
};

/**
 * Fires a schedule on the business clock, from the moment on up to which it has fired. When several moments of a cron
 * expression have passed since, by an advance of the clock or while nothing ran, each of them fires, in order; of a
 * rate only the last one, for a rate says "about every" and has no moments of its own.
 *
 * @param send what happens at a moment (epoch milliseconds); the next moment waits until it is done
 * @throws Error naming the expression when it can't be read
 */
export function runSchedule(
  schedule: {
    readonly expression: string;
    readonly timeZone: string;
    readonly where: string;
    readonly wallClocks?: WallClocks | undefined;
  },
  clock: Pick<BusinessClock, 'now' | 'at'>,
  fired: FiredMoment,
  send: (moment: number) => Promise<void>,
): RunningSchedule {
  const { kind, next } = parseSchedule(schedule.expression, schedule.timeZone, schedule.where, schedule.wallClocks);
  const known = fired.last();
  const origin = known ?? clock.now();
  if (known === undefined) fired.keep(origin);
  let cancel = (): void => {};
  let stopped = false;
  let upcoming: number | undefined;

  const arm = (after: number): void => {
    const moment = next(after, origin);
    upcoming = moment;
    if (moment === undefined || stopped) return;
    cancel = clock.at(moment, () => {
      const reached = kind === 'rate' ? lastBefore(moment, clock.now()) : moment;
      void send(reached).then(() => {
        // What was stopped on its way fires again at the next start.
        if (stopped) return;
        fired.keep(reached);
        arm(reached);
      });
    });
  };

  const lastBefore = (first: number, now: number): number => {
    const period = (next(first, origin) ?? first) - first;
    return first + Math.floor(Math.max(0, now - first) / Math.max(1, period)) * period;
  };

  arm(origin);
  return {
    isDue: () => !stopped && upcoming !== undefined && upcoming <= clock.now(),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
