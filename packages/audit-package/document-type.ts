import { inflateRawSync } from 'node:zlib';
import { type LocalHeader, localBytes, nextLocalHeader, readDirectory, readLocalHeader } from './archive.ts';
import { asBuffer, heldSource } from './byte-source.ts';
import { type Fault, fault } from './sentences.ts';

/**
 * What a document is, told by its content. 'office' is a DOCX or XLSX whose first bytes don't tell which; reading it to
 * its end makes sure that it is one of them.
 */
export type DocumentType = 'pdf' | 'jpeg' | 'png' | 'docx' | 'xlsx' | 'office';

/** The media type to serve a document with. */
export const mediaTypes: Readonly<Record<DocumentType, string>> = {
  pdf: 'application/pdf',
  jpeg: 'image/jpeg',
  png: 'image/png',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  office: 'application/octet-stream',
};

const otherType = fault('type-not-allowed');
const nestedArchive = fault('archive-inside');
const macros = fault('office-with-macros');
const unreadable = fault('office-unreadable');

const contentTypesName = '[Content_Types].xml';
const maxContentTypesBytes = 1024 * 1024;
// What the start of a file may cost: those that need more are judged at their end.
const maxFirstContentTypesBytes = 64 * 1024;
const maxFirstParts = 100;

const starts: readonly { bytes: string; at?: number; judged: DocumentType | Fault }[] = [
  { bytes: '%PDF-', judged: 'pdf' },
  { bytes: '\xff\xd8\xff', judged: 'jpeg' },
  { bytes: '\x89PNG\r\n\x1a\n', judged: 'png' },
  {
    bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    judged: fault('office-old'),
  },
  ...[
    'PK\x05\x06',
    'Rar!\x1a\x07',
    '7z\xbc\xaf\x27\x1c',
    '\x1f\x8b',
    'BZh',
    '\xfd7zXZ\0',
    '\x28\xb5\x2f\xfd',
    'MSCF',
    '\x04\x22\x4d\x18',
    '\x60\xea',
  ].map((bytes) => ({ bytes, judged: nestedArchive })),
  { bytes: 'ustar', at: 257, judged: nestedArchive },
];

/**
 * Judges a document by its first bytes, whatever its name.
 * @param start the first bytes, unpacked; 64 KiB are plenty
 */
export function judgeStart(start: Uint8Array): DocumentType | Fault {
  const bytes = asBuffer(start);
  if (readLocalHeader(bytes) !== undefined) return judgeOfficeStart(bytes);
  return (
    starts.find(({ bytes: expected, at = 0 }) => bytes.toString('latin1', at, at + expected.length) === expected)
      ?.judged ?? otherType
  );
}

/**
 * Tells an office file by the names of its first parts, and by its list of content types where that is among them; what
 * they don't tell is 'office'. No data but that list are unpacked: files of many bombs must not keep intake busy.
 */
function judgeOfficeStart(bytes: Buffer): DocumentType | Fault {
  const { names, contentTypes } = firstParts(bytes);
  if (names.some(isMacroPart)) return macros;
  if (names.some(isNestedPart)) return nestedArchive;
  if (contentTypes !== undefined) return judgeContentTypes(contentTypes);
  const telling = names.find((name) => /^(word|xl)\//.test(name));
  if (telling !== undefined) return telling.startsWith('word/') ? 'docx' : 'xlsx';
  const known = /^(\[Content_Types\]\.xml$|_rels\/|docProps\/|customXml\/)/;
  return names.every((name) => known.test(name)) ? 'office' : nestedArchive;
}

/** The names of the first parts of an office file, and its list of content types, as far as they are easily found. */
function firstParts(bytes: Buffer): { names: string[]; contentTypes: Buffer | undefined } {
  const names: string[] = [];
  let contentTypes: Buffer | undefined;
  for (let at: number | undefined = 0; at !== undefined && names.length < maxFirstParts; ) {
    const header = readLocalHeader(bytes, at);
    if (header === undefined || at + header.length > bytes.length) break;
    const name = header.nameBytes.toString('utf8');
    const data = partData(bytes, header, at + header.length);
    if (name === contentTypesName && !names.includes(name) && data !== undefined && data.end <= bytes.length) {
      const packed = bytes.subarray(at + header.length, data.end);
      contentTypes = openPart(packed, header.methodNumber, maxFirstContentTypesBytes);
    }
    names.push(name);
    at = data?.next;
  }
  return { names, contentTypes };
}

/** Where a part's data end and the next part begins; undefined where that is known from a data descriptor not found. */
function partData(bytes: Buffer, header: LocalHeader, dataAt: number): { end: number; next: number } | undefined {
  if (!header.described) return { end: dataAt + header.packed, next: dataAt + header.packed };
  const next = nextLocalHeader(bytes, dataAt);
  if (next < 0) return undefined;
  // The packed size is in the middle of the descriptor; the descriptor has 16 bytes, or 12 without its signature.
  const packed = bytes.readUInt32LE(next - 8);
  return [16, 12].some((descriptor) => dataAt + packed + descriptor === next)
    ? { end: dataAt + packed, next }
    : undefined;
}

/** The unpacked bytes of a part of an office file; undefined when they can't be unpacked, or are more than `most`. */
function openPart(packed: Buffer, methodNumber: number, most: number): Buffer | undefined {
  if (methodNumber === 0) return packed;
  try {
    return inflateRawSync(packed, { maxOutputLength: most });
  } catch {
    return undefined;
  }
}

function judgeContentTypes(bytes: Buffer): 'docx' | 'xlsx' | Fault {
  const utf16 = bytes.subarray(0, 2).toString('latin1') === '\xff\xfe';
  const text = bytes.toString(utf16 ? 'utf16le' : 'utf8').toLowerCase();
  // No office program writes the types in a roundabout way: it would hide what they are.
  if (text.includes('&#') || text.includes('<!doctype')) return unreadable;
  if (text.includes('macroenabled') || text.includes('vbaproject')) return macros;
  if (text.includes('wordprocessingml.document.main+xml')) return 'docx';
  if (text.includes('spreadsheetml.sheet.main+xml')) return 'xlsx';
  return otherType;
}

const isMacroPart = (name: string) => /(^|\/)vba(Project|Data)[^/]*$/i.test(name);
const isNestedPart = (name: string) =>
  /\.(zip|rar|7z|jar|tar|t?gz|bz2|xz|zst|cab|iso|docm|dotm|xlsm|xltm|xlsb|pptm)$/i.test(name);

/**
 * Watches an office file as it streams by, in constant memory: keeps its end, where its own central directory stands,
 * and what may be its list of content types; from both it is judged at its end.
 */
export class OfficeWatch {
  readonly #tail: Buffer[] = [];
  readonly #found: { offset: number; chunks: Buffer[]; left: number }[] = [];
  #tailBytes = 0;
  #size = 0;
  #before = Buffer.alloc(0);

  /** The next bytes of the file. */
  add(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    for (const found of this.#found) keep(found, bytes);
    this.#find(bytes);
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= OfficeWatch.maxTailBytes) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
    this.#size += bytes.length;
  }

  /** What the file turned out to be, after its last byte. */
  async judge(): Promise<'docx' | 'xlsx' | Fault> {
    const tail = Buffer.concat(this.#tail);
    const source = heldSource(this.#size, this.#size - tail.length, tail);
    const directory = await readDirectory(source).catch((error: unknown) => {
      if (error instanceof RangeError) return undefined;
      throw error;
    });
    if (directory?.entries === undefined || directory.problems.length > 0) return unreadable;
    if (directory.entries.some(({ name }) => isMacroPart(name))) return macros;
    if (directory.entries.some(({ name }) => isNestedPart(name))) return nestedArchive;

    const [part, ...others] = directory.entries.filter(({ name }) => name === contentTypesName);
    if (part === undefined) return nestedArchive;
    const found = this.#found.find(({ offset }) => offset === part.offset);
    if (others.length > 0 || found === undefined) return unreadable;
    const bytes = Buffer.concat(found.chunks);
    const dataAt = readLocalHeader(bytes)?.length;
    if (dataAt === undefined || dataAt + part.packed > bytes.length) return unreadable;
    const packed = bytes.subarray(dataAt, dataAt + part.packed);
    const opened = openPart(packed, part.methodNumber, maxContentTypesBytes);
    return opened?.length === part.unpacked ? judgeContentTypes(opened) : unreadable;
  }

  #find(bytes: Buffer): void {
    const searched = Buffer.concat([this.#before, bytes]);
    const start = this.#size - this.#before.length;
    for (let at = searched.indexOf(contentTypesName); at >= 0; at = searched.indexOf(contentTypesName, at + 1)) {
      const header = at - localBytes;
      if (header < 0 || readLocalHeader(searched, header) === undefined) continue;
      if (this.#found.length >= OfficeWatch.maxFound) break;
      const found = { offset: start + header, chunks: [], left: OfficeWatch.maxFoundBytes };
      keep(found, searched.subarray(header));
      this.#found.push(found);
    }
    // One byte less than header and name together: what is found once is not found again.
    this.#before = Buffer.from(searched.subarray(-(localBytes + contentTypesName.length - 1)));
  }

  static readonly maxTailBytes = 512 * 1024;
  static readonly maxFound = 16;
  static readonly maxFoundBytes = 64 * 1024;
}

function keep(found: { chunks: Buffer[]; left: number }, bytes: Buffer): void {
  if (found.left === 0) return;
  const kept = bytes.subarray(0, found.left);
  found.chunks.push(kept);
  found.left -= kept.length;
}
