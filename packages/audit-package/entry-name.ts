import { crc32 } from 'node:zlib';
import { type Fault, fault } from './sentences.ts';

/** The name of an entry as one of its headers tells it. */
export type EntryName = {
  /** A guess where there is a problem. */
  readonly name: string;
  /** Why the name can't be known. */
  readonly problem?: Fault;
  /** Whether the header has a second name, and another program would read a different file. */
  readonly contradictory: boolean;
};

/** The flag by which an archive says that a name is UTF-8. */
const utf8Flag = 1 << 11;
/** The extra field with the name in Unicode, by APPNOTE.TXT 4.6.9: a version, the CRC of the header's name, the name in UTF-8. */
export const unicodeNameField = 0x7075;

/**
 * The name of an entry by one of its headers. It is known when it is ASCII, when the header says that it is UTF-8, when a Unicode name
 * stands beside it that was made for it, or when it comes from Unix or macOS, whose names are UTF-8.
 * @param bytes the name as the header has it
 * @param extras its extra fields; undefined when they can't be read
 */
export function nameOf(
  bytes: Buffer,
  flags: number,
  extras: ReadonlyMap<number, Buffer> | undefined,
  fromUnix: boolean,
): EntryName {
  const own = decodeUtf8(bytes);
  const isAscii = bytes.every((byte) => byte < 0x80);
  const saysUtf8 = (flags & utf8Flag) !== 0;
  const unicode = unicodeName(bytes, extras?.get(unicodeNameField));
  if (unicode !== undefined) {
    const contradictory = saysUtf8 || isAsciiName(unicode) ? unicode !== own : !standsFor(bytes, unicode);
    return { name: contradictory ? (own ?? guess(bytes)) : unicode, contradictory };
  }
  if (own !== undefined && (isAscii || saysUtf8 || fromUnix)) return { name: own, contradictory: false };
  return {
    name: guess(bytes),
    problem: fault(saysUtf8 ? 'name-not-utf8' : 'name-letters-unknown'),
    contradictory: false,
  };
}

/** Whether what one header tells of a name, with its bytes there, agrees with the name that the other told. */
export function agreesInName(bytes: Buffer, { name, problem }: EntryName, known: string): boolean {
  return problem !== undefined || name === known || (isAsciiName(name) && standsFor(bytes, known));
}

/** The name of the Unicode field; undefined when it was made for another name, or can't be read. */
function unicodeName(bytes: Buffer, field: Buffer | undefined): string | undefined {
  if (field === undefined || field.length < 6 || field[0] !== 1) return undefined;
  // Who renames an entry without knowing the field leaves the old name in it.
  return field.readUInt32LE(1) === crc32(bytes) ? decodeUtf8(field.subarray(5)) : undefined;
}

/** Whether a name in a code page can be what a Unicode name became there, with its accents as they are or in form NFC. */
function standsFor(bytes: Buffer, unicode: string): boolean {
  const name = bytes.toString('latin1');
  // Info-ZIP writes what a code page does not have by its number.
  const unescaped = name.replace(/#U([0-9a-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return unescaped === unicode || [unicode, unicode.normalize('NFC')].some((each) => isLikeness(name, each));
}

/**
 * Whether the letters before the first special one of a Unicode name and behind its last are the same in another name, and between
 * them stands at least one letter that is special too, or what replaces one.
 */
function isLikeness(name: string, unicode: string): boolean {
  const [, before = '', special = '', behind = ''] = /^([\0-\x7f]*)(.*[^\0-\x7f])([\0-\x7f]*)$/s.exec(unicode) ?? [];
  const between = name.slice(before.length, name.length - behind.length);
  return (
    name.length > before.length + behind.length &&
    name.startsWith(before) &&
    name.endsWith(behind) &&
    (/[?_\x80-\xff]/.test(between) || between === plain(special)) &&
    between.split('/').length === special.split('/').length
  );
}

// What Windows writes for letters that a code page does not have (best fit), where it is not the letter without its accent.
const bestFit: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from('‐‑‒–—―−', (dash) => [dash, '-'])),
  ...Object.fromEntries(Array.from('‘’‚‛′´', (quote) => [quote, "'"])),
  ...Object.fromEntries(Array.from('“”„‟″', (quote) => [quote, '"'])),
  ...{ '…': '.', '•': '.', '·': '.', '™': 'T', '×': 'x' },
  ...{ ł: 'l', Ł: 'L', ø: 'o', Ø: 'O', đ: 'd', Đ: 'D', ı: 'i' },
};

/** A text with the plain letters that its special ones look like. */
function plain(text: string): string {
  return Array.from(text, (letter) => bestFit[letter] ?? letter.normalize('NFKD').replace(/\p{M}/gu, '')).join('');
}

function isAsciiName(name: string): boolean {
  return /^[\0-\x7f]*$/.test(name);
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

// Code page 437, which most old programs write, from byte 128 on. The names are only shown.
const codePage437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/** What a name of unknown letters most likely is: UTF-8 where it can be, otherwise code page 437. */
function guess(bytes: Buffer): string {
  return (
    decodeUtf8(bytes) ??
    Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : codePage437[byte - 0x80])).join('')
  );
}
