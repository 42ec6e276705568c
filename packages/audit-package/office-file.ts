import { inflateRawSync } from 'node:zlib';
import { type LocalHeader, localBytes, nextLocalHeader, readDirectory, readLocalHeader } from './archive.ts';
import { asBuffer, heldSource } from './byte-source.ts';
import { type Fault, fault } from './sentences.ts';

const otherType = fault('type-not-allowed');
const archiveInside = fault('archive-inside');
const macros = fault('office-with-macros');
const unreadable = fault('office-unreadable');

const contentTypesName = '[Content_Types].xml';
// What the start of a file may cost: those that need more are judged at their end.
const maxFirstContentTypesBytes = 64 * 1024;
const maxFirstParts = 100;

/**
 * Judges a document that begins as a ZIP, by the names of its first parts and by its list of content types where that is among them.
 * What they don't tell is 'office', if its own name is that of an office file; reading it to its end makes sure that it is one. No
 * data but that list are unpacked: files of many bombs must not keep intake busy.
 */
export function judgeZipStart(bytes: Buffer, name: string): 'docx' | 'xlsx' | 'office' | Fault {
  const { names, contentTypes, mimetype } = firstParts(bytes);
  const foreign = otherFormat(names, mimetype, name);
  if (foreign !== undefined) return foreign;
  const wrong = wrongPart(names);
  if (wrong !== undefined) return wrong;
  const told = contentTypes && judgeContentTypes(contentTypes, names, 'some');
  if (told !== undefined) return told;
  const telling = names.find((each) => /^(word|xl)\//i.test(each));
  if (telling !== undefined) return /^word\//i.test(telling) ? 'docx' : 'xlsx';
  const known = /^(\[Content_Types\]\.xml$|_rels\/|docProps\/|customXml\/)/i;
  return names.every((each) => known.test(each)) || /\.(docx|xlsx)$/i.test(name) ? 'office' : archiveInside;
}

/** The names of the first parts of an office file, and its list of content types and its media type, as far as they are easily found. */
function firstParts(bytes: Buffer): { names: string[]; contentTypes: Buffer | undefined; mimetype: string } {
  const names: string[] = [];
  let contentTypes: Buffer | undefined;
  let mimetype = '';
  for (let at: number | undefined = 0; at !== undefined && names.length < maxFirstParts; ) {
    const header = readLocalHeader(bytes, at);
    if (header === undefined || at + header.length > bytes.length) break;
    const name = header.nameBytes.toString('utf8');
    const data = partData(bytes, header, at + header.length);
    const packed =
      data === undefined || data.end > bytes.length ? undefined : bytes.subarray(at + header.length, data.end);
    if (name === contentTypesName && !names.includes(name) && packed !== undefined) {
      contentTypes = openPart(packed, header.methodNumber, maxFirstContentTypesBytes);
    }
    if (name === 'mimetype' && names.length === 0 && packed !== undefined) {
      mimetype = openPart(packed, header.methodNumber, 256)?.toString('latin1') ?? '';
    }
    names.push(name);
    at = data?.next;
  }
  return { names, contentTypes, mimetype };
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

const applePrograms = { pages: 'Pages', numbers: 'Numbers', key: 'Keynote' } as const;

/** What else a ZIP with these first parts is by its format, if anything: a document of OpenDocument or of Apple's programs. */
function otherFormat(names: readonly string[], mimetype: string, name: string): Fault | undefined {
  const [, extension = ''] = /\.([a-z]+)$/i.exec(name) ?? [];
  if (/^application\/(vnd\.oasis\.opendocument|vnd\.sun\.xml)/.test(mimetype)) return fault('opendocument');
  if (mimetype.startsWith('application/epub')) return otherType;
  if (names.includes('META-INF/manifest.xml') && names.includes('content.xml')) return fault('opendocument');
  if (!names.some((each) => /(^|\/)(Index\.zip|Index\/[^/]+\.iwa|index\.apxl|buildVersionHistory\.plist)$/i.test(each)))
    return undefined;
  const [, program] = Object.entries(applePrograms).find(([each]) => each === extension.toLowerCase()) ?? [];
  return fault('apple-document', { program: program ?? 'Pages, Numbers or Keynote' });
}

/** What is wrong with an office file by the name of one of its parts. */
function wrongPart(names: readonly string[]): Fault | undefined {
  if (names.some((name) => /(^|\/)vba(Project|Data)[^/]*$/i.test(name))) return macros;
  if (names.some((name) => /\.(docm|dotm|xlsm|xltm|pptm|potm|ppsm)$/i.test(name))) return macros;
  return names.some((name) => /\.(zip|rar|7z|jar|tar|t?gz|bz2|xz|zst|cab|iso)$/i.test(name))
    ? archiveInside
    : undefined;
}

const tag = /<(?:[\w.-]+:)?(override|default)((?:\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/g;
const attribute = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const mainTypes = [
  [/wordprocessingml\.document\.main\+xml$/, 'docx'],
  [/spreadsheetml\.sheet\.main\+xml$/, 'xlsx'],
] as const;

/**
 * What an office file is by its content types: those that its list overrides for a part, and the default ones of the parts that it
 * has. A default type of which there is no part says nothing: some programs list those with macros always.
 * @param names of its parts
 * @param known whether these are all of its parts
 * @returns undefined if another part may tell
 */
function judgeContentTypes(
  bytes: Buffer,
  names: readonly string[],
  known: 'all' | 'some',
): 'docx' | 'xlsx' | Fault | undefined {
  const utf16 = bytes.subarray(0, 2).toString('latin1') === '\xff\xfe';
  const text = bytes.toString(utf16 ? 'utf16le' : 'utf8').toLowerCase();
  // No office program writes the types in a roundabout way: it would hide what they are.
  if (text.includes('&#') || text.includes('<!doctype')) return unreadable;
  const defaults = new Map<string, string>();
  const overrides: { part: string; type: string }[] = [];
  for (const [, kind, attributes = ''] of text.replace(/<!--.*?-->/gs, '').matchAll(tag)) {
    const given = new Map(
      Array.from(attributes.matchAll(attribute), ([, name = '', double, single]) => [name, double ?? single ?? '']),
    );
    const type = given.get('contenttype')?.trim() ?? '';
    if (kind === 'default') defaults.set(given.get('extension') ?? '', type);
    else overrides.push({ part: (given.get('partname') ?? '').replace(/^\//, ''), type });
  }
  const parts = new Set(names.map((name) => name.toLowerCase().replaceAll('\\', '/')));
  parts.delete(contentTypesName.toLowerCase());
  const named = overrides.filter(({ part }) => known === 'some' || parts.has(part));
  const overridden = new Set(named.map(({ part }) => part));
  const byDefault = Array.from(
    parts.difference(overridden),
    (part) => defaults.get(part.split('.').at(-1) ?? '') ?? '',
  );
  const types = [...named.map(({ type }) => type), ...byDefault];
  if (types.some((type) => /macroenabled[\w.]*\.main\+xml$/.test(type) || type.endsWith('.vbaproject'))) return macros;
  for (const [main, judged] of mainTypes) if (types.some((type) => main.test(type))) return judged;
  if (types.some((type) => /presentationml\.\w+\.main\+xml$/.test(type))) return fault('powerpoint');
  if (known === 'some') return undefined;
  if (types.some((type) => type.endsWith('binary.macroenabled.main'))) return fault('excel-binary');
  return overrides.some(({ type }) => mainTypes.some(([main]) => main.test(type))) ? unreadable : otherType;
}

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
  readonly #maxContentTypesBytes: number;

  constructor(maxContentTypesBytes: number) {
    this.#maxContentTypesBytes = maxContentTypesBytes;
  }

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
    const names = directory.entries.map(({ name }) => name);
    const wrong = wrongPart(names);
    if (wrong !== undefined) return wrong;

    const [part, ...others] = directory.entries.filter(({ name }) => name === contentTypesName);
    if (part === undefined) return archiveInside;
    const found = this.#found.find(({ offset }) => offset === part.offset);
    if (others.length > 0 || found === undefined) return unreadable;
    const bytes = Buffer.concat(found.chunks);
    const dataAt = readLocalHeader(bytes)?.length;
    if (dataAt === undefined || dataAt + part.packed > bytes.length) return unreadable;
    const packed = bytes.subarray(dataAt, dataAt + part.packed);
    const opened = openPart(packed, part.methodNumber, this.#maxContentTypesBytes);
    const judged = opened?.length === part.unpacked ? judgeContentTypes(opened, names, 'all') : undefined;
    return judged ?? unreadable;
  }

  #find(bytes: Buffer): void {
    const searched = Buffer.concat([this.#before, bytes]);
    const start = this.#size - this.#before.length;
    for (let at = searched.indexOf(contentTypesName); at >= 0; at = searched.indexOf(contentTypesName, at + 1)) {
      const header = at - localBytes;
      if (header < 0 || readLocalHeader(searched, header) === undefined) continue;
      const found = { offset: start + header, chunks: [], left: OfficeWatch.maxFoundBytes };
      keep(found, searched.subarray(header));
      this.#found.push(found);
      // Workbooks within have lists of their own; the file's is the first one or the last one, nearly always.
      if (this.#found.length > OfficeWatch.maxFound) this.#found.splice(OfficeWatch.maxFound / 2, 1);
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
