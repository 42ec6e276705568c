import { isList, isObject, type Json, type JsonObject } from '../json.ts';

/** Whether a record passes. */
export type Filter = (record: unknown) => boolean;

type Test = (value: Json | undefined) => boolean;

/**
 * Compiles an event filter pattern, as event source mappings have them: a record passes when every field of the pattern
 * has one of the values that its list allows. A list in the record passes when one of its items does.
 * Exact values only are supported: no mapping of ours uses another operator.
 *
 * @param pattern the pattern as JSON text
 * @param where the place, for errors
 * @throws Error naming the operator that is not supported, and the place
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
  throw new Error(
    `${where}: the local cloud does not support the filter operator "${Object.keys(choice).join(', ')}".`,
  );
}
