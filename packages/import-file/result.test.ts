import { PersonId } from '@secor/contracts';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { readResult, writeRefusal, writeResult } from './result.ts';
import { type Reason, reasonOf } from './sentences.ts';

/** A reason whose sentence is this, and says it. */
const saying = (message: string): Reason => ({ message, code: 'course-unknown', values: { given: message } });

describe('a result', () => {
  it('has a row for each line, and none that a spreadsheet takes for a formula', async () => {
    const text = writeResult([
      { line: 2, id: 'e1', result: 'added' },
      { line: 3, id: '=1+1', result: 'refused', reasons: [saying('@x, "quoted"\nand so on')] },
    ]);
    expect(text).toBe(
      [
        '\ufeff"line","id","result","reason","codes"\r\n',
        '"2","e1","added","",""\r\n',
        `"3","'=1+1","refused","'@x, ""quoted""\nand so on","[{""code"":""course-unknown"",""values"":{""given"":""@x, \\""quoted\\""\\nand so on""}}]"\r\n`,
      ].join(''),
    );
    expect(await readResult(text)).toEqual([
      { line: '2', id: 'e1', result: 'added', reason: '', codes: [] },
      {
        line: '3',
        id: "'=1+1",
        result: 'refused',
        reason: `'@x, "quoted"\nand so on`,
        codes: [{ code: 'course-unknown', values: { given: '@x, "quoted"\nand so on' } }],
      },
    ]);
  });

  it.each([',', ';', '\t', '|'])(
    'has no cell that begins a formula, also where %j separates cells',
    async (separator) => {
      const mean = fc.array(
        fc.constantFrom('=1+2', '+', '-', '@', '\t', '\r', '\n', ';', ',', '"', "'", ' ', 'x', '|'),
      );
      const cell = mean.map((parts) => parts.join(''));
      await fc.assert(
        fc.asyncProperty(cell, cell, async (id, given) => {
          const text = writeResult([{ line: 2, id, result: 'refused', reasons: [saying(given), saying(id)] }]);
          // The values are as they were, whatever is done against formulas.
          const [row] = await readResult(text);
          expect(row?.codes.map(({ values }) => values)).toEqual([{ given }, { given: id }]);
          // As a spreadsheet reads it that knows no quotation marks: it may begin a cell at each separator and line.
          const cells = text.split(/[\r\n]/).flatMap((line) => line.split(separator));
          for (const each of cells) expect(each.replace(/^[\s"]+/, '')).not.toMatch(/^[=+\-@]/);
        }),
        { numRuns: 500 },
      );
      expect(writeResult([{ line: 2, id: 'x;=1+2', result: 'refused' }])).toContain(`"x;'=1+2"`);
    },
  );

  it('shows every id that is one as it is', () => {
    const ids = fc.stringMatching(/^[\w-]{1,64}$/).filter((id) => v.is(PersonId, id));
    fc.assert(
      fc.property(ids, (id) => {
        expect(writeResult([{ line: 2, id, result: 'added' }]).split('\r\n')[1]).toBe(`"2","${id}","added","",""`);
      }),
    );
  });

  it('of a file that was refused as a whole has a row for each reason', async () => {
    const reasons = [reasonOf('column-missing', { column: 'city' }), reasonOf('file-without-lines')];
    expect(await readResult(writeRefusal(reasons))).toEqual(
      reasons.map(({ message, code, values }) => ({
        line: '',
        id: '',
        result: 'refused',
        reason: message,
        codes: [{ code, values }],
      })),
    );
  });
});
