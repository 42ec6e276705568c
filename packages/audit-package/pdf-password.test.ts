import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PdfWatch } from './pdf-password.ts';

// Made by qpdf 11.3 and Ghostscript 10 of plain.pdf: each revision of the standard security handler, with the user's password 'user'
// and the owner's 'owner', or with the owner's alone.
const folder = join(import.meta.dirname, 'pdfs');
const files = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
const bytesOf = (name: string) =>
  files.find((file) => file.name === name)?.bytes ?? expect.fail(`There is no ${name}.`);

function needsPassword(bytes: Buffer, pieces = bytes.length): boolean {
  const watch = new PdfWatch();
  for (let at = 0; at < bytes.length; at += pieces) watch.add(bytes.subarray(at, at + pieces));
  return watch.needsPassword();
}

test('there are PDFs of each revision, of both kinds', () => {
  for (const revision of ['r2', 'r3', 'r4', 'r5', 'r6']) {
    for (const kind of ['to-open', 'owner-only'])
      expect(files.map(({ name }) => name)).toContainEqual(expect.stringMatching(`^${revision}.*-${kind}.pdf$`));
  }
});

test.each(files)('$name', ({ name, bytes }) => {
  expect(needsPassword(bytes)).toBe(name.endsWith('-to-open.pdf'));
});

test('however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.integer({ min: 1, max: 700 }), ({ name, bytes }, pieces) => {
      expect(needsPassword(bytes, pieces)).toBe(name.endsWith('-to-open.pdf'));
    }),
    { numRuns: 200 },
  );
});

test('a large one: what tells stands far apart', () => {
  const [open, owner] = ['r6-to-open.pdf', 'r6-owner-only.pdf'].map((name) => bytesOf(name).toString('latin1'));
  for (const [text, expected] of [
    [open, true],
    [owner, false],
  ] as const) {
    const filling = `${' '.repeat(99)}\n`.repeat(3_000);
    const [before = '', behind = ''] = (text ?? '').split(/(?=\nxref\n)/);
    const large = `${before}\n${filling}${behind.replace(/(startxref\n)(\d+)/, (_, word, at) => `${word}${Number(at) + filling.length + 1}`)}`;
    expect(needsPassword(Buffer.from(large, 'latin1'), 64 * 1024)).toBe(expected);
  }
});

describe('an incremental update', () => {
  /** The file with one more section, whose trailer has these entries. */
  const updated = (bytes: Buffer, entries: string) => {
    const at = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(bytes.toString('latin1'))?.[1]);
    const update = `xref\n0 0\ntrailer\n<< ${entries} /Prev ${at} >>\nstartxref\n${bytes.length}\n%%EOF\n`;
    return Buffer.concat([bytes, Buffer.from(update, 'latin1')]);
  };

  test.each(['r3', 'r6'])('of an encrypted file: %s', (revision) => {
    for (const kind of ['to-open', 'owner-only']) {
      const bytes = bytesOf(`${revision}-${kind}.pdf`);
      const entries = /(\/ID \[.*?\]) (\/Encrypt \d+ 0 R)/.exec(bytes.toString('latin1'))?.[0];
      expect(needsPassword(updated(bytes, entries ?? ''))).toBe(kind === 'to-open');
    }
  });

  test('without encryption, of a file that has the text of a trailer in it', () => {
    const text = `%PDF-1.4\n1 0 obj\n<< /Length 40 >>\nstream\n(trailer << /Encrypt 5 0 R >>)\nendstream\nendobj\n${' '.repeat(2_000)}\n`;
    const end = `xref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
    expect(needsPassword(Buffer.from(text + end, 'latin1'))).toBe(false);
  });
});

describe('an encryption that no password is known for', () => {
  const encrypted = (encrypt: string) =>
    Buffer.from(`%PDF-1.7\nxref\n0 0\ntrailer\n<< /Root 1 0 R /Encrypt ${encrypt} >>\nstartxref\n9\n%%EOF\n`, 'latin1');

  test.each([
    ['by certificates', '<< /Filter /Adobe.PubSec /V 4 >>'],
    ['by a reference to nothing', '9 0 R'],
    ['without values', '<< /Filter /Standard /R 6 >>'],
    ['of values that are too short', '<< /Filter /Standard /R 3 /O (a) /U (b) /P -4 >>'],
  ])('%s needs one', (_what, encrypt) => {
    expect(needsPassword(encrypted(encrypt))).toBe(true);
  });

  test('null is none', () => {
    expect(needsPassword(encrypted('null'))).toBe(false);
  });
});

test('whatever the bytes are, the judgement is a value', () => {
  const piece = fc.constantFrom(
    'trailer',
    '<<',
    '>>',
    '/Encrypt ',
    '/Filter /Standard',
    '1 0 obj',
    '1 0 R',
    '[',
    '(',
    ')',
    '<41',
    '>',
    '\\1',
    '/ID',
    '/U',
    '/O',
    '/R 6',
    'startxref 9',
    ' ',
    '%',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(typeof needsPassword(Buffer.from(`%PDF-1.7\n${pieces.join(' ')}`, 'latin1'))).toBe('boolean');
    }),
    { numRuns: 500 },
  );
});
