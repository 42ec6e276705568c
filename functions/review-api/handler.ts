import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { mediaTypes, type PackageDocument } from '@secor/audit-package';
import {
  type Audit,
  acceptAudit,
  auditSubject,
  closeAudit,
  currentRevision,
  isRefusal,
  type Revision,
  ruleSetById,
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
} from '@secor/lambda';
import {
  commit,
  documentKey,
  listQueue,
  openStore,
  queueEntryKey,
  type Records,
  readAudit,
  readContent,
  readCycle,
  readHistory,
  readReviewer,
  readRevision,
  readSignIn,
  retryingConflicts,
  type Store,
  withOpenReviews,
} from '@secor/store';
import { auditEntry, scoreEntry, staffHistory } from '../answers.ts';

type Dependencies = { readonly store: Store; readonly records: Records };
type Staff = {
  readonly role: 'reviewer' | 'administrator';
  readonly personId: string;
  /** Employers whose audits this person must not review. */
  readonly conflicts: readonly string[];
};

const linkSeconds = 10 * 60;

/** The member of staff behind the token, an administrator before a reviewer; 403 when the sign-in is linked to neither. */
async function staffOf(store: Store, { issuer, sub, roles }: Caller): Promise<Staff> {
  const signIn = await readSignIn(store, issuer, sub);
  if (roles.includes('administrator') && signIn?.administratorId !== undefined)
    return { role: 'administrator', personId: signIn.administratorId, conflicts: [] };
  const reviewer =
    roles.includes('reviewer') && signIn?.reviewerId !== undefined
      ? await readReviewer(store, signIn.reviewerId)
      : undefined;
  if (reviewer !== undefined) return { role: 'reviewer', personId: reviewer.reviewerId, conflicts: reviewer.conflicts };
  throw new HttpProblem(403, 'Your sign-in is not linked to a reviewer. Ask an administrator to link it.');
}

/** Whether this member of staff may see an audit: a reviewer what is theirs, or nobody's and free of conflict; an administrator all. */
function maySee(staff: Staff, { reviewerId, employerId }: { reviewerId?: string; employerId: string }): boolean {
  if (staff.role === 'administrator') return true;
  return reviewerId === undefined ? !staff.conflicts.includes(employerId) : reviewerId === staff.personId;
}

/** The audit, if this member of staff may see it; otherwise nobody is told whether it exists. */
async function visibleAudit(store: Store, staff: Staff, auditNumber: string): Promise<Audit> {
  const audit = await readAudit(store, auditNumber);
  if (audit === undefined || audit.revision === 0 || !maySee(staff, audit))
    throw new HttpProblem(404, `There is no audit ${auditNumber} for you to review. Look at the queue.`);
  return audit;
}

async function revisionOf(store: Store, audit: Audit): Promise<Revision> {
  const revision = await readRevision(store, audit.auditNumber, audit.revision);
  if (revision === undefined) throw new Error(`Audit ${audit.auditNumber} has no revision ${audit.revision}.`);
  return revision;
}

/** Lists the queue in its order: to a reviewer what is theirs or nobody's. */
export function listQueueCall({ store }: Dependencies): EndpointHandler<'listQueue'> {
  return async ({ caller, query }) => {
    const staff = await staffOf(store, caller);
    const { entries, next } = await listQueue(store, decodeCursor(query.cursor, /^\d{4}-\d\d-\d\d#\d{9}$/));
    return {
      entries: entries
        .filter((entry) => maySee(staff, entry))
        .map(({ auditNumber, kind, employerId, arrivedOn, reviewerId }) => ({
          auditNumber,
          kind,
          employerId,
          arrivedOn,
          assigned:
            reviewerId === undefined ? 'to nobody' : reviewerId === staff.personId ? 'to you' : 'to another reviewer',
        })),
      ...encodeCursor(next),
    };
  };
}

/** Reads one audit for review, with links to the documents that layout has put where a browser can open them. */
export function readReviewCall({ store, records }: Dependencies): EndpointHandler<'readReview'> {
  return async ({ caller, parameters: { auditNumber } }) => {
    const audit = await visibleAudit(store, await staffOf(store, caller), auditNumber);
    const [revision, history] = await Promise.all([
      revisionOf(store, audit),
      readHistory(store, auditSubject(auditNumber), audit.events),
    ]);
    const content = await readContent(records, revision.content);
    const layout = currentRevision(audit)?.layout ?? 'pending';
    const points = new Map(
      revision.score.elements.flatMap((element) => element.questions.map((question) => [question.question, question])),
    );
    return {
      ...auditEntry(audit),
      layout,
      startedOn: revision.startedOn,
      endedOn: revision.endedOn,
      recordsMonths: revision.recordsMonths,
      declaration: { name: content.declaration.name, date: content.declaration.date },
      score: scoreEntry(audit, revision),
      answers: content.answers.map((answer) => ({
        ...answer,
        evidence: [...answer.evidence],
        awarded: points.get(answer.question)?.awarded ?? 0,
        available: points.get(answer.question)?.available ?? 0,
      })),
      documents: layout === 'done' ? await documentLinks(records, revision, content.documents) : [],
      history: staffHistory(history),
    };
  };
}

/** Links that open what a browser can show, and save the rest under its own name. */
function documentLinks({ s3, bucket }: Records, revision: Revision, documents: readonly PackageDocument[]) {
  return Promise.all(
    documents.map(async ({ path, type }, index) => {
      const name = encodeURIComponent(path.split('/').at(-1) ?? path);
      const shown = type === 'pdf' || type === 'jpeg' || type === 'png' ? 'inline' : 'attachment';
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: documentKey(revision.auditNumber, revision.revision, index),
        ResponseContentDisposition: `${shown}; filename*=UTF-8''${name}`,
      });
      return { path, type: mediaTypes[type], url: await getSignedUrl(s3, command, { expiresIn: linkSeconds }) };
    }),
  );
}

/**
 * Accepts an audit: closes it with the outcome of the revision's score, issues the certificate, takes it out of the queue
 * and off the reviewer's desk, all in one transaction. 412 when the version or the revision is not the one that was seen.
 */
export function acceptAuditCall({ store }: Dependencies): EndpointHandler<'acceptAudit'> {
  return async ({ caller, parameters: { auditNumber }, body, ifMatch, at }) => {
    const staff = await staffOf(store, caller);
    return retryingConflicts(async () => {
      const audit = await visibleAudit(store, staff, auditNumber);
      const revision = await revisionOf(store, audit);
      const change = acceptAudit(audit, body.revision, revision, { role: staff.role, personId: staff.personId }, at);
      if (isRefusal(change)) throw refusalProblem(change);
      if (audit.version !== ifMatch)
        throw new HttpProblem(
          412,
          `Audit ${auditNumber} has changed since you read it. Read it again and decide again.`,
        );
      const cycle = await readCycle(store, audit.employerId);
      const reviewer = audit.reviewerId === undefined ? undefined : await readReviewer(store, audit.reviewerId);
      await commit(store, {
        at,
        audit: change,
        cycle: closeAudit(cycle, change.audit, revision, ruleSetById(audit.ruleSet), at),
        replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, -1)],
        remove: audit.queuePosition === undefined ? [] : [queueEntryKey(audit.queuePosition)],
      });
      return auditEntry(change.audit);
    });
  };
}

export const handler = httpApi(() => {
  const dependencies: Dependencies = {
    store: openStore(environment('TABLE_NAME')),
    records: { s3: new S3Client({}), bucket: environment('RECORDS_BUCKET') },
  };
  return {
    listQueue: listQueueCall(dependencies),
    readReview: readReviewCall(dependencies),
    acceptAudit: acceptAuditCall(dependencies),
  };
});
