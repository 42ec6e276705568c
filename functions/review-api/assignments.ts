import {
  type AuditChange,
  isRefusal,
  type Refusal,
  type Reviewer,
  reassignReview,
  releaseReview,
  takeReview,
} from '@secor/certification';
import type { EndpointHandler } from '@secor/lambda';
import { type Store, withOpenReviews } from '@secor/store';
import { auditEntry } from '../shared/audit-views.ts';
import type { Dependencies } from './dependencies.ts';
import { knownReviewer } from './reviewers.ts';
import { type Matter, reviewerNow, type Stepped, step } from './step.ts';

/** Moves an audit from one reviewer's desk to another's, or to nobody's, with both counts. */
async function moved(
  store: Store,
  { audit, staff }: Matter,
  change: AuditChange | Refusal,
  to: Reviewer | undefined,
): Promise<Stepped | Refusal> {
  if (isRefusal(change)) return change;
  const former = await reviewerNow(store, staff, audit.reviewerId);
  return {
    ...change,
    replace: [
      ...(former === undefined ? [] : [withOpenReviews(former, -1)]),
      ...(to === undefined ? [] : [withOpenReviews(to, 1)]),
    ],
  };
}

/** Takes an audit that nobody has: with the checks that are made of whom it is given to. */
export function takeReviewCall(dependencies: Dependencies): EndpointHandler<'takeReview'> {
  const { store } = dependencies;
  return step<'takeReview'>(
    dependencies,
    async (matter) => {
      const { audit, staff, by, at, known } = matter;
      const reviewer = staff.reviewer ?? (await knownReviewer(store, by.personId));
      return moved(store, matter, takeReview(audit, reviewer, known, at), reviewer);
    },
    (_, { audit }) => auditEntry(audit),
    () => undefined,
  );
}

/** Gives an audit back, also for a conflict of interest: it is nobody's until assign has found another reviewer. */
export function releaseReviewCall(dependencies: Dependencies): EndpointHandler<'releaseReview'> {
  const { store } = dependencies;
  return step<'releaseReview'>(
    dependencies,
    (matter, { body }) =>
      moved(store, matter, releaseReview(matter.audit, body.reason, matter.by, matter.at), undefined),
    (_, { audit }) => auditEntry(audit),
    () => undefined,
  );
}

/** Gives an audit to a reviewer whom an administrator names. */
export function reassignReviewCall(dependencies: Dependencies): EndpointHandler<'reassignReview'> {
  const { store } = dependencies;
  return step<'reassignReview'>(
    dependencies,
    async (matter, { body }) => {
      const { audit, by, at, known } = matter;
      const reviewer = await knownReviewer(store, body.reviewerId);
      return moved(store, matter, reassignReview(audit, reviewer, known, by, at), reviewer);
    },
    (_, { audit }) => auditEntry(audit),
  );
}
