import type { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { readContent } from './records.ts';

test.each(['', '"robin@example.org" wrote this'])(
  'an object that is not JSON is told by its key alone: %j',
  async (text) => {
    const s3 = {
      async send() {
        return { Body: { transformToString: async () => text } };
      },
    } as unknown as S3Client;
    const reading = readContent({ s3, bucket: 'records' }, { key: 'answers/1.json', versionId: 'v' });
    await expect(reading).rejects.toThrow(/^The object answers\/1\.json of records is not JSON\.$/);
  },
);
