import { GetObjectCommand, GetObjectTaggingCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectCreatedRecord } from '@secor/contracts';
import { serveS3 } from '../../packages/local-cloud/s3/served-engine.fixture.ts';

export type Buckets = Awaited<ReturnType<typeof openBuckets>>;

/** Both buckets, in the S3 of the local cloud. */
export async function openBuckets() {
  const served = await serveS3();
  for (const name of ['packages', 'records']) served.engine.createBucket(name, { versioned: true });
  // As the functions open it.
  const s3 = served.client({ requestStreamBufferSize: 64 * 1024 });
  let uploads = 0;
  const calls: { readonly name: string; readonly key: string }[] = [];
  s3.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        calls.push({ name: commandName, key: 'Key' in args.input ? String(args.input.Key) : '' });
        return next(args);
      },
    { step: 'initialize' },
  );
  return {
    s3,
    records: { s3, bucket: 'records' },
    packages: { s3, bucket: 'packages' },
    /** How often an operation was called on an object so far. */
    countCalls: (operation: string, ofKey: string) =>
      calls.filter(({ name, key }) => name === `${operation}Command` && key === ofKey).length,
    /** Uploads an object to the bucket of packages; gives the record by which S3 tells of it, each with a later sequencer. */
    async upload(key: string, bytes: Uint8Array | string, eventTime: string): Promise<ObjectCreatedRecord> {
      const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket: 'packages', Key: key, Body: bytes }));
      uploads += 1;
      const sequencer = uploads.toString(16).padStart(4, '0');
      const object = { key, size: Buffer.byteLength(bytes), versionId: VersionId, sequencer };
      return { eventName: 'ObjectCreated:Post', eventTime, s3: { bucket: { name: 'packages' }, object } };
    },
    /** The bytes of an object of the records; undefined when there is none. */
    async read(key: string): Promise<Buffer | undefined> {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'records', Key: key }));
        return Body && Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    /** Whether an uploaded version bears the mark of what was refused. */
    async isMarkedRefused({ s3: { object } }: ObjectCreatedRecord): Promise<boolean> {
      const version = { Bucket: 'packages', Key: object.key, VersionId: object.versionId };
      const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(version));
      return TagSet.some(({ Key, Value }) => Key === 'refused' && Value === 'true');
    },
    close: () => served[Symbol.asyncDispose](),
  };
}
