import {
  type Audit,
  awaitsPlace,
  awaitsSuccessor,
  businessDate,
  currentCertificate,
  currentRevision,
  enterQueue,
  fittestReviewer,
  type QueueDates,
  succeed,
} from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { type Delivery, environment, ownQueue, queueConsumer } from '@secor/lambda';
import {
  commit,
  listReviewers,
  openStore,
  readAudit,
  readCycle,
  retryingConflicts,
  type Store,
  withOpenReviews,
} from '@secor/store';

/**
 * Enters each audit that waits for review into the queue, and gives it to the reviewer with the fewest open reviews who is
 * present and has no conflict of interest with the employer; one that was given back goes to another reviewer. With none
 * free it stays unassigned, for administrators to see.
 */
export function assign(store: Store) {
  return ({ message, sentAt }: Delivery<AuditMessage>): Promise<void> =>
    retryingConflicts(async () => {
      const audit = await readAudit(store, message.auditNumber);
      if (audit === undefined || !(awaitsPlace(audit) || awaitsSuccessor(audit))) return;
      const [dates, reviewer] = await Promise.all([
        awaitsPlace(audit) ? queueDates(store, audit) : undefined,
        audit.reviewerId === undefined ? fittest(store, audit) : undefined,
      ]);
      await commit(store, {
        at: sentAt,
        audit:
          dates === undefined
            ? succeed(audit, reviewer?.reviewerId, sentAt)
            : enterQueue(audit, dates, reviewer?.reviewerId, sentAt),
        replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, 1)],
      });
    });
}

async function fittest(store: Store, audit: Audit) {
  return fittestReviewer(audit, await listReviewers(store));
}

/** When it arrived, and by when it is due: a certification audit by the expiry of the certificate that it renews. */
async function queueDates(store: Store, audit: Audit): Promise<QueueDates> {
  const arrivedOn = businessDate(currentRevision(audit)?.arrivedAt ?? audit.registeredAt);
  if (audit.kind !== 'certification') return { arrivedOn };
  const certificate = currentCertificate(await readCycle(store, audit.employerId));
  return certificate === undefined ? { arrivedOn } : { arrivedOn, dueOn: certificate.expiresOn };
}

export const handler = queueConsumer(AuditMessage, () => assign(openStore(environment('TABLE_NAME'))), ownQueue());
