import { type Audit, type AuditChange, changeAudit, currentRevision, leaveQueue, notDecidable } from './audit.ts';
import { addDays, businessDate, daysBetween, isDate } from './calendar.ts';
import type { Actor, Refusal } from './event.ts';
import { type QueueDates, queuePositionOf } from './queue-place.ts';
import {
  type ChangedPoints,
  type Note,
  overfull,
  type Review,
  refusedPoints,
  unansweredNotes,
  unsentNotes,
} from './review.ts';
import type { RuleSet } from './rule-set.ts';
import type { Score } from './scoring.ts';

type Staff = Extract<Actor, { personId: string }>;

/** An audit and its review after a change, with the events that the change caused. */
export type ReviewChange = AuditChange & { readonly review: Review };

function notInReview(audit: Audit, what: string): Refusal {
  return {
    refused: 'not-in-review',
    message: `Audit ${audit.auditNumber} is ${audit.state}; ${what} only while it is in review. Open the review first.`,
  };
}

/**
 * Opens the review of the revision that the reviewer saw: from now on it can't be replaced. Refused while its documents
 * are not laid out, when there is a newer revision, and when the audit is not pending review.
 */
export function openReview(audit: Audit, seenRevision: number, by: Staff, at: string): AuditChange | Refusal {
  if (audit.state !== 'pending review')
    return {
      refused: 'not-pending-review',
      message: `Audit ${audit.auditNumber} is ${audit.state}; only an audit that is pending review can be opened.`,
    };
  const refusal = notDecidable(audit, seenRevision);
  if (refusal !== undefined) return refusal;
  const { revisionDueOn: _due, ...opened } = audit;
  // What nobody had been given is now the reviewer's who opens it.
  const opener = audit.reviewerId === undefined && by.role === 'reviewer' ? { reviewerId: by.personId } : {};
  return changeAudit(opened, { state: 'in review', ...opener }, at, [
    { by, happening: { type: 'review opened', data: { revision: audit.revision } } },
  ]);
}

/** Adds a note on a question, or on the whole audit. Notes are never edited: a further note corrects one. */
export function addNote(
  audit: Audit,
  review: Review,
  written: Pick<Note, 'kind' | 'text'> & { readonly question?: string },
  by: Staff,
  at: string,
): ReviewChange | Refusal {
  if (audit.state !== 'in review') return notInReview(audit, 'notes are added');
  const note: Note = { note: review.notes.length + 1, ...written, byReviewerId: by.personId, at };
  const next: Review = { ...review, notes: [...review.notes, note] };
  const refusal = overfull(next, 'reviewer');
  if (refusal !== undefined) return refusal;
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'note added', data: { note: note.note, ...written } } },
  ]);
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
  if (audit.state !== 'in review') return notInReview(audit, 'points are changed');
  const { revision } = audit;
  const entry: ChangedPoints = { revision, ...changed, byReviewerId: by.personId, at };
  const next: Review = { ...review, changedPoints: [...review.changedPoints, entry] };
  const refusal = refusedPoints(score, changed.question, changed.awarded) ?? overfull(next, 'reviewer');
  if (refusal !== undefined) return refusal;
  const before = pointsNow(review, score, revision, changed.question);
  const change = changeAudit(audit, {}, at, [
    { by, happening: { type: 'points changed', data: { revision, ...changed, before } } },
  ]);
  return { ...change, review: next };
}

function pointsNow(review: Review, score: Score, revision: number, question: string): number {
  const changed = review.changedPoints.findLast((each) => each.revision === revision && each.question === question);
  const own = score.elements.flatMap((element) => element.questions).find((each) => each.question === question);
  return changed?.awarded ?? own?.awarded ?? 0;
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
  if (audit.state !== 'in review') return notInReview(audit, 'a revision is requested');
  const sent = unsentNotes(review);
  if (!sent.some((note) => note.kind === 'actionable'))
    return {
      refused: 'nothing-to-revise',
      message: 'There is no actionable note that the assessor has not been sent. Add one that says what to change.',
    };
  const round = audit.rounds + 1;
  const dueOn = addDays(businessDate(at), ruleSet.revisionDays.value);
  const notes = sent.map(({ note, kind, question, text }) => ({
    note,
    kind,
    text,
    ...(question === undefined ? {} : { question }),
  }));
  const next = { state: 'awaiting revision', rounds: round, spentLinks: audit.links, revisionDueOn: dueOn } as const;
  const change = changeAudit(audit, next, at, [
    { by, happening: { type: 'revision requested', data: { round, dueOn, notes } } },
  ]);
  const sentNotes = review.notes.map((note) => (sent.includes(note) ? { ...note, sentInRound: round } : note));
  return { ...change, review: { ...review, notes: sentNotes } };
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
    return {
      refused: 'no-revision-awaited',
      message: `Audit ${audit.auditNumber} is ${audit.state}; only an audit that is awaiting revision can be given more time.`,
    };
  if (!isDate(dueOn) || dueOn <= audit.revisionDueOn)
    return {
      refused: 'not-later',
      message: `The revision is due on ${audit.revisionDueOn}. Give a later day of the calendar than that.`,
    };
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
    return {
      refused: 'no-revision-awaited',
      message: `Audit ${audit.auditNumber} is ${audit.state}; notes are answered while a revision is awaited.`,
    };
  const open = new Set(unansweredNotes(review).map(({ note }) => note));
  const wrong = answers.filter(
    ({ note }, index) => !open.has(note) || answers.findIndex((a) => a.note === note) !== index,
  );
  if (wrong.length > 0)
    return {
      refused: 'no-open-note',
      message: `Note ${wrong.map(({ note }) => note).join(', ')}: not open, or answered twice. Open are ${[...open].join(', ') || 'none'}.`,
    };
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
  return {
    refused: 'notes-unanswered',
    message: `Answer ${open.length === 1 ? 'note' : 'notes'} ${open.map(({ note }) => note).join(', ')} first: say how each actionable note was resolved, and acknowledge each informational one.`,
  };
}

const closedForGood: ReadonlySet<Audit['state']> = new Set(['closed', 'rejected', 'withdrawn']);

function leave(audit: Audit): Audit {
  const { revisionDueOn: _due, ...left } = leaveQueue(audit);
  return left;
}

/** Rejects an audit that is not fit for review; says nothing of its score. Refused once it is closed, rejected or withdrawn. */
export function rejectAudit(audit: Audit, reason: string, by: Actor, at: string): AuditChange | Refusal {
  if (closedForGood.has(audit.state))
    return {
      refused: 'over',
      message: `Audit ${audit.auditNumber} is ${audit.state}, and can't be rejected any more.`,
    };
  return changeAudit(leave(audit), { state: 'rejected', closedAt: at }, at, [
    { by, happening: { type: 'audit rejected', data: { reason } } },
  ]);
}

/** Withdraws an audit: the assessor before its review begins, an administrator later. */
export function withdrawAudit(audit: Audit, reason: string, by: Staff, at: string): AuditChange | Refusal {
  if (closedForGood.has(audit.state))
    return {
      refused: 'over',
      message: `Audit ${audit.auditNumber} is ${audit.state}, and can't be withdrawn any more.`,
    };
  if (by.role === 'assessor' && audit.state !== 'registered' && audit.state !== 'pending review')
    return {
      refused: 'review-began',
      message: `Audit ${audit.auditNumber} is ${audit.state}. Once its review has begun, only the certifying partner can withdraw it: call or write to them.`,
    };
  return changeAudit(leave(audit), { state: 'withdrawn', closedAt: at }, at, [
    { by, happening: { type: 'audit withdrawn', data: { reason } } },
  ]);
}

/**
 * Reopens a closed audit within the days that the rules give: it is undecided again, in review and in the queue, by the
 * arrival of the revision that was decided on. Its certificate stands until the new decision.
 */
export function reopenAudit(
  audit: Audit,
  reason: string,
  ruleSet: RuleSet,
  by: Staff,
  at: string,
): AuditChange | Refusal {
  if (audit.state !== 'closed' || audit.closedAt === undefined)
    return {
      refused: 'not-closed',
      message: `Audit ${audit.auditNumber} is ${audit.state}; only a closed audit can be reopened.`,
    };
  const days = daysBetween(businessDate(audit.closedAt), businessDate(at));
  if (days > ruleSet.reopenDays.value)
    return {
      refused: 'closed-too-long',
      message: `Audit ${audit.auditNumber} was closed ${days} days ago; it can be reopened within ${ruleSet.reopenDays.value}. Register a new audit.`,
    };
  const { outcome: _outcome, closedAt: _closed, ...undecided } = audit;
  const dates: QueueDates = { arrivedOn: businessDate(currentRevision(audit)?.arrivedAt ?? audit.closedAt) };
  const place = { queuePosition: queuePositionOf(audit.auditNumber, dates), queueDates: dates };
  return changeAudit(undecided, { state: 'in review', ...place }, at, [
    { by, happening: { type: 'audit reopened', data: { decision: audit.decisions, reason } } },
  ]);
}
