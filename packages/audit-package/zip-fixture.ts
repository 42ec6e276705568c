import { crc32, deflateRawSync } from 'node:zlib';

/** What a header says; what is left out is said truthfully. */
type Claims = {
  flags?: number;
  method?: number;
  crc?: number;
  packed?: number;
  unpacked?: number;
  name?: string | Uint8Array;
  offset?: number;
  extra?: Uint8Array;
  signature?: number;
  /** The system that it was packed on, by its number: 3 is Unix, 0 is DOS and Windows. */
  host?: number;
};

/** One entry of a ZIP for tests, well-formed unless told otherwise. */
export type RawEntry = {
  name: string | Uint8Array;
  data: Uint8Array | string;
  stored?: boolean;
  /** Bytes of the data descriptor. */
  descriptor?: 12 | 16 | 20 | 24;
  /** Sizes and offset in the ZIP64 extra field. */
  zip64?: boolean;
  /** Whether the UTF-8 flag is set; by itself for names beyond ASCII. */
  utf8?: boolean;
  /** Unix mode with the file type. */
  mode?: number;
  local?: Claims;
  central?: Claims;
  descriptorClaims?: Claims;
  /** Instead of the packed data. */
  packedData?: Uint8Array;
  /** Bytes between this entry and the next. */
  gap?: number;
};

export type RawZip = {
  before?: Uint8Array;
  behind?: Uint8Array;
  /** Bytes between the central directory and the end record. */
  beforeEnd?: Uint8Array;
  comment?: Uint8Array | string;
  zip64?: boolean;
  /** Added to what the end record says. */
  countBy?: number;
  offsetBy?: number;
  disk?: number;
};

/** An extra field. */
export function extraField(id: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

/** The extra field with a Unicode name, made for the name that a header has. */
export function unicodeNameExtra(name: string, madeFor: Uint8Array): Buffer {
  const head = Buffer.alloc(5, 1);
  head.writeUInt32LE(crc32(madeFor), 1);
  return extraField(0x7075, Buffer.concat([head, Buffer.from(name)]));
}

/** Writes a ZIP, crooked where it is told so. */
export function rawZip(entries: readonly RawEntry[], zip: RawZip = {}): Buffer {
  const parts: Buffer[] = [Buffer.from(zip.before ?? [])];
  const central: Buffer[] = [];
  const at = () => parts.reduce((sum, part) => sum + part.length, 0);
  for (const entry of entries) {
    const data = Buffer.from(entry.data as Uint8Array);
    const packedData = Buffer.from(entry.packedData ?? (entry.stored ? data : deflateRawSync(data)));
    const name = typeof entry.name === 'string' ? Buffer.from(entry.name) : Buffer.from(entry.name);
    const utf8 = entry.utf8 ?? name.some((byte) => byte > 0x7f);
    const truth = {
      flags: (entry.descriptor ? 8 : 0) | (utf8 ? 0x800 : 0),
      method: entry.stored ? 0 : 8,
      crc: crc32(data),
      packed: packedData.length,
      unpacked: data.length,
      name,
      offset: at(),
      extra: Buffer.alloc(0),
      host: 3,
    };
    const blind = entry.descriptor ? { crc: 0, packed: 0, unpacked: 0 } : {};
    parts.push(header(0x04034b50, { ...truth, ...blind, ...entry.local }, entry.zip64 ?? false), packedData);
    if (entry.descriptor) parts.push(descriptor(entry.descriptor, { ...truth, ...entry.descriptorClaims }));
    parts.push(Buffer.alloc(entry.gap ?? 0));
    central.push(header(0x02014b50, { ...truth, ...entry.central }, entry.zip64 ?? false, entry.mode ?? 0));
  }
  const offset = at() + (zip.offsetBy ?? 0);
  const size = central.reduce((sum, record) => sum + record.length, 0);
  parts.push(...central, Buffer.from(zip.beforeEnd ?? []));
  const count = entries.length + (zip.countBy ?? 0);
  if (zip.zip64) parts.push(zip64End(count, size, offset, at()));
  const comment = Buffer.from((zip.comment ?? '') as string);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip.disk ?? 0, 4);
  end.writeUInt16LE(zip.zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip.zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(zip.zip64 ? 0xffffffff : size, 12);
  end.writeUInt32LE(zip.zip64 ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, end, comment, Buffer.from(zip.behind ?? [])]);
}

function header(
  signature: number,
  claims: Required<Omit<Claims, 'signature'>> & Claims,
  zip64: boolean,
  mode = 0,
): Buffer {
  const central = signature === 0x02014b50;
  const name = Buffer.from(claims.name as string);
  const wide = Buffer.alloc(zip64 ? (central ? 28 : 20) : 0);
  if (zip64) {
    wide.writeUInt16LE(1, 0);
    wide.writeUInt16LE(wide.length - 4, 2);
    wide.writeBigUInt64LE(BigInt(claims.unpacked), 4);
    wide.writeBigUInt64LE(BigInt(claims.packed), 12);
    if (central) wide.writeBigUInt64LE(BigInt(claims.offset), 20);
  }
  const extra = Buffer.concat([wide, claims.extra]);
  const fixed = Buffer.alloc(central ? 46 : 30);
  const start = central ? 6 : 4;
  fixed.writeUInt32LE(claims.signature ?? signature, 0);
  if (central) fixed.set([30, claims.host], 4);
  fixed.writeUInt16LE(zip64 ? 45 : 20, start);
  fixed.writeUInt16LE(claims.flags, start + 2);
  fixed.writeUInt16LE(claims.method, start + 4);
  fixed.writeUInt32LE(claims.crc, start + 10);
  fixed.writeUInt32LE(zip64 ? 0xffffffff : claims.packed, start + 14);
  fixed.writeUInt32LE(zip64 ? 0xffffffff : claims.unpacked, start + 18);
  fixed.writeUInt16LE(name.length, start + 22);
  fixed.writeUInt16LE(extra.length, start + 24);
  if (central) {
    fixed.writeUInt32LE((mode * 0x10000) >>> 0, 38);
    fixed.writeUInt32LE(zip64 ? 0xffffffff : claims.offset, 42);
  }
  return Buffer.concat([fixed, name, extra]);
}

function descriptor(
  length: 12 | 16 | 20 | 24,
  { crc, packed, unpacked }: Required<Pick<Claims, 'crc' | 'packed' | 'unpacked'>>,
): Buffer {
  const bytes = Buffer.alloc(length);
  const at = length === 16 || length === 24 ? 4 : 0;
  if (at > 0) bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc, at);
  if (length >= 20) {
    bytes.writeBigUInt64LE(BigInt(packed), at + 4);
    bytes.writeBigUInt64LE(BigInt(unpacked), at + 12);
  } else {
    bytes.writeUInt32LE(packed, at + 4);
    bytes.writeUInt32LE(unpacked, at + 8);
  }
  return bytes;
}

function zip64End(count: number, size: number, offset: number, at: number): Buffer {
  const bytes = Buffer.alloc(76);
  bytes.writeUInt32LE(0x06064b50, 0);
  bytes.writeBigUInt64LE(44n, 4);
  bytes.writeBigUInt64LE(BigInt(count), 24);
  bytes.writeBigUInt64LE(BigInt(count), 32);
  bytes.writeBigUInt64LE(BigInt(size), 40);
  bytes.writeBigUInt64LE(BigInt(offset), 48);
  bytes.writeUInt32LE(0x07064b50, 56);
  bytes.writeBigUInt64LE(BigInt(at), 64);
  bytes.writeUInt32LE(1, 72);
  return bytes;
}
