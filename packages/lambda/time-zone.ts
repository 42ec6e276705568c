import { timeZoneSource } from '@secor/certification';
import { log } from './log.ts';

let told = false;

/**
 * Logs once which time zone data are used for Alberta, after the first date was computed: earlier, it would slow down the start.
 */
export function tellTimeZone(): void {
  const source = timeZoneSource();
  if (told || source === undefined) return;
  told = true;
  log.info('the time in America/Edmonton is told', {
    by: source === 'runtime' ? "the runtime's time zone data" : "the program's own rule of 2026-11-01, for older data",
    runtimeData: process.versions.tz,
  });
}
