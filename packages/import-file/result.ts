import { type LineResult, ProblemEntry } from '@secor/contracts';
import * as v from 'valibot';
import { readTable } from './csv.ts';
import { type Reason, sentenceOf } from './sentences.ts';
import { formulaFreeJson, writeSheet } from './sheet.ts';

/** What became of a line: by its number in the file, with the id that it is about. */
export type LineOutcome = {
  readonly line: number;
  readonly id: string;
  readonly result: LineResult;
  /** Why it was refused. */
  readonly reasons?: readonly Reason[];
};

const columns = ['line', 'id', 'result', 'reason', 'codes'] as const;

/** The reasons of a row as sentences, and as codes with values. */
function cellsOf(reasons: readonly Reason[]): string[] {
  if (reasons.length === 0) return ['', ''];
  return [sentenceOf(reasons), formulaFreeJson(reasons.map(({ code, values }) => ({ code, values })))];
}

/** The result of an import as CSV for spreadsheets: a row for each line, no cell a formula. */
export function writeResult(outcomes: readonly LineOutcome[]): string {
  return writeSheet(
    columns,
    outcomes.map(({ line, id, result, reasons = [] }) => [String(line), id, result, ...cellsOf(reasons)]),
  );
}

/** The result of a file that was refused as a whole: a row for each reason, of no line. */
export function writeRefusal(reasons: readonly Reason[]): string {
  return writeSheet(
    columns,
    reasons.map((reason) => ['', '', 'refused', ...cellsOf([reason])]),
  );
}

const Code = v.pick(ProblemEntry, ['code', 'values']);
type Code = v.InferOutput<typeof Code>;

/** A row of a result file; of a file that was refused as a whole the line is empty. */
export type ResultRow = {
  readonly line: string;
  readonly id: string;
  readonly result: string;
  readonly reason: string;
  /** Each reason without its sentence. */
  readonly codes: readonly Code[];
};

/** Reads a result file. Throws Error when it is none. */
export async function readResult(text: string): Promise<ResultRow[]> {
  const table = await readTable(text);
  if ('problem' in table) throw new Error(`The result can't be read: ${table.problem.message}.`);
  return table.rows.slice(1).map(({ cells: [line = '', id = '', result = '', reason = '', codes = ''] }) => ({
    line,
    id,
    result,
    reason,
    codes: codes === '' ? [] : v.parse(v.array(Code), JSON.parse(codes)),
  }));
}
