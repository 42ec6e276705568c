import {
  type Assessor,
  type Binder,
  businessDate,
  currentCertificate,
  cycleSubject,
  employerAsKnownOn,
  endedBeforeCurrent,
  openAudit,
  type Refusal,
  refuse,
  registerAudit,
  registrationRefusals,
  ruleSetOn,
  ruleSetOrFirst,
  type Sentence,
} from '@secor/certification';
import type { ProblemEntry } from '@secor/contracts';
import {
  type Call,
  type EndpointHandler,
  entryAt,
  HttpProblem,
  invalidRequest,
  refusalProblem,
  refusalsProblem,
} from '@secor/lambda';
import { commit, readAssessor, readAudit, readCycle, readEmployer, readHistory, retryingConflicts } from '@secor/store';
import { randomAuditNumber } from '../shared/audit-number.ts';
import { auditEntry } from '../shared/audit-views.ts';
import { administratorOf } from '../shared/callers.ts';
import { courseOffers } from '../shared/course-offers.ts';
import { say, sayOfInput } from '../shared/sentences.ts';
import { issueUploadLink } from '../shared/upload-link.ts';
import type { Dependencies } from './dependencies.ts';

type Dates = Pick<Call<'recordBinder'>['body'], 'postmarkedOn' | 'receivedOn' | 'endedOn'>;

/** Everything that is wrong with the dates of a binder as of today: an audit ends, is sent, and arrives, in this order. */
function dateProblems({ endedOn, postmarkedOn, receivedOn }: Dates, today: string): ProblemEntry[] {
  const first = ruleSetOrFirst(postmarkedOn);
  const wrong: readonly (readonly [boolean, keyof Dates, Sentence])[] = [
    [endedOn > postmarkedOn, 'endedOn', sayOfInput('ended-after-postmark', { postmarkedOn })],
    [first.from > postmarkedOn, 'postmarkedOn', sayOfInput('postmark-before-rules', { from: first.from })],
    [postmarkedOn > receivedOn, 'postmarkedOn', sayOfInput('postmark-after-receipt', { receivedOn })],
    [receivedOn > today, 'receivedOn', sayOfInput('received-ahead', { today })],
  ];
  return wrong.flatMap(([is, name, sentence]) => (is ? [entryAt(`body, ${name}`, sentence)] : []));
}

function refuseUnknown(
  assessorId: string,
  employerId: string,
  there: { assessor: unknown; employer: unknown },
): Refusal[] {
  const refusals: Refusal[] = [];
  if (there.assessor === undefined) refusals.push(refuse('unknown-assessor', { assessorId }));
  if (there.employer === undefined) refusals.push(refuse('unknown-employer', { employerIds: employerId }));
  return refusals;
}

/** What keeps a binder from being recorded because of its assessor's employers, told to an administrator. */
function refuseNotActing({ assessorId, actsFor }: Assessor, employerId: string): Refusal[] {
  if (actsFor.includes(employerId)) return [];
  return [refuse('assessor-does-not-act', { assessorId, employerId })];
}

/**
 * Records an audit that was sent by mail: what holds on the day of its postmark lets it in [N], and its rule set judges it [A];
 * for whom the assessor acts is as it is recorded now. It has arrived on the day of its receipt. Late when the certificate had
 * expired by then: marked, not lost [N]. No limit counts it: whoever has reached theirs can still send a binder.
 */
export function recordBinderCall({ store }: Dependencies): EndpointHandler<'recordBinder'> {
  return async ({ caller, body, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    const { employerId, assessorId, kind, postmarkedOn, receivedOn, endedOn } = body;
    const problems = dateProblems(body, businessDate(at));
    if (problems.length > 0) throw invalidRequest(problems);
    return retryingConflicts(async () => {
      const assessor = await readAssessor(store, assessorId);
      // The cycle before the employer: a change of the employer's data is one of its cycle.
      const cycle = await readCycle(store, employerId);
      const employer = await readEmployer(store, employerId);
      if (assessor === undefined || employer === undefined)
        throw refusalsProblem(refuseUnknown(assessorId, employerId, { assessor, employer }));
      const history = await readHistory(store, cycleSubject(employerId), cycle.events);
      const asSent = employerAsKnownOn(employer, history, postmarkedOn);
      const acting = { ...assessor, actsFor: [...assessor.actsFor, employerId] };
      const facts = { kind, assessor: acting, cycle, employer: asSent, employerId, on: postmarkedOn };
      const before = endedBeforeCurrent(cycle, { kind }, endedOn);
      const refused = [...refuseNotActing(assessor, employerId), ...(before === undefined ? [] : [before])];
      if (refused.length + registrationRefusals({ ...facts, offers: [] }).length > 0) {
        const offers = await courseOffers(store, at);
        throw refusalsProblem([...refused, ...registrationRefusals({ ...facts, offers })]);
      }
      const expiresOn = currentCertificate(cycle)?.expiresOn;
      const late = expiresOn !== undefined && receivedOn > expiresOn;
      const binder: Binder = { postmarkedOn, receivedOn, endedOn, ...(late ? { late } : {}) };
      const auditNumber = randomAuditNumber();
      const ruleSet = ruleSetOn(postmarkedOn);
      const audit = registerAudit({ auditNumber, kind, employerId, assessorId, ruleSet, binder }, by, at);
      const opened = openAudit(cycle, { auditNumber, kind, assessorId, registeredOn: postmarkedOn }, by, at, binder);
      const answer = { ...auditEntry(audit.audit), binder };
      const repeatable = idempotency(answer);
      await commit(store, { at, audit, cycle: opened, assessorUnchanged: assessor, idempotency: repeatable });
      return answer;
    });
  };
}

/** Issues an upload link to an administrator, who has entered the package of a binder. */
export function issueBinderLinkCall(dependencies: Dependencies): EndpointHandler<'issueBinderLink'> {
  const { store } = dependencies;
  return async ({ caller, parameters: { auditNumber }, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    return retryingConflicts(async () => {
      const audit = await readAudit(store, auditNumber);
      if (audit === undefined) throw new HttpProblem(404, say('no-audit', { auditNumber }));
      if (audit.binder === undefined) throw refusalProblem(refuse('not-a-binder', { auditNumber }));
      return issueUploadLink(dependencies, audit, by, { at, idempotency });
    });
  };
}
