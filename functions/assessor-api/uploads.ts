import type { EndpointHandler } from '@secor/lambda';
import { retryingConflicts } from '@secor/store';
import { workableAudit } from '../shared/access.ts';
import { actorOf, assessorOf } from '../shared/callers.ts';
import { issueUploadLink } from '../shared/upload-link.ts';
import type { Dependencies } from './dependencies.ts';

/** Issues an upload link to the assessor of an audit. */
export function issueLinkCall(dependencies: Dependencies): EndpointHandler<'issueLink'> {
  const { store } = dependencies;
  return async ({ caller, parameters: { auditNumber }, at, idempotency }) => {
    return retryingConflicts(async () => {
      const assessor = await assessorOf(store, caller);
      const audit = await workableAudit(store, assessor, auditNumber);
      return issueUploadLink(dependencies, audit, actorOf(assessor), { at, idempotency });
    });
  };
}
