import { type Audit, type AuditChange, changeAudit } from './audit.ts';
import type { Actor, AuditHappening, Refusal } from './event.ts';
import type { Reviewer } from './person.ts';
import { type QueueDates, queuePositionOf } from './queue-place.ts';

type Staff = Extract<Actor, { personId: string }>;
type Assignee = Pick<Reviewer, 'reviewerId' | 'present' | 'conflicts'>;

const system: Actor = { role: 'system' };

const reviewable: ReadonlySet<Audit['state']> = new Set(['pending review', 'in review', 'awaiting revision']);

/** Whether the audit is under review, or waits for it, and nobody has it. */
export function awaitsReviewer(audit: Audit): boolean {
  return reviewable.has(audit.state) && audit.reviewerId === undefined;
}

/** Whether the audit has no place in the queue yet, though it should. */
export function awaitsPlace(audit: Audit): boolean {
  return reviewable.has(audit.state) && audit.queuePosition === undefined;
}

/** Whether its reviewer has given the audit back, and nobody has been looked for since. */
export function awaitsSuccessor(audit: Audit): boolean {
  return awaitsReviewer(audit) && audit.givenBack === true;
}

/**
 * The reviewer to whom a waiting audit goes: of those who are present, have no conflict of interest with the employer and
 * have not given the audit back, the one with the fewest open reviews; among equals the lowest id, so that the choice can
 * be explained. Undefined when none is free.
 */
export function fittestReviewer(audit: Audit, reviewers: readonly Reviewer[]): Reviewer | undefined {
  return reviewers
    .filter(
      ({ reviewerId, present, conflicts }) =>
        present && !conflicts.includes(audit.employerId) && !audit.releasedBy?.includes(reviewerId),
    )
    .toSorted((a, b) => a.openReviews - b.openReviews || (a.reviewerId < b.reviewerId ? -1 : 1))[0];
}

/** Puts an audit into the queue: into a reviewer's hands when one is free, and it stays in the hands that have it already. */
export function enterQueue(audit: Audit, dates: QueueDates, reviewerId: string | undefined, at: string): AuditChange {
  const placed = { ...audit, queuePosition: queuePositionOf(audit.auditNumber, dates), queueDates: dates };
  return audit.reviewerId === undefined ? offer(placed, reviewerId, at) : changeAudit(placed, {}, at, []);
}

/** Gives an audit that was given back to the next reviewer; with none free it is nobody's. Its place in the queue stays. */
export function succeed(audit: Audit, reviewerId: string | undefined, at: string): AuditChange {
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
  if (reviewable.has(audit.state)) return undefined;
  return {
    refused: 'not-under-review',
    message: `Audit ${audit.auditNumber} is ${audit.state}; only an audit that is under review, or waits for it, has a reviewer.`,
  };
}

function unfit({ employerId }: Audit, { reviewerId, present, conflicts }: Assignee): Refusal | undefined {
  if (conflicts.includes(employerId))
    return {
      refused: 'conflict-of-interest',
      message: `Reviewer ${reviewerId} has a conflict of interest with employer ${employerId}. Choose another reviewer.`,
    };
  if (!present)
    return {
      refused: 'reviewer-absent',
      message: `Reviewer ${reviewerId} is set absent. Set them present first, or choose another reviewer.`,
    };
  return undefined;
}

/** A reviewer takes an audit that nobody has. Refused when somebody has it, for a conflict of interest, and while they are absent. */
export function takeReview(audit: Audit, reviewer: Assignee, at: string): AuditChange | Refusal {
  const refusal = notUnderReview(audit) ?? unfit(audit, reviewer);
  if (refusal !== undefined) return refusal;
  if (audit.reviewerId !== undefined)
    return {
      refused: 'already-assigned',
      message: `Audit ${audit.auditNumber} has a reviewer already. Take one that nobody has.`,
    };
  const { reviewerId } = reviewer;
  return hand(audit, reviewerId, { role: 'reviewer', personId: reviewerId }, at);
}

/** An administrator gives an audit to a named reviewer, whoever has it. Refused for a conflict of interest, and to who is absent or has it. */
export function reassignReview(audit: Audit, reviewer: Assignee, by: Staff, at: string): AuditChange | Refusal {
  const refusal = notUnderReview(audit) ?? unfit(audit, reviewer);
  if (refusal !== undefined) return refusal;
  if (audit.reviewerId === reviewer.reviewerId)
    return {
      refused: 'already-assigned',
      message: `Audit ${audit.auditNumber} is with reviewer ${reviewer.reviewerId} already. Choose another reviewer.`,
    };
  return hand(audit, reviewer.reviewerId, by, at);
}

function hand(audit: Audit, reviewerId: string, by: Staff, at: string): AuditChange {
  const before = audit.reviewerId === undefined ? {} : { before: audit.reviewerId };
  const { givenBack: _, ...handed } = audit;
  return changeAudit(handed, { reviewerId }, at, [
    { by, happening: { type: 'reviewer assigned', data: { reviewerId, ...before } } },
  ]);
}

/** The reason that stands in the history when a reviewer was set absent. */
const absence = 'The reviewer is absent.';

/**
 * Takes an audit out of its reviewer's hands, to be given to another: never to the same one again, unless they take it or
 * an administrator decides so. Its state, place in the queue, notes and points stay. Refused when nobody has it.
 */
export function releaseReview(audit: Audit, reason: string, by: Staff, at: string): AuditChange | Refusal {
  const { reviewerId } = audit;
  const releasedBy = [...new Set([...(audit.releasedBy ?? []), ...(reviewerId === undefined ? [] : [reviewerId])])];
  return release({ ...audit, releasedBy }, reason, by, at);
}

/** Takes an audit out of the hands of a reviewer who was set absent; once they are back it may be given to them again. */
export function releaseForAbsence(audit: Audit, by: Staff, at: string): AuditChange | Refusal {
  return release(audit, absence, by, at);
}

function release(audit: Audit, reason: string, by: Staff, at: string): AuditChange | Refusal {
  const refusal = notUnderReview(audit);
  if (refusal !== undefined) return refusal;
  const { reviewerId, ...released } = audit;
  if (reviewerId === undefined)
    return {
      refused: 'not-assigned',
      message: `Audit ${audit.auditNumber} has no reviewer who could give it back.`,
    };
  return changeAudit(released, { givenBack: true }, at, [
    { by, happening: { type: 'reviewer released', data: { reviewerId, reason } } },
  ]);
}
