import {
  businessDate,
  isRefusal,
  leaveCycle,
  newReview,
  openAudit,
  registerAudit,
  registrationRefusals,
  ruleSetOn,
  withdrawAudit,
} from '@secor/certification';
import { type EndpointHandler, refusalProblem, refusalsProblem } from '@secor/lambda';
import { commit, offDesk, readCycle, readReviewer, retryingConflicts } from '@secor/store';
import { readEmployerActedFor, workableAudit } from '../shared/access.ts';
import { randomAuditNumber } from '../shared/audit-number.ts';
import { auditEntry } from '../shared/audit-views.ts';
import { actorOf, assessorOf } from '../shared/callers.ts';
import { courseOffers } from '../shared/course-offers.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Registers an audit, if the rules of eligibility allow it: writes the audit and the employer's cycle in one transaction, which rests on
 * the assessor's status and the employer's data as they were read.
 */
export function registerAuditCall({ store }: Dependencies): EndpointHandler<'registerAudit'> {
  return async ({ caller, body: { employerId, kind }, at, idempotency }) => {
    const on = businessDate(at);
    return retryingConflicts(async () => {
      const assessor = await assessorOf(store, caller);
      // The cycle before the employer: a change of the employer's data is one of its cycle.
      const cycle = await readCycle(store, employerId);
      const employer = await readEmployerActedFor(store, assessor, employerId);
      const facts = { kind, employerId, employer, assessor, cycle, on };
      const refusals = registrationRefusals({ ...facts, offers: [] });
      if (refusals.length > 0)
        throw refusalsProblem(registrationRefusals({ ...facts, offers: await courseOffers(store, at) }));
      const auditNumber = randomAuditNumber();
      const { assessorId } = assessor;
      const by = actorOf(assessor);
      const audit = registerAudit({ auditNumber, kind, employerId, assessorId, ruleSet: ruleSetOn(on) }, by, at);
      const opened = openAudit(cycle, { auditNumber, kind, assessorId, registeredOn: on }, by, at);
      const answer = auditEntry(audit.audit);
      const counts = [
        { limit: 'registrationsOfPerson', subject: assessorId },
        { limit: 'registrationsForEmployer', subject: `${assessorId}/${employerId}` },
      ] as const;
      const repeatable = idempotency(answer);
      await commit(store, { at, audit, cycle: opened, assessorUnchanged: assessor, counts, idempotency: repeatable });
      return answer;
    });
  };
}

/** Withdraws an audit before its review begins: out of the queue, off the reviewer's desk, out of the employer's cycle. */
export function withdrawAuditCall({ store }: Dependencies): EndpointHandler<'withdrawAudit'> {
  return async ({ caller, parameters: { auditNumber }, body, ifMatch, at, idempotency }) => {
    return retryingConflicts(async () => {
      const assessor = await assessorOf(store, caller);
      const audit = requireSameVersion(
        ['audit', auditNumber],
        await workableAudit(store, assessor, auditNumber),
        ifMatch,
      );
      // They can only before a review has begun: nobody has written anything yet.
      const change = withdrawAudit(audit, newReview(auditNumber), body.reason, actorOf(assessor), at);
      if (isRefusal(change)) throw refusalProblem(change);
      const [cycle, reviewer] = await Promise.all([
        readCycle(store, audit.employerId),
        audit.reviewerId === undefined ? undefined : readReviewer(store, audit.reviewerId),
      ]);
      const answer = auditEntry(change.audit);
      await commit(store, {
        at,
        audit: change,
        cycle: leaveCycle(cycle, auditNumber, at, 'withdrawn'),
        ...offDesk(audit, reviewer),
        idempotency: idempotency(answer),
      });
      return answer;
    });
  };
}
