import { expect, test } from 'vitest';
import { bufferSource } from './byte-source.ts';
import type { DocumentType } from './document-type.ts';
import { inspectPackage, type PackageDocument } from './inspect.ts';
import { documentOf, expectation, officeFile, packageOf } from './package-fixture.ts';
import { DamagedDocument, readDocument } from './read-document.ts';
import type { RawEntry } from './zip-fixture.ts';

const large = documentOf('pdf', 300_000);
const bulk: RawEntry = { name: 'word/media/image1.png', data: documentOf('png', 200_000), stored: true };

async function inspected(document: Omit<RawEntry, 'name'>): Promise<{ bytes: Uint8Array; document: PackageDocument }> {
  const bytes = packageOf({ documents: [{ name: 'evidence/b', ...document }] });
  const inspection = await inspectPackage(bufferSource(bytes), expectation);
  if (!inspection.accepted) throw new Error(JSON.stringify(inspection.problems));
  const found = inspection.content.documents.find(({ path }) => path === 'evidence/b');
  if (found === undefined) throw new Error('The document is missing.');
  return { bytes, document: found };
}

async function read(bytes: Uint8Array, document: PackageDocument): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readDocument(bufferSource(bytes), document)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What is told of a document that intake took and that is read to its end. */
async function damage(document: Omit<RawEntry, 'name'>): Promise<string> {
  const taken = await inspected(document);
  const error = await read(taken.bytes, taken.document).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DamagedDocument)) throw new Error(`Not damaged: ${error}`);
  expect(error.problem.place).toBe('evidence/b');
  return error.problem.message;
}

test.each<[string, Omit<RawEntry, 'name'>]>([
  ['deflated', { data: large }],
  ['stored', { data: large, stored: true }],
  ['with a data descriptor', { data: large, descriptor: 16 }],
  ['stored with a data descriptor', { data: large, stored: true, descriptor: 12 }],
  ['with ZIP64', { data: large, zip64: true, descriptor: 24 }],
  ['small', { data: documentOf('jpeg', 150) }],
])('gives back a document that is %s', async (_what, document) => {
  const { bytes, document: found } = await inspected(document);
  expect((await read(bytes, found)).equals(Buffer.from(document.data as Uint8Array))).toBe(true);
});

test('reads by what was kept as JSON', async () => {
  const { bytes, document } = await inspected({ data: large });
  expect(await read(bytes, JSON.parse(JSON.stringify(document)))).toHaveLength(large.length);
});

const mainType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
const wrong = { unpacked: 299_999 };
const more = { unpacked: 300_001 };
test.each<[string, Omit<RawEntry, 'name'>, RegExp]>([
  ['a wrong CRC', { data: large, local: { crc: 1 }, central: { crc: 1 } }, /^its CRC is wrong/],
  [
    'a wrong CRC when stored',
    { data: large, stored: true, local: { crc: 1 }, central: { crc: 1 } },
    /^its CRC is wrong/,
  ],
  ['more data than it says', { data: large, local: wrong, central: wrong }, /it unpacks to more/],
  ['less data than it says', { data: large, local: more, central: more }, /it unpacks to less/],
  [
    'a descriptor that lies',
    { data: large, descriptor: 16, descriptorClaims: { unpacked: 5 } },
    /data descriptor contradicts/,
  ],
  [
    'macros that only its end shows',
    { data: officeFile('docx', [bulk, { name: 'word/vbaProject.bin', data: 'x' }]) },
    /with macros/,
  ],
  [
    'macros by a list of types that comes late',
    { data: officeFile('docm', [bulk], { typesLast: true }), stored: true },
    /with macros/,
  ],
  [
    'an archive inside',
    { data: officeFile('docx', [bulk, { name: 'word/embeddings/x.7z', data: 'x' }]) },
    /archive inside/,
  ],
  ['parts of another type', { data: officeFile('pptx', [bulk], { typesLast: true }) }, /a PowerPoint presentation/],
  [
    'the parts of the other office type',
    { data: officeFile('xlsx', [bulk, { name: 'word/x', data: 'x' }], { types: '<Types/>', typesLast: true }) },
    /its type is not allowed/,
  ],
  ['an end that is cut off', { data: officeFile('docx', [bulk]).subarray(0, -1) }, /parts can't be read/],
  [
    'an encoded type with macros',
    {
      data: officeFile('docx', [bulk], {
        typesLast: true,
        types: '<Types ContentType="application/vnd.ms-word.document.&#109;acroEnabled.main+xml"/>',
      }),
    },
    /parts can't be read/,
  ],
  ...['&#x0000006d;acroEnabled', '&#00000118;baProject', '&m;acroEnabled'].map(
    (written): [string, Omit<RawEntry, 'name'>, RegExp] => [
      `a type with macros written as ${written}`,
      {
        data: officeFile('docx', [bulk], {
          typesLast: true,
          types: `<!DOCTYPE Types [<!ENTITY m "m">]><Types><Override ContentType="${mainType}"/><Override ContentType="application/${written}"/></Types>`,
        }),
      },
      /parts can't be read/,
    ],
  ),
])('tells of %s', async (_what, document, message) => {
  expect(await damage(document)).toMatch(message);
});

test('tells of damage behind the first 16 KiB of deflated data', async () => {
  const { bytes, document } = await inspected({ data: large });
  bytes.set([0xde, 0xad, 0xbe, 0xef], document.entry.dataOffset + 200_000);
  await expect(read(bytes, document)).rejects.toThrow(DamagedDocument);
});

test.each<[string, Buffer, DocumentType]>([
  ['docx', officeFile('docx', [bulk]), 'docx'],
  ['docx with its types last', officeFile('docx', [bulk], { typesLast: true }), 'docx'],
  ['xlsx with descriptors', officeFile('xlsx', [bulk], { descriptor: true }), 'xlsx'],
  [
    'xlsx with descriptors and its types last',
    officeFile('xlsx', [bulk], { descriptor: true, typesLast: true }),
    'xlsx',
  ],
  [
    'docx that its first bytes do not tell',
    officeFile('docx', [], {
      typesLast: true,
      first: [{ name: 'docProps/thumbnail.jpeg', data: documentOf('jpeg', 100_000), stored: true }],
    }),
    'office',
  ],
])('takes an office file to its end: %s', async (_what, data, type) => {
  const { bytes, document } = await inspected({ data });
  expect(document.type).toBe(type);
  expect((await read(bytes, document)).equals(data)).toBe(true);
});

test('finds the list of types however the bytes are cut', async () => {
  const data = officeFile('docx', [bulk], { typesLast: true });
  const { bytes, document } = await inspected({ data, stored: true });
  const source = {
    ...bufferSource(bytes),
    async *stream(offset: number, length: number) {
      for (let at = offset; at < offset + length; at += 7) yield bytes.subarray(at, Math.min(at + 7, offset + length));
    },
  };
  let size = 0;
  for await (const chunk of readDocument(source, document)) size += chunk.length;
  expect(size).toBe(data.length);
});

test('hands on the errors of the source as they are', async () => {
  const { bytes, document } = await inspected({ data: large });
  const source = {
    ...bufferSource(bytes),
    async *stream(offset: number) {
      yield bytes.subarray(offset, offset + 1_000);
      throw new Error('connection lost');
    },
  };
  const all = async () => {
    for await (const _ of readDocument(source, document)) {
      // Only the error counts.
    }
  };
  await expect(all()).rejects.toThrow('connection lost');
});
