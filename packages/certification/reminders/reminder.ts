import { addDays } from '../calendar.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Milestone, ReminderKind, SentMilestone } from './milestone.ts';

/** A milestone of a subject, with its own day. */
export type MilestoneDay = { readonly milestone: Milestone; readonly day: string };

function before(day: string, days: readonly number[]): MilestoneDay[] {
  return days.map((count) => ({ milestone: `${count} days before`, day: addDays(day, -count) }));
}

/** The milestones of something due, in the order of their days: by the rule set that laid it down [A]. */
export function milestonesOf({ kind, dueOn, ruleSet, windowFrom = dueOn }: ReminderSubject): MilestoneDay[] {
  const over: MilestoneDay = { milestone: 'over', day: addDays(dueOn, 1) };
  const milestones = (): MilestoneDay[] => {
    switch (kind) {
      case 'expiry':
        return before(dueOn, ruleSet.expiryReminderDays.value);
      case 'refresher':
        return before(dueOn, ruleSet.refresherReminderDays.value);
      case 'maintenance':
        return [
          ...before(windowFrom, ruleSet.maintenanceReminderDays.value),
          { milestone: 'window begins', day: windowFrom },
          ...before(dueOn, [ruleSet.lastMaintenanceReminderDays.value]),
        ];
    }
  };
  return [...milestones(), over].toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Something due that is reminded of: known by its kind and due date, with its milestones by the rule set that laid it down. */
export type ReminderSubject = {
  readonly kind: ReminderKind;
  readonly dueOn: string;
  readonly ruleSet: RuleSet;
  /** The first day of the window at whose end a maintenance audit is due. */
  readonly windowFrom?: string | undefined;
};

/**
 * What of a subject is to be told on a day: only the latest milestone that has passed, when neither it nor a later one has been
 * recorded [A].
 */
export function reminderOn(
  subject: ReminderSubject,
  sent: readonly SentMilestone[],
  today: string,
): SentMilestone | undefined {
  const { kind, dueOn, ruleSet } = subject;
  const latest = milestonesOf(subject).findLast(({ day }) => day <= today);
  const recorded = sent.find((each) => each.kind === kind && each.dueOn === dueOn);
  if (latest === undefined || (recorded !== undefined && recorded.day >= latest.day)) return undefined;
  return { kind, dueOn, ruleSet: ruleSet.id, ...latest };
}

/** The recorded milestones with one more: the latest of each kind and due date is enough. */
export function remember(
  sent: readonly SentMilestone[],
  { kind, dueOn, milestone, day, ruleSet }: SentMilestone,
): SentMilestone[] {
  return [
    ...sent.filter((each) => each.kind !== kind || each.dueOn !== dueOn),
    { kind, dueOn, milestone, day, ruleSet },
  ];
}

/** The day on which a subject has to be looked at: today when something is to be told, else the day of its next milestone. */
export function nextReminderCheck(
  subject: ReminderSubject,
  sent: readonly SentMilestone[],
  today: string,
): string | undefined {
  if (reminderOn(subject, sent, today) !== undefined) return today;
  return milestonesOf(subject).find(({ day }) => day > today)?.day;
}
