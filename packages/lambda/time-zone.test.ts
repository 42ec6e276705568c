import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const info = vi.fn();
vi.mock('./log.ts', () => ({ log: { info } }));

beforeEach(() => {
  vi.resetModules();
  info.mockClear();
});
afterEach(() => vi.unstubAllGlobals());

/** The function's modules, freshly loaded. */
async function start() {
  const [{ tellTimeZone }, { businessDate }] = [await import('./time-zone.ts'), await import('@secor/certification')];
  return { tellTimeZone, businessDate };
}

it('is logged once, after the first date that was asked for', async () => {
  const { tellTimeZone, businessDate } = await start();
  tellTimeZone();
  expect(info).not.toHaveBeenCalled();
  businessDate(0);
  tellTimeZone();
  tellTimeZone();
  expect(info.mock.calls).toEqual([
    ['the time in America/Edmonton is told', { by: expect.any(String), runtimeData: process.versions.tz }],
  ]);
});

it.each([
  ["the runtime's time zone data", 'Etc/GMT+6'],
  ["the program's own rule of 2026-11-01, for older data", 'America/Denver'],
])('is told by %s', async (by, likeZone) => {
  class OtherData extends Intl.DateTimeFormat {
    constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
      super(locale, { ...options, timeZone: likeZone });
    }
  }
  vi.stubGlobal('Intl', { DateTimeFormat: OtherData });
  const { tellTimeZone, businessDate } = await start();
  businessDate(0);
  tellTimeZone();
  expect(info).toHaveBeenCalledWith(expect.any(String), expect.objectContaining({ by }));
});
