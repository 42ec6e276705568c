/** An upload in parts: under the number of an upload link, resumable for some days. Its bytes are in S3 until it is complete. */

import { type Refusal, refuse } from '../refusal.ts';

/** [A] Bytes of each part but the last: 64 of them are the largest package, and S3 takes parts from 5 MiB on. */
export const partBytes = 16 * 1024 ** 2;

/** [A] An upload must be complete within so many days of its beginning: enough for a slow line over a long weekend. */
export const maxUploadDays = 7;

/** One part: its number from 1 on, its size, and the CRC-32 of its bytes, eight hexadecimal digits. */
export type PackagePart = { readonly part: number; readonly bytes: number; readonly crc32: string };

/** An upload in parts: a version guards its state. What it will hold is said when it begins, so nothing else can arrive. */
export type UploadInParts = {
  readonly auditNumber: string;
  readonly link: number;
  readonly version: number;
  /** By which S3 knows it. */
  readonly uploadId: string;
  readonly begunAt: string;
  /** Of the whole package. */
  readonly bytes: number;
  /** Of each part, in order. */
  readonly crc32: readonly string[];
  /** What is being completed is never aborted: if S3 has no such upload any more, within its days, it is complete. */
  readonly state: 'open' | 'completing' | 'complete' | 'aborted';
};

/** How many parts a package of this size has. */
export function countParts(bytes: number): number {
  return Math.ceil(bytes / partBytes);
}

/** All parts of an upload: each is of the full size, but the last. */
export function partsOf({ bytes, crc32 }: Pick<UploadInParts, 'bytes' | 'crc32'>): PackagePart[] {
  return crc32.map((each, index) => ({
    part: index + 1,
    bytes: Math.min(partBytes, bytes - index * partBytes),
    crc32: each,
  }));
}

/** The parts of an upload that are not there yet: a part with another size or checksum is none of it. */
export function missingParts(upload: UploadInParts, there: readonly PackagePart[]): PackagePart[] {
  const byNumber = new Map(there.map((each) => [each.part, each]));
  return partsOf(upload).filter(({ part, bytes, crc32 }) => {
    const found = byNumber.get(part);
    return found?.bytes !== bytes || found.crc32 !== crc32;
  });
}

/** The instant (ISO, UTC) from which an upload can't be completed any more. */
export function uploadExpiry({ begunAt }: Pick<UploadInParts, 'begunAt'>): string {
  return new Date(Date.parse(begunAt) + maxUploadDays * 24 * 60 * 60 * 1000).toISOString();
}

function uploadHasExpired(upload: UploadInParts, at: string): boolean {
  return at >= uploadExpiry(upload);
}

/** Whether an upload can't be completed any more at an instant (ISO, UTC): it was aborted, or its days are over. */
export function uploadHasEnded(upload: UploadInParts, at: string): boolean {
  return upload.state === 'aborted' || (upload.state !== 'complete' && uploadHasExpired(upload, at));
}

/** The refusal of every step of an upload that was aborted, whose days are over, or that S3 does not have any more. */
export function endedUpload(upload: UploadInParts, at: string): Refusal {
  const { auditNumber, link, state } = upload;
  if (state === 'aborted') return refuse('upload-aborted', { auditNumber, link });
  if (uploadHasExpired(upload, at)) return refuse('upload-expired', { auditNumber, link, days: maxUploadDays });
  return refuse('upload-gone', { auditNumber, link });
}

/**
 * Marks an upload as being completed, before S3 puts its parts together. Refused while parts are missing.
 * @param there the parts that S3 has
 */
export function beginCompletion(upload: UploadInParts, there: readonly PackagePart[]): UploadInParts | Refusal {
  const { auditNumber, link, crc32 } = upload;
  const missing = missingParts(upload, there)
    .map(({ part }) => part)
    .join(', ');
  if (missing !== '') return refuse('parts-missing', { auditNumber, link, parts: crc32.length, missing });
  return upload.state === 'open' ? changeUpload(upload, 'completing') : upload;
}

/** Marks an upload as complete, once S3 has put its parts together; one that is complete stays as it is. */
export function endCompletion(upload: UploadInParts): UploadInParts {
  return upload.state === 'complete' ? upload : changeUpload(upload, 'complete');
}

/** Aborts an upload: nothing can be added to it any more. Refused from its completion on; one that was aborted stays as it is. */
export function abortUpload(upload: UploadInParts): UploadInParts | Refusal {
  const { auditNumber, link, state } = upload;
  if (state === 'completing' || state === 'complete') return refuse('upload-complete', { auditNumber, link });
  return state === 'aborted' ? upload : changeUpload(upload, 'aborted');
}

function changeUpload(upload: UploadInParts, state: UploadInParts['state']): UploadInParts {
  return { ...upload, version: upload.version + 1, state };
}
