import { addDays, businessDate, daysBetween, isDate } from '../calendar.ts';
import type { Actor, Staff } from '../history.ts';
import { isRefusal, type Refusal, refuse, type StepInReview } from '../refusal.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { releaseIfUnfit } from './assignment.ts';
import { type Audit, type AuditChange, changeAudit, type EndChange, leaveQueue, type ReviewChange } from './audit.ts';
import { notDecidable } from './decision.ts';
import { type QueueDates, queuePositionOf } from './queue-position.ts';
import {
  bytesOf,
  type ChangedPoints,
  type CorrectedMonths,
  type Note,
  named,
  overfull,
  type Review,
  refusedPoints,
  reviewedMonths,
  reviewedScore,
  sendNotes,
  unansweredNotes,
  unsentNotes,
  type WrittenNote,
} from './review.ts';
import type { Revision } from './revision.ts';
import type { Trace } from './same-person.ts';
import type { Score } from './scoring.ts';

function notInReview({ auditNumber, state }: Audit, step: StepInReview): Refusal {
  return refuse('not-in-review', { auditNumber, state, step });
}

/**
 * Opens the review of the revision that the reviewer saw. From then on, the assessor can't replace it. Refused while its
 * documents are not laid out, when there is a newer revision, and when the audit is not pending review.
 */
export function openReview(audit: Audit, seenRevision: number, by: Staff, at: string): AuditChange | Refusal {
  if (audit.state !== 'pending review')
    return refuse('not-pending-review', { auditNumber: audit.auditNumber, state: audit.state });
  const refusal = notDecidable(audit, seenRevision);
  if (refusal !== undefined) return refusal;
  const { revisionDueOn: _due, ...opened } = audit;
  return changeAudit(opened, { state: 'in review' }, at, [
    { by, happening: { type: 'review opened', data: { revision: audit.revision } } },
  ]);
}

/** Adds a note on a question, or on the whole audit. */
export function addNote(
  audit: Audit,
  review: Review,
  written: WrittenNote,
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  if (audit.state !== 'in review') return notInReview(audit, 'add-note');
  const note: Note = { note: review.lastNote + 1, ...written, byReviewerId: by.personId, at };
  const next: Review = { ...review, lastNote: note.note, notes: [...review.notes, note] };
  const refusal = overfull(next, 'reviewer');
  if (refusal !== undefined) return refusal;
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'note added', data: { note: note.note, ...written } } },
  ]);
  return { ...change, review: next };
}

/** The note of a number, as long as it can be changed: in review, and before the assessor has been sent it. */
function changeableNote(audit: Audit, review: Review, number: number): Note | Refusal {
  if (audit.state !== 'in review') return notInReview(audit, 'change-note');
  const note = review.notes.find((each) => each.note === number);
  if (note === undefined) return refuse('unknown-note', { auditNumber: audit.auditNumber, note: number });
  return note.sent === undefined ? note : refuse('note-sent', { note: number });
}

/** Changes a note that the assessor has not been sent: its kind, its question and its text. The history keeps what it said before. */
export function changeNote(
  audit: Audit,
  review: Review,
  number: number,
  written: WrittenNote,
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  const before = changeableNote(audit, review, number);
  if (isRefusal(before)) return before;
  const note: Note = { note: number, ...written, byReviewerId: by.personId, at };
  const next: Review = {
    ...review,
    discardedBytes: review.discardedBytes + bytesOf(before),
    notes: review.notes.map((each) => (each === before ? note : each)),
  };
  const refusal = overfull(next, 'reviewer');
  if (refusal !== undefined) return refusal;
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'note changed', data: { note: number, ...written } } },
  ]);
  return { ...change, review: next };
}

/** Deletes a note that the assessor has not been sent. Its number is not used again, and the history keeps what it said. */
export function deleteNote(
  audit: Audit,
  review: Review,
  number: number,
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  const before = changeableNote(audit, review, number);
  if (isRefusal(before)) return before;
  const next: Review = {
    ...review,
    discardedBytes: review.discardedBytes + bytesOf(before),
    notes: review.notes.filter((each) => each !== before),
  };
  const change = changeAudit(audit, {}, at, [{ by, happening: { type: 'note deleted', data: { note: number } } }]);
  return { ...change, review: next };
}

/** Changes the points of a question, with a reason; `score` is the assessor's own, which stays on record. */
export function changePoints(
  audit: Audit,
  review: Review,
  score: Score,
  changed: Pick<ChangedPoints, 'question' | 'awarded' | 'reason'>,
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  if (audit.state !== 'in review') return notInReview(audit, 'change-points');
  const { revision } = audit;
  const { question, awarded } = changed;
  const own = pointsOf(score, question);
  const entry: ChangedPoints = { revision, ...changed, own, byReviewerId: by.personId, at };
  const next: Review = { ...review, changedPoints: [...review.changedPoints, entry] };
  const refusal = refusedPoints(score, question, awarded) ?? overfull(next, 'reviewer');
  if (refusal !== undefined) return refusal;
  const before = pointsOf(reviewedScore(score, revision, review), question);
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'points changed', data: { revision, ...changed, before } } },
  ]);
  return { ...change, review: next };
}

function pointsOf({ elements }: Score, question: string): number {
  return elements.flatMap(({ questions }) => questions).find((each) => each.question === question)?.awarded ?? 0;
}

/** [A] A century of records is more than any package has. */
const maxRecordsMonths = 1_200;

/**
 * Corrects the months of records that the package says, with a reason; the decision, and the certificate that it gives, rest
 * on the corrected ones. Refused when they are not whole, or too few for any certificate.
 */
export function correctMonths(
  audit: Audit,
  review: Review,
  own: Pick<Revision, 'revision' | 'recordsMonths'>,
  corrected: Pick<CorrectedMonths, 'recordsMonths' | 'reason'>,
  ruleSet: RuleSet,
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  if (audit.state !== 'in review') return notInReview(audit, 'correct-months');
  const { recordsMonths } = corrected;
  const least = ruleSet.minRecordsMonths.value;
  if (!Number.isInteger(recordsMonths) || recordsMonths < least || recordsMonths > maxRecordsMonths)
    return refuse('months-out-of-range', { months: recordsMonths, least, most: maxRecordsMonths });
  const { revision } = own;
  const entry: CorrectedMonths = {
    revision,
    ...corrected,
    own: own.recordsMonths,
    byReviewerId: by.personId,
    at,
  };
  const next: Review = { ...review, correctedMonths: [...review.correctedMonths, entry] };
  const refusal = overfull(next, 'reviewer');
  if (refusal !== undefined) return refusal;
  const before = reviewedMonths(own, review);
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'months corrected', data: { revision, ...corrected, before } } },
  ]);
  return { ...change, review: next };
}

/**
 * Requests a revision: sends all notes that have not been sent, and sets the day by which it is due [P]. Refused without a
 * note that the assessor could act on.
 */
export function requestRevision(
  audit: Audit,
  review: Review,
  ruleSet: RuleSet,
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  if (audit.state !== 'in review') return notInReview(audit, 'request-revision');
  if (!unsentNotes(review).some((note) => note.kind === 'actionable')) return refuse('nothing-to-revise');
  const round = audit.rounds + 1;
  const dueOn = addDays(businessDate(at), ruleSet.revisionDays.value);
  const { review: told, notes } = sendNotes(review, { round });
  const next = { state: 'awaiting revision', rounds: round, spentLinks: audit.links, revisionDueOn: dueOn } as const;
  const change = changeAudit(audit, next, at, [
    { by, happening: { type: 'revision requested', data: { round, dueOn, notes } } },
  ]);
  return { ...change, review: told };
}

/** Gives the assessor more time for the revision: to a later day than before. */
export function extendRevision(
  audit: Audit,
  dueOn: string,
  reason: string,
  by: Staff,
  at: string,
): AuditChange | Refusal {
  if (audit.state !== 'awaiting revision' || audit.revisionDueOn === undefined)
    return refuse('no-revision-awaited', { auditNumber: audit.auditNumber, state: audit.state });
  const today = businessDate(at);
  if (!isDate(dueOn) || dueOn <= audit.revisionDueOn || dueOn < today)
    return refuse('not-later', { dueOn: audit.revisionDueOn, today });
  return changeAudit(audit, { revisionDueOn: dueOn }, at, [
    { by, happening: { type: 'revision extended', data: { dueOn, reason } } },
  ]);
}

/**
 * Records the assessor's answers to the notes that they were sent: how each actionable one was resolved, and that each
 * informational one was read. Refused while no revision is awaited, and when a note was not sent or is answered already.
 */
export function answerNotes(
  audit: Audit,
  review: Review,
  answers: readonly { readonly note: number; readonly text: string }[],
  by: Actor,
  at: string,
): ReviewChange | Refusal {
  if (audit.state !== 'awaiting revision')
    return refuse('no-answers-awaited', { auditNumber: audit.auditNumber, state: audit.state });
  const open = new Set(unansweredNotes(review).map(({ note }) => note));
  const unanswered = new Set(open);
  // A note that was answered is not open any more, not even later in the same call.
  const wrong = answers.filter(({ note }) => !unanswered.delete(note)).map(({ note }) => note);
  const stillOpen = named([...open]);
  if (wrong.length > 0)
    return refuse('no-open-note', { ...named(wrong), open: stillOpen.notes, moreOpen: stillOpen.more });
  const given = new Map(answers.map(({ note, text }) => [note, { text, at }]));
  const notes = review.notes.map((note) => {
    const answer = given.get(note.note);
    return answer === undefined ? note : { ...note, answer };
  });
  const next: Review = { ...review, notes };
  const refusal = overfull(next, 'assessor');
  if (refusal !== undefined) return refusal;
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'notes answered', data: { round: audit.rounds, answers: [...answers] } } },
  ]);
  return { ...change, review: next };
}

/** Why the awaited revision can't be uploaded yet, or undefined: every note that was sent must be answered first. */
export function notAnswered(audit: Audit, review: Review): Refusal | undefined {
  const open = audit.state === 'awaiting revision' ? unansweredNotes(review) : [];
  if (open.length === 0) return undefined;
  return refuse('notes-unanswered', named(open.map(({ note }) => note)));
}

const closedForGood: ReadonlySet<Audit['state']> = new Set(['closed', 'rejected', 'withdrawn']);

/**
 * Rejects an audit that is not fit for review; says nothing of its score. Notes that were not sent go out with it, of either kind [A]:
 * they would be dropped otherwise. Refused once it is closed, rejected or withdrawn.
 */
export function rejectAudit(audit: Audit, review: Review, reason: string, by: Actor, at: string): EndChange | Refusal {
  if (closedForGood.has(audit.state))
    return refuse('over', { auditNumber: audit.auditNumber, state: audit.state, step: 'reject' });
  const { review: told, notes } = sendNotes(review, { end: 'rejected' });
  const data = { reason, ...(notes.length === 0 ? {} : { notes }) };
  const change = changeAudit(leaveQueue(audit), { state: 'rejected', closedAt: at }, at, [
    { by, happening: { type: 'audit rejected', data } },
  ]);
  return told === review ? change : { ...change, review: told };
}

/** Whether a review has begun: of the revision that is up, or of one before it. */
function reviewBegan({ state, rounds, decisions }: Audit): boolean {
  return (state !== 'registered' && state !== 'pending review') || rounds > 0 || decisions > 0;
}

/**
 * Withdraws an audit: the assessor before its first review begins, an administrator later. Notes that were not sent go out with it, as
 * when it is rejected.
 */
export function withdrawAudit(
  audit: Audit,
  review: Review,
  reason: string,
  by: Staff,
  at: string,
): EndChange | Refusal {
  if (closedForGood.has(audit.state))
    return refuse('over', { auditNumber: audit.auditNumber, state: audit.state, step: 'withdraw' });
  if (by.role === 'assessor' && reviewBegan(audit))
    return refuse('review-began', { auditNumber: audit.auditNumber, state: audit.state });
  const { review: told, notes } = sendNotes(review, { end: 'withdrawn' });
  const data = { reason, ...(notes.length === 0 ? {} : { notes }) };
  const change = changeAudit(leaveQueue(audit), { state: 'withdrawn', closedAt: at }, at, [
    { by, happening: { type: 'audit withdrawn', data } },
  ]);
  return told === review ? change : { ...change, review: told };
}

/**
 * Reopens a closed audit within the days that the rules give: it is undecided again, in review, and gets its place in the queue
 * from these dates. Its reviewer gets it again if they may review it now; otherwise it is offered to another. Its certificate
 * stays until the new decision.
 */
export function reopenAudit(
  audit: Audit,
  reason: string,
  {
    ruleSet,
    dates,
    reviewer,
    known,
  }: {
    readonly ruleSet: RuleSet;
    readonly dates: QueueDates;
    readonly reviewer: Parameters<typeof releaseIfUnfit>[1];
    /** See `inConflict`. */
    readonly known: readonly Trace[];
  },
  by: Staff,
  at: string,
): AuditChange | Refusal {
  if (audit.state !== 'closed' || audit.closedAt === undefined)
    return refuse('not-closed', { auditNumber: audit.auditNumber, state: audit.state });
  const days = daysBetween(businessDate(audit.closedAt), businessDate(at));
  if (days > ruleSet.reopenDays.value)
    return refuse('closed-too-long', { auditNumber: audit.auditNumber, days, most: ruleSet.reopenDays.value });
  const { outcome: _outcome, decidedPoints: _points, closedAt: _closed, ...undecided } = audit;
  const place = { queuePosition: queuePositionOf(audit.auditNumber, dates), queueDates: dates };
  const held = releaseIfUnfit(undecided, reviewer, known);
  return changeAudit(held.audit, { state: 'in review', ...place }, at, [
    { by, happening: { type: 'audit reopened', data: { decision: audit.decisions, reason } } },
    ...held.happenings,
  ]);
}
