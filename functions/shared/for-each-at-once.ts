/**
 * Does some work for each item, in their order, with at most so many at work at the same time. After a failure no further item is
 * begun, and the failure is thrown.
 */
export async function forEachAtOnce<T>(
  items: readonly T[],
  maxAtOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let hasFailed = false;
  const workOff = async (): Promise<void> => {
    for (const item of waiting) {
      if (hasFailed) return;
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: maxAtOnce }, workOff));
}
