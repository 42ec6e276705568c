import { createHash, type Hash } from 'node:crypto';
import type { EngineRequest } from '../engine.ts';
import { decodeAwsChunked, malformedTrailer } from './aws-chunked.ts';
import type { Bodies } from './bodies.ts';
import { header } from './call.ts';
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithm,
  checksumHeader,
  checksumLength,
  startChecksum,
} from './checksum.ts';
import { entityTooLarge, incompleteBody, invalidRequest, notImplemented, refusal } from './refusal.ts';

/** The most that one request may bring: 5 GiB. */
export const MAX_BODY_BYTES = 5 * 1024 ** 3;

const CHUNKED = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** What S3 makes by itself of a body that comes without a checksum. */
export const OWN_CHECKSUM = 'CRC64NVME';

/** A body that came whole and is what its sender said it is; not settled yet. */
export type Received = {
  readonly body: string;
  readonly size: number;
  readonly md5: string;
  readonly checksum: Checksum | undefined;
};

/**
 * The bytes of a request as they come. Stopping early leaves the connection open, so that an answer can be sent.
 * Throws IncompleteBody when the connection breaks.
 */
export async function* requestBytes({ body }: EngineRequest): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body)) {
    yield body;
    return;
  }
  try {
    yield* body.iterator({ destroyOnReturn: false });
  } catch {
    throw incompleteBody();
  }
}

/** A small body as a whole, held against the hash of the payload; undefined when it is larger than this many bytes. */
export async function smallBody(request: EngineRequest, maxBytes: number): Promise<Buffer | undefined> {
  const payloadHash = literalHash(request);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of requestBytes(request)) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (payloadHash !== undefined) checkPayloadHash(createHash('sha256').update(body), payloadHash);
  return body;
}

/** Receives the body of a PutObject or UploadPart and checks length and digests; throws as S3 refuses. */
export async function receiveBody(request: EngineRequest, bodies: Bodies): Promise<Received> {
  const payloadHash = literalHash(request);
  const chunked = header(request, 'x-amz-content-sha256') === CHUNKED;
  const length = announcedLength(request, chunked);
  if (length > MAX_BODY_BYTES) throw entityTooLarge(length, MAX_BODY_BYTES);
  const contentMd5 = claimedMd5(header(request, 'content-md5'));
  const claim = claimedChecksum(request, chunked);

  const md5 = createHash('md5');
  const sha256 = payloadHash === undefined ? undefined : createHash('sha256');
  const checksum = startChecksum(claim?.algorithm ?? OWN_CHECKSUM);
  const trailers = new Map<string, string>();
  const source = requestBytes(request);
  let size = 0;
  const body = await bodies.receive(
    (async function* () {
      for await (const chunk of chunked ? decodeAwsChunked(source, trailers) : source) {
        size += chunk.length;
        if (size > length) throw incompleteBody();
        md5.update(chunk);
        sha256?.update(chunk);
        checksum.update(chunk);
        yield chunk;
      }
      if (size < length) throw incompleteBody();
      checkPayloadHash(sha256, payloadHash);
    })(),
  );
  try {
    const digest = md5.digest();
    if (contentMd5 !== undefined && !digest.equals(contentMd5)) {
      throw badDigest('The Content-MD5 you specified did not match what we received.', {
        ExpectedDigest: contentMd5.toString('base64'),
        CalculatedDigest: digest.toString('base64'),
      });
    }
    return {
      body,
      size,
      md5: digest.toString('hex'),
      checksum:
        claim === undefined ? ownChecksum(checksum.digest()) : verifiedChecksum(claim, checksum.digest(), trailers),
    };
  } catch (error) {
    await bodies.remove([body]);
    throw error;
  }
}

/** A claimed checksum: its value, or undefined when a trailer will bring it. */
type ChecksumClaim = { readonly algorithm: ChecksumAlgorithm; readonly value: string | undefined };

/** The one checksum among these headers or fields; throws InvalidRequest for several, or a value that can't be one. */
export function singleChecksum(values: (name: string) => string | undefined): ChecksumClaim | undefined {
  const claims = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const value = values(checksumHeader(algorithm));
    return value === undefined ? [] : [{ algorithm, value }];
  });
  if (claims.length > 1) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const claim = claims[0];
  if (claim !== undefined && Buffer.from(claim.value, 'base64').length !== checksumLength[claim.algorithm]) {
    throw invalidRequest(`Value for ${checksumHeader(claim.algorithm)} header is invalid.`);
  }
  return claim;
}

/** The checksum to keep; throws BadDigest when it is not the claimed one. */
export function verifiedChecksum(
  claim: ChecksumClaim,
  digest: Buffer,
  trailers: ReadonlyMap<string, string> = new Map(),
): Checksum {
  const { algorithm } = claim;
  const claimed = claim.value ?? trailers.get(checksumHeader(algorithm));
  if (claimed === undefined) throw malformedTrailer();
  const value = digest.toString('base64');
  if (claimed !== value) throw badDigest(`The ${algorithm} you specified did not match the calculated checksum.`);
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** The checksum that S3 made by itself. */
export function ownChecksum(digest: Buffer): Checksum {
  return { algorithm: OWN_CHECKSUM, value: digest.toString('base64'), type: 'FULL_OBJECT' };
}

/** The refusal of a body that is not what its digest says. */
export function badDigest(message: string, details: Readonly<Record<string, string>> = {}) {
  return refusal('BadDigest', message, 400, details);
}

/** The digest of a Content-MD5 value; throws InvalidDigest. */
export function claimedMd5(value: string | undefined): Buffer | undefined {
  if (value === undefined) return undefined;
  const digest = Buffer.from(value, 'base64');
  if (digest.length !== 16) throw refusal('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400);
  return digest;
}

function claimedChecksum(request: EngineRequest, chunked: boolean): ChecksumClaim | undefined {
  const announced = chunked ? header(request, 'x-amz-trailer')?.toLowerCase() : undefined;
  const claim = singleChecksum((name) => header(request, name));
  if (announced === undefined) {
    if (claim === undefined && header(request, 'x-amz-sdk-checksum-algorithm') !== undefined) {
      throw invalidRequest(
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      );
    }
    return claim;
  }
  const algorithm = checksumAlgorithm(announced.replace('x-amz-checksum-', ''));
  if (algorithm === undefined) throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  if (claim !== undefined) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  return { algorithm, value: undefined };
}

function announcedLength(request: EngineRequest, chunked: boolean): number {
  const text = header(request, chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined || !/^\d+$/.test(text)) {
    throw refusal('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  return Number(text);
}

function literalHash(request: EngineRequest): string | undefined {
  const value = header(request, 'x-amz-content-sha256');
  if (value === undefined || value === 'UNSIGNED-PAYLOAD' || value === CHUNKED) return undefined;
  if (value.startsWith('STREAMING-')) throw notImplemented(`x-amz-content-sha256: ${value}`);
  if (/^[0-9a-f]{64}$/.test(value)) return value;
  throw refusal(
    'InvalidArgument',
    `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ${CHUNKED}, or a valid sha256 value.`,
    400,
    { ArgumentName: 'x-amz-content-sha256', ArgumentValue: value },
  );
}

function checkPayloadHash(sha256: Hash | undefined, claimed: string | undefined): void {
  const computed = sha256?.digest('hex');
  if (computed === claimed) return;
  throw refusal(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    400,
    { ClientComputedContentSHA256: claimed ?? '', S3ComputedContentSHA256: computed ?? '' },
  );
}
