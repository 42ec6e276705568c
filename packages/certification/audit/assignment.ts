import { type Staff, system } from '../history.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type Audit, type AuditChange, changeAudit } from './audit.ts';
import type { AuditHappening } from './events.ts';
import { type QueueDates, queuePositionOf } from './queue-position.ts';
import type { Reviewer } from './reviewer.ts';
import { type Trace, traceOfReviewer, tracesOfPerson } from './same-person.ts';

type Assignee = Pick<Reviewer, 'reviewerId' | 'present' | 'leftAt' | 'conflicts' | 'email'>;

/**
 * Whether somebody must not review an audit [A]: a conflict of interest with its employer is recorded, or any record shows that
 * they are its assessor or a contact of its employer.
 * @param known what is recorded of the staff, of the audit's assessor and of its employer's contacts, as it is now
 */
export function inConflict(
  { employerId, assessorId }: Pick<Audit, 'employerId' | 'assessorId'>,
  somebody: Trace,
  known: readonly Trace[],
): boolean {
  return tracesOfPerson(somebody, known).some(
    (trace) =>
      trace.conflicts?.includes(employerId) || trace.assessorId === assessorId || trace.employerId === employerId,
  );
}

const reviewable: ReadonlySet<Audit['state']> = new Set(['pending review', 'in review', 'awaiting revision']);

/** Whether the audit is in review or waits for it, and has no reviewer. */
export function awaitsReviewer(audit: Audit): boolean {
  return reviewable.has(audit.state) && audit.reviewerId === undefined;
}

/** Whether the audit has no place in the queue yet, though it should. */
export function awaitsPlace(audit: Audit): boolean {
  return reviewable.has(audit.state) && audit.queuePosition === undefined;
}

/** Whether the audit has no reviewer, and no reviewer was looked for since it arrived or was given back. */
export function awaitsSuccessor(audit: Audit): boolean {
  return awaitsReviewer(audit) && audit.givenBack === true;
}

/** Whether the audit waits in the queue without a reviewer, because nobody was free when one was looked for. */
export function waitsUnassigned(audit: Audit): boolean {
  return awaitsReviewer(audit) && !awaitsPlace(audit) && audit.givenBack !== true;
}

/**
 * The reviewer to whom a waiting audit goes: of those who are present, have no conflict of interest and have not given the audit
 * back, the one with the fewest open reviews; if several have equally few, the one with the lowest id, so that the choice can be
 * explained. Undefined when nobody is free.
 */
export function fittestReviewer(
  audit: Audit,
  reviewers: readonly Reviewer[],
  known: readonly Trace[],
): Reviewer | undefined {
  return reviewers
    .filter(
      (reviewer) =>
        reviewer.present &&
        !inConflict(audit, traceOfReviewer(reviewer), known) &&
        !audit.releasedBy?.includes(reviewer.reviewerId),
    )
    .toSorted((a, b) => a.openReviews - b.openReviews || (a.reviewerId < b.reviewerId ? -1 : 1))[0];
}

/** Puts an audit into the queue, and assigns a reviewer if one is free. */
export function enterQueue(audit: Audit, dates: QueueDates, reviewerId: string | undefined, at: string): AuditChange {
  const placed = { ...audit, queuePosition: queuePositionOf(audit.auditNumber, dates), queueDates: dates };
  return offer(placed, reviewerId, at);
}

/**
 * Assigns an audit without a reviewer to the next one; if nobody is free, it stays unassigned. It keeps its place in the queue.
 * (For the route "reassign" of an administrator, see `reassignReview`.)
 */
export function reassign(audit: Audit, reviewerId: string | undefined, at: string): AuditChange {
  return offer(audit, reviewerId, at);
}

function offer(audit: Audit, reviewerId: string | undefined, at: string): AuditChange {
  const happening: AuditHappening =
    reviewerId === undefined
      ? { type: 'review unassigned', data: { revision: audit.revision } }
      : { type: 'reviewer assigned', data: { reviewerId } };
  const { givenBack: _, ...offered } = audit;
  return changeAudit(offered, reviewerId === undefined ? {} : { reviewerId }, at, [{ by: system, happening }]);
}

function notUnderReview(audit: Audit): Refusal | undefined {
  const { auditNumber, state } = audit;
  if (!reviewable.has(audit.state)) return refuse('not-under-review', { auditNumber, state });
  if (awaitsPlace(audit)) return refuse('not-in-queue-yet', { auditNumber });
  return undefined;
}

/** What decides which audits a member of the staff may work on. */
export type DeskWorker = {
  readonly role: 'reviewer' | 'administrator';
  /** The trace of the sign-in that they use. */
  readonly trace: Trace;
};

/**
 * Why somebody may only give the review back and take no other step, or undefined when they may: a conflict of interest, or the
 * audit has no reviewer.
 */
export function mayNotReview(audit: Audit, worker: DeskWorker, known: readonly Trace[]): Refusal | undefined {
  if (inConflict(audit, worker.trace, known))
    return refuse('conflict-of-interest', { auditNumber: audit.auditNumber, employerId: audit.employerId });
  if (worker.role === 'reviewer' && audit.reviewerId === undefined)
    return refuse('not-assigned', { auditNumber: audit.auditNumber });
  return undefined;
}

function unfit(audit: Audit, reviewer: Assignee, known: readonly Trace[]): Refusal | undefined {
  const { reviewerId } = reviewer;
  if (inConflict(audit, traceOfReviewer(reviewer), known))
    return refuse('reviewer-in-conflict', { reviewerId, auditNumber: audit.auditNumber, employerId: audit.employerId });
  if (reviewer.leftAt !== undefined) return refuse('reviewer-left', { reviewerId });
  if (!reviewer.present) return refuse('reviewer-absent', { reviewerId });
  return undefined;
}

/**
 * A reviewer takes an audit that has no reviewer. Refused when it has one, for a conflict of interest, and while they are absent.
 */
export function takeReview(
  audit: Audit,
  reviewer: Assignee,
  known: readonly Trace[],
  at: string,
): AuditChange | Refusal {
  const refusal = notUnderReview(audit) ?? unfit(audit, reviewer, known);
  if (refusal !== undefined) return refusal;
  if (audit.reviewerId !== undefined) return refuse('already-assigned', { auditNumber: audit.auditNumber });
  const { reviewerId } = reviewer;
  return hand(audit, reviewerId, { role: 'reviewer', personId: reviewerId }, at);
}

/**
 * An administrator assigns an audit to a named reviewer, whoever has it. Refused if that reviewer has a conflict of interest, is
 * absent or already has it.
 */
export function reassignReview(
  audit: Audit,
  reviewer: Assignee,
  known: readonly Trace[],
  by: Staff,
  at: string,
): AuditChange | Refusal {
  const refusal = notUnderReview(audit) ?? unfit(audit, reviewer, known);
  if (refusal !== undefined) return refusal;
  if (audit.reviewerId === reviewer.reviewerId)
    return refuse('already-theirs', { auditNumber: audit.auditNumber, reviewerId: reviewer.reviewerId });
  return hand(audit, reviewer.reviewerId, by, at);
}

function hand(audit: Audit, reviewerId: string, by: Staff, at: string): AuditChange {
  const before = audit.reviewerId === undefined ? {} : { before: audit.reviewerId };
  const { givenBack: _, ...handed } = audit;
  return changeAudit(handed, { reviewerId }, at, [
    { by, happening: { type: 'reviewer assigned', data: { reviewerId, ...before } } },
  ]);
}

/**
 * Gives an audit back, so that another reviewer gets it. The same reviewer gets it again only if they take it themselves or an
 * administrator decides so. Its state, place in the queue, notes and points stay. Refused when it has no reviewer.
 */
export function releaseReview(audit: Audit, reason: string, by: Staff, at: string): AuditChange | Refusal {
  const { reviewerId } = audit;
  const refusal = notUnderReview(audit);
  if (refusal !== undefined) return refusal;
  if (reviewerId === undefined) return refuse('nothing-to-release', { auditNumber: audit.auditNumber });
  const releasedBy = [...new Set([...(audit.releasedBy ?? []), reviewerId])];
  return changeAudit(nobodys(audit), { releasedBy }, at, [
    { by, happening: { type: 'reviewer released', data: { reviewerId, reason } } },
  ]);
}

function nobodys({ reviewerId: _, ...audit }: Audit): Audit {
  return { ...audit, givenBack: true };
}

/** Why a reviewer can't keep an audit, in the words of the history; undefined when they can. */
function unfitness(audit: Audit, reviewer: Assignee | undefined, known: readonly Trace[]): string | undefined {
  if (reviewer === undefined) return 'The reviewer no longer exists.';
  if (inConflict(audit, traceOfReviewer(reviewer), known)) return 'The reviewer has a conflict of interest.';
  if (reviewer.leftAt !== undefined) return 'The reviewer has left.';
  return reviewer.present ? undefined : 'The reviewer is absent.';
}

/**
 * The audit with its reviewer, if they can keep it as they are now; otherwise unassigned and to be offered to others, with the
 * reason for the history.
 */
export function releaseIfUnfit(audit: Audit, reviewer: Assignee | undefined, known: readonly Trace[]) {
  const { reviewerId } = audit;
  const reason = unfitness(audit, reviewer, known);
  if (reviewerId === undefined) return { audit: nobodys(audit), happenings: [] };
  if (reason === undefined) return { audit, happenings: [] };
  const happening = { type: 'reviewer released', data: { reviewerId, reason } } as const;
  return { audit: nobodys(audit), happenings: [{ by: system, happening }] };
}

/**
 * Unassigns an audit if its reviewer has become absent or has a conflict of interest. Once that is over, they may get it again.
 * Undefined when they can keep it, or do not have it.
 */
export function releaseUnfit(
  audit: Audit,
  reviewer: Assignee,
  known: readonly Trace[],
  at: string,
): AuditChange | undefined {
  if (!reviewable.has(audit.state) || audit.reviewerId !== reviewer.reviewerId) return undefined;
  const held = releaseIfUnfit(audit, reviewer, known);
  return held.happenings.length === 0 ? undefined : changeAudit(held.audit, {}, at, held.happenings);
}
