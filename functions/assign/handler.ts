import { awaitsReviewer, businessDate, currentRevision, enterQueue, type Reviewer } from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { type Delivery, environment, ownQueue, queueConsumer } from '@secor/lambda';
import {
  commit,
  listReviewers,
  openStore,
  queueEntryItem,
  queuePosition,
  readAudit,
  retryingConflicts,
  type Store,
  withOpenReviews,
} from '@secor/store';

/**
 * Enters each audit that waits for review into the queue, and gives it to the reviewer with the fewest open reviews who is
 * present and has no conflict of interest with the employer. With none free it stays unassigned, for administrators to see.
 */
export function assign(store: Store) {
  return ({ message, sentAt }: Delivery<AuditMessage>): Promise<void> =>
    retryingConflicts(async () => {
      const audit = await readAudit(store, message.auditNumber);
      const revision = audit && currentRevision(audit);
      if (audit === undefined || revision === undefined || !awaitsReviewer(audit) || audit.queuePosition !== undefined)
        return;
      const reviewer = fittest(await listReviewers(store), audit.employerId);
      const { auditNumber, kind, employerId } = audit;
      const arrivedOn = businessDate(revision.arrivedAt);
      const position = queuePosition(arrivedOn, auditNumber);
      const assigned = reviewer === undefined ? {} : { reviewerId: reviewer.reviewerId };
      await commit(store, {
        at: sentAt,
        audit: enterQueue(audit, position, reviewer?.reviewerId, sentAt),
        create: [queueEntryItem(position, { auditNumber, kind, employerId, arrivedOn, ...assigned })],
        replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, 1)],
      });
    });
}

/** The fewest open reviews first; among equals the lowest id, so that the choice can be explained. */
function fittest(reviewers: readonly Reviewer[], employerId: string): Reviewer | undefined {
  return reviewers
    .filter((reviewer) => reviewer.present && !reviewer.conflicts.includes(employerId))
    .toSorted((a, b) => a.openReviews - b.openReviews || (a.reviewerId < b.reviewerId ? -1 : 1))[0];
}

export const handler = queueConsumer(AuditMessage, () => assign(openStore(environment('TABLE_NAME'))), ownQueue());
