const zone = 'America/Edmonton';
// [P] Alberta stays at UTC−6 all year: time zone data before 2026c turn the clocks back to UTC−7 at this instant.
const clocksStayFrom = Date.parse('2026-11-01T08:00:00.000Z');
const hoursBehind = 6;
const hourMs = 60 * 60_000;

/** The source of Alberta's time: the time zone data of the runtime, or this program's own rule if those data are older. */
export type TimeZoneSource = 'runtime' | 'program';

// Made at first use: the first Intl object of a process costs as much as all the rest of a function's start.
let made: { readonly format: Intl.DateTimeFormat; readonly source: TimeZoneSource } | undefined;

function timeZone() {
  if (made !== undefined) return made;
  // Swedish writes as this program does: YYYY-MM-DD HH:MM.
  const format = new Intl.DateTimeFormat('sv', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const knowsTheRule = format.format(Date.parse('2026-12-15T06:00:00.000Z')) === '2026-12-15 00:00';
  made = { format, source: knowsTheRule ? 'runtime' : 'program' };
  return made;
}

/**
 * The local date and time in America/Edmonton, correct even if the runtime's time zone data are old.
 * @param instant epoch milliseconds
 * @returns 'YYYY-MM-DD' and 'HH:MM' of 24 hours, seconds cut
 */
export function wallClock(instant: number): { readonly date: string; readonly time: string } {
  const { format, source } = timeZone();
  const text =
    source === 'program' && instant >= clocksStayFrom
      ? new Date(instant - hoursBehind * hourMs).toISOString()
      : format.format(instant);
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

/** Which source is in use; undefined until the first date is computed. */
export function timeZoneSource(): TimeZoneSource | undefined {
  return made?.source;
}
