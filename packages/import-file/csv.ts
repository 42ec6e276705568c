import { type Reason, reasonOf } from './sentences.ts';

/** A record of a CSV file, with the line of the file on which it begins; the first line is 1. */
export type Row = { readonly line: number; readonly cells: readonly string[] };

/** A text as a table, or why it is none. */
export type Table = { readonly rows: readonly Row[] } | { readonly problem: Reason };

/** A line with more cells than this makes a text no table; no file of ours has a tenth of them. */
const maxCells = 200;

/** What can stand between cells: a comma; a semicolon, as spreadsheets of some countries write; a tab, as copied cells have. */
const separators = [',', ';', '\t'] as const;
type Separator = (typeof separators)[number];

/** Which of them stands between the cells of the first line: the one that stands there most often. */
function separatorOf(text: string): Separator {
  let quoted = false;
  const count: Record<Separator, number> = { ',': 0, ';': 0, '\t': 0 };
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if (character === '\n' || character === '\r') break;
    const separator = separators.find((each) => each === character);
    if (separator !== undefined) count[separator] += 1;
  }
  return separators.reduce((most, each) => (count[each] > count[most] ? each : most));
}

/** A first line that only names the separator, as Excel writes and reads it: sep=; */
const separatorLine = /^\ufeff?"?sep=([^\r\n])"?[,;\t ]*(\r\n|\n|\r|$)/i;

/** A record as the parser gives it: `raw` is how it is written, `lines` how many the parser has counted at its end. */
type Parsed = {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
};

/**
 * Reads a CSV text: comma, semicolon or tab as in its first line, or as a line "sep=;" before it says; any line end, quoted cells,
 * with or without a byte order mark. Blank lines are left out. A row may have any number of cells. A stray quotation mark stands as it is in its cell, and
 * concerns no other line; one that is not closed, or a row of more than 200 cells, makes the text no table. Memory grows with the
 * text, not with what stands in it.
 * @param maxRows rows beyond so many are not read
 */
export async function readTable(whole: string, maxRows = Number.POSITIVE_INFINITY): Promise<Table> {
  const [named = '', separator] = separatorLine.exec(whole) ?? [];
  const known = separators.find((each) => each === separator);
  if (separator !== undefined && known === undefined)
    return { problem: reasonOf('separator-unknown', { given: separator }) };
  const text = whole.slice(named.length);
  const linesBefore = named === '' ? 0 : 1;
  // At first use: a function that only answers the test message of S3 needs none.
  const { CsvError, parse } = await import('csv-parse/sync');
  const options = {
    delimiter: known ?? separatorOf(text),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    cast: (cell: string, { index, lines }: { readonly index: number; readonly lines: number }) => {
      if (index >= maxCells) throw new TooManyCells(linesBefore + lines);
      return cell;
    },
  };
  const isStrict = (raw: string): boolean => {
    try {
      return parse(raw, options).length === 1;
    } catch {
      return false;
    }
  };
  try {
    const records = parse(text, {
      ...options,
      bom: true,
      relax_quotes: true,
      raw: true,
      info: true,
      ...(Number.isFinite(maxRows) ? { to: maxRows } : {}),
    }) as unknown as readonly Parsed[];
    let counted = 0;
    const rows: Row[] = [];
    for (const { record, raw, info } of records) {
      // The parser tells the line on which a record ends, and counts a CRLF within a cell twice.
      const line = linesBefore + info.lines - counted - found(record, /[\r\n]/g);
      counted += found(record, /\r\n/g);
      // A cell that was opened, and went on to a quotation mark of another line, has swallowed what is between them.
      if (record.some((cell) => /^"[^\r\n]*[\r\n]/.test(cell)) && !isStrict(raw))
        return { problem: reasonOf('quotation-not-closed', { line }) };
      rows.push({ line, cells: record });
    }
    return { rows };
  } catch (error) {
    if (error instanceof TooManyCells)
      return { problem: reasonOf('too-many-cells', { line: error.line, most: maxCells }) };
    if (!(error instanceof CsvError)) throw error;
    // What is not closed goes on to the end of the text.
    const raw = 'raw' in error ? String(error.raw).trimStart() : '';
    const line = 1 + linesBefore + count(text.slice(0, text.length - raw.length), /\r\n|\n|\r/g);
    return { problem: reasonOf('quotation-not-closed', { line }) };
  }
}

class TooManyCells extends Error {
  readonly line: number;
  constructor(line: number) {
    super();
    this.line = line;
  }
}

/** How often a pattern is found within the cells. */
function found(cells: readonly string[], pattern: RegExp): number {
  return cells.reduce((sum, cell) => sum + count(cell, pattern), 0);
}

/** One after the other: a list of millions of line ends would fill the memory. */
function count(text: string, pattern: RegExp): number {
  let sum = 0;
  for (const _ of text.matchAll(pattern)) sum += 1;
  return sum;
}
