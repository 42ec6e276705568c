import type { EngineRequest, EngineResponse } from '../engine.ts';
import { header } from './call.ts';
import { readCondition, writeCondition } from './condition.ts';
import {
  bucketArn,
  type Call,
  existingBucket,
  type Operation,
  onObject,
  principalId,
  type S3Context,
} from './context.ts';
import { checksumHeaders, givenHeaders, headerValue, httpDate, keptHeaders, versionHeaders } from './object-headers.ts';
import { byteRange } from './range.ts';
import { receiveBody } from './receive.ts';
import { accessDenied, invalidArgument, invalidRequest, noSuchKey, notImplemented, refusal } from './refusal.ts';
import { NULL_VERSION, type ObjectVersion } from './store.ts';

export const putObject: Operation = {
  authorizations: onObject('s3:PutObject'),
  async carryOut(context, { request, bucket: name, key }) {
    const bucket = existingBucket(context, name);
    const headers = keptHeaders(givenHeaders(request));
    const precondition = writeCondition(request, key);
    // Told before the body comes, and once more when the object becomes visible.
    precondition(context.store.latest(name, key));
    const received = await receiveBody(request, context.bodies);
    const version = await context.publish(
      bucket,
      { ...received, key, headers, etag: received.md5, modifiedAt: context.options.now() },
      { eventName: 'ObjectCreated:Put', principalId: principalId(request.principal), precondition },
    );
    return { status: 200, headers: { ...versionHeaders(version), ...checksumHeaders(version) } };
  },
};

export const getObject: Operation = { authorizations: readAuthorizations, carryOut: answerRead };

export const headObject: Operation = { authorizations: readAuthorizations, carryOut: answerRead };

export const deleteObject: Operation = {
  authorizations: ({ request, bucket, key }) => [
    {
      action: request.query.has('versionId') ? 's3:DeleteObjectVersion' : 's3:DeleteObject',
      resource: `${bucketArn(bucket)}/${key}`,
    },
  ],
  async carryOut(context, { request, bucket: name, key }) {
    const bucket = existingBucket(context, name);
    const versionId = requestedVersion(request);
    if (versionId === undefined) {
      const { marker, abandoned } = context.store.hide(bucket, key, context.options.now());
      await context.bodies.remove(abandoned);
      if (marker === undefined) return { status: 204, headers: {} };
      return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId } };
    }
    const removed = context.store.removeVersion(name, key, versionId);
    if (removed?.body !== undefined) await context.bodies.remove([removed.body]);
    return {
      status: 204,
      headers: {
        'x-amz-version-id': versionId,
        ...(removed?.deleteMarker === true ? { 'x-amz-delete-marker': 'true' } : {}),
      },
    };
  },
};

function readAuthorizations({ request, bucket, key }: Call) {
  const action = request.query.has('versionId') ? 's3:GetObjectVersion' : 's3:GetObject';
  return [{ action, resource: `${bucketArn(bucket)}/${key}` }];
}

const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

async function answerRead(context: S3Context, call: Call): Promise<EngineResponse> {
  const { request } = call;
  if (request.query.has('partNumber')) throw notImplemented('reading one part of an object (partNumber)');
  const overrides = overriddenHeaders(request);
  const version = readableVersion(context, call);
  const about = { ...versionHeaders(version), 'last-modified': httpDate(version.modifiedAt) };
  if (readCondition(request, version) === 'not modified') return { status: 304, headers: about };

  const range = byteRange(header(request, 'range'), version.size);
  const length = range === undefined ? version.size : range.end - range.start + 1;
  const headers = {
    ...version.headers,
    ...about,
    ...overrides,
    'accept-ranges': 'bytes',
    'content-length': String(length),
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${version.size}` }),
    // The checksum is of the whole object, so a part of it comes without; a range that is the whole has it.
    ...(length === version.size && header(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
      ? checksumHeaders(version)
      : {}),
  };
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD') return { status, headers };
  // Opened in the same turn in which the version was looked up, so that a delete can't come between.
  const body =
    version.body === undefined || length === 0
      ? Buffer.alloc(0)
      : context.bodies.read(version.body, range?.start ?? 0, range?.end ?? version.size - 1);
  return { status, headers, body };
}

function overriddenHeaders(request: EngineRequest): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of OVERRIDES) {
    const value = request.query.get(`response-${name}`);
    if (value !== null) overrides[name] = headerValue(`response-${name}`, value);
  }
  if (request.principal.kind === 'anonymous' && Object.keys(overrides).length > 0) {
    throw invalidRequest('Request specific response headers cannot be used for anonymous GET requests.');
  }
  return overrides;
}

/** The version that a reader asks for; throws NoSuchKey, NoSuchVersion, MethodNotAllowed, or AccessDenied to hide what is missing. */
export function readableVersion(context: S3Context, { request, bucket: name, key }: Call): ObjectVersion {
  existingBucket(context, name);
  const versionId = requestedVersion(request);
  const version =
    versionId === undefined ? context.store.latest(name, key) : context.store.version(name, key, versionId);
  if (version !== undefined && !version.deleteMarker) return version;
  if (!context.options.mayList(request.principal, name)) throw accessDenied();
  const marker: Record<string, string> =
    version === undefined ? {} : { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId };
  if (versionId === undefined) throw noSuchKey(key, marker);
  if (version === undefined) {
    throw refusal('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId });
  }
  throw refusal(
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    405,
    { Method: request.method, ResourceType: 'DeleteMarker' },
    { ...marker, allow: 'DELETE', 'last-modified': httpDate(version.modifiedAt) },
  );
}

function requestedVersion(request: EngineRequest): string | undefined {
  const versionId = request.query.get('versionId');
  if (versionId === null) return undefined;
  if (versionId === '') throw invalidArgument('Version id cannot be the empty string', 'versionId', versionId);
  if (versionId !== NULL_VERSION && !/^[\w.-]{32}$/.test(versionId)) {
    throw invalidArgument('Invalid version id specified', 'versionId', versionId);
  }
  return versionId;
}
