import { isDeepStrictEqual } from 'node:util';
import {
  contactAddresses,
  type Employer,
  isRefusal,
  isSameAddress,
  type Refusal,
  type Reviewer,
} from '@secor/certification';
import { type EndpointHandler, HttpProblem, refusalProblem } from '@secor/lambda';
import {
  commit,
  listAdministrators,
  outsideRoles,
  readAssessor,
  readEmployer,
  readReviewer,
  readSignIn,
  retryingConflicts,
  reviewerTold,
  type SignIn,
  type Store,
  signInItem,
  withChange,
} from '@secor/store';
import { administratorOf } from '../callers.ts';
import type { Dependencies } from './program.ts';

/** The persons whom a sign-in is to stand for, as they are now, and those who are not there, each in words. */
async function named(store: Store, { assessorId, employerId, reviewerId, administratorId }: SignIn) {
  const [assessor, employer, reviewer, administrators] = await Promise.all([
    assessorId === undefined ? undefined : readAssessor(store, assessorId),
    employerId === undefined ? undefined : readEmployer(store, employerId),
    reviewerId === undefined ? undefined : readReviewer(store, reviewerId),
    administratorId === undefined ? [] : listAdministrators(store),
  ]);
  const administrator = administrators.find((each) => each.administratorId === administratorId);
  const unknown = [
    ...(assessorId !== undefined && assessor === undefined ? [`assessor ${assessorId}`] : []),
    ...(employerId !== undefined && employer === undefined ? [`employer ${employerId}`] : []),
    ...(reviewerId !== undefined && reviewer === undefined ? [`reviewer ${reviewerId}`] : []),
    ...(administratorId !== undefined && administrator === undefined ? [`administrator ${administratorId}`] : []),
  ];
  return { employer, unknown };
}

/** The address of the contact whose sign-in it is: the one that was named, or the only one that there is. */
function contactMeant(employer: Employer, address: string | undefined): { readonly contactEmail: string } | Refusal {
  const addresses = contactAddresses(employer);
  const meant =
    address === undefined && addresses.length === 1
      ? addresses[0]
      : addresses.find((each) => address !== undefined && isSameAddress(each, address));
  if (meant !== undefined) return { contactEmail: meant };
  return {
    refused: 'not-a-contact',
    message:
      address === undefined
        ? `Employer ${employer.employerId} has two contacts. Name the address of the one whose sign-in this is as contactEmail.`
        : `Employer ${employer.employerId} has no contact with this address. Record it as a contact's first, or name the address of one of its contacts as contactEmail.`,
  };
}

/**
 * The reviewers of whom a sign-in tells something new: for whom it stands from now on, or stood before, and whom it stands for
 * outside the partner. They keep it, since nobody reviews their own audit.
 */
function toldReviewers(
  { issuer, sub }: { readonly issuer: string; readonly sub: string },
  signIn: SignIn,
  reviewers: readonly Reviewer[],
) {
  return reviewers.flatMap((reviewer) => {
    const roles = reviewer.reviewerId === signIn.reviewerId ? outsideRoles(issuer, sub, signIn) : [];
    const { alsoAre = [] } = reviewer;
    const next = [...alsoAre.filter((role) => role.signIn !== `${issuer}#${sub}`), ...roles];
    return isDeepStrictEqual(next, alsoAre) ? [] : [withChange(reviewer, { alsoAre: next })];
  });
}

/** Records whom a sign-in stands for, in the place of whom it stood for before. */
export function linkSignInCall({ store }: Dependencies): EndpointHandler<'linkSignIn'> {
  return async ({ caller, body: { issuer = caller.issuer, sub, contactEmail, ...persons }, at, idempotency }) => {
    await administratorOf(store, caller);
    if (contactEmail !== undefined && persons.employerId === undefined)
      throw new HttpProblem(400, 'Correct what is listed under problems and send the request again.', [
        { place: 'body, contactEmail', message: 'goes with employerId: name the employer as well' },
      ]);
    const isOwn = issuer === caller.issuer && sub === caller.sub;
    if (isOwn && persons.administratorId === undefined)
      throw refusalProblem({
        refused: 'own-administration',
        message:
          'This would take your own administration from you. Name your administratorId as well, or ask another administrator.',
      });
    const { employer, unknown } = await named(store, persons);
    if (unknown.length > 0)
      throw refusalProblem({
        refused: 'unknown-person',
        message: `There is no ${unknown.join(', no ')}. Check the ids, or add them first; then link the sign-in.`,
      });
    const contact = employer === undefined ? {} : contactMeant(employer, contactEmail);
    if (isRefusal(contact)) throw refusalProblem(contact);
    const signIn = { ...persons, ...contact };
    const answer = { issuer, sub, ...signIn };
    return retryingConflicts(async () => {
      const before = await readSignIn(store, issuer, sub);
      const reviewerIds = new Set([before?.reviewerId, signIn.reviewerId].flatMap((id) => id ?? []));
      const reviewers = await Promise.all([...reviewerIds].map((id) => readReviewer(store, id)));
      const replace = toldReviewers(
        answer,
        signIn,
        reviewers.flatMap((reviewer) => reviewer ?? []),
      );
      const create = replace.map(({ body }) => reviewerTold(body, at));
      const put = [signInItem(issuer, sub, signIn)];
      await commit(store, { at, put, replace, create, idempotency: idempotency(answer) });
      return answer;
    });
  };
}
