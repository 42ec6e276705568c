import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findMisread } from './misread.ts';

/** Each byte of a text in UTF-8 as the character that Windows-1252, or Latin-1, has for it. */
function misread(text: string, label = 'windows-1252'): string {
  const bytes = Buffer.from(text);
  return label === 'latin1' ? bytes.toString('latin1') : new TextDecoder(label).decode(bytes);
}

const lower = {
  czech: 'aábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž',
  croatian: 'abcčćdđefghijklmnoprsštuvzž',
  danish: 'abcdefghijklmnopqrstuvwxyzæøå',
  dutch: 'abcdeéëfghiïjklmnoóöpqrstuüvwxyz',
  estonian: 'abdefghijklmnoprsšzžtuvõäöü',
  finnish: 'abcdefghijklmnopqrstuvwxyzäö',
  french: 'aàâæbcçdeéèêëfghiîïjklmnoôœpqrstuùûüvwxyÿz',
  german: 'abcdefghijklmnopqrstuvwxyzäöüß',
  greek: 'αάβγδεέζηήθιίκλμνξοόπρσςτυύφχψωώ',
  hungarian: 'aábcdeéfghiíjklmnoóöőpqrstuúüűvwxyz',
  icelandic: 'aábdðeéfghiíjklmnoóprstuúvxyýþæö',
  irish: 'aábcdeéfghiílmnoóprstuú',
  italian: 'aàbcdeéèfghiìlmnoòpqrstuùvz',
  latvian: 'aābcčdeēfgģhiījkķlļmnņoprsštuūvzž',
  lithuanian: 'aąbcčdeęėfghiįyjklmnoprsštuųūvzž',
  maltese: 'abċdefġgħhijklmnopqrstuvwxżz',
  polish: 'aąbcćdeęfghijklłmnńoóprsśtuwyzźż',
  portuguese: 'aáàâãbcçdeéêfghiíjklmnoóôõpqrstuúüvxz',
  romanian: 'aăâbcdefghiîjklmnopqrsștțuvwxyz',
  russian: 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  slovak: 'aáäbcčdďeéfghiíjklĺľmnňoóôpqrŕsštťuúvwxyýzž',
  spanish: 'aábcdeéfghiíjklmnñoópqrstuúüvwxyz',
  swedish: 'abcdefghijklmnopqrstuvwxyzåäö',
  turkish: 'abcçdefgğhıijklmnoöprsştuüvyz',
  ukrainian: 'абвгґдеєжзиіїйклмнопрстуфхцчшщьюя',
  welsh: 'aâbcdeêfghiîlmnoôprstuûwŵyŷ',
} as const;

/** A word as people write one: small letters, a first capital, or all capitals. */
const words = (alphabet: string) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: 2, maxLength: 8 }).chain((word) =>
    fc.constantFrom(
      word,
      `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`,
      // What a last capital is misread as can be a right text, as in "IRMÃ™" or "BLÅ ENERGI".
      `${word.toUpperCase()}N`,
    ),
  );
const names = (alphabet: string) =>
  fc
    .array(words(alphabet), { minLength: 1, maxLength: 4 })
    .chain((all) => fc.constantFrom(' ', '-', ' & ', "'", '. ', ', ', ' (', '/').map((between) => all.join(between)));

describe.each(Object.entries(lower))('in %s', (_, alphabet) => {
  test('no name is taken for a misread one, also in capitals with ® and ™ behind it', () => {
    fc.assert(
      fc.property(names(alphabet), fc.constantFrom('', ' Ltd.', '®', '™', '’s', ' – 1', '”'), (name, end) => {
        // No language writes these letters one behind the other.
        fc.pre(!/[ÎÏ][ŒœŸ]|ÛŒ/.test(name));
        expect(findMisread(`${name}${end}`)).toBeUndefined();
      }),
    );
  });

  test('each misread name with a letter beyond ASCII is found', () => {
    fc.assert(
      fc.property(names(alphabet), fc.constantFrom('windows-1252', 'latin1'), (name, label) => {
        // These capitals are misread as what can be right: "Å" or "Ä" with a blank that cannot be broken, and "Ä" with "š" or "ž".
        fc.pre(/[^\p{ASCII}]/u.test(name) && !/[ŠĊĎĚĞĠ]/.test(name));
        expect(findMisread(misread(name, label))).toBeDefined();
      }),
    );
  });
});

test.each([
  'CafÃ©',
  'MontrÃ©al',
  'Ã‰cole',
  'Ã\u0089cole',
  'Lâ€™Atelier',
  'Smith â€“ Jones',
  'GarcÃ\u00ada',
  'GarcÃa',
  'VoilÃ\u00a0',
  'VoilÃ',
  'MÃœNCHEN',
  'KÃ–LN',
  'ESPAÃ‘A',
  'StraÃŸe',
  'Åšwierczewski',
  'Åžahin',
  'ÄŒapek',
  'ÄŽurica',
  'BÅ™etislav',
  'Å“uvre',
  'Å’uvre',
  'Ð\u009aÐ¸Ñ—Ð²',
  'CafÃƒÂ©',
  'Acme Inc.Â\u00a0',
  'ACMEÂ® INC',
  'æ±äº¬',
  'ï»¿Acme',
  'Caf√©',
  'Voil√†',
  '√âcole',
  'L‚ÄôAtelier',
  'Caf├®',
  'Caf├⌐',
  'LÔÇÖAtelier',
  'LΓÇÖAtelier',
])('%j is misread', (text) => {
  expect(findMisread(text)).toBeDefined();
});

test.each([
  'São João',
  'Úžice',
  'SÃO JOÃO LTDA',
  'IRMÃ',
  'IRMÃ™',
  'IRMÃ®',
  'MAÇÃ VERDE',
  'IRMÃ\u00a0LDA',
  'IRMÃ’S',
  'Âncora',
  'Château',
  'CHÂTEAU',
  'HÂLÂ®',
  'NESCAFÉ®',
  'CAFFÈ™',
  'CAFÉ™',
  'CAFÉ’S',
  '„NÄKYMÄ“',
  'KESÄ™',
  'JYVÄSKYLÄ–TAMPERE',
  'Å\u00a0Energi',
  'BLÅ\u00a0KORS',
  'L’Été',
  'l’été’”',
  'Café’”',
  'Đỗ Ánh',
  'Ñandú',
  '“Ä” Group',
  'Šárka Žižková',
  'Œuvre',
  'ÀÉÎÕÜ',
  '東京',
  'שלום',
])('%j is right', (text) => {
  expect(findMisread(text)).toBeUndefined();
});
