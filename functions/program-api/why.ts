import {
  type Assessor,
  businessDate,
  type Explanation,
  explainAudit,
  explainCycle,
  explainReminder,
  explainStatus,
  metBy,
  reviewedRevision,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Caller, type EndpointHandler, HttpProblem } from '@secor/lambda';
import { readCycle, readReview, readRevision, type Store } from '@secor/store';
import { readableAudit, readableEmployer } from '../access.ts';
import { administratorOf, assessorOf } from '../callers.ts';
import { knownAssessor } from './assessors.ts';
import type { Dependencies } from './program.ts';
import { cycleKnownOn } from './standing.ts';

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
    return told([...explainCycle(cycle, asked), ...cycle.sent.map(explainReminder)]);
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

/** Explains by which rules an audit is judged, and its outcome; outside the partner as reviewed only once it is decided. */
export function readAuditWhyCall({ store }: Dependencies): EndpointHandler<'readAuditWhy'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit, reader } = await readableAudit(store, caller, auditNumber);
    const revision = audit.revision === 0 ? undefined : await readRevision(store, auditNumber, audit.revision);
    if (revision === undefined) return told(explainAudit(audit));
    const reviewed = reader === 'staff' || audit.state === 'closed';
    const shown = reviewed ? reviewedRevision(audit, revision, await readReview(store, auditNumber)) : revision;
    const met = metBy(await readCycle(store, audit.employerId), auditNumber, businessDate(at));
    return told(explainAudit(audit, { revision: shown, met }));
  };
}
