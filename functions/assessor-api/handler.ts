import { randomInt } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  type Actor,
  type Assessor,
  type Audit,
  auditSubject,
  businessDate,
  type DomainEvent,
  isRefusal,
  issueLink,
  openAudit,
  registerAudit,
  ruleSetOn,
} from '@secor/certification';
import { mostPackageBytes } from '@secor/contracts';
import {
  type Caller,
  decodeCursor,
  type EndpointHandler,
  encodeCursor,
  environment,
  HttpProblem,
  httpApi,
  refusalProblem,
} from '@secor/lambda';
import {
  commit,
  listAudits,
  openStore,
  type Records,
  readAssessor,
  readAudit,
  readCycle,
  readEmployer,
  readHistory,
  readProblems,
  readRevision,
  readSignIn,
  reportKey,
  retryingConflicts,
  type Store,
} from '@secor/store';
import { assessorHistory, auditEntry, scoreEntry } from '../answers.ts';

type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly packages: { readonly s3: S3Client; readonly bucket: string };
};

const linkSeconds = 15 * 60;

/** The assessor behind the token; 403 when no administrator has linked the sign-in to one. */
async function assessorOf(store: Store, { issuer, sub }: Caller): Promise<Assessor> {
  const signIn = await readSignIn(store, issuer, sub);
  const assessor = signIn?.assessorId === undefined ? undefined : await readAssessor(store, signIn.assessorId);
  if (assessor === undefined)
    throw new HttpProblem(403, 'Your sign-in is not linked to an assessor. Ask the certifying partner to link it.');
  return assessor;
}

/** The audit, if it is this assessor's; otherwise nobody is told whether it exists. */
async function ownAudit(store: Store, assessor: Assessor, auditNumber: string): Promise<Audit> {
  const audit = await readAudit(store, auditNumber);
  if (audit === undefined || audit.assessorId !== assessor.assessorId)
    throw new HttpProblem(404, `You have no audit ${auditNumber}. Check the nine digits.`);
  return audit;
}

function actor({ assessorId }: Assessor): Actor {
  return { role: 'assessor', personId: assessorId };
}

/** Nine random digits, the first not zero; the transaction that registers makes sure that nobody has them. */
function randomAuditNumber(): string {
  return String(randomInt(100_000_000, 1_000_000_000));
}

/** Registers an audit: writes the audit and the employer's cycle in one transaction. */
export function registerAuditCall({ store }: Dependencies): EndpointHandler<'registerAudit'> {
  return async ({ caller, body: { employerId, kind }, at }) => {
    const assessor = await assessorOf(store, caller);
    const employer = assessor.actsFor.includes(employerId) ? await readEmployer(store, employerId) : undefined;
    if (employer === undefined)
      throw new HttpProblem(
        403,
        `You do not act for an employer ${employerId}. Ask the certifying partner to record that you do.`,
      );
    const ruleSet = ruleSetOn(businessDate(at));
    return retryingConflicts(async () => {
      const auditNumber = randomAuditNumber();
      const cycle = openAudit(await readCycle(store, employerId), auditNumber, kind, at);
      if (isRefusal(cycle)) throw refusalProblem(cycle);
      const { assessorId } = assessor;
      const audit = registerAudit({ auditNumber, kind, employerId, assessorId, ruleSet }, actor(assessor), at);
      await commit(store, { at, audit, cycle });
      return auditEntry(audit.audit);
    });
  };
}

/** Counts an upload link and signs it: one key, ZIP, 1 byte to 1 GiB, 15 minutes. */
export function issueLinkCall({ store, packages }: Dependencies): EndpointHandler<'issueLink'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const assessor = await assessorOf(store, caller);
    const link = await retryingConflicts(async () => {
      const change = issueLink(await ownAudit(store, assessor, auditNumber), actor(assessor), at);
      if (isRefusal(change)) throw refusalProblem(change);
      await commit(store, { at, audit: change });
      return change.audit.links;
    });
    const { url, fields } = await createPresignedPost(packages.s3, {
      Bucket: packages.bucket,
      Key: `packages/${auditNumber}/${link}.zip`,
      Fields: { 'Content-Type': 'application/zip' },
      Conditions: [['content-length-range', 1, mostPackageBytes]],
      Expires: linkSeconds,
    });
    return { link, url, fields, expiresAt: expiry(at) };
  };
}

/** Lists the assessor's audits, newest first. */
export function listAuditsCall({ store }: Dependencies): EndpointHandler<'listAudits'> {
  return async ({ caller, query }) => {
    const { assessorId } = await assessorOf(store, caller);
    const after = decodeCursor(query.cursor, /^\d{4}-\d\d-\d\dT[\d:.]+Z#\d{9}$/);
    const { audits, next } = await listAudits(store, assessorId, query.state, after);
    return { audits: audits.map(auditEntry), ...encodeCursor(next) };
  };
}

/** Reads one audit: its score, what was wrong with the last upload if it was refused, and its history. */
export function readAuditCall({ store, records }: Dependencies): EndpointHandler<'readAudit'> {
  return async ({ caller, parameters: { auditNumber } }) => {
    const audit = await ownAudit(store, await assessorOf(store, caller), auditNumber);
    const [revision, history] = await Promise.all([
      audit.revision === 0 ? undefined : readRevision(store, auditNumber, audit.revision),
      readHistory(store, auditSubject(auditNumber), audit.events),
    ]);
    const score = revision === undefined ? {} : { score: scoreEntry(audit, revision) };
    const reported = audit.decisions > 0 && audit.reportedDecision === audit.decisions;
    return {
      ...auditEntry(audit),
      ...score,
      ...(await lastRefusal(records, history)),
      report: reported ? 'ready' : audit.state === 'closed' ? 'being made' : 'none',
      history: assessorHistory(history),
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
    const audit = await ownAudit(store, await assessorOf(store, caller), auditNumber);
    if (audit.decisions === 0 || audit.reportedDecision !== audit.decisions)
      throw new HttpProblem(
        404,
        `Audit ${auditNumber} has no report: it is ${audit.state}. A mail tells you when the report is there.`,
      );
    const cycle = await readCycle(store, audit.employerId);
    const certificateNumber = `${auditNumber}-${audit.decisions}`;
    const certified = cycle.certificates.some((certificate) => certificate.certificateNumber === certificateNumber);
    const sign = async (paper: 'report' | 'certificate') => ({
      url: await getSignedUrl(
        records.s3,
        new GetObjectCommand({
          Bucket: records.bucket,
          Key: reportKey(auditNumber, audit.decisions, paper),
          ResponseContentDisposition: `attachment; filename="${auditNumber}-${paper}.pdf"`,
        }),
        { expiresIn: linkSeconds },
      ),
      expiresAt: expiry(at),
    });
    return { report: await sign('report'), ...(certified ? { certificate: await sign('certificate') } : {}) };
  };
}

function expiry(at: string): string {
  return new Date(Date.parse(at) + linkSeconds * 1000).toISOString();
}

export const handler = httpApi(() => {
  const s3 = new S3Client({});
  const dependencies: Dependencies = {
    store: openStore(environment('TABLE_NAME')),
    records: { s3, bucket: environment('RECORDS_BUCKET') },
    packages: { s3, bucket: environment('PACKAGES_BUCKET') },
  };
  return {
    registerAudit: registerAuditCall(dependencies),
    listAudits: listAuditsCall(dependencies),
    readAudit: readAuditCall(dependencies),
    issueLink: issueLinkCall(dependencies),
    readReport: readReportCall(dependencies),
  };
});
