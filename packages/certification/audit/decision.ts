import { businessDate, dateInWords } from '../calendar.ts';
import { type Actor, type Staff, system } from '../history.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type Audit, type AuditChange, changeAudit, currentRevision, type EndChange, leaveQueue } from './audit.ts';
import type { AuditHappening, StandingAfter } from './events.ts';
import type { Outcome, Shortfall } from './outcome.ts';
import { named, type Review, type SentNote, sendNotes, unsentNotes } from './review.ts';
import type { Score } from './scoring.ts';
import { revisionIsOverdue } from './uploads.ts';

/** What a reviewer decides on: the revision that they saw, and its score. */
export type Decided = { readonly score: Score; readonly outcome: Outcome };

/**
 * Why a revision can't be opened or decided as the reviewer saw it, or undefined: 'newer-revision' when they saw another
 * one, 'documents-not-laid-out' while layout has not finished.
 */
export function notDecidable(audit: Audit, seenRevision: number): Refusal | undefined {
  if (audit.revision !== seenRevision)
    return refuse('newer-revision', { seen: seenRevision, revision: audit.revision });
  if (currentRevision(audit)?.layout !== 'done') return refuse('documents-not-laid-out', { revision: audit.revision });
  return undefined;
}

/** Why an audit can't be accepted while notes ask the assessor for something that they were never told, or undefined. */
function actionableUnsent(review: Review): Refusal | undefined {
  const open = unsentNotes(review)
    .filter(({ kind }) => kind === 'actionable')
    .map(({ note }) => note);
  return open.length === 0 ? undefined : refuse('notes-unsent', named(open));
}

/**
 * Accepts the audit: opens the review and closes it with the outcome of the revision's score. Informational notes that were not sent
 * go out with the decision.
 * Refused with 'newer-revision' when the reviewer saw another revision, 'documents-not-laid-out' while layout has not
 * finished, 'not-under-review' when there is nothing to decide, 'notes-unsent' while an actionable note has not been sent.
 */
export function acceptAudit(
  audit: Audit,
  review: Review,
  seenRevision: number,
  decided: Decided,
  by: Staff,
  at: string,
): EndChange | Refusal {
  if (audit.state !== 'pending review' && audit.state !== 'in review')
    return refuse('not-up-for-decision', { auditNumber: audit.auditNumber, state: audit.state });
  const refusal = notDecidable(audit, seenRevision) ?? actionableUnsent(review);
  if (refusal !== undefined) return refusal;
  const decision = audit.decisions + 1;
  const { review: told, notes } = sendNotes(review, { decision });
  const { score, outcome } = decided;
  const decidedPoints = { awarded: score.awarded, available: score.available };
  const opened: { by: Actor; happening: AuditHappening }[] =
    audit.state === 'in review'
      ? []
      : [{ by, happening: { type: 'review opened', data: { revision: audit.revision } } }];
  const change = changeAudit(
    leaveQueue(audit),
    { state: 'closed', outcome: outcome.result, decidedPoints, decisions: decision, closedAt: at },
    at,
    [
      ...opened,
      {
        by,
        happening: {
          type: 'audit closed',
          data: {
            decision,
            revision: audit.revision,
            kind: audit.kind,
            result: outcome.result,
            awarded: score.awarded,
            available: score.available,
            shortfalls: outcome.shortfalls,
            ...(notes.length === 0 ? {} : { notes }),
          },
        },
      },
    ],
  );
  return told === review ? change : { ...change, review: told };
}

/**
 * Rejects an audit whose revision did not arrive by its due day [P]; undefined when no revision is overdue at the instant. All its
 * notes were sent with the request. A package that arrived in time, and is read later, undoes this.
 */
export function rejectOverdue(audit: Audit, at: string): AuditChange | undefined {
  const { revisionDueOn: dueOn } = audit;
  if (dueOn === undefined || !revisionIsOverdue(audit, businessDate(at))) return undefined;
  const reason = `The revision that was requested was due on ${dateInWords(dueOn)}, and did not arrive by then.`;
  return changeAudit(leaveQueue(audit), { state: 'rejected', closedAt: at, missedRevision: { dueOn } }, at, [
    { by: system, happening: { type: 'audit rejected', data: { reason } } },
  ]);
}

/**
 * Whether the report of this decision is still to be made; false if a later decision replaced this one, or if the report exists.
 */
export function awaitsReport(audit: Audit, decision: number): boolean {
  return audit.state === 'closed' && audit.decisions === decision && audit.reportedDecision !== decision;
}

/** Records that the report of the audit's decision can be downloaded; this causes the letter with the outcome. */
export function recordReport(
  audit: Audit,
  facts: {
    readonly result: 'passed' | 'failed';
    readonly shortfalls: readonly Shortfall[];
    readonly score: Pick<Score, 'awarded' | 'available'>;
    readonly recordsMonths: number;
    readonly correctedMonths?: { readonly before: number; readonly reason: string } | undefined;
    readonly notes?: readonly SentNote[] | undefined;
    readonly standing?: StandingAfter | undefined;
    readonly certificate?: { readonly certificateNumber: string; readonly expiresOn: string };
    readonly revoked: readonly string[];
    readonly met?: { readonly dueOn: string; readonly late: boolean } | undefined;
  },
  at: string,
): AuditChange {
  const { result, shortfalls, score, recordsMonths, correctedMonths, notes, standing, certificate, revoked, met } =
    facts;
  const { awarded, available } = score;
  return changeAudit(audit, { reportedDecision: audit.decisions }, at, [
    {
      by: system,
      happening: {
        type: 'report made',
        data: {
          decision: audit.decisions,
          kind: audit.kind,
          result,
          shortfalls,
          awarded,
          available,
          recordsMonths,
          ...(correctedMonths === undefined ? {} : { correctedMonths }),
          ...(notes === undefined ? {} : { notes }),
          ...(standing === undefined ? {} : { standing }),
          ...certificate,
          ...(met === undefined ? {} : { met }),
          ...(revoked.length === 0 ? {} : { revoked }),
        },
      },
    },
  ]);
}
