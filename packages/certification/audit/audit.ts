/**
 * Audit: one assessment of one employer, from its registration over uploads, review and decision to its report. This
 * folder imports protocol, reminders and rules.
 */

import { addDays, businessDate } from '../calendar.ts';
import { type Actor, numberEvents } from '../history.ts';
import { minNoticeMinutes } from '../limits.ts';
import type { AuditKind } from '../protocol/protocol.ts';
import { earlierCheck } from '../reminders/milestone.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { type SubjectOf, subjectOf } from '../subject.ts';
import { type AuditReminder, countAsSent, nextAuditReminderCheck } from './audit-reminders.ts';
import type { AuditEvent, AuditHappening } from './events.ts';
import type { QueueDates } from './queue-position.ts';
import type { Review } from './review.ts';
import type { Binder, RevisionSummary } from './revision.ts';

export type AuditState =
  | 'registered'
  | 'pending review'
  | 'in review'
  | 'awaiting revision'
  | 'closed'
  | 'rejected'
  | 'withdrawn';

/** The events by which an upload is refused. */
export type RefusalType = 'package refused' | 'package late' | 'uploads over limit';

/** One assessment of one employer: an aggregate with a version that every change raises by one. */
export type Audit = {
  readonly auditNumber: string;
  readonly version: number;
  /** Events so far; the next is numbered `events + 1`. */
  readonly events: number;
  readonly kind: AuditKind;
  readonly employerId: string;
  readonly assessorId: string;
  readonly protocol: string;
  readonly ruleSet: string;
  readonly registeredAt: string;
  readonly state: AuditState;
  /** Upload links issued so far; the number is part of each link's key. */
  readonly links: number;
  /** The administrators who asked for links of a binder, by the number of the link. */
  readonly linksOfStaff?: Readonly<Record<number, string>>;
  /** Revisions that were requested so far. */
  readonly rounds: number;
  /** Links up to this number were issued before the last request for a revision, and no longer work. */
  readonly spentLinks: number;
  /**
   * Uploads that were refused since the last accepted one, and the number of the last event of each kind; absent when there was
   * none.
   */
  readonly refusedUploads?: { readonly count: number; readonly last: Readonly<Partial<Record<RefusalType, number>>> };
  /** The day by which the revision requested last is due. */
  readonly revisionDueOn?: string;
  readonly revisions: readonly RevisionSummary[];
  /** The revision that is up for review; 0 before there is one, and again when its only one was refused. */
  readonly revision: number;
  readonly reviewerId?: string;
  /** The place of its queue entry, while it has one. */
  readonly queuePosition?: string;
  /** The dates that decide its place; present when it has one. */
  readonly queueDates?: QueueDates;
  /** It has no reviewer: it was given back or arrived without one, and has not been offered to anybody since. */
  readonly givenBack?: true;
  /** The reviewers who gave it back: it is not offered to them again. */
  readonly releasedBy?: readonly string[];
  /** Decisions so far: reports are keyed by this number. */
  readonly decisions: number;
  readonly outcome?: 'passed' | 'failed';
  /** The points that the outcome rests on: those of the revision that was decided on, as reviewed. */
  readonly decidedPoints?: { readonly awarded: number; readonly available: number };
  readonly closedAt?: string;
  /** The decision whose report can be fetched. */
  readonly reportedDecision?: number;
  /** How it was sent, when by mail: an administrator enters its package. */
  readonly binder?: Binder;
  /**
   * The audit was rejected because a revision did not arrive by this day. A package that arrived by then, and is read later,
   * undoes that.
   */
  readonly missedRevision?: { readonly dueOn: string };
  /** The latest reminder of each package that was awaited: those that were recorded, and those that count as sent. */
  readonly sent: readonly AuditReminder[];
  /** The day on which the sweep must check it next: that of the next reminder, or the day after a revision is due. */
  readonly nextCheckOn?: string;
};

/**
 * An audit after a change, with the events that the change caused; `previousCheckOn` is the day of the next check before the
 * change.
 */
export type AuditChange = {
  readonly audit: Audit;
  readonly events: readonly AuditEvent[];
  readonly previousCheckOn?: string | undefined;
};

/** An audit and its review after a change, with the events that the change caused. */
export type ReviewChange = AuditChange & { readonly review: Review };

/** An audit after its end, and its review where notes went out with it. */
export type EndChange = AuditChange & { readonly review?: Review };

/** The subject of an audit's events. */
export function auditSubject(auditNumber: string): SubjectOf<'audit'> {
  return subjectOf('audit', auditNumber);
}

/** An audit after a change: its version rises by one, and what happened is numbered. */
export function changeAudit(
  audit: Audit,
  next: Partial<Audit>,
  at: string,
  happenings: readonly { by: Actor; happening: AuditHappening }[],
): AuditChange {
  const events = numberEvents(auditSubject(audit.auditNumber), audit.events, at, happenings);
  const today = businessDate(at);
  const { nextCheckOn: previousCheckOn, ...merged } = { ...audit, ...next };
  const changed = next.revisionDueOn === undefined ? merged : countAsSent(merged, today);
  const nextCheckOn = nextAuditCheck(changed, today);
  return {
    audit: {
      ...changed,
      version: audit.version + 1,
      events: audit.events + events.length,
      ...(nextCheckOn === undefined ? {} : { nextCheckOn }),
    },
    events,
    previousCheckOn,
  };
}

function nextAuditCheck(audit: Omit<Audit, 'nextCheckOn'>, today: string): string | undefined {
  const { state, revisionDueOn } = audit;
  const overdueOn =
    state === 'awaiting revision' && revisionDueOn !== undefined ? addDays(revisionDueOn, 1) : undefined;
  return earlierCheck(overdueOn, nextAuditReminderCheck(audit, today));
}

/**
 * Registers an audit under a number that nobody has yet. The caller looked the rule set up by the day of `at`, or by the
 * postmark of the binder that it was sent in [A].
 */
export function registerAudit(
  registration: {
    readonly auditNumber: string;
    readonly kind: AuditKind;
    readonly employerId: string;
    readonly assessorId: string;
    readonly ruleSet: RuleSet;
    readonly binder?: Binder;
  },
  by: Actor,
  at: string,
): AuditChange {
  const { auditNumber, kind, employerId, assessorId, ruleSet, binder } = registration;
  const blank: Audit = {
    auditNumber,
    version: 0,
    events: 0,
    kind,
    employerId,
    assessorId,
    protocol: ruleSet.protocol.value,
    ruleSet: ruleSet.id,
    registeredAt: at,
    state: 'registered',
    links: 0,
    rounds: 0,
    spentLinks: 0,
    revisions: [],
    revision: 0,
    decisions: 0,
    sent: [],
    ...(binder === undefined ? {} : { binder }),
  };
  return changeAudit(blank, {}, at, [
    {
      by,
      happening: {
        type: 'audit registered',
        data: { kind, employerId, assessorId, protocol: blank.protocol, ruleSet: blank.ruleSet },
      },
    },
    ...(binder === undefined ? [] : [{ by, happening: { type: 'binder recorded', data: binder } } as const]),
  ]);
}

/** The business date as of which an audit is registered: the postmark of its binder [N], otherwise the day of its registration. */
export function registeredOn({ binder, registeredAt }: Pick<Audit, 'binder' | 'registeredAt'>): string {
  return binder?.postmarkedOn ?? businessDate(registeredAt);
}

/** Whether the report of the audit's decision can be fetched, is still being made, or there is no decision. */
export function reportState({
  state,
  decisions,
  reportedDecision,
}: Pick<Audit, 'state' | 'decisions' | 'reportedDecision'>): 'none' | 'being made' | 'ready' {
  if (state !== 'closed') return 'none';
  return reportedDecision === decisions ? 'ready' : 'being made';
}

/** The revision that is up for review, or undefined. */
export function currentRevision(audit: Audit): RevisionSummary | undefined {
  return audit.revisions.find((summary) => summary.revision === audit.revision);
}

/**
 * The audit without its place in the queue and what belongs to it: from then on, it has no due date and is not offered to
 * reviewers.
 */
export function leaveQueue(audit: Audit): Audit {
  const { queuePosition: _position, queueDates: _dates, givenBack: _back, revisionDueOn: _due, ...unqueued } = audit;
  return unqueued;
}

/**
 * Whether an audit was withdrawn before anybody got a notice about it: by its assessor, soon after its registration, and before a
 * package was accepted.
 */
export function isWithdrawnBeforeNotice(
  { registeredAt, revisions, binder }: Audit,
  { at, by }: Pick<AuditEvent, 'at' | 'by'>,
): boolean {
  const minutes = (Date.parse(at) - Date.parse(registeredAt)) / 60_000;
  return by.role === 'assessor' && revisions.length === 0 && binder === undefined && minutes < minNoticeMinutes;
}
