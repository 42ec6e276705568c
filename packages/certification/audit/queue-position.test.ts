import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '../calendar.ts';
import { queuePositionOf, queueReason } from './queue-position.ts';

const arrivedOn = '2026-11-23';

describe('a place in the queue', () => {
  test.each([
    ['no due date', undefined, '2026-11-23', 'arrived on 23 November 2026'],
    ['one that is far off', '2027-03-01', '2026-11-23', 'arrived on 23 November 2026'],
    ['one in 30 days', '2026-12-23', '2026-11-23', 'arrived on 23 November 2026'],
    ['one in 29 days', '2026-12-22', '2026-11-22', 'the certificate expires on 22 December 2026, so it counts'],
    ['one that has passed', '2026-11-01', '2026-10-02', 'the certificate expires on 1 November 2026, so it counts'],
  ])('with %s', (_, dueOn, day, why) => {
    const dates = { arrivedOn, ...(dueOn === undefined ? {} : { dueOn }) };
    expect(queuePositionOf('412345678', dates)).toBe(`${day}#412345678`);
    expect(queueReason(dates).text).toContain(why);
  });

  test('is by the earlier of arrival and due date − 30 days, then by audit number', () => {
    const days = fc.integer({ min: -90, max: 90 }).map((days) => addDays(arrivedOn, days));
    const audit = fc.record({ number: fc.integer({ min: 100_000_000, max: 999_999_999 }), arrived: days, due: days });
    fc.assert(
      fc.property(audit, audit, (a, b) => {
        const since = ({ arrived, due }: typeof a) => [arrived, addDays(due, -30)].toSorted()[0] ?? '';
        const at = (each: typeof a) =>
          queuePositionOf(String(each.number), { arrivedOn: each.arrived, dueOn: each.due });
        const before = since(a) < since(b) || (since(a) === since(b) && a.number < b.number);
        expect(at(a) < at(b)).toBe(before);
      }),
    );
  });
});
