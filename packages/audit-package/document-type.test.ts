import { describe, expect, test } from 'vitest';
import { bufferSource } from './byte-source.ts';
import { judgeStart, watchOf } from './document-type.ts';
import { inspectPackage } from './inspect.ts';
import { documentOf, expectation, officeFile, packageOf } from './package-fixture.ts';
import { readDocument } from './read-document.ts';
import { type RawEntry, rawZip } from './zip-fixture.ts';

/** What is said of a document: its type, or the problem; at intake, and what only reading it to its end tells. */
async function judged(data: Buffer, name = 'b.bin'): Promise<string> {
  const bytes = packageOf({ documents: [{ name: `evidence/${name}`, data, stored: true }] });
  const inspection = await inspectPackage(bufferSource(bytes), expectation);
  if (!inspection.accepted) return inspection.problems.map(({ message }) => message).join('\n');
  const document = inspection.content.documents.find(({ path }) => path === `evidence/${name}`);
  if (document === undefined) throw new Error('The document is missing.');
  try {
    for await (const _ of readDocument(bufferSource(bytes), document)) {
      // Only the judgement at the end is wanted.
    }
  } catch (error) {
    return String(error);
  }
  return document.type;
}

const latin = (text: string) => Buffer.from(text, 'latin1');
const media = (...brands: string[]) => {
  const size = 8 + 4 * (brands.length + 1);
  const [major = '', ...others] = brands;
  return latin(`\0\0\0${String.fromCharCode(size)}ftyp${major}\0\0\0\0${others.join('')}\0\0\0\x08free`);
};

/** A compound file with these streams, whose directory is its first sector or stands far behind. */
function compoundFile(streams: readonly string[], { behind = 0, first = '' } = {}): Buffer {
  const header = Buffer.alloc(512);
  header.write('d0cf11e0a1b11ae1', 'hex');
  const entries = streams.map((name) => {
    const entry = Buffer.alloc(128);
    entry.write(name, 'utf16le');
    entry.writeUInt16LE(2 * name.length + 2, 64);
    entry[66] = 2;
    return entry;
  });
  const data = Buffer.alloc(behind);
  data.write(first, 'latin1');
  return Buffer.concat([header, data, ...entries, Buffer.alloc(512)]);
}

describe('what is not allowed is told by its own name, with the remedy', () => {
  test.each<[string, Buffer, string, RegExp]>([
    ['a photo of an iPhone', media('heic', 'mif1', 'heic'), 'IMG_1.HEIC', /HEIC.*export it as JPEG/],
    ['a photo of an iPhone, renamed', media('heic', 'mif1', 'heic'), 'IMG_1.jpg', /HEIC.*export it as JPEG/],
    ['a sequence of photos', media('hevc', 'msf1'), 'IMG_1.jpg', /HEIC/],
    ['a photo of another phone', media('mif1', 'miaf'), 'a.heif', /HEIF.*export it as JPEG/],
    ['a photo of another phone that says so behind', media('mif1', 'miaf', 'heic'), 'a.heif', /HEIC/],
    ['AVIF', media('avif', 'mif1', 'miaf'), 'a.avif', /an AVIF picture.*JPEG or PNG/],
    ['AVIF by a later brand', media('mif1', 'avif'), 'a.jpg', /AVIF/],
    ['a video', media('isom', 'mp42'), 'a.mp4', /a video.*describe in the notes/],
    ['a video of an iPhone', media('qt  '), 'a.mov', /a video/],
    ['WebP', latin('RIFF\x10\0\0\0WEBPVP8 '), 'a.jpg', /a WebP picture.*JPEG or PNG/],
    ['TIFF', latin('II*\0\x08\0\0\0'), 'scan.pdf', /a TIFF picture.*PDF, JPEG or PNG/],
    ['TIFF of a Mac', latin('MM\0*\0\0\0\x08'), 'scan.tif', /a TIFF picture/],
    ['BMP', latin(`BM${'\0'.repeat(12)}\x28\0\0\0`), 'a.bmp', /a BMP picture/],
    ['RTF', latin('{\\rtf1\\ansi hello}'), 'a.doc', /a Rich Text file.*DOCX or PDF/],
    ['Excel 97', compoundFile(['Root Entry', 'Workbook']), 'a.xlsx', /an Excel 97 file.*XLSX/],
    ['Excel 95', compoundFile(['Root Entry', 'Book']), 'a.xls', /an Excel 97 file/],
    ['Word 97', compoundFile(['Root Entry', '1Table', 'WordDocument']), 'a.pdf', /a Word 97 file.*DOCX/],
    ['PowerPoint 97', compoundFile(['Root Entry', 'PowerPoint Document']), 'a.ppt', /a PowerPoint 97 file/],
    ['an e-mail', compoundFile(['Root Entry', '__nameid_version1.0']), 'a.msg', /an e-mail of Outlook.*PDF/],
    [
      'a large Excel 97 file',
      compoundFile(['Workbook'], { behind: 100_096, first: '\x09\x08\x10\0\0\x06\x05\0' }),
      'b',
      /an Excel 97 file/,
    ],
    [
      'a large Word 97 file',
      compoundFile(['WordDocument'], { behind: 100_096, first: '\xec\xa5\xc1\0' }),
      'b',
      /Word 97/,
    ],
    ['a large one told by its name', compoundFile(['Workbook'], { behind: 100_096 }), 'b.XLS', /an Excel 97 file/],
    [
      'a large one told by nothing',
      compoundFile(['Workbook'], { behind: 100_096 }),
      'b',
      /Word, Excel or PowerPoint 97/,
    ],
    [
      'a workbook with a password',
      compoundFile(['Root Entry', 'EncryptionInfo', 'EncryptedPackage']),
      'a.xlsx',
      /needs a password to open, .*: open it with the password, and save it without one/,
    ],
    [
      'a large workbook with a password, told by its name',
      compoundFile(['EncryptedPackage'], { behind: 100_096 }),
      'a.xlsx',
      /needs a password to open/,
    ],
    [
      'OpenDocument without its type first',
      rawZip([
        { name: 'content.xml', data: '<x/>' },
        { name: 'META-INF/manifest.xml', data: '<x/>' },
      ]),
      'a.ods',
      /OpenDocument/,
    ],
    ...[
      ['a.pages', 'Pages'],
      ['a.numbers', 'Numbers'],
      ['a.key', 'Keynote'],
      ['a.zip', 'Pages, Numbers or Keynote'],
    ].map(([name = '', program]): [string, Buffer, string, RegExp] => [
      `a document of Apple: ${name}`,
      rawZip([
        { name: 'Index/Document.iwa', data: 'x' },
        { name: 'Metadata/Properties.plist', data: 'x' },
      ]),
      name,
      new RegExp(`Apple's ${program}: export it as PDF`),
    ]),
    [
      'a binary workbook',
      officeFile('xlsx', [{ name: 'xl/workbook.bin', data: 'x' }], {
        types:
          '<Types><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
      }),
      'a.xlsb',
      /a binary Excel workbook \(XLSB\): save it as an Excel workbook/,
    ],
  ])('%s', async (_what, data, name, message) => {
    expect(await judged(data, name)).toMatch(message);
  });
});

describe('a document that is too short to be one', () => {
  test.each([
    ['PDF', latin('%PDF-')],
    ['PDF', latin('\xef\xbb\xbf %PDF-1.7\n')],
    ['JPEG', latin('\xff\xd8\xff')],
    ['PNG', latin('\x89PNG\r\n\x1a\n')],
  ])('%s of %s', async (type, data) => {
    expect(await judged(data)).toMatch(new RegExp(`^it has only \\d+ bytes, too few for a ${type}: save it again`));
  });

  test('an office file without its main part', async () => {
    const types = officeFile('docx');
    expect(judgeStart(types, 'a.docx')).toBe('docx');
    const list =
      '<Types><Override PartName="/word/document.xml" ContentType="x.wordprocessingml.document.main+xml"/></Types>';
    expect(await judged(rawZip([{ name: '[Content_Types].xml', data: list }]), 'a.docx')).toMatch(
      /parts can't be read/,
    );
  });
});

describe('a PDF', () => {
  const pdf = documentOf('pdf', 400);

  test.each([
    ['a byte order mark', '\xef\xbb\xbf'],
    ['a byte order mark and lines', '\xef\xbb\xbf\r\n\r\n'],
    ['white space', ' \t\r\n\f\0'],
    ['as much white space as may be', ' '.repeat(1_024)],
  ])('is taken behind %s', async (_what, before) => {
    expect(await judged(Buffer.concat([latin(before), pdf]))).toBe('pdf');
  });

  test.each([
    ['text', 'From: me\r\n'],
    ['more white space', ' '.repeat(1_025)],
  ])('is refused behind %s', async (_what, before) => {
    expect(await judged(Buffer.concat([latin(before), pdf]))).toMatch(/its type is not allowed/);
  });
});

const main = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';
const override = (part: string, type: string) => `<Override PartName="${part}" ContentType="${type}"/>`;
const byDefault = (extension: string, type: string) => `<Default Extension="${extension}" ContentType="${type}"/>`;
const workbook = (types: string, parts: readonly RawEntry[] = [], first: readonly RawEntry[] = []) =>
  officeFile('xlsx', parts, {
    types: `<?xml version="1.0"?><Types>${types}</Types>`,
    first,
    typesLast: first.length > 0,
  });
const vba = 'application/vnd.ms-office.vbaProject';
const bulk: RawEntry = { name: 'xl/media/image1.png', data: documentOf('png', 90_000), stored: true };

describe('an office file', () => {
  const mainOverride = override('/xl/workbook.xml', main);
  test.each<[string, Buffer]>([
    ['a default type with macros that no part has', workbook(byDefault('bin', vba) + mainOverride)],
    [
      'a default type with macros, and printer settings of their own type',
      workbook(byDefault('bin', vba) + mainOverride + override('/xl/printerSettings/printerSettings1.bin', 'x/y'), [
        { name: 'xl/printerSettings/printerSettings1.bin', data: 'x' },
      ]),
    ],
    [
      'the default type of SheetJS, and printer settings',
      workbook(byDefault('bin', 'application/vnd.ms-excel.sheet.binary.macroEnabled.main') + mainOverride, [
        { name: 'xl/printerSettings/printerSettings1.bin', data: 'x' },
      ]),
    ],
    [
      'the main part last',
      workbook(override('/docProps/app.xml', 'x/y') + override('/xl/styles.xml', 'x/y') + mainOverride),
    ],
    [
      'attributes in another order',
      workbook(`<Override ContentType='${main}' PartName='/xl/workbook.xml'></Override>`),
    ],
    ['a prefix', workbook(`<ct:Override xmlns:ct="x" PartName="/xl/workbook.xml" ContentType="${main}"/>`)],
    ['a main part by its default type', workbook(byDefault('xml', main))],
    ['a first folder of its own', workbook(mainOverride, [], [{ name: 'package/services/a.psmdcp', data: '<x/>' }])],
    [
      'a large first folder of its own',
      workbook(mainOverride, [], [{ name: 'media/big.png', data: documentOf('png', 90_000), stored: true }]),
    ],
    [
      'a workbook within',
      workbook(byDefault('xlsx', 'x.spreadsheetml.sheet') + mainOverride, [
        { name: 'xl/embeddings/Sheet1.xlsx', data: officeFile('xlsx'), stored: true },
      ]),
    ],
    [
      'a binary workbook within',
      workbook(mainOverride, [{ name: 'xl/embeddings/Sheet1.xlsb', data: officeFile('xlsx'), stored: true }]),
    ],
    [
      'many workbooks within, and its list last',
      workbook(
        mainOverride,
        Array.from({ length: 40 }, (_, at) => ({
          name: `xl/embeddings/Sheet${at}.xlsx`,
          data: officeFile('xlsx', [{ name: 'xl/a.xml', data: 'x'.repeat(5_000) }]),
          stored: true,
        })),
        [{ name: 'docProps/app.xml', data: '<x/>' }],
      ),
    ],
  ])('is taken with %s', async (_what, data) => {
    expect(await judged(data, 'a.xlsx')).toMatch(/^(xlsx|office)$/);
  });

  const macros = /office file with macros/;
  test.each<[string, Buffer, RegExp]>([
    [
      'a main part with macros',
      workbook(override('/xl/workbook.xml', 'x.ms-excel.sheet.macroEnabled.main+xml')),
      macros,
    ],
    [
      'a template with macros',
      workbook(override('/xl/workbook.xml', 'x.template.macroEnabledTemplate.main+xml')),
      macros,
    ],
    [
      'a main part with macros by its default type',
      workbook(byDefault('xml', 'x.sheet.macroEnabled.main+xml')),
      macros,
    ],
    [
      'a VBA project under another name',
      workbook(mainOverride + override('/xl/hidden.dat', vba), [{ name: 'xl/hidden.dat', data: 'x' }]),
      macros,
    ],
    [
      'a VBA project by its default type',
      workbook(byDefault('bin', vba) + mainOverride, [bulk, { name: 'xl/hidden.bin', data: 'x' }]),
      macros,
    ],
    ['a VBA project by its name', workbook(mainOverride, [bulk, { name: 'xl/vbaProject.bin', data: 'x' }]), macros],
    [
      'two types of its main part',
      workbook(mainOverride + override('/xl/workbook.xml', 'x.sheet.macroEnabled.main+xml')),
      macros,
    ],
    ['a workbook with macros within', workbook(mainOverride, [{ name: 'xl/embeddings/a.xlsm', data: 'x' }]), macros],
    ['its main part in a comment', workbook(`<!-- ${mainOverride} -->`), /its type is not allowed/],
  ])('is refused with %s', async (_what, data, message) => {
    expect(await judged(data, 'a.xlsx')).toMatch(message);
  });

  test('a large ZIP that is not named as an office file is an archive at once', async () => {
    const data = rawZip([{ name: 'photos/1.jpg', data: documentOf('jpeg', 90_000), stored: true }]);
    expect(judgeStart(data.subarray(0, 65_536), 'photos.zip')).toMatchObject({ code: 'archive-inside' });
    expect(judgeStart(data.subarray(0, 65_536), 'photos.docx')).toBe('office');
    expect(await judged(data, 'photos.docx')).toMatch(/an archive inside the archive/);
  });
});

test('a PDF with a password that is larger than what intake reads is told when it is read to its end', async () => {
  const watch = watchOf('pdf');
  watch?.add(documentOf('pdf', 100_000));
  watch?.add(latin('\nxref\n0 0\ntrailer\n<< /Encrypt << /Filter /Standard >> >>\nstartxref\n100001\n%%EOF'));
  expect(await watch?.judge()).toMatchObject({ code: 'pdf-with-password' });
});
