import { S3Client } from '@aws-sdk/client-s3';

/**
 * Opens S3; endpoint, region and credentials come from the environment. S3 refuses a stream whose pieces are under 8 KiB
 * (InvalidChunkSizeError), so the client gathers them to 64 KiB. Gathering knows no back-pressure: a large stream comes with its
 * checksum, and is then sent as it is.
 */
export function openS3(): S3Client {
  return new S3Client({ requestStreamBufferSize: 64 * 1024 });
}
