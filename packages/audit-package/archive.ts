import { asBuffer, type ByteSource, rememberingSource } from './byte-source.ts';
import { agreesInName, nameOf, unicodeNameField } from './entry-name.ts';
import { type Fault, fault } from './sentences.ts';

/** Where the data of one entry stand in the archive; plain numbers, so that it can be kept as JSON. */
export type EntryLocation = {
  /** From the start of the archive to the entry's local header, in bytes. */
  readonly offset: number;
  /** From the start of the archive to the entry's packed data. */
  readonly dataOffset: number;
  /** Bytes of the packed data. */
  readonly packed: number;
  /** Bytes that the data have when unpacked. */
  readonly unpacked: number;
  readonly method: 'stored' | 'deflated';
  /** CRC-32 of the unpacked data. */
  readonly crc: number;
  /** Bytes of the data descriptor behind the data: 0 when there is none. */
  readonly descriptor: number;
};

/** One entry as the central directory has it. */
export type Entry = {
  /** With "/" between folders and at the end of a directory's; a guess where `nameProblem` is set. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly directory: boolean;
  readonly flags: number;
  readonly methodNumber: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly offset: number;
  /** Where the next entry, or the central directory, begins. */
  readonly end: number;
  /** Whether it was packed on Unix or macOS, whose names are UTF-8. */
  readonly fromUnix: boolean;
  /** Why its name can't be known. */
  readonly nameProblem?: Fault;
  /** Why its data can't be taken: they are encrypted, or no file. */
  readonly dataProblems: readonly Fault[];
  /** Where two programs could read two different archives. */
  readonly structureProblems: readonly Fault[];
};

/** Whether nothing that the central directory says stands against reading an entry. */
export function isReadable({ nameProblem, dataProblems, structureProblems }: Entry): boolean {
  return nameProblem === undefined && dataProblems.length === 0 && structureProblems.length === 0;
}

/** The content of the central directory; `entries` is missing when it can't be read. */
export type Directory = {
  readonly problems: readonly Fault[];
  readonly entries?: readonly Entry[];
  /** The source, with what was read already remembered. */
  readonly source: ByteSource;
};

/** The local header of an entry: what stands right before its data. */
export type LocalHeader = {
  readonly nameBytes: Buffer;
  readonly extra: Buffer;
  readonly flags: number;
  /** Whether CRC and sizes stand in a data descriptor behind the data instead. */
  readonly described: boolean;
  readonly methodNumber: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  /** From the header's first byte to the data. */
  readonly length: number;
};

const localSignature = Buffer.from('PK\x03\x04', 'latin1');
const centralSignature = Buffer.from('PK\x01\x02', 'latin1');
const endSignature = Buffer.from('PK\x05\x06', 'latin1');
const endBytes = 22;
const zip64LocatorBytes = 20;
const zip64EndBytes = 56;
// The longest archive comment, with all three records before it.
const tailBytes = 0xffff + endBytes + zip64LocatorBytes + zip64EndBytes;
const centralBytes = 46;
/** A local header up to its name. */
export const localBytes = 30;
// [A] 1,000 entries with a kibibyte each; more would be read into memory for nothing.
const maxDirectoryBytes = 1024 * 1024;
// Enough for the longest Unicode name among the extra fields of a local header.
const maxNameExtraBytes = 4 * 1024;
// By the number that APPNOTE.TXT 4.4.2.2 gives them: Unix, Macintosh, macOS.
const unixHosts: ReadonlySet<number> = new Set([3, 7, 19]);
const unset16 = 0xffff;
const unset32 = 0xffffffff;

const flag = {
  encrypted: 1,
  descriptor: 1 << 3,
  patch: 1 << 5,
  strongEncryption: 1 << 6,
  masked: 1 << 13,
};
// The other flags may differ: how hard the data were compressed, and what is compared by its meaning (name, data descriptor).
const encryptionFlags = flag.encrypted | flag.strongEncryption | flag.masked;

/**
 * Reads the end record and the central directory of a ZIP (ZIP64 included) in one or two range reads, and checks that
 * the archive consists of nothing but its entries, the directory and the end record. Local headers and data are not
 * read: see checkLocalHeader.
 */
export async function readDirectory(original: ByteSource): Promise<Directory> {
  const refused = (problem: Fault): Directory => ({ problems: [problem], source: original });
  const tailStart = Math.max(0, original.size - tailBytes);
  const tail = asBuffer(await original.read(tailStart, original.size - tailStart));
  const source = rememberingSource(original, tailStart, tail);

  const endings = signaturesIn(tail);
  const fitting = endings.filter((at) => lengthOfEnd(tail, at) === tail.length - at);
  const [at] = fitting;
  if (at === undefined) return refused(await whyNoEnd(source, tail, tailStart, endings));
  if (fitting.length > 1) return refused(fault('second-end-record'));

  const end = readEnd(tail, at, tailStart);
  if ('code' in end) return refused(end);
  const { count, size, offset, endsAt } = end;
  if (offset + size !== endsAt) {
    const strayBytes = endsAt - offset - size;
    return refused(strayBytes > 0 ? await whereStray(source, strayBytes, offset) : contradiction());
  }
  if (size > maxDirectoryBytes) return refused(fault('directory-too-large'));

  const bytes = asBuffer(await source.read(offset, size));
  const entries = readEntries(bytes, offset);
  if (entries === undefined || entries.length !== count) return refused(contradiction());

  const problems: Fault[] = [];
  const atDirectory = offset - tailStart;
  if (endings.some((other) => other > atDirectory && other !== at) || signaturesIn(bytes).length > 0) {
    problems.push(fault('second-end-record'));
  }
  const first = Math.min(offset, ...entries.map((entry) => entry.offset));
  if (first > 0) {
    problems.push(fault('stray-bytes', { bytes: first, where: 'before-entries' }));
  }
  return { problems, entries, source };
}

/** The local header that begins at `at`, or undefined when there is none; its name and extra fields may be cut off. */
export function readLocalHeader(bytes: Buffer, at = 0): LocalHeader | undefined {
  if (at + localBytes > bytes.length || !startsWith(bytes.subarray(at), localSignature)) return undefined;
  const nameEnd = localBytes + bytes.readUInt16LE(at + 26);
  const length = nameEnd + bytes.readUInt16LE(at + 28);
  const flags = bytes.readUInt16LE(at + 6);
  return {
    nameBytes: bytes.subarray(at + localBytes, at + nameEnd),
    extra: bytes.subarray(at + nameEnd, at + length),
    flags,
    described: (flags & flag.descriptor) !== 0,
    methodNumber: bytes.readUInt16LE(at + 8),
    crc: bytes.readUInt32LE(at + 14),
    packed: bytes.readUInt32LE(at + 18),
    unpacked: bytes.readUInt32LE(at + 22),
    length,
  };
}

/** Where the next local header may begin, from `at` on; -1 when nothing looks like one. */
export function nextLocalHeader(bytes: Buffer, at: number): number {
  return bytes.indexOf(localSignature, at);
}

/**
 * Compares the local header of an entry with the central directory.
 * @param bytes what stands from the entry's offset on: the header at least
 * @returns where its data stand, or what is wrong
 */
export function checkLocalHeader(entry: Entry, bytes: Uint8Array): EntryLocation | Fault {
  const local = readLocalHeader(asBuffer(bytes));
  if (local === undefined) return fault('local-header-misplaced');
  if (local.length > bytes.length) return fault('local-header-too-large');

  const extras = readExtras(local.extra);
  const sizes = extras && wideValues(extras, [local.unpacked, local.packed]);
  const agrees = (said: number | undefined, central: number) => said === central || (local.described && said === 0);
  const name = nameOf(local.nameBytes, local.flags, extras, entry.fromUnix);
  const different = [
    !(local.nameBytes.equals(entry.nameBytes) && agreesInName(local.nameBytes, name, entry.name)) && 'name',
    ((local.flags ^ entry.flags) & encryptionFlags) !== 0 && 'flags',
    local.methodNumber !== entry.methodNumber && 'method',
    !agrees(local.crc, entry.crc) && 'CRC',
    !(agrees(sizes?.[0], entry.unpacked) && agrees(sizes?.[1], entry.packed)) && 'sizes',
  ].filter((what) => what !== false);
  if (different.length > 0) {
    return fault('local-header-differs', { what: different.join(', ') });
  }

  const dataOffset = entry.offset + local.length;
  const descriptor = entry.end - dataOffset - entry.packed;
  if (descriptor < 0) return fault('entry-overlaps');
  // Who reads from front to back goes by the local header.
  if (local.described ? ![12, 16, 20, 24].includes(descriptor) : descriptor !== 0) {
    return fault('bytes-behind-data', { bytes: descriptor });
  }
  return {
    offset: entry.offset,
    dataOffset,
    packed: entry.packed,
    unpacked: entry.unpacked,
    method: entry.methodNumber === 0 ? 'stored' : 'deflated',
    crc: entry.crc,
    descriptor,
  };
}

/** How much of an entry, from its local header on, may be needed to know its name. */
export function maxNameBytesOf({ offset, end, nameBytes }: Entry): number {
  return Math.min(end - offset, localBytes + nameBytes.length + maxNameExtraBytes);
}

/**
 * An entry whose name the central directory leaves unknown, with the name that its local header tells, where it does.
 * @param bytes what stands from the entry's offset on
 */
export function completeName(entry: Entry, bytes: Uint8Array): Entry {
  const local = readLocalHeader(asBuffer(bytes));
  if (local === undefined || !local.nameBytes.equals(entry.nameBytes)) return entry;
  const { name, problem } = nameOf(local.nameBytes, local.flags, readExtras(local.extra), entry.fromUnix);
  const { nameProblem: _unknown, ...known } = entry;
  return problem === undefined ? { ...known, name, directory: name.endsWith('/') } : entry;
}

/** Whether the data descriptor behind an entry's data says what the central directory says. */
export function descriptorAgrees(location: EntryLocation, bytes: Uint8Array): boolean {
  const descriptor = asBuffer(bytes);
  const signed = descriptor.length === 16 || descriptor.length === 24;
  if (signed && descriptor.readUInt32LE(0) !== 0x08074b50) return false;
  const at = signed ? 4 : 0;
  const wide = descriptor.length - at > 12;
  const packed = wide ? Number(descriptor.readBigUInt64LE(at + 4)) : descriptor.readUInt32LE(at + 4);
  const unpacked = wide ? Number(descriptor.readBigUInt64LE(at + 12)) : descriptor.readUInt32LE(at + 8);
  return descriptor.readUInt32LE(at) === location.crc && packed === location.packed && unpacked === location.unpacked;
}

const contradiction = () => fault('directory-contradictory');

function startsWith(bytes: Buffer, signature: Buffer): boolean {
  return bytes.subarray(0, signature.length).equals(signature);
}

function signaturesIn(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(endSignature); at >= 0; at = bytes.indexOf(endSignature, at + 1)) found.push(at);
  return found;
}

function lengthOfEnd(tail: Buffer, at: number): number {
  return at + endBytes <= tail.length ? endBytes + tail.readUInt16LE(at + 20) : endBytes;
}

async function whyNoEnd(source: ByteSource, tail: Buffer, tailStart: number, endings: number[]): Promise<Fault> {
  // An end record that points right before itself is the archive's own, and not one of a document inside.
  const own = endings.findLast(
    (at) => at + endBytes <= tail.length && tail.readUInt32LE(at + 12) + tail.readUInt32LE(at + 16) === tailStart + at,
  );
  const behind = own === undefined ? 0 : tail.length - own - lengthOfEnd(tail, own);
  if (behind > 0) return fault('stray-bytes', { bytes: behind, where: 'after-end' });
  return own !== undefined || (source.size >= 4 && (await signatureAt(source, 0)).equals(localSignature))
    ? fault('archive-truncated')
    : fault('not-a-zip');
}

/** Tells of bytes that belong to nothing and of which the end record does not know, by what stands where. */
async function whereStray(source: ByteSource, bytes: number, directoryOffset: number): Promise<Fault> {
  if ((await signatureAt(source, directoryOffset)).equals(centralSignature)) {
    return fault('stray-bytes', { bytes, where: 'before-end' });
  }
  const moved = (await signatureAt(source, bytes)).equals(localSignature);
  return fault('stray-bytes', { bytes, where: moved ? 'before-entries' : 'among-entries' });
}

async function signatureAt(source: ByteSource, offset: number): Promise<Buffer> {
  return asBuffer(await source.read(offset, 4));
}

/** What the end record says, with ZIP64 taken into account; `endsAt` is where the central directory has to end. */
function readEnd(
  tail: Buffer,
  at: number,
  tailStart: number,
): { count: number; size: number; offset: number; endsAt: number } | Fault {
  const disks = [tail.readUInt16LE(at + 4), tail.readUInt16LE(at + 6)];
  const counts = [tail.readUInt16LE(at + 8), tail.readUInt16LE(at + 10)];
  const narrow = { count: counts[1] ?? 0, size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };

  const locator = at - zip64LocatorBytes;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) {
    if (disks.some((disk) => disk !== 0) || counts[0] !== counts[1]) return fault('archive-split');
    if (narrow.count === unset16 || narrow.size === unset32 || narrow.offset === unset32) return contradiction();
    return { ...narrow, endsAt: tailStart + at };
  }

  const record = Number(tail.readBigUInt64LE(locator + 8)) - tailStart;
  if (
    !(record >= 0 && record + zip64EndBytes <= locator) ||
    tail.readUInt32LE(record) !== 0x06064b50 ||
    record + 12 + Number(tail.readBigUInt64LE(record + 4)) !== locator
  ) {
    return contradiction();
  }
  const wideDisks = [tail.readUInt32LE(locator + 4), tail.readUInt32LE(record + 16), tail.readUInt32LE(record + 20)];
  if (wideDisks.some((disk) => disk !== 0) || tail.readUInt32LE(locator + 16) > 1) return fault('archive-split');
  const wide = {
    count: Number(tail.readBigUInt64LE(record + 32)),
    size: Number(tail.readBigUInt64LE(record + 40)),
    offset: Number(tail.readBigUInt64LE(record + 48)),
  };
  const agree =
    [...disks, 0].every((disk) => disk === 0 || disk === unset16) &&
    counts.every((count) => count === wide.count || count === unset16) &&
    Number(tail.readBigUInt64LE(record + 24)) === wide.count &&
    (narrow.size === wide.size || narrow.size === unset32) &&
    (narrow.offset === wide.offset || narrow.offset === unset32);
  return agree ? { ...wide, endsAt: tailStart + record } : contradiction();
}

type CentralRecord = Omit<Entry, 'end'>;

/** The entries in the order of the directory, or undefined when it is no sequence of records. */
function readEntries(bytes: Buffer, directoryOffset: number): Entry[] | undefined {
  const records: CentralRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + centralBytes > bytes.length || !startsWith(bytes.subarray(at), centralSignature)) return undefined;
    const nameEnd = at + centralBytes + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) return undefined;
    records.push(readRecord(bytes, at, nameEnd, extraEnd));
    at = next;
  }

  const ends = new Map<CentralRecord, number>();
  let following = directoryOffset;
  for (const record of records.toSorted((a, b) => b.offset - a.offset)) {
    ends.set(record, following);
    following = Math.min(following, record.offset);
  }
  return records.map((record) => {
    const end = ends.get(record) ?? directoryOffset;
    const least = record.offset + localBytes + record.nameBytes.length + record.packed;
    return least > end
      ? { ...record, end, structureProblems: [...record.structureProblems, fault('entry-overlaps')] }
      : { ...record, end };
  });
}

function readRecord(bytes: Buffer, at: number, nameEnd: number, extraEnd: number): CentralRecord {
  const structureProblems: Fault[] = [];
  const flags = bytes.readUInt16LE(at + 8);
  const methodNumber = bytes.readUInt16LE(at + 10);
  const nameBytes = bytes.subarray(at + centralBytes, nameEnd);
  const fromUnix = unixHosts.has(bytes.readUInt8(at + 5));

  const extras = readExtras(bytes.subarray(nameEnd, extraEnd));
  const narrow = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
  const wide = extras && wideValues(extras, narrow);
  const [unpacked = 0, packed = 0, offset = 0] = wide ?? narrow;
  const disk = bytes.readUInt16LE(at + 34);
  if (wide === undefined || (disk !== 0 && disk !== unset16)) structureProblems.push(contradiction());
  const { name, problem: nameProblem, contradictory } = nameOf(nameBytes, flags, extras, fromUnix);
  if (contradictory) structureProblems.push(fault('two-names'));

  const encrypted = (flags & encryptionFlags) !== 0 || methodNumber === 99;
  if (methodNumber === 0 && !encrypted && packed !== unpacked) {
    structureProblems.push(fault('stored-size-wrong'));
  }
  const directory = name.endsWith('/');
  // Two bytes are how deflate writes nothing.
  if (directory && (unpacked > 0 || packed > 2)) {
    structureProblems.push(fault('directory-with-data'));
  }

  const dataProblems: Fault[] = [];
  if (encrypted) dataProblems.push(fault('entry-encrypted'));
  else if ((methodNumber !== 0 && methodNumber !== 8) || (flags & flag.patch) !== 0) {
    dataProblems.push(fault('entry-method'));
  }
  const fileType = (bytes.readUInt32LE(at + 38) >>> 16) & 0xf000;
  if (fileType === 0xa000) dataProblems.push(fault('symbolic-link'));
  else if (fileType !== 0 && fileType !== (directory ? 0x4000 : 0x8000)) {
    dataProblems.push(fault('neither-file-nor-directory'));
  }
  return {
    name,
    nameBytes,
    directory,
    flags,
    methodNumber,
    crc: bytes.readUInt32LE(at + 16),
    packed,
    unpacked,
    offset,
    fromUnix,
    ...(nameProblem === undefined ? {} : { nameProblem }),
    dataProblems,
    structureProblems,
  };
}

// ZIP64 sizes and the Unicode name: two of them would let two readers see two files.
const singleExtras = [0x0001, unicodeNameField];

/**
 * The extra fields by their number, or undefined when they are cut off or one that counts stands twice. Some programs fill them up
 * with zeros.
 */
function readExtras(bytes: Buffer): Map<number, Buffer> | undefined {
  const extras = new Map<number, Buffer>();
  let at = 0;
  while (at + 4 <= bytes.length) {
    const id = bytes.readUInt16LE(at);
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (end > bytes.length || (singleExtras.includes(id) && extras.has(id))) return undefined;
    extras.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  return bytes.subarray(at).every((byte) => byte === 0) ? extras : undefined;
}

/** The values with those that say "see ZIP64" taken from its extra field, or undefined when they are not there. */
function wideValues(extras: Map<number, Buffer>, narrow: readonly number[]): number[] | undefined {
  const field = extras.get(1) ?? Buffer.alloc(0);
  const values: number[] = [];
  let at = 0;
  for (const value of narrow) {
    if (value !== unset32) values.push(value);
    else if (at + 8 > field.length) return undefined;
    else {
      const wide = Number(field.readBigUInt64LE(at));
      if (!Number.isSafeInteger(wide)) return undefined;
      values.push(wide);
      at += 8;
    }
  }
  return values;
}
