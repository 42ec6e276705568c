import { type Answer, maxUnpackedRatio, type PackageWarning } from '@secor/certification';
import { maxAuditFileBytes, maxPackageBytes, maxPackageEntries } from '@secor/contracts';
import {
  checkLocalHeader,
  completeName,
  type Entry,
  type EntryLocation,
  isReadable,
  maxNameBytesOf,
  readDirectory,
} from './archive.ts';
import { type AuditFileContent, type Expectation, readAuditFile } from './audit-file.ts';
import { type ByteSource, heldSource } from './byte-source.ts';
import { type DocumentType, judgeSize, judgeStart, watchOf } from './document-type.ts';
import { auditFileName, isOverlooked, layOut, type NamedEntry } from './layout.ts';
import { type Problem, Problems } from './problem.ts';
import { type Fault, fault } from './sentences.ts';
import { checkDescriptor, DamagedEntry, unpack, unpackStart } from './unpack.ts';

/** One document of a package; plain values, so that it can be kept as JSON until it is read. */
export type PackageDocument = {
  /** From the folder of audit.json, in Unicode form NFC: 'manual.pdf', 'evidence/photo.jpg'. */
  readonly path: string;
  readonly type: DocumentType;
  readonly entry: EntryLocation;
};

/** What an accepted package holds. */
export type PackageContent = AuditFileContent & {
  /** The manual and the evidence, by path. */
  readonly documents: readonly PackageDocument[];
};

/** The judgement over a package. Problems and warnings are sorted by place. */
export type Inspection =
  | { readonly accepted: true; readonly content: PackageContent; readonly warnings: readonly PackageWarning[] }
  | {
      readonly accepted: false;
      readonly problems: readonly Problem[];
      /** Only when every question has one answer that can be scored all the same. */
      readonly answers?: readonly Answer[];
    };

/** From its local header on, of each document. */
const maxDocumentStartBytes = 16 * 1024;
// Of each document: more would let a small archive of many bombs keep intake busy.
const maxUnpackedStartBytes = 64 * 1024;
const maxHeaderBytes = 4 * 1024;
const maxReads = 16;
// [A] Four for each entry that counts; each costs a read.
const maxOverlookedEntries = 4 * maxPackageEntries;
const maxJoinedBytes = 256 * 1024;

/**
 * Judges a package as intake does: reads the end record, the central directory, audit.json and the first 16 KiB of each
 * document, by ranges, so that time and memory do not grow with the size of the documents. All problems are found at
 * once. What stands further behind in a document, and what only the end of an office file tells, is judged by readDocument.
 * @throws only the source's own errors: whatever the bytes are, the judgement is a value
 */
export async function inspectPackage(source: ByteSource, expectation: Expectation): Promise<Inspection> {
  const problems = new Problems();
  if (source.size > maxPackageBytes) problems.add('Archive', fault('archive-too-large'));
  const directory = await readDirectory(source);
  for (const problem of directory.problems) problems.add('Archive', problem);
  if (directory.entries === undefined) return { accepted: false, problems: problems.sorted() };

  const tooMany = checkAmounts(directory.entries, problems);
  const entries = tooMany ? directory.entries : await readUnknownNames(directory.source, directory.entries);
  const layout = layOut(entries, problems);
  checkRatios(layout, problems);
  // Of more than one audit.json, which is a collision, only the first is read: each may unpack to a mebibyte.
  const first = layout.find(({ path }) => path === auditFileName);
  const wanted = layout.filter((named) =>
    !isReadable(named.entry) && !isOverlooked(named.entry.name)
      ? false
      : named.path === auditFileName
        ? named === first
        : !tooMany,
  );
  const documents: PackageDocument[] = [];
  let auditFile: Uint8Array | undefined;
  await readStarts(directory.source, wanted, startLength, async (named, start) => {
    const location = checkLocalHeader(named.entry, start);
    if ('code' in location) problems.add(named.place, location);
    else if (named.path === auditFileName) auditFile = await readAuditFileBytes(location, start, problems);
    else if (named.document) {
      const type = await judgeDocument(named, location, start, problems);
      if (type !== undefined) documents.push({ path: named.path, type, entry: location });
    }
  });

  const named = layout.filter(({ entry }) => entry.nameProblem === undefined);
  const isUnknown = ({ entry: { name, directory, nameProblem } }: NamedEntry) =>
    nameProblem !== undefined && !directory && !isOverlooked(name);
  const paths = {
    documents: new Set(named.filter(({ document }) => document).map(({ path }) => path)),
    others: new Set(named.filter(({ document }) => !document).map(({ path }) => path)),
    areAllKnown: !layout.some(isUnknown),
  };
  if (expectation.kind === 'certification' && !paths.documents.has('manual.pdf')) {
    problems.add('manual.pdf', fault('manual-missing'));
  }
  if (auditFile === undefined) return { accepted: false, problems: problems.sorted() };
  const read = readAuditFile(auditFile, expectation, paths, problems);
  for (const { path, place, document } of named) {
    if (document && path !== 'manual.pdf' && read.named?.has(path) === false) {
      problems.add(place, fault('document-not-named'));
    }
  }
  const found = problems.sorted();
  if (found.length > 0 || read.content === undefined) {
    return { accepted: false, problems: found, ...(read.answers && { answers: read.answers }) };
  }
  documents.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { accepted: true, content: { ...read.content, documents }, warnings: read.warnings };
}

/** Tells of what is too many or too large. @returns whether there are too many entries to read each of them */
function checkAmounts(entries: readonly Entry[], problems: Problems): boolean {
  const counted = entries.filter(({ name }) => !isOverlooked(name)).length;
  if (counted > maxPackageEntries) {
    problems.add('Archive', fault('too-many-entries', { entries: counted, most: maxPackageEntries }));
  }
  const overlooked = entries.length - counted;
  if (overlooked > maxOverlookedEntries) {
    problems.add('Archive', fault('too-many-overlooked', { entries: overlooked, most: maxOverlookedEntries }));
  }
  if (entries.reduce((sum, entry) => sum + entry.unpacked, 0) > maxPackageBytes) {
    problems.add('Archive', fault('archive-unpacks-too-large'));
  }
  return counted > maxPackageEntries || overlooked > maxOverlookedEntries;
}

/** The entries, with the names that only their local headers tell. */
async function readUnknownNames(source: ByteSource, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const unknown = entries.filter(({ name, nameProblem }) => nameProblem !== undefined && !isOverlooked(name));
  const completed = new Map<Entry, Entry>();
  await readStarts(
    source,
    unknown.map((entry) => ({ entry })),
    ({ entry }) => maxNameBytesOf(entry),
    ({ entry }, start) => void completed.set(entry, completeName(entry, start)),
  );
  return entries.map((entry) => completed.get(entry) ?? entry);
}

/** What little is uploaded must not become much to store: neither one document nor all of them together. */
function checkRatios(layout: readonly NamedEntry[], problems: Problems): void {
  const documents = layout.filter(({ document }) => document);
  const swollen = documents.filter(({ entry }) => isSwollen(entry, maxUnpackedRatio.document));
  for (const { entry, place } of swollen) {
    const most = maxUnpackedRatio.document.ratio;
    problems.add(place, fault('document-swollen', { times: timesPacked(entry), most }));
  }
  const sum = (of: 'packed' | 'unpacked') => documents.reduce((bytes, { entry }) => bytes + entry[of], 0);
  const whole = { packed: sum('packed'), unpacked: sum('unpacked') };
  const largest = documents.toSorted((a, b) => b.entry.unpacked - a.entry.unpacked)[0];
  if (largest === undefined || swollen.length > 0 || !isSwollen(whole, maxUnpackedRatio.package)) return;
  const most = maxUnpackedRatio.package.ratio;
  problems.add('Archive', fault('archive-swollen', { times: timesPacked(whole), most, largest: largest.place }));
}

type Sizes = Pick<Entry, 'packed' | 'unpacked'>;

function isSwollen({ packed, unpacked }: Sizes, { ratio, fromBytes }: { ratio: number; fromBytes: number }): boolean {
  return unpacked >= fromBytes && unpacked > ratio * packed;
}

function timesPacked({ packed, unpacked }: Sizes): number {
  return Math.floor(unpacked / Math.max(1, packed));
}

/** How much of an entry, from its local header on, is read to judge it. */
function startLength({ entry, path, document }: NamedEntry): number {
  const whole = entry.end - entry.offset;
  if (document) return Math.min(whole, maxDocumentStartBytes);
  const header = Math.min(whole, entry.nameBytes.length + maxHeaderBytes);
  // Deflate makes what can't be packed a little larger, never twice as large.
  return path === auditFileName && entry.unpacked <= maxAuditFileBytes
    ? Math.min(whole, header + 2 * entry.unpacked)
    : header;
}

/** Reads the starts of the entries by as few range reads as possible, 16 at a time, and hands each one on. */
async function readStarts<E extends { readonly entry: Entry }>(
  source: ByteSource,
  entries: readonly E[],
  lengthOf: (entry: E) => number,
  judge: (entry: E, start: Uint8Array) => Promise<void> | void,
): Promise<void> {
  type Range = { offset: number; end: number; entries: E[] };
  const ranges: Range[] = [];
  for (const named of entries.toSorted((a, b) => a.entry.offset - b.entry.offset)) {
    const { offset } = named.entry;
    const end = offset + lengthOf(named);
    const last = ranges.at(-1);
    if (last !== undefined && offset <= last.end && end - last.offset <= maxJoinedBytes) {
      last.end = Math.max(last.end, end);
      last.entries.push(named);
    } else ranges.push({ offset, end, entries: [named] });
  }
  ranges.reverse();
  const worker = async () => {
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const bytes = await source.read(range.offset, range.end - range.offset);
      for (const named of range.entries) {
        const at = named.entry.offset - range.offset;
        await judge(named, bytes.subarray(at, at + lengthOf(named)));
      }
    }
  };
  const workers = Array.from({ length: Math.min(maxReads, ranges.length) }, worker);
  try {
    await Promise.all(workers);
  } finally {
    // After an error no more ranges are begun.
    ranges.length = 0;
  }
}

/** audit.json unpacked; never more than 1 MiB, whatever its headers say. */
async function readAuditFileBytes(
  location: EntryLocation,
  start: Uint8Array,
  problems: Problems,
): Promise<Uint8Array | undefined> {
  if (location.unpacked > maxAuditFileBytes) {
    problems.add(auditFileName, fault('audit-file-too-large'));
    return undefined;
  }
  if (!isWhole(location, start)) {
    problems.add(auditFileName, fault('audit-file-swollen'));
    return undefined;
  }
  try {
    return await unpackHeld(location, start);
  } catch (error) {
    if (!(error instanceof DamagedEntry)) throw error;
    problems.add(auditFileName, error.fault);
    return undefined;
  }
}

async function judgeDocument(
  { path, place }: NamedEntry,
  location: EntryLocation,
  start: Uint8Array,
  problems: Problems,
): Promise<DocumentType | undefined> {
  if (location.unpacked === 0) {
    problems.add(place, fault('document-empty'));
    return undefined;
  }
  try {
    const data = start.subarray(location.dataOffset - location.offset);
    const whole = isWhole(location, start);
    if (whole) checkDescriptor(location, data.subarray(location.packed));
    const judged =
      whole && location.unpacked <= maxUnpackedStartBytes
        ? await judgeWhole(await unpackHeld(location, start), path)
        : judgeStart(await unpackStart(location, data.subarray(0, location.packed), maxUnpackedStartBytes), path);
    if (typeof judged !== 'string') problems.add(place, judged);
    else if (path === 'manual.pdf' && judged !== 'pdf') {
      problems.add(place, fault('manual-not-pdf', { type: judged.toUpperCase() }));
    } else return judged;
  } catch (error) {
    if (!(error instanceof DamagedEntry)) throw error;
    problems.add(place, error.fault);
  }
  return undefined;
}

/** Judges a document that was read whole as readDocument does, but unpacks no more than of others. */
async function judgeWhole(bytes: Uint8Array, path: string): Promise<DocumentType | Fault> {
  const type = judgeStart(bytes, path);
  if (typeof type !== 'string') return type;
  const watch = watchOf(type, maxUnpackedStartBytes);
  watch?.add(bytes);
  return judgeSize(type, bytes.length) ?? (await watch?.judge()) ?? type;
}

function isWhole(location: EntryLocation, start: Uint8Array): boolean {
  return location.dataOffset - location.offset + location.packed + location.descriptor <= start.length;
}

/**
 * An entry that was read whole, unpacked and checked to its end.
 * @throws DamagedEntry
 */
async function unpackHeld(location: EntryLocation, start: Uint8Array): Promise<Uint8Array> {
  const source = heldSource(location.offset + start.length, location.offset, start);
  return Buffer.concat(await Array.fromAsync(unpack(source, location)));
}
