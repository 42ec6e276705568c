import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import type { EngineRequest } from '../engine.ts';
import { header, objectUrl, queryNumber } from './call.ts';
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithm,
  checksumHeader,
  startChecksum,
} from './checksum.ts';
import { writeCondition } from './condition.ts';
import { existingBucket, type Operation, onObject, principalId } from './context.ts';
import { listedTime } from './list-operations.ts';
import { givenHeaders, keptHeaders, versionHeaders } from './object-headers.ts';
import { badDigest, receiveBody, smallBody } from './receive.ts';
import { invalidArgument, invalidRequest, malformedXml, refusal } from './refusal.ts';
import type { Part, Upload } from './store.ts';
import { xmlAnswer } from './xml.ts';

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;
const MAX_PART_LIST_BYTES = 4 * 1024 * 1024;

export const createMultipartUpload: Operation = {
  authorizations: onObject('s3:PutObject'),
  async carryOut({ store }, { request, bucket, key }) {
    existingBucket({ store }, bucket);
    const name = header(request, 'x-amz-checksum-algorithm');
    const algorithm = name === undefined ? undefined : checksumAlgorithm(name);
    if (name !== undefined && algorithm === undefined) {
      throw invalidRequest('Checksum algorithm provided is unsupported.');
    }
    const checksumType = uploadChecksumType(header(request, 'x-amz-checksum-type'), algorithm);
    const headers = keptHeaders(givenHeaders(request));
    const upload = store.createUpload({ bucket, key, headers, algorithm, checksumType });
    return xmlAnswer(
      'InitiateMultipartUploadResult',
      { Bucket: bucket, Key: key, UploadId: upload.uploadId },
      algorithm === undefined
        ? {}
        : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': upload.checksumType },
    );
  },
};

export const uploadPart: Operation = {
  authorizations: onObject('s3:PutObject'),
  async carryOut({ store, bodies, options }, { request, bucket, key }) {
    existingBucket({ store }, bucket);
    const upload = store.upload(bucket, key, uploadId(request));
    const number = queryNumber(request, 'partNumber', 0, Number.MAX_SAFE_INTEGER);
    if (number < 1 || number > MAX_PARTS) {
      throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', 'partNumber', number);
    }
    const { body, size, md5, checksum } = await receiveBody(request, bodies);
    if (upload.algorithm !== undefined && checksum?.algorithm !== upload.algorithm) {
      await bodies.remove([body]);
      throw invalidRequest(
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${checksum?.algorithm.toLowerCase() ?? 'null'}`,
      );
    }
    await bodies.settle(body);
    const part: Part = { number, size, etag: md5, checksum, body, modifiedAt: options.now() };
    let abandoned: readonly string[] = [body];
    try {
      abandoned = store.putPart(upload.uploadId, part);
    } finally {
      await bodies.remove(abandoned);
    }
    return { status: 200, headers: { etag: `"${md5}"`, ...partChecksumHeader(checksum) } };
  },
};

export const completeMultipartUpload: Operation = {
  authorizations: onObject('s3:PutObject'),
  async carryOut(context, { request, bucket: name, key }) {
    const { store, bodies, options } = context;
    const bucket = existingBucket(context, name);
    const upload = store.upload(name, key, uploadId(request));
    const parts = chosenParts(await partList(request), store.parts(upload.uploadId), upload);
    const size = parts.reduce((sum, part) => sum + part.size, 0);

    const whole =
      upload.algorithm !== undefined && upload.checksumType === 'FULL_OBJECT'
        ? startChecksum(upload.algorithm)
        : undefined;
    const body = await bodies.receive(
      (async function* () {
        for (const part of parts) {
          if (part.size === 0) continue;
          for await (const chunk of bodies.read(part.body, 0, part.size - 1) as AsyncIterable<Buffer>) {
            whole?.update(chunk);
            yield chunk;
          }
        }
      })(),
    );
    const checksum: Checksum | undefined =
      upload.algorithm !== undefined && whole !== undefined
        ? { algorithm: upload.algorithm, value: whole.digest().toString('base64'), type: 'FULL_OBJECT' }
        : compositeChecksum(upload, parts);
    const claimed = checksum === undefined ? undefined : header(request, checksumHeader(checksum.algorithm));
    if (claimed !== undefined && claimed !== checksum?.value) {
      await bodies.remove([body]);
      throw badDigest(`The ${checksum?.algorithm} you specified did not match the calculated checksum.`);
    }

    const md5 = createHash('md5');
    for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
    const version = await context.publish(
      bucket,
      {
        key,
        body,
        size,
        etag: `${md5.digest('hex')}-${parts.length}`,
        modifiedAt: options.now(),
        headers: upload.headers,
        checksum,
      },
      {
        eventName: 'ObjectCreated:CompleteMultipartUpload',
        principalId: principalId(request.principal),
        precondition: writeCondition(request, key),
        uploadId: upload.uploadId,
      },
    );
    const { etag, ...headers } = versionHeaders(version);
    return xmlAnswer(
      'CompleteMultipartUploadResult',
      {
        Location: objectUrl(request, { bucket: name, key }),
        Bucket: name,
        Key: key,
        ETag: etag,
        ...(checksum === undefined
          ? {}
          : { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
      },
      headers,
    );
  },
};

export const abortMultipartUpload: Operation = {
  authorizations: onObject('s3:AbortMultipartUpload'),
  async carryOut({ store, bodies }, { request, bucket, key }) {
    existingBucket({ store }, bucket);
    const upload = store.upload(bucket, key, uploadId(request));
    await bodies.remove(store.endUpload(upload.uploadId));
    return { status: 204, headers: {} };
  },
};

export const listParts: Operation = {
  authorizations: onObject('s3:ListMultipartUploadParts'),
  async carryOut({ store, options }, { request, bucket, key }) {
    existingBucket({ store }, bucket);
    const upload = store.upload(bucket, key, uploadId(request));
    const maxParts = queryNumber(request, 'max-parts', 1000);
    const marker = queryNumber(request, 'part-number-marker', 0, MAX_PARTS);
    const beyond = store.parts(upload.uploadId).filter((part) => part.number > marker);
    const page = beyond.slice(0, maxParts);
    const truncated = beyond.length > page.length;
    return xmlAnswer('ListPartsResult', {
      Bucket: bucket,
      Key: key,
      UploadId: upload.uploadId,
      Initiator: { ID: principalId(request.principal) },
      Owner: { ID: options.accountId },
      StorageClass: 'STANDARD',
      PartNumberMarker: marker,
      NextPartNumberMarker: truncated ? page.at(-1)?.number : undefined,
      MaxParts: maxParts,
      IsTruncated: truncated,
      ChecksumAlgorithm: upload.algorithm,
      ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: listedTime(part.modifiedAt),
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...(part.checksum === undefined ? {} : { [`Checksum${part.checksum.algorithm}`]: part.checksum.value }),
      })),
    });
  },
};

const uploadId = (request: EngineRequest) => request.query.get('uploadId') ?? '';

function partChecksumHeader(checksum: Checksum | undefined): Record<string, string> {
  return checksum === undefined ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value };
}

/** As S3 has it: composite unless asked for, CRC64NVME only whole, the SHA ones only composite. */
function uploadChecksumType(asked: string | undefined, algorithm: ChecksumAlgorithm | undefined): Checksum['type'] {
  const usual = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  if (asked === undefined || asked === usual) return usual;
  if (asked === 'FULL_OBJECT' && (algorithm === 'CRC32' || algorithm === 'CRC32C')) return asked;
  throw invalidRequest(
    `The ${asked} checksum type cannot be used with the ${algorithm?.toLowerCase() ?? 'null'} checksum algorithm.`,
  );
}

function compositeChecksum({ algorithm }: Upload, parts: readonly Part[]): Checksum | undefined {
  if (algorithm === undefined) return undefined;
  const running = startChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
  return { algorithm, value: `${running.digest().toString('base64')}-${parts.length}`, type: 'COMPOSITE' };
}

/** A part as the completing caller names it. */
type NamedPart = { readonly number: number; readonly etag: string; readonly checksums: ReadonlyMap<string, string> };

const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, isArray: (name) => name === 'Part' });

async function partList(request: EngineRequest): Promise<readonly NamedPart[]> {
  const xml = await smallBody(request, MAX_PART_LIST_BYTES);
  if (xml === undefined) throw malformedXml();
  let document: unknown;
  try {
    document = parser.parse(xml, true);
  } catch {
    throw malformedXml();
  }
  const parts = member(member(document, 'CompleteMultipartUpload'), 'Part');
  if (!Array.isArray(parts) || parts.length > MAX_PARTS) throw malformedXml();
  return parts.map((part: unknown) => {
    const number = member(part, 'PartNumber');
    const etag = member(part, 'ETag');
    if (typeof number !== 'string' || !/^\d{1,5}$/.test(number) || typeof etag !== 'string') throw malformedXml();
    const checksums = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
      const value = member(part, `Checksum${algorithm}`);
      return typeof value === 'string' ? [[algorithm, value] as const] : [];
    });
    return {
      number: Number(number),
      etag: etag.replaceAll('&#34;', '"').replaceAll('"', ''),
      checksums: new Map(checksums),
    };
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function chosenParts(named: readonly NamedPart[], uploaded: readonly Part[], upload: Upload): Part[] {
  const { uploadId: uploadIdentifier, algorithm, checksumType } = upload;
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  let previous = 0;
  return named.map(({ number, etag, checksums }, index) => {
    // Parts with checksums are numbered from 1 without a gap.
    if (number <= previous || (algorithm !== undefined && number !== previous + 1)) {
      throw refusal(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
        400,
        { UploadId: uploadIdentifier },
      );
    }
    previous = number;
    if (algorithm !== undefined && checksumType === 'COMPOSITE' && !checksums.has(algorithm)) {
      throw invalidRequest(
        `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
    const part = byNumber.get(number);
    const agrees = [...checksums].every(
      ([algorithm, value]) => part?.checksum?.algorithm !== algorithm || part.checksum.value === value,
    );
    if (part === undefined || part.etag !== etag || !agrees) {
      throw refusal(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: uploadIdentifier, PartNumber: number, ETag: etag },
      );
    }
    if (part.size < MIN_PART_BYTES && index < named.length - 1) {
      throw refusal('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
        ProposedSize: part.size,
        MinSizeAllowed: MIN_PART_BYTES,
        PartNumber: number,
        ETag: etag,
      });
    }
    return part;
  });
}
