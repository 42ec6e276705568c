import { crc32 } from 'node:zlib';
import { partBytes } from '@secor/certification';
import type { AnswerOf, ApiClient } from '@secor/contracts';

type Upload = AnswerOf<'readUpload'>;
export type UploadPart = Upload['parts'][number];

/** What an upload of these bytes begins with: their number, and the CRC-32 of each part. */
export function partsOfBytes(bytes: Buffer): { readonly bytes: number; readonly crc32: string[] } {
  const parts = Array.from({ length: Math.ceil(bytes.length / partBytes) }, (_, index) => bytesOf(bytes, index + 1));
  return { bytes: bytes.length, crc32: parts.map((part) => crc32(part).toString(16).padStart(8, '0')) };
}

function bytesOf(bytes: Buffer, part: number): Buffer {
  return bytes.subarray((part - 1) * partBytes, part * partBytes);
}

/** Begins an upload of these bytes in parts; gives its number. */
export async function beginInParts(api: ApiClient, auditNumber: string, bytes: Buffer): Promise<number> {
  return (await api('beginUpload', { parameters: { auditNumber }, body: partsOfBytes(bytes) })).link;
}

/** Puts one part by its link, as a page does; gives the status, and S3's code for a refusal. */
export async function putPart(
  { upload, part }: UploadPart,
  bytes: Buffer,
): Promise<{ readonly status: number; readonly code?: string | undefined }> {
  if (upload === undefined) throw new Error(`Part ${part} has no link.`);
  const body = new Uint8Array(bytesOf(bytes, part));
  const response = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body });
  const text = await response.text();
  return { status: response.status, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] };
}

/** Puts the parts of an upload that are not there yet: all that whoever resumes one needs is its number. */
export async function putMissing(api: ApiClient, auditNumber: string, link: number, bytes: Buffer): Promise<Upload> {
  const upload = await api('readUpload', { parameters: { auditNumber, link: String(link) } });
  for (const part of upload.parts.filter(({ isThere }) => !isThere)) {
    const { status, code } = await putPart(part, bytes);
    if (status !== 200) throw new Error(`Part ${part.part} was refused: ${status} ${code}.`);
  }
  return upload;
}

/** Uploads a package in parts, from the beginning to the end; gives the number of the upload. */
export async function uploadInParts(api: ApiClient, auditNumber: string, bytes: Buffer): Promise<number> {
  const link = await beginInParts(api, auditNumber, bytes);
  await putMissing(api, auditNumber, link, bytes);
  await api('completeUpload', { parameters: { auditNumber, link: String(link) } });
  return link;
}
