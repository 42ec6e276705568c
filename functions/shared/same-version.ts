import { HttpProblem } from '@secor/lambda';
import { type Changeable, say } from './sentences.ts';

/** What a caller is about to change, if it is still as they saw it; 412 when somebody was faster. */
export function requireSameVersion<T extends { readonly version: number }>(
  [kind, id]: readonly [Changeable, string],
  now: T,
  ifMatch: number,
): T {
  if (now.version === ifMatch) return now;
  throw new HttpProblem(412, say('changed-meanwhile', { kind, id }));
}
