/**
 * Writes rows as CSV with commas and CRLF, every cell quoted. What was written reads as it was. (csv-stringify would save nothing:
 * it would be a line, too, and its `escape_formulas` looks at the first character of a cell only.)
 */
export function writeTable(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`).join('');
}

/**
 * A cell that no spreadsheet takes for a formula: an apostrophe stands before what could begin one, at the cell's start and
 * behind a separator or a line break within it, where a spreadsheet of another country may begin a cell; blanks and quotation
 * marks between them are passed over. Elsewhere a text stays as it is.
 */
export function neutral(cell: string): string {
  return cell.replace(formulaStart, "$1$2'$3");
}

const formulaStart = /(^|[;,|\t\r\n])((?:[^\S\t\r\n]|["'])*)([=+\-@＝＋－＠])/g;

/** A value as JSON in which nothing begins a formula: JSON has an escape for each character, so it reads as it was. */
export function formulaFreeJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(
    formulaStart,
    (_, before: string, between: string, first: string) => `${before}${between}${escaped(first)}`,
  );
}

/** The mark that tells spreadsheets that a file is UTF-8: it stands once, before the first row. */
const utf8Mark = '\ufeff';

/** Rows as CSV for spreadsheets, no cell a formula; the columns stand before them, unless it is a further part of a file. */
export function writeSheet(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  part: 'first' | 'further' = 'first',
): string {
  const cells = rows.map((row) => row.map(neutral));
  return part === 'first' ? `${utf8Mark}${writeTable([columns, ...cells])}` : writeTable(cells);
}
