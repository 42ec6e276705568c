/** Waits that grow from try to try, and end at once when what waits is stopped. */
export type Backoff = {
  /** Waits 100 ms, then twice as long each time, at most 5 s; resolves early when `stop` is called. */
  wait(): Promise<void>;
  /** Starts again at 100 ms. */
  reset(): void;
  stop(): void;
};

const firstMs = 100;
const maxMs = 5000;

/** Makes a backoff on the machine's clock. */
export function createBackoff(): Backoff {
  let nextMs = firstMs;
  let stopped = false;
  let wake = (): void => {};
  return {
    async wait() {
      if (stopped) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, nextMs);
      wake = resolve;
      nextMs = Math.min(nextMs * 2, maxMs);
      await promise;
      clearTimeout(timer);
    },
    reset() {
      nextMs = firstMs;
    },
    stop() {
      stopped = true;
      wake();
    },
  };
}
