import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
  NoSuchUpload,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { PackagePart, UploadInParts } from '@secor/certification';
import { Conflict } from '@secor/contracts';
import { auditKey } from './aggregates.ts';
import { type Item, type Key, padded, readBody, type Store } from './table.ts';
import { packageKey } from './uploaded-package.ts';

/** Where packages are uploaded to. */
export type Packages = { readonly s3: S3Client; readonly bucket: string };

function uploadKey(auditNumber: string, link: number): Key {
  return { pk: auditKey(auditNumber).pk, sk: `PARTS#${padded(link)}` };
}

/** An upload in parts, to be created or to be replaced by its version. */
export function uploadInPartsItem(upload: UploadInParts): Item<UploadInParts> & { version: number } {
  const { auditNumber, link, version } = upload;
  return { ...uploadKey(auditNumber, link), kind: 'upload in parts', version, body: upload };
}

/** The upload in parts under a link's number as it is now, or undefined. */
export function readUploadInParts(store: Store, auditNumber: string, link: number): Promise<UploadInParts | undefined> {
  return readBody<UploadInParts>(store, uploadKey(auditNumber, link));
}

/** The checksum of a part as S3 writes it: base64 of the four bytes. */
export function partChecksum({ crc32 }: Pick<PackagePart, 'crc32'>): string {
  return Buffer.from(crc32, 'hex').toString('base64');
}

/** Has S3 begin an upload in parts to a key, each part with its CRC-32; gives the id of the upload. */
export async function beginParts({ s3, bucket }: Packages, key: string): Promise<string> {
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      ContentType: 'application/zip',
      ChecksumAlgorithm: 'CRC32',
    }),
  );
  if (UploadId === undefined) throw new Error(`S3 gave no id for the upload to ${key}.`);
  return UploadId;
}

/** A part that S3 has, with the tag by which the completion names it. */
export type StoredPart = PackagePart & { readonly etag: string };

/** The parts of an upload that S3 has, by number; undefined where S3 has no such upload: it is complete, or was removed. */
export async function listParts(packages: Packages, upload: UploadInParts): Promise<StoredPart[] | undefined> {
  const parts: StoredPart[] = [];
  let page: Partial<ListPartsCommandOutput> = {};
  try {
    do {
      const { NextPartNumberMarker: PartNumberMarker } = page;
      page = await packages.s3.send(new ListPartsCommand({ ...named(packages, upload), PartNumberMarker }));
      for (const { PartNumber = 0, Size = 0, ETag = '', ChecksumCRC32 = '' } of page.Parts ?? [])
        parts.push({
          part: PartNumber,
          bytes: Size,
          crc32: Buffer.from(ChecksumCRC32, 'base64').toString('hex'),
          etag: ETag,
        });
    } while (page.IsTruncated === true);
  } catch (error) {
    if (error instanceof NoSuchUpload) return undefined;
    throw error;
  }
  return parts;
}

/**
 * Has S3 put these parts together as one object; does nothing where S3 has done so before. Throws Conflict when a part has been
 * replaced since it was listed.
 */
export async function completeParts(
  packages: Packages,
  upload: UploadInParts,
  parts: readonly StoredPart[],
): Promise<void> {
  const Parts = parts.map((each) => ({
    PartNumber: each.part,
    ETag: each.etag,
    ChecksumCRC32: partChecksum(each),
  }));
  try {
    await packages.s3.send(
      new CompleteMultipartUploadCommand({ ...named(packages, upload), MultipartUpload: { Parts } }),
    );
  } catch (error) {
    if (error instanceof NoSuchUpload) return;
    if (error instanceof S3ServiceException && error.name === 'InvalidPart') throw new Conflict();
    throw error;
  }
}

/** Has S3 forget an upload and its parts; does nothing where it has none. */
export async function abortParts(packages: Packages, upload: UploadInParts): Promise<void> {
  try {
    await packages.s3.send(new AbortMultipartUploadCommand(named(packages, upload)));
  } catch (error) {
    if (!(error instanceof NoSuchUpload)) throw error;
  }
}

/** The names by which S3 knows an upload. */
function named({ bucket }: Packages, { auditNumber, link, uploadId }: UploadInParts) {
  return { Bucket: bucket, Key: packageKey(auditNumber, link), UploadId: uploadId };
}
