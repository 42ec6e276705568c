import { createCipheriv, createHash } from 'node:crypto';
import { dictionaryAt, type PdfDictionary, type PdfValue } from './pdf-value.ts';

/** The dictionary by which a PDF says how it is encrypted, and the first half of the file's ID. */
type PdfEncryption = { readonly dictionary: PdfDictionary; readonly id: Buffer };

// What fills a password up to 32 bytes; the empty password is all of it (ISO 32000-2, 7.6.4.3.2).
const padding = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');

/**
 * Whether an encrypted PDF opens without a password: then only the owner's password is set, which restricts printing and the like.
 * It does when the empty password is its user password (ISO 32000-2, 7.6.4: standard security handler, revisions 2 to 6).
 */
function opensWithoutPassword({ dictionary, id }: PdfEncryption): boolean {
  const { Filter: filter, R: revision } = dictionary;
  const user = bytesOf(dictionary.U);
  // Other handlers need a certificate or a program of their own.
  if (filter !== '/Standard' || typeof revision !== 'number' || user === undefined) return false;
  if (revision >= 5) return user.length >= 48 && opensByHash(user, revision);
  const owner = bytesOf(dictionary.O);
  if (owner === undefined || user.length < 16 || typeof dictionary.P !== 'number') return false;
  const lengths = new Set([keyLength(dictionary, revision), revision === 2 ? 5 : 16]);
  return [...lengths].some((length) => {
    const key = fileKey(dictionary, owner, id, revision, length);
    return revision === 2 ? rc4(key, padding).equals(user.subarray(0, 32)) : opensByKey(key, user, id);
  });
}

function bytesOf(value: PdfValue | undefined): Buffer | undefined {
  return Buffer.isBuffer(value) ? value : undefined;
}

/** In bytes, as the dictionary says; 40 bits where it says nothing. */
function keyLength({ Length: bits }: PdfDictionary, revision: number): number {
  const given = typeof bits === 'number' && bits % 8 === 0 && bits >= 40 && bits <= 128 ? bits / 8 : 5;
  return revision === 2 ? 5 : given;
}

/** Algorithm 2: the key of the file, by the empty password. */
function fileKey(dictionary: PdfDictionary, owner: Buffer, id: Buffer, revision: number, length: number): Buffer {
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(Number(dictionary.P) | 0);
  const metadata = revision >= 4 && dictionary.EncryptMetadata === false ? Buffer.alloc(4, 0xff) : Buffer.alloc(0);
  let key = md5(Buffer.concat([padding, owner.subarray(0, 32), permissions, id, metadata]));
  for (let round = 0; revision >= 3 && round < 50; round += 1) key = md5(key.subarray(0, length));
  return key.subarray(0, length);
}

/** Algorithm 5, of which only the first 16 bytes count. */
function opensByKey(key: Buffer, user: Buffer, id: Buffer): boolean {
  let told: Buffer = md5(Buffer.concat([padding, id]));
  for (let round = 0; round < 20; round += 1) told = rc4(Buffer.from(key.map((byte) => byte ^ round)), told);
  return told.equals(user.subarray(0, 16));
}

/** Algorithm 11: the hash of the empty password with the validation salt. */
function opensByHash(user: Buffer, revision: number): boolean {
  const salt = user.subarray(32, 40);
  const hash = revision === 5 ? sha(256, salt) : hardenedHash(salt);
  return hash.equals(user.subarray(0, 32));
}

/** Algorithm 2.B for the empty password; at most 288 rounds, because the last byte of each decides. */
function hardenedHash(salt: Buffer): Buffer {
  let key = sha(256, salt);
  let last = 0;
  for (let round = 0; round < 64 || last > round - 32; round += 1) {
    const repeated = Buffer.alloc(64 * key.length, key);
    const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(false);
    const encrypted = Buffer.concat([cipher.update(repeated), cipher.final()]);
    const rest = encrypted.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3;
    key = sha(rest === 0 ? 256 : rest === 1 ? 384 : 512, encrypted);
    last = encrypted.at(-1) ?? 0;
  }
  return key.subarray(0, 32);
}

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
const sha = (bits: 256 | 384 | 512, bytes: Buffer) => createHash(`sha${bits}`).update(bytes).digest();

/** RC4, which Node's OpenSSL has no more. */
function rc4(key: Buffer, bytes: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, at) => at);
  const swap = (a: number, b: number) => {
    [state[a], state[b]] = [state[b] ?? 0, state[a] ?? 0];
  };
  for (let at = 0, other = 0; at < 256; at += 1) {
    other = (other + (state[at] ?? 0) + (key[at % key.length] ?? 0)) & 0xff;
    swap(at, other);
  }
  let at = 0;
  let other = 0;
  return Buffer.from(
    bytes.map((byte) => {
      at = (at + 1) & 0xff;
      other = (other + (state[at] ?? 0)) & 0xff;
      swap(at, other);
      return byte ^ (state[((state[at] ?? 0) + (state[other] ?? 0)) & 0xff] ?? 0);
    }),
  );
}

const keptBefore = 4 * 1024;
const keptBehind = 4 * 1024;
const tailBytes = 2 * 1024;
// Of each kind, so many from the start and as many from the end: what counts stands in the first or the last part of a file.
const maxEachEnd = 8;
// What is skipped before a file's header, and programs that miscount by a line's end.
const tolerance = 1024;
// Behind each of them the next byte tells whether the name ends there.
const encryptName = Buffer.from('/Encrypt', 'latin1');
const standardName = Buffer.from('/Standard', 'latin1');

type Found = { readonly at: number; readonly start: number; readonly chunks: Buffer[]; left: number };

/**
 * Watches a PDF as it streams by, in constant memory, for what says that it is encrypted: the trailer or cross-reference stream that
 * counts, and the encryption dictionary. Both are never encrypted or packed themselves.
 */
export class PdfWatch {
  readonly #encrypts: Found[] = [];
  readonly #standards: Found[] = [];
  #before = Buffer.alloc(0);
  #size = 0;

  /** The next bytes of the file. */
  add(bytes: Buffer): void {
    for (const found of [...this.#encrypts, ...this.#standards]) keep(found, bytes);
    const searched = Buffer.concat([this.#before, bytes]);
    const start = this.#size - this.#before.length;
    this.#size += bytes.length;
    for (const [name, list] of [
      [encryptName, this.#encrypts],
      [standardName, this.#standards],
    ] as const) {
      for (let at = searched.indexOf(name); at >= 0; at = searched.indexOf(name, at + 1)) {
        const isKnown = start + at <= (list.at(-1)?.at ?? -1);
        if (name === standardName && !isFilter(searched.subarray(Math.max(0, at - 32), at))) continue;
        if (isKnown || at + name.length >= searched.length || isRegular(searched[at + name.length])) continue;
        const from = Math.max(0, at - keptBefore);
        const found = { at: start + at, start: start + from, chunks: [], left: at - from + keptBehind };
        keep(found, searched.subarray(from));
        list.push(found);
        if (list.length > 2 * maxEachEnd) list.splice(maxEachEnd, 1);
      }
    }
    this.#before = Buffer.from(searched.subarray(-Math.max(keptBefore + encryptName.length, tailBytes)));
  }

  /** Whether the file needs a password to open, after its last byte. */
  needsPassword(): boolean {
    if (this.#encrypts.length === 0) return false;
    const tail = this.#before.subarray(-tailBytes).toString('latin1');
    const [, told] = /^startxref\s+(\d{1,12})/.exec(tail.slice(Math.max(0, tail.lastIndexOf('startxref')))) ?? [];
    const from = told === undefined ? 0 : Number(told) - tolerance;
    const trailer = this.#encrypts.map(trailerAround).find((each) => each !== undefined && each.at >= from);
    if (trailer === undefined) return false;
    const { Encrypt: encrypt, ID: id } = trailer.dictionary;
    if (encrypt === undefined || encrypt === null) return false;
    const dictionary = this.#dictionaryOf(encrypt);
    const first = Array.isArray(id) ? bytesOf(id[0]) : undefined;
    return dictionary === undefined || !opensWithoutPassword({ dictionary, id: first ?? Buffer.alloc(0) });
  }

  /** The encryption dictionary, given by itself or by reference; the last object of a number counts. */
  #dictionaryOf(value: PdfValue): PdfDictionary | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value)) return undefined;
    if (!('reference' in value)) return value;
    const { reference } = value;
    for (const found of this.#standards.toReversed()) {
      const bytes = Buffer.concat(found.chunks);
      const object = lastMatch(
        bytes.subarray(0, found.at - found.start).toString('latin1'),
        /(?<!\d)(\d+)\s+\d+\s+obj\b/g,
      );
      if (object !== undefined && Number(object[1]) === reference)
        return dictionaryAt(bytes, object.index + object[0].length);
    }
    return undefined;
  }
}

/** The trailer, or dictionary of a cross-reference stream, in which the name stands; undefined when it is in neither. */
function trailerAround({ at, start, chunks }: Found): { at: number; dictionary: PdfDictionary } | undefined {
  const bytes = Buffer.concat(chunks);
  const before = bytes.subarray(0, at - start).toString('latin1');
  const opening = lastMatch(before, /\btrailer\b|\b\d+\s+\d+\s+obj\b/g);
  if (opening === undefined) return undefined;
  const dictionary = dictionaryAt(bytes, opening.index + opening[0].length);
  if (dictionary?.Encrypt === undefined) return undefined;
  const isTrailer = opening[0] === 'trailer' || dictionary.Type === '/XRef';
  return isTrailer ? { at: start + opening.index, dictionary } : undefined;
}

function lastMatch(text: string, pattern: RegExp): RegExpExecArray | undefined {
  return [...text.matchAll(pattern)].at(-1);
}

/** Whether a name is that of a filter, by what stands before it; structures have elements of the name 'Standard'. */
function isFilter(before: Buffer): boolean {
  return /\/Filter[\0\t\n\f\r ]*$/.test(before.toString('latin1'));
}

/** Whether a byte can stand within a name: neither white space nor a delimiter. */
function isRegular(byte: number | undefined): boolean {
  return byte !== undefined && !/[\0\t\n\f\r ()<>[\]{}/%]/.test(String.fromCharCode(byte));
}

function keep(found: Found, bytes: Buffer): void {
  if (found.left === 0) return;
  const kept = bytes.subarray(0, found.left);
  found.chunks.push(kept);
  found.left -= kept.length;
}
