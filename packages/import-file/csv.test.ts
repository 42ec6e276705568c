import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTable } from './csv.ts';
import { neutral, writeTable } from './sheet.ts';

const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.constantFrom('"', ',', ';', '\r', '\n', '\r\n', ' ', '\t', '=', '\ufeff', 'x'), { maxLength: 6 })
    .map((each) => each.join('')),
);
const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });

async function cellsOf(text: string) {
  const table = await readTable(text);
  return 'rows' in table ? table.rows.map(({ cells }) => cells) : table;
}

describe('a table', () => {
  it('of any strings survives writing and reading', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        expect(await cellsOf(writeTable(table))).toEqual(table);
      }),
    );
  });

  it('tells of each row the line on which it begins, whatever stands in the cells before', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        const read = await readTable(writeTable(table));
        const lineOf = (index: number) => 1 + (writeTable(table.slice(0, index)).match(/\r\n|\n|\r/g)?.length ?? 0);
        expect('rows' in read && read.rows.map(({ line }) => line)).toEqual(table.map((_, index) => lineOf(index)));
      }),
    );
  });

  it.each([
    ['commas', 'a,b\n1,"x;y"\n'],
    ['semicolons', 'a;b\n1;"x;y"\n'],
    ['CRLF', 'a,b\r\n1,"x;y"\r\n'],
    ['old line ends', 'a,b\r1,"x;y"\r'],
    ['a byte order mark', '\ufeffa,b\n1,x;y\n'],
    ['blank lines and no last line end', '\na,b\n\n1,x;y'],
    ['a comma in a quoted cell of the first line', 'a;b\n1;"x;y"'],
  ])('is read with %s', async (_, text) => {
    expect(await cellsOf(text)).toEqual([
      ['a', 'b'],
      ['1', 'x;y'],
    ]);
  });

  it('has lines of the file, blank ones counted', async () => {
    const table = await readTable('a,b\r\n\r\n"x\r\ny",2\r\n3\r\n');
    expect('rows' in table && table.rows.map(({ line }) => line)).toEqual([1, 3, 5]);
  });

  it('is read no further than asked', async () => {
    const table = await readTable('1\n2\n3\n', 2);
    expect('rows' in table && table.rows).toHaveLength(2);
  });

  it.each(['12" Pipe Ltd.', '"Big" Joe "Jr." Ltd.', '"12" Pipe', ' "x" '])(
    'takes the stray quotation marks of %j as they stand, and the lines around it as ever',
    async (stray) => {
      expect(await cellsOf(`a,b\n1,"x,\ny"\n2,${stray}\n3,"z ""z"\n`)).toEqual([
        ['a', 'b'],
        ['1', 'x,\ny'],
        ['2', stray],
        ['3', 'z "z'],
      ]);
    },
  );

  it.each([
    ['a,b\n1,"2\n3,4\n', 2],
    ['a,b\r\n1,"x\r\ny"\r\n\r\n2,"3\r\n4,5\r\n', 5],
    ['\ufeffa,b\n1,12" Pipe\n2,"Zoë', 3],
    ['"', 1],
    // The next quotation mark is another line's: nothing of that line may get lost in silence.
    ['a,b\n1,"Big Joe\n2,"Quoted"\n3,4\n', 2],
    ['a,b\n1,"Big Joe\n2,12" Pipe\n3,4\n', 2],
  ])('is none where a quotation mark is not closed, as in %j', async (text, line) => {
    expect(await readTable(text)).toEqual({
      problem: {
        message: expect.stringMatching(
          new RegExp(`^the file has a quotation mark that is not closed, in line ${line}: `),
        ),
        code: 'quotation-not-closed',
        values: { line },
      },
    });
  });

  it.each([
    ['commas', ','],
    ['semicolons', ';'],
    ['short columns', 'é,'],
    ['quoted line breaks', '"\n",'],
    ['commas behind a good line', `a,b\n${','.repeat(300)}\n`],
    ['a stray quotation mark and commas', `a,b\n"x" y${','.repeat(300)}\n`],
  ])('is none of more than 200 cells in a line: %s', async (_, text) => {
    const table = await readTable(text.repeat(Math.ceil(4_900_000 / text.length)));
    expect(table).toMatchObject({
      problem: { message: expect.stringMatching(/^the file has more than 200 cells in line \d+: /) },
    });
  });

  it('may have 200 cells in a line', async () => {
    expect(await cellsOf(','.repeat(199))).toEqual([Array(200).fill('')]);
  });

  it('is one with a quoted cell of two lines that begins with a quotation mark', async () => {
    expect(await cellsOf('a,b\n"""x"" y\nz",1\n')).toEqual([
      ['a', 'b'],
      ['"x" y\nz', '1'],
    ]);
  });
});

describe('a neutral cell', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "\t'=1"],
    [' =1', " '=1"],
    ['\r\n=1', "\r\n'=1"],
    ['a\r\n "=1', `a\r\n "'=1`],
    ["x;'=1", "x;''=1"],
    ['x\t=1|-2', "x\t'=1|'-2"],
    ['x;=1+2', "x;'=1+2"],
    ['x,"=1+2"', `x,"'=1+2"`],
    ['x; "@a', `x; "'@a`],
    ['＝1', "'＝1"],
  ])('%j is %j', (text, written) => {
    expect(neutral(text)).toBe(written);
  });

  it.each([
    ...[
      '',
      'a=1',
      'cutbank-wellsite',
      '12',
      'Smith - Sons',
      'one\r\nof two',
      'a\tb',
      '"_" or "-", and',
      "it's + and @",
    ],
  ])('%j stays as it is', (text) => {
    expect(neutral(text)).toBe(text);
  });
});

describe('the separator', () => {
  const cells = async (text: string) => {
    const table = await readTable(text);
    return 'problem' in table ? table.problem.message : table.rows.map(({ line, cells: each }) => [line, ...each]);
  };

  it.each([
    [
      'a,b;c\n1,2;3\n',
      [
        [1, 'a', 'b;c'],
        [2, '1', '2;3'],
      ],
    ],
    [
      'a;b,c;d\n1;2,3;4\n',
      [
        [1, 'a', 'b,c', 'd'],
        [2, '1', '2,3', '4'],
      ],
    ],
    [
      'a\tb, c\td\r\n1\t2, 3\t4\r\n',
      [
        [1, 'a', 'b, c', 'd'],
        [2, '1', '2, 3', '4'],
      ],
    ],
    [
      'sep=;\r\na,b;c\r\n1;2\r\n',
      [
        [2, 'a,b', 'c'],
        [3, '1', '2'],
      ],
    ],
    ['\ufeffSEP=\t\na\tb\n', [[2, 'a', 'b']]],
    [
      '"sep=,"\n"a\n1",b\nc,d\n',
      [
        [2, 'a\n1', 'b'],
        [4, 'c', 'd'],
      ],
    ],
    ['sep=,,,\na,b\n', [[2, 'a', 'b']]],
  ])('of %j is found', async (text, rows) => {
    expect(await cells(text)).toEqual(rows);
  });

  it('that is none is refused, and what is not closed is told with its line', async () => {
    expect(await cells('sep=x\na,b\n')).toBe(
      'the file names "x" as its separator: separate the cells by commas, semicolons or tabs',
    );
    expect(await cells('sep=;\na;b\n"1;2\n')).toContain('in line 3');
  });
});
