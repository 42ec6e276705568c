import { constants, inflateRawSync } from 'node:zlib';
import { readDirectory } from './archive.ts';
import { heldSource } from './byte-source.ts';

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

/** Why a document is not taken. */
export type Refusal = { readonly refusal: string };

const allowed = 'only PDF, JPEG, PNG, DOCX and XLSX are taken';
const otherType = { refusal: `it is of another type than allowed: ${allowed}` };
const nestedArchive = {
  refusal: `it is an archive within the archive: put its files into evidence/ one by one; ${allowed}`,
};
const macros = { refusal: 'it is an office file with macros: save it without them, as DOCX or XLSX' };
const unreadable = {
  refusal: "its parts can't be read as those of an office file: save it again as DOCX, XLSX or PDF",
};

const contentTypesName = '[Content_Types].xml';
const mostContentTypesBytes = 1024 * 1024;
const localSignature = 0x04034b50;
const localBytes = 30;

const starts: readonly { bytes: string; at?: number; judged: DocumentType | Refusal }[] = [
  { bytes: '%PDF-', judged: 'pdf' },
  { bytes: '\xff\xd8\xff', judged: 'jpeg' },
  { bytes: '\x89PNG\r\n\x1a\n', judged: 'png' },
  {
    bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    judged: {
      refusal: 'it is an old or password-protected office file: save it as DOCX, XLSX or PDF, without a password',
    },
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
export function judgeStart(start: Uint8Array): DocumentType | Refusal {
  const bytes = buffer(start);
  if (bytes.length >= localBytes && bytes.readUInt32LE(0) === localSignature) return judgeOfficeStart(bytes);
  return (
    starts.find(({ bytes: expected, at = 0 }) => bytes.toString('latin1', at, at + expected.length) === expected)
      ?.judged ?? otherType
  );
}

/** Walks along the parts of an office file as far as they are there. */
function judgeOfficeStart(bytes: Buffer): DocumentType | Refusal {
  let guess: DocumentType = 'office';
  for (let at = 0; at + localBytes <= bytes.length && bytes.readUInt32LE(at) === localSignature; ) {
    const nameEnd = at + localBytes + bytes.readUInt16LE(at + 26);
    const dataAt = nameEnd + bytes.readUInt16LE(at + 28);
    if (dataAt > bytes.length) break;
    const name = bytes.toString('utf8', at + localBytes, nameEnd);
    if (isMacroPart(name)) return macros;
    const data = bytes.subarray(dataAt);
    const method = bytes.readUInt16LE(at + 8);
    if (name === contentTypesName) {
      const packed = bytes.readUInt32LE(at + 18);
      const part = openPart(data, method, packed > 0 && packed <= data.length ? packed : undefined);
      if (part?.complete) return judgeContentTypes(part.bytes);
    }
    if (guess === 'office') {
      if (name.startsWith('word/')) guess = 'docx';
      else if (name.startsWith('xl/')) guess = 'xlsx';
      else if (!/^(\[Content_Types\]\.xml$|_rels\/|docProps\/|customXml\/)/.test(name)) return nestedArchive;
    }
    const length = (bytes.readUInt16LE(at + 6) & 8) === 0 ? bytes.readUInt32LE(at + 18) : describedLength(data, method);
    if (length === undefined) break;
    at = dataAt + length;
  }
  return guess;
}

/** How long a part's data and its data descriptor are together, where only the data tell. */
function describedLength(data: Buffer, method: number): number | undefined {
  const part = openPart(data, method, undefined);
  if (!part?.complete) return undefined;
  const next = data.indexOf('PK\x03\x04', part.length, 'latin1');
  return next >= 0 && next - part.length <= 24 ? next : undefined;
}

/** The unpacked bytes of a part of an office file, from its data on; undefined when they can't be unpacked. */
function openPart(
  data: Buffer,
  method: number,
  packed: number | undefined,
): { bytes: Buffer; complete: boolean; length: number } | undefined {
  const own = packed === undefined ? data : data.subarray(0, packed);
  if (method === 0) return { bytes: own, complete: packed !== undefined, length: own.length };
  try {
    const options = {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: mostContentTypesBytes,
      info: true as const,
    };
    const { buffer: bytes, engine } = inflateRawSync(own, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return { bytes, complete: packed !== undefined || engine.bytesWritten < own.length, length: engine.bytesWritten };
  } catch {
    return undefined;
  }
}

function judgeContentTypes(bytes: Buffer): 'docx' | 'xlsx' | Refusal {
  const utf16 = bytes.subarray(0, 2).toString('latin1') === '\xff\xfe';
  const text = bytes
    .toString(utf16 ? 'utf16le' : 'utf8')
    .replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi, (_, hex?: string, decimal?: string) =>
      String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
    )
    .toLowerCase();
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
    const bytes = buffer(chunk);
    for (const found of this.#found) keep(found, bytes);
    this.#find(bytes);
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= OfficeWatch.mostTailBytes) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
    this.#size += bytes.length;
  }

  /** What the file turned out to be, after its last byte. */
  async judge(): Promise<'docx' | 'xlsx' | Refusal> {
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
    if (bytes.length < localBytes) return unreadable;
    const dataAt = localBytes + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
    if (dataAt + part.packed > bytes.length) return unreadable;
    const opened = openPart(bytes.subarray(dataAt), part.methodNumber, part.packed);
    return opened?.bytes.length === part.unpacked ? judgeContentTypes(opened.bytes) : unreadable;
  }

  #find(bytes: Buffer): void {
    const searched = Buffer.concat([this.#before, bytes]);
    const start = this.#size - this.#before.length;
    for (let at = searched.indexOf(contentTypesName); at >= 0; at = searched.indexOf(contentTypesName, at + 1)) {
      const header = at - localBytes;
      if (header < 0 || searched.readUInt32LE(header) !== localSignature) continue;
      if (this.#found.length >= OfficeWatch.mostFound) break;
      const found = { offset: start + header, chunks: [], left: OfficeWatch.mostFoundBytes };
      keep(found, searched.subarray(header));
      this.#found.push(found);
    }
    // One byte less than header and name together: what is found once is not found again.
    this.#before = Buffer.from(searched.subarray(-(localBytes + contentTypesName.length - 1)));
  }

  static readonly mostTailBytes = 512 * 1024;
  static readonly mostFound = 16;
  static readonly mostFoundBytes = 64 * 1024;
}

function keep(found: { chunks: Buffer[]; left: number }, bytes: Buffer): void {
  if (found.left === 0) return;
  const kept = bytes.subarray(0, found.left);
  found.chunks.push(kept);
  found.left -= kept.length;
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
