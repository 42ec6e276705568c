/** The middle one of the figures; between two, their mean. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [lower, upper] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (lower === undefined || upper === undefined) throw new Error('There is no median of no figures.');
  return (lower + upper) / 2;
}

/** The middle one of the rounds' ratios: each figure against the baseline's of its own round. */
export function medianRatio(figures: readonly number[], baseline: readonly number[]): number {
  return median(figures.map((figure, round) => figure / (baseline[round] ?? Number.NaN)));
}

/**
 * Measures several things by turns, A B C A B C …, so that what slows the machine down strikes all of them alike.
 *
 * @param measures each gives one measurement; the argument is the number of the round, from 0
 * @returns the measurements of each, round by round
 */
export async function byTurns<Name extends string, T>(
  rounds: number,
  measures: Readonly<Record<Name, (round: number) => Promise<T>>>,
): Promise<Readonly<Record<Name, readonly T[]>>> {
  const names = Object.keys(measures) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) measured[name].push(await measures[name](round));
  }
  return measured;
}
