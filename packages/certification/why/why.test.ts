import { describe, expect, test } from 'vitest';
import { type Audit, registerAudit } from '../audit/audit.ts';
import { judge } from '../audit/outcome.ts';
import type { Score } from '../audit/scoring.ts';
import { currentCertificate } from '../cycle/cycle.ts';
import { certified, type History, noon } from '../cycle/history.fixture.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { protocolById } from '../protocol/protocols.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { explainStatus } from './assessor.ts';
import { type ExplainedRevision, explainAudit } from './audit.ts';
import { explainCycle } from './cycle.ts';
import type { Explanation } from './explanation.ts';
import { explainAuditReminder, explainReminder } from './reminder.ts';

/** An explanation as people read it. */
type Read = ReturnType<typeof read>;

function read({ what, value, because, rules, facts }: Explanation) {
  const said = facts.map(({ text }) => text);
  return { what: what.text, value: value.text, because: because.text, rules, facts: said };
}

const readCycle = (...of: Parameters<typeof explainCycle>) => explainCycle(...of).map(read);
const readAudit = (...of: Parameters<typeof explainAudit>) => explainAudit(...of).map(read);
const readStatus = (...of: Parameters<typeof explainStatus>) => explainStatus(...of).map(read);
const readReminder = (of: Parameters<typeof explainReminder>[0]) => read(explainReminder(of));
const readAuditReminder = (of: Parameters<typeof explainAuditReminder>[0]) => read(explainAuditReminder(of));

function of(explanations: readonly Read[], what: string | RegExp): Read {
  const found = explanations.find((each) => (typeof what === 'string' ? each.what === what : what.test(each.what)));
  if (found === undefined)
    throw new Error(`Nothing explains ${what}: ${explanations.map((each) => each.what).join('; ')}`);
  return found;
}

const cited = ({ rules }: Read) =>
  rules.map(({ text, source, ruleSet, from }) => `${text} [${source}] ${ruleSet} ${from}`);

describe('a cycle explains', () => {
  const cycle = (history: History, today: string) => readCycle(history.cycle, today);

  test('the expiry date by the audit end date and the months of records', () => {
    const expiry = of(cycle(certified(), '2019-06-10'), 'Expiry date of certificate C-1');
    expect(expiry).toMatchObject({
      value: '31 May 2022',
      because: 'It is 3 years from the audit end date, 31 May 2019.',
    });
    expect(cited(expiry)[0]).toBe(
      'A certificate expires three years after the end date of its certification audit. [N] rules-2015 2015-01-01',
    );
    const short = of(cycle(certified({ recordsMonths: 6 }), '2019-06-10'), 'Expiry date of certificate C-1');
    expect(short).toMatchObject({
      value: '31 May 2020',
      because: expect.stringContaining('fewer than 12 months of records'),
    });
    expect(short.rules.map(({ source }) => source)).toEqual(['P', 'P']);
  });

  test('a due date by the month of the expiry date [N]', () => {
    const due = of(cycle(certified(), '2019-06-10'), 'Due date of the maintenance audit of 2020 for certificate C-1');
    expect(due).toMatchObject({
      value: '31 May 2020',
      because: 'It is the end of the month of the expiry date, 31 May 2022, in 2020.',
      rules: [{ source: 'N', ruleSet: 'rules-2015' }],
    });
    expect(of(cycle(certified(), '2019-06-10'), /Due date of the re-certification/).value).toBe('31 May 2022');
  });

  test('each state of an obligation, with the audit behind it', () => {
    const state = (history: History, today: string) =>
      of(cycle(history, today), /^Maintenance audit of .* 31 May 2020/);
    expect(state(certified(), '2020-05-31')).toMatchObject({ value: 'open' });
    expect(state(certified(), '2020-06-01')).toMatchObject({
      value: 'overdue',
      because: expect.stringContaining('cancelled on 1 July 2020 unless a package has arrived by then'),
      rules: [{ source: 'N' }, { source: 'A', text: expect.stringContaining('30 days') }],
    });
    expect(state(certified(), '2020-07-01')).toMatchObject({
      value: 'cancelled',
      because: expect.stringContaining(
        'due date of 31 May 2020, so the certificate and all its obligations were cancelled on 1 July 2020',
      ),
    });
    const pending = certified().open('M', 'maintenance', '2020-06-20').arrive('M', '2020-06-22', '2020-06-20');
    expect(state(pending, '2020-07-05').because).toBe('Audit M arrived on 22 June 2020 and has not been decided.');
    const met = state(pending.decide('M', 'passed', '2020-07-10'), '2020-07-10');
    expect(met).toMatchObject({
      value: 'met, late',
      because: expect.stringContaining('grace period that lasted through 30 June 2020'),
    });
    expect(met.facts).toContainEqual('audit end date: 20 June 2020');
    const forgiven = certified().decided('D', 'certification', { endedOn: '2020-05-20', on: '2020-05-25' });
    expect(state(forgiven, '2020-06-10')).toMatchObject({ value: 'forgiven', because: expect.stringContaining('D-1') });
    expect(of(cycle(forgiven, '2020-06-10'), /^Re-certification of certificate C-1/)).toMatchObject({
      value: 'met',
      because: 'Audit D passed and ended on 20 May 2020, on or before the due date.',
    });
  });

  test('each standing, of earlier certificates too, the newest first', () => {
    const standing = (history: History, today: string, number = 'C-1') =>
      of(cycle(history, today), `Standing of certificate ${number}`);
    expect(standing(certified(), '2019-06-10').value).toBe('valid');
    expect(standing(certified({ recordsMonths: 6 }), '2020-06-01')).toMatchObject({ value: 'expired' });
    expect(standing(certified(), '2020-07-01')).toMatchObject({ value: 'cancelled', rules: [{ source: 'A' }] });
    const newer = certified().decided('D', 'certification', { endedOn: '2020-05-20', on: '2020-05-25' });
    expect(standing(newer, '2020-06-10')).toMatchObject({
      value: 'superseded',
      because: expect.stringContaining('D-1'),
    });
    expect(cycle(newer, '2020-06-10')[0]?.what).toBe('Expiry date of certificate D-1');
    newer.reopen('D', '2020-06-11').decide('D', 'failed', '2020-06-12');
    expect(standing(newer, '2020-06-12', 'D-1')).toMatchObject({
      value: 'revoked',
      because: expect.stringContaining('did not end with a pass, so the certificate was revoked on 12 June 2020'),
    });
  });
});

describe('an audit explains', () => {
  const register = (on: string, kind: Audit['kind'] = 'certification', binder?: NonNullable<Audit['binder']>) =>
    registerAudit(
      {
        auditNumber: '412345678',
        kind,
        employerId: 'e1',
        assessorId: 'a1',
        ruleSet: ruleSetOn(binder?.postmarkedOn ?? on),
        ...(binder === undefined ? {} : { binder }),
      },
      { role: 'assessor', personId: 'a1' },
      noon(on),
    ).audit;
  /** An audit that its reviewer has decided. */
  const closed = (audit: Audit): Audit => ({ ...audit, state: 'closed', closedAt: noon('2019-06-10') });
  const protocol = protocolById('secor-2015') as Protocol;
  const score = (...awarded: readonly number[]): Score => ({
    awarded: awarded.reduce((sum, points) => sum + points, 0),
    available: 100 * (awarded.length - 1),
    elements: protocol.elements.map(({ id }, index) => ({
      element: id,
      awarded: awarded[index] ?? 0,
      available: index === awarded.length - 1 ? 0 : 100,
      questions: [],
    })),
  });
  const revision = (points: Score, kind: Audit['kind'] = 'certification'): ExplainedRevision => ({
    score: points,
    outcome: judge(kind, protocol, points, ruleSetOn('2019-05-01')),
    startedOn: '2019-05-01',
    endedOn: '2019-05-16',
    recordsMonths: 12,
  });

  test('by the rule set of its registration day, whatever is in force today', () => {
    const old = readAudit(register('2019-12-31'));
    expect(of(old, 'Rule set')).toMatchObject({
      value: 'rules-2015',
      because:
        'The audit was registered on 31 December 2019, and an audit is judged by the rule set in force on that day.',
    });
    expect(of(old, 'Protocol')).toMatchObject({ value: 'secor-2015', rules: [{ ruleSet: 'rules-2015' }] });
    expect(of(readAudit(register('2020-01-01')), 'Rule set').value).toBe('rules-2020');
    for (const { rules } of old) for (const rule of rules) expect(rule.ruleSet).toBe('rules-2015');
  });

  test('by the postmark of its binder', () => {
    const binder = { postmarkedOn: '2019-12-30', receivedOn: '2020-01-03', endedOn: '2019-12-20' };
    expect(of(readAudit(register('2020-01-05', 'certification', binder)), 'Rule set')).toMatchObject({
      value: 'rules-2015',
      because: expect.stringContaining('The binder was postmarked on 30 December 2019'),
    });
  });

  test('its minimums in points, an element that is not judged, and the outcome', () => {
    const explained = readAudit(closed(register('2019-05-20')), {
      revision: revision(score(49, 90, 90, 90, 90, 90, 60, 0)),
    });
    expect(of(explained, 'Overall minimum')).toMatchObject({
      value: '560 of 700 points',
      because: '80 % of 700 points is reached with 560; 559 were awarded, which is 1 short.',
      facts: [expect.any(String), expect.any(String), 'percentage: 79.8'],
    });
    const elements = explained.filter(({ what }) => what.startsWith('Minimum of element'));
    expect(elements).toHaveLength(8);
    expect(elements[0]?.because).toContain('49 were awarded, which is 1 short');
    expect(elements[1]?.because).toContain('90 were awarded, which is enough');
    expect(elements[7]).toMatchObject({ value: '–', because: expect.stringContaining('not judged') });
    expect(of(explained, 'Outcome')).toMatchObject({
      value: 'failed',
      because: expect.stringMatching(/^These minimums are missed: overall \(1 point short\); .* \(1 point short\)\.$/),
    });
    expect(explained.map(({ what }) => what)).not.toContain('Term of the certificate');
  });

  test('of maintenance without a minimum of each element [N]', () => {
    const points = score(10, 90, 90, 90, 90, 90, 0, 0);
    const explained = readAudit(closed(register('2019-05-20', 'maintenance')), {
      revision: revision(points, 'maintenance'),
    });
    expect(of(explained, 'Overall minimum').value).toBe('420 of 700 points');
    expect(of(explained, 'Outcome')).toMatchObject({ value: 'passed', rules: [{ source: 'N' }] });
    expect(explained.some(({ what }) => what.startsWith('Minimum of element'))).toBe(false);
  });

  test('the term of its certificate, and the windows whose breach is a warning', () => {
    const passed = revision(score(90, 90, 90, 90, 90, 90, 90, 0));
    const explained = readAudit(closed(register('2019-05-20')), { revision: passed });
    expect(of(explained, 'Term of the certificate')).toMatchObject({ value: '3 years' });
    expect(of(explained, 'Days of the data gathering')).toMatchObject({
      value: 'warning',
      because: 'The data gathering lasted 16 days, both ends counted; 15 are allowed.',
    });
    const short = readAudit(closed(register('2019-05-20')), {
      revision: { ...passed, recordsMonths: 6, startedOn: '2019-05-02' },
    });
    expect(of(short, 'Term of the certificate').value).toBe('1 year');
    const correctedMonths = { before: 14, reason: 'The first record is of December.' };
    const why = readAudit(closed(register('2019-05-20')), {
      revision: { ...passed, recordsMonths: 6, correctedMonths },
    });
    expect(of(why, 'Term of the certificate').facts.slice(0, 3)).toEqual([
      'months of records: 6',
      'months that the package says: 14',
      'reason of the correction: The first record is of December.',
    ]);
    expect(of(short, 'Days of the data gathering').value).toBe('in order');
    const binder = { postmarkedOn: '2019-06-01', receivedOn: '2019-06-07', endedOn: '2019-05-16' };
    const late = readAudit(register('2019-06-08', 'certification', binder), { revision: passed });
    expect(of(late, 'Days to the arrival of the package')).toMatchObject({
      value: 'warning',
      because: 'The binder was received on 7 June 2019; 6 June 2019 is the last day, 21 days after the audit end date.',
    });
  });

  test('the day by which a revision is due', () => {
    const awaiting = {
      ...register('2019-05-20'),
      state: 'awaiting revision',
      rounds: 1,
      revisionDueOn: '2019-07-01',
    } as const;
    expect(of(readAudit(awaiting), 'Due date of the revision')).toMatchObject({
      value: '1 July 2019',
      because: expect.stringContaining('15 days after it was requested'),
      rules: [{ source: 'P' }],
    });
  });
});

describe('an assessor’s status explains', () => {
  const initial = { courseId: 'safety-program-development', completedOn: '2019-05-31' };

  test('what it rests on, and its end', () => {
    const [status, end] = readStatus([initial], '2022-05-31');
    expect(status).toMatchObject({ value: 'holds', because: expect.stringContaining('through 31 May 2022') });
    expect(end).toMatchObject({
      what: 'Last day of the assessor status',
      value: '31 May 2022',
      because: expect.stringContaining('Safety Program Development, completed on 31 May 2019'),
      rules: [{ source: 'N', ruleSet: 'rules-2015' }],
    });
    expect(readStatus([initial], '2022-06-01')[0]).toMatchObject({ value: 'ended' });
  });

  test('that there is none without the initial training', () => {
    const refresher = { courseId: 'hazard-management', completedOn: '2019-05-31' };
    expect(readStatus([refresher], '2020-01-01')).toMatchObject([{ value: 'none', rules: [] }]);
  });
});

describe('a reminder explains', () => {
  const may = { kind: 'maintenance', dueOn: '2020-05-31', ruleSet: 'rules-2015' } as const;

  test.each([
    [
      '60 days before',
      '2020-03-02',
      'That day is 60 days before the beginning of the window in which it is due.',
      '60 and 30 days',
    ],
    [
      'window begins',
      '2020-05-01',
      'On that day the window begins in which the maintenance audit is due, by 31 May 2020.',
      '60 and 30 days',
    ],
    ['7 days before', '2020-05-24', 'That day is 7 days before 31 May 2020.', '7 days before it is due'],
    [
      'over',
      '2020-06-01',
      '31 May 2020 has passed, and that day was the last one for the maintenance audit.',
      'on the day after',
    ],
  ] as const)('its milestone: %s', (milestone, day, because, rule) => {
    const explained = readReminder({ ...may, milestone, day });
    expect(explained).toMatchObject({ because, rules: [{ source: 'A', text: expect.stringContaining(rule) }] });
  });

  test('that a cycle remembers by the rule set of its own certificate, not of the current one', () => {
    const history = certified().sweep('2020-05-24');
    history.decided('D', 'certification', { endedOn: '2020-06-10', on: '2020-06-20' }, 'passed', {
      ruleSet: 'rules-2020',
    });
    expect(currentCertificate(history.cycle)?.ruleSet).toBe('rules-2020');
    const [reminder] = history.cycle.sent.map(readReminder);
    expect(reminder?.rules).toMatchObject([{ ruleSet: 'rules-2015' }]);
  });

  test('by its own rule set', () => {
    const reminder = {
      kind: 'refresher',
      dueOn: '2022-05-31',
      milestone: '30 days before',
      day: '2022-05-01',
      ruleSet: 'rules-2015',
    } as const;
    expect(readReminder(reminder)).toMatchObject({
      value: '1 May 2022',
      because: 'That day is 30 days before 31 May 2022.',
      rules: [{ ruleSet: 'rules-2015' }],
    });
  });
});

describe('a reminder of an audit explains', () => {
  test('the package by the days since the registration', () => {
    const reminder = {
      kind: 'package',
      registeredOn: '2026-11-01',
      milestone: '44 days after',
      day: '2026-12-15',
      ruleSet: 'rules-2020',
    } as const;
    expect(readAuditReminder(reminder)).toMatchObject({
      what: 'Reminder of the package',
      value: '15 December 2026',
      because: 'That day is 44 days after the registration on 1 November 2026.',
      rules: [{ source: 'A', text: expect.stringContaining('after 14, 44 and 74 days') }],
    });
  });

  test('the revision by the days before it is due; and that a letter which set the date counts as one', () => {
    const reminder = {
      kind: 'revision',
      round: 1,
      dueOn: '2026-11-18',
      milestone: '7 days before',
      day: '2026-11-11',
      ruleSet: 'rules-2020',
    } as const;
    expect(readAuditReminder(reminder)).toMatchObject({
      what: 'Reminder of the revision',
      because: 'That day is 7 days before 18 November 2026, when the revision is due.',
      rules: [{ source: 'A', text: expect.stringContaining('7 and 2 days before it is due') }],
    });
    expect(readAuditReminder({ ...reminder, countsAsSent: true }).because).toBe(
      'That day is 7 days before 18 November 2026, when the revision is due; the letter that set this date said so, and counts as the reminder.',
    );
  });
});

test('every explanation is one sentence for people, with dates in words', () => {
  const history = certified().decided('M', 'maintenance', { endedOn: '2020-06-10', on: '2020-06-20' });
  const all = ['2020-06-20', '2021-06-10', '2021-07-01', '2023-01-01'].flatMap((today) =>
    readCycle(history.cycle, today),
  );
  for (const { what, value, because, facts } of all) {
    expect(because).toMatch(/^[A-Z0-9][^.]*\.$/);
    expect(JSON.stringify([what, value, because, facts])).not.toMatch(/\d{4}-\d{2}-\d{2}|unknown|undefined/);
  }
});

test('every explanation carries codes and values, with which a page can say it in another language', () => {
  const [expiry] = explainCycle(certified().cycle, '2019-06-10');
  expect(expiry).toMatchObject({
    what: { code: 'expiry-date', values: { certificateNumber: 'C-1' }, text: 'Expiry date of certificate C-1' },
    value: { code: 'date', values: { date: '2022-05-31' }, text: '31 May 2022' },
    because: { code: 'years-from-audit-end', values: { years: 3, endedOn: '2019-05-31' } },
    rules: [
      { code: 'certificateYears', values: { value: 3 }, source: 'N', ruleSet: 'rules-2015' },
      { code: 'fullRecordsMonths', values: { value: 12 } },
    ],
  });
  expect(expiry?.facts).toContainEqual({
    code: 'audit-end-date',
    values: { date: '2019-05-31' },
    text: 'audit end date: 31 May 2019',
  });
});
