import { isDeepStrictEqual } from 'node:util';
import { type Trace, traceOfReviewer, tracesOfPerson } from '@secor/certification';
import { reviewerTold } from './outbox.ts';
import { readSignIn, readStaff, type SignIn, signInItems, traceOfSignIn, withChange } from './people.ts';
import type { Store } from './table.ts';
import type { Changes } from './transaction.ts';

/**
 * The writes that link a sign-in to persons, and replace its earlier links. They include the reviewers about whom the sign-in
 * says something new, because nobody may review their own audit; assign gets a message about these. The commit throws Conflict
 * when the sign-in was linked meanwhile.
 * @param at ISO, UTC
 */
export async function signInChange(
  store: Store,
  { issuer, sub }: { readonly issuer: string; readonly sub: string },
  linked: SignIn,
  at: string,
): Promise<Required<Pick<Changes, 'replaceUnversioned' | 'remove' | 'replace' | 'create'>>> {
  const [before, staff] = await Promise.all([readSignIn(store, issuer, sub), readStaff(store)]);
  // The address belongs to the sign-in, whoever is linked to it.
  const signIn = { ...(before?.email === undefined ? {} : { email: before.email }), ...linked };
  const former = before === undefined ? [] : signInItems(issuer, sub, before);
  const items = signInItems(issuer, sub, signIn);
  const stoodThere = ({ pk, sk }: (typeof items)[number]) => former.some((item) => item.pk === pk && item.sk === sk);
  const standsThere = (item: (typeof items)[number]) => items.some(({ pk, sk }) => item.pk === pk && item.sk === sk);
  const others = before === undefined ? staff.traces : without(staff.traces, traceOfSignIn(before));
  const knownBefore = before === undefined ? others : [...others, traceOfSignIn(before)];
  const knownNow = [...others, traceOfSignIn(signIn)];
  const replace = staff.reviewers
    .filter((reviewer) => {
      const [then, now] = [knownBefore, knownNow].map((known) =>
        outsideOf(tracesOfPerson(traceOfReviewer(reviewer), known)),
      );
      return !isDeepStrictEqual(then, now);
    })
    .map((reviewer) => withChange(reviewer, {}));
  return {
    replaceUnversioned: items.map((item) => ({ item, before: stoodThere(item) ? before : undefined })),
    remove: former.filter((item) => !standsThere(item)),
    replace,
    create: replace.map(({ body }) => reviewerTold(body, at)),
  };
}

/** The traces without the one that is equal to this. */
function without(traces: readonly Trace[], trace: Trace): readonly Trace[] {
  const index = traces.findIndex((each) => isDeepStrictEqual(each, trace));
  return traces.filter((_, place) => place !== index);
}

/** What may connect a person with an audit: who they are outside the partner, and their addresses. */
function outsideOf(traces: readonly Trace[]): ReadonlySet<string> {
  return new Set(
    traces.flatMap(({ assessorId, employerId, conflicts = [], addresses }) => [
      ...(assessorId === undefined ? [] : [`assessor ${assessorId}`]),
      ...[employerId, ...conflicts].flatMap((id) => (id === undefined ? [] : [`employer ${id}`])),
      ...addresses.map((address) => `address ${address.toLowerCase()}`),
    ]),
  );
}
