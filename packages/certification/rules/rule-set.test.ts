import { describe, expect, it } from 'vitest';
import { addDays, isDate } from '../calendar.ts';
import { protocolById } from '../protocol/protocols.ts';
import { type Rule, type RuleSet, ruleSetById, ruleSetOn, ruleSetOrFirst } from './rule-set.ts';

describe('the rule set in force', () => {
  it.each([
    ['2015-01-01', 'rules-2015', 'secor-2015'],
    ['2019-12-31', 'rules-2015', 'secor-2015'],
    ['2020-01-01', 'rules-2020', 'secor-2020'],
    ['2026-11-23', 'rules-2020', 'secor-2020'],
  ])('on %s is %s, with the protocol %s', (date, id, protocol) => {
    expect(ruleSetOn(date).id).toBe(id);
    expect(ruleSetOn(date).protocol.value).toBe(protocol);
  });

  it('is none before the first, and says which the first is', () => {
    expect(() => ruleSetOn('2014-12-31')).toThrow(
      'No rule set is in force on 2014-12-31: the first, rules-2015, holds from 2015-01-01.',
    );
  });

  it('is the first for what is older than all [A]', () => {
    expect(ruleSetOrFirst('2009-06-10').id).toBe('rules-2015');
    expect(ruleSetOrFirst('2015-01-01').id).toBe('rules-2015');
    expect(ruleSetOrFirst('2026-11-23')).toBe(ruleSetOn('2026-11-23'));
  });
});

describe('a rule set', () => {
  const all = ['rules-2015', 'rules-2020'].map(ruleSetById);

  it('is found by its id', () => {
    expect(all.map((ruleSet) => ruleSet.id)).toEqual(['rules-2015', 'rules-2020']);
  });

  it('that does not exist is an error that names those that do', () => {
    expect(() => ruleSetById('rules-1999')).toThrow(
      'There is no rule set "rules-1999": there are rules-2015, rules-2020.',
    );
  });

  it.each(all)('$id holds from its first day on, and not before', (ruleSet) => {
    expect(isDate(ruleSet.from)).toBe(true);
    expect(ruleSetOn(ruleSet.from)).toBe(ruleSet);
    const dayBefore = addDays(ruleSet.from, -1);
    expect(idOn(dayBefore)).not.toBe(ruleSet.id);
  });

  it.each(all)('$id names a protocol that exists', (ruleSet) => {
    expect(protocolById(ruleSet.protocol.value)?.id).toBe(ruleSet.protocol.value);
  });

  it.each(all)('$id has the numbers of the program, each with its source', (ruleSet) => {
    const numbers = Object.fromEntries(
      rulesOf(ruleSet)
        .filter(([name]) => name !== 'protocol')
        .map(([name, rule]) => [name, `${rule.value} [${rule.source}]`]),
    );
    expect(numbers).toEqual({
      certificationOverallPercent: '80 [N]',
      certificationElementPercent: '50 [N]',
      maintenanceOverallPercent: '60 [N]',
      certificateYears: '3 [N]',
      fullRecordsMonths: '12 [P]',
      shortCertificateYears: '1 [P]',
      minRecordsMonths: '3 [P]',
      dataGatheringDays: '15 [P]',
      submissionDays: '21 [P]',
      revisionDays: '15 [P]',
      reopenDays: '30 [A]',
      maxEmployees: '10 [P]',
      maintenanceWindow: 'month [N]',
      graceDays: '30 [A]',
      expiryReminderDays: '90,60,30,7 [A]',
      maintenanceReminderDays: '60,30 [A]',
      lastMaintenanceReminderDays: '7 [A]',
      refresherYears: '3 [N]',
      refresherReminderDays: '90,30,7 [A]',
      packageReminderDays: '14,44,74 [A]',
      revisionReminderDays: '7,2 [A]',
      riskDays: '30 [A]',
      binderEntryDays: '7 [A]',
    });
  });

  it.each(all)('$id says each rule in one sentence that holds its value', (ruleSet) => {
    const words: Record<string, string> = { '1': 'one', '3': 'three' };
    for (const [name, { value, text }] of rulesOf(ruleSet)) {
      expect(text, name).toMatch(/^[A-Z][^.]+\.$/);
      for (const part of [value].flat()) {
        const said = [String(part), words[String(part)] ?? ''].some((word) => word !== '' && text.includes(word));
        expect(said, `${name}: ${text}`).toBe(true);
      }
    }
  });
});

function idOn(date: string): string | undefined {
  try {
    return ruleSetOn(date).id;
  } catch {
    return undefined;
  }
}

function rulesOf(ruleSet: RuleSet): [string, Rule<number | string | readonly number[]>][] {
  const { id, from, ...rules } = ruleSet;
  return Object.entries(rules);
}
