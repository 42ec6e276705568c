import { AwsError } from '../engine.ts';

/** The expressions of DynamoDB, by the parameter that carries them. */
export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression';

type Token = { readonly text: string; readonly from: number; readonly to: number };

/** What DynamoDB takes at most ("Quotas": expression parameters); parentheses without operators are redundant. */
const limits = { bytes: 4096, operators: 300, depth: 300 };

const TOKEN = /\s*(?:([#:]?\w+|<>|<=|>=|[=<>(),.[\]+-])|(\S))/gy;

/** The tokens of one expression, to be read from its beginning; what is wrong is refused as DynamoDB words it. */
export type Tokens = {
  readonly kind: ExpressionKind;
  /** The next one, "" at the end. */
  readonly next: string;
  /** Where the next one begins, and where the last one that was taken ended. */
  readonly from: number;
  readonly to: number;
  /** Takes the next one. */
  take(): string;
  /** Takes the next one when it is this word, in any case, or this sign. */
  takeIf(text: string): boolean;
  /** Takes the next one; refuses all but this. */
  expect(text: string): void;
  /** Counts an operator or a function. */
  count(): void;
  /** Reads what stands between parentheses. */
  within<T>(read: () => T): T;
  syntaxError(): AwsError;
  invalid(message: string): AwsError;
};

/**
 * Splits an expression.
 *
 * @throws AwsError ValidationException when it is empty or longer than DynamoDB takes
 */
export function tokensOf(kind: ExpressionKind, expression: string): Tokens {
  const invalid = (message: string) => new AwsError('ValidationException', `Invalid ${kind}: ${message}`);
  if (expression.trim() === '') throw invalid('The expression can not be empty;');
  const size = Buffer.byteLength(expression);
  if (size > limits.bytes)
    throw invalid(`Expression size has exceeded the maximum allowed size; expression size: ${size}`);
  const tokens: Token[] = [];
  for (const { 0: whole, 1: known, 2: unknown = '', index } of expression.matchAll(TOKEN)) {
    const to = index + whole.length;
    const text = known ?? unknown;
    if (text !== '') tokens.push({ text, from: to - text.length, to });
  }
  let at = 0;
  let operators = 0;
  let depth = 0;
  const end = { text: '', from: expression.length, to: expression.length };
  const peek = () => tokens[at] ?? end;
  const syntaxError = () => {
    const token = peek().text === '' ? '<EOF>' : peek().text;
    const near = expression.slice((tokens[at - 1] ?? end).from, (tokens[at + 1] ?? end).to);
    return invalid(`Syntax error; token: "${token}", near: "${near || expression.slice(-20)}"`);
  };
  const take = () => {
    const { text } = peek();
    at += 1;
    return text;
  };
  const takeIf = (text: string) => {
    const isNext = peek().text.toUpperCase() === text.toUpperCase();
    if (isNext) at += 1;
    return isNext;
  };
  const expect = (text: string) => {
    if (!takeIf(text)) throw syntaxError();
  };
  return {
    kind,
    get next() {
      return peek().text;
    },
    get from() {
      return peek().from;
    },
    get to() {
      return (tokens[at - 1] ?? end).to;
    },
    take,
    takeIf,
    expect,
    count() {
      operators += 1;
      if (operators > limits.operators)
        throw invalid(`The expression contains too many operators; operator count: ${operators}`);
    },
    within(read) {
      expect('(');
      depth += 1;
      if (depth > limits.depth) throw syntaxError();
      const found = read();
      depth -= 1;
      expect(')');
      return found;
    },
    syntaxError,
    invalid,
  };
}
