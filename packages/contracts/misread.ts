/** What Windows-1252 shows for the bytes 80 to 9F; five of them have no sign there, and stay control characters. */
const signs = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The byte that shows as this character in Windows-1252 or Latin-1; `\u0100` stands for none. */
function byteOf(character: string): string {
  const at = signs.indexOf(character);
  if (at >= 0) return String.fromCharCode(0x80 + at);
  return character <= '\u00ff' ? character : '\u0100';
}

/** A character of several bytes in UTF-8, each byte as one character. */
const sequence = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;

/**
 * What a name is likely to have been before it was misread: Latin letters and signs, marks of decomposed letters, other living
 * scripts, signs of printed text, emoji.
 */
const ofNames: readonly (readonly [first: number, last: number])[] = [
  [0xa0, 0x17f],
  [0x218, 0x21b],
  [0x300, 0x30c],
  [0x327, 0x328],
  [0x386, 0x3ce],
  [0x400, 0x45f],
  [0x490, 0x491],
  [0x5d0, 0x5ea],
  [0x621, 0x64a],
  [0x660, 0x6d3],
  [0x900, 0xe7f],
  [0x1e00, 0x1eff],
  [0x2000, 0x206f],
  [0x20ac, 0x20ac],
  [0x2122, 0x2122],
  [0x3040, 0x30ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7af],
  [0xfeff, 0xfeff],
  [0x1f000, 0x1faff],
];

function isOfNames(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return ofNames.some(([first, last]) => first <= code && code <= last);
}

/** What can stand directly behind an accented letter in a right name. Everything else that a misread byte shows as never does. */
const canFollow = /^[ŠŒŽšœžŸ’”“»›™®–—\u00a0\u00ad]+$/;

/** Two letters that a language writes in this order: Estonian, Finnish and Slovak have "ä" and "š", "ž", Czech has "ú", as in "Úžice". */
const rightPair = /^[ÄÚ][ŠŽšž]$/;

// UTF-8 read in Mac Roman, as Excel on a Mac reads CSV files ("Caf√©"), or in a code page of DOS ("Caf├®"): no name has these signs.
const inOtherPages = /([√¬≈∆]|‚[ÄÑ]|ΓÇ)[^\0-\x7f]|ÔÇ[ÖôöÿØ£ª]|[\u2500-\u259f]/u;

type Found = { readonly text: string; readonly was: string; readonly before: string; readonly after: string };

/** Whether a name could have this in it as it is: behind a word in capitals, as in "IRMÃ™" or "BLÅ\u00a0KORS". */
function couldBeRight({ text, before, after }: Found): boolean {
  // An accented small letter before two signs, as in "Café’”".
  if (text.length > 2) return !text.startsWith('â');
  if (/\p{Ll}$/u.test(before)) return false;
  const sign = text.slice(1);
  if (rightPair.test(text)) return /\p{Lu}/u.test(sign) ? !/^\p{Ll}/u.test(after) : !/\p{L}$/u.test(before);
  if (text.startsWith('Â')) return false;
  const capitals = /\p{Lu}{2}$/u.test(before);
  switch (sign) {
    case '™':
    case '®':
      return capitals && !/^\p{L}/u.test(after);
    case '’':
      return capitals && /^(s(?!\p{L})|(?!\p{L}))/iu.test(after);
    case '\u00a0':
      return capitals || (text === 'Å\u00a0' && /^\p{Lu}/u.test(after));
    case '\u00ad':
      return capitals && /^\p{Lu}/u.test(after);
    default:
      return false;
  }
}

/**
 * Finds text that was written in UTF-8 and read in Windows-1252 or Latin-1, such as "CafÃ©", also twice over; and what Mac Roman and
 * the code pages 437 and 850 make of the letters of English and French. The first rule finds
 * what no name has, anywhere. The second looks at what a name in capitals can have, such as "IRMÃ™", and asks that the text be
 * UTF-8 from end to end: a right name with several accented letters never is.
 *
 * @returns what was misread, as it stands in the text; undefined when nothing was
 */
export function findMisread(text: string): string | undefined {
  const bytes = Array.from(text, byteOf).join('');
  const characters = Array.from(text);
  const found = Array.from(bytes.matchAll(sequence), ({ 0: { length }, index }): Found => {
    const raw = Uint8Array.from(bytes.slice(index, index + length), (byte) => byte.charCodeAt(0));
    return {
      text: characters.slice(index, index + length).join(''),
      was: new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw),
      before: characters.slice(0, index).join(''),
      after: characters.slice(index + length).join(''),
    };
  }).filter(({ was }) => isOfNames(was));
  const certain = found.find(({ text: each }) => !canFollow.test(each.slice(1)));
  if (certain !== undefined) return certain.text;
  const inOther = inOtherPages.exec(text);
  if (inOther !== null) return inOther[0];
  // A program has lost the second byte: it is no visible character.
  const lost = /\p{Ll}Ã(?!\p{Lu})|â€/u.exec(text);
  if (lost !== null) return lost[0];
  const beyondAscii = characters.filter((each) => each > '\u007f').length;
  const isAllUtf8 = beyondAscii === found.reduce((sum, { text: each }) => sum + each.length, 0);
  return isAllUtf8 ? found.find((each) => !couldBeRight(each))?.text : undefined;
}

/** A text with what surrounds one part of it: the word in which the part stands, at most 40 characters. */
export function wordAround(text: string, part: string): string {
  const at = text.indexOf(part);
  const before = /[^\s\u00a0]{0,15}$/u.exec(text.slice(0, at))?.[0] ?? '';
  const after = /^[^\s\u00a0]{0,15}/u.exec(text.slice(at + part.length))?.[0] ?? '';
  return `${before}${part}${after}`.toWellFormed();
}
