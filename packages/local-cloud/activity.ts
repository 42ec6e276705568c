/** Counts what the local cloud is still doing, and tells when nothing is left to do. */
export interface Activity {
  /** Opens a piece of work under a label for people; answers how to end it (ending twice is ending once). */
  begin(label: string): () => void;
  /** The labels of all that is open, those of the sources included. */
  open(): string[];
  /** Adds a place that counts open work by itself, such as the messages of a queue; it answers the labels. Answers the way to remove it. */
  addSource(source: () => readonly string[]): () => void;
  /** To be called when a source's answer may have changed. */
  changed(): void;
  /** Resolves when nothing has been open for two turns of the event loop; rejects after `timeoutMs` (machine time), naming what is open. */
  quiet(timeoutMs: number): Promise<void>;
}

type Waiter = { readonly resolve: () => void; readonly timer: NodeJS.Timeout };

/** One turn may lie between the end of a piece of work and the begin of what it caused. */
const QUIET_TURNS = 2;

/** Makes the register of open work. It is woken by `begin`, `end` and `changed`, and never polls. */
export function createActivity(): Activity {
  const begun = new Map<symbol, string>();
  const sources = new Set<() => readonly string[]>();
  const waiters = new Set<Waiter>();
  let turnsLeft = QUIET_TURNS;
  let lookComing = false;

  // Sources may have to count messages, so they are asked last.
  const isOpen = () => begun.size > 0 || [...sources].some((source) => source().length > 0);

  const look = () => {
    lookComing = false;
    if (waiters.size === 0 || isOpen()) return;
    if (turnsLeft > 0) {
      turnsLeft -= 1;
      lookSoon();
      return;
    }
    for (const waiter of waiters) {
      clearTimeout(waiter.timer);
      waiter.resolve();
    }
    waiters.clear();
  };

  const lookSoon = () => {
    if (lookComing) return;
    lookComing = true;
    setImmediate(look);
  };

  const changed = () => {
    turnsLeft = QUIET_TURNS;
    if (waiters.size > 0) lookSoon();
  };

  const open = () => [...begun.values(), ...[...sources].flatMap((source) => source())];

  return {
    begin(label) {
      const key = Symbol(label);
      begun.set(key, label);
      changed();
      return () => {
        if (begun.delete(key)) changed();
      };
    },
    open,
    addSource(source) {
      const own = () => source();
      sources.add(own);
      changed();
      return () => {
        sources.delete(own);
        changed();
      };
    },
    changed,
    quiet(timeoutMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          const labels = open();
          const what = labels.length > 0 ? labels.join('; ') : 'nothing at this moment, but it did not stay so';
          reject(new Error(`Not quiet after ${timeoutMs} ms. Still open: ${what}.`));
        }, timeoutMs);
        const waiter: Waiter = { resolve, timer };
        waiters.add(waiter);
        changed();
      });
    },
  };
}
