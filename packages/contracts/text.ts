import * as v from 'valibot';
import { fieldSentences } from './field-sentences.ts';
import { findMisread, wordAround } from './misread.ts';

/**
 * What no text has: control characters but tab and line ends, which neither XML 1.0 nor SQS takes, noncharacters, and halves
 * of characters, which JSON can carry and the table can't.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const noText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\p{Noncharacter_Code_Point}\p{Surrogate}]/u;

/** A text that comes in from outside; every schema of one begins with it. */
export function text(notText = 'must be text') {
  return v.pipe(
    v.string(notText),
    v.check((sent) => !noText.test(sent), fieldSentences['no-plain-text']),
  );
}

/** Whether anything of a text is seen: it is not only blanks and invisible characters. */
export function isSeen(text: string): boolean {
  return /[^\s\p{Default_Ignorable_Code_Point}]/u.test(text);
}

/** After what a joiner without a width is a part of the spelling: scripts of Asia, and emoji. */
const joined = new RegExp(
  [
    ...['Arabic', 'Syriac', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu'],
    ...['Kannada', 'Malayalam', 'Sinhala'],
  ]
    .map((script) => `\\p{Script=${script}}`)
    .concat('\\p{Extended_Pictographic}', '\\p{Emoji_Modifier}', '\\p{Variation_Selector}')
    .join('|'),
  'u',
);
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
const variation = /\p{Variation_Selector}/u;

/**
 * A text on one line as it is kept: without invisible characters (soft hyphens, spaces without a width, byte order marks, marks of
 * direction), and with each accented letter as one character (NFC). [A] A joiner stays behind a letter of a script that needs it,
 * and behind an emoji; what chooses a variant of a character stays too.
 */
export function withoutInvisible(text: string): string {
  return text
    .replace(invisible, (character, at: number, whole: string) => {
      if (variation.test(character)) return character;
      const isJoiner = character === '\u200c' || character === '\u200d';
      const before = isJoiner ? (/.$/su.exec(whole.slice(Math.max(0, at - 2), at))?.[0] ?? '') : '';
      return joined.test(before) ? character : '';
    })
    .normalize('NFC');
}

/** What a person typed on one line: without invisible characters, and blanks at its ends. */
export function tidied() {
  return v.transform((sent: string) => withoutInvisible(sent).trim());
}

/** Misread text is looked for in so many characters: no name has more. */
const maxLookedAt = 1_000;

/** A check whose issue has a type of its own, so that a reader of issues can tell it from others. */
function checkOf<const Type extends string>(
  type: Type,
  isRight: (sent: string) => boolean,
  message: string | ((issue: { readonly input: string }) => string),
) {
  return { ...v.check(isRight, message as v.ErrorMessage<v.CheckIssue<string>>), type };
}

const misreadIn = (sent: string) => findMisread(sent.slice(0, maxLookedAt));

/** The word of a text that was read in a wrong encoding; empty where none was. */
export function misreadWord(sent: string): string {
  return wordAround(sent, misreadIn(sent) ?? '');
}

/** The sentence about a name of which this word was read in a wrong encoding. */
export function sayMisread(word: string): string {
  return `contains "${word}", which was read in a wrong encoding: type the name again, and open and save files in UTF-8`;
}

/** Refuses a name in which a program replaced a letter by U+FFFD. */
export const noLostCharacter = checkOf(
  'lost_character',
  (sent) => !sent.includes('\ufffd'),
  fieldSentences['lost-character'],
);

/** Refuses a name that was read in a wrong encoding. It stands before `tidied`, which would remove parts of what was misread. */
export const notMisread = checkOf(
  'misread',
  (sent) => misreadIn(sent) === undefined,
  ({ input }) => sayMisread(misreadWord(input)),
);
