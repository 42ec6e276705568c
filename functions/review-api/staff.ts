import {
  type Audit,
  awaitsReviewer,
  type DeskWorker,
  inConflict,
  type Reviewer,
  type Revision,
  type Trace,
} from '@secor/certification';
import { atFirstUse, type Caller, HttpProblem, refusalProblem } from '@secor/lambda';
import {
  type KnownStaff,
  type Records,
  readAudit,
  readRevision,
  readSignIn,
  readStaff,
  type SignIn,
  type Store,
  traceOfSignIn,
} from '@secor/store';
import { knownPersons } from '../known-persons.ts';

export type Dependencies = { readonly store: Store; readonly records: Records };
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
      ? 'The reviewer of your sign-in has left. Ask an administrator to link it to who you are now.'
      : 'Your sign-in is not linked to a reviewer. Ask an administrator to link it.',
  );
}

/** What is recorded of the staff and of those whom an audit is about, read when it is first asked for. */
export type Known = () => Promise<readonly Trace[]>;

/** What is recorded of the staff, an audit's assessor and its employer's contacts, for whoever asks for it first. */
export function knownAtFirstUse(store: Store, { all }: Staff, audit: Audit): Known {
  return atFirstUse(() => knownPersons(store, all, [audit]));
}

/** Whether this member of staff may see an audit: a reviewer what is theirs, or waits for a reviewer and is free of conflict; an administrator all. */
export async function maySee(staff: Staff, audit: Audit, known: Known): Promise<boolean> {
  if (staff.role === 'administrator') return true;
  if (!awaitsReviewer(audit)) return audit.reviewerId === staff.personId;
  return !inConflict(audit, staff.trace, await known());
}

/** The audit, if this member of staff may see it; otherwise nobody is told whether it exists. */
export async function visibleAudit(
  store: Store,
  staff: Staff,
  auditNumber: string,
): Promise<{ readonly audit: Audit; readonly known: Known }> {
  const audit = await readAudit(store, auditNumber);
  const known = audit && knownAtFirstUse(store, staff, audit);
  if (audit === undefined || known === undefined || !(await maySee(staff, audit, known)))
    throw new HttpProblem(404, `There is no audit ${auditNumber} for you to review. Look at the queue.`);
  return { audit, known };
}

/** The revision that is up for review, or was; 409 while there is none. */
export async function revisionOf(store: Store, audit: Audit): Promise<Revision> {
  if (audit.revision === 0)
    throw refusalProblem({
      refused: 'not-under-review',
      message: `Audit ${audit.auditNumber} is ${audit.state}, and has no package to review. Wait until the assessor has uploaded one.`,
    });
  const revision = await readRevision(store, audit.auditNumber, audit.revision);
  if (revision === undefined) throw new Error(`Audit ${audit.auditNumber} has no revision ${audit.revision}.`);
  return revision;
}
