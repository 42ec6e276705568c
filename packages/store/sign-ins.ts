import { isDeepStrictEqual } from 'node:util';
import type { Reviewer } from '@secor/certification';
import { reviewerTold } from './outbox.ts';
import { outsideRoles, readReviewer, readSignIn, type SignIn, signInItem, withChange } from './people.ts';
import type { Store } from './table.ts';
import type { Changes } from './transaction.ts';

/**
 * What links a sign-in to the persons that it stands for, in the place of whom it stood for before: the sign-in, and the reviewers of whom it tells
 * something new, since nobody reviews their own audit. Assign hears of these. The commit throws Conflict when it was linked meanwhile.
 * @param at ISO, UTC
 */
export async function signInChange(
  store: Store,
  { issuer, sub }: { readonly issuer: string; readonly sub: string },
  signIn: SignIn,
  at: string,
): Promise<Required<Pick<Changes, 'replaceUnversioned' | 'replace' | 'create'>>> {
  const before = await readSignIn(store, issuer, sub);
  const ids = new Set([before?.reviewerId, signIn.reviewerId].flatMap((id) => id ?? []));
  const reviewers = await Promise.all([...ids].map((id) => readReviewer(store, id)));
  const told = ({ reviewerId, alsoAre = [], ...reviewer }: Reviewer) => {
    const roles = reviewerId === signIn.reviewerId ? outsideRoles(issuer, sub, signIn) : [];
    const next = [...alsoAre.filter((role) => role.signIn !== `${issuer}#${sub}`), ...roles];
    return isDeepStrictEqual(next, alsoAre) ? [] : [withChange({ ...reviewer, reviewerId }, { alsoAre: next })];
  };
  const replace = reviewers.flatMap((reviewer) => (reviewer === undefined ? [] : told(reviewer)));
  return {
    replaceUnversioned: [{ item: signInItem(issuer, sub, signIn), before }],
    replace,
    create: replace.map(({ body }) => reviewerTold(body, at)),
  };
}
