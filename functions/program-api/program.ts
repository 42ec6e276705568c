import { HttpProblem } from '@secor/lambda';
import { type Changes, commit, type Store } from '@secor/store';
import type { Packages } from '../upload-link.ts';

export type Dependencies = {
  readonly store: Store;
  readonly packages: Packages;
  /** Gives the `sub` of who signs in with an address, or undefined; absent where the stage has no user pool of its own. */
  readonly users?: (email: string) => Promise<string | undefined>;
};

/** What is changed, if it is still as the caller saw it; 412 when somebody was faster. */
export function sameVersion<T extends { readonly version: number }>(what: string, now: T, ifMatch: number): T {
  if (now.version === ifMatch) return now;
  throw new HttpProblem(412, `${what} has changed since you read it. Read it again and decide again.`);
}

/** Keeps the answer to a call that found nothing to change, so that its repetition is known for one. */
export async function keepUnchanged(store: Store, kept: Pick<Changes, 'at' | 'idempotency'>): Promise<void> {
  if (kept.idempotency !== undefined) await commit(store, kept);
}
