import { addDays, dateInWords } from '../calendar.ts';
import { type Sentence, sayFrom } from '../sentence.ts';

/** The dates that decide an audit's place in the queue. */
export type QueueDates = {
  /** The business date on which the revision arrived that brought it into the queue. */
  readonly arrivedOn: string;
  /** The day by which the audit must be decided, where there is one: the expiry of the employer's certificate. */
  readonly dueOn?: string;
};

/** [A] An audit counts as waiting from this many days before its due date, however late it arrived. */
const leadDays = 30;

function urgentOn({ arrivedOn, dueOn }: QueueDates): string | undefined {
  const day = dueOn === undefined ? undefined : addDays(dueOn, -leadDays);
  return day !== undefined && day < arrivedOn ? day : undefined;
}

/** The place of an audit in the one order of the queue: the earlier of arrival and due date − 30 days, then audit number. */
export function queuePositionOf(auditNumber: string, dates: QueueDates): string {
  return `${urgentOn(dates) ?? dates.arrivedOn}#${auditNumber}`;
}

/** Why an audit has its place in the queue. */
export const queueReasons = {
  'certificate-expires': ({ dueOn, days }: { dueOn: string; days: number }) =>
    `the certificate expires on ${dateInWords(dueOn)}, so it counts as waiting from ${days} days before`,
  arrived: ({ arrivedOn }: { arrivedOn: string }) => `arrived on ${dateInWords(arrivedOn)}`,
};

const say = sayFrom(queueReasons);

/** Why an audit has this place, for people: 'arrived on 23 November 2026'. */
export function queueReason(dates: QueueDates): Sentence<keyof typeof queueReasons> {
  const { arrivedOn, dueOn } = dates;
  return dueOn !== undefined && urgentOn(dates) !== undefined
    ? say('certificate-expires', { dueOn, days: leadDays })
    : say('arrived', { arrivedOn });
}
