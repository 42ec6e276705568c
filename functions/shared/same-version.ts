import type { Audit } from '@secor/certification';
import { HttpProblem } from '@secor/lambda';

/** The audit, if it is still the one that the caller saw; 412 when somebody was faster. */
export function sameAsSeen(audit: Audit, ifMatch: number): Audit {
  const { auditNumber, version } = audit;
  if (version === ifMatch) return audit;
  throw new HttpProblem(412, `Audit ${auditNumber} has changed since you read it. Read it again and decide again.`);
}

/** What is changed, if it is still as the caller saw it; 412 when somebody was faster. */
export function sameVersion<T extends { readonly version: number }>(what: string, now: T, ifMatch: number): T {
  if (now.version === ifMatch) return now;
  throw new HttpProblem(412, `${what} has changed since you read it. Read it again and decide again.`);
}
