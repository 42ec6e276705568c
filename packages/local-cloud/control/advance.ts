import type { BusinessClock } from '../clock.ts';
import { openZone, type WallClocks } from '../time-zone.ts';

/** What happened on one day through which the business clock was moved. */
export type AdvancedDay = {
  /** 'YYYY-MM-DD', America/Edmonton. */
  readonly date: string;
  /** The subjects of the letters that went out, in their order. */
  readonly letters: readonly string[];
  /** What went wrong, for people: dead letters, and calls that were denied. */
  readonly failures: readonly string[];
  /** What was still open when the day was over, and goes on on the next. */
  readonly open: readonly string[];
};

/** What an advance knows of the cloud. */
export type Advanceable = {
  readonly clock: Pick<BusinessClock, 'now' | 'advanceTo'>;
  /** Resolves when nothing is open; rejects after so many milliseconds of the machine, naming what is. */
  quiet(timeoutMs: number): Promise<void>;
  /** The labels of all that is open. */
  open(): readonly string[];
  /** Whether nothing is open but messages that nobody may see yet. */
  onlyHidden(): boolean;
  /** When the first of them can be seen: epoch milliseconds of the business clock. */
  nextVisibleAt(): number | undefined;
  /** The subjects of the letters from the one with this place on. */
  subjects(from: number): Promise<readonly string[]>;
  letterCount(): number;
  /** By queue, how many dead letters have come since the start. */
  deadLetters(): ReadonlyMap<string, number>;
  /** A line for each call that was denied; it grows. */
  readonly denied: readonly string[];
  readonly wallClocks?: WallClocks | undefined;
};

/** The zone in which people's days begin and end. */
const businessZone = 'America/Edmonton';
const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Looks again so often whether only messages are left that nobody may see yet, milliseconds of the machine. */
const lookMs = 40;
/** How long one thing may take until it is done or hidden, milliseconds of the machine. */
const maxMs = 60_000;

/** Makes the way to move a cloud's business clock day by day; see `LocalCloud.advance`. One advance at a time. */
export function createAdvance(cloud: Advanceable): (to: string) => AsyncGenerator<AdvancedDay> {
  const { clock } = cloud;
  const zone = openZone(businessZone, 'The business day', cloud.wallClocks);
  let busy = false;

  /** Does all that can be done until the instant; gives what is still open then. */
  const settle = async (until: number): Promise<readonly string[]> => {
    let limit = performance.now() + maxMs;
    let seen = '';
    for (;;) {
      const left = await cloud.quiet(lookMs).then(
        () => '',
        (error: Error) => error.message,
      );
      if (left === '') return [];
      if (cloud.onlyHidden()) {
        const next = cloud.nextVisibleAt();
        if (next !== undefined && next >= until) return cloud.open();
        // A moment later it may be seen by the clock alone.
        if (next !== undefined && next > clock.now()) clock.advanceTo(next);
        limit = performance.now() + maxMs;
      } else if (seen !== `${left} ${cloud.letterCount()}`) {
        // Something goes on: a day with much to do takes its time.
        seen = `${left} ${cloud.letterCount()}`;
        limit = performance.now() + maxMs;
      } else if (performance.now() > limit) {
        throw new Error(`The day ${dateOf(zone.toLocal(clock.now()))} does not end. ${left}`);
      }
    }
  };

  const instantOf = (local: number): number => {
    const instant = zone.toInstant(local);
    if (instant === undefined) throw new Error(`There is no ${new Date(local).toISOString()} in ${businessZone}.`);
    return instant;
  };

  async function* days(first: number, last: number): AsyncGenerator<AdvancedDay> {
    if (busy) throw new Error('The business clock is being advanced already: wait until that is done.');
    busy = true;
    try {
      for (let day = first; day <= last; day += dayMs) {
        const [letters, deadLetters, denied] = [cloud.letterCount(), cloud.deadLetters(), cloud.denied.length];
        const noon = instantOf(day + 12 * hourMs);
        // What is under way now must not be jumped over: its messages would come twice.
        if (noon > clock.now()) await settle(noon);
        if (noon > clock.now()) clock.advanceTo(noon);
        const open = await settle(instantOf(day + dayMs));
        const dead = [...cloud.deadLetters()].flatMap(([name, count]) => {
          const more = count - (deadLetters.get(name) ?? 0);
          return more === 0 ? [] : [`${more} in ${name}`];
        });
        yield {
          date: dateOf(day),
          letters: await cloud.subjects(letters),
          failures: [...dead, ...new Set(cloud.denied.slice(denied))],
          open,
        };
      }
    } finally {
      busy = false;
    }
  }

  return (to) => {
    const last = /^\d{4}-\d{2}-\d{2}$/.test(to) ? Date.parse(to) : Number.NaN;
    if (Number.isNaN(last) || dateOf(last) !== to) throw new Error(`"${to}" is no date: write it as YYYY-MM-DD.`);
    const today = Math.floor(zone.toLocal(clock.now()) / dayMs) * dayMs;
    if (last < today)
      throw new Error(`The business clock stands on ${dateOf(today)} and never goes back: ${to} is before it.`);
    return days(today, last);
  };
}

function dateOf(local: number): string {
  return new Date(local).toISOString().slice(0, 10);
}
