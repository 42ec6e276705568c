import { createCipheriv } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, deflateSync } from 'node:zlib';
import {
  type AuditKind,
  addDays,
  type Element,
  type Protocol,
  type Question,
  type RuleSet,
} from '@secor/certification';
import type { AuditFile } from '@secor/contracts';
import yazl from 'yazl';

/** A document to put into a package. */
export type BuiltDocument = {
  /** From the folder of audit.json: 'manual.pdf', 'evidence/photo.jpg'. */
  readonly path: string;
  /** Called when it is the document's turn. */
  readonly content: () => AsyncIterable<Uint8Array>;
  /** Deflated, or else stored. */
  readonly compress: boolean;
};

/**
 * Streams a package as a ZIP, in bounded memory: audit.json first, then the documents in their order.
 * @param to is ended when the archive is complete
 * @param folder the enclosing folder, such as 'audit'; none when left out
 */
export async function buildPackage(
  to: Writable,
  audit: AuditFile,
  documents: readonly BuiltDocument[],
  folder?: string,
): Promise<void> {
  const zip = new yazl.ZipFile();
  const prefix = folder === undefined ? '' : `${folder}/`;
  // Without a fixed time the same package would differ from run to run.
  const mtime = new Date(`${audit.endedOn}T12:00:00Z`);
  zip.on('error', (error: Error) => zip.outputStream.emit('error', error));
  zip.addBuffer(Buffer.from(`${JSON.stringify(audit, null, 2)}\n`), `${prefix}audit.json`, { mtime });
  for (const { path, content, compress } of documents) {
    zip.addReadStreamLazy(`${prefix}${path}`, { mtime, compress }, (give) => {
      const stream = Readable.from(content());
      stream.on('error', (error) => zip.outputStream.emit('error', error));
      give(null, stream);
    });
  }
  zip.end();
  await pipeline(zip.outputStream, to);
}

/** What a sample audit should come to; 'failed element' misses the minimum of one element only. */
export type SampleResult = 'passed' | 'failed overall' | 'failed element';

/** What a sample is made for; the same values give the same sample. */
export type SampleAudit = {
  readonly auditNumber: string;
  readonly kind: AuditKind;
  readonly protocol: Protocol;
  readonly ruleSet: RuleSet;
  /** 'YYYY-MM-DD'; the data gathering began four days before. */
  readonly endedOn: string;
  readonly recordsMonths?: number;
  readonly result: SampleResult;
  /** Name in the declaration. */
  readonly assessor: string;
  /** Paths of the documents; each of them is named by an answer. */
  readonly evidence: readonly string[];
  readonly seed: number;
};

/**
 * Filled-in answers, with notes, that come to the wanted result.
 * @throws Error when there is no evidence, or the protocol can't come to that result
 */
export function sampleAudit(sample: SampleAudit): AuditFile {
  const { protocol, endedOn } = sample;
  const random = randomFrom(sample.seed);
  const notApplicable = chooseNotApplicable(protocol, random);
  const failed = chooseFailed(sample, notApplicable, random);
  const questions = protocol.elements.flatMap((element) => element.questions);
  const answers = questions.map((question) =>
    answerTo(question, notApplicable.has(question), failed.has(question), random),
  );

  const documented = new Set(questions.filter(({ methods }) => methods.includes('D')).map(({ id }) => id));
  const needing = answers.filter(
    (answer) => documented.has(answer.question) && 'positive' in answer && answer.positive > 0,
  );
  const paths = sample.evidence;
  if (needing.length > 0 && paths.length === 0) throw new Error('A sample audit needs at least one evidence document.');
  for (let index = 0; index < Math.max(needing.length, paths.length); index += 1) {
    const answer = (needing.length > 0 ? needing : answers)[index % (needing.length || answers.length)];
    const path = paths[index % paths.length];
    if (answer !== undefined && path !== undefined) answer.evidence = [...(answer.evidence ?? []), path];
  }
  return {
    format: 1,
    auditNumber: sample.auditNumber,
    protocol: protocol.id,
    startedOn: addDays(endedOn, -4),
    endedOn,
    recordsMonths: sample.recordsMonths ?? 12,
    answers,
    declaration: { name: sample.assessor, date: endedOn, codeOfEthics: true },
  };
}

/** Some of the questions that allow it, never a whole element. */
function chooseNotApplicable(protocol: Protocol, random: () => number): Set<Question> {
  return new Set(
    protocol.elements.flatMap((element) =>
      element.questions.slice(1).filter((question) => question.notApplicable && random() < 0.25),
    ),
  );
}

/** The questions that get no points, so that the audit comes to the wanted result. */
function chooseFailed(
  { result, kind, protocol, ruleSet }: SampleAudit,
  notApplicable: Set<Question>,
  random: () => number,
): Set<Question> {
  const failed = new Set<Question>();
  const asked = (element: Element) => element.questions.filter((question) => !notApplicable.has(question));
  const points = (questions: readonly Question[]) => questions.reduce((sum, question) => sum + question.points, 0);
  const all = protocol.elements.flatMap(asked);
  const awarded = (questions: readonly Question[]) => points(questions.filter((question) => !failed.has(question)));
  const reaches = (questions: readonly Question[], percent: number) =>
    100 * awarded(questions) >= percent * points(questions);
  const elementPercent = ruleSet.certificationElementPercent.value;
  const overallPercent = (
    kind === 'certification' ? ruleSet.certificationOverallPercent : ruleSet.maintenanceOverallPercent
  ).value;

  const refuse = () => new Error(`No sample audit of protocol ${protocol.id} can come to "${result}".`);
  if (result === 'failed element') {
    // The lightest element: the others still carry the whole.
    const [lightest = []] = protocol.elements.map(asked).sort((a, b) => points(a) - points(b));
    for (const question of lightest) if (reaches(lightest, elementPercent)) failed.add(question);
    if (kind === 'certification' && !reaches(all, overallPercent)) throw refuse();
  }
  if (result === 'failed overall') {
    const shuffled = protocol.elements
      .flatMap((element) => asked(element).map((question) => ({ element, question, at: random() })))
      .sort((a, b) => a.at - b.at);
    for (const { element, question } of shuffled) {
      if (!reaches(all, overallPercent)) break;
      failed.add(question);
      if (!reaches(asked(element), elementPercent)) failed.delete(question);
    }
    if (reaches(all, overallPercent)) throw refuse();
  }
  return failed;
}

function answerTo(
  question: Question,
  notApplicable: boolean,
  failed: boolean,
  random: () => number,
): AuditFile['answers'][number] {
  if (notApplicable) {
    return {
      question: question.id,
      notApplicable: true,
      notes: 'Does not apply: the employer has no such work, and none is planned for the term of the certificate.',
    };
  }
  const sampled = 3 + Math.floor(random() * 10);
  const positive = failed ? 0 : sampled;
  const looked = { D: 'documents were reviewed', I: 'people were interviewed', O: 'places were observed' };
  const [method] = question.methods;
  const finding = failed
    ? 'None of them showed what the question asks for; the owner was told what to put in place.'
    : 'All of them showed what the question asks for.';
  return { question: question.id, positive, sampled, notes: `${sampled} ${looked[method ?? 'D']}. ${finding}` };
}

/** Documents of a sample package: the manual, and evidence by turns as PDF, JPEG and PNG. */
export type SampleDocuments = {
  /** How many there are, the manual included. */
  readonly count: number;
  /** How many bytes they have together, about; never more. */
  readonly bytes: number;
  readonly seed: number;
};

/** The documents of a sample package; those above 1 MiB are stored, since their filling can't be packed. */
export function sampleDocuments({ count, bytes, seed }: SampleDocuments): BuiltDocument[] {
  const size = Math.floor(bytes / count);
  const compress = size <= 1024 * 1024;
  const makers = [
    {
      folder: 'evidence/record',
      extension: 'pdf',
      make: (at: number) => samplePdf({ title: `Record ${at}`, size, seed: seed + at }),
    },
    { folder: 'evidence/photo', extension: 'jpg', make: (at: number) => sampleJpeg({ size, seed: seed + at }) },
    { folder: 'evidence/plan', extension: 'png', make: (at: number) => samplePng({ size, seed: seed + at }) },
  ] as const;
  return Array.from({ length: count }, (_, at) => {
    const maker = makers[(at - 1) % makers.length];
    return at === 0 || maker === undefined
      ? { path: 'manual.pdf', compress, content: () => samplePdf({ title: 'Health and safety manual', size, seed }) }
      : { path: `${maker.folder}-${at}.${maker.extension}`, compress, content: () => maker.make(at) };
  });
}

/** Streams a whole sample package: audit.json and documents that fit together. */
export async function buildSamplePackage(
  to: Writable,
  sample: Omit<SampleAudit, 'evidence'>,
  documents: Omit<SampleDocuments, 'seed'>,
  folder?: string,
): Promise<void> {
  const built = sampleDocuments({ ...documents, seed: sample.seed });
  const evidence = built.map(({ path }) => path).filter((path) => path !== 'manual.pdf');
  await buildPackage(to, sampleAudit({ ...sample, evidence }), built, folder);
}

/** How large a sample document becomes: `size` bytes (a few less where the format demands it), or what it needs at least. */
export type SampleSize = { readonly size: number; readonly seed: number };

/** A real PDF of one page, filled up by a stream object that no page shows. */
export async function* samplePdf({
  title,
  size,
  seed,
}: SampleSize & { readonly title: string }): AsyncGenerator<Uint8Array> {
  const base = await onePage(title, seed);
  yield base;
  const text = base.toString('latin1');
  const number = Number(/\/Size (\d+)/.exec(text)?.[1]);
  const root = /\/Root (\d+ \d+ R)/.exec(text)?.[1];
  const previous = /startxref\s+(\d+)/.exec(text)?.[1];
  const ten = (value: number) => String(value).padStart(10, '0');
  const head = (length: number) => `\n${number} 0 obj\n<< /Length ${ten(length)} >>\nstream\n`;
  const foot = (table: number) =>
    `\nendstream\nendobj\nxref\n${number} 1\n${ten(base.length + 1)} 00000 n \ntrailer\n<< /Size ${number + 1} /Root ${root} /Prev ${previous} >>\nstartxref\n${ten(table)}\n%%EOF\n`;
  const length = size - base.length - head(0).length - foot(0).length;
  if (length < 0) return;
  yield Buffer.from(head(length));
  yield* noise(length, seed);
  yield Buffer.from(foot(base.length + head(0).length + length + '\nendstream\nendobj\n'.length));
}

async function onePage(title: string, seed: number): Promise<Buffer> {
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({
    size: 'LETTER',
    info: { Title: title, CreationDate: new Date(0), ModDate: new Date(0) },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on('end', resolve));
  document.fontSize(20).text(title).moveDown();
  document.fontSize(11).text(`Sample document ${seed}: it stands for what an assessor collects on site.`);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

const side = 64;

/** A real PNG, filled up by an ancillary chunk that viewers pass over. */
export async function* samplePng({ size, seed }: SampleSize): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits a pixel, grey.
  header[8] = 8;
  const random = randomFrom(seed);
  const rows = Array.from({ length: side }, (_, row) =>
    Buffer.from([
      0,
      ...Array.from({ length: side }, (_, column) => (row * 3 + column + Math.floor(random() * 16)) & 255),
    ]),
  );
  const start = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pngChunk('IHDR', header)]);
  const end = Buffer.concat([pngChunk('IDAT', deflateSync(Buffer.concat(rows))), pngChunk('IEND', Buffer.alloc(0))]);
  yield start;
  for await (const filling of fillings(size - start.length - end.length, 12, 1024 * 1024, seed))
    yield pngChunk('fiLl', filling);
  yield end;
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

/** A real JPEG (baseline, grey, one value for each block of 8 × 8), filled up by comment segments. */
export async function* sampleJpeg({ size, seed }: SampleSize): AsyncGenerator<Uint8Array> {
  const start = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
  ]);
  const codes = (counts: number[], symbols: number[]) => [
    ...counts,
    ...Array<number>(16 - counts.length).fill(0),
    ...symbols,
  ];
  const end = Buffer.concat([
    jpegSegment(0xdb, Buffer.from([0, ...Array<number>(64).fill(8)])),
    jpegSegment(0xc0, Buffer.from([8, 0, side, 0, side, 1, 1, 0x11, 0])),
    // Twelve codes of four bits for the differences; one code of one bit, "nothing more in this block".
    jpegSegment(
      0xc4,
      Buffer.from([
        0x00,
        ...codes(
          [0, 0, 0, 12],
          Array.from({ length: 12 }, (_, symbol) => symbol),
        ),
      ]),
    ),
    jpegSegment(0xc4, Buffer.from([0x10, ...codes([1], [0])])),
    jpegSegment(0xda, Buffer.from([1, 1, 0x00, 0, 63, 0])),
    jpegBlocks(seed),
    Buffer.from([0xff, 0xd9]),
  ]);
  yield start;
  for await (const filling of fillings(size - start.length - end.length, 4, 65_533, seed))
    yield jpegSegment(0xfe, filling);
  yield end;
}

function jpegSegment(marker: number, data: Uint8Array): Buffer {
  const segment = Buffer.alloc(data.length + 4);
  segment.writeUInt16BE(0xff00 | marker, 0);
  segment.writeUInt16BE(data.length + 2, 2);
  segment.set(data, 4);
  return segment;
}

function jpegBlocks(seed: number): Buffer {
  const random = randomFrom(seed);
  let bits = '';
  let previous = 0;
  for (let block = 0; block < (side / 8) ** 2; block += 1) {
    const value = (block % 8) * 20 - 80 + Math.floor(random() * 20);
    const difference = value - previous;
    previous = value;
    const length = difference === 0 ? 0 : 1 + Math.floor(Math.log2(Math.abs(difference)));
    const coded = difference < 0 ? difference + 2 ** length - 1 : difference;
    const category = length.toString(2).padStart(4, '0');
    bits += `${category}${length > 0 ? coded.toString(2).padStart(length, '0') : ''}0`;
  }
  const bytes: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(0);
  }
  return Buffer.from(bytes);
}

/** Fillings that come to `bytes` together, each with `frame` bytes around it and at most `most` within. */
async function* fillings(bytes: number, frame: number, most: number, seed: number): AsyncGenerator<Uint8Array> {
  const source = noise(Math.max(0, bytes), seed);
  let pending = Buffer.alloc(0);
  for (let left = bytes; left >= frame; ) {
    const rest = left - frame - most;
    // No remainder may be too small for a frame of its own.
    const length = rest <= 0 ? left - frame : rest < frame ? most - frame : most;
    while (pending.length < length)
      pending = Buffer.concat([pending, (await source.next()).value ?? Buffer.alloc(length)]);
    yield pending.subarray(0, length);
    pending = pending.subarray(length);
    left -= frame + length;
  }
}

/** Bytes that can't be packed, the same for the same seed. */
async function* noise(length: number, seed: number): AsyncGenerator<Buffer> {
  const key = Buffer.alloc(16);
  key.writeDoubleLE(seed);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(64 * 1024);
  for (let left = length; left > 0; left -= zeros.length)
    yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)));
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
