import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createDelivery, type DeliveryListener } from '../delivery.ts';
import { AwsError, type Engine, type EngineRequest } from '../engine.ts';
import { openBodies } from './bodies.ts';
import { addressOf, bucketOf, header, operationName } from './call.ts';
import { existingBucket, type Operation, type S3Context, type S3Options } from './context.ts';
import { type CorsRule, corsHeaders, preflight } from './cors.ts';
import { listObjectsV2, listObjectVersions } from './list-operations.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listParts,
  uploadPart,
} from './multipart-operations.ts';
import type { ObjectCreated } from './notification.ts';
import { deleteObject, getObject, headObject, putObject } from './object-operations.ts';
import { getObjectTagging, putObjectTagging } from './object-tagging.ts';
import { postObject } from './post-object.ts';
import { addRefusalHeaders, notImplemented, refusalHeaders } from './refusal.ts';
import { openStore } from './store.ts';
import { xmlDocument } from './xml.ts';

/** S3 on this machine, with what the template's provisioning needs besides its API. */
export type S3Engine = Engine & {
  /** Creates a bucket, or keeps the one that is there with all it holds. */
  createBucket(name: string, options: { readonly versioned: boolean }): void;
  /** The CORS rules of a bucket; not kept, to be set at each start. */
  setCors(bucket: string, rules: readonly CorsRule[]): void;
  /**
   * Sets the one listener for created objects, of all buckets. It hears of each at least once: of those that it has
   * not confirmed (by resolving) again, with growing pauses and after the next start, and in no certain order.
   */
  onObjectCreated(listener: DeliveryListener<ObjectCreated>): void;
  /** How many notifications are not confirmed yet. */
  unconfirmed(): number;
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
  PutObjectTagging: putObjectTagging,
  GetObjectTagging: getObjectTagging,
  PostObject: postObject,
};

/** Opens the S3 of this machine on a folder, which it creates; what a killed process left there is kept or cleared. */
export async function createS3Engine(options: S3Options): Promise<S3Engine> {
  await mkdir(options.directory, { recursive: true });
  const store = openStore(join(options.directory, 's3.sqlite'));
  const bodies = await openBodies(options.directory, store.bodies());
  const delivery = createDelivery(store);
  const cors = new Map<string, readonly CorsRule[]>();

  const context: S3Context = {
    options,
    store,
    bodies,
    async publish(bucket, object, cause) {
      await bodies.settle(object.body);
      let abandoned: readonly string[] = [object.body];
      try {
        const commit = store.commit(bucket, object, cause);
        abandoned = commit.abandoned;
        delivery.deliver(commit.notification);
        return commit.version;
      } finally {
        await bodies.remove(abandoned);
      }
    },
  };

  const rulesFor = (request: EngineRequest) => cors.get(bucketOf(request.path)) ?? [];

  return {
    service: 's3',
    operations: [...Object.keys(OPERATIONS), 'OptionsObject'],
    operation: operationName,
    authorizations(request) {
      const operation = OPERATIONS[operationName(request)];
      return operation === undefined ? [] : operation.authorizations({ request, ...addressOf(request.path) });
    },
    async handle(request) {
      try {
        const address = addressOf(request.path);
        const name = operationName(request);
        if (name === 'OptionsObject') {
          existingBucket(context, address.bucket);
          return preflight(request, rulesFor(request));
        }
        const operation = OPERATIONS[name];
        if (operation === undefined) throw notImplemented(name);
        const response = await operation.carryOut(context, { request, ...address });
        return { ...response, headers: { ...response.headers, ...corsHeaders(request, rulesFor(request)) } };
      } catch (error) {
        if (error instanceof AwsError) {
          if (hasUnreadBody(request)) addRefusalHeaders(error, { connection: 'close' });
          addRefusalHeaders(error, corsHeaders(request, rulesFor(request)));
        }
        throw error;
      }
    },
    renderError(error, requestId) {
      const hostId = createHash('sha384').update(requestId).digest('base64');
      const details = Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, String(value)]));
      return {
        status: error.status,
        headers: {
          'content-type': 'application/xml',
          'x-amz-request-id': requestId,
          'x-amz-id-2': hostId,
          ...refusalHeaders(error),
        },
        body: xmlDocument('Error', {
          Code: error.code,
          Message: error.message,
          ...details,
          RequestId: requestId,
          HostId: hostId,
        }),
      };
    },
    async close() {
      delivery.stop();
      store.close();
    },
    createBucket: (name, { versioned }) => store.createBucket(name, versioned),
    setCors: (bucket, rules) => void cors.set(bucket, rules),
    onObjectCreated: (listener) => delivery.listen(listener),
    unconfirmed: () => store.unconfirmed().length,
  };
}

/** Whether the caller may still be sending: the connection can't be used again then. */
function hasUnreadBody(request: EngineRequest): boolean {
  const sends = header(request, 'content-length') ?? header(request, 'transfer-encoding') ?? '0';
  return sends !== '0' && !Buffer.isBuffer(request.body) && !request.body.readableEnded;
}
