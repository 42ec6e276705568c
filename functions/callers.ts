import type { Assessor, Employer } from '@secor/certification';
import { type Caller, HttpProblem } from '@secor/lambda';
import { readAssessor, readSignIn, type Store } from '@secor/store';
import { companyBehind } from './access.ts';

/** The assessor behind the token; 403 when no administrator has linked the sign-in to one. */
export async function assessorOf(store: Store, { issuer, sub }: Caller): Promise<Assessor> {
  const signIn = await readSignIn(store, issuer, sub);
  const assessor = signIn?.assessorId === undefined ? undefined : await readAssessor(store, signIn.assessorId);
  if (assessor === undefined)
    throw new HttpProblem(403, 'Your sign-in is not linked to an assessor. Ask the certifying partner to link it.');
  return assessor;
}

/** The employer whose contact the person behind the token is; 403 when no administrator has linked the sign-in to one, or it is no longer one's. */
export async function companyOf(store: Store, { issuer, sub }: Caller): Promise<Employer> {
  const signIn = await readSignIn(store, issuer, sub);
  const company = await companyBehind(store, signIn);
  if (company !== undefined) return company;
  throw new HttpProblem(
    403,
    signIn?.employerId === undefined
      ? 'Your sign-in is not linked to a company. Ask the certifying partner to link it.'
      : 'You are no longer recorded as a contact of the company that your sign-in is linked to. If you are one, ask the certifying partner to record you and to link your sign-in anew.',
  );
}

/** An administrator, as their steps are recorded. */
export type AdministratorActor = { readonly role: 'administrator'; readonly personId: string };

/** The administrator behind the token; 403 when the sign-in is linked to none. */
export async function administratorOf(store: Store, { issuer, sub }: Caller): Promise<AdministratorActor> {
  const personId = (await readSignIn(store, issuer, sub))?.administratorId;
  if (personId === undefined)
    throw new HttpProblem(403, 'Your sign-in is not linked to an administrator. Ask another one to link it.');
  return { role: 'administrator', personId };
}
