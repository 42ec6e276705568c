import { type Fault, type FaultCode, fault } from './sentences.ts';

/** A value of JSON. Objects have no prototype, so that a property named "__proto__" is one like any other. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [property: string]: JsonValue };

/** The place of a value: names of properties and positions in lists, from the outermost inwards. */
export type JsonPath = readonly (string | number)[];

/** A text that is no JSON; the fault says what is wrong, and at which line and column. */
export class NotJson extends Error {
  readonly fault: Fault;

  constructor(what: Fault) {
    super(what.message);
    this.name = 'NotJson';
    this.fault = what;
  }
}

type AtPlace = Exclude<Extract<FaultCode, `json-${string}`>, 'json-not-utf8' | 'json-too-deep'>;

const maxDepth = 32;
// More would fill the memory with paths that nobody reads.
const maxRepeated = 1_000;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// Line breaks and other control characters must be written as escapes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON's own rule
const plainText = /[^"\\\u0000-\u001f]*/y;
const blank = /[ \t\n\r]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads JSON as RFC 8259 has it, and tells which properties stand more than once in their object: JSON.parse would
 * keep the last one without a word. (jsonc-parser would save little: it goes on after errors, and knows no rounded numbers,
 * invalid Unicode or depth, so that all but the walk would stay.)
 * @param bytes UTF-8, with or without a byte order mark
 * @returns the value, the first one of each repeated property, and the paths of the first 1,000 repetitions
 * @throws NotJson
 */
export function parseStrictJson(bytes: Uint8Array): { value: JsonValue; repeated: JsonPath[] } {
  const text = decode(bytes);
  const repeated: JsonPath[] = [];
  const path: (string | number)[] = [];
  let at = 0;

  const value = readValue();
  skipBlank();
  if (at < text.length) fail('json-more-behind');
  return { value, repeated };

  function readValue(): JsonValue {
    skipBlank();
    const first = text[at];
    if (first === '{') return nested(readObject);
    if (first === '[') return nested(readList);
    if (first === '"') return readText();
    for (const [word, meaning] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    const start = at;
    const digits = match(number);
    if (digits === '') return fail(first === undefined ? 'json-ends-early' : 'json-value-expected');
    // Adding 0 makes 0 of −0.
    const read = Number(digits) + 0;
    if (Number.isFinite(read) && significant(digits) === significant(String(read))) return read;
    at = start;
    return fail(Number.isFinite(read) ? 'json-number-too-long' : 'json-number-too-large');
  }

  function nested<T>(read: () => T): T {
    if (path.length >= maxDepth) throw new NotJson(fault('json-too-deep', { ...position(), most: maxDepth }));
    at += 1;
    return read();
  }

  function readObject(): { [property: string]: JsonValue } {
    const object: { [property: string]: JsonValue } = Object.create(null);
    if (taken('}')) return object;
    do {
      skipBlank();
      if (text[at] !== '"') fail('json-name-expected');
      const name = readText();
      if (!taken(':')) fail('json-colon-expected');
      path.push(name);
      const read = readValue();
      if (!(name in object)) object[name] = read;
      else if (repeated.length < maxRepeated) repeated.push([...path]);
      path.pop();
    } while (taken(','));
    if (!taken('}')) fail('json-brace-expected');
    return object;
  }

  function readList(): JsonValue[] {
    const list: JsonValue[] = [];
    if (taken(']')) return list;
    do {
      path.push(list.length);
      list.push(readValue());
      path.pop();
    } while (taken(','));
    if (!taken(']')) fail('json-bracket-expected');
    return list;
  }

  function readText(): string {
    const start = at;
    at += 1;
    let read = match(plainText);
    while (text[at] === '\\') {
      const letter = text[at + 1] ?? '';
      const plain = escapes[letter];
      const code = text.slice(at + 2, at + 6);
      if (plain !== undefined) {
        read += plain;
        at += 2;
      } else if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(code)) {
        read += String.fromCharCode(Number.parseInt(code, 16));
        at += 6;
      } else {
        fail('json-no-escape');
      }
      read += match(plainText);
    }
    if (text[at] !== '"') {
      fail(at >= text.length ? 'json-text-not-closed' : 'json-control-character');
    }
    at += 1;
    if (!read.isWellFormed()) {
      at = start;
      fail('json-invalid-unicode');
    }
    return read;
  }

  function skipBlank(): void {
    match(blank);
  }

  function taken(character: string): boolean {
    skipBlank();
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }

  function match(pattern: RegExp): string {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  }

  function fail(code: AtPlace): never {
    throw new NotJson(fault(code, position()));
  }

  function position() {
    const before = text.slice(0, at).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

/**
 * The digits of a number without the zeros at both ends. Where they are not those of the number that was read, it was
 * rounded: 4.99999999999999999999 to 5, 1e-400 to 0.
 */
function significant(number: string): string {
  const digits = number.replace(/e.*/i, '').replace(/[-.]/g, '').replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

function decode(bytes: Uint8Array): string {
  try {
    // A byte order mark is dropped by the decoder.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NotJson(fault('json-not-utf8'));
  }
}
