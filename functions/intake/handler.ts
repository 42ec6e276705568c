import type { S3Client } from '@aws-sdk/client-s3';
import {
  fault,
  type Inspection,
  inspectPackage,
  type PackageContent,
  type Problem,
  problemAt,
  shown,
} from '@secor/audit-package';
import {
  type Answer,
  type Audit,
  acceptPackage,
  arrivalOf,
  arriveInCycle,
  businessDate,
  type CorrectedRevision,
  type Count,
  type Cycle,
  endedBeforeCurrent,
  hasCorrections,
  judge,
  LimitReached,
  lastReviewed,
  limits,
  type PackageWarning,
  receiveUpload,
  refuseLatePackage,
  refuseOverLimit,
  refusePackage,
  rulesOf,
  score,
  supersedeUpload,
  type Upload,
} from '@secor/certification';
import { ObjectCreatedMessage, type ObjectCreatedRecord } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, queueConsumer } from '@secor/lambda';
import {
  type Changes,
  commit,
  type Fate,
  fateOfUpload,
  limitInTheWay,
  limitIsTold,
  limitToldItem,
  markRefused,
  openS3,
  openStore,
  putContent,
  putProblems,
  type Records,
  readAudit,
  readContent,
  readCycle,
  readReview,
  readRevision,
  retryingConflicts,
  revisionItem,
  type Store,
  uploadedPackage,
  uploadItem,
} from '@secor/store';
import type * as v from 'valibot';
import { decodeObjectKey } from '../shared/object-key.ts';

type Dependencies = { readonly store: Store; readonly records: Records; readonly s3: S3Client };

/**
 * Reads each package that was uploaded, once: accepts it as the audit's next revision, or refuses it with all its problems.
 * Writes the answers or the problems to S3, then the audit in one transaction. An upload that exceeds a limit is not read, and
 * only one letter says so. Uploads that are not accepted are deleted after some days.
 */
export function intake(dependencies: Dependencies) {
  return async ({ message, sentAt }: Delivery<v.InferOutput<typeof ObjectCreatedMessage>>): Promise<void> => {
    if ('Event' in message) return;
    for (const record of message.Records) await takeIn(dependencies, record, sentAt);
  };
}

async function takeIn({ store, records, s3 }: Dependencies, record: ObjectCreatedRecord, at: string): Promise<void> {
  const { auditNumber, upload } = uploadOf(record);
  let inspection: Promise<Inspection> | undefined;
  const inspected = (audit: Audit) => {
    inspection ??= inspect(s3, record.s3.bucket.name, audit, upload);
    return inspection;
  };

  const fate = await retryingConflicts(async (): Promise<Fate> => {
    const [audit, known] = await Promise.all([readAudit(store, auditNumber), fateOfUpload(store, auditNumber, upload)]);
    if (audit === undefined) throw new CannotSucceed(`there is no audit ${auditNumber}`);
    if (known !== undefined) return known;

    const overLimit = async (reached: LimitReached): Promise<Fate> => {
      const dealtWith = uploadItem(auditNumber, upload, 'over limit');
      const told = await limitIsTold(store, auditNumber, reached);
      const tells = {
        audit: refuseOverLimit(audit, upload, reached, upload.arrivedAt),
        create: [dealtWith, limitToldItem(auditNumber, reached)],
      };
      await commit(store, { at, ...(told ? { create: [dealtWith] } : tells) });
      return 'over limit';
    };

    const counts = uploadCounts(audit, upload);
    // The limit is checked before the package is read, so that many uploads by one person do not delay those of others. SQS's
    // fair queues can't do this: S3's notifications name no message group, and AWS promises no order.
    const reached = await limitInTheWay(store, counts, at);
    if (reached !== undefined) return overLimit(reached);

    const settle = async (became: Fate, changes: Omit<Changes, 'at'>): Promise<Fate> => {
      const create = [uploadItem(auditNumber, upload, became), ...(changes.create ?? [])];
      try {
        await commit(store, { ...changes, at, counts: [...counts, ...(changes.counts ?? [])], create });
        return became;
      } catch (error) {
        // The limit `laidOutOfAudit` is about a package's size, not about the number of uploads: the caller refuses the package,
        // and names its largest document.
        if (error instanceof LimitReached && error.limit !== 'laidOutOfAudit') return overLimit(error);
        throw error;
      }
    };

    const refuse = async (problems: readonly Problem[]) => {
      const problemList = await putProblems(records, auditNumber, upload, problems);
      const audited = refusePackage(audit, upload, problems.length, problemList, upload.arrivedAt);
      return settle('refused', { audit: audited });
    };

    switch (receiveUpload(audit, upload)) {
      case 'older':
        return settle('superseded', { audit: supersedeUpload(audit, upload, upload.arrivedAt) });
      case 'late':
        return settle('late', { audit: refuseLatePackage(audit, upload, upload.arrivedAt) });
      case 'read': {
        const [cycle, result] = await Promise.all([readCycle(store, audit.employerId), inspected(audit)]);
        const problems = result.accepted ? checkAgainstCycle(cycle, audit, result.content) : result.problems;
        if (!result.accepted || problems.length > 0) return refuse(problems);
        const accepted = {
          ...(await judgePackage(records, audit, upload, result.content)),
          warnings: [...result.warnings, ...warnOfOtherDate(audit, result.content)],
        };
        const corrected = await readCorrected(store, records, audit, result.content.answers);
        const { revision, review, ...change } = acceptPackage(audit, accepted, upload.arrivedAt, corrected);
        const arrival = { arrivedOn: arrivalOf(audit, upload), endedOn: revision.endedOn };
        const amount = unpackedBytes(result.content);
        const accepting = settle('accepted', {
          audit: change,
          review,
          cycle: arriveInCycle(cycle, audit, arrival, upload.arrivedAt),
          create: [revisionItem(revision)],
          counts: amount === 0 ? [] : [{ limit: 'laidOutOfAudit', subject: auditNumber, amount }],
        });
        return accepting.catch((error: unknown) => {
          if (error instanceof LimitReached) return refuse([tellLargestDocument(error, result.content, at)]);
          throw error;
        });
      }
    }
  });
  // Mark the upload only after the transaction: an accepted upload must never have the mark.
  if (fate !== 'accepted') await markRefused(s3, record.s3.bucket.name, upload);
}

/**
 * The limits that an upload counts towards: of its link, its audit and its assessor. For a binder that an administrator enters,
 * not the assessor's.
 */
export function uploadCounts({ auditNumber, assessorId, binder }: Audit, { link }: Upload): readonly Count[] {
  return [
    { limit: 'uploadsOfLink', subject: `${auditNumber}/${link}` },
    { limit: 'uploadsOfAudit', subject: auditNumber },
    ...(binder === undefined ? [{ limit: 'uploadsOfPerson', subject: assessorId } as const] : []),
  ];
}

/** Reads S3's notification about an object that was uploaded through an upload link. Any other message is an error. */
function uploadOf({ eventTime, s3: { object } }: ObjectCreatedRecord): { auditNumber: string; upload: Upload } {
  const key = decodeObjectKey(object.key);
  const [, auditNumber, link] = /^packages\/(\d{9})\/(\d+)\.zip$/.exec(key) ?? [];
  if (auditNumber === undefined || link === undefined)
    throw new CannotSucceed(`no upload link leads to the key ${key}`);
  const { sequencer, versionId, size } = object;
  return {
    auditNumber,
    upload: { link: Number(link), sequencer, key, versionId, size, arrivedAt: new Date(eventTime).toISOString() },
  };
}

function inspect(s3: S3Client, bucket: string, audit: Audit, upload: Upload): Promise<Inspection> {
  return inspectPackage(uploadedPackage(s3, bucket, upload), {
    auditNumber: audit.auditNumber,
    kind: audit.kind,
    ...rulesOf(audit),
    today: arrivalOf(audit, upload),
    isBinder: audit.binder !== undefined,
  });
}

const endDate = 'audit.json, endedOn';

/** A certification audit that ended before the one behind the current certificate is refused. */
function checkAgainstCycle(cycle: Cycle, audit: Audit, { endedOn }: PackageContent): Problem[] {
  const refusal = endedBeforeCurrent(cycle, audit, endedOn);
  if (refusal === undefined) return [];
  const { message, refused: code, values = {} } = refusal;
  return [problemAt(endDate, { message, code, values })];
}

/**
 * What the reviewer corrected in the revision before, which the next one may keep; undefined when that is nothing. Read after the audit:
 * then the check of its version guards what was written on the review, too.
 */
async function readCorrected(
  store: Store,
  records: Records,
  audit: Audit,
  has: readonly Answer[],
): Promise<CorrectedRevision | undefined> {
  const { auditNumber } = audit;
  const number = lastReviewed(audit);
  if (number === undefined) return undefined;
  const review = await readReview(store, auditNumber);
  if (!hasCorrections(review, number)) return undefined;
  const revision = await readRevision(store, auditNumber, number);
  if (revision === undefined) throw new CannotSucceed(`audit ${auditNumber} has no revision ${number}`);
  const { answers: had } = await readContent(records, revision.content);
  return { review, revision: number, had, has };
}

function unpackedBytes({ documents }: PackageContent): number {
  return documents.reduce((bytes, { entry }) => bytes + entry.unpacked, 0);
}

/** The problem of a package whose documents can't be unpacked today because a limit is reached. */
function tellLargestDocument({ countsAnewAt }: LimitReached, { documents }: PackageContent, at: string): Problem {
  const [largest] = documents.toSorted((a, b) => b.entry.unpacked - a.entry.unpacked);
  const gibibytes = limits.laidOutOfAudit.max / 1024 ** 3;
  const from = businessDate(countsAnewAt ?? at);
  return problemAt('Archive', fault('documents-over-limit', { gibibytes, from, largest: shown(largest?.path ?? '') }));
}

/** The warning for the reviewer when the package has another end date than the binder. */
function warnOfOtherDate({ binder }: Audit, { endedOn }: PackageContent): PackageWarning[] {
  if (binder === undefined || binder.endedOn === endedOn) return [];
  return [problemAt(endDate, fault('binder-end-date-differs', { endedOn, recorded: binder.endedOn }))];
}

async function judgePackage(records: Records, audit: Audit, upload: Upload, content: PackageContent) {
  const { protocol, ruleSet } = rulesOf(audit);
  const points = score(protocol, content.answers);
  return {
    upload,
    startedOn: content.startedOn,
    endedOn: content.endedOn,
    recordsMonths: content.recordsMonths,
    score: points,
    outcome: judge(audit.kind, protocol, points, ruleSet),
    documents: content.documents.length,
    content: await putContent(records, audit.auditNumber, upload, content),
  };
}

export const handler = queueConsumer(ObjectCreatedMessage, () => {
  const s3 = openS3();
  return intake({
    store: openStore(environment('TABLE_NAME')),
    records: { s3, bucket: environment('RECORDS_BUCKET') },
    s3,
  });
});
