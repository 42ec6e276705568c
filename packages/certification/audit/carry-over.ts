import { type Actor, system } from '../history.ts';
import type { Audit } from './audit.ts';
import type { AuditHappening } from './events.ts';
import { type ChangedPoints, type CorrectedMonths, correctionsFor, type Review } from './review.ts';
import { type Answer, sameAnswer } from './scoring.ts';

/** The revision that was reviewed last, and what was corrected in it: its answers, and those of the package that follows. */
export type CorrectedRevision = {
  readonly review: Review;
  readonly revision: number;
  readonly had: readonly Answer[];
  readonly has: readonly Answer[];
};

/**
 * The revision that was reviewed in the last round: the next package is compared with it, and not with a package that came since and
 * that nobody reviewed. Undefined before the first round.
 */
export function lastReviewed({ revisions, rounds }: Pick<Audit, 'revisions' | 'rounds'>): number | undefined {
  return revisions.findLast(({ round, layout }) => round < rounds && layout === 'done')?.revision;
}

/** Whether anything was corrected in a revision, or carried over to it, that the next one may keep. */
export function hasCorrections(review: Review, revision: number): boolean {
  const { points, months } = correctionsFor(revision, review);
  return points.length > 0 || months !== undefined;
}

/**
 * Carries corrections over to the next revision: those of points where the assessor's answer is the same, and that of the months
 * where the package says the same. The answer is `positive` of `sampled`, or not applicable; notes and evidence are no part of it [A].
 * The others lapse: they stay on record, and do not count for the next revision.
 */
export function carryOver(
  { review, revision: from, had, has }: CorrectedRevision,
  { revision, recordsMonths }: { readonly revision: number; readonly recordsMonths: number },
): { readonly review?: Review; readonly happenings: readonly { by: Actor; happening: AuditHappening }[] } {
  const { points, months } = correctionsFor(from, review);
  const isSame = ({ question }: ChangedPoints) => {
    const [before, after] = [had, has].map((answers) => answers.find((each) => each.question === question));
    return before !== undefined && after !== undefined && sameAnswer(before, after);
  };
  const keepsMonths = months?.own === recordsMonths;
  const kept = new Set<ChangedPoints | CorrectedMonths>([
    ...points.filter(isSame),
    ...(months !== undefined && keepsMonths ? [months] : []),
  ]);
  const carried = <C extends ChangedPoints | CorrectedMonths>(correction: C): C =>
    kept.has(correction) ? { ...correction, carriedTo: [...(correction.carriedTo ?? []), revision] } : correction;
  const told = (isKept: boolean) => ({
    points: points
      .filter((each) => kept.has(each) === isKept)
      .map(({ question, awarded, revision: madeIn }) => ({ question, awarded, madeIn })),
    ...(months === undefined || keepsMonths !== isKept
      ? {}
      : { months: { recordsMonths: months.recordsMonths, madeIn: months.revision } }),
  });
  const [keeps, lapses] = [told(true), told(false)];
  const isEmpty = (part: typeof keeps) => part.points.length === 0 && part.months === undefined;
  return {
    ...(kept.size === 0
      ? {}
      : {
          review: {
            ...review,
            changedPoints: review.changedPoints.map(carried),
            correctedMonths: review.correctedMonths.map(carried),
          },
        }),
    happenings: [
      ...(isEmpty(keeps)
        ? []
        : [
            {
              by: system,
              happening: { type: 'corrections carried over', data: { revision, from, ...keeps } },
            } as const,
          ]),
      ...(isEmpty(lapses)
        ? []
        : [{ by: system, happening: { type: 'corrections lapsed', data: { revision, from, ...lapses } } } as const]),
    ],
  };
}
