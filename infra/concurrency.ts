import type { Stage } from './stage.ts';

/** AWS takes no less for a queue's mapping. */
const minQueueConcurrency = 2;

/**
 * With this concurrency, an account gives every queue as much as it wants. The queues take half of it, and the API has the other
 * half.
 *
 * Up to 25 nothing is left to the API for certain: eleven queues with AWS's least of 2 each and the relay may take 23
 * invocations, or all there are. AWS could keep a part for the API's functions (reserved concurrency), but not in a new account,
 * where all ten must stay unreserved ("below its minimum value of [10]"). In such an account a call succeeds only if an
 * invocation is free at that moment, so the typed client repeats it up to five times, over 3 to 6 seconds.
 * test/faults/account-concurrency.test.ts measures that this is enough.
 */
export const minFullConcurrency = 120;

/** How many invocations at a time a queue gets of those that it wants: fewer if the account has few. */
export function shareOf({ accountConcurrency }: Stage, wanted: number): number {
  return Math.max(minQueueConcurrency, Math.floor(wanted * Math.min(1, accountConcurrency / minFullConcurrency)));
}

/**
 * For how many seconds a queue with batches collects messages. One second if the account has few invocations, so that two
 * messages take one invocation and not two; undefined if it has enough. With it, the API answers about twice as many calls while
 * packages come in.
 */
export function gatherSeconds({ accountConcurrency }: Stage): number | undefined {
  return accountConcurrency < minFullConcurrency ? 1 : undefined;
}
