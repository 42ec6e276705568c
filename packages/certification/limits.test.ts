import { describe, expect, test } from 'vitest';
import { countsAnewAt, LimitReached, limitRefusal, limits, periodOf } from './limits.ts';

// The last half hour of 30 November in Alberta.
const at = '2026-12-01T05:30:00.000Z';

describe('a limit', () => {
  test('of a day counts by business days, and goes on at midnight in Alberta', () => {
    expect(periodOf('linksOfPerson', at)).toBe('2026-11-30');
    expect(countsAnewAt('linksOfPerson', at)).toBe('2026-12-01T06:00:00.000Z');
    expect(countsAnewAt('linksOfPerson', '2026-07-01T12:00:00.000Z')).toBe('2026-07-02T06:00:00.000Z');
    // Before 2026-11 the winter was at UTC−7.
    expect(countsAnewAt('linksOfPerson', '2025-12-15T12:00:00.000Z')).toBe('2025-12-16T07:00:00.000Z');
    expect(limitRefusal({ limit: 'linksOfPerson', subject: 'robin' }, at)).toEqual({
      refused: 'limit-reached',
      message:
        'You have asked for 100 upload links today. The limit is 100 a day. You can try again from midnight in Alberta, 2026-12-01 00:00.',
      values: { limit: 'linksOfPerson', max: 100, subject: 'robin', again: '2026-12-01' },
    });
  });

  test('of a year goes on at New Year in Alberta', () => {
    expect(periodOf('registrationsForEmployer', '2027-01-01T05:59:59.999Z')).toBe('2026');
    expect(countsAnewAt('registrationsForEmployer', '2027-01-01T05:59:59.999Z')).toBe('2027-01-01T06:00:00.000Z');
    expect(limitRefusal({ limit: 'registrationsForEmployer', subject: 'robin/acme' }, at).message).toContain(
      '2027-01-01 00:00',
    );
  });

  test('of a link never counts anew: another link is asked for', () => {
    expect(countsAnewAt('uploadsOfLink', at)).toBeUndefined();
    expect(new LimitReached({ limit: 'uploadsOfLink', subject: '412345678/1' }, at).message).toBe(
      'The limit is 5 uploads through one link. Ask for a new link.',
    );
  });

  test.each(Object.entries(limits))('%s has a number and a reason', (_, { max, reason }) => {
    expect(max).toBeGreaterThan(0);
    expect(reason).toMatch(/\.$/);
  });
});
