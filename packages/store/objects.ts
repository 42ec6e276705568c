import { S3Client } from '@aws-sdk/client-s3';

/**
 * Opens S3; endpoint, region and credentials come from the environment. S3 refuses a stream whose pieces are under 8 KiB
 * (InvalidChunkSizeError), so the client collects them into pieces of 64 KiB. This collecting has no back-pressure. So give a
 * large stream with its checksum: the client then sends it as it is.
 */
export function openS3(): S3Client {
  return new S3Client({ requestStreamBufferSize: 64 * 1024 });
}
