import {
  type Assessor,
  type ContactPlace,
  contactAddresses,
  type DeskWorker,
  type Employer,
  isSameAddress,
  type Reviewer,
} from '@secor/certification';
import { type Caller, HttpProblem } from '@secor/lambda';
import {
  type KnownStaff,
  readAssessor,
  readEmployer,
  readSignIn,
  readStaff,
  type SignIn,
  type Store,
  traceOfSignIn,
} from '@secor/store';
import { say } from './sentences.ts';

/** The assessor behind the token; 403 when no administrator has linked the sign-in to one. */
export async function assessorOf(store: Store, { issuer, sub }: Caller): Promise<Assessor> {
  const signIn = await readSignIn(store, issuer, sub);
  const assessor = signIn?.assessorId === undefined ? undefined : await readAssessor(store, signIn.assessorId);
  if (assessor === undefined) throw new HttpProblem(403, say('no-assessor-linked'));
  return assessor;
}

/** An assessor, as their steps are recorded. */
export function actorOf({ assessorId }: Pick<Assessor, 'assessorId'>) {
  return { role: 'assessor', personId: assessorId } as const;
}

/** The employer whose contact the person behind the token is; 403 when no administrator has linked the sign-in to one, or it is no longer one's. */
export async function companyOf(store: Store, caller: Caller): Promise<Employer> {
  return (await companyContactOf(store, caller)).company;
}

/** The employer whose contact the person behind the token is, and which of its contacts that is; 403 as with `companyOf`. */
export async function companyContactOf(
  store: Store,
  { issuer, sub }: Caller,
): Promise<{ readonly company: Employer; readonly place: ContactPlace }> {
  const signIn = await readSignIn(store, issuer, sub);
  const company = await companyBehind(store, signIn);
  if (company !== undefined) {
    const isFirst = isSameAddress(company.contact.email, signIn?.contactEmail ?? '');
    return { company, place: isFirst ? 'first' : 'second' };
  }
  throw new HttpProblem(403, say(signIn?.employerId === undefined ? 'no-company-linked' : 'contact-no-longer'));
}

/** An administrator, as their steps are recorded. */
export type AdministratorActor = { readonly role: 'administrator'; readonly personId: string };

/** The administrator behind the token; 403 when the sign-in is linked to none. */
export async function administratorOf(store: Store, { issuer, sub }: Caller): Promise<AdministratorActor> {
  const personId = (await readSignIn(store, issuer, sub))?.administratorId;
  if (personId === undefined) throw new HttpProblem(403, say('no-administrator-linked'));
  return { role: 'administrator', personId };
}

/** The employer for which a sign-in stands: the one that it is linked to, while one of its contacts has the address of the link. */
export async function companyBehind(store: Store, signIn: SignIn | undefined): Promise<Employer | undefined> {
  const { employerId, contactEmail } = signIn ?? {};
  if (employerId === undefined || contactEmail === undefined) return undefined;
  const employer = await readEmployer(store, employerId);
  const isContact = employer && contactAddresses(employer).some((address) => isSameAddress(address, contactEmail));
  return isContact ? employer : undefined;
}

/** The persons outside the partner for whom a caller's sign-in stands, in the roles in which they call, as they are now. */
export async function outsidersBehind(
  store: Store,
  signIn: SignIn | undefined,
  { roles }: Caller,
): Promise<{ readonly assessor: Assessor | undefined; readonly company: Employer | undefined }> {
  const assessorId = roles.includes('assessor') ? signIn?.assessorId : undefined;
  const [assessor, company] = await Promise.all([
    assessorId === undefined ? undefined : readAssessor(store, assessorId),
    roles.includes('employer') ? companyBehind(store, signIn) : undefined,
  ]);
  return { assessor, company };
}
/** A member of the partner's staff. */
export type Staff = DeskWorker & {
  readonly personId: string;
  /** Whom they are as a reviewer, when they call as one. */
  readonly reviewerId?: string;
  /** The reviewer that the sign-in is linked to, as just read. */
  readonly reviewer?: Reviewer;
  /** All of the staff, as just read. */
  readonly all: KnownStaff;
};

/** The member of staff behind a sign-in, in the roles in which they call: an administrator before a reviewer; undefined for nobody of staff. */
export async function staffBehind(
  store: Store,
  signIn: SignIn | undefined,
  { roles }: Caller,
): Promise<Staff | undefined> {
  const { reviewerId, administratorId } = signIn ?? {};
  if (signIn === undefined || (reviewerId === undefined && administratorId === undefined)) return undefined;
  const all = await readStaff(store);
  const reviewer = all.reviewers.find((each) => each.reviewerId === reviewerId);
  const person = { trace: traceOfSignIn(signIn), all, ...(reviewer === undefined ? {} : { reviewer }) };
  const reviews = roles.includes('reviewer') && reviewer !== undefined && reviewer.leftAt === undefined;
  const asReviewer = reviews ? { reviewerId: reviewer.reviewerId } : {};
  if (roles.includes('administrator') && administratorId !== undefined)
    return { role: 'administrator', personId: administratorId, ...asReviewer, ...person };
  return reviews ? { role: 'reviewer', personId: reviewer.reviewerId, ...asReviewer, ...person } : undefined;
}

/** The member of staff behind the token; 403 when the sign-in is linked to none, or to a reviewer who has left. */
export async function staffOf(store: Store, caller: Caller): Promise<Staff> {
  const signIn = await readSignIn(store, caller.issuer, caller.sub);
  const staff = await staffBehind(store, signIn, caller);
  if (staff !== undefined) return staff;
  throw new HttpProblem(
    403,
    caller.roles.includes('reviewer') && signIn?.reviewerId !== undefined
      ? say('reviewer-gone')
      : say('no-reviewer-linked'),
  );
}
