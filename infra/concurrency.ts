import type { Stage } from './stage.ts';

/** AWS takes no less for a queue's mapping. */
const minQueueConcurrency = 2;

/**
 * An account of this concurrency gives every queue what it wants: half of it, and the other half is left to the API.
 *
 * Up to 25 nothing is left to the API for certain: eleven queues with AWS's least of 2 each and the relay may take 23 invocations, or all
 * there are. AWS could keep a part for the API's functions (reserved concurrency), but not in a new account, where all ten must stay
 * unreserved ("below its minimum value of [10]"). There a call has to come when an invocation has just ended: the typed client repeats it
 * up to five times, over 3 to 6 seconds. test/faults/account-concurrency.test.ts measures that this is enough.
 */
export const minFullConcurrency = 120;

/** How many invocations at a time a queue may have of those that it wants: fewer where the account has few. */
export function shareOf({ accountConcurrency }: Stage, wanted: number): number {
  return Math.max(minQueueConcurrency, Math.floor(wanted * Math.min(1, accountConcurrency / minFullConcurrency)));
}

/**
 * For how many seconds a queue that hands over several messages at a time gathers them: one where the account has few invocations, so that
 * it takes one where it would take two for a message each; undefined where it has enough. With it, the API answers about twice as many calls while
 * packages come in.
 */
export function gatherSeconds({ accountConcurrency }: Stage): number | undefined {
  return accountConcurrency < minFullConcurrency ? 1 : undefined;
}
