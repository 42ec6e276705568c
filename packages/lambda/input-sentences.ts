import { sayFrom } from '@secor/certification';

const kinds: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

/** 'a', 'a or b', 'a, b or c'. Names of types become words, texts stay in quotes. */
function alternatives(expected: string): string {
  const each = expected.split(', ').map((one) => kinds[one] ?? one);
  return each.length < 2 ? each.join() : `${each.slice(0, -1).join(', ')} or ${each.at(-1)}`;
}

const count = (value: number) => value.toLocaleString('en-CA');

/** What can be wrong with a part of a request, after its place: what is expected there, never what was sent. */
export const inputSentences = {
  'unknown-field': () => 'is not known here; leave it out',
  missing: () => 'is missing',
  empty: () => 'must not be empty',
  'too-few-entries': ({ least }: { least: number }) => `must have at least ${count(least)} entries`,
  'too-many-entries': ({ most }: { most: number }) => `must have at most ${count(most)} entries`,
  'wrong-number-of-entries': ({ entries }: { entries: number }) => `must have exactly ${count(entries)} entries`,
  'too-short': ({ least }: { least: number }) => `must have at least ${count(least)} characters`,
  'too-long': ({ most }: { most: number }) => `must have at most ${count(most)} characters`,
  'wrong-length': ({ characters }: { characters: number }) => `must have exactly ${count(characters)} characters`,
  'too-small': ({ least }: { least: number }) => `must be at least ${least}`,
  'too-large': ({ most }: { most: number }) => `must be at most ${most}`,
  'not-whole': () => 'must be a whole number',
  'not-a-number': () => 'must be a number',
  'not-a-date': () => 'must be a date such as 2026-05-31',
  'not-an-instant': () => 'must be an instant such as 2026-05-31T06:00:00.000Z',
  'not-an-email-address': () => 'must be an e-mail address',
  'not-a-url': () => 'must be an address such as https://www.example.org',
  'not-a-uuid': () => 'must be a UUID',
  /** `expected` are the types that are taken (Object, Array, string, number, boolean, null), or texts in quotes. */
  'wrong-type': ({ expected }: { expected: string }) => `must be ${alternatives(expected)}`,
  'unexpected-form': () => 'is not in the expected form',
  'more-problems': ({ more }: { more: number }) =>
    `has ${more === 1 ? '1 more problem' : `${count(more)} more problems`}: correct these first`,
  'wrong-encoding': ({ encoding }: { encoding: string }) => `is not ${encoding}: send its text in ${encoding}`,
  'invalid-json': () => 'is not valid JSON',
  'forbidden-key': () => 'has a key that is not allowed: "__proto__" or "constructor"',
  'not-a-version': () => 'must be the version that you saw, such as "7"',
  'foreign-cursor': () => 'is not from a page of this list',
};

/** Says what is wrong with a part of a request. */
export const sayOfInput = sayFrom(inputSentences);
