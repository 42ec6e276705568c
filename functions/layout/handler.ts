import { Readable } from 'node:stream';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DamagedDocument,
  mediaTypes,
  type PackageDocument,
  type Problem,
  Problems,
  readDocument,
} from '@secor/audit-package';
import {
  type Audit,
  arrivalOf,
  arriveInCycle,
  awaitsLayout,
  keepsDraft,
  layOutDocuments,
  type Revision,
  refuseDocuments,
  replacedLayouts,
  returnInCycle,
} from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, queueConsumer } from '@secor/lambda';
import {
  commit,
  documentKey,
  draftItem,
  markRefused,
  offDesk,
  openS3,
  openStore,
  putProblems,
  type Records,
  readAudit,
  readContent,
  readCycle,
  readReviewer,
  readRevision,
  readStoredDraft,
  removeDocuments,
  removeDrafts,
  retryingConflicts,
  type Store,
  uploadedPackage,
} from '@secor/store';
import { forEachAtOnce } from '../shared/for-each-at-once.ts';

type Dependencies = { readonly store: Store; readonly records: Records; readonly packagesBucket: string };

const documentsAtOnce = 8;

/**
 * Unpacks ("lays out") the documents of the revision that waits for review. Each document becomes an object of its own; it is
 * streamed, and its CRC is checked on the way. If a document is damaged, the revision is refused with a letter, and the audit
 * goes back to its last good revision. Each message also removes the documents of revisions that nobody can reach any more, and
 * marks the packages of refused revisions, because an earlier delivery may have failed before that. The draft of an audit that was
 * closed, rejected or withdrawn is deleted. How many packages of one
 * assessor arrive here in a day is limited by intake only. Of one audit, only the latest revision is unpacked.
 */
export function layout(dependencies: Dependencies) {
  return async ({ message: { auditNumber }, sentAt }: Delivery<AuditMessage>): Promise<void> => {
    const audit = await readAudit(dependencies.store, auditNumber);
    if (audit === undefined) return;
    const standing = awaitsLayout(audit) ? await layOutRevision(dependencies, audit, sentAt) : audit;
    await removeDocuments(dependencies.records, auditNumber, replacedLayouts(standing));
    await markRefusedUploads(dependencies, standing, sentAt);
    if (!keepsDraft(standing)) await deleteDraft(dependencies, auditNumber, sentAt);
  };
}

/**
 * Deletes the draft of an audit that keeps none: first what points to it, then every version of its object, also where an earlier
 * delivery failed between the two. Its version stays: after a reopening, no caller can take the next draft for this one.
 */
async function deleteDraft({ store, records }: Dependencies, auditNumber: string, at: string): Promise<void> {
  const deletions = await retryingConflicts(async () => {
    const [audit, draft] = await Promise.all([readAudit(store, auditNumber), readStoredDraft(store, auditNumber)]);
    if (audit === undefined || draft === undefined || keepsDraft(audit)) return 0;
    const { content, ...kept } = draft;
    if (content === undefined) return draft.deletions;
    const deleted = { ...kept, version: kept.version + 1, deletions: kept.deletions + 1 };
    await commit(store, { at, auditUnchanged: audit, replace: [draftItem(deleted)] });
    return deleted.deletions;
  });
  if (deletions > 0) await removeDrafts(records, auditNumber, deletions);
}

/** A marked package may be deleted this long after it arrived, so older ones are not marked again. */
const markableMs = 7 * 24 * 60 * 60 * 1000;

/** Marks the packages of revisions that were refused because of their documents, as intake marks the packages that it refuses. */
async function markRefusedUploads(
  { store, records, packagesBucket }: Dependencies,
  { auditNumber, revisions }: Audit,
  at: string,
): Promise<void> {
  for (const { revision, layout: became, arrivedAt } of revisions) {
    if (became !== 'refused' || Date.parse(at) - Date.parse(arrivedAt) >= markableMs) continue;
    const refused = await readRevision(store, auditNumber, revision);
    if (refused !== undefined) await markRefused(records.s3, packagesBucket, refused.upload);
  }
}

/** Unpacks the revision that an audit waits for. Returns the audit after that. */
async function layOutRevision(
  { store, records, packagesBucket }: Dependencies,
  first: Audit,
  at: string,
): Promise<Audit> {
  const { auditNumber } = first;
  const revision = await readRevision(store, auditNumber, first.revision);
  if (revision === undefined) throw new CannotSucceed(`audit ${auditNumber} has no revision ${first.revision}`);
  const problems = await layOut(records, packagesBucket, revision);

  return retryingConflicts(async () => {
    const audit = await readAudit(store, auditNumber);
    if (audit === undefined) throw new CannotSucceed(`there is no audit ${auditNumber} any more`);
    if (!awaitsLayout(audit) || audit.revision !== revision.revision) return audit;
    if (problems.length === 0) {
      const change = layOutDocuments(audit, revision.documents, at);
      await commit(store, { at, audit: change });
      return change.audit;
    }
    const problemList = await putProblems(records, auditNumber, revision.upload, problems);
    const change = refuseDocuments(audit, problems.length, problemList, at);
    await commit(store, {
      at,
      audit: change,
      // In a later round, the audit stays in the queue and with its reviewer, who waits for another upload.
      ...(change.audit.revision === 0
        ? await leaveDesk(store, audit, at)
        : await returnToLastRevision(store, change.audit, at)),
    });
    return change.audit;
  });
}

async function layOut(records: Records, packagesBucket: string, revision: Revision): Promise<Problem[]> {
  const { documents } = await readContent(records, revision.content);
  const source = uploadedPackage(records.s3, packagesBucket, revision.upload);
  const problems = new Problems();
  await forEachAtOnce([...documents.entries()], documentsAtOnce, async ([index, document]) => {
    const key = documentKey(revision.auditNumber, revision.revision, index);
    const problem = await layOutOne(records, key, document, readDocument(source, document));
    if (problem !== undefined) problems.addProblem(problem);
  });
  return problems.sorted();
}

/**
 * Streams one document to its own object. If the document turns out to be damaged, returns the damage and makes no object. S3
 * gets the CRC of the archive and compares it. The SDK sends a stream that has a checksum as it is, without collecting it in
 * memory.
 */
async function layOutOne(
  { s3, bucket }: Records,
  key: string,
  document: PackageDocument,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Problem | undefined> {
  const upload = new AbortController();
  let failure: unknown;
  // The body must not throw: the client does not handle errors of the streams that it wraps around the body, so one would end the
  // process.
  const body = async function* () {
    try {
      yield* bytes;
    } catch (error) {
      failure = error;
      upload.abort();
    }
  };
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: Readable.from(body(), { objectMode: false }),
    ContentLength: document.entry.unpacked,
    ChecksumCRC32: base64Crc(document.entry.crc),
    ContentType: mediaTypes[document.type],
  });
  try {
    await s3.send(command, { abortSignal: upload.signal });
  } catch (error) {
    failure ??= error;
  }
  if (failure instanceof DamagedDocument) return failure.problem;
  if (failure !== undefined) throw failure;
  return undefined;
}

/** A CRC-32 as S3 writes it. */
function base64Crc(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

/**
 * The writes that take an audit out of the queue and off its reviewer when nothing of it is left to review; it keeps no
 * obligation pending any more.
 */
async function leaveDesk(store: Store, audit: Audit, at: string) {
  const [reviewer, cycle] = await Promise.all([
    audit.reviewerId === undefined ? undefined : readReviewer(store, audit.reviewerId),
    readCycle(store, audit.employerId),
  ]);
  return { ...offDesk(audit, reviewer), cycle: returnInCycle(cycle, audit, at) };
}

/** The earlier revision counts again for the due dates: the cycle gets its end date back. */
async function returnToLastRevision(store: Store, audit: Audit, at: string) {
  const [revision, cycle] = await Promise.all([
    readRevision(store, audit.auditNumber, audit.revision),
    readCycle(store, audit.employerId),
  ]);
  if (revision === undefined) throw new Error(`Audit ${audit.auditNumber} has no revision ${audit.revision}.`);
  const arrival = { arrivedOn: arrivalOf(audit, revision.upload), endedOn: revision.endedOn };
  return { cycle: arriveInCycle(cycle, audit, arrival, at) };
}

export const handler = queueConsumer(AuditMessage, () =>
  layout({
    store: openStore(environment('TABLE_NAME')),
    records: { s3: openS3(), bucket: environment('RECORDS_BUCKET') },
    packagesBucket: environment('PACKAGES_BUCKET'),
  }),
);
