import { answerNotes, isRefusal } from '@secor/certification';
import { type EndpointHandler, refusalProblem } from '@secor/lambda';
import { commit, readReview, retryingConflicts } from '@secor/store';
import { senderOf } from '../shared/access.ts';
import { auditEntry } from '../shared/audit-views.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import type { Dependencies } from './dependencies.ts';

/** Records the answers to the notes of the revision that was requested. */
export function answerNotesCall({ store }: Dependencies): EndpointHandler<'answerNotes'> {
  return async ({ caller, parameters: { auditNumber }, body, ifMatch, at, idempotency }) => {
    return retryingConflicts(async () => {
      const { audit: found, by } = await senderOf(store, caller, auditNumber);
      const audit = requireSameVersion(['audit', auditNumber], found, ifMatch);
      const review = await readReview(store, auditNumber);
      const change = answerNotes(audit, review, body.answers, by, at);
      if (isRefusal(change)) throw refusalProblem(change);
      const answer = auditEntry(change.audit);
      await commit(store, { at, audit: change, review: change.review, idempotency: idempotency(answer) });
      return answer;
    });
  };
}
