import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { PackageContent, Problem } from '@secor/audit-package';
import type { StoredObject, Upload } from '@secor/certification';
import type { Draft } from '@secor/contracts';

/** The bucket for the parts of an audit that are not in the table: answers, lists of problems, documents, reports. */
export type Records = { readonly s3: S3Client; readonly bucket: string };

/** The results of reading an upload are stored under the upload's own key, so that reading it twice writes the same object. */
function uploadName(auditNumber: string, upload: Upload): string {
  return `${auditNumber}/${upload.link}-${upload.sequencer}.json`;
}

async function put(
  { s3, bucket }: Records,
  key: string,
  body: string | Uint8Array,
  contentType: string,
): Promise<StoredObject> {
  const { VersionId } = await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }),
  );
  if (VersionId === undefined) throw new Error(`The bucket ${bucket} keeps no versions.`);
  return { key, versionId: VersionId };
}

async function readJson<T>({ s3, bucket }: Records, { key, versionId }: StoredObject): Promise<T> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  const text = (await Body?.transformToString()) ?? '';
  try {
    return JSON.parse(text) as T;
  } catch {
    // The parser's own error quotes the text, which a person may have written.
    throw new Error(`The object ${key} of ${bucket} is not JSON.`);
  }
}

/** Keeps the answers, notes and list of documents of an upload; written before the transaction that points to it. */
export function putContent(
  records: Records,
  auditNumber: string,
  upload: Upload,
  content: PackageContent,
): Promise<StoredObject> {
  return put(records, `answers/${uploadName(auditNumber, upload)}`, JSON.stringify(content), 'application/json');
}

/** The answers, notes and list of documents of a revision. */
export function readContent(records: Records, stored: StoredObject): Promise<PackageContent> {
  return readJson<PackageContent>(records, stored);
}

/** Stores everything that is wrong with an upload: in an object, because a long list does not fit into an item. */
export function putProblems(
  records: Records,
  auditNumber: string,
  upload: Upload,
  problems: readonly Problem[],
): Promise<StoredObject> {
  return put(records, `problems/${uploadName(auditNumber, upload)}`, JSON.stringify(problems), 'application/json');
}

/** Everything that was wrong with an upload. */
export function readProblems(records: Records, stored: StoredObject): Promise<Problem[]> {
  return readJson<Problem[]>(records, stored);
}

function documentsPrefix(auditNumber: string): string {
  return `documents/${auditNumber}/`;
}

/** The key of an unpacked document: by its place in the revision's list of documents. */
export function documentKey(auditNumber: string, revision: number, index: number): string {
  return `${documentsPrefix(auditNumber)}${revision}/${index + 1}`;
}

/**
 * Deletes the unpacked documents of some revisions of an audit, every version of them. Those that are already deleted are
 * skipped.
 */
export async function removeDocuments(
  records: Records,
  auditNumber: string,
  revisions: readonly number[],
): Promise<void> {
  if (revisions.length === 0) return;
  const prefix = documentsPrefix(auditNumber);
  const gone = new Set(revisions.map(String));
  await removeVersions(records, prefix, (key) => gone.has(key.slice(prefix.length).split('/')[0] ?? ''));
}

function draftsPrefix(auditNumber: string): string {
  return `drafts/${auditNumber}/`;
}

/**
 * Keeps the answers of a draft; written before the transaction that points to them.
 * @param deletions how often the draft of the audit was deleted before
 */
export function putDraft(
  records: Records,
  auditNumber: string,
  deletions: number,
  draft: Draft,
): Promise<StoredObject> {
  return put(records, `${draftsPrefix(auditNumber)}${deletions}.json`, JSON.stringify(draft), 'application/json');
}

/** The answers of a draft. */
export function readDraftContent(records: Records, stored: StoredObject): Promise<Draft> {
  return readJson<Draft>(records, stored);
}

/** Deletes the answers of an audit's draft from before so many deletions, every version of them; does nothing where there are none. */
export function removeDrafts(records: Records, auditNumber: string, deletions: number): Promise<void> {
  const prefix = draftsPrefix(auditNumber);
  return removeVersions(records, prefix, (key) => Number.parseInt(key.slice(prefix.length), 10) < deletions);
}

const removalsAtOnce = 16;

/** Deletes every version of the objects below a prefix that are chosen by their keys. */
async function removeVersions(
  { s3, bucket }: Records,
  Prefix: string,
  chosen: (key: string) => boolean,
): Promise<void> {
  let page: Partial<ListObjectVersionsCommandOutput> = {};
  do {
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix, KeyMarker, VersionIdMarker }));
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].filter(({ Key = '' }) => chosen(Key));
    for (let at = 0; at < found.length; at += removalsAtOnce)
      await Promise.all(
        found
          .slice(at, at + removalsAtOnce)
          .map(({ Key, VersionId }) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }))),
      );
  } while (page.IsTruncated === true);
}

/** The key of the report of a decision. */
export function reportKey(auditNumber: string, decision: number, paper: 'report' | 'certificate'): string {
  return `reports/${auditNumber}/${decision}/${paper}.pdf`;
}

/** Keeps a PDF. */
export function putPdf(records: Records, key: string, pdf: Uint8Array): Promise<StoredObject> {
  return put(records, key, pdf, 'application/pdf');
}

/** Keeps the result of an import: CSV. */
export function putImportResult(records: Records, importId: string, csv: string): Promise<StoredObject> {
  return put(records, `imports/${importId}/result.csv`, csv, 'text/csv; charset=utf-8');
}
