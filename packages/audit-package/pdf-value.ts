/** A value of a PDF: names keep their slash, strings are their bytes. */
export type PdfValue = null | boolean | number | string | Buffer | PdfValue[] | PdfDictionary | PdfReference;
export type PdfReference = { readonly reference: number };
export type PdfDictionary = { readonly [name: string]: PdfValue };

const maxDepth = 16;
// Regular characters: neither white space nor delimiters (ISO 32000-2, 7.2.3).
const regular = /[^\0\t\n\f\r ()<>[\]{}/%]*/y;
// White space and comments.
const blank = /(?:[\0\t\n\f\r ]|%[^\r\n]*)*/y;
const reference = /(\d+)[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>[\]{}/%])/y;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * The dictionary that begins at a position, after white space, as far as it can be read; undefined when there is none.
 */
export function dictionaryAt(bytes: Buffer, position: number): PdfDictionary | undefined {
  const text = bytes.toString('latin1');
  let at = position;
  match(blank);
  if (!text.startsWith('<<', at)) return undefined;
  const entries: Record<string, PdfValue> = Object.create(null);
  try {
    readDictionary(0, entries);
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
  }
  return entries;

  function match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  }

  function readValue(depth: number): PdfValue {
    match(blank);
    if (depth > maxDepth) throw new NoValue();
    if (text.startsWith('<<', at)) return readDictionary(depth, Object.create(null));
    const referred = match(reference);
    if (referred !== undefined) return { reference: Number(referred[1]) };
    switch (text[at]) {
      case '[':
        return readArray(depth);
      case '(':
        return readString();
      case '<':
        return readHex();
      case '/':
        return readName();
      default:
        return readWord();
    }
  }

  function readDictionary(depth: number, entries: Record<string, PdfValue>): PdfDictionary {
    at += 2;
    for (match(blank); !text.startsWith('>>', at); match(blank)) {
      if (text[at] !== '/') throw new NoValue();
      const name = readName().slice(1);
      entries[name] = readValue(depth + 1);
    }
    at += 2;
    return entries;
  }

  function readArray(depth: number): PdfValue[] {
    at += 1;
    const values: PdfValue[] = [];
    for (match(blank); text[at] !== ']'; match(blank)) values.push(readValue(depth + 1));
    at += 1;
    return values;
  }

  function readName(): string {
    at += 1;
    const written = match(regular)?.[0] ?? '';
    return `/${written.replace(/#([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))}`;
  }

  function readWord(): null | boolean | number {
    const word = match(regular)?.[0] ?? '';
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(word)) throw new NoValue();
    return Number(word);
  }

  function readHex(): Buffer {
    const end = text.indexOf('>', at);
    if (end < 0) throw new NoValue();
    const digits = text.slice(at + 1, end).replace(/[^0-9a-fA-F]/g, '');
    at = end + 1;
    return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex');
  }

  function readString(): Buffer {
    const parts: string[] = [];
    let depth = 0;
    do {
      const character = text[at];
      if (character === undefined) throw new NoValue();
      at += 1;
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      if (character === '\\') parts.push(readEscape());
      else if (character === '\r') {
        if (text[at] === '\n') at += 1;
        parts.push('\n');
      } else parts.push(character);
    } while (depth > 0);
    // Without the outer parentheses.
    return Buffer.from(parts.join('').slice(1, -1), 'latin1');
  }

  function readEscape(): string {
    const octal = match(/[0-7]{1,3}/y)?.[0];
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    const letter = text[at] ?? '';
    at += 1;
    // An escaped end of a line continues it.
    if (letter === '\r' && text[at] === '\n') at += 1;
    return letter === '\r' || letter === '\n' ? '' : (escapes[letter] ?? letter);
  }
}

class NoValue extends Error {}
