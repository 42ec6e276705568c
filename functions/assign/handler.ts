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
 * Enters each audit that waits for review into the queue, and gives it to the reviewer with the fewest open reviews who is
 * present and has no conflict of interest with the employer, nor is the audit's assessor, by any of their sign-ins or addresses; one that nobody has any more goes to another reviewer. With
 * none free it stays unassigned, for administrators to see. What a reviewer who has changed can't keep is taken off their desk.
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

/** Takes what a reviewer can't keep off their desk, audit by audit; each goes on to another by its own event. */
async function clearDesk(store: Store, reviewerId: string, at: string): Promise<void> {
  // Not their part of the list index, which may be a moment behind: what was missed would lie on an empty desk.
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
