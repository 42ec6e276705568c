import { type Actor, isRefusal, type Reviewer, releaseForAbsence } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type EndpointHandler, HttpProblem } from '@secor/lambda';
import {
  commit,
  listReviewers,
  readAudit,
  readQueue,
  readReviewer,
  retryingConflicts,
  type Store,
  withOpenReviews,
  withPresence,
} from '@secor/store';
import { type Dependencies, staffOf } from './staff.ts';

function reviewerEntry({ reviewerId, name, present, openReviews }: Reviewer): AnswerOf<'setPresence'> {
  return { reviewerId, name, present, openReviews };
}

/** Lists all reviewers of the partner. */
export function listReviewersCall({ store }: Dependencies): EndpointHandler<'listReviewers'> {
  return async ({ caller }) => {
    await staffOf(store, caller);
    return { reviewers: (await listReviewers(store)).map(reviewerEntry) };
  };
}

/**
 * Sets a reviewer present or absent, then gives back what an absent one has, audit by audit. What a call that broke off
 * has left the next one gives back: the answer is kept for repetitions only when all is done.
 */
export function setPresenceCall({ store }: Dependencies): EndpointHandler<'setPresence'> {
  return async ({ caller, parameters: { reviewerId }, body: { present }, at, idempotency }) => {
    const staff = await staffOf(store, caller);
    if (staff.role !== 'administrator' && staff.reviewerId !== reviewerId)
      throw new HttpProblem(404, `You are not reviewer ${reviewerId}. Set your own presence, or ask an administrator.`);
    await retryingConflicts(async () => {
      const reviewer = await knownReviewer(store, reviewerId);
      if (reviewer.present !== present) await commit(store, { at, replace: [withPresence(reviewer, present)] });
    });
    if (!present) await giveAllBack(store, reviewerId, { role: staff.role, personId: staff.personId }, at);
    const answer = reviewerEntry(await knownReviewer(store, reviewerId));
    const answered = idempotency(answer);
    if (answered !== undefined) await commit(store, { at, idempotency: answered });
    return answer;
  };
}

/** Gives back all that a reviewer has in the queue as it is now; what they lost meanwhile is left alone. */
async function giveAllBack(
  store: Store,
  reviewerId: string,
  by: Extract<Actor, { personId: string }>,
  at: string,
): Promise<void> {
  // Not their part of the list index, which may be a moment behind: what was missed would lie on an empty desk.
  const theirs = (await readQueue(store)).filter((entry) => entry.reviewerId === reviewerId);
  for (const { auditNumber } of theirs)
    await retryingConflicts(async () => {
      const audit = await readAudit(store, auditNumber);
      if (audit === undefined || audit.reviewerId !== reviewerId) return;
      const change = releaseForAbsence(audit, by, at);
      if (isRefusal(change)) return;
      const reviewer = await knownReviewer(store, reviewerId);
      await commit(store, { at, audit: change, replace: [withOpenReviews(reviewer, -1)] });
    });
}

/** The reviewer as they are now; 404 when there is none with this id. */
export async function knownReviewer(store: Store, reviewerId: string): Promise<Reviewer> {
  const reviewer = await readReviewer(store, reviewerId);
  if (reviewer === undefined)
    throw new HttpProblem(404, `There is no reviewer ${reviewerId}. Look at the list of reviewers.`);
  return reviewer;
}
