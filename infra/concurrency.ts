import type { Stage } from './stage.ts';

/** AWS takes no less for a queue's mapping. */
const minQueueConcurrency = 2;

/**
 * An account of this concurrency gives every queue what it wants: half of it, and the other half is left to the API. AWS could keep a
 * part for the API's functions (reserved concurrency), but not in a new account, where all of it must stay unreserved.
 */
export const minFullConcurrency = 120;

/** How many invocations at a time a queue may have of those that it wants: fewer where the account has few. */
export function shareOf({ accountConcurrency }: Stage, wanted: number): number {
  return Math.max(minQueueConcurrency, Math.floor(wanted * Math.min(1, accountConcurrency / minFullConcurrency)));
}
