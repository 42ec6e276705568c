import { type Refusal, type RefusalCode, sayFrom, type Values } from '@secor/certification';
import { fieldSentences, sayMisread } from '@secor/contracts';

type Of = { readonly column: string };

type OwnCode = keyof typeof fieldSentences;

/** What the schemas of the API say of a field, said of a column. */
const ofSchemas = Object.fromEntries(
  Object.entries(fieldSentences).map(([code, sentence]) => [code, ({ column }: Of) => `${column}: ${sentence}`]),
) as { readonly [Code in OwnCode]: (of: Of) => string };

/** What else is said of a cell, a line, a header or the whole file. */
export const ownSentences = {
  missing: ({ column }: Of) => `${column}: is missing`,
  'not-text': ({ column }: Of) => `${column}: must be text`,
  'too-long': ({ column, most }: Of & { most: number }) => `${column}: must have at most ${most} characters`,
  'too-many-entries': ({ column, most }: Of & { most: number }) => `${column}: must have at most ${most} entries`,
  'not-a-number-in-range': ({ column, least, most }: Of & { least: number; most: number }) =>
    `${column}: must be a whole number from ${least} to ${most}`,
  'not-yes-or-no': ({ column }: Of) => `${column}: must be yes or no`,
  misread: ({ column, word }: Of & { word: string }) => `${column}: ${sayMisread(word)}`,
  'not-a-date': ({ column }: Of) => `${column}: must be a date such as 2026-05-31`,
  'too-many-courses': ({ column, courses, most }: Of & { courses: number; most: number }) =>
    `${column}: names ${courses} courses, more than ${most}: keep the latest ones`,
  'not-a-course-and-date': ({ column, given }: Of & { given: string }) =>
    `${column}: "${given}" must be course:date, such as hazard-management:2026-05-31`,
  'course-unknown': ({ column, given, known }: Of & { given: string; known: string }) =>
    `${column}: there is no course "${given}": courses are ${known}`,
  /** `given` are ids. */
  'employers-unknown': ({ column, given }: Of & { given: string }) =>
    `${column}: there is no employer ${given
      .split(', ')
      .map((id) => `"${id}"`)
      .join(', ')}: import the employers first, or correct the id`,
  'cell-too-long': ({ column, most }: Of & { most: number }) => `${column}: has more than ${most} characters`,
  'same-as-before': ({ column, line }: Of & { line: number }) => `${column}: line ${line} has the same`,

  'wrong-number-of-cells': ({ cells, columns }: { cells: number; columns: number }) =>
    `has ${cells} cells, but there are ${columns} columns`,
  'below-the-table': () =>
    'looks like a line of totals, or a remark, below the table: delete it, and send the file again',
  'line-failed': () => 'could not be taken: something failed on our side; import the file again',
  'more-reasons': ({ more }: { more: number }) => `and ${more} more`,

  'column-unnamed': ({ position }: { position: number }) => `column ${position} has no name`,
  'column-unknown': ({ given, known }: { given: string; known: string }) =>
    `there is no column "${given}": columns are ${known}`,
  'column-twice': ({ column }: Of) => `column "${column}" appears twice`,
  'column-missing': ({ column }: Of) => `column "${column}" is missing`,

  'file-empty': () => 'the file is empty: its first line names the columns',
  'file-without-lines': () => 'the file has no lines below its header',
  'file-too-long': ({ most }: { most: number }) => `the file has more than ${most} lines: send it in several files`,
  'file-too-large': ({ megabytes }: { megabytes: number }) =>
    `the file has more than ${megabytes} MB: send it in several files`,
  'file-not-utf8': () =>
    'the file is not a text in UTF-8: in Excel, choose File, Save As, and the type "CSV UTF-8 (Comma delimited)"; in LibreOffice, Text CSV with the character set Unicode (UTF-8)',
  'file-of-excel': () =>
    'the file is an Excel workbook: save as CSV UTF-8. Open it in Excel, go to the sheet with the lines, and choose File, Save As, and the type "CSV UTF-8 (Comma delimited)"',
  'file-of-libreoffice': () =>
    'the file is a spreadsheet of LibreOffice: save as CSV UTF-8. Open it, go to the sheet with the lines, and choose File, Save As, and the type Text CSV with the character set Unicode (UTF-8)',
  'file-of-numbers': () =>
    'the file is a spreadsheet of Numbers: save as CSV UTF-8. Open it in Numbers, and choose File, Export To, CSV; under Advanced Options, choose the encoding Unicode (UTF-8)',
  'file-of-zip': () => 'the file is a ZIP archive, not a CSV file: unpack it, and send the CSV file',
  'separator-unknown': ({ given }: { given: string }) =>
    `the file names "${given}" as its separator: separate the cells by commas, semicolons or tabs`,
  'too-many-cells': ({ line, most }: { line: number; most: number }) =>
    `the file has more than ${most} cells in line ${line}: save only the columns of the sheet as CSV`,
  'quotation-not-closed': ({ line }: { line: number }) =>
    `the file has a quotation mark that is not closed, in line ${line}: double each quotation mark within a cell, and close the cell`,
  /** `lines` are those that were taken. */
  'file-failed': ({ lines }: { lines: number }) => {
    const some = lines === 1 ? '1 line of it was taken' : `${lines} lines of it were taken`;
    const taken = lines === 0 ? 'no line of it has changed anything' : some;
    return `the file could not be read to its end: something failed on our side, and ${taken}; import the file again: nothing is taken twice`;
  },
} as const;

/**
 * Every sentence about a file of an import, by its code. The values are what the sentence says, already as they may be shown to
 * people.
 */
export const sentences = { ...ofSchemas, ...ownSentences } as const;

/** The name of each thing that can be wrong with a file or a line of it; it never changes. */
export type FileFault = keyof typeof sentences;

/** Why a line or a file is refused: the sentence, and the code and values to say it in another language. */
export type Reason = {
  readonly message: string;
  readonly code: FileFault | RefusalCode;
  readonly values: Values;
};

type GivenTo = { readonly [Code in FileFault]: Parameters<(typeof sentences)[Code]> };

const say = sayFrom<GivenTo>(sentences);

/** Makes the reason of a code; the compiler asks for the values that its sentence says. */
export function reasonOf<Code extends FileFault>(code: Code, ...given: GivenTo[Code]): Reason {
  const { text, values } = say(code, ...given);
  return { message: text, code, values };
}

/** What the rules refuse as the reason of a line; with the column that it is about, where it is about one. */
export function reasonOfRefusal({ refused, message, values }: Refusal, column?: string): Reason {
  return column === undefined
    ? { message, code: refused, values }
    : { message: `${column}: ${message}`, code: refused, values: { column, ...values } };
}

/** The reasons of a line as one text. */
export function sentenceOf(reasons: readonly Reason[]): string {
  return reasons.map(({ message }) => message).join('; ');
}
