import type { DocumentType } from './document-type.ts';

// By which each type is opened; the first is given to a document whose own name has none of them.
const extensions: Readonly<Record<DocumentType, readonly [string, ...string[]]>> = {
  pdf: ['pdf'],
  jpeg: ['jpg', 'jpeg'],
  png: ['png'],
  docx: ['docx'],
  xlsx: ['xlsx'],
  // One of both, but not known which: nothing opens it by itself.
  office: ['bin', 'docx', 'xlsx'],
};

// Other control and formatting characters, line breaks, lone surrogates, unassigned and private ones.
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;
// What Windows keeps for itself in names.
const reservedCharacters = /[<>:"/\\|?*]/g;
const reservedName = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])$/i;
/** Of the name without its extension, in bytes of UTF-8; systems take 255 for the whole. */
const maxStemBytes = 200;

/**
 * The name under which a document may be saved on any system: the last part of its path, with an extension that fits the type
 * that its content has. Nothing in it hides or turns round another part, and no system keeps the name for itself.
 * @param path as the package names it
 * @param type as its content tells
 */
export function savedName(path: string, type: DocumentType): string {
  const name = (path.split('/').at(-1) ?? '').normalize('NFC').replace(invisible, '').replace(reservedCharacters, '_');
  const [, stem = name, given = ''] = /^(.*)\.([a-z0-9]*[a-z][a-z0-9]*)[. ]*$/i.exec(name) ?? [];
  const [usual, ...others] = extensions[type];
  const extension = [usual, ...others].find((each) => each === given.toLowerCase());
  const trimmed = cut(stem.replace(/^[. ]+/, '')).replace(/[. ]+$/, '');
  const [first = ''] = trimmed.split('.');
  const free = trimmed === '' ? 'document' : reservedName.test(first.trim()) ? `_${trimmed}` : trimmed;
  return `${free}.${extension === undefined ? usual : given}`;
}

/** The longest start of whole characters that has no more bytes than a stem may have. */
function cut(text: string): string {
  const encoder = new TextEncoder();
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > maxStemBytes) break;
    length += character.length;
  }
  return text.slice(0, length);
}
