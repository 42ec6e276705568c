import { isList, isObject, type Json, type JsonObject } from './json.ts';

/** Whether a record passes. */
export type Filter = (record: unknown) => boolean;

type Test = (value: Json | undefined) => boolean;

/**
 * Compiles an event filter pattern, as event source mappings know them: a record passes when every field of the pattern
 * has one of the values that its list allows. A list in the record passes when one of its items does.
 * Known: exact values, `prefix`, `suffix`, `exists`, `equals-ignore-case`, `anything-but`, `numeric`.
 *
 * @param pattern the pattern as JSON text
 * @param where the place, for errors
 * @throws Error naming the operator that is not known, and the place
 */
export function compileFilter(pattern: string, where: string): Filter {
  let parsed: Json;
  try {
    parsed = JSON.parse(pattern) as Json;
  } catch {
    throw new Error(`${where}: the filter pattern is no JSON: ${pattern}`);
  }
  if (!isObject(parsed)) throw new Error(`${where}: the filter pattern must be an object: ${pattern}`);
  const test = compileObject(parsed, where);
  return (record) => test(record as Json);
}

/** Passes what one of the patterns passes; everything when there are none. */
export function compileFilters(patterns: readonly string[], where: string): Filter {
  const filters = patterns.map((pattern) => compileFilter(pattern, where));
  return (record) => filters.length === 0 || filters.some((filter) => filter(record));
}

function compileObject(pattern: JsonObject, where: string): Test {
  const fields = Object.entries(pattern).map(([name, part]) => {
    const place = `${where}, ${name}`;
    if (name === '$or') {
      if (!isList(part)) throw new Error(`${place}: $or needs a list of patterns.`);
      const alternatives = part.map((item) => {
        if (!isObject(item)) throw new Error(`${place}: $or needs a list of patterns.`);
        return compileObject(item, place);
      });
      return (value: Json | undefined) => alternatives.some((test) => test(value));
    }
    const test = isList(part) ? compileChoices(part, place) : isObject(part) ? compileObject(part, place) : undefined;
    if (test === undefined)
      throw new Error(`${place}: a filter pattern has a list of values here, not ${JSON.stringify(part)}.`);
    return (value: Json | undefined) => test(isObject(value) ? value[name] : undefined);
  });
  return (value) => fields.every((test) => test(value));
}

function compileChoices(choices: readonly Json[], where: string): Test {
  const tests = choices.map((choice) => compileChoice(choice, where));
  return (value) =>
    isList(value) ? value.some((item) => tests.some((test) => test(item))) : tests.some((test) => test(value));
}

function compileChoice(choice: Json, where: string): Test {
  if (!isObject(choice)) {
    if (isList(choice)) throw new Error(`${where}: a list within a list means nothing in a filter pattern.`);
    return (value) => value === choice;
  }
  const entries = Object.entries(choice);
  const [operator, argument] = entries[0] ?? ['', null];
  if (entries.length !== 1 || argument === undefined)
    throw new Error(`${where}: one operator at a time, not ${JSON.stringify(choice)}.`);
  switch (operator) {
    case 'prefix':
      return textTest(argument, where, operator, (value, part) => value.startsWith(part));
    case 'suffix':
      return textTest(argument, where, operator, (value, part) => value.endsWith(part));
    case 'equals-ignore-case':
      return textTest(argument, where, operator, (value, part) => value.toLowerCase() === part.toLowerCase());
    case 'exists':
      if (typeof argument !== 'boolean') throw new Error(`${where}: exists is true or false.`);
      // A pattern reaches leaves only: an object does not "exist" for it.
      return (value) => (value !== undefined && !isObject(value)) === argument;
    case 'anything-but': {
      const refused = isList(argument)
        ? argument.map((item) => compileChoice(item, where))
        : [compileChoice(argument, where)];
      return (value) => value !== undefined && !isObject(value) && !refused.some((test) => test(value));
    }
    case 'numeric':
      return compileNumeric(argument, where);
    default:
      throw new Error(`${where}: the local cloud does not know the filter operator "${operator}".`);
  }
}

function textTest(
  argument: Json,
  where: string,
  operator: string,
  holds: (value: string, part: string) => boolean,
): Test {
  if (typeof argument !== 'string') throw new Error(`${where}: ${operator} takes a string.`);
  return (value) => typeof value === 'string' && holds(value, argument);
}

function compileNumeric(argument: Json, where: string): Test {
  if (!isList(argument) || argument.length === 0 || argument.length % 2 === 1) {
    throw new Error(`${where}: numeric takes comparisons in pairs, such as [">", 0, "<=", 5].`);
  }
  const comparisons: ((value: number) => boolean)[] = [];
  for (let index = 0; index < argument.length; index += 2) {
    const [sign, limit] = [argument[index], argument[index + 1]];
    if (typeof limit !== 'number')
      throw new Error(`${where}: numeric compares with numbers, not with ${JSON.stringify(limit)}.`);
    comparisons.push(comparison(String(sign), limit, where));
  }
  return (value) => typeof value === 'number' && comparisons.every((holds) => holds(value));
}

function comparison(sign: string, limit: number, where: string): (value: number) => boolean {
  switch (sign) {
    case '=':
      return (value) => value === limit;
    case '<':
      return (value) => value < limit;
    case '<=':
      return (value) => value <= limit;
    case '>':
      return (value) => value > limit;
    case '>=':
      return (value) => value >= limit;
    default:
      throw new Error(`${where}: numeric does not know the comparison "${sign}".`);
  }
}
