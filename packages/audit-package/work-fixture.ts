/** What judging a package took, counted in steps and characters, so that it is the same on every machine. */
export type Work = {
  /** Characters that were split, joined, cut, replaced, or kept as keys, and items that were put into collections. */
  steps: number;
  /** The longest text that was brought into a Unicode form: that takes the square of its combining marks. */
  maxNormalized: number;
};

/** Counts the work that `run` gives to the language's own collections and texts. */
export async function workOf(run: () => Promise<unknown>): Promise<Work> {
  const work: Work = { steps: 0, maxNormalized: 0 };
  const sizeOf = (value: unknown) => (typeof value === 'string' || Array.isArray(value) ? value.length : 0);
  const restore: (() => void)[] = [];
  const count = <P extends object>(
    prototype: P,
    name: keyof P & string,
    steps: (self: unknown, args: unknown[], result: unknown) => number,
  ) => {
    const original = prototype[name] as (...args: unknown[]) => unknown;
    const counted = function (this: unknown, ...args: unknown[]): unknown {
      const result = original.apply(this, args);
      work.steps += steps(this, args, result);
      return result;
    };
    prototype[name] = counted as P[keyof P & string];
    restore.push(() => {
      prototype[name] = original as P[keyof P & string];
    });
  };

  const keyed = (_self: unknown, [key]: unknown[]) => 1 + sizeOf(key);
  const read = (self: unknown) => 1 + sizeOf(String(self));
  const given = (_self: unknown, _args: unknown[], result: unknown) => 1 + sizeOf(result);
  count(Set.prototype, 'add', keyed);
  count(Set.prototype, 'has', keyed);
  count(Map.prototype, 'set', keyed);
  count(Map.prototype, 'get', keyed);
  for (const name of ['split', 'replace', 'replaceAll', 'toUpperCase', 'toLowerCase'] as const) {
    count(String.prototype, name, read);
  }
  count(String.prototype, 'normalize', (self) => {
    const { length } = String(self);
    work.maxNormalized = Math.max(work.maxNormalized, length);
    return 1 + length;
  });
  for (const name of ['join', 'map', 'filter', 'flatMap', 'slice'] as const) count(Array.prototype, name, given);
  count(Array.prototype, 'push', () => 1);
  count(Array, 'from', given);
  try {
    await run();
  } finally {
    for (const undo of restore) undo();
  }
  return work;
}
