import { addDays } from '../calendar.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Milestone, ReminderKind, SentMilestone } from './milestone.ts';

/** A milestone of a subject, with its own day. */
export type MilestoneDay = { readonly milestone: Milestone; readonly day: string };

function before(day: string, days: readonly number[]): MilestoneDay[] {
  return days.map((count) => ({ milestone: `${count} days before`, day: addDays(day, -count) }));
}

/**
 * The milestones of something due, in the order of their days: by the rule set that laid it down [A].
 * @param windowFrom the first day of the window at whose end a maintenance audit is due
 */
export function milestonesOf(kind: ReminderKind, dueOn: string, ruleSet: RuleSet, windowFrom = dueOn): MilestoneDay[] {
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

/**
 * What of a subject is to be told on a day: only the latest milestone that has passed, when neither it nor a later one has been
 * recorded [A].
 */
export function reminderOn(
  subject: { readonly kind: ReminderKind; readonly dueOn: string },
  milestones: readonly MilestoneDay[],
  sent: readonly SentMilestone[],
  today: string,
): SentMilestone | undefined {
  const { kind, dueOn } = subject;
  const latest = milestones.findLast(({ day }) => day <= today);
  const recorded = sent.find((each) => each.kind === kind && each.dueOn === dueOn);
  if (latest === undefined || (recorded !== undefined && recorded.day >= latest.day)) return undefined;
  return { kind, dueOn, ...latest };
}

/** The recorded milestones with one more: the latest of each kind and due date is enough. */
export function remember(
  sent: readonly SentMilestone[],
  { kind, dueOn, milestone, day }: SentMilestone,
): SentMilestone[] {
  return [...sent.filter((each) => each.kind !== kind || each.dueOn !== dueOn), { kind, dueOn, milestone, day }];
}

/** The day on which a subject has to be looked at: today when something is to be told, else the day of its next milestone. */
export function subjectWakesOn(
  subject: { readonly kind: ReminderKind; readonly dueOn: string },
  milestones: readonly MilestoneDay[],
  sent: readonly SentMilestone[],
  today: string,
): string | undefined {
  if (reminderOn(subject, milestones, sent, today) !== undefined) return today;
  return milestones.find(({ day }) => day > today)?.day;
}
