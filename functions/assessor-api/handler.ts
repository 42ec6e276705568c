import {
  type Actor,
  type Assessor,
  type Audit,
  answerNotes,
  auditSubject,
  businessDate,
  certificateNumberOf,
  type DomainEvent,
  isRefusal,
  leaveCycle,
  openAudit,
  registerAudit,
  registrationRefusals,
  reviewedRevision,
  ruleSetOn,
  standingChanges,
  standingMonths,
  withdrawAudit,
} from '@secor/certification';
import {
  type Caller,
  decodeCursor,
  type EndpointHandler,
  encodeCursor,
  environment,
  HttpProblem,
  httpApi,
  refusalProblem,
  refusalsProblem,
} from '@secor/lambda';
import {
  commit,
  listAudits,
  listEmployersAudits,
  offDesk,
  openS3,
  openStore,
  type Records,
  readAnswer,
  readAudit,
  readCycle,
  readEmployer,
  readHistory,
  readProblems,
  readReview,
  readReviewer,
  readRevision,
  reportKey,
  retryingConflicts,
  type Store,
} from '@secor/store';
import { mayRead, noAudit, readableAudit, workableAudit } from '../access.ts';
import { auditEntry, noteEntries, outsideHistory, sameAsSeen, scoreEntry } from '../answers.ts';
import { randomAuditNumber } from '../audit-number.ts';
import { administratorOf, assessorOf, companyOf } from '../callers.ts';
import { courseOffers } from '../course-offers.ts';
import { downloadLink } from '../download-link.ts';
import { issueUploadLink, linkExpiry, linkSeconds, type Packages } from '../upload-link.ts';
import { type Outlook, outlookOf } from './outlook.ts';

type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly packages: Packages;
  readonly outlook: Outlook;
};

function actor({ assessorId }: Assessor) {
  return { role: 'assessor', personId: assessorId } as const;
}

/**
 * Registers an audit that the gate lets through: writes the audit and the employer's cycle in one transaction, which rests on
 * the assessor's status and the employer's data as they were read.
 */
export function registerAuditCall({ store }: Dependencies): EndpointHandler<'registerAudit'> {
  return async ({ caller, body: { employerId, kind }, at, idempotency }) => {
    const on = businessDate(at);
    return retryingConflicts(async () => {
      const assessor = await assessorOf(store, caller);
      const acts = assessor.actsFor.includes(employerId);
      // The cycle before the employer: a change of the employer's data is one of its cycle.
      const cycle = await readCycle(store, employerId);
      const employer = acts ? await readEmployer(store, employerId) : undefined;
      const facts = { kind, employerId, employer, assessor, cycle, on };
      const refusals = registrationRefusals({ ...facts, offers: [] });
      if (refusals.length > 0)
        throw refusalsProblem(registrationRefusals({ ...facts, offers: await courseOffers(store, at) }));
      const auditNumber = randomAuditNumber();
      const { assessorId } = assessor;
      const by = actor(assessor);
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

/** Issues an upload link to the assessor of an audit. */
export function issueLinkCall(dependencies: Dependencies): EndpointHandler<'issueLink'> {
  const { store } = dependencies;
  return async ({ caller, parameters: { auditNumber }, at, idempotency }) => {
    return retryingConflicts(async () => {
      const assessor = await assessorOf(store, caller);
      const audit = await workableAudit(store, assessor, auditNumber);
      return issueUploadLink(dependencies, audit, actor(assessor), { at, idempotency });
    });
  };
}

/**
 * Who answers the notes of an audit, and the audit: its assessor; of one that came in a binder also an administrator, who enters
 * its package.
 */
async function answererOf(
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
  return { audit: await workableAudit(store, assessor, auditNumber), by: actor(assessor) };
}

/** Records the answers to the notes of the revision that was requested. */
export function answerNotesCall({ store }: Dependencies): EndpointHandler<'answerNotes'> {
  return async ({ caller, parameters: { auditNumber }, body, ifMatch, at, idempotency }) => {
    return retryingConflicts(async () => {
      const { audit: found, by } = await answererOf(store, caller, auditNumber);
      const audit = sameAsSeen(found, ifMatch);
      const review = await readReview(store, auditNumber);
      const change = answerNotes(audit, review, body.answers, by, at);
      if (isRefusal(change)) throw refusalProblem(change);
      const answer = auditEntry(change.audit);
      await commit(store, { at, audit: change, review: change.review, idempotency: idempotency(answer) });
      return answer;
    });
  };
}

/** Withdraws an audit before its review begins: out of the queue, off the reviewer's desk, out of the employer's cycle. */
export function withdrawAuditCall({ store }: Dependencies): EndpointHandler<'withdrawAudit'> {
  return async ({ caller, parameters: { auditNumber }, body, ifMatch, at, idempotency }) => {
    return retryingConflicts(async () => {
      const assessor = await assessorOf(store, caller);
      const audit = sameAsSeen(await workableAudit(store, assessor, auditNumber), ifMatch);
      const change = withdrawAudit(audit, body.reason, actor(assessor), at);
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

/** Where a page of audits ends: when the last one was registered, and its number. */
const listPosition = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{9}$/;

/** Lists the assessor's audits that they may read, newest first: a page may have fewer, or none, and go on. */
export function listAuditsCall({ store }: Dependencies): EndpointHandler<'listAudits'> {
  return async ({ caller, query }) => {
    const assessor = await assessorOf(store, caller);
    const after = decodeCursor(query.cursor, listPosition);
    const { audits, next } = await listAudits(store, assessor.assessorId, query.state, after);
    return { audits: audits.filter((audit) => mayRead(assessor, audit)).map(auditEntry), ...encodeCursor(next) };
  };
}

/** Lists the audits of the company whose contact calls, newest first. */
export function listEmployersAuditsCall({ store }: Dependencies): EndpointHandler<'listEmployersAudits'> {
  return async ({ caller, query }) => {
    const { employerId } = await companyOf(store, caller);
    const { audits, next } = await listEmployersAudits(store, employerId, decodeCursor(query.cursor, listPosition));
    return { audits: audits.map(auditEntry), ...encodeCursor(next) };
  };
}

/**
 * Reads one audit, for its assessor and the contact of its employer: its score, its way through the queue, what was wrong
 * with the last upload if it was refused, and its history.
 */
export function readAuditCall({ store, records, outlook }: Dependencies): EndpointHandler<'readAudit'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit, reader } = await readableAudit(store, caller, auditNumber);
    const [queue, revision, history, review] = await Promise.all([
      outlook(audit, at),
      audit.revision === 0 ? undefined : readRevision(store, auditNumber, audit.revision),
      readHistory(store, auditSubject(auditNumber), audit.events),
      readReview(store, auditNumber),
    ]);
    // What a reviewer thinks of the points is told with the decision, not before.
    const decided = audit.state === 'closed';
    const shown = revision && (decided ? reviewedRevision(audit, revision, review) : revision);
    const score = shown === undefined ? {} : { score: scoreEntry(audit, shown) };
    const reported = decided && audit.reportedDecision === audit.decisions;
    const corrected = decided && revision !== undefined ? standingMonths(revision, review) : undefined;
    const due = audit.state === 'awaiting revision' ? { revisionDueOn: audit.revisionDueOn } : {};
    return {
      ...auditEntry(audit),
      queue,
      ...score,
      changedPoints: decided && revision !== undefined ? standingChanges(revision, review) : [],
      ...(corrected === undefined ? {} : { correctedMonths: corrected }),
      ...(await lastRefusal(records, history)),
      report: reported ? 'ready' : decided ? 'being made' : 'none',
      ...due,
      notes: noteEntries(review.notes.filter((note) => note.sentInRound !== undefined)),
      history: outsideHistory(history, reader === 'employer' ? 'employer' : 'assessor'),
    };
  };
}

/** The problems of the last upload, unless a later one was accepted. */
async function lastRefusal(records: Records, history: readonly DomainEvent[]) {
  const last = history.findLast(
    (event) =>
      event.type === 'package accepted' || event.type === 'package refused' || event.type === 'documents refused',
  );
  if (last === undefined || last.type === 'package accepted' || !('problemList' in last.data)) return {};
  const problems = await readProblems(records, last.data.problemList);
  const link = 'link' in last.data ? { link: last.data.link } : {};
  return { refusal: { at: last.at, ...link, problems } };
}

/** Signs links to the report of the last decision, and to the certificate that it gave. */
export function readReportCall({ store, records }: Dependencies): EndpointHandler<'readReport'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit } = await readableAudit(store, caller, auditNumber);
    if (audit.state !== 'closed' || audit.reportedDecision !== audit.decisions)
      throw new HttpProblem(
        404,
        `Audit ${auditNumber} has no report: it is ${audit.state}. A mail tells you when the report is there.`,
      );
    const cycle = await readCycle(store, audit.employerId);
    const certificateNumber = certificateNumberOf(auditNumber, audit.decisions);
    const certified = cycle.certificates.some((certificate) => certificate.certificateNumber === certificateNumber);
    const sign = async (paper: 'report' | 'certificate') => ({
      url: await downloadLink(
        records,
        {
          key: reportKey(auditNumber, audit.decisions, paper),
          name: `${auditNumber}-${paper}.pdf`,
          type: 'application/pdf',
        },
        'saved',
        linkSeconds,
      ),
      expiresAt: linkExpiry(at),
    });
    return { report: await sign('report'), ...(certified ? { certificate: await sign('certificate') } : {}) };
  };
}

export const handler = httpApi(() => {
  const s3 = openS3();
  const store = openStore(environment('TABLE_NAME'));
  const dependencies: Dependencies = {
    store,
    records: { s3, bucket: environment('RECORDS_BUCKET') },
    packages: { s3, bucket: environment('PACKAGES_BUCKET') },
    outlook: outlookOf(store),
  };
  return {
    readAnswer: (call, at) => readAnswer(store, call, at),
    handlers: {
      registerAudit: registerAuditCall(dependencies),
      listAudits: listAuditsCall(dependencies),
      listEmployersAudits: listEmployersAuditsCall(dependencies),
      readAudit: readAuditCall(dependencies),
      issueLink: issueLinkCall(dependencies),
      answerNotes: answerNotesCall(dependencies),
      withdrawAudit: withdrawAuditCall(dependencies),
      readReport: readReportCall(dependencies),
    },
  };
});
