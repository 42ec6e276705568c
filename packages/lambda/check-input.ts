import type { Sentence } from '@secor/certification';
import { fieldCodeOf, misreadWord, type ProblemEntry } from '@secor/contracts';
import * as v from 'valibot';
import { entryAt } from './http-problem.ts';
import { sayOfInput } from './input-sentences.ts';

/** The value that its schema returns, or everything that is wrong with it. */
export type Checked = { readonly output: unknown; readonly problems: readonly ProblemEntry[] };

/** A limit on a length or a value: which one, and of what. */
function limitSentence(type: string, limit: number, ofList: boolean): Sentence | undefined {
  switch (type) {
    case 'min_length':
      if (limit === 1) return sayOfInput('empty');
      return ofList ? sayOfInput('too-few-entries', { least: limit }) : sayOfInput('too-short', { least: limit });
    case 'max_length':
      return ofList ? sayOfInput('too-many-entries', { most: limit }) : sayOfInput('too-long', { most: limit });
    case 'length':
      return ofList
        ? sayOfInput('wrong-number-of-entries', { entries: limit })
        : sayOfInput('wrong-length', { characters: limit });
    case 'min_value':
      return sayOfInput('too-small', { least: limit });
    case 'max_value':
      return sayOfInput('too-large', { most: limit });
    default:
      return undefined;
  }
}

const forms = {
  non_empty: 'empty',
  integer: 'not-whole',
  finite: 'not-a-number',
  iso_date: 'not-a-date',
  iso_timestamp: 'not-an-instant',
  email: 'not-an-email-address',
  url: 'not-a-url',
  uuid: 'not-a-uuid',
} as const;

function isForm(type: string): type is keyof typeof forms {
  return Object.hasOwn(forms, type);
}

/** The sentence for a person: what is expected there, never what was sent. A schema's own one only where its type, length or range is right. */
function sentenceOf(issue: v.BaseIssue<unknown>): Sentence {
  const { type, message, requirement } = issue;
  if (isUnknownKey(issue)) return sayOfInput('unknown-field');
  if (issue.received === 'undefined') return sayOfInput('missing');
  if (isForm(type)) return sayOfInput(forms[type]);
  const limit =
    typeof requirement === 'number' ? limitSentence(type, requirement, Array.isArray(issue.input)) : undefined;
  if (limit !== undefined) return limit;
  if (issue.kind === 'schema' && issue.expected !== null)
    return sayOfInput('wrong-type', { expected: issue.expected.replace(/^\((.*)\)$/s, '$1').replaceAll(' | ', ', ') });
  if (type === 'misread') return { code: type, values: { word: misreadWord(String(issue.input)) }, text: message };
  const own = fieldCodeOf(message);
  return own === undefined ? sayOfInput('unexpected-form') : { code: own, values: {}, text: message };
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
  const entries = issues
    .slice(0, maxTold)
    .map((issue) => entryAt([where, v.getDotPath(issue)].filter(Boolean).join(', '), sentenceOf(issue)));
  const more = issues.length - entries.length;
  if (more === 0) return entries;
  return [...entries, entryAt(where, sayOfInput('more-problems', { more }))];
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
    const result = v.safeParse(schema, remaining);
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
