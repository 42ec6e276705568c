import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSchedule } from './schedule-expression.ts';

const next = (expression: string, after: string, zone = 'UTC'): string | undefined => {
  const instant = parseSchedule(expression, zone, 'here').next(Date.parse(after), Date.parse(after));
  return instant === undefined ? undefined : new Date(instant).toISOString();
};

/** The first so many moments after an instant. */
const following = (expression: string, after: string, zone: string, count: number): (string | undefined)[] => {
  const moments: (string | undefined)[] = [];
  for (let last: string | undefined = after; moments.length < count && last !== undefined; moments.push(last))
    last = next(expression, last, zone);
  return moments;
};

describe('cron', () => {
  test.each<[string, string, string, string | undefined, string?]>([
    ['daily', 'cron(0 6 * * ? *)', '2026-11-23T05:59:59Z', '2026-11-23T06:00:00.000Z'],
    ['daily, at the very moment', 'cron(0 6 * * ? *)', '2026-11-23T06:00:00Z', '2026-11-24T06:00:00.000Z'],
    ['over the end of a year', 'cron(0 6 * * ? *)', '2026-12-31T07:00:00Z', '2027-01-01T06:00:00.000Z'],
    ['every quarter of an hour', 'cron(*/15 * * * ? *)', '2026-11-23T05:50:00Z', '2026-11-23T06:00:00.000Z'],
    ['a step from a start', 'cron(5/20 * * * ? *)', '2026-11-23T05:26:00Z', '2026-11-23T05:45:00.000Z'],
    ['a list', 'cron(0 8,17 * * ? *)', '2026-11-23T09:00:00Z', '2026-11-23T17:00:00.000Z'],
    ['working days', 'cron(0 9 ? * MON-FRI *)', '2026-11-20T10:00:00Z', '2026-11-23T09:00:00.000Z'],
    [
      'a day of the week by number, Sunday is 1',
      'cron(0 9 ? * 1 *)',
      '2026-11-23T00:00:00Z',
      '2026-11-29T09:00:00.000Z',
    ],
    ['the first of named months', 'cron(0 0 1 JAN,JUL ? *)', '2026-11-23T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['29 February', 'cron(0 0 29 2 ? *)', '2026-11-23T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['a year that is over', 'cron(0 0 1 1 ? 2020)', '2026-11-23T00:00:00Z', undefined],
    ['in another zone', 'cron(0 6 * * ? *)', '2026-06-01T00:00:00Z', '2026-06-01T12:00:00.000Z', 'America/Edmonton'],
    [
      'a zone in winter time',
      'cron(0 6 * * ? *)',
      '2026-01-15T00:00:00Z',
      '2026-01-15T11:00:00.000Z',
      'America/Toronto',
    ],
    [
      'an hour that spring skips',
      'cron(30 2 * * ? *)',
      '2026-03-08T05:00:00Z',
      '2026-03-09T06:30:00.000Z',
      'America/Toronto',
    ],
    [
      'an hour that autumn repeats',
      'cron(30 1 * * ? *)',
      '2026-11-01T00:00:00Z',
      '2026-11-01T05:30:00.000Z',
      'America/Toronto',
    ],
    ['it fires only once', 'cron(30 1 * * ? *)', '2026-11-01T05:30:00Z', '2026-11-02T06:30:00.000Z', 'America/Toronto'],
  ])('%s', (_, expression, after, expected, zone) => {
    expect(next(expression, after, zone)).toBe(expected);
  });

  // Alberta stays at UTC-6 from the summer of 2026 on: its clocks change in March for the last time, and not in November.
  test.each<[string, string, readonly string[]]>([
    ['in the last winter', '2026-01-15T12:59:59Z', ['2026-01-15T13', '2026-01-16T13']],
    ['over the change of March', '2026-03-06T14:00:00Z', ['2026-03-07T13', '2026-03-08T12', '2026-03-09T12']],
    ['in summer', '2026-07-01T12:00:00Z', ['2026-07-02T12', '2026-07-03T12']],
    [
      'over the change that November has no more',
      '2026-10-30T13:00:00Z',
      ['2026-10-31T12', '2026-11-01T12', '2026-11-02T12'],
    ],
    ['in every winter after', '2026-12-31T11:59:59Z', ['2026-12-31T12', '2027-01-01T12']],
  ])('six in the morning in Edmonton, %s: once a day', (_, after, expected) => {
    const moments = following('cron(0 6 * * ? *)', after, 'America/Edmonton', expected.length);
    expect(moments).toEqual(expected.map((hour) => `${hour}:00:00.000Z`));
  });

  test('the next moment always lies after, on the minute asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 3, max: 23 }),
        fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        (minute, hour, after) => {
          const moment = next(`cron(${minute} ${hour} * * ? *)`, after.toISOString(), 'America/Toronto');
          const wait = Date.parse(moment ?? '') - after.getTime();
          expect(wait).toBeGreaterThan(0);
          expect(wait).toBeLessThanOrEqual(25 * 3_600_000);
          const shown = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Toronto', timeStyle: 'short' }).format(
            new Date(moment ?? ''),
          );
          expect(shown).toBe(`${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
        },
      ),
    );
  });
});

test('a rate counts from its origin', () => {
  const { next: after } = parseSchedule('rate(5 minutes)', 'UTC', 'here');
  expect(after(1000, 1000)).toBe(301_000);
  expect(after(300_999, 1000)).toBe(301_000);
  expect(after(301_000, 1000)).toBe(601_000);
});

test.each([
  ['rate(0 minutes)', /one or more/],
  ['every day', /neither/],
  ['cron(0 6 * * *)', /5 fields/],
  ['cron(0 24 * * ? *)', /"24"/],
  ['cron(0 6 L * ? *)', /"L"/],
  ['cron(0 6 * * * *)', /"\?"/],
  ['cron(0 6 ? * ? *)', /"\?"/],
])('%s is refused', (expression, message) => {
  expect(() => parseSchedule(expression, 'UTC', 'here')).toThrow(message);
});

test('an unknown time zone is refused', () => {
  expect(() => parseSchedule('cron(0 6 * * ? *)', 'Mars/Base', 'here')).toThrow('Mars/Base');
});

test('a zone goes by the clock that is given for it, not by the time zone data of the machine', () => {
  const given = (instant: number) => {
    const text = new Date(instant - 6 * 3_600_000).toISOString();
    return { date: text.slice(0, 10), time: text.slice(11, 16) };
  };
  const clocks = { 'America/Denver': given };
  const { next } = parseSchedule('cron(0 6 * * ? *)', 'America/Denver', 'here', clocks);
  expect(next(Date.parse('2026-12-15T00:00:00Z'), 0)).toBe(Date.parse('2026-12-15T12:00:00Z'));
  const { next: byMachine } = parseSchedule('cron(0 6 * * ? *)', 'America/Denver', 'here');
  expect(byMachine(Date.parse('2026-12-15T00:00:00Z'), 0)).toBe(Date.parse('2026-12-15T13:00:00Z'));
});
