import type { EngineRequest } from '../engine.ts';
import { notificationKey } from './notification.ts';
import { invalidArgument, refusal } from './refusal.ts';

/** The bucket and the key that a path names, decoded; throws InvalidURI and KeyTooLongError. */
export function addressOf(path: string): { readonly bucket: string; readonly key: string } {
  const { bucket, key } = splitPath(path);
  try {
    const address = { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
    if (Buffer.byteLength(address.key) > 1024) {
      throw refusal('KeyTooLongError', 'Your key is too long', 400, { MaxSizeAllowed: 1024 });
    }
    return address;
  } catch (error) {
    if (error instanceof URIError) throw refusal('InvalidURI', "Couldn't parse the specified URI.", 400, { URI: path });
    throw error;
  }
}

/** Where an object stands, by the host and in the style by which the caller named it. */
export function objectUrl(request: EngineRequest, { bucket, key }: { bucket: string; key: string }): string {
  const host = header(request, 'host') ?? 'localhost';
  const path = notificationKey(key).replaceAll('+', '%20');
  return `http://${host}/${host.startsWith(`${bucket}.`) ? '' : `${bucket}/`}${path}`;
}

/** The bucket as the path has it: names of buckets need no encoding. */
export const bucketOf = (path: string) => splitPath(path).bucket;

function splitPath(path: string): { readonly bucket: string; readonly key: string } {
  const slash = path.indexOf('/', 1);
  return slash < 0 ? { bucket: path.slice(1), key: '' } : { bucket: path.slice(1, slash), key: path.slice(slash + 1) };
}

/** One header's value; several of the same name are joined as HTTP allows. */
export function header(request: EngineRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** A whole number from the query, between 0 and the limit; throws InvalidArgument. */
export function queryNumber(request: EngineRequest, name: string, fallback: number, limit = fallback): number {
  const text = request.query.get(name);
  if (text === null || text === '') return fallback;
  if (!/^\d{1,10}$/.test(text))
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  return Math.min(Number(text), limit);
}

const SUBRESOURCES = [
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'versioning',
  'website',
];

/** The operation as the API names it, also of those that are not supported here. */
export function operationName(request: EngineRequest): string {
  const { method, query } = request;
  const { bucket, key } = splitPath(request.path);
  if (method === 'OPTIONS') return 'OptionsObject';
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : `${title(method)}Service`;
  const subresource = SUBRESOURCES.find((name) => query.has(name));
  if (subresource !== undefined) {
    if (subresource === 'delete' && method === 'POST') return 'DeleteObjects';
    return `${title(method)}${key === '' ? 'Bucket' : 'Object'}${title(subresource)}`;
  }
  return key === '' ? bucketOperation(method, query) : objectOperation(request);
}

function bucketOperation(method: string, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
      if (query.has('versions')) return 'ListObjectVersions';
      if (query.has('uploads')) return 'ListMultipartUploads';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'POST':
      return 'PostObject';
    case 'PUT':
      return 'CreateBucket';
    default:
      return `${title(method)}Bucket`;
  }
}

function objectOperation({ method, query, headers }: EngineRequest): string {
  switch (method) {
    case 'GET':
      return query.has('uploadId') ? 'ListParts' : 'GetObject';
    case 'PUT':
      if (headers['x-amz-copy-source'] !== undefined) return query.has('uploadId') ? 'UploadPartCopy' : 'CopyObject';
      return query.has('uploadId') ? 'UploadPart' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      return query.has('uploadId') ? 'CompleteMultipartUpload' : 'PostToObject';
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return `${title(method)}Object`;
  }
}

/** HEAD → Head, object-lock → ObjectLock, policyStatus → PolicyStatus. */
function title(name: string): string {
  const words = name === name.toUpperCase() ? [name.toLowerCase()] : name.split('-');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
