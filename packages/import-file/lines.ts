import {
  type Assessor,
  type Completion,
  courseById,
  courses,
  type EmployerData,
  initialCourses,
  isDate,
} from '@secor/certification';
import {
  AssessorBody,
  EmployerInput,
  employeesRange,
  fieldCodeOf,
  misreadWord,
  PersonId,
  withoutInvisible,
} from '@secor/contracts';
import * as v from 'valibot';
import { type Row, readTable } from './csv.ts';
import { type Reason, reasonOf } from './sentences.ts';

/** A file has at most so many lines below its header. */
export const maxLines = 10_000;
/** The most characters of a cell: ten times what a cell of a good line has. */
const maxCellCharacters = 10_000;
/** At most so many reasons are given for a line, or for a header; with the two below it keeps a result of 10,000 lines under 30 MB. */
const maxReasons = 20;
const maxReasonCharacters = 1_000;
const maxShownCharacters = 80;

/** What may stay on record of an employer, as its column may be missing from a file. */
export type KeptField = 'tradeName' | 'secondContact' | 'contactPhone' | 'secondContactPhone';

/** An employer as a line gives it; of what has no column in the file, what is on record stays. */
export type GivenEmployer = {
  readonly data: EmployerData;
  readonly kept: readonly KeptField[];
  /** Whether it shares its WCB account with the employers that have it already. */
  readonly sharesWcbAccount: boolean;
};

/** An assessor as a line gives it; completions that it does not name stay on record. */
export type GivenAssessor = Pick<Assessor, 'name' | 'email' | 'actsFor' | 'completions'>;

/** A line of a file with the id that it is about: what it gives, or all the reasons why it is refused. */
export type Line<T> = { readonly line: number; readonly id: string } & (
  | { readonly given: T }
  | { readonly reasons: readonly Reason[] }
);

/** The lines of a file in their order; or all the reasons why the whole file is refused. */
export type Lines<T> = { readonly lines: readonly Line<T>[] } | { readonly refused: readonly Reason[] };

/** The cells of a line by their column, trimmed; undefined where the file has no such column. */
type Cells<C extends string> = { readonly [K in C]: string | undefined };

/** What a file of one kind holds. */
type Layout<C extends string, T> = {
  readonly id: C;
  readonly columns: readonly C[];
  /** Columns whose cells are names: they come as they are written, so that the schema sees what was misread. */
  readonly names: readonly C[];
  /** Columns that may be left out; those of a list only together. */
  readonly optional: readonly (readonly C[])[];
  /** Reads a line; says why it is refused, each reason with its column. */
  given(cells: Cells<C>): { readonly given: T } | { readonly reasons: readonly Reason[] };
};

/**
 * Decodes the bytes of a file as UTF-8; or says what the file is, and how to save it as CSV. Never throws for what stands in it.
 */
export function readText(bytes: Uint8Array): { readonly text: string } | { readonly refused: Reason } {
  const program = workbookOf(bytes);
  if (program !== undefined) return { refused: reasonOf(`file-of-${program}`) };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return {
      refused: reasonOf('file-not-utf8'),
    };
  }
}

/** Which program's workbook a file is, by its first bytes and the names of its parts; undefined when it is none. */
function workbookOf(bytes: Uint8Array): 'excel' | 'libreoffice' | 'numbers' | 'zip' | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The compound file of Excel 97 to 2003, and of workbooks with a password.
  if (file.subarray(0, 8).equals(Buffer.from('d0cf11e0a1b11ae1', 'hex'))) return 'excel';
  if (!file.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) return undefined;
  if (file.includes('application/vnd.oasis.opendocument')) return 'libreoffice';
  if (file.includes('.iwa')) return 'numbers';
  return file.includes('xl/') ? 'excel' : 'zip';
}

async function readLines<C extends string, T>(text: string, layout: Layout<C, T>): Promise<Lines<T>> {
  const table = await readTable(text, maxLines + 2);
  if ('problem' in table) return { refused: [table.problem] };
  const [header, ...rows] = table.rows;
  if (header === undefined) return { refused: [reasonOf('file-empty')] };
  const { columns, problems } = columnsOf(header.cells, layout);
  const reasons = [
    ...problems,
    ...(rows.length > maxLines ? [reasonOf('file-too-long', { most: maxLines })] : []),
    ...(rows.length === 0 ? [reasonOf('file-without-lines')] : []),
  ];
  if (reasons.length > 0) return { refused: told(reasons) };

  /** The line that gives what is taken of an id. */
  const first = new Map<string, number>();
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const isBehind = behindTheTable(filled, columns, layout.id);
  const read = (column: string, cell = '') =>
    layout.names.some((name) => name === column) ? trimmed(cell) : plain(cell);
  const lines = filled.map((row): Line<T> => {
    const { line, cells } = row;
    const byColumn = Object.fromEntries(columns.map((column, index) => [column, read(column, cells[index])]));
    const id = byColumn[layout.id] ?? '';
    const before = first.get(id);
    const extra = cells.slice(columns.length).some((cell) => cell.trim() !== '');
    const refused = (...why: readonly Reason[]) => ({ line, id: shown(id), reasons: told(why) });
    if (isBehind(row)) return refused(reasonOf('below-the-table'));
    if (cells.length < columns.length || extra)
      return refused(reasonOf('wrong-number-of-cells', { cells: cells.length, columns: columns.length }));
    const long = columns.filter((_, index) => (cells[index] ?? '').length > maxCellCharacters);
    if (long.length > 0)
      return refused(...long.map((column) => reasonOf('cell-too-long', { column, most: maxCellCharacters })));
    const taken = layout.given(byColumn as Cells<C>);
    const reasons = [
      ...idReasons(layout.id, id),
      ...(before === undefined ? [] : [reasonOf('same-as-before', { column: layout.id, line: before })]),
      ...('reasons' in taken ? taken.reasons : []),
    ];
    if ('reasons' in taken || reasons.length > 0) return refused(...reasons);
    // Only here: a line that is refused leaves the id to a good one behind it.
    first.set(id, line);
    return { line, id, given: taken.given };
  });
  return { lines };
}

/** A cell without invisible characters, and without blanks at its ends. */
function plain(cell: string): string {
  return withoutInvisible(cell).trim();
}

/** A name as it is written. A blank that cannot be broken stays at its end: it may be a part of a letter that was misread. */
function trimmed(cell: string): string {
  return plain(cell) === '' ? '' : cell.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/** What a program or a person writes before a sum. */
const total = /^(grand |sub-?)?(totals?|sum|count|somme|nombre)\b/i;

/** Whether a row stands below the last line of the table, and is a total or a remark: most of its cells are empty, and it has no id. */
function behindTheTable(rows: readonly Row[], columns: readonly string[], idColumn: string): (row: Row) => boolean {
  const place = columns.indexOf(idColumn);
  const isNone = ({ cells }: Row): boolean => {
    const id = (cells[place] ?? '').trim();
    const few = cells.filter((cell) => cell.trim() !== '').length < columns.length / 2;
    return few && (total.test(id) || cells.some((cell) => total.test(cell.trim())) || !v.is(PersonId, id));
  };
  const last = rows.findLastIndex((row) => !isNone(row));
  const behind = new Set(last < 0 ? [] : rows.slice(last + 1));
  return (row) => behind.has(row);
}

/** The reasons that are given, of however many there are. */
function told(reasons: readonly Reason[]): readonly Reason[] {
  let characters = 0;
  const few = reasons.slice(0, maxReasons).filter(({ message }, index) => {
    characters += message.length;
    return index === 0 || characters <= maxReasonCharacters;
  });
  const more = reasons.length - few.length;
  return more > 0 ? [...few, reasonOf('more-reasons', { more })] : reasons;
}

/** What somebody wrote, as far as it is shown to them. */
function shown(text: string): string {
  return text.length > maxShownCharacters ? `${text.slice(0, maxShownCharacters - 1).toWellFormed()}…` : text;
}

function idReasons(column: string, id: string): Reason[] {
  const checked = v.safeParse(PersonId, id, { abortPipeEarly: true });
  return checked.success ? [] : [reasonOfIssue(checked.issues[0], column)];
}

/** What the schema of the API finds wrong with a cell. */
function reasonOfIssue(issue: v.BaseIssue<unknown>, column: string): Reason {
  const { type, message, received, requirement, input } = issue;
  const own = fieldCodeOf(message);
  switch (type) {
    case 'number':
    case 'integer':
    case 'min_value':
    case 'max_value':
      return reasonOf('not-a-number-in-range', { column, ...employeesRange });
    case 'boolean':
      return reasonOf('not-yes-or-no', { column });
    case 'max_length':
      return reasonOf(Array.isArray(input) ? 'too-many-entries' : 'too-long', { column, most: Number(requirement) });
    case 'misread':
      return reasonOf('misread', { column, word: shown(misreadWord(String(input))) });
    default:
      if (type === 'non_empty' || received === 'undefined') return reasonOf('missing', { column });
      return reasonOf(own ?? 'not-text', { column });
  }
}

/** The columns in the order of the file, and all that is wrong with its header. */
function columnsOf<C extends string, T>(
  header: readonly string[],
  { columns: all, optional }: Layout<C, T>,
): { readonly columns: readonly string[]; readonly problems: readonly Reason[] } {
  const named = (cell: string) => all.find((column) => column.toLowerCase() === cell.trim().toLowerCase());
  const columns = header.map((cell) => named(cell) ?? cell.trim());
  // Spreadsheets leave empty columns at the end.
  while (columns.at(-1) === '') columns.pop();
  const left = optional.flatMap((group) => (group.some((column) => columns.includes(column)) ? [] : group));
  const problems = [
    ...columns.flatMap((column, index) => {
      if (column === '') return [reasonOf('column-unnamed', { position: index + 1 })];
      if (named(column) === undefined)
        return [reasonOf('column-unknown', { given: shown(column), known: all.join(', ') })];
      return columns.indexOf(column) < index ? [reasonOf('column-twice', { column })] : [];
    }),
    ...all
      .filter((column) => !columns.includes(column) && !left.includes(column))
      .map((column) => reasonOf('column-missing', { column })),
  ];
  return { columns, problems };
}

/** Checks what a line gives as the API checks a body; a reason for each column that is wrong. */
function checked<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  columnAt: Readonly<Record<string, string>> = {},
): { readonly output: v.InferOutput<S> } | { readonly reasons: readonly Reason[] } {
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return { output: result.output };
  const reasons = result.issues.map((issue) => {
    const path = (v.getDotPath(issue) ?? '').replace(/\.\d+$/, '');
    return reasonOfIssue(issue, columnAt[path] ?? path);
  });
  return { reasons: [...new Map(reasons.map((reason) => [reason.message, reason])).values()] };
}

const employerColumns = [
  'employerId',
  'legalName',
  'tradeName',
  'wcbAccount',
  'sharesWcbAccount',
  'employees',
  'industryCode',
  'street',
  'city',
  'province',
  'postalCode',
  'contactName',
  'contactEmail',
  'contactPhone',
  'secondContactName',
  'secondContactEmail',
  'secondContactPhone',
  'goodStanding',
] as const;

const employerColumnAt = {
  'address.street': 'street',
  'address.city': 'city',
  'address.province': 'province',
  'address.postalCode': 'postalCode',
  'contact.name': 'contactName',
  'contact.email': 'contactEmail',
  'contact.phone': 'contactPhone',
  'secondContact.name': 'secondContactName',
  'secondContact.email': 'secondContactEmail',
  'secondContact.phone': 'secondContactPhone',
};

/** What people and spreadsheets write for yes and no, in English and French. */
const answers: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  oui: true,
  vrai: true,
  no: false,
  false: false,
  non: false,
  faux: false,
};

/** What a cell says; the cell itself when it says neither. */
function yesOrNo(cell = ''): boolean | string {
  return answers[cell.toLowerCase()] ?? cell;
}

const employers: Layout<(typeof employerColumns)[number], GivenEmployer> = {
  id: 'employerId',
  columns: employerColumns,
  names: ['legalName', 'tradeName', 'street', 'city', 'contactName', 'secondContactName'],
  optional: [
    ['tradeName'],
    ['sharesWcbAccount'],
    ['contactPhone'],
    ['secondContactName', 'secondContactEmail'],
    ['secondContactPhone'],
  ],
  given(cells) {
    const { secondContactName: name, secondContactEmail: email, employees = '' } = cells;
    const { sharesWcbAccount: shares, contactPhone, secondContactPhone } = cells;
    const body = checked(
      EmployerInput,
      {
        legalName: cells.legalName,
        ...(cells.tradeName ? { tradeName: cells.tradeName } : {}),
        wcbAccount: cells.wcbAccount,
        employees: /^\d+$/.test(employees) ? Number(employees) : undefined,
        industryCode: cells.industryCode,
        address: {
          street: cells.street,
          city: cells.city,
          province: cells.province?.toUpperCase(),
          // People write it without the blank, and in small letters.
          postalCode: cells.postalCode?.toUpperCase().replace(/^(\w{3})\s*(\w{3})$/, '$1 $2'),
        },
        contact: {
          name: cells.contactName,
          email: cells.contactEmail,
          ...(contactPhone ? { phone: contactPhone } : {}),
        },
        ...(name || email || secondContactPhone
          ? { secondContact: { name, email, ...(secondContactPhone ? { phone: secondContactPhone } : {}) } }
          : {}),
        goodStanding: yesOrNo(cells.goodStanding),
        ...(shares ? { sharesWcbAccount: yesOrNo(shares) } : {}),
      },
      employerColumnAt,
    );
    if ('reasons' in body) return body;
    const { tradeName, secondContact, sharesWcbAccount, ...rest } = body.output;
    const data: EmployerData = {
      ...rest,
      ...(tradeName === undefined ? {} : { tradeName }),
      ...(secondContact === undefined ? {} : { secondContact }),
    };
    const kept: KeptField[] = [
      ...(cells.tradeName === undefined ? (['tradeName'] as const) : []),
      ...(name === undefined ? (['secondContact'] as const) : []),
      ...(contactPhone === undefined ? (['contactPhone'] as const) : []),
      ...(secondContactPhone === undefined ? (['secondContactPhone'] as const) : []),
    ];
    return { given: { data, kept, sharesWcbAccount } };
  },
};

/** As many completions as the API takes with an assessor. */
const maxRefreshers = 100;

const assessorColumns = ['assessorId', 'name', 'email', 'actsFor', 'initialTraining', 'refreshers'] as const;

/** The content of a cell as a list, separated by blanks or bars. */
function listed(cell = ''): string[] {
  return cell.split(/[\s|]+/).filter((each) => each !== '');
}

const assessors: Layout<(typeof assessorColumns)[number], GivenAssessor> = {
  id: 'assessorId',
  columns: assessorColumns,
  names: ['name'],
  optional: [],
  given({ name, email, actsFor, initialTraining = '', refreshers }) {
    const body = checked(AssessorBody, { name, email, actsFor: listed(actsFor) });
    const initial = initialTraining === '' ? [] : initialCourses.slice(0, 1);
    const completions: Completion[] = initial.map(({ courseId }) => ({ courseId, completedOn: initialTraining }));
    const reasons: Reason[] = 'reasons' in body ? [...body.reasons] : [];
    if (initialTraining !== '' && !isDate(initialTraining))
      reasons.push(reasonOf('not-a-date', { column: 'initialTraining' }));
    const column = 'refreshers';
    const named = listed(refreshers).length;
    if (named > maxRefreshers)
      reasons.push(reasonOf('too-many-courses', { column, courses: named, most: maxRefreshers }));
    for (const each of listed(refreshers)) {
      const [, courseId = '', completedOn = ''] = /^([^:]+):(.+)$/.exec(each) ?? [];
      if (!isDate(completedOn)) reasons.push(reasonOf('not-a-course-and-date', { column, given: shown(each) }));
      else if (courseById(courseId) === undefined)
        reasons.push(
          reasonOf('course-unknown', {
            column,
            given: shown(courseId),
            known: courses.map((course) => course.courseId).join(', '),
          }),
        );
      else completions.push({ courseId, completedOn });
    }
    return 'output' in body && reasons.length === 0 ? { given: { ...body.output, completions } } : { reasons };
  },
};

/**
 * Reads a CSV of employers. A header that names unknown columns, or misses some, refuses the whole file, as do more than
 * 10,000 lines and what is no CSV; a good line refuses those of the same id behind it. Never throws for what stands in the file.
 */
export function readEmployers(text: string): Promise<Lines<GivenEmployer>> {
  return readLines(text, employers);
}

/** Reads a CSV of assessors, as `readEmployers` does. */
export function readAssessors(text: string): Promise<Lines<GivenAssessor>> {
  return readLines(text, assessors);
}
