import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bufferSource } from './byte-source.ts';
import { type Inspection, inspectPackage } from './inspect.ts';
import { documentOf, expectation, packageOf } from './package-fixture.ts';
import { extraField, type RawEntry, unicodeNameExtra } from './zip-fixture.ts';

const path = 'evidence/évaluation-été.pdf';
// The letters of code page 437 and 850.
const codePage = Buffer.from('evidence/\x82valuation-\x82t\x82.pdf', 'latin1');
const other = Buffer.from('evidence/valuation.pdf');

/** A package with one more document, whose entry is as given; the first answer names it by its Unicode name. */
async function inspect(given: Partial<RawEntry>, named: string | undefined = path): Promise<Inspection> {
  const document: RawEntry = { name: path, data: documentOf('pdf', 2_000), utf8: false, ...given };
  const bytes = packageOf({
    entries: (entries) => [...entries, document],
    audit: (audit) => ({
      ...audit,
      answers: audit.answers.map((answer, at) =>
        at > 0 || named === undefined ? answer : { ...answer, evidence: ['evidence/a.pdf', named] },
      ),
    }),
  });
  return inspectPackage(bufferSource(bytes), expectation);
}

function problemsOf(inspection: Inspection): string[] {
  return inspection.accepted ? [] : inspection.problems.map(({ place, message }) => `${place}: ${message}`);
}

function pathsOf(inspection: Inspection): string[] {
  if (!inspection.accepted) throw new Error(JSON.stringify(inspection.problems, null, 2));
  return inspection.content.documents.map((document) => document.path);
}

const dos = { host: 0 };
const field = { extra: unicodeNameExtra(path, codePage) };

describe('a name that can be known counts', () => {
  const known: [what: string, entry: Partial<RawEntry>][] = [
    ['the flag for UTF-8', { utf8: true, central: dos }],
    ['the flag for UTF-8 in the central directory only', { local: { flags: 0 }, central: { ...dos, flags: 0x800 } }],
    ['the flag for UTF-8 in the local header only', { local: { flags: 0x800 }, central: { ...dos, flags: 0 } }],
    ['UTF-8 from Unix', {}],
    ['UTF-8 from macOS', { central: { host: 19 } }],
    ['UTF-8 from Unix in NFD, as Finder writes it', { name: path.normalize('NFD') }],
    ['a Unicode name in both headers', { name: codePage, local: field, central: { ...dos, ...field } }],
    ['a Unicode name in the central directory', { name: codePage, central: { ...dos, ...field } }],
    ['a Unicode name in the local header', { name: codePage, local: field, central: dos }],
    [
      'a Unicode name for letters that the code page does not have',
      {
        name: 'evidence/?valuation-_t_.pdf',
        central: { ...dos, extra: unicodeNameExtra(path, Buffer.from('evidence/?valuation-_t_.pdf')) },
      },
    ],
    [
      'a Unicode name beside the flag for UTF-8, equal to the name',
      { utf8: true, central: { ...dos, extra: unicodeNameExtra(path, Buffer.from(path)) } },
    ],
  ];
  test.each(known)('%s', async (_what, entry) => {
    expect(pathsOf(await inspect(entry))).toContain(path);
  });

  test.each([
    ['the accents by themselves', 'evidence/e\u0301te\u0301.pdf', 'evidence/\x82t\x82.pdf'],
    ['a dash', 'evidence/Policy – 2026.pdf', 'evidence/Policy - 2026.pdf'],
    ['an apostrophe', 'evidence/Worker’s form.pdf', "evidence/Worker's form.pdf"],
    ['a letter with a stroke', 'evidence/Łukasz.pdf', 'evidence/Lukasz.pdf'],
    ['an accent', 'evidence/Ōtsu.pdf', 'evidence/Otsu.pdf'],
    ['the number of the letter, as Info-ZIP writes it', 'evidence/évaluation.pdf', 'evidence/#U00e9valuation.pdf'],
  ])('a Unicode name whose special letters became plain ones in the code page: %s', async (_what, unicode, plain) => {
    const name = Buffer.from(plain, 'latin1');
    const extra = { extra: unicodeNameExtra(unicode, name) };
    for (const local of [extra, {}])
      expect(pathsOf(await inspect({ name, local, central: { ...dos, ...extra } }, unicode))).toContain(
        unicode.normalize('NFC'),
      );
  });

  test('a Unicode name that was made for another name does not count', async () => {
    const stale = { extra: unicodeNameExtra('evidence/old.pdf', Buffer.from('evidence/old.pdf')) };
    expect(pathsOf(await inspect({ utf8: true, local: stale, central: stale }))).toContain(path);
  });

  test('any name that one of the ways can tell is taken as it is', async () => {
    const letters = fc.stringMatching(/^[a-zà-ÿА-яא-ת一-十]{1,20}$/);
    const ways: ((name: string) => Partial<RawEntry>)[] = [
      (name) => ({ name, utf8: true, central: dos }),
      (name) => ({ name, utf8: false }),
      (name) => {
        const bytes = Buffer.from(name.replace(/[^\0-\x7f]/g, '\xe9'), 'latin1');
        const extra = { extra: unicodeNameExtra(name, bytes) };
        return { name: bytes, utf8: false, local: extra, central: { ...extra, ...dos } };
      },
    ];
    await fc.assert(
      fc.asyncProperty(letters, fc.constantFrom(...ways), async (stem, way) => {
        const name = `evidence/b${stem}.pdf`;
        expect(pathsOf(await inspect(way(name), name))).toContain(name.normalize('NFC'));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a name that nobody can know is refused once', () => {
  const unknown: [what: string, entry: Partial<RawEntry>][] = [
    ['in a code page', { name: codePage, central: dos }],
    ['in a code page, from Unix', { name: codePage }],
    ['UTF-8 from Windows without the flag', { central: dos }],
    [
      'in a code page, with a Unicode name for another name',
      { name: codePage, central: { ...dos, extra: unicodeNameExtra(path, other) } },
    ],
    [
      'in a code page, with a Unicode name that is cut off',
      { name: codePage, central: { ...dos, extra: extraField(0x7075, Buffer.from([1, 0, 0])) } },
    ],
  ];
  test.each(unknown)('%s', async (_what, entry) => {
    expect(problemsOf(await inspect(entry))).toEqual([
      expect.stringMatching(
        /^evidence\/évaluation-été\.pdf: its name has letters.*On Windows.*7-Zip.*on a Mac.*Finder.*rename the file/,
      ),
    ]);
  });

  test('with the missing documents whose names are ASCII', async () => {
    const problems = problemsOf(await inspect({ name: codePage, central: dos }, 'evidence/missing.pdf'));
    expect(problems).toHaveLength(2);
    expect(problems).toContainEqual(
      expect.stringMatching(/^Question .*"evidence\/missing\.pdf" is not in the archive/),
    );
  });

  test('with the missing documents, whatever their names, where the unknown name is of no file', async () => {
    for (const name of ['__MACOSX/._\x82t\x82.pdf', 'evidence/\x82t\x82/'])
      expect(problemsOf(await inspect({ name: Buffer.from(name, 'latin1'), data: '', central: dos }, path))).toEqual([
        expect.stringMatching(/^Question .*"evidence\/évaluation-été\.pdf" is not in the archive/),
      ]);
  });

  test('but not for the folder around the package, whose name means nothing', async () => {
    const folder = Buffer.from('V\x82rification/', 'latin1');
    const bytes = packageOf({
      entries: (entries) =>
        entries.map((entry) => ({
          ...entry,
          name: Buffer.concat([folder, Buffer.from(entry.name)]),
          utf8: false,
          central: dos,
        })),
    });
    expect(pathsOf(await inspectPackage(bufferSource(bytes), expectation))).toEqual(['evidence/a.pdf', 'manual.pdf']);
  });
});

describe('two names that other programs would read differently are refused', () => {
  const two: [what: string, entry: Partial<RawEntry>][] = [
    ['both ASCII', { name: other, central: { extra: unicodeNameExtra('evidence/else.pdf', other) } }],
    [
      'the one says where the other is not',
      { name: codePage, central: { extra: unicodeNameExtra('manual.pdf', codePage) } },
    ],
    [
      'in another folder',
      { name: codePage, central: { extra: unicodeNameExtra('evidence/é/valuation-été.pdf', codePage) } },
    ],
    [
      'beside the flag for UTF-8',
      { utf8: true, central: { extra: unicodeNameExtra('evidence/ô.pdf', Buffer.from(path)) } },
    ],
    [
      'ASCII in the header, special letters beside it',
      { name: other, central: { extra: unicodeNameExtra(path, other) } },
    ],
    [
      'another plain letter in the header',
      { name: 'evidence/a.pdf', central: { extra: unicodeNameExtra('evidence/é.pdf', Buffer.from('evidence/a.pdf')) } },
    ],
    [
      'another in each header',
      {
        name: codePage,
        local: { extra: unicodeNameExtra('evidence/àvaluation-été.pdf', codePage) },
        central: { ...dos, ...field },
      },
    ],
  ];
  test.each(two)('%s', async (_what, entry) => {
    expect(problemsOf(await inspect(entry, undefined)).join('\n')).toMatch(
      /two names that contradict each other|local header contradicts the central directory \(name\)/,
    );
  });
});
