import { type Assessor, type Audit, contactAddresses, type Employer, isSameAddress } from '@secor/certification';
import { type Caller, HttpProblem } from '@secor/lambda';
import { readAssessor, readAudit, readEmployer, readSignIn, type SignIn, type Store } from '@secor/store';
import { knownAtFirstUse, maySee, staffBehind } from './review-api/staff.ts';

/**
 * Whether an assessor may work on an audit: their own, while they act for its employer [A]. Who acts for an employer is a
 * matter of now, not of the day on which the audit was registered.
 */
function mayWorkOn({ assessorId, actsFor }: Assessor, audit: Pick<Audit, 'assessorId' | 'employerId'>): boolean {
  return audit.assessorId === assessorId && actsFor.includes(audit.employerId);
}

/** Whether an assessor may read an audit: what they may work on, and their own closed ones with their reports for good [A]. */
export function mayRead(assessor: Assessor, audit: Pick<Audit, 'assessorId' | 'employerId' | 'state'>): boolean {
  return mayWorkOn(assessor, audit) || (audit.state === 'closed' && audit.assessorId === assessor.assessorId);
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
async function outsidersBehind(
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

/**
 * The employer, for an administrator, an assessor who acts for it, and its contact; nobody else is told whether it exists.
 * @throws HttpProblem 403 for who is linked as none of these, 404 where the employer is not theirs
 */
export async function readableEmployer(store: Store, caller: Caller, employerId: string): Promise<Employer> {
  const signIn = await readSignIn(store, caller.issuer, caller.sub);
  const isAdministrator = caller.roles.includes('administrator') && signIn?.administratorId !== undefined;
  const { assessor, company } = await outsidersBehind(store, signIn, caller);
  if (!isAdministrator && assessor === undefined && company === undefined)
    throw new HttpProblem(
      403,
      'Your sign-in is not linked to an administrator, an assessor or a company. Ask the certifying partner to link it.',
    );
  if (company?.employerId === employerId) return company;
  const readable = isAdministrator || assessor?.actsFor.includes(employerId) === true;
  const employer = readable ? await readEmployer(store, employerId) : undefined;
  if (employer === undefined)
    throw new HttpProblem(404, `There is no employer ${employerId} for you to read. Check the id.`);
  return employer;
}

function callsAsStaff({ roles }: Caller): boolean {
  return roles.includes('administrator') || roles.includes('reviewer');
}

/** As what somebody reads an audit. */
export type AuditReader = 'staff' | 'assessor' | 'employer';

/**
 * The audit and as what the caller reads it: as staff who may see it, as its assessor, or as the contact of its employer; nobody else
 * is told whether it exists.
 * @throws HttpProblem 403 for who is linked as none of these, 404 where the audit is not theirs
 */
export async function readableAudit(
  store: Store,
  caller: Caller,
  auditNumber: string,
): Promise<{ readonly audit: Audit; readonly reader: AuditReader }> {
  const signIn = await readSignIn(store, caller.issuer, caller.sub);
  const [{ assessor, company }, staff, audit] = await Promise.all([
    outsidersBehind(store, signIn, caller),
    callsAsStaff(caller) ? staffBehind(store, signIn, caller) : undefined,
    readAudit(store, auditNumber),
  ]);
  if (assessor === undefined && company === undefined && staff === undefined)
    throw new HttpProblem(
      403,
      'Your sign-in is not linked to an assessor, a company or staff of the partner. Ask the certifying partner to link it.',
    );
  if (audit !== undefined) {
    if (staff !== undefined && (await maySee(staff, audit, knownAtFirstUse(store, staff, audit))))
      return { audit, reader: 'staff' };
    if (assessor !== undefined && mayRead(assessor, audit)) return { audit, reader: 'assessor' };
    if (company?.employerId === audit.employerId) return { audit, reader: 'employer' };
  }
  throw noAudit(auditNumber);
}

/** What is answered of an audit that is not the caller's, whether it exists or not. */
export function noAudit(auditNumber: string): HttpProblem {
  return new HttpProblem(404, `There is no audit ${auditNumber} for you. Check the nine digits.`);
}

/** The audit, if this assessor may work on it; 404 otherwise. */
export async function workableAudit(store: Store, assessor: Assessor, auditNumber: string): Promise<Audit> {
  const audit = await readAudit(store, auditNumber);
  if (audit === undefined || !mayWorkOn(assessor, audit)) throw noAudit(auditNumber);
  return audit;
}
