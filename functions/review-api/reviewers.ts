import { type Reviewer, refuse } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Call, type EndpointHandler, HttpProblem, refusalProblem } from '@secor/lambda';
import {
  commit,
  listReviewers,
  type Names,
  readEmployer,
  readNames,
  readReviewer,
  retryingConflicts,
  reviewerAdded,
  reviewerTold,
  type Store,
  withChange,
} from '@secor/store';
import { requireOwnPresence } from '../shared/access.ts';
import { administratorOf, staffOf } from '../shared/callers.ts';
import { say } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';

function reviewerEntry(reviewer: Reviewer, { legalName }: Names): AnswerOf<'setPresence'> {
  const { reviewerId, name, email, present, openReviews, conflicts, leftAt } = reviewer;
  return {
    reviewerId,
    name,
    email,
    present,
    openReviews,
    conflicts: conflicts.map((employerId) => ({ employerId, legalName: legalName(employerId) })),
    ...(leftAt === undefined ? {} : { leftAt }),
  };
}

/** Lists all reviewers of the partner. */
export function listReviewersCall({ store }: Dependencies): EndpointHandler<'listReviewers'> {
  return async ({ caller }) => {
    await administratorOf(store, caller);
    const reviewers = await listReviewers(store);
    const names = await readNames(store, { employerIds: reviewers.flatMap(({ conflicts }) => conflicts) });
    return { reviewers: reviewers.map((reviewer) => reviewerEntry(reviewer, names)) };
  };
}

/** Adds a reviewer, who is present: assign gives them their part of what waits, and of what comes from now on. */
export function addReviewerCall({ store }: Dependencies): EndpointHandler<'addReviewer'> {
  return async ({ caller, body: { reviewerId, name, email }, at, idempotency }) => {
    await administratorOf(store, caller);
    return retryingConflicts(async () => {
      if ((await readReviewer(store, reviewerId)) !== undefined)
        throw refusalProblem(refuse('id-taken', { kind: 'reviewer', id: reviewerId }));
      const { reviewer, ...added } = reviewerAdded({ reviewerId, name, email, present: true, conflicts: [] }, at);
      const answer = reviewerEntry(reviewer, await readNames(store, {}));
      await commit(store, { at, ...added, idempotency: idempotency(answer) });
      return answer;
    });
  };
}

/** Replaces the name and the address of a reviewer. Whoever has that address outside the partner is the same person from now on. */
export function changeReviewerCall({ store }: Dependencies): EndpointHandler<'changeReviewer'> {
  return async ({ caller, parameters: { reviewerId }, body: { name, email }, at, idempotency }) => {
    await administratorOf(store, caller);
    return changeReviewer(store, reviewerId, () => ({ name, email }), at, idempotency);
  };
}

/** Records that a reviewer has left: assign gives what they have to others, and their history stays. Who has left already stays so. */
export function leaveReviewersCall({ store }: Dependencies): EndpointHandler<'leaveReviewers'> {
  return async ({ caller, parameters: { reviewerId }, at, idempotency }) => {
    await administratorOf(store, caller);
    return changeReviewer(store, reviewerId, ({ leftAt = at }) => ({ present: false, leftAt }), at, idempotency);
  };
}

/** Sets a reviewer present or absent. What an absent one has, assign gives to others; who comes back is given of what waits. */
export function setPresenceCall({ store }: Dependencies): EndpointHandler<'setPresence'> {
  return async ({ caller, parameters: { reviewerId }, body: { present }, at, idempotency }) => {
    const staff = await staffOf(store, caller);
    requireOwnPresence(staff, reviewerId);
    return changeReviewer(
      store,
      reviewerId,
      ({ leftAt }) => {
        if (leftAt === undefined || !present) return { present };
        throw refusalProblem(refuse('left-for-good', { reviewerId }));
      },
      at,
      idempotency,
    );
  };
}

/** Records the employers whose audits a reviewer must not review. What they have of these, assign gives to others. */
export function setConflictsCall({ store }: Dependencies): EndpointHandler<'setConflicts'> {
  return async ({ caller, parameters: { reviewerId }, body: { employerIds }, at, idempotency }) => {
    await administratorOf(store, caller);
    const conflicts = [...new Set(employerIds)];
    const employers = await Promise.all(conflicts.map((employerId) => readEmployer(store, employerId)));
    const unknown = conflicts.filter((_, index) => employers[index] === undefined);
    if (unknown.length > 0) throw refusalProblem(refuse('unknown-employer', { employerIds: unknown.join(', ') }));
    return changeReviewer(store, reviewerId, () => ({ conflicts }), at, idempotency);
  };
}

/** Changes a reviewer and tells assign, with the answer that is kept for repetitions, in one transaction. */
function changeReviewer(
  store: Store,
  reviewerId: string,
  change: (reviewer: Reviewer) => Parameters<typeof withChange>[1],
  at: string,
  idempotency: Call<'setPresence'>['idempotency'],
): Promise<AnswerOf<'setPresence'>> {
  return retryingConflicts(async () => {
    const reviewer = await requireReviewer(store, reviewerId);
    const changed = withChange(reviewer, change(reviewer));
    const names = await readNames(store, { employerIds: changed.body.conflicts });
    const answer = reviewerEntry(changed.body, names);
    const create = [reviewerTold(changed.body, at)];
    await commit(store, { at, replace: [changed], create, idempotency: idempotency(answer) });
    return answer;
  });
}

/** The reviewer as they are now; 404 when there is none with this id. */
export async function requireReviewer(store: Store, reviewerId: string): Promise<Reviewer> {
  const reviewer = await readReviewer(store, reviewerId);
  if (reviewer === undefined) throw new HttpProblem(404, say('no-reviewer', { reviewerId }));
  return reviewer;
}
