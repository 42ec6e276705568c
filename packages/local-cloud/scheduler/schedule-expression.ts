import { Cron } from 'croner';
import { openZone, type WallClocks } from '../time-zone.ts';

/** When a schedule fires. */
export type ScheduleExpression = {
  /** `rate` counts from the schedule's start; `cron` names moments of the calendar. */
  readonly kind: 'rate' | 'cron';
  /**
   * The first moment after an instant.
   *
   * @param after epoch milliseconds
   * @param origin epoch milliseconds from which a rate counts
   * @returns epoch milliseconds; undefined when it never fires again
   */
  next(after: number, origin: number): number | undefined;
};

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** What is supported in a field of cron, one item of its list: `*`, `?`, a number or name, or a range of them, with or without a step. */
const itemForm = /^([*?]|(\d+|[a-z]{3})(-(\d+|[a-z]{3}))?)(\/\d+)?$/i;

/**
 * Reads an expression of EventBridge Scheduler: `rate(5 minutes)`, or `cron(minutes hours day-of-month month day-of-week year)`
 * with `*`, `?`, lists, ranges, steps and names. A time that the clocks skip in spring does not fire; one that
 * they repeat in autumn fires once.
 *
 * @param expression the text of `ScheduleExpression`
 * @param timeZone IANA name in which cron's fields are meant
 * @param where the place, for errors
 * @throws Error naming the expression and what is wrong with it
 */
export function parseSchedule(
  expression: string,
  timeZone: string,
  where: string,
  wallClocks: WallClocks = {},
): ScheduleExpression {
  const refuse = (reason: string): never => {
    throw new Error(`${where}: the schedule "${expression}" ${reason}.`);
  };

  const [, amount, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (amount !== undefined && unit !== undefined) {
    const period = Number(amount) * (units[unit] ?? 0);
    if (period <= 0) return refuse('needs a rate of one or more');
    return {
      kind: 'rate',
      next: (after, origin) => origin + (Math.floor(Math.max(0, after - origin) / period) + 1) * period,
    };
  }

  const [, body] = /^cron\((.+)\)$/.exec(expression) ?? [];
  if (body === undefined) return refuse('is neither rate(…) nor cron(…)');
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6)
    return refuse(`has ${fields.length} fields; cron needs 6: minutes hours day-of-month month day-of-week year`);
  const unreadable = fields.find((field, index) => !isReadable(field, index));
  if (unreadable !== undefined) return refuse(`has a field that can't be read: "${unreadable}"`);
  if ((fields[2] === '?') === (fields[4] === '?')) return refuse('needs a "?" in either day-of-month or day-of-week');
  const zone = openZone(timeZone, where, wallClocks);
  const cron = readCron(fields);

  return {
    kind: 'cron',
    next(after) {
      // croner goes by the wall clock alone: it would fire a skipped time later, and has the zones of the machine only.
      let local = cron.nextRun(new Date(zone.toLocal(after)));
      for (; local !== null; local = cron.nextRun(local)) {
        const instant = zone.toInstant(local.getTime());
        if (instant !== undefined && instant > after) return instant;
      }
      return undefined;
    },
  };
}

function readCron(fields: readonly string[]): Cron {
  // EventBridge has no seconds, counts the days of the week from 1 for Sunday, and starts a step at a number.
  const options = { mode: '7-part', timezone: 'UTC', alternativeWeekdays: true, sloppyRanges: true } as const;
  return new Cron(`0 ${fields.join(' ')}`, options);
}

function isReadable(field: string, index: number): boolean {
  if (!field.split(',').every((item) => itemForm.test(item))) return false;
  try {
    readCron(['*', '*', '*', '*', '*', '*'].with(index, field));
    return true;
  } catch {
    return false;
  }
}
