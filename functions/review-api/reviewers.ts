import type { Reviewer } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Call, type EndpointHandler, HttpProblem, refusalProblem } from '@secor/lambda';
import {
  commit,
  listReviewers,
  readEmployer,
  readReviewer,
  retryingConflicts,
  reviewerTold,
  type Store,
  withChange,
} from '@secor/store';
import { administratorOf } from '../callers.ts';
import { type Dependencies, staffOf } from './staff.ts';

function reviewerEntry({ reviewerId, name, present, openReviews, conflicts }: Reviewer): AnswerOf<'setPresence'> {
  return { reviewerId, name, present, openReviews, conflicts: [...conflicts] };
}

/** Lists all reviewers of the partner. */
export function listReviewersCall({ store }: Dependencies): EndpointHandler<'listReviewers'> {
  return async ({ caller }) => {
    await administratorOf(store, caller);
    return { reviewers: (await listReviewers(store)).map(reviewerEntry) };
  };
}

/** Sets a reviewer present or absent. What an absent one has, assign gives to others. */
export function setPresenceCall({ store }: Dependencies): EndpointHandler<'setPresence'> {
  return async ({ caller, parameters: { reviewerId }, body: { present }, at, idempotency }) => {
    const staff = await staffOf(store, caller);
    if (staff.role !== 'administrator' && staff.reviewerId !== reviewerId)
      throw new HttpProblem(404, `You are not reviewer ${reviewerId}. Set your own presence, or ask an administrator.`);
    return changeReviewer(store, reviewerId, { present }, at, idempotency);
  };
}

/** Records the employers whose audits a reviewer must not review. What they have of these, assign gives to others. */
export function setConflictsCall({ store }: Dependencies): EndpointHandler<'setConflicts'> {
  return async ({ caller, parameters: { reviewerId }, body: { employerIds }, at, idempotency }) => {
    await administratorOf(store, caller);
    const conflicts = [...new Set(employerIds)];
    const employers = await Promise.all(conflicts.map((employerId) => readEmployer(store, employerId)));
    const unknown = conflicts.filter((_, index) => employers[index] === undefined);
    if (unknown.length > 0)
      throw refusalProblem({
        refused: 'unknown-employer',
        message: `There is no employer ${unknown.join(', ')}. Check the ids, and send all of them again.`,
      });
    return changeReviewer(store, reviewerId, { conflicts }, at, idempotency);
  };
}

/** Changes a reviewer and tells assign, with the answer that is kept for repetitions, in one transaction. */
function changeReviewer(
  store: Store,
  reviewerId: string,
  change: Parameters<typeof withChange>[1],
  at: string,
  idempotency: Call<'setPresence'>['idempotency'],
): Promise<AnswerOf<'setPresence'>> {
  return retryingConflicts(async () => {
    const changed = withChange(await knownReviewer(store, reviewerId), change);
    const answer = reviewerEntry(changed.body);
    const create = [reviewerTold(changed.body, at)];
    await commit(store, { at, replace: [changed], create, idempotency: idempotency(answer) });
    return answer;
  });
}

/** The reviewer as they are now; 404 when there is none with this id. */
export async function knownReviewer(store: Store, reviewerId: string): Promise<Reviewer> {
  const reviewer = await readReviewer(store, reviewerId);
  if (reviewer === undefined)
    throw new HttpProblem(404, `There is no reviewer ${reviewerId}. Look at the list of reviewers.`);
  return reviewer;
}
