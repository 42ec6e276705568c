import { type Audit, currentRevision } from './audit.ts';
import { addDays, businessDate, dateInWords } from './calendar.ts';
import type { Cycle } from './cycle.ts';

/** What an audit's place in the queue follows from. */
export type QueueDates = {
  /** The business date on which the revision arrived that brought it into the queue. */
  readonly arrivedOn: string;
  /** The day by which the audit must be decided, where there is one: the expiry of the employer's certificate. */
  readonly dueOn?: string;
};

/** [A] So many days before its due date an audit counts as waiting, however late it arrived. */
const leadDays = 30;

function urgentOn({ arrivedOn, dueOn }: QueueDates): string | undefined {
  const day = dueOn === undefined ? undefined : addDays(dueOn, -leadDays);
  return day !== undefined && day < arrivedOn ? day : undefined;
}

/**
 * When an audit arrived, and by when it is due: a certification audit by the expiry of the certificate that it renews,
 * which is never one that it gave itself.
 */
export function queueDatesOf(audit: Audit, { certificates }: Pick<Cycle, 'certificates'>): QueueDates {
  const arrivedOn = businessDate(currentRevision(audit)?.arrivedAt ?? audit.registeredAt);
  const others = certificates.filter(
    ({ auditNumber, revokedAt }) => auditNumber !== audit.auditNumber && revokedAt === undefined,
  );
  const renewed = others.toSorted((a, b) => (a.endedOn < b.endedOn ? -1 : 1)).at(-1);
  return audit.kind !== 'certification' || renewed === undefined
    ? { arrivedOn }
    : { arrivedOn, dueOn: renewed.expiresOn };
}

/** Where an audit stands in the one order of the queue: the earlier of arrival and due date − 30 days, then audit number. */
export function queuePositionOf(auditNumber: string, dates: QueueDates): string {
  return `${urgentOn(dates) ?? dates.arrivedOn}#${auditNumber}`;
}

/** Why an audit stands where it does, for people: 'arrived on 23 November 2026'. */
export function queueReason(dates: QueueDates): string {
  const { arrivedOn, dueOn } = dates;
  return dueOn !== undefined && urgentOn(dates) !== undefined
    ? `the certificate expires on ${dateInWords(dueOn)}, so it counts as waiting from ${leadDays} days before`
    : `arrived on ${dateInWords(arrivedOn)}`;
}
