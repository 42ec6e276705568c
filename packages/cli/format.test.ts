import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, duration, parseBytes, table } from './format.ts';
import { progressLine, progressText } from './progress.ts';

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [1024, '1.0 KiB'],
    [1536 * 1024, '1.5 MiB'],
    [1023, '1023 B'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [1023.9 * 1024, '1023.9 KiB'],
    [1024 ** 3 - 1, '1.0 GiB'],
    [1024 ** 3, '1.0 GiB'],
    [5 * 1024 ** 4, '5120.0 GiB'],
  ])('%d is shown as %s', (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  it.each([
    ['2048', 2048],
    ['1KiB', 1024],
    ['1.5 MiB', 1536 * 1024],
    ['1gib', 1024 ** 3],
    ['1MB', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('%j says %s', (text, count) => {
    expect(parseBytes(text)).toBe(count);
  });
});

describe('duration', () => {
  it.each([
    [12.4, '12 ms'],
    [999, '999 ms'],
    [2140, '2.1 s'],
  ])('%d ms is shown as %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe('table', () => {
  it('aligns columns, to the right where asked', () => {
    expect(
      table(
        [
          ['a', 'bbb', '1'],
          ['aaaa', 'b', '100'],
        ],
        [2],
      ),
    ).toBe('a     bbb    1\naaaa  b    100\n');
  });

  it('keeps every cell, one line a row', () => {
    const cell = fc.stringMatching(/^[a-z]{0,8}$/);
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (rows) => {
        const lines = table(rows).split('\n').slice(0, -1);
        expect(lines).toHaveLength(rows.length);
        for (const [at, row] of rows.entries()) {
          expect(lines[at]?.split(/ +/).filter(Boolean)).toEqual(row.filter(Boolean));
        }
      }),
    );
  });
});

describe('progress', () => {
  it('shows bar, percent, bytes and rate', () => {
    expect(progressText('audit 1', 512 * 1024, 1024 * 1024, 500)).toBe(
      `audit 1  ${'█'.repeat(12)}${'░'.repeat(12)}   50 %  512.0 KiB of 1.0 MiB  1.0 MiB/s`,
    );
  });

  it('never shows more than there is, nor the end before the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 }), fc.nat(), (total, any) => {
        const sent = any % (total + 1);
        const text = progressText('', sent, total, 1);
        const percent = Number(/(\d+) %/.exec(text)?.[1]);
        expect(percent === 100).toBe(sent === total);
        expect(text.match(/[█░]/g)).toHaveLength(24);
      }),
    );
  });

  it('never fills a line of the terminal, which could not be written over then', () => {
    const columns = 40;
    const lines: string[] = [];
    const io = {
      err: (text: string) => void lines.push(stripVTControlCharacters(text).trim()),
      columns: () => columns,
    };
    const progress = progressLine(io, 'audit 412345678', 1024 ** 3);
    for (const part of [1, 2, 3, 4]) progress.sent(part * 2 ** 28);
    progress.end();
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) expect([...line].length).toBeLessThan(columns);
  });
});
