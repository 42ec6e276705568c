import { UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  type Audit,
  abortUpload,
  beginCompletion,
  businessDate,
  closedToLink,
  endCompletion,
  endedUpload,
  isRefusal,
  missingParts,
  type PackagePart,
  partBytes,
  partsOf,
  type Refusal,
  type UploadInParts,
  uploadExpiry,
  uploadHasEnded,
} from '@secor/certification';
import type { AnsweredCall, AnswerOf } from '@secor/contracts';
import { type Caller, type EndpointHandler, HttpProblem, refusalProblem } from '@secor/lambda';
import {
  abortParts,
  beginParts,
  commit,
  completeParts,
  listParts,
  type Packages,
  packageKey,
  partChecksum,
  readUploadInParts,
  retryingConflicts,
  uploadInPartsItem,
} from '@secor/store';
import { senderOf } from '../shared/access.ts';
import { say } from '../shared/sentences.ts';
import { countLink, linkExpiry, linkSeconds } from '../shared/upload-link.ts';
import type { Dependencies } from './dependencies.ts';

type Shown = AnswerOf<'readUpload'>;

/**
 * Begins an upload in parts under the next number of an upload link. S3 begins it before the transaction that records it: of an
 * upload that was never recorded nobody gets a link to a part, and the bucket's lifecycle rule removes it.
 */
export function beginUploadCall({ store, packages }: Dependencies): EndpointHandler<'beginUpload'> {
  return async ({ caller, parameters: { auditNumber }, body: { bytes, crc32 }, at, idempotency }) => {
    return retryingConflicts(async () => {
      const { audit, by } = await senderOf(store, caller, auditNumber);
      const { change, counts } = await countLink(store, audit, by, at);
      const link = change.audit.links;
      const uploadId = await beginParts(packages, packageKey(auditNumber, link));
      const begun: UploadInParts = {
        auditNumber,
        link,
        version: 1,
        uploadId,
        begunAt: at,
        bytes,
        crc32,
        state: 'open',
      };
      const answer = { link, parts: crc32.length, partBytes, expiresAt: uploadExpiry(begun) };
      const create = [uploadInPartsItem(begun)];
      await commit(store, { at, audit: change, create, counts, idempotency: idempotency(answer) });
      return answer;
    });
  };
}

/** The upload that a call is about, with its audit. */
async function uploadOf(
  { store }: Dependencies,
  caller: Caller,
  { auditNumber, link }: { readonly auditNumber: string; readonly link: number },
): Promise<{ readonly audit: Audit; readonly upload: UploadInParts }> {
  const { audit } = await senderOf(store, caller, auditNumber);
  const upload = await readUploadInParts(store, auditNumber, link);
  if (upload !== undefined) return { audit, upload };
  throw new HttpProblem(404, say('no-upload-in-parts', { auditNumber, link }));
}

/** Reads what of an upload is there, and signs a link for each part that is missing, or says why it can't be completed any more. */
export function readUploadCall(dependencies: Dependencies): EndpointHandler<'readUpload'> {
  const { packages } = dependencies;
  return async ({ caller, parameters, at }) => {
    const { audit, upload } = await uploadOf(dependencies, caller, parameters);
    if (upload.state === 'complete') return shown(upload, []);
    if (uploadHasEnded(upload, at)) return shownClosed(upload, endedUpload(upload, at));
    const there = await listParts(packages, upload);
    if (there === undefined)
      return upload.state === 'completing' ? shown(upload, []) : shownClosed(upload, endedUpload(upload, at));
    const missing = missingParts(upload, there);
    const closed = closedToLink(audit, upload.link, businessDate(at));
    if (closed !== undefined) return shownClosed(upload, closed, missing);
    const links = await Promise.all(missing.map((part) => signPart(packages, upload, part, at)));
    const byPart = new Map(missing.map(({ part }, index) => [part, links[index]]));
    return { ...shown(upload, missing, byPart), state: 'open' };
  };
}

/** An upload that can't be completed any more, and why. */
function shownClosed(
  upload: UploadInParts,
  { refused, message, values }: Refusal,
  missing: readonly PackagePart[] = partsOf(upload),
): Shown {
  return { ...shown(upload, missing), state: 'closed', closed: { code: refused, values, text: message } };
}

/** An upload as it is shown, complete unless the caller says otherwise. */
function shown(
  upload: UploadInParts,
  missing: readonly PackagePart[],
  links: ReadonlyMap<number, Shown['parts'][number]['upload']> = new Map(),
): Shown {
  const numbers = new Set(missing.map(({ part }) => part));
  return {
    link: upload.link,
    state: 'complete',
    bytes: upload.bytes,
    partBytes,
    expiresAt: uploadExpiry(upload),
    parts: partsOf(upload).map((each) => {
      const link = links.get(each.part);
      return { ...each, isThere: !numbers.has(each.part), ...(link === undefined ? {} : { upload: link }) };
    }),
  };
}

/** The header that carries a part's checksum. S3 ignores a checksum in the query, so it is signed as a header and sent as one. */
const checksumHeader = 'x-amz-checksum-crc32';

/** Signs a link that takes one part: its length and its checksum are signed, so it takes nothing else. */
async function signPart({ s3, bucket }: Packages, upload: UploadInParts, part: PackagePart, at: string) {
  const command = new UploadPartCommand({
    Bucket: bucket,
    Key: packageKey(upload.auditNumber, upload.link),
    UploadId: upload.uploadId,
    PartNumber: part.part,
    ContentLength: part.bytes,
    ChecksumCRC32: partChecksum(part),
  });
  const url = await getSignedUrl(s3, command, {
    expiresIn: linkSeconds,
    unhoistableHeaders: new Set([checksumHeader]),
  });
  return { url, headers: { [checksumHeader]: partChecksum(part) }, expiresAt: linkExpiry(at) };
}

/**
 * Completes an upload whose parts are all there; S3 then tells intake of the package. What is about to happen is recorded before
 * S3 is asked: so an upload that S3 does not know any more was completed, by a call whose answer was lost.
 */
export function completeUploadCall(dependencies: Dependencies): EndpointHandler<'completeUpload'> {
  return async ({ caller, parameters, at, idempotency }) => {
    return retryingConflicts(async () => {
      const { audit, upload } = await uploadOf(dependencies, caller, parameters);
      const completing = upload.state === 'complete' ? upload : await putTogether(dependencies, audit, upload, at);
      const answer = { link: upload.link, state: 'complete' } as const;
      await keep(dependencies, completing, endCompletion(completing), at, idempotency(answer));
      return answer;
    });
  };
}

/** Has S3 put the parts of an upload together, once; gives the upload as it is recorded then. */
async function putTogether(
  { store, packages }: Dependencies,
  audit: Audit,
  upload: UploadInParts,
  at: string,
): Promise<UploadInParts> {
  if (uploadHasEnded(upload, at)) throw refusalProblem(endedUpload(upload, at));
  const there = await listParts(packages, upload);
  if (there === undefined && upload.state === 'completing') return upload;
  if (there === undefined) throw refusalProblem(endedUpload(upload, at));
  const completing = closedToLink(audit, upload.link, businessDate(at)) ?? beginCompletion(upload, there);
  if (isRefusal(completing)) throw refusalProblem(completing);
  if (completing !== upload) await commit(store, { at, replace: [uploadInPartsItem(completing)] });
  await completeParts(packages, completing, there);
  return completing;
}

/**
 * Aborts an upload, and deletes its parts. That it is aborted is recorded first; if S3 can't be asked then, the bucket's lifecycle
 * rule deletes the parts.
 */
export function abortUploadCall(dependencies: Dependencies): EndpointHandler<'abortUpload'> {
  return async ({ caller, parameters, at, idempotency }) => {
    return retryingConflicts(async () => {
      const { upload } = await uploadOf(dependencies, caller, parameters);
      const aborted = abortUpload(upload);
      if (isRefusal(aborted)) throw refusalProblem(aborted);
      const answer = { link: upload.link, state: 'aborted' } as const;
      await keep(dependencies, upload, aborted, at, idempotency(answer));
      await abortParts(dependencies.packages, aborted);
      return answer;
    });
  };
}

/** Records what an upload is now, and the answer to a call that may be repeated. */
async function keep(
  { store }: Dependencies,
  before: UploadInParts,
  after: UploadInParts,
  at: string,
  answered: AnsweredCall | undefined,
): Promise<void> {
  const replace = after.version === before.version ? [] : [uploadInPartsItem(after)];
  if (replace.length > 0 || answered !== undefined) await commit(store, { at, replace, idempotency: answered });
}
