import { ascending, dayMs, openZone, type WallClocks } from '../time-zone.ts';

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
const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

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
  const texts = body.trim().split(/\s+/);
  if (texts.length !== 6)
    return refuse(`has ${texts.length} fields; cron needs 6: minutes hours day-of-month month day-of-week year`);
  const field = (
    index: number,
    least: number,
    most: number,
    names: readonly string[] = [],
    firstName = 0,
  ): ReadonlySet<number> =>
    parseField(texts[index] ?? '', least, most, names, firstName) ??
    refuse(`has a field that can't be read: "${texts[index]}"`);
  const minutes = field(0, 0, 59);
  const hours = field(1, 0, 23);
  const daysOfMonth = field(2, 1, 31);
  const months = field(3, 1, 12, monthNames, 1);
  const daysOfWeek = field(4, 1, 7, dayNames, 1);
  const years = field(5, 1970, 2199);
  if ((texts[2] === '?') === (texts[4] === '?')) return refuse('needs a "?" in either day-of-month or day-of-week');
  const zone = openZone(timeZone, where, wallClocks);
  const times = [...hours]
    .sort(ascending)
    .flatMap((hour) => [...minutes].sort(ascending).map((minute) => (hour * 60 + minute) * 60_000));

  return {
    kind: 'cron',
    next(after) {
      const lastYear = Math.max(...years);
      let day = Math.floor(zone.toLocal(after) / dayMs) * dayMs;
      for (let date = new Date(day); date.getUTCFullYear() <= lastYear; day += dayMs, date = new Date(day)) {
        if (!years.has(date.getUTCFullYear()) || !months.has(date.getUTCMonth() + 1)) continue;
        if (!daysOfMonth.has(date.getUTCDate()) || !daysOfWeek.has(date.getUTCDay() + 1)) continue;
        for (const time of times) {
          const instant = zone.toInstant(day + time);
          if (instant !== undefined && instant > after) return instant;
        }
      }
      return undefined;
    },
  };
}

function parseField(
  text: string,
  least: number,
  most: number,
  names: readonly string[],
  firstName: number,
): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  const read = (part: string): number | undefined => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + firstName : /^\d+$/.test(part) ? Number(part) : undefined;
    return value !== undefined && value >= least && value <= most ? value : undefined;
  };
  for (const item of text.split(',')) {
    const [range = '', stepText] = item.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!Number.isInteger(step) || step < 1) return undefined;
    let from: number | undefined;
    let to: number | undefined;
    if (range === '*' || range === '?') {
      [from, to] = [least, most];
    } else {
      const [first = '', last] = range.split('-');
      from = read(first);
      to = last === undefined ? (stepText === undefined ? from : most) : read(last);
    }
    if (from === undefined || to === undefined || from > to) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}
