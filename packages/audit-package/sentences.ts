import type { RefusalCode, Values, WarningCode } from '@secor/certification';
import type { FieldFault } from '@secor/contracts';

const packAgain = 'pack the files again into a new ZIP';
const sendAgain = 'it is damaged or badly packed: pack the files again and upload the new archive';
const allowed = 'only PDF, JPEG, PNG, DOCX and XLSX are accepted';
const locked =
  'it needs a password to open, which the reviewer does not have: open it with the password, and save it without one';

/** What is said of one field. */
export type FieldValues = {
  /** Its name, where the place does not have it. */
  readonly field?: string;
  /** What it holds, as it may be shown. */
  readonly given?: string;
  /** What its schema requires. */
  readonly limit?: number;
  /** The schema's own words, where it has no code. */
  readonly reason?: string;
};

/** The sentence about one field: what is wrong, after the field's name and before what it holds. */
const ofField = ({ field, given }: FieldValues, wrong: string) =>
  `${field === undefined ? '' : `${field} `}${wrong}${given === undefined ? '' : ` (it is ${given})`}`;

/** What can be wrong with one field by itself, by the codes that its schema gives. */
const fieldSentences = {
  'field-missing': (of: FieldValues) => ofField(of, 'is missing: add it'),
  'field-unknown': (of: FieldValues) => ofField(of, 'is not a property of the format: remove it'),
  'field-empty': (of: FieldValues) => ofField(of, 'is empty: fill it in'),
  'field-not-text': (of: FieldValues) => ofField(of, 'must be text'),
  'field-text-unusable': (of: FieldValues) => ofField(of, `${of.reason}`),
  'field-text-too-long': (of: FieldValues) =>
    ofField(
      of,
      `must have at most ${of.limit?.toLocaleString('en')} characters: move the detail into a document of evidence`,
    ),
  'name-too-many-characters': (of: FieldValues) => ofField(of, `must have at most ${of.limit} characters: shorten it`),
  'field-not-a-number': (of: FieldValues) => ofField(of, 'must be a whole number'),
  'field-not-whole': (of: FieldValues) => ofField(of, 'must be a whole number'),
  'field-too-small': (of: FieldValues) => ofField(of, `must be at least ${of.limit}`),
  'field-too-large': (of: FieldValues) => ofField(of, `must be at most ${of.limit}`),
  'field-not-a-date': (of: FieldValues) => ofField(of, 'is not a date: write it as "YYYY-MM-DD"'),
  'field-not-in-calendar': (of: FieldValues) =>
    ofField(of, 'is not a date of the calendar: correct the day, the month or the year'),
  'field-not-a-list': (of: FieldValues) => ofField(of, 'must be a list'),
  'field-not-the-format': (of: FieldValues) => ofField(of, `must be ${of.limit}`),
  'audit-number-not-text': (of: FieldValues) => ofField(of, 'must be text of nine digits, in quotation marks'),
  'audit-number-not-nine-digits': (of: FieldValues) => ofField(of, 'must be nine digits, the first of them not zero'),
  'not-applicable-not-true': (of: FieldValues) => ofField(of, 'must be true: leave it out where the question applies'),
  'code-of-ethics-not-true': (of: FieldValues) =>
    ofField(of, 'must be true: the assessor declares to have kept the code of ethics'),
  'too-many-paths': (of: FieldValues) => ofField(of, `names more than ${of.limit} paths: name fewer`),
  'too-many-answers': (of: FieldValues) =>
    `it has more than ${of.limit} entries: answer every question of the protocol once`,
} satisfies Readonly<Record<FieldFault, (values: FieldValues) => string>>;

type At = { readonly line: number; readonly column: number };
const notJson = ({ line, column }: At, wrong: string) => `it can't be read: line ${line}, column ${column}: ${wrong}`;

/** Why audit.json is no JSON. */
const jsonSentences = {
  'json-not-utf8': () => "it can't be read: the file is not UTF-8: save it with the encoding UTF-8",
  'json-more-behind': (at: At) => notJson(at, 'there is something after the end of the JSON value: remove it'),
  'json-ends-early': (at: At) => notJson(at, 'the text ends too early'),
  'json-value-expected': (at: At) => notJson(at, 'a value is expected here'),
  'json-number-too-long': (at: At) => notJson(at, 'this number has too many digits: correct or round it'),
  'json-number-too-large': (at: At) => notJson(at, 'this number is too large'),
  'json-too-deep': (at: At & { most: number }) => notJson(at, `lists and objects are nested more than ${at.most} deep`),
  'json-name-expected': (at: At) => notJson(at, 'the name of a property is expected here, in quotation marks'),
  'json-colon-expected': (at: At) => notJson(at, 'a colon is expected here'),
  'json-brace-expected': (at: At) => notJson(at, 'a comma or } is expected here'),
  'json-bracket-expected': (at: At) => notJson(at, 'a comma or ] is expected here'),
  'json-no-escape': (at: At) => notJson(at, 'this is not an escape of JSON'),
  'json-text-not-closed': (at: At) => notJson(at, 'a text has no closing quotation mark'),
  'json-control-character': (at: At) =>
    notJson(at, 'a text contains a line break or control character: write it as an escape'),
  'json-invalid-unicode': (at: At) => notJson(at, 'this text contains invalid Unicode: type it again'),
} satisfies Readonly<Record<string, (values: never) => string>>;

const strayPlaces = {
  'before-entries': 'before its first entry',
  'among-entries': 'among its entries',
  'before-end': 'between its central directory and its end',
  'after-end': 'after its end',
} as const;

/** What can be wrong with the archive and the names in it. */
const archiveSentences = {
  'archive-too-large': () => 'it is larger than 1 GiB: leave out or shrink documents',
  'archive-unpacks-too-large': () => 'it unpacks to more than 1 GiB: leave out or shrink documents',
  'too-many-entries': ({ entries, most }: { entries: number; most: number }) =>
    `it has ${entries} entries, more than ${most}, directories included: leave some out`,
  'too-many-overlooked': ({ entries, most }: { entries: number; most: number }) =>
    `it has ${entries} entries that systems leave in folders, such as those in __MACOSX, more than ${most}: pack the files again without them`,
  'archive-swollen': ({ times, most, largest }: { times: number; most: number; largest: string }) =>
    `its documents unpack to ${number(times)} times their packed size, more than ${most} times: save again those that are much larger than their content, or leave them out; the largest is "${largest}"`,
  'not-a-zip': () => 'it is not a ZIP archive: pack audit.json and the documents into a ZIP',
  'archive-truncated': () => 'it is truncated, its end is missing: upload it again, or pack the files again',
  'archive-split': () => `it is one part of a split archive: ${packAgain}, in one piece`,
  'second-end-record': () => `it has a second end record: ${packAgain}`,
  'directory-contradictory': () => `the central directory of the archive contradicts itself: ${packAgain}`,
  'directory-too-large': () =>
    'its central directory is larger than 1 MiB: pack fewer files, with shorter names and no comments',
  'stray-bytes': ({ bytes, where }: { bytes: number; where: keyof typeof strayPlaces }) =>
    `it has ${counted(bytes, 'byte that belongs', 'bytes that belong')} to nothing ${strayPlaces[where]}: ${packAgain}`,
  'documents-over-limit': ({ gibibytes, from, largest }: { gibibytes: number; from: string; largest: string }) =>
    `with it, the documents of this audit would come to more than ${gibibytes} GiB today, which is the limit for one day: upload it again from midnight in Alberta, ${from} 00:00, or shrink its documents; the largest is "${largest}"`,
  'entry-encrypted': () => 'it is encrypted: pack the files again without a password',
  'entry-method': () => 'it is compressed by a method other than deflate: pack the files again as a plain ZIP',
  'stored-size-wrong': () => `its sizes are wrong, a stored file is as large packed as unpacked: ${packAgain}`,
  'symbolic-link': () => 'it is a symbolic link: put the file itself into the archive',
  'neither-file-nor-directory': () => 'it is neither a file nor a directory: leave it out',
  'directory-with-data': () => `it is a directory but has data: ${packAgain}`,
  'entry-overlaps': () => `it overlaps what follows it in the archive: ${packAgain}`,
  'local-header-misplaced': () => `its local header is not where the central directory says: ${packAgain}`,
  'local-header-too-large': () => `its local header is larger than expected: ${packAgain}`,
  'local-header-differs': ({ what }: { what: string }) =>
    `its local header contradicts the central directory (${what}): ${packAgain}`,
  'bytes-behind-data': ({ bytes }: { bytes: number }) =>
    `its sizes are wrong: ${counted(bytes, 'byte')} after its data belong to no entry: ${packAgain}`,
  'unpacks-to-more': () => `its size is wrong, it unpacks to more than it says: ${sendAgain}`,
  'unpacks-to-less': () => `its size is wrong, it unpacks to less than it says: ${sendAgain}`,
  'data-end-early': () => `its size is wrong, its deflated data end too early: ${sendAgain}`,
  'data-unreadable': () => `its data can't be unpacked: ${sendAgain}`,
  'crc-wrong': () => `its CRC is wrong: ${sendAgain}`,
  'descriptor-wrong': () => `its data descriptor contradicts the central directory: ${sendAgain}`,
  'two-names': () => `it has two names that contradict each other: ${packAgain}`,
  'name-not-utf8': () =>
    `its name is not UTF-8, though the archive says so: rename it with plain letters, then ${packAgain}`,
  'name-letters-unknown': () =>
    'its name has letters that the archive does not say how to read. On Windows, pack the files again with 7-Zip (Add to archive, format zip, parameters: cu=on); on a Mac, with Compress in Finder. Or rename the file with plain letters, also in audit.json',
  'name-missing': () => 'it has no name: pack the files again',
  'name-too-long': ({ most }: { most: number }) =>
    `its name has more than ${number(most)} bytes: shorten the names of the file and its folders`,
  'name-too-deep': ({ most }: { most: number }) =>
    `its name has more than ${most} parts: put the file into fewer folders`,
  'name-with-backslash': () => 'its name has a backslash: pack again with a program that writes "/" between folders',
  'name-with-control-character': () => 'its name has control characters: rename it',
  'name-with-invisible-character': () =>
    'its name has invisible characters, which can make it look like another name: rename it',
  'path-absolute': () => 'its path is absolute: pack again with paths that start at the folder of audit.json',
  'path-upwards': () => 'its path goes up by "..": pack again with paths that start at the folder of audit.json',
  'path-part-empty': () => 'its path has an empty part or a ".": pack the files again',
  'name-twice': () => 'its name appears twice in the archive: keep one of them, or rename one',
  'name-collides': ({ other }: { other: string }) =>
    `its name collides with "${other}" on systems that ignore case or accents: rename one of them`,
  'name-of-folder': () => 'its name is also that of a folder: rename one of them',
  'outside-folder': ({ folder }: { folder: string }) =>
    `it is outside the folder of audit.json, "${folder}": move it into that folder, or leave it out`,
  'outside-evidence': () => 'it is outside evidence/: move it into evidence/ and name it in an answer, or leave it out',
  'evidence-in-capitals': () => 'it is outside evidence/: write the folder evidence/ in lower case',
  'name-in-capitals': () => 'it is outside evidence/: write its name in lower case',
  'audit-file-missing': () => 'it is missing: put it at the root of the archive, or inside one enclosing folder',
  'audit-file-misnamed': ({ files, found }: { files: number; found: string }) =>
    `it is missing, but the archive has "${found}": rename ${files === 1 ? 'that file' : 'the right one'} to audit.json, in small letters and without anything else`,
  'audit-file-in-many-folders': ({ folders }: { folders: string }) =>
    `it is in more than one folder (${folders}): pack one audit only`,
  'audit-file-too-deep': ({ found }: { found: string }) =>
    `it is too deep, in "${found}": at most one enclosing folder is allowed`,
} satisfies Readonly<Record<string, (values: never) => string>>;

/** What can be wrong with a document. */
const documentSentences = {
  'document-empty': () => 'it is empty: put the document into the archive, or leave it out',
  'document-not-named': () => 'no answer names it: name it in the evidence of an answer, or leave it out',
  'document-swollen': ({ times, most }: { times: number; most: number }) =>
    `it unpacks to ${number(times)} times its packed size, more than ${most} times: most of it is padding; save it again in the program that made it, or leave it out`,
  'manual-missing': () => 'the safety manual is missing, which a certification audit needs: add it beside audit.json',
  'manual-not-pdf': ({ type }: { type: string }) =>
    `the safety manual is not a PDF (its content is ${type}): save it as PDF`,
  'type-not-allowed': () => `its type is not allowed: ${allowed}`,
  'archive-inside': () => `it is an archive inside the archive: put its files into evidence/ one by one; ${allowed}`,
  'office-with-macros': () => 'it is an office file with macros: save it without them, as DOCX or XLSX',
  'office-unreadable': () => "its parts can't be read as those of an office file: save it again as DOCX, XLSX or PDF",
  'office-contradictory': () => 'its parts contradict each other: save it again as DOCX, XLSX or PDF',
  'office-with-password': () =>
    `${locked} (in Word or Excel: File, Info, Protect, Encrypt with Password, and empty the field), or print it as PDF`,
  'pdf-with-password': () =>
    `${locked} (print it as PDF, in Preview on a Mac with File, Export as PDF, or in Acrobat under File, Properties, Security)`,
  'office-old': () =>
    'it is a file of Word, Excel or PowerPoint 97, or an office file with a password: save it as DOCX, XLSX or PDF, without a password',
  'excel-97': () => 'it is an Excel 97 file (XLS): save it as an Excel workbook (XLSX) or as PDF, without a password',
  'word-97': () => 'it is a Word 97 file (DOC): save it as a Word document (DOCX) or as PDF, without a password',
  'powerpoint-97': () => 'it is a PowerPoint 97 file (PPT): save it as PDF',
  powerpoint: () => 'it is a PowerPoint presentation: save it as PDF',
  'excel-binary': () => 'it is a binary Excel workbook (XLSB): save it as an Excel workbook (XLSX) or as PDF',
  'outlook-message': () => 'it is an e-mail of Outlook (MSG): print it as PDF',
  opendocument: () =>
    'it is an OpenDocument file, as LibreOffice and OpenOffice write them (ODT, ODS, ODP): save it as DOCX or XLSX, or export it as PDF',
  'apple-document': ({ program }: { program: string }) =>
    `it is a document of Apple's ${program}: export it as PDF (File, Export To, PDF)`,
  rtf: () => 'it is a Rich Text file (RTF): open it in a word processor, and save it as DOCX or PDF',
  heic: ({ type }: { type: string }) =>
    `it is a photo in the format ${type} of phones, whatever its name says: export it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible, for new photos; on a Mac: open it in Preview, File, Export, JPEG; on Windows: open it in Paint, save as JPEG)`,
  tiff: () => 'it is a TIFF picture: save it as PDF, JPEG or PNG; a scanner can scan to PDF at once',
  'picture-not-allowed': ({ type }: { type: string }) =>
    `it is ${/^[AEIOU]/.test(type) ? 'an' : 'a'} ${type} picture: open it in a picture program, and save it as JPEG or PNG`,
  video: () =>
    `it is a video or a sound recording, which is not accepted: describe in the notes what it shows, or add pictures of it; ${allowed}`,
  'document-too-short': ({ type, bytes }: { type: string; bytes: number }) =>
    `it has only ${counted(bytes, 'byte')}, too few for a ${type}: save it again, and check that it opens`,
} satisfies Readonly<Record<string, (values: never) => string>>;

/** What can be wrong with audit.json as a whole and between its fields. */
const auditFileSentences = {
  'audit-file-too-large': () => 'it is larger than 1 MiB unpacked: shorten the notes',
  'audit-file-swollen': () => `its sizes are wrong, it is much larger packed than unpacked: ${packAgain}`,
  'not-an-object': () => 'it must be one object, in braces',
  'property-repeated': ({ field }: { field?: string }) =>
    `${field === undefined ? 'it' : `"${field}"`} appears more than once: keep one of them`,
  'other-audit-number': ({ given, expected }: { given: string; expected: string }) =>
    `it is ${given}, but this package is for audit ${expected}: correct it, or upload to the other audit`,
  'other-protocol': ({ given, expected }: { given: string; expected: string }) =>
    `it is "${given}", but this audit uses protocol ${expected}: answer that protocol`,
  'date-in-future': ({ date, today }: { date: string; today: string }) =>
    `${date} is in the future, in Alberta it is ${today}: correct the date`,
  'date-after-receipt': ({ date, receivedOn }: { date: string; receivedOn: string }) =>
    `${date} was still in the future when the package was received on ${receivedOn}: correct the date`,
  'ended-before-start': ({ endedOn, startedOn }: { endedOn: string; startedOn: string }) =>
    `${endedOn} is before the start on ${startedOn}: correct one of the dates`,
  'declared-before-end': ({ date, endedOn }: { date: string; endedOn: string }) =>
    `${date} is before the end of the audit on ${endedOn}: declare after the audit has ended`,
  'too-few-months': ({ months, least }: { months: number; least: number }) =>
    `too few months of records (${months}), a certificate needs at least ${least}: review older records as well, or audit again when there are ${least} months of them`,
  'certificate-would-have-expired': ({ endedOn, expiresOn }: { endedOn: string; expiresOn: string }) =>
    `the audit ended on ${endedOn}, its certificate would have expired on ${expiresOn}: submit an audit that ended later`,
  'started-too-long-ago': ({ startedOn }: { startedOn: string }) =>
    `the data gathering started on ${startedOn}, longer ago than a certificate lasts: correct the date`,
  'declaration-missing': () => 'it is missing: declare with name, date and codeOfEthics',
  'declaration-not-an-object': () => 'it must be an object with name, date and codeOfEthics',
  'answers-missing': () => 'it is missing: answer every question of the protocol',
  'answers-not-a-list': () => 'it must be a list of answers, in square brackets',
  'answer-not-an-object': () => 'an answer must be an object, in braces',
  'nothing-applicable': () => 'nothing is applicable: answer at least one question with positive and sampled',
  'positive-over-sampled': ({ positive, sampled }: { positive: number; sampled: number }) =>
    `${positive} positive of ${sampled} sampled; positive cannot exceed sampled: correct one of them`,
  'rated-and-not-applicable': () => 'positive or sampled is given together with notApplicable: keep either, not both',
  'no-such-question': ({ protocol }: { protocol: string }) =>
    `protocol ${protocol} has no such question: remove the answer, or correct its question`,
  'question-not-answered': () => 'it is not answered: answer it',
  'question-answered-repeatedly': ({ count }: { count: number }) =>
    `it is answered ${count === 2 ? 'twice' : `${count} times`}: keep one answer`,
  'not-applicable-forbidden': () =>
    'the protocol does not allow "not applicable" here: answer with positive and sampled',
  'evidence-needed': () =>
    'it is verified by documentation and has positive indicators, but no evidence: name at least one document',
  'evidence-missing': ({ evidence }: { evidence: string }) =>
    `evidence "${evidence}" is not in the archive: add it, or correct the path`,
  'evidence-written-otherwise': ({ evidence, written }: { evidence: string; written: string }) =>
    `evidence "${evidence}" is not in the archive: write "${written}"`,
  'evidence-unfit': ({ evidence }: { evidence: string }) =>
    `evidence "${evidence}" can't serve as evidence: name a document in evidence/, or manual.pdf`,
  'evidence-name-too-long': ({ evidence, most }: { evidence: string; most: number }) =>
    `evidence "${evidence}" has more than ${number(most)} bytes: shorten the names of the file and its folders`,
  'evidence-name-too-deep': ({ evidence, most }: { evidence: string; most: number }) =>
    `evidence "${evidence}" has more than ${most} parts: put the file into fewer folders`,
  'more-problems': ({ told }: { told: number }) =>
    `more than ${counted(told, 'problem')}: correct these, and check again`,
} satisfies Readonly<Record<string, (values: never) => string>>;

/** What the reviewer should know and what refuses nothing. */
const warningSentences = {
  'data-gathering-too-long': ({ days, most }: { days: number; most: number }) =>
    `The data gathering lasted ${days} days; the limit is ${most}.`,
  'submitted-late': ({ days, most }: { days: number; most: number }) =>
    `The package arrived ${days} days after the audit's end; the limit is ${most}.`,
  'binder-end-date-differs': ({ endedOn, recorded }: { endedOn: string; recorded: string }) =>
    `The package says that the audit ended on ${endedOn}; the record of the binder says ${recorded}.`,
} satisfies Readonly<Record<WarningCode, (values: never) => string>>;

/**
 * Every sentence about a package, by its code: what is wrong and what helps, without the place. The values are what the sentence
 * says, already as they may be shown to people.
 */
const sentences = {
  ...archiveSentences,
  ...documentSentences,
  ...jsonSentences,
  ...auditFileSentences,
  ...fieldSentences,
  ...warningSentences,
} as const;

/** The name of each thing that can be wrong with a package; it never changes. */
export type FaultCode = keyof typeof sentences;

type ValuesOf = { [Code in FaultCode]: Parameters<(typeof sentences)[Code]> };
const sentenceOf: { readonly [Code in FaultCode]: (...values: ValuesOf[Code]) => string } = sentences;

/** What is wrong, or what a reviewer should know: the sentence, and the code and values to say it in another language. */
export type Fault<Code extends FaultCode | RefusalCode = FaultCode | RefusalCode> = {
  readonly message: string;
  readonly code: Code;
  readonly values: Values;
};

/** Makes the fault of a code; the compiler asks for the values that its sentence says. */
export function fault<Code extends FaultCode>(code: Code, ...given: ValuesOf[Code]): Fault<Code> {
  return { message: sentenceOf[code](...given), code, values: given[0] ?? {} };
}

/** A number of things in words: "1 byte", "2 bytes". */
function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${number(count)} ${count === 1 ? thing : things}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
