import type { Employer } from '@secor/certification';
import type { Item, Key } from './table.ts';

/** Letters that Unicode does not take apart. */
const folded: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th' };

/** A sort key holds 1,024 bytes: this much of a text, and an id of 64 characters. */
const maxFoldedBytes = 600;

/**
 * A text as it is searched: small letters without accents, and one blank for all that is neither a letter nor a digit. So "cafe l"
 * is a beginning of "Café-L’Érable", and "4123" of a number.
 */
export function foldText(text: string): string {
  const plain = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[ßæœøłđðþ]/g, (letter) => folded[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  let bytes = 0;
  let kept = '';
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxFoldedBytes) break;
    kept += character;
  }
  return kept;
}

/** The texts by whose beginnings an employer is found: its names, its id and its WCB account. */
export function searchTextsOf({
  employerId,
  legalName,
  tradeName,
  wcbAccount,
}: Pick<Employer, 'employerId' | 'legalName' | 'tradeName' | 'wcbAccount'>): string[] {
  const texts = [legalName, tradeName ?? '', employerId, wcbAccount].map(foldText);
  return [...new Set(texts.filter((text) => text !== ''))];
}

/** The partition of what begins as a folded text does: by its first character, so that many writes at once spread. */
export function searchPartition(text: string): string {
  return `SEARCH#${[...text][0] ?? ''}`;
}

/** The key of the entry by which an employer is found. */
function searchKey(text: string, employerId: string): Key {
  return { pk: searchPartition(text), sk: `${text}#${employerId}` };
}

/** The entry by which an employer is found: written and removed with what it is found by. */
export function searchItem(text: string, employerId: string): Item<{ readonly employerId: string }> {
  return { ...searchKey(text, employerId), kind: 'search entry', body: { employerId } };
}

/** The entries to write and to remove when an employer is added or changed; those that stay the same are neither. */
export function searchChange(
  employer: Employer,
  before: Employer | undefined,
): { readonly put: readonly Item<unknown>[]; readonly remove: readonly Key[] } {
  const { employerId } = employer;
  const [now, then] = [searchTextsOf(employer), before === undefined ? [] : searchTextsOf(before)];
  return {
    put: now.filter((text) => !then.includes(text)).map((text) => searchItem(text, employerId)),
    remove: then.filter((text) => !now.includes(text)).map((text) => searchKey(text, employerId)),
  };
}
