import { type ComparedRevision, changesBetween, type QuestionState } from '@secor/audit-package';
import { type Audit, type Review, reviewedScore } from '@secor/certification';
import { type EndpointHandler, HttpProblem } from '@secor/lambda';
import { readContent, readReview, readRevision } from '@secor/store';
import { reviewableAudit } from '../shared/access.ts';
import { staffOf } from '../shared/callers.ts';
import { say } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';

/** Shows what changed between two revisions of an audit, each with the points that its reviewer left it with. */
export function readChangesCall(dependencies: Dependencies): EndpointHandler<'readChanges'> {
  const { store } = dependencies;
  return async ({ caller, parameters: { auditNumber }, query: { from, to } }) => {
    const { audit } = await reviewableAudit(store, await staffOf(store, caller), auditNumber);
    const review = await readReview(store, auditNumber);
    const compared = (revision: number) => readComparedRevision(dependencies, audit, review, revision);
    const [before, after] = await Promise.all([compared(from), compared(to)]);
    const stateEntry = (state: QuestionState) => ({ ...state, evidence: [...state.evidence] });
    const questions = changesBetween(before, after).map((change) => ({
      question: change.question,
      changed: [...change.changed],
      before: stateEntry(change.before),
      after: stateEntry(change.after),
    }));
    return { from, to, questions };
  };
}

async function readComparedRevision(
  { store, records }: Dependencies,
  { auditNumber, revisions }: Audit,
  review: Review,
  number: number,
): Promise<ComparedRevision> {
  const revision = await readRevision(store, auditNumber, number);
  if (revision === undefined)
    throw new HttpProblem(404, say('no-revision', { auditNumber, revision: number, revisions: revisions.length }));
  const content = await readContent(records, revision.content);
  return { content, score: reviewedScore(revision.score, number, review) };
}
