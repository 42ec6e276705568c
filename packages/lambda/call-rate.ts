import { callsOfPerson } from '@secor/certification';

/** How many calls somebody has left, and when that was counted (epoch milliseconds). */
type Left = { readonly calls: number; readonly at: number };

/** The most callers that are remembered. Beyond that, those who have not called for the longest time are forgotten first. */
const maxCallers = 10_000;

/**
 * Counts the calls of each caller to this instance. Returns the seconds after which the caller may try again, or undefined if the
 * call is allowed. `at` is in epoch milliseconds.
 */
export function createCallRate(): (caller: string, at: number) => number | undefined {
  const callers = new Map<string, Left>();
  return (caller, at) => {
    const before = callers.get(caller);
    const now = Math.max(at, before?.at ?? at);
    const regained = before === undefined ? 0 : ((now - before.at) / 1000) * callsOfPerson.perSecond;
    const calls = Math.min(callsOfPerson.atOnce, (before?.calls ?? callsOfPerson.atOnce) + regained);
    const passes = calls >= 1;
    // Delete it first: a map keeps the order of insertion.
    callers.delete(caller);
    callers.set(caller, { calls: passes ? calls - 1 : calls, at: now });
    const [silent] = callers.keys();
    if (callers.size > maxCallers && silent !== undefined) callers.delete(silent);
    return passes ? undefined : 1;
  };
}
