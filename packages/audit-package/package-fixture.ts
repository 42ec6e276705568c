import { protocolById, ruleSetOn } from '@secor/certification';
import type { AuditFile } from '@secor/contracts';
import type { Expectation } from './audit-file.ts';
import { sampleAudit } from './build.ts';
import { type RawEntry, type RawZip, rawZip } from './zip-fixture.ts';

const protocol = protocolById('secor-2020');
if (protocol === undefined) throw new Error('There is no protocol secor-2020.');

export const expectation: Expectation = {
  auditNumber: '123456789',
  kind: 'certification',
  protocol,
  ruleSet: ruleSetOn('2026-11-01'),
  today: '2026-11-23',
};

/** Bytes that begin as a document of that type does. */
export const start = {
  pdf: Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1'),
  jpeg: Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1'),
  png: Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
};

/** A document of `size` bytes that can't be packed. */
export function documentOf(type: keyof typeof start, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  bytes.set(start[type]);
  return bytes;
}

const contentTypes = (part: string, main: string) =>
  `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/${part}" ContentType="${main}"/></Types>`;
const mains = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml',
  docm: 'application/vnd.ms-word.document.macroEnabled.main+xml',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml',
};

/** An office file whose list of content types comes first, or last behind its other parts. */
export function officeFile(
  type: keyof typeof mains,
  parts: readonly RawEntry[] = [],
  {
    typesLast = false,
    descriptor = false,
    types = contentTypes(type === 'xlsx' ? 'xl/workbook.xml' : 'word/document.xml', mains[type]),
    first = [],
  }: { typesLast?: boolean; descriptor?: boolean; types?: string; first?: readonly RawEntry[] } = {},
): Buffer {
  const list: RawEntry = { name: '[Content_Types].xml', data: types };
  const rest: RawEntry[] = [
    ...first,
    { name: '_rels/.rels', data: '<Relationships/>' },
    { name: type === 'xlsx' ? 'xl/workbook.xml' : 'word/document.xml', data: '<main/>' },
    ...parts,
  ];
  const entries = typesLast ? [...rest, list] : [list, ...rest];
  return rawZip(descriptor ? entries.map((entry) => ({ ...entry, descriptor: 16 as const })) : entries);
}

export type Fixture = {
  /** Changes audit.json; a string or bytes stand for the whole file. */
  audit?: (audit: AuditFile) => unknown;
  /** Besides the manual and evidence/a.pdf, which all answers share. */
  documents?: readonly RawEntry[];
  /** Changes the entries: audit.json, manual.pdf, evidence/a.pdf, then the documents. */
  entries?: (entries: RawEntry[]) => RawEntry[];
  zip?: RawZip;
  folder?: string;
};

const manual: RawEntry = { name: 'manual.pdf', data: documentOf('pdf', 3_000), stored: true };
export const evidence: RawEntry = { name: 'evidence/a.pdf', data: documentOf('pdf', 2_000) };

/** The bytes of a package that is accepted, but for what the fixture changes. */
export function packageOf({
  audit = (same) => same,
  documents = [],
  entries = (same) => same,
  zip = {},
  folder,
}: Fixture = {}): Buffer {
  const names = documents.map(({ name }) => name).filter((name) => typeof name === 'string');
  const changed = audit(auditFile(['evidence/a.pdf', ...names.filter((name) => name.startsWith('evidence/'))]));
  const data = typeof changed === 'string' || changed instanceof Uint8Array ? changed : JSON.stringify(changed);
  const all = entries([{ name: 'audit.json', data }, manual, evidence, ...documents]);
  return rawZip(folder === undefined ? all : all.map((entry) => ({ ...entry, name: `${folder}/${entry.name}` })), zip);
}

function auditFile(paths: readonly string[], seed = 1): AuditFile {
  return sampleAudit({
    auditNumber: expectation.auditNumber,
    kind: 'certification',
    protocol: expectation.protocol,
    ruleSet: expectation.ruleSet,
    endedOn: '2026-11-20',
    result: 'passed',
    assessor: 'Ada Assessor',
    evidence: paths,
    seed,
  });
}

/** A source that counts what is read of it. */
export function countingSource(bytes: Uint8Array) {
  const reads: { offset: number; length: number }[] = [];
  let open = 0;
  const counter = {
    size: bytes.length,
    reads,
    maxOpen: 0,
    async read(offset: number, length: number): Promise<Uint8Array> {
      reads.push({ offset, length });
      open += 1;
      counter.maxOpen = Math.max(counter.maxOpen, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return bytes.subarray(offset, offset + length);
    },
    stream(): AsyncIterable<Uint8Array> {
      throw new Error('A package is not streamed when it is inspected.');
    },
  };
  return counter;
}
