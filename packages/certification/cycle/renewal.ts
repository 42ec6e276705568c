import { type Audit, currentRevision } from '../audit/audit.ts';
import type { QueueDates } from '../audit/queue-position.ts';
import { businessDate } from '../calendar.ts';
import type { Certificate, Cycle } from './cycle.ts';

/**
 * The certificate that a certification audit renews: of those that were not revoked and do not come from this audit itself, the
 * one whose audit ended last. Undefined when there is none.
 * @param auditNumber undefined for an audit that has no number yet
 */
export function renewedCertificate(
  { certificates }: Pick<Cycle, 'certificates'>,
  auditNumber: string | undefined,
): Certificate | undefined {
  const others = certificates.filter((each) => each.auditNumber !== auditNumber && each.revoked === undefined);
  return others.toSorted((a, b) => (a.endedOn < b.endedOn ? -1 : 1)).at(-1);
}

/** When an audit arrived, and by when it is due: a certification audit by the expiry of the certificate that it renews. */
export function queueDatesOf(audit: Audit, cycle: Pick<Cycle, 'certificates'>): QueueDates {
  const arrivedOn = businessDate(currentRevision(audit)?.arrivedAt ?? audit.registeredAt);
  const renewed = audit.kind === 'certification' ? renewedCertificate(cycle, audit.auditNumber) : undefined;
  return { arrivedOn, ...(renewed === undefined ? {} : { dueOn: renewed.expiresOn }) };
}
