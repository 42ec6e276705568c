import { callsOfPerson } from '@secor/certification';

/** What somebody has left of their calls, and when (epoch milliseconds) that was counted. */
type Left = { readonly calls: number; readonly at: number };

/** Callers beyond so many are forgotten, those first that have been silent longest: the map must not grow without end. */
const maxCallers = 10_000;

/**
 * Counts the calls of each caller that this instance answers. Gives the seconds after which the caller may try again, or
 * undefined when the call may pass; `at` in epoch milliseconds.
 */
export function createCallRate(): (caller: string, at: number) => number | undefined {
  const callers = new Map<string, Left>();
  return (caller, at) => {
    const before = callers.get(caller);
    const now = Math.max(at, before?.at ?? at);
    const regained = before === undefined ? 0 : ((now - before.at) / 1000) * callsOfPerson.perSecond;
    const calls = Math.min(callsOfPerson.atOnce, (before?.calls ?? callsOfPerson.atOnce) + regained);
    const passes = calls >= 1;
    // Taken out first: the map keeps the order in which it was written to.
    callers.delete(caller);
    callers.set(caller, { calls: passes ? calls - 1 : calls, at: now });
    const [silent] = callers.keys();
    if (callers.size > maxCallers && silent !== undefined) callers.delete(silent);
    return passes ? undefined : 1;
  };
}
