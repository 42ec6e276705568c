import { type Audit, currentRevision } from '../audit/audit.ts';
import type { QueueDates } from '../audit/queue-position.ts';
import { businessDate } from '../calendar.ts';
import type { Cycle } from './cycle.ts';

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
