import type { EngineRequest } from '../engine.ts';
import { header } from './call.ts';
import { checksumHeader } from './checksum.ts';
import { invalidArgument, notImplemented, refusal } from './refusal.ts';
import { NULL_VERSION, type ObjectVersion } from './store.ts';

const KEPT = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
];

/** Headers that would change what is stored or who may read it, and that are not supported here; with the harmless value. */
const NOT_PLAYED: Readonly<Record<string, string | undefined>> = {
  'x-amz-acl': 'private',
  'x-amz-grant-full-control': undefined,
  'x-amz-grant-read': undefined,
  'x-amz-grant-read-acp': undefined,
  'x-amz-grant-write-acp': undefined,
  'x-amz-object-lock-legal-hold': 'OFF',
  'x-amz-object-lock-mode': undefined,
  'x-amz-object-lock-retain-until-date': undefined,
  'x-amz-server-side-encryption-context': undefined,
  'x-amz-server-side-encryption-customer-algorithm': undefined,
  'x-amz-storage-class': 'STANDARD',
  'x-amz-tagging': undefined,
  'x-amz-website-redirect-location': undefined,
  'x-amz-write-offset-bytes': undefined,
};

/**
 * The headers that an object keeps, out of all that came with it (lower-case names).
 * Throws NotImplemented for those that ask for more, MetadataTooLarge over 2 KB of x-amz-meta-*.
 */
export function keptHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  let metadata = 0;
  for (const [name, value] of Object.entries(given)) {
    if (name in NOT_PLAYED && value !== NOT_PLAYED[name]) throw notImplemented(`the header ${name}`);
    if (name.startsWith('x-amz-meta-')) {
      metadata += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value);
      kept[name] = mailSafe(value);
    } else if (KEPT.includes(name)) kept[name] = headerValue(name, value);
  }
  if (metadata > 2048) {
    throw refusal('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', 400, {
      Size: metadata,
      MaxSizeAllowed: 2048,
    });
  }
  // The encoding of the transfer is no property of the object.
  const encoding = kept['content-encoding']
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== 'aws-chunked')
    .join(', ');
  if (encoding === '') delete kept['content-encoding'];
  else if (encoding !== undefined) kept['content-encoding'] = encoding;
  kept['content-type'] ||= 'binary/octet-stream';
  kept['x-amz-server-side-encryption'] ??= 'AES256';
  return kept;
}

/** All headers of a request, one value each; Node gives their bytes as ISO-8859-1, and metadata are UTF-8. */
export function givenHeaders(request: EngineRequest): Record<string, string> {
  return Object.fromEntries(
    Object.keys(request.headers).map((name) => {
      const value = header(request, name) ?? '';
      return [name, name.startsWith('x-amz-meta-') ? Buffer.from(value, 'latin1').toString() : value];
    }),
  );
}

/** Metadata as S3 gives it back: encoded as RFC 2047 has it where it is more than US-ASCII. */
function mailSafe(value: string): string {
  if (/^[\t\x20-\x7e]*$/.test(value)) return value;
  const encoded = Array.from(Buffer.from(value), (byte) => {
    const sign = String.fromCharCode(byte);
    if (sign === ' ') return '_';
    return /[\x21-\x7e]/.test(sign) && !/[=?_]/.test(sign)
      ? sign
      : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `=?UTF-8?Q?${encoded.join('')}?=`;
}

/** The value when HTTP can carry it; throws InvalidArgument. */
export function headerValue(name: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw invalidArgument('Header value cannot be represented using ISO-8859-1.', name, value);
}

/** What every answer about a version says: which it is and how it is encrypted. */
export function versionHeaders(version: ObjectVersion): Record<string, string> {
  const headers: Record<string, string> = { etag: `"${version.etag}"` };
  if (version.versionId !== NULL_VERSION) headers['x-amz-version-id'] = version.versionId;
  for (const [name, value] of Object.entries(version.headers)) {
    if (name.startsWith('x-amz-server-side-encryption')) headers[name] = value;
  }
  return headers;
}

/** The checksum as headers, when there is one. */
export function checksumHeaders(version: Pick<ObjectVersion, 'checksum'>): Record<string, string> {
  const { checksum } = version;
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** Whole seconds, as HTTP dates are. */
export const httpDate = (epochMilliseconds: number) => new Date(epochMilliseconds).toUTCString();
