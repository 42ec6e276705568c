import { open } from 'node:fs/promises';

/** Bytes that can be read by range: a file, a buffer, a version of an object in S3. */
export interface ByteSource {
  /** How many bytes there are. */
  readonly size: number;
  /** The `length` bytes from `offset` on; both lie within the size. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same bytes in pieces, for what is too large to hold. */
  stream(offset: number, length: number): AsyncIterable<Uint8Array>;
}

const pieceBytes = 64 * 1024;

/**
 * The bytes of a file. Give it back with `await using`.
 * @throws the file system's error when the file can't be opened or read
 */
export async function fileSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const file = await open(path);
  const { size } = await file.stat();
  const read = async (offset: number, length: number) => {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read: read it again.`);
      filled += bytesRead;
    }
    return bytes;
  };
  return { size, read, stream: pieces(read), [Symbol.asyncDispose]: () => file.close() };
}

/** The bytes of a buffer. */
export function bufferSource(bytes: Uint8Array): ByteSource {
  return heldSource(bytes.length, 0, bytes);
}

/** A source of `size` bytes of which only those from `start` on are held: reading others is an error of the caller. */
export function heldSource(size: number, start: number, bytes: Uint8Array): ByteSource {
  const read = async (offset: number, length: number) => {
    if (!holds(start, bytes, offset, length)) {
      throw new RangeError(`The bytes ${offset} to ${offset + length} are not held.`);
    }
    return bytes.subarray(offset - start, offset - start + length);
  };
  return { size, read, stream: pieces(read) };
}

/** The source, with the bytes from `start` on, which were read already, taken from memory. */
export function rememberingSource(source: ByteSource, start: number, bytes: Uint8Array): ByteSource {
  return {
    size: source.size,
    read: async (offset, length) =>
      holds(start, bytes, offset, length)
        ? bytes.subarray(offset - start, offset - start + length)
        : source.read(offset, length),
    stream: (offset, length) => source.stream(offset, length),
  };
}

/** The same bytes, not copied, with a Buffer's ways to read them. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function holds(start: number, bytes: Uint8Array, offset: number, length: number): boolean {
  return offset >= start && offset + length <= start + bytes.length;
}

function pieces(read: ByteSource['read']): ByteSource['stream'] {
  return async function* (offset, length) {
    for (let at = 0; at < length; at += pieceBytes) yield await read(offset + at, Math.min(pieceBytes, length - at));
  };
}
