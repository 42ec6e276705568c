import { isDeepStrictEqual } from 'node:util';

/** What an expression of DynamoDB names and gives. */
export type Placeholders = {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
};

/** An item, or a map within one. */
type Attributes = { readonly [name: string]: unknown };
type Test = (item: Attributes | undefined) => boolean;
type Operand = (item: Attributes | undefined) => unknown;

/** The value at a path such as `#body.sentAt` of an item; undefined where there is none. */
function readAt(item: Attributes | undefined, path: readonly string[]): unknown {
  return path.reduce((value: unknown, name) => (value as Attributes | undefined)?.[name], item);
}

function namesOf(path: string, { ExpressionAttributeNames: names = {} }: Placeholders): string[] {
  return path.split('.').map((name) => names[name] ?? name);
}

function givenValue(placeholder: string, { ExpressionAttributeValues: values = {} }: Placeholders): unknown {
  if (!Object.hasOwn(values, placeholder)) throw new Error(`The value ${placeholder} is not given.`);
  return values[placeholder];
}

/** Where one value stands to another: numbers by their amount, text by its bytes; undefined where DynamoDB compares them never. */
function order(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return undefined;
}

const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '=': (a, b) => a !== undefined && isDeepStrictEqual(a, b),
  '<': (a, b) => (order(a, b) ?? 0) < 0,
  '<=': (a, b) => (order(a, b) ?? 1) <= 0,
  '>': (a, b) => (order(a, b) ?? 0) > 0,
  '>=': (a, b) => (order(a, b) ?? -1) >= 0,
};

/**
 * Reads a condition, a filter or a key condition as DynamoDB does: comparisons, BETWEEN, the functions that tell of existence and of a
 * beginning, AND before OR, parentheses.
 * @throws Error for whatever else there is in DynamoDB
 */
export function readCondition(expression: string, placeholders: Placeholders): Test {
  const tokens = expression.match(/[:#\w]+(?:\.[#\w]+)*|<=|>=|<>|\S/g) ?? [];
  const fail = (): never => {
    throw new Error(`The table in memory does not support "${expression}".`);
  };
  const take = (token: string): boolean => {
    if (tokens[0] !== token) return false;
    tokens.shift();
    return true;
  };
  const need = (token: string): unknown => take(token) || fail();
  const operand = (): Operand => {
    const name = tokens.shift() ?? fail();
    if (name.startsWith(':')) {
      const value = givenValue(name, placeholders);
      return () => value;
    }
    const path = namesOf(name, placeholders);
    return (item) => readAt(item, path);
  };
  const call = (name: string): Test => {
    need('(');
    const subject = operand();
    const beginning = take(',') ? operand() : undefined;
    need(')');
    if (name === 'begins_with' && beginning !== undefined)
      return (item) => String(subject(item) ?? '').startsWith(String(beginning(item)));
    if (name === 'attribute_exists') return (item) => subject(item) !== undefined;
    if (name === 'attribute_not_exists') return (item) => subject(item) === undefined;
    return fail();
  };
  const single = (): Test => {
    if (take('(')) {
      const inner = either();
      need(')');
      return inner;
    }
    if (tokens[1] === '(') return call(tokens.shift() ?? fail());
    const left = operand();
    const comparator = tokens.shift() ?? fail();
    const right = operand();
    if (comparator === 'BETWEEN') {
      need('AND');
      const last = operand();
      return (item) => (order(right(item), left(item)) ?? 1) <= 0 && (order(left(item), last(item)) ?? 1) <= 0;
    }
    const compare = comparisons[comparator] ?? fail();
    return (item) => compare(left(item), right(item));
  };
  const both = (): Test => {
    const tests = [single()];
    while (take('AND')) tests.push(single());
    return (item) => tests.every((test) => test(item));
  };
  const either = (): Test => {
    const tests = [both()];
    while (take('OR')) tests.push(both());
    return (item) => tests.some((test) => test(item));
  };
  const condition = either();
  return tokens.length === 0 ? condition : fail();
}

/** Gives of an item what a projection names; nothing of a path that the item does not have. */
export function project(item: Attributes, expression: string, placeholders: Placeholders): Attributes {
  const projected: Record<string, unknown> = {};
  for (const path of expression.split(', ').map((each) => namesOf(each, placeholders))) {
    const value = readAt(item, path);
    if (value === undefined) continue;
    let within = projected;
    for (const name of path.slice(0, -1)) {
      within[name] ??= {};
      within = within[name] as Record<string, unknown>;
    }
    within[path.at(-1) ?? ''] = value;
  }
  return projected;
}

/** Gives the item as an update leaves it: SET to a value, to one where there is none yet, or a list with more; REMOVE; ADD to a number. */
export function update<T extends Attributes>(item: T, expression: string, placeholders: Placeholders): T {
  const updated = structuredClone(item);
  const placeOf = (path: string) => {
    const names = namesOf(path, placeholders);
    const above = readAt(updated, names.slice(0, -1)) as Record<string, unknown> | undefined;
    if (above === undefined) throw new Error(`There is nothing at ${path} to update.`);
    return { above, name: names.at(-1) ?? '', before: readAt(item, names) };
  };
  for (const [, clause, actions = ''] of expression.matchAll(/(SET|REMOVE|ADD) (.*?)(?= (?:SET|REMOVE|ADD) |$)/g)) {
    for (const [, path = '', appends, isKept, value = '', more = ''] of actions.matchAll(
      /([#\w]+(?:\.[#\w]+)*)(?: =)?(?: (list_append\()?(if_not_exists\([#\w.]+, )?(:\w+)(?:\), (:\w+)\))?)?/g,
    )) {
      const { above, name, before } = placeOf(path);
      if (clause === 'REMOVE') Reflect.deleteProperty(above, name);
      else if (clause === 'ADD') above[name] = Number(before ?? 0) + Number(givenValue(value, placeholders));
      else if (appends !== undefined)
        above[name] = [
          ...((before ?? givenValue(value, placeholders)) as unknown[]),
          ...[givenValue(more, placeholders)].flat(),
        ];
      else if (isKept === undefined || before === undefined) above[name] = givenValue(value, placeholders);
    }
  }
  return updated;
}
