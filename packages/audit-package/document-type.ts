import { readLocalHeader } from './archive.ts';
import { asBuffer } from './byte-source.ts';
import { compoundFileStart, judgeCompoundFile } from './compound-file.ts';
import { judgeZipStart, OfficeWatch } from './office-file.ts';
import { PdfWatch } from './pdf-password.ts';
import { type Fault, fault } from './sentences.ts';

/**
 * What a document is, told by its content. 'office' is a DOCX or XLSX whose first bytes don't tell which; reading it to
 * its end makes sure that it is one of them.
 */
export type DocumentType = 'pdf' | 'jpeg' | 'png' | 'docx' | 'xlsx' | 'office';

/** The media type to serve a document with. */
export const mediaTypes: Readonly<Record<DocumentType, string>> = {
  pdf: 'application/pdf',
  jpeg: 'image/jpeg',
  png: 'image/png',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  office: 'application/octet-stream',
};

/**
 * [A] The fewest bytes that a document of each type can have: the smallest that programs open. An office file is judged by its parts
 * instead.
 */
const leastBytes = { pdf: 67, jpeg: 107, png: 67 } as const;

type Signature = { readonly bytes: string; readonly at?: number; readonly judged: DocumentType | Fault };

const archives: readonly Signature[] = [
  'PK\x05\x06',
  'Rar!\x1a\x07',
  '7z\xbc\xaf\x27\x1c',
  '\x1f\x8b',
  'BZh',
  '\xfd7zXZ\0',
  '\x28\xb5\x2f\xfd',
  'MSCF',
  '\x04\x22\x4d\x18',
  '\x60\xea',
].map((bytes) => ({ bytes, judged: fault('archive-inside') }));

const signatures: readonly Signature[] = [
  { bytes: '\xff\xd8\xff', judged: 'jpeg' },
  { bytes: '\x89PNG\r\n\x1a\n', judged: 'png' },
  { bytes: 'WEBP', at: 8, judged: fault('picture-not-allowed', { type: 'WebP' }) },
  ...['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].map((bytes) => ({ bytes, judged: fault('tiff') })),
  ...['GIF87a', 'GIF89a'].map((bytes) => ({ bytes, judged: fault('picture-not-allowed', { type: 'GIF' }) })),
  { bytes: '{\\rtf', judged: fault('rtf') },
  ...archives,
  { bytes: 'ustar', at: 257, judged: fault('archive-inside') },
];

// A byte order mark and white space, which some programs write before the header of a PDF (ISO 32000-2, annex I: within 1,024 bytes).
const pdfStart = /^(?:\xef\xbb\xbf|\xfe\xff|\xff\xfe|[\0\t\n\f\r ])*%PDF-/;
const maxPdfStart = 1024;

/**
 * Judges a document by its first bytes.
 * @param start the first bytes, unpacked; 64 KiB are plenty
 * @param name of the document; it counts only where the bytes leave open which of several formats they are
 */
export function judgeStart(start: Uint8Array, name: string): DocumentType | Fault {
  const bytes = asBuffer(start);
  if (readLocalHeader(bytes) !== undefined) return judgeZipStart(bytes, name);
  const first = bytes.toString('latin1', 0, maxPdfStart + '%PDF-'.length);
  if (pdfStart.test(first)) return 'pdf';
  if (first.startsWith(compoundFileStart)) return judgeCompoundFile(bytes, name);
  if (first.startsWith('ftyp', 4)) return judgeMediaFile(bytes);
  return signatures.find(({ bytes: expected, at = 0 }) => first.startsWith(expected, at))?.judged ?? otherType(first);
}

/** What an ISO media file is, by its brands: a photo of a phone, another picture, or a video. */
function judgeMediaFile(bytes: Buffer): Fault {
  const end = Math.min(bytes.readUInt32BE(0), 1024);
  // The brand, its version, and the brands that it is compatible with.
  const brands = Array.from({ length: Math.max(1, end / 4 - 2) }, (_, at) =>
    bytes.toString('latin1', 8 + 4 * at, 12 + 4 * at),
  );
  if (brands.some((brand) => /^avi[fs]$/.test(brand))) return fault('picture-not-allowed', { type: 'AVIF' });
  if (brands.some((brand) => /^he(ic|ix|im|is|vc|vx|vm|vs)$/.test(brand))) return fault('heic', { type: 'HEIC' });
  if (brands.some((brand) => /^m[is]f1$/.test(brand))) return fault('heic', { type: 'HEIF' });
  return fault('video');
}

function otherType(first: string): Fault {
  // The size of the header that follows tells a bitmap from a text that begins with BM.
  const headers = [12, 40, 52, 56, 64, 108, 124].map((size) => `${String.fromCharCode(size)}\0\0\0`);
  return first.startsWith('BM') && headers.includes(first.slice(14, 18))
    ? fault('picture-not-allowed', { type: 'BMP' })
    : fault('type-not-allowed');
}

/** Whether a document is too short to be one of its type. @param size of the whole document, unpacked */
export function judgeSize(type: DocumentType, size: number): Fault | undefined {
  const least = type === 'pdf' || type === 'jpeg' || type === 'png' ? leastBytes[type] : 0;
  return size < least ? fault('document-too-short', { type: type.toUpperCase(), bytes: size }) : undefined;
}

/** Watches a document as it streams by, for what only the whole of it tells. */
export type DocumentWatch = {
  /** The next bytes. */
  readonly add: (bytes: Uint8Array) => void;
  /** What the document turned out to be, after its last byte. */
  readonly judge: () => Promise<DocumentType | Fault>;
};

/**
 * What watches a document that began as one of a type; undefined where the start tells all.
 * @param maxContentTypesBytes what may be unpacked of an office file
 */
export function watchOf(type: DocumentType, maxContentTypesBytes = 1024 * 1024): DocumentWatch | undefined {
  if (type === 'jpeg' || type === 'png') return undefined;
  if (type !== 'pdf') {
    const watch = new OfficeWatch(maxContentTypesBytes);
    const judge = async () => {
      const judged = await watch.judge();
      return typeof judged === 'string' && type !== 'office' && judged !== type
        ? fault('office-contradictory')
        : judged;
    };
    return { add: (bytes) => watch.add(bytes), judge };
  }
  const watch = new PdfWatch();
  return {
    add: (bytes) => watch.add(asBuffer(bytes)),
    judge: async () => (watch.needsPassword() ? fault('pdf-with-password') : 'pdf'),
  };
}
