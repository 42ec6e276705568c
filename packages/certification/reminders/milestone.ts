/** Reminders: the days on which people are reminded of a due date, and what was sent already. This folder imports rules. */

/** What reminders of a due date are about: the expiry of a certificate, a maintenance audit, an assessor's refresher. */
export type ReminderKind = 'expiry' | 'maintenance' | 'refresher';

/**
 * A milestone of a due date: some days before it, the first day of the window in which it is due, some days before the window's
 * end, and the day after it. Of a package, which has no due date: some days after the registration of its audit.
 */
export type Milestone = `${number} days before` | 'window begins' | 'over' | `${number} days after`;

/**
 * The day of the next check after a change: the earlier of the two. If nothing is left to do on that day, the sweep that finds
 * the subject moves it on; no other change has to.
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
  /** The rule set that decides the due date, and so the milestone. */
  readonly ruleSet: string;
};
