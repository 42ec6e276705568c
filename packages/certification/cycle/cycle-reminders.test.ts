import { describe, expect, test } from 'vitest';
import {
  type Assessor,
  type AssessorChange,
  checkAssessor,
  newAssessor,
  recordCompletion,
  withdrawCompletion,
} from '../assessor/assessor.ts';
import { addDays } from '../calendar.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { milestonesOf, remember, reminderOn } from '../reminders/reminder.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { cycleReminders } from './cycle-reminders.ts';
import { certified, type History, noon } from './history.fixture.ts';

const ruleSet = ruleSetById('rules-2015');
const administrator = { role: 'administrator', personId: 'x1' } as const;

/** The days and milestones that sweeps on every day record, from one day through another. */
function daily(history: History, from: string, through: string): string[] {
  const told: string[] = [];
  for (let day = from; day <= through; day = addDays(day, 1)) {
    const before = history.events.length;
    history.sweep(day);
    for (const event of history.events.slice(before))
      if (event.type === 'reminder due')
        told.push(`${day} ${event.data.kind} ${event.data.dueOn} ${event.data.milestone}`);
  }
  return told;
}

describe('the milestones', () => {
  test('of an expiry are 90, 60, 30 and 7 days before it, and the day after [A]', () => {
    expect(milestonesOf({ kind: 'expiry', dueOn: '2022-05-31', ruleSet: ruleSet })).toEqual([
      { milestone: '90 days before', day: '2022-03-02' },
      { milestone: '60 days before', day: '2022-04-01' },
      { milestone: '30 days before', day: '2022-05-01' },
      { milestone: '7 days before', day: '2022-05-24' },
      { milestone: 'over', day: '2022-06-01' },
    ]);
  });

  test('of maintenance count from the month’s beginning, then from its end [A]', () => {
    expect(
      milestonesOf({ kind: 'maintenance', dueOn: '2020-05-31', ruleSet: ruleSet, windowFrom: '2020-05-01' }),
    ).toEqual([
      { milestone: '60 days before', day: '2020-03-02' },
      { milestone: '30 days before', day: '2020-04-01' },
      { milestone: 'window begins', day: '2020-05-01' },
      { milestone: '7 days before', day: '2020-05-24' },
      { milestone: 'over', day: '2020-06-01' },
    ]);
  });

  test('of a refresher are 90, 30 and 7 days before the status ends, and the day after [A]', () => {
    expect(milestonesOf({ kind: 'refresher', dueOn: '2022-05-31', ruleSet: ruleSet })).toEqual([
      { milestone: '90 days before', day: '2022-03-02' },
      { milestone: '30 days before', day: '2022-05-01' },
      { milestone: '7 days before', day: '2022-05-24' },
      { milestone: 'over', day: '2022-06-01' },
    ]);
  });

  test('are in the order of their days, however the rule set lists them', () => {
    const shuffled = { ...ruleSet, expiryReminderDays: { ...ruleSet.expiryReminderDays, value: [7, 90, 30] } };
    expect(milestonesOf({ kind: 'expiry', dueOn: '2022-05-31', ruleSet: shuffled }).map(({ day }) => day)).toEqual([
      ...['2022-03-02', '2022-05-01', '2022-05-24', '2022-06-01'],
    ]);
  });
});

describe('daily sweeps', () => {
  test('record every milestone of a cycle on its own day, once', () => {
    const history = certified();
    const first = ['60 days before', '30 days before', 'window begins', '7 days before', 'over'];
    const days = ['2020-03-02', '2020-04-01', '2020-05-01', '2020-05-24', '2020-06-01'];
    expect(daily(history, '2019-06-10', '2020-06-10')).toEqual(
      days.map((day, index) => `${day} maintenance 2020-05-31 ${first[index]}`),
    );
    expect(history.events.find(({ type }) => type === 'reminder due')?.data).toEqual({
      kind: 'maintenance',
      dueOn: '2020-05-31',
      milestone: '60 days before',
      day: '2020-03-02',
      certificateNumber: 'C-1',
      expiresOn: '2022-05-31',
      ruleSet: 'rules-2015',
      windowFrom: '2020-05-01',
      graceThrough: '2020-06-30',
      assessorId: 'aC',
    });
  });

  test('record the expiry with all its milestones', () => {
    expect(daily(certified({ recordsMonths: 6 }), '2019-06-10', '2020-12-31')).toEqual([
      '2020-03-02 expiry 2020-05-31 90 days before',
      '2020-04-01 expiry 2020-05-31 60 days before',
      '2020-05-01 expiry 2020-05-31 30 days before',
      '2020-05-24 expiry 2020-05-31 7 days before',
      '2020-06-01 expiry 2020-05-31 over',
    ]);
  });
});

describe('no reminder goes out', () => {
  test('of what is pending or met', () => {
    const history = certified().open('M', 'maintenance', '2020-02-01');
    history.arrive('M', '2020-02-10', '2020-02-05');
    expect(daily(history, '2020-03-01', '2020-03-31')).toEqual([]);
    expect(daily(history.decide('M', 'passed', '2020-04-01'), '2020-04-01', '2020-12-31')).toEqual([]);
  });

  test('of what a cancellation has ended', () => {
    const history = certified().sweep('2020-06-30');
    expect(daily(history, '2020-07-01', '2022-08-01')).toEqual([]);
  });

  test('of a certificate that is superseded: what it had laid down is forgiven', () => {
    const history = certified().decided('D', 'certification', { endedOn: '2020-02-10', on: '2020-02-20' });
    expect(daily(history, '2020-02-20', '2020-12-01')).toEqual([]);
    expect(daily(history, '2020-12-02', '2020-12-31')).toEqual(['2020-12-03 maintenance 2021-02-28 60 days before']);
  });

  test('of an employer without a certificate', () => {
    const history = certified().reopen('C', '2019-06-12').decide('C', 'failed', '2019-06-14');
    expect(daily(history, '2020-02-20', '2020-07-01')).toEqual([]);
    expect(history.cycle).not.toHaveProperty('nextCheckOn');
  });
});

describe('when runs were missed', () => {
  test('only the latest milestone that passed is told, and those that are to come', () => {
    expect(daily(certified(), '2020-05-10', '2020-06-02')).toEqual([
      '2020-05-10 maintenance 2020-05-31 window begins',
      '2020-05-24 maintenance 2020-05-31 7 days before',
      '2020-06-01 maintenance 2020-05-31 over',
    ]);
  });

  test('what is recorded of a subject is its latest milestone, and of another subject another', () => {
    const may = { kind: 'maintenance', dueOn: '2020-05-31', ruleSet, windowFrom: '2020-05-01' } as const;
    const told = reminderOn(may, [], '2020-04-10');
    expect(told).toEqual({
      kind: 'maintenance',
      dueOn: '2020-05-31',
      milestone: '30 days before',
      day: '2020-04-01',
      ruleSet: ruleSet.id,
    });
    if (told === undefined) throw new Error('Nothing was told.');
    const sent = remember([], told);
    expect(reminderOn(may, sent, '2020-04-30')).toBeUndefined();
    expect(reminderOn(may, sent, '2020-05-01')).toMatchObject({ milestone: 'window begins' });
    expect(reminderOn({ ...may, kind: 'expiry' }, sent, '2020-04-10')).toMatchObject({ kind: 'expiry' });
    const next = { ...may, dueOn: '2021-05-31', windowFrom: '2021-05-01' };
    expect(reminderOn(next, sent, '2021-04-10')).toMatchObject({ dueOn: '2021-05-31' });
    expect(remember(sent, { ...told, milestone: 'over', day: '2020-06-01' })).toHaveLength(1);
    expect(remember(sent, { ...told, kind: 'expiry' })).toHaveLength(2);
  });
});

describe('a subject that was pending', () => {
  test('is sent again when the audit that kept it pending fails, and its cycle is checked that day', () => {
    const history = certified().open('M', 'maintenance', '2020-04-01').arrive('M', '2020-04-10', '2020-04-05');
    history.sweep('2020-05-25').decide('M', 'failed', '2020-05-26');
    expect(history.cycle.nextCheckOn).toBe('2020-05-26');
    expect(daily(history, '2020-05-26', '2020-06-02')).toEqual([
      '2020-05-26 maintenance 2020-05-31 7 days before',
      '2020-06-01 maintenance 2020-05-31 over',
    ]);
  });

  test('says again nothing that it had said before', () => {
    const history = certified().sweep('2020-05-24').open('M', 'maintenance', '2020-05-25');
    history.arrive('M', '2020-05-26', '2020-05-25').decide('M', 'failed', '2020-05-28');
    expect(history.cycle.nextCheckOn).toBe('2020-06-01');
    expect(cycleReminders(history.cycle, '2020-05-28')).toEqual([]);
  });
});

describe('the day of the next check of a cycle', () => {
  test('is of the next milestone, of the day from which a due date is at risk, of the end of the grace', () => {
    const history = certified();
    const checked: string[] = [];
    for (
      let day = history.cycle.nextCheckOn;
      day !== undefined && day <= '2020-12-31';
      day = history.cycle.nextCheckOn
    ) {
      checked.push(day);
      history.sweep(day);
    }
    expect(checked).toEqual(['2020-03-02', '2020-04-01', '2020-05-01', '2020-05-24', '2020-06-01', '2020-07-01']);
    expect(history.cycle.certificates[0]?.cancelledOn).toBe('2020-07-01');
    expect(history.cycle).not.toHaveProperty('nextCheckOn');
  });

  test('is none once a sweep has found all pending, or that the certificate has expired was told', () => {
    const history = certified({ recordsMonths: 6 }).open('D', 'certification', '2020-01-01');
    history.arrive('D', '2020-01-10', '2020-01-05');
    // Only a sweep moves the day on: no other change has to touch its entry.
    expect(history.cycle.nextCheckOn).toBe('2020-03-02');
    const { events } = history.cycle;
    expect(history.sweep('2020-03-02').cycle).not.toHaveProperty('nextCheckOn');
    expect(history.cycle.events).toBe(events);
    const expired = certified({ recordsMonths: 6 }).sweep('2020-06-01');
    expect(expired.cycle).not.toHaveProperty('nextCheckOn');
  });
});

describe('an assessor’s refresher', () => {
  const initial = { courseId: 'safety-program-development', completedOn: '2019-05-31' };
  const given = { assessorId: 'a1', name: 'Ana', email: 'ana@example.com', actsFor: ['e1'], completions: [initial] };
  const done = (change: AssessorChange | Refusal | undefined): Assessor => {
    if (change === undefined || isRefusal(change)) throw new Error('nothing changed');
    return change.assessor;
  };
  const added = (on: string) => done(newAssessor(given, administrator, noon(on)));
  /** The assessor after daily sweeps, and what these have recorded. */
  const swept = (assessor: Assessor, from: string, through: string) => {
    let last = assessor;
    const told: string[] = [];
    for (let day = from; day <= through; day = addDays(day, 1)) {
      const change = checkAssessor(last, noon(day));
      last = change.assessor;
      for (const event of change.events)
        if (event.type === 'reminder due') told.push(`${day} ${event.data.dueOn} ${event.data.milestone}`);
    }
    return { assessor: last, told };
  };

  test('is reminded of 90, 30 and 7 days before the status ends, and when it has ended', () => {
    const assessor = added('2019-06-10');
    expect(assessor.nextCheckOn).toBe('2022-03-02');
    const { assessor: last, told } = swept(assessor, '2022-02-25', '2022-07-01');
    expect(told).toEqual([
      '2022-03-02 2022-05-31 90 days before',
      '2022-05-01 2022-05-31 30 days before',
      '2022-05-24 2022-05-31 7 days before',
      '2022-06-01 2022-05-31 over',
    ]);
    expect(last).not.toHaveProperty('nextCheckOn');
  });

  test('that passed before they were added counts as sent', () => {
    const assessor = added('2022-05-10');
    expect(assessor.nextCheckOn).toBe('2022-05-24');
    expect(swept(assessor, '2022-05-10', '2022-05-31').told).toEqual(['2022-05-24 2022-05-31 7 days before']);
    expect(swept(added('2024-01-01'), '2024-01-01', '2024-02-01').told).toEqual([]);
  });

  test('of a new term is a new subject; one that is taken back is for the old one again', () => {
    const refresher = { courseId: 'hazard-management', completedOn: '2022-04-15' };
    const { assessor } = swept(added('2019-06-10'), '2022-03-01', '2022-04-14');
    const renewed = done(recordCompletion(assessor, refresher, administrator, noon('2022-04-15')));
    expect(renewed.nextCheckOn).toBe('2022-05-01');
    const { assessor: moved, told } = swept(renewed, '2022-04-15', '2022-06-10');
    expect(told).toEqual([]);
    expect(moved.nextCheckOn).toBe('2025-01-15');
    const corrected = done(withdrawCompletion(renewed, refresher, administrator, noon('2022-05-03')));
    expect(corrected.nextCheckOn).toBe('2022-05-01');
    expect(swept(corrected, '2022-05-03', '2022-05-10').told).toEqual(['2022-05-03 2022-05-31 30 days before']);
  });

  test('stays due when an older course is recorded, which begins no term', () => {
    const older = { courseId: 'hazard-management', completedOn: '2018-03-01' };
    const recorded = done(recordCompletion(added('2019-06-10'), older, administrator, noon('2022-05-24')));
    expect((recorded.nextCheckOn ?? '') <= '2022-05-24').toBe(true);
    expect(swept(recorded, '2022-05-24', '2022-05-24').told).toEqual(['2022-05-24 2022-05-31 7 days before']);
  });

  test('that a course recorded late would have been reminded of is old news', () => {
    const late = { courseId: 'hazard-management', completedOn: '2019-07-15' };
    const recorded = done(recordCompletion(added('2019-06-10'), late, administrator, noon('2022-06-20')));
    expect(swept(recorded, '2022-06-20', '2022-07-20').told).toEqual([
      ...['2022-07-08 2022-07-15 7 days before', '2022-07-16 2022-07-15 over'],
    ]);
  });
});
