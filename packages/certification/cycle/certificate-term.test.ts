import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addYears } from '../calendar.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { certificateTerm, expiryDate } from './certificate-term.ts';

const rules = ruleSetOn('2026-11-23');

describe('the term of a certificate', () => {
  it.each([
    [0, undefined],
    [2, undefined],
    [3, 1],
    [11, 1],
    [12, 3],
    [120, 3],
  ])('on %i months of records is %s years', (months, years) => {
    expect(certificateTerm(months, rules)).toBe(years);
  });

  it('comes from the rule set', () => {
    const other = { ...rules, certificateYears: { ...rules.certificateYears, value: 2 } };
    expect(certificateTerm(12, other)).toBe(2);
  });

  it('never gets shorter with more records', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.nat(60),
        (months, more) => (certificateTerm(months, rules) ?? 0) <= (certificateTerm(months + more, rules) ?? 0),
      ),
    );
  });
});

describe('the expiry date', () => {
  it.each([
    ['2019-05-31', 12, '2022-05-31'],
    ['2019-05-31', 36, '2022-05-31'],
    ['2019-05-31', 11, '2020-05-31'],
    ['2019-05-31', 3, '2020-05-31'],
    ['2024-02-29', 12, '2027-02-28'],
    ['2024-02-29', 3, '2025-02-28'],
    ['2023-02-28', 3, '2024-02-28'],
    ['2026-12-31', 12, '2029-12-31'],
  ])('of an audit ended on %s with %i months of records is %s', (endedOn, months, expires) => {
    expect(expiryDate(endedOn, months, rules)).toBe(expires);
  });

  it('is the audit end date plus the term, whatever the day', () => {
    const days = fc
      .date({ min: new Date('2015-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
    fc.assert(
      fc.property(
        days,
        fc.integer({ min: 12, max: 60 }),
        (endedOn, months) => expiryDate(endedOn, months, rules) === addYears(endedOn, 3),
      ),
    );
  });

  it('is refused with less than the least months of records', () => {
    expect(() => expiryDate('2026-05-31', 2, rules)).toThrow('2 months of records give no certificate: at least 3');
  });
});
