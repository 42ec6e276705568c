import type { ProblemEntry } from '@secor/contracts';
import * as v from 'valibot';

/** The value that its schema returns, or everything that is wrong with it. */
export type Checked = { readonly output: unknown; readonly problems: readonly ProblemEntry[] };

const kinds: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

/** 'a', 'a or b', 'a, b or c'. Names of types stay as they are, texts stay in quotes. */
function alternatives(expected: string): string {
  const each = expected
    .replace(/^\((.*)\)$/s, '$1')
    .split(' | ')
    .map((one) => kinds[one] ?? one);
  return each.length < 2 ? each.join() : `${each.slice(0, -1).join(', ')} or ${each.at(-1)}`;
}

const bounds: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  finite: 'a number',
  iso_date: 'a date such as 2026-05-31',
  iso_timestamp: 'an instant such as 2026-05-31T06:00:00.000Z',
  email: 'an e-mail address',
  url: 'an address such as https://www.example.org',
  uuid: 'a UUID',
};

function counted(issue: v.BaseIssue<unknown>, word: 'least' | 'most' | 'exactly'): string {
  const amount = `${word === 'exactly' ? 'exactly' : `at ${word}`} ${issue.requirement}`;
  if (issue.type.endsWith('value')) return `must be ${amount}`;
  return Array.isArray(issue.input) ? `must have ${amount} entries` : `must have ${amount} characters`;
}

/** The message for a person where the schema has none of its own: what is expected there, never what was sent. */
function wording(issue: v.BaseIssue<unknown>): string {
  if (isUnknownKey(issue)) return 'is not known here; leave it out';
  if (issue.received === 'undefined') return 'is missing';
  switch (issue.type) {
    case 'non_empty':
      return 'must not be empty';
    case 'min_length':
      return issue.requirement === 1 ? 'must not be empty' : counted(issue, 'least');
    case 'max_length':
      return counted(issue, 'most');
    case 'length':
      return counted(issue, 'exactly');
    case 'min_value':
      return counted(issue, 'least');
    case 'max_value':
      return counted(issue, 'most');
    case 'integer':
    case 'finite':
    case 'iso_date':
    case 'iso_timestamp':
    case 'email':
    case 'url':
    case 'uuid':
      return `must be ${bounds[issue.type]}`;
    default:
      return issue.kind === 'schema' && issue.expected !== null
        ? `must be ${alternatives(issue.expected)}`
        : 'is not in the expected form';
  }
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** Removes the keys that a schema does not know. A schema reports only the first one of each object. */
function withoutUnknown(issues: readonly v.BaseIssue<unknown>[]): void {
  for (const issue of issues) {
    const last = issue.path?.at(-1);
    if (isUnknownKey(issue) && last?.type === 'object') Reflect.deleteProperty(last.input, String(last.key));
  }
}

/** The most unknown keys of a body that are listed. */
const maxUnknown = 20;

/** The most problems that are listed. */
const maxTold = 100;

function told(issues: readonly v.BaseIssue<unknown>[], where: string): ProblemEntry[] {
  const entries = issues.slice(0, maxTold).map((issue) => ({
    place: [where, v.getDotPath(issue)].filter(Boolean).join(', '),
    message: issue.message,
  }));
  const more = issues.length - entries.length;
  if (more === 0) return entries;
  const count = more === 1 ? '1 more problem' : `${more.toLocaleString('en-CA')} more problems`;
  return [...entries, { place: where, message: `has ${count}: correct these first` }];
}

/**
 * Checks input against its schema. Lists everything that is wrong at once, each with its place, but at most the first hundred
 * problems.
 * @param where the part of the request; each place begins with it: 'path', 'query', 'body'
 */
export function checkInput(schema: v.GenericSchema, input: unknown, where: string): Checked {
  const remaining = structuredClone(input);
  let unknown: readonly v.BaseIssue<unknown>[] = [];
  for (;;) {
    const result = v.safeParse(schema, remaining, { message: wording });
    if (result.success)
      return { output: unknown.length === 0 ? result.output : undefined, problems: told(unknown, where) };
    const found = result.issues.filter(isUnknownKey);
    unknown = [...unknown, ...found];
    if (found.length === 0 || unknown.length >= maxUnknown) {
      const known = result.issues.filter((issue) => !isUnknownKey(issue));
      return { output: undefined, problems: told([...known, ...unknown], where) };
    }
    withoutUnknown(result.issues);
  }
}
