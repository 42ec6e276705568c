import { addDays } from '../calendar.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Milestone, ReminderKind, SentMilestone } from './milestone.ts';

/** A milestone of a subject, with its own day. */
export type MilestoneDay = { readonly milestone: Milestone; readonly day: string };

function inOrder(milestones: readonly MilestoneDay[]): MilestoneDay[] {
  return milestones.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Milestones some days before a day, in the order of their own days. */
export function milestonesBefore(day: string, days: readonly number[]): MilestoneDay[] {
  return inOrder(days.map((count) => ({ milestone: `${count} days before`, day: addDays(day, -count) })));
}

/** Milestones some days after a day, in the order of their own days. */
export function milestonesAfter(day: string, days: readonly number[]): MilestoneDay[] {
  return inOrder(days.map((count) => ({ milestone: `${count} days after`, day: addDays(day, count) })));
}

/**
 * The milestone that is due on a day, or undefined. Only the latest that has passed counts, and it is due once: not if it, or a
 * later one, is recorded [A].
 * @param milestones of one subject, in the order of their days
 * @param recorded the day of the latest milestone of this subject that is recorded; undefined for none
 */
export function milestoneDueOn(
  milestones: readonly MilestoneDay[],
  recorded: string | undefined,
  today: string,
): MilestoneDay | undefined {
  const latest = milestones.findLast(({ day }) => day <= today);
  return latest === undefined || (recorded !== undefined && recorded >= latest.day) ? undefined : latest;
}

/** The day on which a subject must be checked next for its milestones: today when one is due, otherwise the day of the next one. */
export function nextMilestoneCheck(
  milestones: readonly MilestoneDay[],
  recorded: string | undefined,
  today: string,
): string | undefined {
  if (milestoneDueOn(milestones, recorded, today) !== undefined) return today;
  return milestones.find(({ day }) => day > today)?.day;
}

/** The milestones of a due date, in the order of their days, by the rule set of that due date [A]. */
export function milestonesOf({ kind, dueOn, ruleSet, windowFrom = dueOn }: ReminderSubject): MilestoneDay[] {
  const over: MilestoneDay = { milestone: 'over', day: addDays(dueOn, 1) };
  const milestones = (): MilestoneDay[] => {
    switch (kind) {
      case 'expiry':
        return milestonesBefore(dueOn, ruleSet.expiryReminderDays.value);
      case 'refresher':
        return milestonesBefore(dueOn, ruleSet.refresherReminderDays.value);
      case 'maintenance':
        return [
          ...milestonesBefore(windowFrom, ruleSet.maintenanceReminderDays.value),
          { milestone: 'window begins', day: windowFrom },
          ...milestonesBefore(dueOn, [ruleSet.lastMaintenanceReminderDays.value]),
        ];
    }
  };
  return inOrder([...milestones(), over]);
}

/** A due date with reminders: identified by its kind and date; its rule set decides the milestones. */
export type ReminderSubject = {
  readonly kind: ReminderKind;
  readonly dueOn: string;
  readonly ruleSet: RuleSet;
  /** The first day of the window at whose end a maintenance audit is due. */
  readonly windowFrom?: string | undefined;
};

function recordedOf({ kind, dueOn }: ReminderSubject, sent: readonly SentMilestone[]): string | undefined {
  return sent.find((each) => each.kind === kind && each.dueOn === dueOn)?.day;
}

/** The reminder of a due date that is due on a day, or undefined; see `milestoneDueOn`. */
export function reminderOn(
  subject: ReminderSubject,
  sent: readonly SentMilestone[],
  today: string,
): SentMilestone | undefined {
  const { kind, dueOn, ruleSet } = subject;
  const due = milestoneDueOn(milestonesOf(subject), recordedOf(subject, sent), today);
  return due && { kind, dueOn, ruleSet: ruleSet.id, ...due };
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
  return nextMilestoneCheck(milestonesOf(subject), recordedOf(subject, sent), today);
}
