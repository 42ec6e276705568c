import { draftHasExpired, keepsDraft, refuseDraft } from '@secor/certification';
import { type EndpointHandler, refusalProblem } from '@secor/lambda';
import { commit, draftItem, putDraft, readDraftContent, readStoredDraft, retryingConflicts } from '@secor/store';
import { workableAudit } from '../shared/access.ts';
import { assessorOf } from '../shared/callers.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import type { Dependencies } from './dependencies.ts';

/** Reads the draft of an audit's answers: only its version where none was saved, or where it was deleted. */
export function readDraftCall({ store, records }: Dependencies): EndpointHandler<'readDraft'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const audit = await workableAudit(store, await assessorOf(store, caller), auditNumber);
    const stored = await readStoredDraft(store, auditNumber);
    const version = stored?.version ?? 0;
    if (stored?.content === undefined || !keepsDraft(audit) || draftHasExpired(stored.savedAt, at)) return { version };
    return { version, savedAt: stored.savedAt, draft: await readDraftContent(records, stored.content) };
  };
}

/**
 * Saves the draft of an audit's answers in place of the one that the caller saw. The answers are written to S3 before the
 * transaction that points to them, which also checks that the audit was not closed meanwhile.
 */
export function saveDraftCall({ store, records }: Dependencies): EndpointHandler<'saveDraft'> {
  return async ({ caller, parameters: { auditNumber }, body, ifMatch, at, idempotency }) => {
    return retryingConflicts(async () => {
      const audit = await workableAudit(store, await assessorOf(store, caller), auditNumber);
      if (!keepsDraft(audit)) throw refusalProblem(refuseDraft(audit));
      const before = (await readStoredDraft(store, auditNumber)) ?? { version: 0, deletions: 0 };
      const { version, deletions } = requireSameVersion(['draft', auditNumber], before, ifMatch);
      const content = await putDraft(records, auditNumber, deletions, body);
      const saved = { auditNumber, version: version + 1, deletions, savedAt: at, content };
      const answer = { version: saved.version, savedAt: at };
      await commit(store, {
        at,
        auditUnchanged: audit,
        replace: [draftItem(saved)],
        counts: [{ limit: 'savesOfDraft', subject: auditNumber }],
        idempotency: idempotency(answer),
      });
      return answer;
    });
  };
}
