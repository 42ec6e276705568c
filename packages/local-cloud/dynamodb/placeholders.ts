import { AwsError } from '../engine.ts';
import type { Input } from './operations.ts';
import type { ExpressionKind } from './tokens.ts';

/** A value as it travels, such as {"S": "text"}. */
export type AttributeValue = Readonly<Record<string, unknown>>;

/** The names and values that the expressions of one call stand on; it is told which of them are used. */
export type Placeholders = {
  /** The attribute that a word of a path names, by "#name" or as it is written. */
  name(word: string, kind: ExpressionKind): string;
  value(word: string, kind: ExpressionKind): AttributeValue;
  /** @throws AwsError ValidationException for what no expression has used */
  finish(): void;
};

/** Reads ExpressionAttributeNames and ExpressionAttributeValues of a call or of a part of a transaction. */
export function placeholdersOf(input: Input): Placeholders {
  const names = (input.ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>;
  const values = (input.ExpressionAttributeValues ?? {}) as Readonly<Record<string, AttributeValue>>;
  const used = new Set<string>();
  const lookUp = <T>(all: Readonly<Record<string, T>>, word: string, missing: string): T => {
    used.add(word);
    const found = Object.hasOwn(all, word) ? all[word] : undefined;
    if (found === undefined) throw new AwsError('ValidationException', missing);
    return found;
  };
  const requireUsed = (parameter: string, all: object) => {
    const unused = Object.keys(all).filter((word) => !used.has(word));
    if (unused.length === 0) return;
    const message = `Value provided in ${parameter} unused in expressions: keys: {${unused.join(', ')}}`;
    throw new AwsError('ValidationException', message);
  };
  return {
    name: (word, kind) =>
      word.startsWith('#')
        ? lookUp(
            names,
            word,
            `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${word}`,
          )
        : word,
    value: (word, kind) =>
      lookUp(
        values,
        word,
        `Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${word}`,
      ),
    finish() {
      requireUsed('ExpressionAttributeNames', names);
      requireUsed('ExpressionAttributeValues', values);
    },
  };
}
