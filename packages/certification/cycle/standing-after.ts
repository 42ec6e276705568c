import type { StandingAfter } from '../audit/events.ts';
import { type Cycle, currentCertificate } from './cycle.ts';
import { judgeCertificate } from './obligation.ts';

/**
 * What an employer holds, and what is due to keep or renew it, as of a business date: for the letter of a decision. Undefined when there
 * is no certificate, or only revoked ones.
 */
export function standingAfter(cycle: Cycle, today: string): StandingAfter | undefined {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return undefined;
  const { certificateNumber, expiresOn } = certificate;
  const { standing, cancelled, obligations } = judgeCertificate(cycle, certificate, today);
  if (standing === 'revoked' || standing === 'superseded') return undefined;
  const due = obligations.flatMap(({ kind, dueOn, state, graceThrough }) =>
    state === 'open' || state === 'pending' || state === 'overdue'
      ? [{ kind, dueOn, state, ...(graceThrough === undefined ? {} : { graceThrough }) }]
      : [],
  );
  const cancelledOn = cancelled === undefined ? {} : { cancelledOn: cancelled.on };
  return { certificateNumber, expiresOn, standing, ...cancelledOn, due };
}
