import type { AttributeValue, Placeholders } from './placeholders.ts';
import { type ExpressionKind, type Tokens, tokensOf } from './tokens.ts';
import { compareValues, describeValue, typeOf } from './values.ts';

/** What an operator works on: an attribute, a value, or the size of either. */
export type Operand =
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'size' };

/** A condition, with where it stands in its expression (without parentheses around it). */
export type Condition = {
  /** AND, OR, NOT, a comparator, BETWEEN, IN, or a function's name. */
  readonly operator: string;
  readonly parts: readonly Condition[];
  readonly operands: readonly Operand[];
  readonly from: number;
  readonly to: number;
};

/** A condition, and whether it stands in parentheses of its own. */
type Read = { readonly condition: Condition; readonly wrapped: boolean };

const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);
const ORDERING: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', 'BETWEEN']);
const ORDERED: ReadonlySet<string> = new Set(['S', 'N', 'B']);
const TYPES: ReadonlySet<string> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS']);
/** The functions, with how many operands each has; all are conditions but `size`. */
const FUNCTIONS: Readonly<Record<string, number>> = {
  size: 1,
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
};

/**
 * Reads a condition as DynamoDB does, and checks all that can be told without an item: its form, its limits, that names and
 * values are defined, and that its operands are of types that its operators take.
 *
 * @throws AwsError ValidationException
 */
export function readCondition(kind: ExpressionKind, expression: string, placeholders: Placeholders): Read {
  const tokens = tokensOf(kind, expression);
  const read = readEither(tokens, placeholders);
  if (tokens.next !== '') throw tokens.syntaxError();
  return read;
}

function readEither(tokens: Tokens, placeholders: Placeholders): Read {
  return readJoined('OR', tokens, () => readJoined('AND', tokens, () => readOne(tokens, placeholders)));
}

function readJoined(operator: 'AND' | 'OR', tokens: Tokens, read: () => Read): Read {
  const { from } = tokens;
  let left = read();
  while (tokens.takeIf(operator)) {
    tokens.count();
    const parts = [left.condition, read().condition];
    left = { condition: { operator, parts, operands: [], from, to: tokens.to }, wrapped: false };
  }
  return left;
}

function readOne(tokens: Tokens, placeholders: Placeholders): Read {
  const { from } = tokens;
  if (tokens.takeIf('NOT')) {
    tokens.count();
    const parts = [readOne(tokens, placeholders).condition];
    return { condition: { operator: 'NOT', parts, operands: [], from, to: tokens.to }, wrapped: false };
  }
  if (tokens.next === '(') {
    const { condition, wrapped } = tokens.within(() => readEither(tokens, placeholders));
    if (wrapped) throw tokens.invalid('The expression has redundant parentheses;');
    return { condition, wrapped: true };
  }
  const [operator, operands] = readComparison(tokens, placeholders);
  tokens.count();
  checkOperands(operator, operands, tokens);
  return { condition: { operator, parts: [], operands, from, to: tokens.to }, wrapped: false };
}

function readComparison(tokens: Tokens, placeholders: Placeholders): readonly [string, readonly Operand[]] {
  const word = tokens.next;
  const first = readOperand(tokens, placeholders);
  if (first === 'function') return [word, readArguments(word, tokens, placeholders)];
  const operand = () => requireOperand(tokens, placeholders);
  const operator = tokens.next.toUpperCase();
  if (COMPARATORS.has(operator)) {
    tokens.take();
    return [operator, [first, operand()]];
  }
  if (tokens.takeIf('BETWEEN')) {
    const lower = operand();
    tokens.expect('AND');
    return [operator, [first, lower, operand()]];
  }
  if (!tokens.takeIf('IN')) throw tokens.syntaxError();
  const list = tokens.within(() => readList(tokens, operand));
  if (list.length > 100) throw tokens.invalid('The IN operator takes at most 100 operands');
  return [operator, [first, ...list]];
}

/** Reads an operand; where a function that is a condition is named instead, only its name. */
function readOperand(tokens: Tokens, placeholders: Placeholders): Operand | 'function' {
  const word = tokens.next;
  if (word.startsWith(':')) return { kind: 'value', value: placeholders.value(tokens.take(), tokens.kind) };
  const path = readPath(tokens, placeholders);
  if (tokens.next !== '(') return { kind: 'path', path };
  if (word !== 'size') return 'function';
  tokens.count();
  checkOperands(word, readArguments(word, tokens, placeholders), tokens);
  return { kind: 'size' };
}

function requireOperand(tokens: Tokens, placeholders: Placeholders): Operand {
  const word = tokens.next;
  const operand = readOperand(tokens, placeholders);
  if (operand !== 'function') return operand;
  throw tokens.invalid(`The function is not allowed to be used this way in an expression; function: ${word}`);
}

function readArguments(name: string, tokens: Tokens, placeholders: Placeholders): readonly Operand[] {
  const wanted = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (wanted === undefined) throw tokens.invalid(`Invalid function name; function: ${name}`);
  const operands = tokens.within(() => readList(tokens, () => requireOperand(tokens, placeholders)));
  if (operands.length === wanted) return operands;
  throw tokens.invalid(
    `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
  );
}

/** Reads a path: names, "#name", and places in lists, such as a.#b[2]. */
export function readPath(tokens: Tokens, placeholders: Placeholders): string[] {
  const step = () => {
    if (!/^#?\w+$/.test(tokens.next)) throw tokens.syntaxError();
    return placeholders.name(tokens.take(), tokens.kind);
  };
  const path: string[] = [];
  if (!/^(#\w|[A-Za-z_])/.test(tokens.next)) throw tokens.syntaxError();
  path.push(step());
  for (;;) {
    if (tokens.takeIf('.')) {
      path.push(step());
    } else if (tokens.takeIf('[')) {
      if (!/^\d+$/.test(tokens.next)) throw tokens.syntaxError();
      path.push(`[${tokens.take()}]`);
      tokens.expect(']');
    } else {
      return path;
    }
  }
}

/** Reads one or more, with commas between. */
export function readList<T>(tokens: Tokens, read: () => T): T[] {
  const list = [read()];
  while (tokens.takeIf(',')) list.push(read());
  return list;
}

/** Refuses operands that no item makes right. */
function checkOperands(operator: string, operands: readonly Operand[], tokens: Tokens): void {
  const [first, ...others] = operands;
  const refuseTypes = (taken: (type: string) => boolean, which: readonly (Operand | undefined)[]) => {
    for (const operand of which) {
      const type = operand?.kind === 'size' ? 'N' : operand?.kind === 'value' ? typeOf(operand.value) : undefined;
      if (type === undefined || taken(type)) continue;
      throw tokens.invalid(
        `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
      );
    }
  };
  if (operator === 'begins_with') refuseTypes((type) => type === 'S' || type === 'B', operands);
  if (operator === 'size') refuseTypes((type) => !['N', 'BOOL', 'NULL'].includes(type), operands);
  if (ORDERING.has(operator)) refuseTypes((type) => ORDERED.has(type), operands);
  if (operator === 'attribute_type') {
    refuseTypes((type) => type === 'S', others);
    const [named] = others;
    if (named?.kind !== 'value') {
      throw tokens.invalid(
        `Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {${[...TYPES].join(',')}}`,
      );
    }
    if (!TYPES.has(String(named.value.S))) {
      throw tokens.invalid(
        `Invalid attribute type name found; type: ${named.value.S}, valid types: {${[...TYPES].join(',')}}`,
      );
    }
  }
  if (operator.startsWith('attribute_') && first?.kind !== 'path') {
    throw tokens.invalid(`Operator or function requires a document path; operator or function: ${operator}`);
  }
  const [lower, upper] = others;
  if (operator === 'BETWEEN' && lower?.kind === 'value' && upper?.kind === 'value') {
    const bounds = `lower bound operand: ${describeValue(lower.value)}, upper bound operand: ${describeValue(upper.value)}`;
    if (typeOf(lower.value) !== typeOf(upper.value)) {
      throw tokens.invalid(`The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
    }
    if (compareValues(lower.value, upper.value) > 0) {
      throw tokens.invalid(
        `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`,
      );
    }
  }
  if (first?.kind === 'path' && others.some((other) => other.kind === 'path' && isSame(other.path, first.path))) {
    throw tokens.invalid(
      `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: [${first.path.join(', ')}]`,
    );
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((step, at) => step === other[at]);
}
