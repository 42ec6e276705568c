import { HttpProblem } from '@secor/lambda';

/** What a caller is about to change ("Audit 412345678"), if it is still as they saw it; 412 when somebody was faster. */
export function requireSameVersion<T extends { readonly version: number }>(what: string, now: T, ifMatch: number): T {
  if (now.version === ifMatch) return now;
  throw new HttpProblem(412, `${what} has changed since you read it. Read it again and decide again.`);
}
