import { queryNumber } from './call.ts';
import { bucketArn, type Call, existingBucket, type Operation } from './context.ts';
import { invalidArgument, notImplemented } from './refusal.ts';
import type { ObjectVersion } from './store.ts';
import { xmlAnswer } from './xml.ts';

const MAX_KEYS = 1000;
/** Behind a text, it sorts behind every key that begins with the text. */
const BEHIND_ALL = '\u{10ffff}';

export const listObjectsV2: Operation = {
  authorizations: (call) => listAuthorization('s3:ListBucket', call),
  async carryOut({ store, options }, call) {
    const { request, bucket } = call;
    existingBucket({ store }, bucket);
    const { query } = request;
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const token = query.get('continuation-token');
    const startAfter = query.get('start-after');
    const maxKeys = queryNumber(request, 'max-keys', MAX_KEYS);
    const encode = keyEncoding(call);

    const contents: ObjectVersion[] = [];
    const groups: string[] = [];
    let cursor = token === null ? (startAfter ?? '') : cursorOf(token);
    while (contents.length + groups.length < maxKeys) {
      const object = store.nextObject(bucket, prefix, cursor);
      if (object === undefined) break;
      const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
      if (end < 0) {
        contents.push(object);
        cursor = object.key;
      } else {
        // A group of keys with a common prefix counts once and is passed over as a whole.
        const group = object.key.slice(0, end + delimiter.length);
        groups.push(group);
        cursor = group + BEHIND_ALL;
      }
    }
    const truncated = maxKeys > 0 && store.nextObject(bucket, prefix, cursor) !== undefined;
    return xmlAnswer('ListBucketResult', {
      Name: bucket,
      Prefix: encode(prefix),
      StartAfter: startAfter === null ? undefined : encode(startAfter),
      ContinuationToken: token ?? undefined,
      NextContinuationToken: truncated ? Buffer.from(cursor).toString('base64url') : undefined,
      KeyCount: contents.length + groups.length,
      MaxKeys: maxKeys,
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: truncated,
      Contents: contents.map((object) => ({
        Key: encode(object.key),
        ...listed(object),
        Owner: query.get('fetch-owner') === 'true' ? { ID: options.accountId } : undefined,
      })),
      CommonPrefixes: groups.map((group) => ({ Prefix: encode(group) })),
    });
  },
};

export const listObjectVersions: Operation = {
  authorizations: (call) => listAuthorization('s3:ListBucketVersions', call),
  async carryOut({ store, options }, call) {
    const { request, bucket } = call;
    existingBucket({ store }, bucket);
    const { query } = request;
    if (query.get('delimiter')) throw notImplemented('ListObjectVersions with a delimiter');
    const prefix = query.get('prefix') ?? '';
    const keyMarker = query.get('key-marker') ?? '';
    const versionMarker = query.get('version-id-marker') ?? '';
    const maxKeys = queryNumber(request, 'max-keys', MAX_KEYS);
    const encode = keyEncoding(call);

    const versions: ObjectVersion[] = [];
    let cursor: Pick<ObjectVersion, 'key' | 'sequence'> = { key: keyMarker, sequence: 0 };
    if (versionMarker !== '') {
      const marked = store.version(bucket, keyMarker, versionMarker);
      if (marked === undefined) {
        throw invalidArgument('Invalid version id specified', 'version-id-marker', versionMarker);
      }
      cursor = marked;
    }
    while (versions.length < maxKeys) {
      const version = store.nextVersion(bucket, prefix, cursor);
      if (version === undefined) break;
      versions.push(version);
      cursor = version;
    }
    const truncated = maxKeys > 0 && store.nextVersion(bucket, prefix, cursor) !== undefined;
    const described = (version: ObjectVersion) => ({
      Key: encode(version.key),
      VersionId: version.versionId,
      IsLatest: version.latest,
      Owner: { ID: options.accountId },
    });
    return xmlAnswer('ListVersionsResult', {
      Name: bucket,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker),
      VersionIdMarker: versionMarker,
      NextKeyMarker: truncated ? encode(cursor.key) : undefined,
      NextVersionIdMarker: truncated ? versions.at(-1)?.versionId : undefined,
      MaxKeys: maxKeys,
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: truncated,
      Version: versions
        .filter((version) => !version.deleteMarker)
        .map((version) => ({ ...described(version), ...listed(version) })),
      DeleteMarker: versions
        .filter((version) => version.deleteMarker)
        .map((version) => ({ ...described(version), LastModified: listedTime(version.modifiedAt) })),
    });
  },
};

function listAuthorization(action: string, { request, bucket }: Call) {
  const context: Record<string, string> = {};
  for (const name of ['prefix', 'delimiter', 'max-keys']) {
    const value = request.query.get(name);
    if (value !== null) context[`s3:${name}`] = value;
  }
  return [{ action, resource: bucketArn(bucket), context }];
}

function listed(object: ObjectVersion) {
  return {
    LastModified: listedTime(object.modifiedAt),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.size,
    StorageClass: 'STANDARD',
  };
}

/** ISO with milliseconds that are always zero, as in S3's lists. */
export const listedTime = (epochMilliseconds: number) =>
  new Date(Math.floor(epochMilliseconds / 1000) * 1000).toISOString();

function keyEncoding({ request }: Call): (key: string) => string {
  const encoding = request.query.get('encoding-type');
  if (encoding === null) return (key) => key;
  if (encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  return (key) => encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function cursorOf(token: string): string {
  const cursor = Buffer.from(token, 'base64url').toString();
  if (token === '' || Buffer.from(cursor).toString('base64url') !== token) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  }
  return cursor;
}
