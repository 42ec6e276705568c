import {
  type Audit,
  businessDate,
  type ExplainedRevision,
  type Explanation,
  explainAudit,
  explainAuditReminder,
  explainCycle,
  explainReminder,
  explainStatus,
  metBy,
  type Review,
  type Revision,
  reviewedRevision,
  standingMonths,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import type { EndpointHandler } from '@secor/lambda';
import { readCycle, readReview, readRevision } from '@secor/store';
import { readableAssessor, readableAudit, readableEmployer } from '../shared/access.ts';
import type { Dependencies } from './dependencies.ts';
import { readCycleAsKnownOn } from './standing.ts';

function answerWith(explanations: readonly Explanation[]): AnswerOf<'readWhy'> {
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
    const cycle = await readCycleAsKnownOn(store, employerId, asked, today);
    return answerWith([...explainCycle(cycle, asked), ...cycle.sent.map(explainReminder)]);
  };
}

/** Explains the status of an assessor as of today, and the reminders of it that were recorded: to administrators, and to themselves. */
export function readAssessorWhyCall({ store }: Dependencies): EndpointHandler<'readAssessorWhy'> {
  return async ({ caller, parameters: { assessorId }, at }) => {
    const { completions, sent } = await readableAssessor(store, caller, assessorId);
    return answerWith([...explainStatus(completions, businessDate(at)), ...sent.map(explainReminder)]);
  };
}

function asReviewed(audit: Audit, revision: Revision, review: Review): ExplainedRevision {
  return { ...reviewedRevision(audit, revision, review), correctedMonths: standingMonths(revision, review) };
}

/** Explains by which rules an audit is judged, and its outcome; outside the partner as reviewed only once it is decided. */
export function readAuditWhyCall({ store }: Dependencies): EndpointHandler<'readAuditWhy'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit, reader } = await readableAudit(store, caller, auditNumber);
    const revision = audit.revision === 0 ? undefined : await readRevision(store, auditNumber, audit.revision);
    const reminders = audit.sent.map(explainAuditReminder);
    if (revision === undefined) return answerWith([...explainAudit(audit), ...reminders]);
    const reviewed = reader === 'staff' || audit.state === 'closed';
    const shown = reviewed ? asReviewed(audit, revision, await readReview(store, auditNumber)) : revision;
    const met = metBy(await readCycle(store, audit.employerId), auditNumber, businessDate(at));
    return answerWith([...explainAudit(audit, { revision: shown, met }), ...reminders]);
  };
}
