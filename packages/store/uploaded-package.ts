import { GetObjectCommand, PutObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ByteSource } from '@secor/audit-package';
import type { Upload } from '@secor/certification';

/** The key of the package that is uploaded under a link's number. */
export function packageKey(auditNumber: string, link: number): string {
  return `packages/${auditNumber}/${link}.zip`;
}

/**
 * The bytes of one uploaded version in the packages bucket, read in ranges. A newer upload to the same key does not affect it.
 */
export function uploadedPackage(
  s3: S3Client,
  bucket: string,
  upload: Pick<Upload, 'key' | 'versionId' | 'size'>,
): ByteSource {
  const get = async (offset: number, length: number) => {
    const { Body } = await s3.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: upload.key,
        VersionId: upload.versionId,
        Range: `bytes=${offset}-${offset + length - 1}`,
      }),
    );
    if (Body === undefined) throw new Error(`S3 gave no bytes of ${upload.key}.`);
    return Body;
  };
  return {
    size: upload.size,
    async read(offset, length) {
      return length === 0 ? new Uint8Array(0) : (await get(offset, length)).transformToByteArray();
    },
    async *stream(offset, length) {
      if (length > 0) yield* (await get(offset, length)) as AsyncIterable<Uint8Array>;
    },
  };
}

/**
 * Marks one uploaded version as refused: the bucket's lifecycle rule deletes objects with this tag after some days. Marking it
 * twice changes nothing.
 */
export async function markRefused(
  s3: S3Client,
  bucket: string,
  { key, versionId }: Pick<Upload, 'key' | 'versionId'>,
): Promise<void> {
  await s3.send(
    new PutObjectTaggingCommand({
      Bucket: bucket,
      Key: key,
      VersionId: versionId,
      Tagging: { TagSet: [{ Key: 'refused', Value: 'true' }] },
    }),
  );
}
