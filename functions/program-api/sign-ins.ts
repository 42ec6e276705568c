import { contactAddresses, type Employer, isRefusal, isSameAddress, type Refusal, refuse } from '@secor/certification';
import { type Caller, type EndpointHandler, entryAt, invalidRequest, refusalProblem } from '@secor/lambda';
import {
  commit,
  listAdministrators,
  readAssessor,
  readEmployer,
  readReviewer,
  retryingConflicts,
  type SignIn,
  type Store,
  signInChange,
} from '@secor/store';
import { administratorOf } from '../shared/callers.ts';
import { sayOfInput } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';

/** The persons whom a sign-in is to stand for, as they are now, and those who are not there, each in words. */
async function readPersons(store: Store, { assessorId, employerId, reviewerId, administratorId }: SignIn) {
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
function chooseContact(employer: Employer, address: string | undefined): { readonly contactEmail: string } | Refusal {
  const addresses = contactAddresses(employer);
  const meant =
    address === undefined && addresses.length === 1
      ? addresses[0]
      : addresses.find((each) => address !== undefined && isSameAddress(each, address));
  if (meant !== undefined) return { contactEmail: meant };
  return refuse(address === undefined ? 'contact-not-named' : 'not-a-contact', { employerId: employer.employerId });
}

/** Who signs in, as the call names them: by issuer (else the caller's own) and `sub`, or by an address that the stage's user pool knows. */
async function findSignIn(
  { users }: Dependencies,
  caller: Caller,
  { issuer = caller.issuer, sub, email }: { readonly issuer?: string; readonly sub?: string; readonly email?: string },
): Promise<{ readonly issuer: string; readonly sub: string }> {
  if (sub !== undefined) return { issuer, sub };
  if (users === undefined) throw refusalProblem(refuse('no-user-pool'));
  const found = await users(email ?? '');
  if (found === undefined) throw refusalProblem(refuse('unknown-user'));
  return { issuer, sub: found };
}

/** Records whom a sign-in stands for, in the place of whom it stood for before. */
export function linkSignInCall(dependencies: Dependencies): EndpointHandler<'linkSignIn'> {
  const { store } = dependencies;
  return async ({ caller, body: { issuer, sub, email, contactEmail, ...persons }, at, idempotency }) => {
    await administratorOf(store, caller);
    if (contactEmail !== undefined && persons.employerId === undefined)
      throw invalidRequest([entryAt('body, contactEmail', sayOfInput('contact-without-employer'))]);
    const named = await findSignIn(dependencies, caller, {
      ...(issuer === undefined ? {} : { issuer }),
      ...(sub === undefined ? {} : { sub }),
      ...(email === undefined ? {} : { email }),
    });
    const isOwn = named.issuer === caller.issuer && named.sub === caller.sub;
    if (isOwn && persons.administratorId === undefined) throw refusalProblem(refuse('own-administration'));
    const { employer, unknown } = await readPersons(store, persons);
    if (unknown.length > 0) throw refusalProblem(refuse('unknown-person', { persons: unknown.join(', ') }));
    const contact = employer === undefined ? {} : chooseContact(employer, contactEmail ?? contactOf(employer, email));
    if (isRefusal(contact)) throw refusalProblem(contact);
    const linked = { ...persons, ...contact };
    const signIn = { ...linked, ...(email === undefined ? {} : { email }) };
    const answer = { ...named, ...linked };
    return retryingConflicts(async () => {
      await commit(store, { at, ...(await signInChange(store, named, signIn, at)), idempotency: idempotency(answer) });
      return answer;
    });
  };
}

/** The address with which somebody signs in, where it is a contact's. */
function contactOf(employer: Employer, email: string | undefined): string | undefined {
  return contactAddresses(employer).find((address) => email !== undefined && isSameAddress(address, email));
}
