import type { Audit, Revision } from '@secor/certification';
import { type Caller, HttpProblem } from '@secor/lambda';
import { type Records, readAudit, readReviewer, readRevision, readSignIn, type Store } from '@secor/store';

export type Dependencies = { readonly store: Store; readonly records: Records };
/** A member of the partner's staff. */
export type Staff = {
  readonly role: 'reviewer' | 'administrator';
  readonly personId: string;
  /** Whom they are as a reviewer, when they are one. */
  readonly reviewerId?: string;
  /** Employers whose audits this person must not review. */
  readonly conflicts: readonly string[];
};

/** The member of staff behind the token, an administrator before a reviewer; 403 when the sign-in is linked to neither. */
export async function staffOf(store: Store, { issuer, sub, roles }: Caller): Promise<Staff> {
  const signIn = await readSignIn(store, issuer, sub);
  if (roles.includes('administrator') && signIn?.administratorId !== undefined)
    return {
      role: 'administrator',
      personId: signIn.administratorId,
      ...(roles.includes('reviewer') && signIn.reviewerId !== undefined ? { reviewerId: signIn.reviewerId } : {}),
      conflicts: [],
    };
  const reviewer =
    roles.includes('reviewer') && signIn?.reviewerId !== undefined
      ? await readReviewer(store, signIn.reviewerId)
      : undefined;
  if (reviewer !== undefined) {
    const { reviewerId, conflicts } = reviewer;
    return { role: 'reviewer', personId: reviewerId, reviewerId, conflicts };
  }
  throw new HttpProblem(403, 'Your sign-in is not linked to a reviewer. Ask an administrator to link it.');
}

/** Whether this member of staff may see an audit: a reviewer what is theirs, or nobody's and free of conflict; an administrator all. */
function maySee(staff: Staff, { reviewerId, employerId }: { reviewerId?: string; employerId: string }): boolean {
  if (staff.role === 'administrator') return true;
  return reviewerId === undefined ? !staff.conflicts.includes(employerId) : reviewerId === staff.personId;
}

/** The audit, if this member of staff may see it; otherwise nobody is told whether it exists. */
export async function visibleAudit(store: Store, staff: Staff, auditNumber: string): Promise<Audit> {
  const audit = await readAudit(store, auditNumber);
  if (audit === undefined || audit.revision === 0 || !maySee(staff, audit))
    throw new HttpProblem(404, `There is no audit ${auditNumber} for you to review. Look at the queue.`);
  return audit;
}

export async function revisionOf(store: Store, audit: Audit): Promise<Revision> {
  const revision = await readRevision(store, audit.auditNumber, audit.revision);
  if (revision === undefined) throw new Error(`Audit ${audit.auditNumber} has no revision ${audit.revision}.`);
  return revision;
}
