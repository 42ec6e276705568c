import {
  type Audit,
  awaitsPlace,
  awaitsSuccessor,
  enterQueue,
  fittestReviewer,
  queueDatesOf,
  type Reviewer,
  reassign,
  releaseUnfit,
  waitsUnassigned,
} from '@secor/certification';
import { ReviewMessage } from '@secor/contracts';
import { type Delivery, environment, queueConsumer } from '@secor/lambda';
import {
  commit,
  openStore,
  readAudit,
  readCycle,
  readQueue,
  readReviewer,
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
 * they can't keep are unassigned. When a reviewer comes back, is new, or is rid of a conflict, what waits is assigned.
 */
export function assign(store: Store) {
  return async ({ message, sentAt }: Delivery<ReviewMessage>): Promise<void> => {
    if (!('reviewerId' in message)) return place(store, message.auditNumber, sentAt);
    await clearDesk(store, message.reviewerId, sentAt);
    await offerWaiting(store, message.reviewerId, sentAt);
  };
}

async function place(store: Store, auditNumber: string, at: string): Promise<void> {
  const foundNobody = await retryingConflicts(async () => {
    const audit = await readAudit(store, auditNumber);
    if (audit === undefined) return false;
    if (!awaitsPlace(audit) && !awaitsSuccessor(audit)) return waitsUnassigned(audit);
    const [dates, reviewer] = await Promise.all([
      awaitsPlace(audit) ? readCycle(store, audit.employerId).then((cycle) => queueDatesOf(audit, cycle)) : undefined,
      readFittest(store, audit),
    ]);
    await commit(store, {
      at,
      audit:
        dates === undefined
          ? reassign(audit, reviewer?.reviewerId, at)
          : enterQueue(audit, dates, reviewer?.reviewerId, at),
      replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, 1)],
    });
    return reviewer === undefined;
  });
  // A reviewer who came back meanwhile was given what the queue held then: not yet this audit.
  if (foundNobody) await offer(store, auditNumber, at);
}

/** The reviewer to whom an audit goes, as the staff is now. */
async function readFittest(store: Store, audit: Audit): Promise<Reviewer | undefined> {
  const staff = await readStaff(store);
  return fittestReviewer(audit, staff.reviewers, await readPersonTraces(store, staff, [audit]));
}

/** Assigns an audit that waits without a reviewer; nothing happens when nobody is free, which the administrators know already. */
function offer(store: Store, auditNumber: string, at: string): Promise<void> {
  return retryingConflicts(async () => {
    const audit = await readAudit(store, auditNumber);
    if (audit === undefined || !waitsUnassigned(audit)) return;
    const reviewer = await readFittest(store, audit);
    if (reviewer === undefined) return;
    await commit(store, {
      at,
      audit: reassign(audit, reviewer.reviewerId, at),
      replace: [withOpenReviews(reviewer, 1)],
    });
  });
}

/**
 * Assigns what waits without a reviewer, the most urgent first, once a reviewer can take some of it. Each audit goes to the one
 * with the fewest open reviews then, so that several who come back share what waits.
 */
async function offerWaiting(store: Store, reviewerId: string, at: string): Promise<void> {
  const [waiting, reviewer] = await Promise.all([readQueue(store), readReviewer(store, reviewerId)]);
  if (reviewer?.present !== true) return;
  for (const entry of waiting) if (entry.reviewerId === undefined) await offer(store, entry.auditNumber, at);
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
