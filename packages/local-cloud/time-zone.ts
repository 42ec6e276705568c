/** What calendar ('YYYY-MM-DD') and clock ('HH:MM') show at an instant (epoch milliseconds) in a zone. */
export type WallClock = (instant: number) => { readonly date: string; readonly time: string };

/** By the zone's IANA name, what its clocks show where this machine's time zone data may be too old to know. */
export type WallClocks = Readonly<Record<string, WallClock>>;

/** A time zone. Local times are epoch milliseconds of the same wall clock in UTC. */
export type Zone = {
  toLocal(instant: number): number;
  /** The earlier instant of a time that the clocks repeat; undefined for one that they skip. */
  toInstant(local: number): number | undefined;
};

/**
 * Opens a time zone by its IANA name.
 *
 * @param where the place, for errors
 * @throws Error naming a zone that there is not
 */
export function openZone(timeZone: string, where: string, wallClocks: WallClocks = {}): Zone {
  const wallClock = wallClocks[timeZone] ?? machinesOwn(timeZone, where);
  const toLocal = (instant: number): number => {
    const { date, time } = wallClock(instant);
    return Date.parse(`${date}T${time}Z`) + (Math.floor(instant / 1000) % 60) * 1000;
  };
  return {
    toLocal,
    toInstant(local) {
      // The offset a day before and a day after are the two that can hold; the earlier instant comes first.
      const candidates = [local - dayMs, local + dayMs].map((near) => local - (toLocal(near) - near)).sort(ascending);
      return candidates.find((instant) => toLocal(instant) === local);
    },
  };
}

/** The clocks of a zone by this machine's time zone data. */
function machinesOwn(timeZone: string, where: string): WallClock {
  try {
    // Swedish writes dates as ISO does.
    const format = new Intl.DateTimeFormat('sv', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    return (instant) => {
      const [date = '', time = ''] = format.format(instant).split(' ');
      return { date, time };
    };
  } catch {
    throw new Error(`${where}: there is no time zone "${timeZone}".`);
  }
}

const ascending = (a: number, b: number): number => a - b;
const dayMs = 86_400_000;
