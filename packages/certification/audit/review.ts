import { type Refusal, refuse } from '../refusal.ts';
import type { Revision } from './revision.ts';
import type { ElementScore, Score } from './scoring.ts';

/**
 * With what a note went out to the assessor: with the request for a revision of a round, with a decision, or with the end of an audit
 * that was rejected or withdrawn.
 */
type Sending = { readonly round: number } | { readonly decision: number } | { readonly end: 'rejected' | 'withdrawn' };

/** A reviewer's note: actionable must be resolved before a resubmission, informational must be acknowledged. */
export type Note = {
  /** 1, 2, … within the audit; never used again, even if the note is deleted. */
  readonly note: number;
  readonly kind: 'actionable' | 'informational';
  /** The question that it is about; absent when it is about the whole audit. */
  readonly question?: string;
  readonly text: string;
  /** Who wrote it, or changed it last, and when. */
  readonly byReviewerId: string;
  readonly at: string;
  /** Absent until it is sent: until then, it can be changed and deleted. */
  readonly sent?: Sending;
  /** What the assessor answered: how it was resolved, or that it was read. */
  readonly answer?: { readonly text: string; readonly at: string };
};

/** What a reviewer writes in a note. */
export type WrittenNote = Pick<Note, 'kind' | 'question' | 'text'>;

/** A note as the assessor is sent it. */
export type SentNote = Pick<Note, 'note'> & WrittenNote;

/** What every correction by a reviewer has. */
type Correction = {
  /** The revision in which it was made. */
  readonly revision: number;
  readonly reason: string;
  readonly byReviewerId: string;
  readonly at: string;
  /** The later revisions that it carried over to; see `carryOver`. */
  readonly carriedTo?: readonly number[];
};

/** Points of one question as the reviewer changed them; `own` are those of the assessor's own answer, which stay on record. */
export type ChangedPoints = Correction & {
  readonly question: string;
  readonly awarded: number;
  readonly own: number;
};

/** The months of records of a revision as the reviewer corrected them; `own` are those that the package says, which stay on record. */
export type CorrectedMonths = Correction & { readonly recordsMonths: number; readonly own: number };

/** What the reviewers of an audit have written: notes, points that they changed, and months that they corrected. */
export type Review = {
  readonly auditNumber: string;
  readonly notes: readonly Note[];
  /** The number of the last note that was written; it may have been deleted. */
  readonly lastNote: number;
  /** Bytes of what notes said before they were changed or deleted: the history of the audit still has it. */
  readonly discardedBytes: number;
  readonly changedPoints: readonly ChangedPoints[];
  readonly correctedMonths: readonly CorrectedMonths[];
};

/** An empty review: nobody has written anything yet. */
export function newReview(auditNumber: string): Review {
  return { auditNumber, notes: [], lastNote: 0, discardedBytes: 0, changedPoints: [], correctedMonths: [] };
}

/**
 * Notes that the assessor was sent with a request for a revision and has not answered; while there is one, no package is resubmitted.
 * What went out with a decision needs no answer [A]: there was nothing to resubmit.
 */
export function unansweredNotes(review: Review): readonly Note[] {
  return review.notes.filter(({ sent, answer }) => sent !== undefined && 'round' in sent && answer === undefined);
}

/** Notes that the assessor has been sent. */
export function sentNotes(review: Review): readonly Note[] {
  return review.notes.filter(({ sent }) => sent !== undefined);
}

/** Notes that went out with this decision, or with an earlier one that it replaces: its report tells them all. */
export function sentWithDecision(review: Review, decision: number): readonly Note[] {
  return review.notes.filter(({ sent }) => sent !== undefined && 'decision' in sent && sent.decision <= decision);
}

/** Notes that the assessor has not been sent: the next request for a revision or the end of the audit sends them. */
export function unsentNotes(review: Review): readonly Note[] {
  return review.notes.filter(({ sent }) => sent === undefined);
}

/**
 * The review after all its unsent notes went out, and the notes as an event and a letter tell them. The end of an audit also tells
 * again what went out with an earlier decision, which it replaces: nobody was written to of one that was reopened soon.
 */
export function sendNotes(
  review: Review,
  sent: Sending,
): { readonly review: Review; readonly notes: readonly SentNote[] } {
  const isTold = ({ sent: before }: Note) => before === undefined || (!('round' in sent) && 'decision' in before);
  const notes = review.notes.filter(isTold).map(({ note, kind, question, text }) => ({
    note,
    kind,
    text,
    ...(question === undefined ? {} : { question }),
  }));
  if (notes.length === 0) return { review, notes };
  return { review: { ...review, notes: review.notes.map((note) => ({ sent, ...note })) }, notes };
}

/** The most notes that a refusal names, to keep it readable. */
const maxNamed = 20;

/** Notes as a refusal names them: the first ones by their numbers, and how many more there are. */
export function named(notes: readonly number[]): { readonly notes: string; readonly more: number } {
  return { notes: notes.slice(0, maxNamed).join(', '), more: Math.max(0, notes.length - maxNamed) };
}

function countsFor({ revision: madeIn, carriedTo = [] }: Correction, revision: number): boolean {
  return madeIn === revision || carriedTo.includes(revision);
}

/** The correction that counts for a revision: the last of those that were made in it or carried over to it. */
function countingFor<C extends Correction>(corrections: readonly C[], revision: number): C | undefined {
  return corrections.findLast((correction) => countsFor(correction, revision));
}

/** The last correction before a revision, if it lapsed: it does not count for the revision, because the assessor has changed what it corrected. */
function lapsedBefore<C extends Correction>(corrections: readonly C[], revision: number): C | undefined {
  const last = corrections.findLast((correction) => correction.revision <= revision);
  return last === undefined || countsFor(last, revision) ? undefined : last;
}

function changesOf({ changedPoints }: Pick<Review, 'changedPoints'>, question: string): readonly ChangedPoints[] {
  return changedPoints.filter((each) => each.question === question);
}

/** A revision's score with the points that the reviewer changed, in it or in an earlier one; of several changes to a question the last one counts. */
export function reviewedScore(score: Score, revision: number, review: Pick<Review, 'changedPoints'>): Score {
  const elements = score.elements.map((element): ElementScore => {
    const questions = element.questions.map((own) => {
      const changed = countingFor(changesOf(review, own.question), revision);
      return { ...own, awarded: changed?.awarded ?? own.awarded };
    });
    return { ...element, questions, awarded: questions.reduce((sum, { awarded }) => sum + awarded, 0) };
  });
  return { ...score, elements, awarded: elements.reduce((sum, { awarded }) => sum + awarded, 0) };
}

/** A change of a question's points, the revision in which it was made, and the points of the assessor's own answer then. */
export type ToldChange = Pick<ChangedPoints, 'revision' | 'question' | 'awarded' | 'reason' | 'at'> & {
  readonly before: number;
};

function toldChange(change: ChangedPoints | undefined): ToldChange[] {
  // Points that were given back to the assessor are no change.
  if (change === undefined || change.awarded === change.own) return [];
  const { revision, question, awarded, own: before, reason, at } = change;
  return [{ revision, question, awarded, before, reason, at }];
}

type OfRevision = Pick<Revision, 'revision' | 'score'>;

function questionsOf({ score }: OfRevision): readonly string[] {
  return score.elements.flatMap(({ questions }) => questions.map(({ question }) => question));
}

/**
 * The changes of points that count for a revision, in the order of the protocol: the last one of each question, unless it
 * gives back what the assessor's own answer gave.
 */
export function standingChanges(revision: OfRevision, review: Review): ToldChange[] {
  return questionsOf(revision).flatMap((question) =>
    toldChange(countingFor(changesOf(review, question), revision.revision)),
  );
}

/** The changes of points that lapsed before a revision, in the order of the protocol: the assessor has changed the answer. */
export function lapsedChanges(revision: OfRevision, review: Review): ToldChange[] {
  return questionsOf(revision).flatMap((question) =>
    toldChange(lapsedBefore(changesOf(review, question), revision.revision)),
  );
}

/** The months of records that the decision uses: the last correction, otherwise those of the package. */
export function reviewedMonths(revision: Pick<Revision, 'revision' | 'recordsMonths'>, review: Review): number {
  return countingFor(review.correctedMonths, revision.revision)?.recordsMonths ?? revision.recordsMonths;
}

/** A correction of months, the revision in which it was made, and the months that its package says. */
export type ToldMonths = Pick<CorrectedMonths, 'revision' | 'recordsMonths' | 'reason' | 'at'> & {
  readonly before: number;
};

function toldMonths(correction: CorrectedMonths | undefined): ToldMonths | undefined {
  if (correction === undefined || correction.recordsMonths === correction.own) return undefined;
  const { revision, recordsMonths, own: before, reason, at } = correction;
  return { revision, recordsMonths, before, reason, at };
}

/** The correction of months that counts for a revision: the last one, unless it gives back what the package says. */
export function standingMonths({ revision }: Pick<Revision, 'revision'>, review: Review): ToldMonths | undefined {
  return toldMonths(countingFor(review.correctedMonths, revision));
}

/** The correction of months that lapsed before a revision: its package says other months than the one that was corrected. */
export function lapsedMonths({ revision }: Pick<Revision, 'revision'>, review: Review): ToldMonths | undefined {
  return toldMonths(lapsedBefore(review.correctedMonths, revision));
}

/** The corrections that count for a revision and differ from what the assessor gave: points of questions, and months. */
export function correctionsFor(
  revision: number,
  { changedPoints, correctedMonths }: Review,
): { readonly points: readonly ChangedPoints[]; readonly months?: CorrectedMonths } {
  const points = changedPoints.filter(
    (change) =>
      change.awarded !== change.own && countingFor(changesOf({ changedPoints }, change.question), revision) === change,
  );
  const months = countingFor(correctedMonths, revision);
  return { points, ...(months === undefined || months.recordsMonths === months.own ? {} : { months }) };
}

/** The most bytes, as JSON, that each side may write on one audit: an item of DynamoDB holds 400 KB. [A] */
const maxWritten = 150_000;
/** The most bytes, as JSON, of all that reviewers have written on one audit, with what they changed or deleted since: the history keeps it. [A] */
const maxEverWritten = 3 * maxWritten;

/** How many bytes this takes as JSON. */
export function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** Why one side can't write this much on a review, or undefined when it can. */
export function overfull(review: Review, by: 'reviewer' | 'assessor'): Refusal | undefined {
  const { auditNumber, notes, changedPoints, correctedMonths, discardedBytes } = review;
  if (by === 'assessor')
    return bytesOf(notes.map(({ answer }) => answer)) <= maxWritten
      ? undefined
      : refuse('answers-too-long', { auditNumber });
  // To which revisions something carried over is written by intake, which must not fail for it: it is small, and not counted.
  const ownWords = ({ carriedTo: _, ...correction }: Correction) => correction;
  const written = bytesOf([
    notes.map(({ answer: _, ...note }) => note),
    changedPoints.map(ownWords),
    correctedMonths.map(ownWords),
  ]);
  if (written > maxWritten) return refuse('review-full', { auditNumber, notes: notes.length });
  return written + discardedBytes > maxEverWritten ? refuse('notes-changed-too-often', { auditNumber }) : undefined;
}

/** Why a change of points is refused, or undefined: whole, within the question's points, and never on a question that is not applicable. */
export function refusedPoints(score: Score, question: string, awarded: number): Refusal | undefined {
  const asked = score.elements.flatMap((element) => element.questions).find((each) => each.question === question);
  if (asked === undefined) return refuse('unknown-question', { question });
  if (asked.notApplicable) return refuse('not-applicable', { question });
  if (!Number.isInteger(awarded) || awarded < 0 || awarded > asked.available)
    return refuse('points-out-of-range', { question, points: awarded, most: asked.available });
  return undefined;
}
