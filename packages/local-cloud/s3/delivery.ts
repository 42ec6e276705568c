import type { ObjectCreated } from './notification.ts';
import type { Notification, Store } from './store.ts';

/** Hears of a created object; the notification is confirmed when the promise resolves, and repeated when it rejects. */
export type ObjectCreatedListener = (event: ObjectCreated) => Promise<void>;

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;

/** Brings notifications to the listener, at least once each; what is not confirmed stays in the store. */
export function createDelivery(store: Store) {
  const underWay = new Set<number>();
  const retries = new Set<NodeJS.Timeout>();
  let listener: ObjectCreatedListener | undefined;
  let stopped = false;

  async function attempt(notification: Notification, hears: ObjectCreatedListener, pause: number): Promise<void> {
    const delivered = await (async () => hears(notification.event))().then(
      () => true,
      () => false,
    );
    if (stopped) return;
    if (delivered) {
      store.confirm(notification.id);
      underWay.delete(notification.id);
      return;
    }
    const retry = setTimeout(() => {
      retries.delete(retry);
      void attempt(notification, hears, Math.min(2 * pause, LONGEST_RETRY_MS));
    }, pause);
    retry.unref();
    retries.add(retry);
  }

  function deliver(notification: Notification): void {
    if (listener === undefined || underWay.has(notification.id)) return;
    underWay.add(notification.id);
    void attempt(notification, listener, FIRST_RETRY_MS);
  }

  return {
    /** Sets the one listener and brings it all that nobody has confirmed. */
    listen(hears: ObjectCreatedListener): void {
      if (listener !== undefined) throw new Error('The S3 of this machine has a listener already');
      listener = hears;
      for (const notification of store.unconfirmed()) deliver(notification);
    },
    deliver,
    stop(): void {
      stopped = true;
      for (const retry of retries) clearTimeout(retry);
    },
  };
}
