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
import { requireReviewer } from './reviewers.ts';
import { readReviewerOnDesk, type StepContext, type Stepped, step } from './step.ts';

/** Moves an audit from one reviewer's desk to another's, or to nobody's, with both counts. */
async function moveToDesk(
  store: Store,
  { audit, staff }: StepContext,
  change: AuditChange | Refusal,
  to: Reviewer | undefined,
): Promise<Stepped | Refusal> {
  if (isRefusal(change)) return change;
  const former = await readReviewerOnDesk(store, staff, audit.reviewerId);
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
    async (context) => {
      const { audit, staff, by, at, known } = context;
      const reviewer = staff.reviewer ?? (await requireReviewer(store, by.personId));
      return moveToDesk(store, context, takeReview(audit, reviewer, known, at), reviewer);
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
    (context, { body }) =>
      moveToDesk(store, context, releaseReview(context.audit, body.reason, context.by, context.at), undefined),
    (_, { audit }) => auditEntry(audit),
    () => undefined,
  );
}

/** Gives an audit to a reviewer whom an administrator names. */
export function reassignReviewCall(dependencies: Dependencies): EndpointHandler<'reassignReview'> {
  const { store } = dependencies;
  return step<'reassignReview'>(
    dependencies,
    async (context, { body }) => {
      const { audit, by, at, known } = context;
      const reviewer = await requireReviewer(store, body.reviewerId);
      return moveToDesk(store, context, reassignReview(audit, reviewer, known, by, at), reviewer);
    },
    (_, { audit }) => auditEntry(audit),
  );
}
