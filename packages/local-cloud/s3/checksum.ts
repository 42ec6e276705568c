import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** The checksum of an object, base64; composite ones (of the parts' checksums) end with -N, the number of parts. */
export type Checksum = {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
};

/** A checksum that grows with each chunk; digest gives its bytes, big-endian. */
type RunningChecksum = { update(chunk: Uint8Array): void; digest(): Buffer };

/** The header that carries a checksum of this algorithm. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The algorithm by its name in any case, or undefined when S3 has none of that name. */
export function checksumAlgorithm(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

/** Begins a checksum over bytes that come piece by piece. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
    }
    case 'CRC32': {
      let value = 0;
      return {
        update: (chunk) => {
          value = crc32(chunk, value);
        },
        digest: () => bigEndian(value),
      };
    }
    case 'CRC32C':
      return startCrc32c();
    case 'CRC64NVME':
      return startCrc64();
  }
}

/** How many bytes the checksum of an algorithm has. */
export const checksumLength = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const;

function bigEndian(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, 4 * index);
  return bytes;
}

const CRC32C_TABLE = table32(0x82f63b78);

function table32(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
}

function startCrc32c(): RunningChecksum {
  let value = 0xffffffff;
  return {
    update: (chunk) => {
      for (const byte of chunk) value = (value >>> 8) ^ (CRC32C_TABLE[(value ^ byte) & 0xff] ?? 0);
    },
    digest: () => bigEndian(~value),
  };
}

// JavaScript has no fast 64-bit integers, so tables and value are held as two halves.
const [CRC64_HIGH, CRC64_LOW] = tables64(0x9a6c9329, 0xac4bc9b5);

/** Eight tables behind each other: the one at 256 × n tells what a byte comes to that n more bytes follow. */
function tables64(polynomialHigh: number, polynomialLow: number): readonly [Uint32Array, Uint32Array] {
  const highs = new Uint32Array(8 * 256);
  const lows = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = low & 1;
      low = ((low >>> 1) | (high << 31)) ^ (odd ? polynomialLow : 0);
      high = (high >>> 1) ^ (odd ? polynomialHigh : 0);
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  for (let at = 256; at < highs.length; at += 1) {
    const [high, low] = [highs[at - 256] ?? 0, lows[at - 256] ?? 0];
    highs[at] = (high >>> 8) ^ (highs[low & 0xff] ?? 0);
    lows[at] = ((low >>> 8) | (high << 24)) ^ (lows[low & 0xff] ?? 0);
  }
  return [highs, lows];
}

function startCrc64(): RunningChecksum {
  let keptHigh = 0xffffffff;
  let keptLow = 0xffffffff;
  return {
    update(chunk) {
      let high = keptHigh;
      let low = keptLow;
      const bytes = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const whole = chunk.length - (chunk.length % 8);
      for (let at = 0; at < whole; at += 8) {
        low ^= bytes.getUint32(at, true);
        high ^= bytes.getUint32(at + 4, true);
        const before = high;
        high = sumOfEight(CRC64_HIGH, low, before);
        low = sumOfEight(CRC64_LOW, low, before);
      }
      for (let at = whole; at < chunk.length; at += 1) {
        const index = (low ^ bytes.getUint8(at)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOW[index] ?? 0);
        high = (high >>> 8) ^ (CRC64_HIGH[index] ?? 0);
      }
      keptHigh = high;
      keptLow = low;
    },
    digest: () => bigEndian(~keptHigh, ~keptLow),
  };
}

/** What eight bytes come to, given as two little-endian words; written out, since each upload goes through it. */
function sumOfEight(table: Uint32Array, first: number, second: number): number {
  return (
    (table[1792 + (first & 0xff)] ?? 0) ^
    (table[1536 + ((first >>> 8) & 0xff)] ?? 0) ^
    (table[1280 + ((first >>> 16) & 0xff)] ?? 0) ^
    (table[1024 + (first >>> 24)] ?? 0) ^
    (table[768 + (second & 0xff)] ?? 0) ^
    (table[512 + ((second >>> 8) & 0xff)] ?? 0) ^
    (table[256 + ((second >>> 16) & 0xff)] ?? 0) ^
    (table[second >>> 24] ?? 0)
  );
}
