import {
  type Audit,
  acceptAudit,
  businessDate,
  type Cycle,
  closeAudit,
  endedBeforeCurrent,
  expiredBeforeIssue,
  isRefusal,
  leaveCycle,
  queueDatesOf,
  type Refusal,
  type Revision,
  rejectAudit,
  reopenAudit,
  reopenInCycle,
  reviewedRevision,
  rulesOf,
  withdrawAudit,
} from '@secor/certification';
import type { EndpointHandler } from '@secor/lambda';
import { readCycle, readReview, withOpenReviews } from '@secor/store';
import { auditEntry } from '../shared/audit-views.ts';
import type { Dependencies } from './dependencies.ts';
import { leaveDesk, readReviewerOnDesk, readRevisionAndReview, step } from './step.ts';

/**
 * Accepts an audit: closes it with the outcome of the reviewed score, issues or revokes the certificate, takes it out of
 * the queue and off the reviewer's desk, all in one transaction.
 */
export function acceptAuditCall(dependencies: Dependencies): EndpointHandler<'acceptAudit'> {
  const { store } = dependencies;
  return step<'acceptAudit'>(
    dependencies,
    async (context, { body }) => {
      const { audit, by, at } = context;
      const [own, review] = await readRevisionAndReview(store, audit);
      const revision = reviewedRevision(audit, own, review);
      return leaveDesk(
        store,
        context,
        acceptAudit(audit, review, body.revision, revision, by, at),
        (cycle, closed) =>
          refuseTooLate(cycle, audit, revision, businessDate(at)) ??
          closeAudit(cycle, closed.audit, revision, rulesOf(audit).ruleSet, at),
      );
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/**
 * Why an audit can't be passed any more: a later one was certified before it has ever given a certificate of its own, or its
 * certificate would have expired.
 */
function refuseTooLate(cycle: Cycle, audit: Audit, revision: Revision, today: string): Refusal | undefined {
  const { endedOn, outcome } = revision;
  if (outcome.result !== 'passed') return undefined;
  const hasOwn = cycle.certificates.some(
    ({ auditNumber, revoked }) => auditNumber === audit.auditNumber && revoked === undefined,
  );
  const overtaken = hasOwn ? undefined : endedBeforeCurrent(cycle, audit, endedOn, 'overtaken');
  return overtaken ?? expiredBeforeIssue(cycle, audit, revision, rulesOf(audit).ruleSet, today);
}

/** Rejects an audit that is not fit for review. */
export function rejectAuditCall(dependencies: Dependencies): EndpointHandler<'rejectAudit'> {
  const { store } = dependencies;
  return step<'rejectAudit'>(
    dependencies,
    async (context, { body }) => {
      const { audit, by, at } = context;
      const review = await readReview(store, audit.auditNumber);
      return leaveDesk(store, context, rejectAudit(audit, review, body.reason, by, at), (cycle) =>
        leaveCycle(cycle, audit.auditNumber, at),
      );
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Withdraws an audit for the partner, also after its review has begun. */
export function withdrawReviewCall(dependencies: Dependencies): EndpointHandler<'withdrawReview'> {
  const { store } = dependencies;
  return step<'withdrawReview'>(
    dependencies,
    async (context, { body }) => {
      const { audit, by, at } = context;
      const review = await readReview(store, audit.auditNumber);
      return leaveDesk(store, context, withdrawAudit(audit, review, body.reason, by, at), (cycle) =>
        leaveCycle(cycle, audit.auditNumber, at, 'withdrawn'),
      );
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Reopens a closed audit: it is on its reviewer's desk again if they may have it, and its certificate stands until the new decision. */
export function reopenAuditCall(dependencies: Dependencies): EndpointHandler<'reopenAudit'> {
  const { store } = dependencies;
  return step<'reopenAudit'>(
    dependencies,
    async ({ audit, staff, by, at, known }, { body }) => {
      const [cycle, reviewer] = await Promise.all([
        readCycle(store, audit.employerId),
        readReviewerOnDesk(store, staff, audit.reviewerId),
      ]);
      const basis = { ruleSet: rulesOf(audit).ruleSet, dates: queueDatesOf(audit, cycle), reviewer, known };
      const change = reopenAudit(audit, body.reason, basis, by, at);
      if (isRefusal(change)) return change;
      const kept = change.audit.reviewerId === undefined ? undefined : reviewer;
      return {
        ...change,
        cycle: reopenInCycle(cycle, audit, at),
        replace: kept === undefined ? [] : [withOpenReviews(kept, 1)],
      };
    },
    (_, { audit }) => auditEntry(audit),
  );
}
