import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../engine.ts';
import { refuse } from './refusals.ts';

/** A request as it came over the wire. */
export type SignedRequest = {
  readonly method: string;
  /** Percent-encoded, as sent, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
};

/** What a request says of its own signature. */
export type Signature = {
  readonly accessKeyId: string;
  /** "20261123" */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** "20261123T060000Z" */
  readonly date: string;
  /** Seconds for which a presigned URL holds; absent when the header carries the signature. */
  readonly expires: number | undefined;
};

type Parameter = readonly [name: string, value: string];

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRY_SECONDS = 604_800;

/**
 * Finds the signature of a request, in its header or in its query (a presigned URL).
 *
 * @returns undefined when the request carries none
 * @throws AwsError for a signature that is not complete
 */
export function findSignature(request: SignedRequest): Signature | undefined {
  const header = request.headers.authorization;
  if (header !== undefined) return readHeader(header, request);
  const parameters = new Map(parseQuery(request.query));
  if (!parameters.has('X-Amz-Signature') && !parameters.has('X-Amz-Algorithm')) return undefined;
  return readPresigned(parameters);
}

/**
 * Checks a signature (Signature Version 4) with the secret of its key.
 *
 * @param bodyHash SHA-256 of the body in hexadecimal; undefined for S3, whose engine compares the body with the hash that was signed
 * @param now the machine's clock, epoch milliseconds
 * @throws AwsError as the service would refuse it: a wrong signature, a skewed clock, an expired URL, a header that ought to be signed
 */
export function verifySignature(
  request: SignedRequest,
  claim: Signature,
  secret: string,
  expected: { readonly region: string; readonly bodyHash: string | undefined; readonly now: number },
): void {
  const { service } = claim;
  if (claim.region !== expected.region) {
    throw refuse(
      service,
      service === 's3' ? 'malformed' : 'wrongSignature',
      `Credential should be scoped to the region '${expected.region}', not '${claim.region}'.`,
    );
  }
  checkDate(claim, expected.now);
  const unsigned = Object.keys(request.headers).find(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !claim.signedHeaders.includes(name),
  );
  if (unsigned !== undefined) {
    throw refuse(
      service,
      service === 's3' ? 'denied' : 'wrongSignature',
      `There were headers present in the request which were not signed: ${unsigned}`,
    );
  }
  const payloadHash = expected.bodyHash ?? claimedPayloadHash(request, claim);
  const canonical = canonicalRequest(request, claim, payloadHash);
  const scope = `${claim.day}/${claim.region}/${service}/aws4_request`;
  const text = [ALGORITHM, claim.date, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(secret, claim), text).toString('hex');
  if (!sameText(signature, claim.signature)) {
    throw refuse(
      service,
      'wrongSignature',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
}

/** SHA-256 in hexadecimal. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function readHeader(header: string, request: SignedRequest): Signature {
  const match = /^AWS4-HMAC-SHA256 +Credential=([^, ]+), *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})$/.exec(
    header,
  );
  const date = request.headers['x-amz-date'];
  const [, credential = '', signedHeaders = '', signature = ''] = match ?? [];
  const scope = readCredential(credential);
  if (match === null || scope === undefined || typeof date !== 'string') {
    throw refuse(
      serviceOf(credential),
      'malformed',
      'The Authorization header must be AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature, beside an x-amz-date.',
    );
  }
  return { ...scope, signedHeaders: signedHeaders.split(';'), signature, date, expires: undefined };
}

function readPresigned(parameters: ReadonlyMap<string, string>): Signature {
  const of = (name: string) => parameters.get(`X-Amz-${name}`) ?? '';
  const scope = readCredential(of('Credential'));
  const expires = Number(of('Expires'));
  const complete = of('Algorithm') === ALGORITHM && of('SignedHeaders') !== '' && of('Signature') !== '';
  if (scope === undefined || !complete || !/^\d+$/.test(of('Expires')) || expires < 1) {
    throw new AwsError(
      'AuthorizationQueryParametersError',
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  if (expires > MAX_EXPIRY_SECONDS) {
    throw new AwsError(
      'AuthorizationQueryParametersError',
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds.',
    );
  }
  return {
    ...scope,
    signedHeaders: of('SignedHeaders').split(';'),
    signature: of('Signature'),
    date: of('Date'),
    expires,
  };
}

function readCredential(credential: string): Pick<Signature, 'accessKeyId' | 'day' | 'region' | 'service'> | undefined {
  const [accessKeyId, day, region, service, end, ...more] = credential.split('/');
  if (!accessKeyId || !day || !region || !service || end !== 'aws4_request' || more.length > 0) return undefined;
  return { accessKeyId, day, region, service };
}

function serviceOf(credential: string): string {
  return credential.split('/')[3] ?? '';
}

function checkDate(claim: Signature, now: number): void {
  const { service, date, expires } = claim;
  const signedAt = readDate(date);
  if (signedAt === undefined || !date.startsWith(claim.day)) {
    throw refuse(
      service,
      'malformed',
      `The signature's date '${date}' must be as in 20261123T060000Z, on the day of its scope.`,
    );
  }
  const tooEarly = signedAt - now > MAX_SKEW_MS;
  if (expires !== undefined) {
    if (tooEarly) throw refuse(service, 'denied', 'Request is not valid yet');
    if (now >= signedAt + expires * 1000) throw refuse(service, 'denied', 'Request has expired');
    return;
  }
  if (tooEarly || now - signedAt > MAX_SKEW_MS) {
    throw refuse(
      service,
      'skewed',
      service === 's3'
        ? 'The difference between the request time and the current time is too large.'
        : `Signature ${tooEarly ? 'not yet current' : 'expired'}: ${date} is more than 15 minutes from ${new Date(now).toISOString()}.`,
    );
  }
}

function readDate(date: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const instant = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}

function claimedPayloadHash(request: SignedRequest, claim: Signature): string {
  const header = request.headers['x-amz-content-sha256'];
  if (typeof header === 'string') {
    if (header.startsWith('STREAMING-') && header !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
      throw new AwsError(
        'NotImplemented',
        `The local cloud does not verify ${header}. Send the body with its SHA-256, as ${UNSIGNED}, or as STREAMING-UNSIGNED-PAYLOAD-TRAILER.`,
        501,
      );
    }
    return header;
  }
  if (claim.expires !== undefined) {
    return new Map(parseQuery(request.query)).get('X-Amz-Content-Sha256') ?? UNSIGNED;
  }
  throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
}

function canonicalRequest(request: SignedRequest, claim: Signature, payloadHash: string): string {
  const headers = claim.signedHeaders.map((name) => {
    const value = request.headers[name] ?? '';
    const text = typeof value === 'string' ? value : value.join(',');
    // The bytes are signed as they come; Node gives them as ISO-8859-1.
    const sent = Buffer.from(text, 'latin1').toString();
    return `${name}:${sent.trim().replace(/\s+/g, ' ')}\n`;
  });
  const query = parseQuery(request.query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): Parameter => [encode(name), encode(value)])
    .sort(byNameThenValue)
    .map(([name, value]) => `${name}=${value}`);
  return [
    request.method,
    canonicalPath(request.path, claim.service),
    query.join('&'),
    headers.join(''),
    claim.signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** S3 signs the path encoded once; the others encode what is on the wire once more. */
function canonicalPath(path: string, service: string): string {
  return path
    .split('/')
    .map((segment) => encode(service === 's3' ? decode(segment) : segment))
    .join('/');
}

function parseQuery(query: string): readonly Parameter[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return [decode(name), decode(value.join('='))];
    });
}

function byNameThenValue(a: Parameter, b: Parameter): number {
  const [one, other] = a[0] === b[0] ? [a[1], b[1]] : [a[0], b[0]];
  return one < other ? -1 : one > other ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** Percent-encoding as RFC 3986 has it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Every call of a function on one day has the same key. */
const signingKeys = new Map<string, KeyObject>();

/** The key that SigV4 derives from a secret for a day ("20261123"), a region and a service. */
export function signingKey(
  secret: string,
  { day, region, service }: Pick<Signature, 'day' | 'region' | 'service'>,
): KeyObject {
  const name = `${secret} ${day}/${region}/${service}`;
  const known = signingKeys.get(name);
  if (known !== undefined) return known;
  const key = [day, region, service, 'aws4_request'].reduce(
    (previous, part) => createSecretKey(hmac(previous, part)),
    createSecretKey(Buffer.from(`AWS4${secret}`)),
  );
  // Only what a caller claims varies the name, so the memory has a bound.
  if (signingKeys.size >= 1000) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
