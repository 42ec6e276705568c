import { readList, readPath } from './condition.ts';
import type { AttributeValue, Placeholders } from './placeholders.ts';
import { type Tokens, tokensOf } from './tokens.ts';
import { typeOf } from './values.ts';

/** What an update sets an attribute to: a value as it was sent, or what only the item tells. */
export type Assigned = { readonly path: readonly string[]; readonly value: AttributeValue | 'computed' };

/** An update of an item, as far as it can be told without the item. */
export type Update = {
  readonly set: readonly Assigned[];
  /** All paths that it changes. */
  readonly paths: readonly (readonly string[])[];
  /** Whether it only takes away, by REMOVE and DELETE: such a one makes no item where there is none. */
  readonly onlyTakesAway: boolean;
};

const SETS: ReadonlySet<string> = new Set(['SS', 'NS', 'BS']);
/** The names that messages on ADD and DELETE have for types. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  M: 'MAP',
  L: 'LIST',
};

/**
 * Reads an update as DynamoDB does, and checks all that can be told without an item.
 *
 * @throws AwsError ValidationException
 */
export function readUpdate(expression: string, placeholders: Placeholders): Update {
  const tokens = tokensOf('UpdateExpression', expression);
  const set: Assigned[] = [];
  const paths: string[][] = [];
  const path = () => {
    const read = readPath(tokens, placeholders);
    paths.push(read);
    return read;
  };
  const counted = (operator: string, taken: (type: string) => boolean) => {
    path();
    if (!tokens.next.startsWith(':')) throw tokens.syntaxError();
    tokens.count();
    const type = typeOf(placeholders.value(tokens.take(), tokens.kind));
    if (taken(type)) return;
    throw tokens.invalid(
      `Incorrect operand type for operator or function; operator: ${operator}, operand type: ${LONG_NAMES[type] ?? type}`,
    );
  };
  const clauses: Readonly<Record<string, () => void>> = {
    SET() {
      const to = path();
      tokens.expect('=');
      tokens.count();
      set.push({ path: to, value: readSum(tokens, placeholders) });
    },
    REMOVE() {
      path();
      tokens.count();
    },
    ADD: () => counted('ADD', (type) => type === 'N' || SETS.has(type)),
    DELETE: () => counted('DELETE', (type) => SETS.has(type)),
  };
  const seen = new Set<string>();
  while (tokens.next !== '') {
    const name = tokens.next.toUpperCase();
    const clause = clauses[name];
    if (clause === undefined) throw tokens.syntaxError();
    tokens.take();
    if (seen.has(name)) throw tokens.invalid(`The "${name}" section can only be used once in an update expression;`);
    seen.add(name);
    readList(tokens, clause);
  }
  requireApart(paths, tokens);
  return { set, paths, onlyTakesAway: !seen.has('SET') && !seen.has('ADD') };
}

/** A value of SET: an operand, or two with a sign between. */
function readSum(tokens: Tokens, placeholders: Placeholders): Assigned['value'] {
  const first = readValue(tokens, placeholders);
  const sign = tokens.next;
  if (sign !== '+' && sign !== '-') return first;
  tokens.take();
  tokens.count();
  requireType(tokens, sign, 'N', [first, readValue(tokens, placeholders)]);
  return 'computed';
}

function readValue(tokens: Tokens, placeholders: Placeholders): Assigned['value'] {
  const word = tokens.next;
  if (word === '(') return tokens.within(() => readSum(tokens, placeholders));
  if (word.startsWith(':')) return placeholders.value(tokens.take(), tokens.kind);
  const path = readPath(tokens, placeholders);
  if (tokens.next !== '(') return 'computed';
  if (word !== 'if_not_exists' && word !== 'list_append')
    throw tokens.invalid(`Invalid function name; function: ${word}`);
  const operands = tokens.within(() => readList(tokens, () => readValue(tokens, placeholders)));
  tokens.count();
  if (operands.length !== 2) {
    throw tokens.invalid(
      `Incorrect number of operands for operator or function; operator or function: ${path[0]}, number of operands: ${operands.length}`,
    );
  }
  if (word === 'list_append') requireType(tokens, word, 'L', operands);
  else if (operands[0] !== 'computed')
    throw tokens.invalid('Operator or function requires a document path; operator or function: if_not_exists');
  return 'computed';
}

function requireType(tokens: Tokens, operator: string, type: string, operands: readonly Assigned['value'][]): void {
  for (const operand of operands) {
    if (operand === 'computed' || typeOf(operand) === type) continue;
    throw tokens.invalid(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeOf(operand)}`,
    );
  }
}

function requireApart(paths: readonly (readonly string[])[], tokens: Tokens): void {
  for (const [at, one] of paths.entries()) {
    for (const other of paths.slice(at + 1)) {
      const [short, long] = one.length <= other.length ? [one, other] : [other, one];
      if (!short.every((step, place) => step === long[place])) continue;
      throw tokens.invalid(
        `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [${one.join(', ')}], path two: [${other.join(', ')}]`,
      );
    }
  }
}
