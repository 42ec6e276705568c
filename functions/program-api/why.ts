import {
  type Assessor,
  type Audit,
  businessDate,
  currentCertificate,
  type Explanation,
  explainAudit,
  explainCycle,
  explainReminder,
  explainStatus,
  metBy,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Caller, type EndpointHandler, HttpProblem } from '@secor/lambda';
import { readAudit, readCycle, readReview, readRevision, readSignIn, type Store } from '@secor/store';
import { reviewedRevision } from '../answers.ts';
import { administratorOf, assessorOf } from '../callers.ts';
import { maySee, staffOf } from '../review-api/staff.ts';
import { knownAssessor } from './assessors.ts';
import type { Dependencies } from './program.ts';
import { cycleKnownOn, readableEmployer } from './standing.ts';

function told(explanations: readonly Explanation[]): AnswerOf<'readWhy'> {
  return {
    explanations: explanations.map(({ what, value, because, rules, facts }) => ({
      what,
      value,
      because,
      rules: rules.map((rule) => ({ ...rule })),
      facts: facts.map((fact) => ({ ...fact })),
    })),
  };
}

/** Explains what an employer holds and what is due on a day, to whoever may read that. */
export function readWhyCall({ store }: Dependencies): EndpointHandler<'readWhy'> {
  return async ({ caller, parameters: { employerId }, query: { on }, at }) => {
    await readableEmployer(store, caller, employerId);
    const today = businessDate(at);
    const asked = on ?? today;
    const cycle = await cycleKnownOn(store, employerId, asked, today);
    const { ruleSet } = currentCertificate(cycle) ?? {};
    const reminders = cycle.sent.map((sent) =>
      explainReminder({ ...sent, ...(ruleSet === undefined ? {} : { ruleSet }) }),
    );
    return told([...explainCycle(cycle, asked), ...reminders]);
  };
}

/** Explains the status of an assessor as of today, and the reminders of it that were recorded: to administrators, and to themselves. */
export function readAssessorWhyCall({ store }: Dependencies): EndpointHandler<'readAssessorWhy'> {
  return async ({ caller, parameters: { assessorId }, at }) => {
    const { completions, sent } = await readableAssessor(store, caller, assessorId);
    return told([...explainStatus(completions, businessDate(at)), ...sent.map(explainReminder)]);
  };
}

/** The assessor, for administrators and for themselves; nobody else is told whether there is one. */
async function readableAssessor(store: Store, caller: Caller, assessorId: string): Promise<Assessor> {
  if (caller.roles.includes('administrator')) {
    await administratorOf(store, caller);
    return knownAssessor(store, assessorId);
  }
  const own = await assessorOf(store, caller);
  if (own.assessorId === assessorId) return own;
  throw new HttpProblem(404, `You are not assessor ${assessorId}. Ask for your own id, as /v1/assessor tells it.`);
}

/**
 * The audit, for staff who may see it, its assessor, and the contact of its employer; nobody else is told whether it exists.
 * @throws HttpProblem 403 for who is linked as none of these, 404 where the audit is not theirs
 */
async function readableAudit(
  store: Store,
  caller: Caller,
  auditNumber: string,
): Promise<{ readonly audit: Audit; readonly byStaff: boolean }> {
  const { issuer, sub, roles } = caller;
  const signIn = (await readSignIn(store, issuer, sub)) ?? {};
  const linked = (role: (typeof roles)[number], id: string | undefined) => (roles.includes(role) ? id : undefined);
  const assessorId = linked('assessor', signIn.assessorId);
  const employerId = linked('employer', signIn.employerId);
  const staffId = linked('administrator', signIn.administratorId) ?? linked('reviewer', signIn.reviewerId);
  if (assessorId === undefined && employerId === undefined && staffId === undefined)
    throw new HttpProblem(
      403,
      'Your sign-in is not linked to an assessor, a company or staff of the partner. Ask the certifying partner to link it.',
    );
  const staff = staffId === undefined ? undefined : await staffOf(store, caller);
  const audit = await readAudit(store, auditNumber);
  if (audit !== undefined && staff !== undefined && maySee(staff, audit)) return { audit, byStaff: true };
  if (audit !== undefined && (audit.assessorId === assessorId || audit.employerId === employerId))
    return { audit, byStaff: false };
  throw new HttpProblem(404, `There is no audit ${auditNumber} for you to read. Check the nine digits.`);
}

/** Explains by which rules an audit is judged, and its outcome; outside the partner as reviewed only once it is decided. */
export function readAuditWhyCall({ store }: Dependencies): EndpointHandler<'readAuditWhy'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit, byStaff } = await readableAudit(store, caller, auditNumber);
    const revision = audit.revision === 0 ? undefined : await readRevision(store, auditNumber, audit.revision);
    if (revision === undefined) return told(explainAudit(audit));
    const reviewed = byStaff || audit.state === 'closed';
    const shown = reviewed ? reviewedRevision(audit, revision, await readReview(store, auditNumber)) : revision;
    const met = metBy(await readCycle(store, audit.employerId), auditNumber, businessDate(at));
    return told(explainAudit(audit, { revision: shown, met }));
  };
}
