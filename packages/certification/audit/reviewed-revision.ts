import type { Audit } from './audit.ts';
import { judge } from './outcome.ts';
import { type Review, reviewedMonths, reviewedScore } from './review.ts';
import type { Revision } from './revision.ts';
import { rulesOf } from './rules.ts';

/** A revision with its reviewer's corrections: the months, the changed points, and the outcome that follows from them. */
export function reviewedRevision(audit: Audit, revision: Revision, review: Review): Revision {
  const { protocol, ruleSet } = rulesOf(audit);
  const score = reviewedScore(revision.score, revision.revision, review);
  const outcome = judge(audit.kind, protocol, score, ruleSet);
  return { ...revision, recordsMonths: reviewedMonths(revision, review), score, outcome };
}
