import { assessorStatus } from './assessor-status.ts';
import { addYears, dateInWords } from './calendar.ts';
import { courseById } from './course.ts';
import type { SentMilestone } from './milestone.ts';
import type { Completion } from './person.ts';
import { type Rule, type RuleSet, ruleSetById, ruleSetOrFirst } from './rule-set.ts';

/** A rule as an explanation cites it: [N] newsletter, [P] public, [A] assumption; the id of its rule set and the day from which it holds. */
export type CitedRule = {
  readonly text: string;
  readonly source: 'N' | 'P' | 'A';
  readonly ruleSet: string;
  readonly from: string;
};

/** Why something computed is as it is, for people; dates in words. */
export type Explanation = {
  /** What is explained, such as 'Expiry date of certificate 412345678-1'. */
  readonly what: string;
  readonly value: string;
  /** One sentence. */
  readonly because: string;
  readonly rules: readonly CitedRule[];
  /** What went in. */
  readonly facts: readonly Fact[];
};

export type Fact = { readonly name: string; readonly value: string };

/** Cites rules of a rule set. */
export function cite({ id, from }: RuleSet, ...rules: readonly Rule<unknown>[]): CitedRule[] {
  return rules.map(({ text, source }) => ({ text, source, ruleSet: id, from }));
}

/** A fact; none when there is no value. */
export function fact(name: string, value: string | number | undefined): Fact[] {
  return value === undefined ? [] : [{ name, value: String(value) }];
}

/** A fact that is a date, in words; none when there is no date. */
export function dateFact(name: string, date: string | undefined): Fact[] {
  return fact(name, date === undefined ? undefined : dateInWords(date));
}

/**
 * Explains an assessor's status as of a day [N]: whether it holds, the course that it rests on, and its last day.
 * @param completions in any order
 * @param today business date
 */
export function explainStatus(completions: readonly Completion[], today: string): Explanation[] {
  const status = assessorStatus(completions, today);
  const known = fact('courses completed by then', completions.filter(({ completedOn }) => completedOn <= today).length);
  const what = `Assessor status on ${dateInWords(today)}`;
  if (!('through' in status))
    return [
      {
        what,
        value: 'none',
        because: 'There is no status without the initial training, and none was completed by that day.',
        rules: [],
        facts: known,
      },
    ];
  const { holds, through, restsOn } = status;
  const course = courseById(restsOn.courseId)?.title ?? restsOn.courseId;
  const ruleSet = ruleSetById(status.ruleSet);
  const rules = cite(ruleSet, ruleSet.refresherYears);
  const rest = `${course}, completed on ${dateInWords(restsOn.completedOn)}`;
  const facts = [...fact('latest course', course), ...dateFact('completed', restsOn.completedOn), ...known];
  return [
    {
      what,
      value: holds ? 'holds' : 'ended',
      because: holds
        ? `It holds through ${dateInWords(through)}, and that day has not passed.`
        : `It held through ${dateInWords(through)}, and no course that was completed since renews it.`,
      rules,
      facts,
    },
    {
      what: 'Last day of the assessor status',
      value: dateInWords(through),
      because: `It is counted from the latest of the initial training and any refresher: ${rest}.`,
      rules,
      facts,
    },
  ];
}

const subjects = {
  expiry: 'the expiry of the certificate',
  maintenance: 'the maintenance audit',
  refresher: 'the refresher',
} as const;

/**
 * Explains a reminder: of what, by which milestone and why on that day.
 * @param reminder with the rule set of what it reminds of; a refresher's follows from its due date when it is not given
 */
export function explainReminder(reminder: SentMilestone & { readonly ruleSet?: string }): Explanation {
  const { kind, dueOn, milestone, day } = reminder;
  const ruleSet = ruleSetOf(reminder);
  const subject = subjects[kind];
  const last = ruleSet && milestone === `${ruleSet.lastMaintenanceReminderDays.value} days before`;
  const before =
    kind === 'maintenance' && last !== true ? 'the beginning of the window in which it is due' : dateInWords(dueOn);
  return {
    what: `Reminder of ${subject}`,
    value: dateInWords(day),
    because:
      milestone === 'over'
        ? `${dateInWords(dueOn)} has passed, and that day was the last one for ${subject}.`
        : milestone === 'window begins'
          ? `On that day the window begins in which ${subject} is due, by ${dateInWords(dueOn)}.`
          : `That day is ${milestone} ${before}.`,
    rules: ruleSet === undefined ? [] : cite(ruleSet, reminderRule(reminder, ruleSet, last === true)),
    facts: [...dateFact('due', dueOn), ...fact('milestone', milestone), ...dateFact('day of the milestone', day)],
  };
}

function ruleSetOf({ kind, dueOn, ruleSet }: SentMilestone & { readonly ruleSet?: string }): RuleSet | undefined {
  if (ruleSet !== undefined) return ruleSetById(ruleSet);
  if (kind !== 'refresher') return undefined;
  return ruleSetOrFirst(addYears(dueOn, -ruleSetOrFirst(dueOn).refresherYears.value));
}

function reminderRule({ kind, milestone }: SentMilestone, ruleSet: RuleSet, isLast: boolean): Rule<unknown> {
  if (kind === 'expiry') return ruleSet.expiryReminderDays;
  if (kind === 'refresher') return ruleSet.refresherReminderDays;
  return milestone === 'over' || isLast ? ruleSet.lastMaintenanceReminderDays : ruleSet.maintenanceReminderDays;
}
