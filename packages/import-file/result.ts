import type { LineResult } from '@secor/contracts';
import { readTable } from './csv.ts';
import { writeSheet } from './sheet.ts';

/** What became of a line: by its number in the file, with the id that it is about. */
export type LineOutcome = {
  readonly line: number;
  readonly id: string;
  readonly result: LineResult;
  readonly reason?: string;
};

const columns = ['line', 'id', 'result', 'reason'] as const;

/** The result of an import as CSV for spreadsheets: a row for each line, no cell a formula. */
export function writeResult(outcomes: readonly LineOutcome[]): string {
  return writeSheet(
    columns,
    outcomes.map(({ line, id, result, reason = '' }) => [String(line), id, result, reason]),
  );
}

/** The result of a file that was refused as a whole: a row for each reason, of no line. */
export function writeRefusal(reasons: readonly string[]): string {
  return writeSheet(
    columns,
    reasons.map((reason) => ['', '', 'refused', reason]),
  );
}

/** A row of a result file; of a file that was refused as a whole the line is empty. */
export type ResultRow = {
  readonly line: string;
  readonly id: string;
  readonly result: string;
  readonly reason: string;
};

/** Reads a result file. Throws Error when it is none. */
export async function readResult(text: string): Promise<ResultRow[]> {
  const table = await readTable(text);
  if ('problem' in table) throw new Error(`The result ${table.problem}.`);
  return table.rows.slice(1).map(({ cells: [line = '', id = '', result = '', reason = ''] }) => ({
    line,
    id,
    result,
    reason,
  }));
}
