import {
  awaitsPlace,
  awaitsSuccessor,
  enterQueue,
  fittestReviewer,
  queueDatesOf,
  reassign,
  releaseUnfit,
} from '@secor/certification';
import { ReviewMessage } from '@secor/contracts';
import { type Delivery, environment, queueConsumer } from '@secor/lambda';
import {
  commit,
  openStore,
  readAudit,
  readCycle,
  readQueue,
  readStaff,
  retryingConflicts,
  type Store,
  withOpenReviews,
} from '@secor/store';
import { readPersonTraces } from '../shared/person-traces.ts';

/**
 * Puts each audit that waits for review into the queue, and assigns a reviewer: of those who are present and have no conflict of
 * interest, the one with the fewest open reviews. An audit that was given back goes to another reviewer. If nobody is free, it
 * stays unassigned, and administrators see it. When a reviewer becomes absent or gets a conflict of interest, the audits that
 * they can't keep are unassigned.
 */
export function assign(store: Store) {
  return ({ message, sentAt }: Delivery<ReviewMessage>): Promise<void> =>
    'reviewerId' in message ? clearDesk(store, message.reviewerId, sentAt) : place(store, message.auditNumber, sentAt);
}

function place(store: Store, auditNumber: string, at: string): Promise<void> {
  return retryingConflicts(async () => {
    const audit = await readAudit(store, auditNumber);
    if (audit === undefined || !(awaitsPlace(audit) || awaitsSuccessor(audit))) return;
    const [dates, reviewer] = await Promise.all([
      awaitsPlace(audit) ? readCycle(store, audit.employerId).then((cycle) => queueDatesOf(audit, cycle)) : undefined,
      readStaff(store).then(async (staff) =>
        fittestReviewer(audit, staff.reviewers, await readPersonTraces(store, staff, [audit])),
      ),
    ]);
    await commit(store, {
      at,
      audit:
        dates === undefined
          ? reassign(audit, reviewer?.reviewerId, at)
          : enterQueue(audit, dates, reviewer?.reviewerId, at),
      replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, 1)],
    });
  });
}

/** Unassigns the audits that a reviewer can't keep, one by one. The event of each then finds another reviewer. */
async function clearDesk(store: Store, reviewerId: string, at: string): Promise<void> {
  // Reads the whole queue, not the list index: the index may be a moment behind, and an audit that it misses would stay with a
  // reviewer who can't do it.
  const theirs = (await readQueue(store)).filter((entry) => entry.reviewerId === reviewerId);
  for (const { auditNumber } of theirs)
    await retryingConflicts(async () => {
      const [audit, staff] = await Promise.all([readAudit(store, auditNumber), readStaff(store)]);
      const reviewer = staff.reviewers.find((each) => each.reviewerId === reviewerId);
      const change =
        audit && reviewer && releaseUnfit(audit, reviewer, await readPersonTraces(store, staff, [audit]), at);
      if (change) await commit(store, { at, audit: change, replace: [withOpenReviews(reviewer, -1)] });
    });
}

export const handler = queueConsumer(ReviewMessage, () => assign(openStore(environment('TABLE_NAME'))));
