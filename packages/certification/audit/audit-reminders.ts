import { businessDate } from '../calendar.ts';
import type { Milestone } from '../reminders/milestone.ts';
import {
  type MilestoneDay,
  milestoneDueOn,
  milestonesAfter,
  milestonesBefore,
  nextMilestoneCheck,
} from '../reminders/reminder.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import type { Binder } from './revision.ts';

/**
 * What an assessor is reminded of: the package of an audit, counted from its registration, or a requested revision. The same due
 * date in another round, and another due date in the same round, is another subject.
 */
export type AwaitedPackage =
  | { readonly kind: 'package'; readonly registeredOn: string }
  | { readonly kind: 'revision'; readonly round: number; readonly dueOn: string };

/** A milestone of an awaited package whose day has passed and that has been recorded; `ruleSet` is that of the audit. */
export type AuditReminder = AwaitedPackage & {
  readonly milestone: Milestone;
  /** The day of the milestone itself, not of the letter. */
  readonly day: string;
  readonly ruleSet: string;
  /** No letter of its own was sent: the day had passed when the due date was set, and the letter with that date said it. */
  readonly countsAsSent?: true;
};

/** What of an audit decides its reminders. */
export type RemindedAudit = {
  readonly state: string;
  readonly registeredAt: string;
  readonly ruleSet: string;
  readonly rounds: number;
  readonly revisionDueOn?: string;
  readonly binder?: Binder;
  /** The latest milestone of each subject that was recorded, or counts as sent. */
  readonly sent: readonly AuditReminder[];
};

/**
 * The package that an audit waits for from its assessor: its first one, or a revision. Undefined when it waits for none, and while
 * an administrator has to enter the package of a binder: that is a risk instead.
 */
export function awaitedPackage(audit: RemindedAudit): AwaitedPackage | undefined {
  const { state, registeredAt, rounds, revisionDueOn, binder } = audit;
  if (state === 'registered' && binder === undefined)
    return { kind: 'package', registeredOn: businessDate(registeredAt) };
  if (state === 'awaiting revision' && revisionDueOn !== undefined)
    return { kind: 'revision', round: rounds, dueOn: revisionDueOn };
  return undefined;
}

/** Whether two packages are the same subject of reminders. */
export function isSamePackage(a: AwaitedPackage, b: AwaitedPackage): boolean {
  if (a.kind === 'package' || b.kind === 'package') return a.kind === b.kind;
  return a.round === b.round && a.dueOn === b.dueOn;
}

function milestonesOfPackage(awaited: AwaitedPackage, ruleSetId: string): MilestoneDay[] {
  const { packageReminderDays, revisionReminderDays } = ruleSetById(ruleSetId);
  return awaited.kind === 'package'
    ? milestonesAfter(awaited.registeredOn, packageReminderDays.value)
    : milestonesBefore(awaited.dueOn, revisionReminderDays.value);
}

function recordedOf(awaited: AwaitedPackage, sent: readonly AuditReminder[]): string | undefined {
  return sent.find((each) => isSamePackage(each, awaited))?.day;
}

/** The reminder of an audit that is due on a day, or undefined. */
export function auditReminderOn(audit: RemindedAudit, today: string): AuditReminder | undefined {
  const awaited = awaitedPackage(audit);
  if (awaited === undefined) return undefined;
  const due = milestoneDueOn(milestonesOfPackage(awaited, audit.ruleSet), recordedOf(awaited, audit.sent), today);
  return due && { ...awaited, ...due, ruleSet: audit.ruleSet };
}

/** The day on which the next reminder of an audit must be looked for; undefined when none is to come. */
export function nextAuditReminderCheck(audit: RemindedAudit, today: string): string | undefined {
  const awaited = awaitedPackage(audit);
  return (
    awaited && nextMilestoneCheck(milestonesOfPackage(awaited, audit.ruleSet), recordedOf(awaited, audit.sent), today)
  );
}

/** Adds a reminder to those recorded as sent; only the latest of each subject is kept. */
export function rememberOfAudit(sent: readonly AuditReminder[], reminder: AuditReminder): AuditReminder[] {
  return [...sent.filter((each) => !isSamePackage(each, reminder)), reminder];
}

/**
 * The audit after a revision got its due date, by the request or by more time. The letter of that day says it, so what a reminder
 * would have said by then counts as sent [A].
 */
export function countAsSent<A extends RemindedAudit>(audit: A, today: string): A {
  const passed = auditReminderOn(audit, today);
  return passed === undefined
    ? audit
    : { ...audit, sent: rememberOfAudit(audit.sent, { ...passed, countsAsSent: true }) };
}
