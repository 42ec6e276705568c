/** Something that has to be told, under the id by which its store knows it. */
export type Owed<Event, Id> = { readonly id: Id; readonly event: Event };

/** Where what has to be told is kept until it is confirmed. */
type Outbox<Event, Id> = {
  /** Oldest first. */
  unconfirmed(): readonly Owed<Event, Id>[];
  confirm(id: Id): void;
};

/** Hears of an event; it is confirmed when the promise resolves, and repeated when it rejects. */
export type DeliveryListener<Event> = (event: Event) => Promise<void>;

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

/** Brings what a store owes to the listener, at least once each; what is not confirmed stays in the store. */
export function createDelivery<Event, Id>(outbox: Outbox<Event, Id>) {
  const underWay = new Set<Id>();
  const retries = new Set<NodeJS.Timeout>();
  let listener: DeliveryListener<Event> | undefined;
  let stopped = false;

  async function attempt(owed: Owed<Event, Id>, hears: DeliveryListener<Event>, pause: number): Promise<void> {
    const delivered = await (async () => hears(owed.event))().then(
      () => true,
      () => false,
    );
    if (stopped) return;
    if (delivered) {
      outbox.confirm(owed.id);
      underWay.delete(owed.id);
      return;
    }
    const retry = setTimeout(() => {
      retries.delete(retry);
      void attempt(owed, hears, Math.min(2 * pause, MAX_RETRY_MS));
    }, pause);
    retry.unref();
    retries.add(retry);
  }

  function deliver(owed: Owed<Event, Id>): void {
    if (listener === undefined || underWay.has(owed.id)) return;
    underWay.add(owed.id);
    void attempt(owed, listener, FIRST_RETRY_MS);
  }

  return {
    /** Sets the one listener and brings it all that nobody has confirmed. */
    listen(hears: DeliveryListener<Event>): void {
      if (listener !== undefined) throw new Error('What is told here has a listener already.');
      listener = hears;
      for (const owed of outbox.unconfirmed()) deliver(owed);
    },
    deliver,
    stop(): void {
      stopped = true;
      for (const retry of retries) clearTimeout(retry);
    },
  };
}
