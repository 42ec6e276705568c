import { Readable } from 'node:stream';
import { constants, crc32, createInflateRaw } from 'node:zlib';
import { descriptorAgrees, type EntryLocation } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { type Fault, type FaultCode, fault } from './sentences.ts';

/** The data of an entry are not what its headers say. */
export class DamagedEntry extends Error {
  readonly fault: Fault;

  constructor(code: DamageCode) {
    const damage = fault(code);
    super(damage.message);
    this.name = 'DamagedEntry';
    this.fault = damage;
  }
}

type DamageCode = Extract<
  FaultCode,
  'unpacks-to-more' | 'unpacks-to-less' | 'data-end-early' | 'data-unreadable' | 'crc-wrong' | 'descriptor-wrong'
>;

/**
 * Streams the unpacked data of an entry and checks them to the end: size, CRC, the end of the deflated data and the
 * data descriptor. Never yields more than the size that the central directory tells.
 * @throws DamagedEntry
 */
export async function* unpack(
  source: ByteSource,
  location: EntryLocation,
): AsyncGenerator<Uint8Array, void, undefined> {
  const behind: Uint8Array[] = [];
  const packed = splitAt(
    source.stream(location.dataOffset, location.packed + location.descriptor),
    location.packed,
    behind,
  );
  let crc = 0;
  let size = 0;
  for await (const chunk of location.method === 'stored' ? packed : inflate(packed, location.packed)) {
    size += chunk.length;
    if (size > location.unpacked) throw new DamagedEntry('unpacks-to-more');
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== location.unpacked) throw new DamagedEntry('unpacks-to-less');
  if (crc !== location.crc) throw new DamagedEntry('crc-wrong');
  checkDescriptor(location, Buffer.concat(behind));
}

/**
 * Compares the data descriptor, if there is one, with the central directory.
 * @param bytes what stands behind the packed data
 * @throws DamagedEntry
 */
export function checkDescriptor(location: EntryLocation, bytes: Uint8Array): void {
  if (location.descriptor > 0 && !descriptorAgrees(location, bytes.subarray(0, location.descriptor))) {
    throw new DamagedEntry('descriptor-wrong');
  }
}

/**
 * The first bytes of an entry, unpacked, from the first bytes of its packed data: at most `most`.
 * @throws DamagedEntry when the data can't be inflated
 */
export async function unpackStart(location: EntryLocation, packed: Uint8Array, most: number): Promise<Uint8Array> {
  if (location.method === 'stored') return packed.subarray(0, most);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of inflate([packed], undefined)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** Inflates; with `whole` given, the data have to end exactly after so many packed bytes, else they may be cut off. */
async function* inflate(
  packed: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  whole: number | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = createInflateRaw(whole === undefined ? { finishFlush: constants.Z_SYNC_FLUSH } : {});
  const input = Readable.from(packed, { objectMode: true });
  input.on('error', (error) => inflater.destroy(error));
  input.pipe(inflater);
  try {
    yield* inflater;
    if (whole !== undefined && inflater.bytesWritten !== whole) {
      throw new DamagedEntry('data-end-early');
    }
  } catch (error) {
    throw isZlibError(error) ? new DamagedEntry('data-unreadable') : error;
  } finally {
    input.destroy();
    inflater.destroy();
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}

/** Yields the first `length` bytes of the chunks and puts the rest aside. */
async function* splitAt(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
  behind: Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length;
  for await (const chunk of chunks) {
    const body = chunk.subarray(0, left);
    left -= body.length;
    if (body.length < chunk.length) behind.push(chunk.subarray(body.length));
    if (body.length > 0) yield body;
  }
}
