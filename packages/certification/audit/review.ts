import { type Refusal, refuse } from '../refusal.ts';
import type { Revision } from './revision.ts';
import type { ElementScore, Score } from './scoring.ts';

/** A reviewer's note: actionable must be resolved before a resubmission, informational must be acknowledged. */
export type Note = {
  /** 1, 2, … within the audit. */
  readonly note: number;
  readonly kind: 'actionable' | 'informational';
  /** The question that it is about; absent when it is about the whole audit. */
  readonly question?: string;
  readonly text: string;
  readonly byReviewerId: string;
  readonly at: string;
  /** The round in which it was sent to the assessor; absent until a revision is requested. */
  readonly sentInRound?: number;
  /** What the assessor answered: how it was resolved, or that it was read. */
  readonly answer?: { readonly text: string; readonly at: string };
};

/** Points of one question as the reviewer changed them; the assessor's own stay on record with the revision. */
export type ChangedPoints = {
  readonly revision: number;
  readonly question: string;
  readonly awarded: number;
  readonly reason: string;
  readonly byReviewerId: string;
  readonly at: string;
};

/** The months of records of a revision as the reviewer corrected them; what the package says stays on record with it. */
export type CorrectedMonths = {
  readonly revision: number;
  readonly recordsMonths: number;
  readonly reason: string;
  readonly byReviewerId: string;
  readonly at: string;
};

/** What the reviewers of an audit have written: notes, points that they changed, and months that they corrected. */
export type Review = {
  readonly auditNumber: string;
  readonly notes: readonly Note[];
  readonly changedPoints: readonly ChangedPoints[];
  readonly correctedMonths: readonly CorrectedMonths[];
};

/** An empty review: nobody has written anything yet. */
export function newReview(auditNumber: string): Review {
  return { auditNumber, notes: [], changedPoints: [], correctedMonths: [] };
}

/** Notes that the assessor has been sent and has not answered; while there is one, no package is resubmitted. */
export function unansweredNotes(review: Review): readonly Note[] {
  return review.notes.filter((note) => note.sentInRound !== undefined && note.answer === undefined);
}

/** Notes that the next request for a revision will send. */
export function unsentNotes(review: Review): readonly Note[] {
  return review.notes.filter((note) => note.sentInRound === undefined);
}

/** A revision's score with the points that the reviewer changed; of several changes to a question the last one counts. */
export function reviewedScore(score: Score, revision: number, changedPoints: readonly ChangedPoints[]): Score {
  const changed = new Map(
    changedPoints.filter((change) => change.revision === revision).map(({ question, awarded }) => [question, awarded]),
  );
  const elements = score.elements.map((element): ElementScore => {
    const questions = element.questions.map((question) => ({
      ...question,
      awarded: changed.get(question.question) ?? question.awarded,
    }));
    return { ...element, questions, awarded: questions.reduce((sum, { awarded }) => sum + awarded, 0) };
  });
  return { ...score, elements, awarded: elements.reduce((sum, { awarded }) => sum + awarded, 0) };
}

/** The final change of a question's points, together with the points of the assessor's own answer. */
export type StandingChange = Omit<ChangedPoints, 'revision' | 'byReviewerId'> & { readonly before: number };

/**
 * The changes of points that count for a revision, in the order of the protocol: the last one of each question, unless it
 * gives back what the assessor's own answer gave.
 */
export function standingChanges(
  { revision, score }: Pick<Revision, 'revision' | 'score'>,
  review: Review,
): StandingChange[] {
  return score.elements.flatMap((element) =>
    element.questions.flatMap(({ question, awarded: before }) => {
      const last = review.changedPoints.findLast((each) => each.revision === revision && each.question === question);
      if (last === undefined || last.awarded === before) return [];
      const { awarded, reason, at } = last;
      return [{ question, awarded, before, reason, at }];
    }),
  );
}

/** The months of records that the decision uses: the last correction, otherwise those of the package. */
export function reviewedMonths(revision: Pick<Revision, 'revision' | 'recordsMonths'>, review: Review): number {
  return standingMonths(revision, review)?.recordsMonths ?? revision.recordsMonths;
}

/** The correction of months that counts for a revision: the last one, unless it gives back what the package says. */
export function standingMonths(
  { revision, recordsMonths: before }: Pick<Revision, 'revision' | 'recordsMonths'>,
  review: Review,
): (Omit<CorrectedMonths, 'revision' | 'byReviewerId'> & { readonly before: number }) | undefined {
  const last = review.correctedMonths.findLast((each) => each.revision === revision);
  if (last === undefined || last.recordsMonths === before) return undefined;
  const { recordsMonths, reason, at } = last;
  return { recordsMonths, before, reason, at };
}

/** The most bytes, as JSON, that each side may write on one audit: an item of DynamoDB holds 400 KB. [A] */
const maxWritten = 150_000;

/** Why one side can't write this much on a review, or undefined when it can. */
export function overfull(review: Review, by: 'reviewer' | 'assessor'): Refusal | undefined {
  const answers = review.notes.map(({ answer }) => answer);
  const words = by === 'assessor' ? answers : { ...review, notes: review.notes.map(({ answer: _, ...note }) => note) };
  if (new TextEncoder().encode(JSON.stringify(words)).length <= maxWritten) return undefined;
  return by === 'assessor'
    ? refuse('answers-too-long', { auditNumber: review.auditNumber })
    : refuse('review-full', { auditNumber: review.auditNumber, notes: review.notes.length });
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
