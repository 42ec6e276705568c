import fc from 'fast-check';
import { describe, expect, it, test, vi } from 'vitest';
import * as calendar from './calendar.ts';
import { addDays, addYears, dateInWords, daysBetween, isDate, isTime } from './calendar.ts';
import { timeZoneSource } from './wall-clock.ts';

const day = 86_400_000;

/** Dates of four centuries, made without the calendar under test. */
const dates = fc
  .integer({ min: Date.UTC(1800, 0, 1) / day, max: Date.UTC(2199, 11, 31) / day })
  .map((days) => new Date(days * day).toISOString().slice(0, 10));

/** The calendar on time zone data before 2026c: until November 2026 clocks in Denver stood as those in Edmonton. */
async function withOlderData() {
  class OlderData extends Intl.DateTimeFormat {
    constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
      super(locale, { ...options, timeZone: options?.timeZone?.replace('America/Edmonton', 'America/Denver') });
    }
  }
  vi.resetModules();
  vi.stubGlobal('Intl', { DateTimeFormat: OlderData });
  const [older, { timeZoneSource: source }] = [await import('./calendar.ts'), await import('./wall-clock.ts')];
  expect(source()).toBeUndefined();
  older.businessDate(0);
  vi.unstubAllGlobals();
  return { ...older, source };
}

const older = await withOlderData();

test('time zone data before 2026c are told from those that know the rule, when the first date is asked for', () => {
  expect(older.source()).toBe('program');
  calendar.businessDate(0);
  expect(timeZoneSource()).toBe((process.versions.tz ?? '') < '2026c' ? 'program' : 'runtime');
});

describe.each([
  ['of this runtime', calendar],
  ['before 2026c', older],
])('on time zone data %s', (_, { businessDate, localTime, startOfDay }) => {
  describe('the business date', () => {
    it.each([
      ['summer, at UTC−6', '2026-06-11T05:59:59.999Z', '2026-06-10'],
      ['summer, at UTC−6', '2026-06-11T06:00:00.000Z', '2026-06-11'],
      ['the last winter at UTC−7', '2025-12-11T06:59:59.999Z', '2025-12-10'],
      ['the last winter at UTC−7', '2025-12-11T07:00:00.000Z', '2025-12-11'],
      ['winters from 2026 on, at UTC−6', '2026-12-11T05:59:59.999Z', '2026-12-10'],
      ['winters from 2026 on, at UTC−6', '2026-12-11T06:00:00.000Z', '2026-12-11'],
      ['the turn of 2025', '2026-01-01T06:59:59.999Z', '2025-12-31'],
      ['the turn of 2025', '2026-01-01T07:00:00.000Z', '2026-01-01'],
      ['the turn of 2026', '2027-01-01T05:59:59.999Z', '2026-12-31'],
      ['the turn of 2026', '2027-01-01T06:00:00.000Z', '2027-01-01'],
      ['the last change to summer time, midnight before it', '2026-03-08T07:00:00.000Z', '2026-03-08'],
      ['the last change to summer time, midnight after it', '2026-03-09T05:59:59.999Z', '2026-03-08'],
      ['the last change to summer time, midnight after it', '2026-03-09T06:00:00.000Z', '2026-03-09'],
      ['a leap day', '2024-03-01T06:59:59.999Z', '2024-02-29'],
    ])('%s: %s is %s', (_, instant, date) => {
      expect(businessDate(instant)).toBe(date);
      expect(businessDate(Date.parse(instant))).toBe(date);
    });

    it('does not change on 1 November 2026, when the clocks stay', () => {
      expect(localTime('2026-11-01T07:59:59.999Z')).toEqual({ date: '2026-11-01', time: '01:59' });
      expect(localTime('2026-11-01T08:00:00.000Z')).toEqual({ date: '2026-11-01', time: '02:00' });
      expect(businessDate('2026-11-02T06:00:00.000Z')).toBe('2026-11-02');
      expect(businessDate('2026-11-02T05:59:59.999Z')).toBe('2026-11-01');
    });

    it('reads an instant in any zone', () => {
      expect(businessDate('2026-06-10T23:59:59-06:00')).toBe('2026-06-10');
    });

    it('never goes back as time goes on, and always is a date', () => {
      const instants = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2090, 0, 1) });
      fc.assert(
        fc.property(instants, fc.nat(30 * day), (instant, later) => {
          expect(isDate(businessDate(instant))).toBe(true);
          expect(businessDate(instant) <= businessDate(instant + later)).toBe(true);
        }),
      );
    });

    it.each([[Number.NaN], ['yesterday'], ['']])('of %s is an error', (instant) => {
      expect(() => businessDate(instant)).toThrow(`"${instant}" is not an instant`);
    });
  });

  it('any sweep of a day, from 05:00 to 07:00 and an hour beside it, is for that day, also where the clocks turn', () => {
    for (let noon = Date.UTC(2024, 0, 1, 12); noon < Date.UTC(2028, 0, 1); noon += day) {
      const date = new Date(noon).toISOString().slice(0, 10);
      for (const hours of [-2, -1, 0, 1, 2]) expect(businessDate(noon + hours * 3_600_000)).toBe(date);
    }
  });

  describe('the time of day', () => {
    it.each([
      ['summer, at UTC−6', '2026-06-11T05:59:59.999Z', '2026-06-10', '23:59'],
      ['summer, at UTC−6', '2026-06-11T06:00:00.000Z', '2026-06-11', '00:00'],
      ['the last winter at UTC−7', '2025-12-11T16:05:00.000Z', '2025-12-11', '09:05'],
      ['winters from 2026 on, at UTC−6', '2026-12-11T15:05:00.000Z', '2026-12-11', '09:05'],
      ['noon', '2026-12-11T18:00:00.000Z', '2026-12-11', '12:00'],
    ])('in %s: %s is %s, %s', (_, instant, date, time) => {
      expect(localTime(instant)).toEqual({ date, time });
      expect(localTime(Date.parse(instant))).toEqual({ date, time });
    });

    it('is on the business date, and always is a time', () => {
      const instants = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2090, 0, 1) });
      fc.assert(
        fc.property(instants, (instant) => {
          const { date, time } = localTime(instant);
          expect(date).toBe(businessDate(instant));
          expect(isTime(time)).toBe(true);
        }),
      );
    });

    it('of what is not an instant is an error', () => {
      expect(() => localTime('yesterday')).toThrow('"yesterday" is not an instant');
    });

    it.each(['24:00', '9:00', '09:60', '09.00', '09:00\n', '09:00:00', ''])('is not %j', (text) => {
      expect(isTime(text)).toBe(false);
    });
  });

  describe('the start of a day', () => {
    it.each([
      ['2025-12-11', '2025-12-11T07:00:00.000Z'],
      ['2026-03-08', '2026-03-08T07:00:00.000Z'],
      ['2026-03-09', '2026-03-09T06:00:00.000Z'],
      ['2026-11-01', '2026-11-01T06:00:00.000Z'],
      ['2026-11-02', '2026-11-02T06:00:00.000Z'],
      ['2027-01-01', '2027-01-01T06:00:00.000Z'],
      ['2027-03-14', '2027-03-14T06:00:00.000Z'],
    ])('%s is %s', (date, instant) => {
      expect(startOfDay(date)).toBe(instant);
    });
  });
});

test('whatever the age of the time zone data, clocks show the same', () => {
  // Data of any age know the decades before.
  const instants = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2090, 0, 1) });
  const turns = fc.integer({ min: Date.UTC(2026, 9, 25), max: Date.UTC(2027, 10, 10) });
  fc.assert(
    fc.property(fc.oneof(instants, turns), (instant) => {
      expect(older.localTime(instant)).toEqual(calendar.localTime(instant));
    }),
    { numRuns: 1_000 },
  );
});

describe('a date in words', () => {
  it('names the month', () => {
    expect(dateInWords('2029-05-31')).toBe('31 May 2029');
    expect(dateInWords('2026-12-01')).toBe('1 December 2026');
    expect(() => dateInWords('2026-02-30')).toThrow('not a date');
  });
});

describe('a date', () => {
  it.each(['2026-02-28', '2024-02-29', '2000-02-29', '2026-12-31', '2026-01-01', '9999-12-31'])('is %s', (text) => {
    expect(isDate(text)).toBe(true);
  });

  it.each([
    '2026-02-30',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-2-3',
    '26-02-03',
    '2026/02/03',
    '20260203',
    '2026-02-03T00:00:00Z',
    ' 2026-02-03',
    '2026-02-03\n',
    '2026-01-1.5',
    '+002026-02-03',
    '２０２６-02-03',
    '',
    'today',
  ])('is not %j', (text) => {
    expect(isDate(text)).toBe(false);
  });

  it('is every day of the calendar, and no other text of its form', () => {
    const part = (max: number, length: number) => fc.nat(max).map((number) => String(number).padStart(length, '0'));
    fc.assert(
      fc.property(part(9999, 4), part(99, 2), part(99, 2), (year, month, dayOfMonth) => {
        const text = `${year}-${month}-${dayOfMonth}`;
        const time = new Date(`${text}T00:00:00Z`);
        const exists = !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 10) === text;
        expect(isDate(text)).toBe(exists);
      }),
    );
    fc.assert(fc.property(dates, (date) => isDate(date)));
  });

  it('is never found in arbitrary text, without an error', () => {
    fc.assert(fc.property(fc.string(), (text) => !isDate(text) || /^\d{4}-\d{2}-\d{2}$/.test(text)));
  });
});

describe('reckoning with dates', () => {
  it.each([
    ['2019-05-31', 3, '2022-05-31'],
    ['2024-02-29', 3, '2027-02-28'],
    ['2024-02-29', 1, '2025-02-28'],
    ['2024-02-29', 4, '2028-02-29'],
    ['2023-02-28', 1, '2024-02-28'],
    ['2026-06-30', 0, '2026-06-30'],
    ['2026-06-30', -1, '2025-06-30'],
  ])('%s plus %i years is %s', (date, years, result) => {
    expect(addYears(date, years)).toBe(result);
  });

  it.each([
    ['2026-05-31', -7, '2026-05-24'],
    ['2026-05-31', 30, '2026-06-30'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2027-01-01', -1, '2026-12-31'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2025-02-28', 1, '2025-03-01'],
    ['2026-06-10', 0, '2026-06-10'],
  ])('%s plus %i days is %s', (date, days, result) => {
    expect(addDays(date, days)).toBe(result);
  });

  it('counts days over a change of the clocks as days', () => {
    expect(daysBetween('2026-03-07', '2026-03-09')).toBe(2);
    expect(daysBetween('2026-10-31', '2026-11-02')).toBe(2);
  });

  it('counts a day as 0 to itself, and back as negative', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: -50_000, max: 50_000 }), (date, days) => {
        expect(daysBetween(date, addDays(date, days))).toBe(days);
        expect(addDays(addDays(date, days), -days)).toBe(date);
      }),
    );
  });

  it('orders dates as their texts', () => {
    fc.assert(
      fc.property(dates, dates, (one, other) => Math.sign(daysBetween(one, other)) === Math.sign(compare(other, one))),
    );
  });

  it('keeps month and day over the years, except on 29 February', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: 0, max: 20 }), (date, years) => {
        const [later, before] = [addYears(date, years), date.slice(5)];
        expect(Number(later.slice(0, 4))).toBe(Number(date.slice(0, 4)) + years);
        expect(later.slice(5)).toBe(before === '02-29' && !isDate(later.slice(0, 5) + before) ? '02-28' : before);
      }),
    );
  });

  it('refuses what is not a date', () => {
    expect(() => addDays('2026-02-30', 1)).toThrow('"2026-02-30" is not a date');
    expect(() => addYears('2026-2-3', 1)).toThrow('"2026-2-3" is not a date');
    expect(() => daysBetween('2026-02-03', 'today')).toThrow('"today" is not a date');
    expect(() => daysBetween('', '2026-02-03')).toThrow('"" is not a date');
  });
});

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
