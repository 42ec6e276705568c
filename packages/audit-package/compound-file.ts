import { type Fault, fault } from './sentences.ts';

/** How a compound file begins: documents of Office up to 2003, and those with a password (MS-CFB). */
export const compoundFileStart = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

const entryBytes = 128;
const firstSector = 512;

const kinds: readonly (readonly [
  stream: RegExp,
  code: 'office-with-password' | 'excel-97' | 'word-97' | 'powerpoint-97' | 'outlook-message',
])[] = [
  [/^EncryptedPackage$/, 'office-with-password'],
  [/^(Workbook|Book)$/, 'excel-97'],
  [/^WordDocument$/, 'word-97'],
  [/^PowerPoint Document$/, 'powerpoint-97'],
  [/^__(nameid|properties)_version1\.0$/, 'outlook-message'],
];
const extensions = {
  xls: 'excel-97',
  xlt: 'excel-97',
  doc: 'word-97',
  dot: 'word-97',
  ppt: 'powerpoint-97',
  msg: 'outlook-message',
  // By itself, such a document is no compound file: Office puts it into one to encrypt it.
  docx: 'office-with-password',
  xlsx: 'office-with-password',
} as const;

/**
 * What a compound file is, by the names in its directory. The directory may stand further behind than `bytes` reach: then by how its
 * first stream begins, or by its extension.
 */
export function judgeCompoundFile(bytes: Buffer, name: string): Fault {
  const names = streamNames(bytes);
  const [, code] = kinds.find(([stream]) => names.some((each) => stream.test(each))) ?? [];
  if (code !== undefined) return fault(code);
  const first = bytes.subarray(firstSector, firstSector + 4).toString('latin1');
  if (first.startsWith('\xec\xa5')) return fault('word-97');
  if (['\x09\x08\x08\0', '\x09\x08\x10\0'].includes(first)) return fault('excel-97');
  const [, extension = ''] = /\.([a-z]+)$/i.exec(name) ?? [];
  const known = Object.entries(extensions).find(([each]) => each === extension.toLowerCase());
  return fault(known?.[1] ?? 'office-old');
}

/** The names of what looks like an entry of the directory: entries stand at multiples of their size. */
function streamNames(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = firstSector; at + entryBytes <= bytes.length; at += entryBytes) {
    const nameBytes = bytes.readUInt16LE(at + 64);
    const type = bytes[at + 66] ?? 0;
    if (nameBytes < 4 || nameBytes > 64 || nameBytes % 2 !== 0 || ![1, 2, 5].includes(type)) continue;
    names.push(bytes.toString('utf16le', at, at + nameBytes - 2));
  }
  return names;
}
