/**
 * Reminders: the days on which something due is told, and what was told already. This folder imports rules.
 */

/** What reminders are about: the expiry of a certificate, a maintenance audit, an assessor's refresher. */
export type ReminderKind = 'expiry' | 'maintenance' | 'refresher';

/**
 * A milestone of what is due: so many days before it, the first day of the window in which it is due, so many days before
 * the window's end, and once it is over.
 */
export type Milestone = `${number} days before` | 'window begins' | 'over';

/**
 * The day of the next check of something after a change: the earlier one. What has nothing left to do on its day is moved on by the
 * sweep that finds it: no other change has to.
 */
export function earlierCheck(before: string | undefined, now: string | undefined): string | undefined {
  return [before, now].flatMap((day) => day ?? []).toSorted()[0];
}

/** A milestone whose day has passed and that has been recorded; the subject is the kind and the due date. */
export type SentMilestone = {
  readonly kind: ReminderKind;
  readonly dueOn: string;
  readonly milestone: Milestone;
  /** The day of the milestone itself, not of the letter. */
  readonly day: string;
  /** The rule set that laid down what is due, and so the milestone. */
  readonly ruleSet: string;
};
