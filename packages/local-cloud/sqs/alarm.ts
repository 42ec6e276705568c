import type { BusinessClock } from '../clock.ts';

/** An alarm on the business clock, kept at the earliest instant that was asked for. */
export type Alarm = {
  /** Has `ring` called at an instant (epoch milliseconds), unless the alarm rings before it. */
  setBy(at: number, ring: () => void): void;
  cancel(): void;
};

/** Makes an alarm that is not set. */
export function createAlarm(clock: BusinessClock): Alarm {
  let setAt = Number.POSITIVE_INFINITY;
  let cancel = (): void => {};
  return {
    setBy(at, ring) {
      if (at >= setAt) return;
      cancel();
      setAt = at;
      cancel = clock.at(at, () => {
        setAt = Number.POSITIVE_INFINITY;
        ring();
      });
    },
    cancel: () => cancel(),
  };
}
