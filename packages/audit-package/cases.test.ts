import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { protocolById, ruleSetOn } from '@secor/certification';
import { describe, expect, test } from 'vitest';
import { bufferSource } from './byte-source.ts';
import { checkPackage } from './check.ts';
import { documentOf, expectation, packageOf } from './package-fixture.ts';
import type { RawEntry } from './zip-fixture.ts';

const protocol = protocolById('secor-2020');
if (protocol === undefined) throw new Error('There is no protocol secor-2020.');
const expected = {
  auditNumber: '412345678',
  kind: 'certification' as const,
  protocol,
  ruleSet: ruleSetOn('2026-11-30'),
  today: '2026-11-30',
};

/** Small packages as real programs write them, each with what is refused of it: nothing, or one problem. */
const cases: [file: string, refused: readonly RegExp[]][] = [
  // 7-Zip, Windows Explorer and WinRAR: the name in a code page, and in Unicode beside it.
  ['name-in-unicode-field', []],
  // Old programs for Windows.
  [
    'name-in-code-page-only',
    [/^evidence\/évaluation-été\.pdf: its name has letters that the archive does not say how to read\. On Windows/],
  ],
  // Finder: names in NFD without the flag for UTF-8, doubles in __MACOSX.
  ['mac-finder-accents', []],
  // A folder of macOS with an icon of its own: a file "Icon" with a carriage return at its end.
  ['mac-folder-icon', []],
  // Word was open.
  ['office-lock-file', []],
  // Android: a zero behind the extra fields.
  ['extra-field-padded', []],
  // A byte order mark before the header, as some programs for documents write it.
  ['pdf-behind-byte-order-mark', []],
  // qpdf: a password to open the file, and one that only restricts what can be done with it.
  [
    'pdf-password-to-open',
    [/^evidence\/report\.pdf: it needs a password to open, .*: open it .*, and save it without one/],
  ],
  ['pdf-owner-password-only', []],
  // A photo of an iPhone, renamed.
  ['heic-named-jpg', [/^evidence\/IMG_0001\.jpg: it is a photo in the format HEIC of phones, .*: export it as JPEG/]],
  // LibreOffice.
  [
    'opendocument',
    [/^evidence\/minutes\.odt: it is an OpenDocument file, .*: save it as DOCX or XLSX, or export it as PDF/],
  ],
  // SheetJS lists a type with macros, of which there is no part.
  ['xlsx-default-macro-type', []],
  [
    'audit-json-in-capitals',
    [/^audit\.json: it is missing, but the archive has "Audit\.JSON": rename that file to audit\.json/],
  ],
];

describe('a package as a real program writes it', () => {
  test.each(cases)('%s', async (file, refused) => {
    const bytes = readFileSync(join(import.meta.dirname, 'cases', `${file}.zip`));
    const { accepted, problems } = await checkPackage(bufferSource(bytes), expected);
    expect(problems.map(({ place, message }) => `${place}: ${message}`)).toEqual(
      refused.map((problem) => expect.stringMatching(problem)),
    );
    expect(accepted).toBe(refused.length === 0);
  });

  test('the name is the one in Unicode', async () => {
    const bytes = readFileSync(join(import.meta.dirname, 'cases', 'name-in-unicode-field.zip'));
    const { inspectPackage } = await import('./inspect.ts');
    const inspection = await inspectPackage(bufferSource(bytes), expected);
    if (!inspection.accepted) throw new Error(JSON.stringify(inspection.problems));
    expect(inspection.content.documents.map(({ path }) => path)).toContain('evidence/évaluation-été.pdf');
  });

  test('520 photos packed by Finder: half of the 1,040 entries are doubles, which do not count', async () => {
    const photos = Array.from({ length: 520 }, (_, at) => `IMG_${String(at).padStart(4, '0')}.jpg`);
    const double: RawEntry = { name: '', data: Buffer.alloc(120, 5), descriptor: 16 };
    const bytes = packageOf({
      entries: (entries) => [
        ...entries,
        ...photos.flatMap((photo): RawEntry[] => [
          { name: `evidence/${photo}`, data: documentOf('jpeg', 300), descriptor: 16 },
          { ...double, name: `__MACOSX/evidence/._${photo}` },
        ]),
      ],
      audit: (audit) => ({
        ...audit,
        answers: audit.answers.map((answer, at) =>
          at > 0 ? answer : { ...answer, evidence: ['evidence/a.pdf', ...photos.map((photo) => `evidence/${photo}`)] },
        ),
      }),
    });
    expect((await checkPackage(bufferSource(bytes), expectation)).problems).toEqual([]);
  });
});
