// Who may see or do what: every rule of it. Who it is that calls stands in callers.ts.

import {
  type Actor,
  type Assessor,
  type Audit,
  awaitsReviewer,
  type Employer,
  inConflict,
  type Trace,
  tracesOfPerson,
} from '@secor/certification';
import { atFirstUse, type Caller, entryAt, HttpProblem, invalidRequest } from '@secor/lambda';
import {
  type QueueSelection,
  readAssessor,
  readAudit,
  readEmployer,
  readQueue,
  readSignIn,
  type Store,
} from '@secor/store';
import { actorOf, administratorOf, assessorOf, outsidersBehind, type Staff, staffBehind } from './callers.ts';
import { readPersonTraces } from './person-traces.ts';
import { say, sayOfInput } from './sentences.ts';

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

/**
 * The employer, for an administrator, an assessor who acts for it, and its contact; nobody else is told whether it exists.
 * @throws HttpProblem 403 for who is linked as none of these, 404 where the employer is not theirs
 */
export async function readableEmployer(store: Store, caller: Caller, employerId: string): Promise<Employer> {
  const signIn = await readSignIn(store, caller.issuer, caller.sub);
  const isAdministrator = caller.roles.includes('administrator') && signIn?.administratorId !== undefined;
  const { assessor, company } = await outsidersBehind(store, signIn, caller);
  if (!isAdministrator && assessor === undefined && company === undefined)
    throw new HttpProblem(403, say('nobody-linked'));
  if (company?.employerId === employerId) return company;
  const readable = isAdministrator || assessor?.actsFor.includes(employerId) === true;
  const employer = readable ? await readEmployer(store, employerId) : undefined;
  if (employer === undefined) throw new HttpProblem(404, say('no-employer-for-you', { employerId }));
  return employer;
}

/** The employer, if this assessor acts for it; undefined for any other, as where there is none. */
export async function readEmployerActedFor(
  store: Store,
  { actsFor }: Assessor,
  employerId: string,
): Promise<Employer | undefined> {
  return actsFor.includes(employerId) ? readEmployer(store, employerId) : undefined;
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
    throw new HttpProblem(403, say('nobody-linked-to-audits'));
  if (audit !== undefined) {
    if (staff !== undefined && (await maySee(staff, audit, readTracesAtFirstUse(store, staff, audit))))
      return { audit, reader: 'staff' };
    if (assessor !== undefined && mayRead(assessor, audit)) return { audit, reader: 'assessor' };
    if (company?.employerId === audit.employerId) return { audit, reader: 'employer' };
  }
  throw noAudit(auditNumber);
}

/** What is answered of an audit that is not the caller's, whether it exists or not. */
function noAudit(auditNumber: string): HttpProblem {
  return new HttpProblem(404, say('no-audit-for-you', { auditNumber }));
}

/** The audit, if this assessor may work on it; 404 otherwise. */
export async function workableAudit(store: Store, assessor: Assessor, auditNumber: string): Promise<Audit> {
  const audit = await readAudit(store, auditNumber);
  if (audit === undefined || !mayWorkOn(assessor, audit)) throw noAudit(auditNumber);
  return audit;
}

/**
 * Who sends the package of an audit and answers its notes, and the audit: its assessor; of one that came in a binder also an
 * administrator, who enters its package.
 */
export async function senderOf(
  store: Store,
  caller: Caller,
  auditNumber: string,
): Promise<{ readonly audit: Audit; readonly by: Actor }> {
  if (caller.roles.includes('administrator')) {
    const by = await administratorOf(store, caller);
    const audit = await readAudit(store, auditNumber);
    if (audit?.binder !== undefined) return { audit, by };
    if (!caller.roles.includes('assessor')) throw noAudit(auditNumber);
  }
  const assessor = await assessorOf(store, caller);
  return { audit: await workableAudit(store, assessor, auditNumber), by: actorOf(assessor) };
}

/** What is recorded of the staff and of those whom an audit is about, read when it is first asked for. */
export type ReadTraces = () => Promise<readonly Trace[]>;

/** What is recorded of the staff, an audit's assessor and its employer's contacts, for whoever asks for it first. */
function readTracesAtFirstUse(store: Store, { all }: Staff, audit: Audit): ReadTraces {
  return atFirstUse(() => readPersonTraces(store, all, [audit]));
}

/** Whether this member of staff may see an audit: a reviewer what is theirs, or waits for a reviewer and is free of conflict; an administrator all. */
async function maySee(staff: Staff, audit: Audit, readTraces: ReadTraces): Promise<boolean> {
  if (staff.role === 'administrator') return true;
  if (!awaitsReviewer(audit)) return audit.reviewerId === staff.personId;
  return !inConflict(audit, staff.trace, await readTraces());
}

/** The audit, if this member of staff may see it; otherwise nobody is told whether it exists. */
export async function reviewableAudit(
  store: Store,
  staff: Staff,
  auditNumber: string,
): Promise<{ readonly audit: Audit; readonly readTraces: ReadTraces }> {
  const audit = await readAudit(store, auditNumber);
  const readTraces = audit && readTracesAtFirstUse(store, staff, audit);
  if (audit === undefined || readTraces === undefined || !(await maySee(staff, audit, readTraces)))
    throw new HttpProblem(404, say('no-audit-to-review', { auditNumber }));
  return { audit, readTraces };
}

/**
 * The part of the queue that is asked for: of oneself ('me'), of nobody ('nobody'), of a reviewer by id. Without a word a
 * reviewer gets what is theirs or nobody's, an administrator all. No reviewer is shown what waits
 * for a reviewer and is not theirs to review.
 */
export async function readableQueue(store: Store, staff: Staff, asked: string | undefined): Promise<QueueSelection> {
  const { role, reviewerId } = staff;
  const own = reviewerId === undefined ? [] : [{ reviewerId }];
  if (asked === 'me') {
    if (own.length === 0) throw invalidRequest([entryAt('query, reviewer', sayOfInput('me-is-no-reviewer'))]);
    return { parts: own };
  }
  if (role === 'administrator')
    return asked === undefined ? {} : { parts: [asked === 'nobody' ? asked : { reviewerId: asked }] };
  if (asked === undefined) return { parts: [...own, 'nobody'], ...(await tiesOf(store, staff)) };
  if (asked === 'nobody') return { parts: ['nobody'], ...(await tiesOf(store, staff)) };
  if (asked === reviewerId) return { parts: own };
  throw new HttpProblem(403, say('queue-of-another'));
}

/** The employers and assessors of what waits for a reviewer whose audits this one must not review, by whatever record tells who they are. */
async function tiesOf(
  store: Store,
  { trace, all }: Staff,
): Promise<Pick<QueueSelection, 'withoutEmployers' | 'withoutAssessors'>> {
  const known = await readPersonTraces(store, all, await readQueue(store, { parts: ['nobody'] }));
  const own = tracesOfPerson(trace, known);
  const distinct = (ids: readonly string[]) => [...new Set(ids)];
  return {
    withoutEmployers: distinct(
      own.flatMap(({ employerId, conflicts = [] }) => [
        ...conflicts,
        ...(employerId === undefined ? [] : [employerId]),
      ]),
    ),
    withoutAssessors: distinct(own.flatMap(({ assessorId }) => assessorId ?? [])),
  };
}

/** That this member of staff may set a reviewer's presence: their own, and as an administrator everybody's. 404 otherwise. */
export function requireOwnPresence(staff: Staff, reviewerId: string): void {
  if (staff.role !== 'administrator' && staff.reviewerId !== reviewerId)
    throw new HttpProblem(404, say('not-your-presence', { reviewerId }));
}

/** The assessor; 404 when there is none with this id. */
export async function requireAssessor(store: Store, assessorId: string): Promise<Assessor> {
  const assessor = await readAssessor(store, assessorId);
  if (assessor === undefined) throw new HttpProblem(404, say('no-assessor', { assessorId }));
  return assessor;
}

/** The assessor, for administrators and for themselves; nobody else is told whether there is one. */
export async function readableAssessor(store: Store, caller: Caller, assessorId: string): Promise<Assessor> {
  if (caller.roles.includes('administrator')) {
    await administratorOf(store, caller);
    return requireAssessor(store, assessorId);
  }
  const own = await assessorOf(store, caller);
  if (own.assessorId === assessorId) return own;
  throw new HttpProblem(404, say('not-you', { assessorId }));
}

/** The assessor who calls, or undefined for an administrator, who sees all; 403 for who is linked as neither. */
export async function courseReaderOf(store: Store, caller: Caller): Promise<Assessor | undefined> {
  const signIn = caller.roles.includes('administrator')
    ? await readSignIn(store, caller.issuer, caller.sub)
    : undefined;
  if (signIn?.administratorId !== undefined) return undefined;
  if (!caller.roles.includes('assessor')) throw new HttpProblem(403, say('no-administrator-linked'));
  return assessorOf(store, caller);
}
