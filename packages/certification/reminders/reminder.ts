import { addDays } from '../calendar.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Milestone, ReminderKind, SentMilestone } from './milestone.ts';

/** A milestone of a subject, with its own day. */
export type MilestoneDay = { readonly milestone: Milestone; readonly day: string };

function before(day: string, days: readonly number[]): MilestoneDay[] {
  return days.map((count) => ({ milestone: `${count} days before`, day: addDays(day, -count) }));
}

/** The milestones of a due date, in the order of their days, by the rule set of that due date [A]. */
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

/** A due date with reminders: identified by its kind and date; its rule set decides the milestones. */
export type ReminderSubject = {
  readonly kind: ReminderKind;
  readonly dueOn: string;
  readonly ruleSet: RuleSet;
  /** The first day of the window at whose end a maintenance audit is due. */
  readonly windowFrom?: string | undefined;
};

/**
 * The reminder that is due on a day, or undefined. Only the latest milestone that has passed counts. It is due once: not if it,
 * or a later one, is recorded as sent [A].
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

/** Adds a milestone to those recorded as sent; only the latest of each kind and due date is kept. */
export function remember(
  sent: readonly SentMilestone[],
  { kind, dueOn, milestone, day, ruleSet }: SentMilestone,
): SentMilestone[] {
  return [
    ...sent.filter((each) => each.kind !== kind || each.dueOn !== dueOn),
    { kind, dueOn, milestone, day, ruleSet },
  ];
}

/** The day on which a due date must be checked next: today when a reminder is due, otherwise the day of its next milestone. */
export function nextReminderCheck(
  subject: ReminderSubject,
  sent: readonly SentMilestone[],
  today: string,
): string | undefined {
  if (reminderOn(subject, sent, today) !== undefined) return today;
  return milestonesOf(subject).find(({ day }) => day > today)?.day;
}
