import { type EndpointHandler, refusalProblem } from '@secor/lambda';
import {
  commit,
  listAdministrators,
  readAssessor,
  readEmployer,
  readReviewer,
  retryingConflicts,
  type SignIn,
  type Store,
  signInItem,
} from '@secor/store';
import { administratorOf } from '../callers.ts';
import type { Dependencies } from './program.ts';

/** Whom a sign-in names and who is not there, each in words. */
async function missing(store: Store, signIn: SignIn): Promise<string[]> {
  const { assessorId, employerId, reviewerId, administratorId } = signIn;
  const isAdministrator = async (id: string) =>
    (await listAdministrators(store)).find((each) => each.administratorId === id);
  const named = await Promise.all([
    assessorId && { who: `assessor ${assessorId}`, there: await readAssessor(store, assessorId) },
    employerId && { who: `employer ${employerId}`, there: await readEmployer(store, employerId) },
    reviewerId && { who: `reviewer ${reviewerId}`, there: await readReviewer(store, reviewerId) },
    administratorId && { who: `administrator ${administratorId}`, there: await isAdministrator(administratorId) },
  ]);
  return named.flatMap((each) => (each && each.there === undefined ? [each.who] : []));
}

/** Records whom a sign-in stands for, in the place of whom it stood for before. */
export function linkSignInCall({ store }: Dependencies): EndpointHandler<'linkSignIn'> {
  return async ({ caller, body: { issuer = caller.issuer, sub, ...signIn }, at, idempotency }) => {
    await administratorOf(store, caller);
    const isOwn = issuer === caller.issuer && sub === caller.sub;
    if (isOwn && signIn.administratorId === undefined)
      throw refusalProblem({
        refused: 'own-administration',
        message:
          'This would take your own administration from you. Name your administratorId as well, or ask another administrator.',
      });
    const unknown = await missing(store, signIn);
    if (unknown.length > 0)
      throw refusalProblem({
        refused: 'unknown-person',
        message: `There is no ${unknown.join(', no ')}. Check the ids, or add them first; then link the sign-in.`,
      });
    const answer = { issuer, sub, ...signIn };
    const change = { at, put: [signInItem(issuer, sub, signIn)], idempotency: idempotency(answer) };
    await retryingConflicts(() => commit(store, change));
    return answer;
  };
}
