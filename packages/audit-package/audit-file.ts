import {
  type Answer,
  type AuditKind,
  certificateTerm,
  daysBetween,
  expiryDate,
  type Protocol,
  type Question,
  type RuleSet,
} from '@secor/certification';
import {
  AuditFile,
  Declaration,
  maxAnswers,
  maxPackageEntries,
  NotApplicableAnswer,
  RatedAnswer,
} from '@secor/contracts';
import * as v from 'valibot';
import { nameSizeProblem } from './layout.ts';
import { type Problem, type Problems, shown } from './problem.ts';
import { type JsonPath, type JsonValue, NotJson, parseStrictJson } from './strict-json.ts';

/** What a package is checked against: the audit as it was registered, and the day on which the package arrived. */
export type Expectation = {
  readonly auditNumber: string;
  readonly kind: AuditKind;
  readonly protocol: Protocol;
  readonly ruleSet: RuleSet;
  /** Business date of the package's arrival, 'YYYY-MM-DD'. */
  readonly today: string;
};

/** An answer with its explanation and the documents that it names, by their paths from the folder of audit.json. */
export type ExplainedAnswer = Answer & { readonly notes: string; readonly evidence: readonly string[] };

/** What audit.json says. */
export type AuditFileContent = {
  readonly startedOn: string;
  readonly endedOn: string;
  readonly recordsMonths: number;
  readonly declaration: Declaration;
  /** One for every question, in the order of the protocol. */
  readonly answers: readonly ExplainedAnswer[];
};

/** What could be read of audit.json, whatever is wrong with the rest of it. */
export type AuditFileReading = {
  /** Only when everything could be read. */
  readonly content?: AuditFileContent;
  /** Only when every question has one answer that can be scored. */
  readonly answers?: readonly Answer[];
  /** The documents that answers name; missing when the answers can't be read at all. */
  readonly named?: ReadonlySet<string>;
  readonly warnings: readonly Problem[];
};

type JsonObject = { [property: string]: JsonValue };
type Read<E extends v.ObjectEntries> = { [Field in keyof E]?: v.InferOutput<E[Field]> };
type ReadAnswer = {
  place: string;
  question?: string;
  positive?: number;
  sampled?: number;
  notApplicable?: true;
  notes?: string;
  evidence?: string[];
};

/** The names in the archive, from the folder of audit.json, in Unicode form NFC. */
type Paths = {
  /** The manual and the files in evidence/. */
  readonly documents: ReadonlySet<string>;
  /** What is in the archive but can't be evidence: audit.json, directories, what systems leave behind, misplaced files. */
  readonly others: ReadonlySet<string>;
  /** Whether the name of every entry is known; those of the others hold letters that are not ASCII. */
  readonly areAllKnown: boolean;
};

const file = 'audit.json';
const { answers: _answers, declaration: _declaration, ...plainFields } = AuditFile.entries;

/**
 * Reads audit.json and checks every field, the conditions between fields, and the protocol; what is wrong is added to
 * `problems`, and a wrong field does not hide what is wrong elsewhere.
 */
export function readAuditFile(
  bytes: Uint8Array,
  expectation: Expectation,
  paths: Paths,
  problems: Problems,
): AuditFileReading {
  let parsed: { value: JsonValue; repeated: JsonPath[] };
  try {
    parsed = parseStrictJson(bytes);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    problems.add(file, `it can't be read: ${error.message}`);
    return { warnings: [] };
  }
  const { value, repeated } = parsed;
  if (!isObject(value)) {
    problems.add(file, 'it must be one object, in braces');
    return { warnings: [] };
  }
  for (const path of repeated) addRepeated(path, value, problems);

  const placeOf = (field: string) => `${file}, ${shown(field)}`;
  const fields = readFields(plainFields, value, (field, message) => problems.add(placeOf(field), message), [
    'answers',
    'declaration',
  ]);
  const declaration = readDeclaration(value.declaration, problems);
  checkIdentity(fields, expectation, problems);
  checkDates(fields, declaration, expectation, problems);
  const answers = readAnswers(value.answers, problems);
  if (answers === undefined) return { warnings: [] };

  const byQuestion = checkQuestions(answers, expectation.protocol, problems);
  checkEvidenceExists(answers, paths, problems);
  const named = new Set(answers.flatMap((answer) => answer.evidence ?? []));
  const scorable = scorableAnswers(expectation.protocol, byQuestion);
  const nothingApplies = scorable?.every((answer) => 'notApplicable' in answer);
  if (nothingApplies) {
    // [A] Without a point to award there is nothing to judge.
    problems.add(placeOf('answers'), 'nothing is applicable: answer at least one question with positive and sampled');
  }
  const explained = scorable?.flatMap((answer): ExplainedAnswer[] => {
    const { notes, evidence } = byQuestion.get(answer.question) ?? {};
    return notes === undefined || evidence === undefined ? [] : [{ ...answer, notes, evidence }];
  });

  const { startedOn, endedOn, recordsMonths } = fields;
  const { name, date, codeOfEthics } = declaration ?? {};
  const content =
    explained !== undefined &&
    explained.length === scorable?.length &&
    startedOn !== undefined &&
    endedOn !== undefined &&
    recordsMonths !== undefined &&
    name !== undefined &&
    date !== undefined &&
    codeOfEthics !== undefined
      ? { startedOn, endedOn, recordsMonths, declaration: { name, date, codeOfEthics }, answers: explained }
      : undefined;
  return {
    ...(content && { content }),
    ...(scorable && !nothingApplies && { answers: scorable }),
    named,
    warnings: lateness(startedOn, endedOn, expectation),
  };
}

function addRepeated(path: JsonPath, file: JsonObject, problems: Problems): void {
  const [first, position, ...rest] = path;
  const answer =
    first === 'answers' && typeof position === 'number' && Array.isArray(file.answers)
      ? file.answers[position]
      : undefined;
  const message = 'appears more than once: keep one of them';
  if (answer === undefined || typeof position !== 'number') {
    problems.add(`audit.json, ${pathShown(path)}`, `it ${message}`);
  } else {
    problems.add(placeOfAnswer(answer, position), `"${pathShown(rest)}" ${message}`);
  }
}

/** A path as people read it; of a deep one only its end. */
function pathShown(path: JsonPath): string {
  const end = path.slice(-4).map((part) => (typeof part === 'number' ? `entry ${part + 1}` : shown(part)));
  return shown((path.length > end.length ? ['…', ...end] : end).join(', '));
}

function readDeclaration(
  value: JsonValue | undefined,
  problems: Problems,
): Read<typeof Declaration.entries> | undefined {
  const place = `${file}, declaration`;
  if (value === undefined) problems.add(place, 'it is missing: declare with name, date and codeOfEthics');
  else if (!isObject(value)) problems.add(place, 'it must be an object with name, date and codeOfEthics');
  else {
    return readFields(Declaration.entries, value, (field, message) =>
      problems.add(`${place}, ${shown(field)}`, message),
    );
  }
  return undefined;
}

function checkIdentity(
  fields: Read<typeof plainFields>,
  { auditNumber, protocol }: Expectation,
  problems: Problems,
): void {
  if (fields.auditNumber !== undefined && fields.auditNumber !== auditNumber) {
    problems.add(
      `${file}, auditNumber`,
      `it is ${fields.auditNumber}, but this package is for audit ${auditNumber}: correct it, or upload to the other audit`,
    );
  }
  if (fields.protocol !== undefined && fields.protocol !== protocol.id) {
    problems.add(
      `${file}, protocol`,
      `it is "${shown(fields.protocol)}", but this audit uses protocol ${protocol.id}: answer that protocol`,
    );
  }
}

function checkDates(
  { startedOn, endedOn, recordsMonths }: Read<typeof plainFields>,
  declaration: Read<typeof Declaration.entries> | undefined,
  { kind, ruleSet, today }: Expectation,
  problems: Problems,
): void {
  const dates = { startedOn, endedOn, 'declaration, date': declaration?.date };
  for (const [field, date] of Object.entries(dates)) {
    if (date !== undefined && date > today) {
      problems.add(`${file}, ${field}`, `${date} is in the future, today is ${today}: correct the date`);
    }
  }
  if (startedOn !== undefined && endedOn !== undefined && endedOn < startedOn) {
    problems.add(`${file}, endedOn`, `${endedOn} is before the start on ${startedOn}: correct one of the dates`);
  }
  if (declaration?.date !== undefined && endedOn !== undefined && declaration.date < endedOn) {
    problems.add(
      `${file}, declaration, date`,
      `${declaration.date} is before the end of the audit on ${endedOn}: declare after the audit has ended`,
    );
  }
  if (kind === 'certification' && recordsMonths !== undefined) {
    checkCertificate({ startedOn, endedOn }, recordsMonths, ruleSet, today, problems);
  }
}

/** Checks that a certificate could come of the audit: that the records suffice for one, and that it would not be over. */
function checkCertificate(
  { startedOn, endedOn }: { startedOn: string | undefined; endedOn: string | undefined },
  recordsMonths: number,
  ruleSet: RuleSet,
  today: string,
  problems: Problems,
): void {
  if (certificateTerm(recordsMonths, ruleSet) === undefined) {
    const least = ruleSet.minRecordsMonths.value;
    problems.add(
      `${file}, recordsMonths`,
      `too few months of records (${recordsMonths}), a certificate needs at least ${least}: review older records as well, or audit again when there are ${least} months of them`,
    );
    return;
  }
  // [A] An audit is refused whose certificate, counted from its end or even from its start, would have expired on arrival.
  const expiryFrom = (date: string | undefined) =>
    date === undefined || date > today ? today : expiryDate(date, recordsMonths, ruleSet);
  if (expiryFrom(endedOn) < today) {
    problems.add(
      `${file}, endedOn`,
      `the audit ended on ${endedOn}, its certificate would have expired on ${expiryFrom(endedOn)}: submit an audit that ended later`,
    );
  } else if (expiryFrom(startedOn) < today) {
    problems.add(
      `${file}, startedOn`,
      `the data gathering started on ${startedOn}, longer ago than a certificate lasts: correct the date`,
    );
  }
}

function lateness(
  startedOn: string | undefined,
  endedOn: string | undefined,
  { ruleSet: { dataGatheringDays, submissionDays }, today }: Expectation,
): Problem[] {
  if (startedOn === undefined || endedOn === undefined) return [];
  const gathered = daysBetween(startedOn, endedOn) + 1;
  const taken = daysBetween(endedOn, today);
  const warnings: Problem[] = [];
  if (gathered > dataGatheringDays.value) {
    warnings.push({
      place: `${file}, endedOn`,
      message: `The data gathering lasted ${gathered} days; the limit is ${dataGatheringDays.value}.`,
    });
  }
  if (taken > submissionDays.value) {
    warnings.push({
      place: `${file}, endedOn`,
      message: `The package arrived ${taken} days after the audit's end; the limit is ${submissionDays.value}.`,
    });
  }
  return warnings;
}

function readAnswers(value: JsonValue | undefined, problems: Problems): ReadAnswer[] | undefined {
  const place = `${file}, answers`;
  if (value === undefined) problems.add(place, 'it is missing: answer every question of the protocol');
  else if (!Array.isArray(value)) problems.add(place, 'it must be a list of answers, in square brackets');
  else {
    if (value.length > maxAnswers) {
      problems.add(place, `it has more than ${maxAnswers} entries: answer every question of the protocol once`);
    }
    return value.slice(0, maxAnswers).map((answer, position) => readAnswer(answer, position, problems));
  }
  return undefined;
}

function placeOfAnswer(answer: JsonValue, position: number): string {
  return isObject(answer) && typeof answer.question === 'string' && /\S/.test(answer.question)
    ? `Question ${shown(answer.question)}`
    : `${file}, answer ${position + 1}`;
}

function readAnswer(value: JsonValue, position: number, problems: Problems): ReadAnswer {
  const place = placeOfAnswer(value, position);
  if (!isObject(value)) {
    problems.add(place, 'an answer must be an object, in braces');
    return { place };
  }
  const { evidence: given } = value;
  const listed = (given === undefined ? [] : [given].flat()).slice(0, maxPackageEntries);
  if (Array.isArray(given) && given.length > listed.length) {
    problems.add(place, `evidence names more than ${maxPackageEntries} paths: name fewer`);
  }
  // What is cut off is not judged: a list of a mebibyte could hold hundreds of thousands of wrong paths.
  const read = readByKind(Array.isArray(given) ? { ...value, evidence: listed } : value, place, problems);
  const { positive, sampled } = read;
  if (positive !== undefined && sampled !== undefined && positive > sampled) {
    problems.add(
      place,
      `${positive} positive of ${sampled} sampled; positive cannot exceed sampled: correct one of them`,
    );
  }
  // What an answer names is named, even where the list itself is wrong.
  const evidence = listed
    .filter((path) => typeof path === 'string')
    .map((path) => (nameSizeProblem(path) === undefined ? path.normalize('NFC') : path));
  return { place, ...read, evidence: [...new Set(evidence)] };
}

/** The fields of an answer that counts, or that says "not applicable"; of one that says both, only what both have. */
function readByKind(value: JsonObject, place: string, problems: Problems): Omit<ReadAnswer, 'place'> {
  const report = (field: string, message: string) => problems.add(place, `${shown(field)} ${message}`);
  if (!('notApplicable' in value)) return readFields(RatedAnswer.entries, value, report);
  if (!('positive' in value || 'sampled' in value)) return readFields(NotApplicableAnswer.entries, value, report);
  problems.add(place, 'positive or sampled is given together with notApplicable: keep either, not both');
  const { question, notes, evidence } = RatedAnswer.entries;
  return readFields({ question, notes, evidence }, value, report, ['positive', 'sampled', 'notApplicable']);
}

/** Checks that every question is answered once, as the protocol allows; gives the answers of the questions that exist. */
function checkQuestions(
  answers: readonly ReadAnswer[],
  protocol: Protocol,
  problems: Problems,
): Map<string, ReadAnswer> {
  const questions = new Map(
    protocol.elements.flatMap((element) => element.questions.map((question) => [question.id, question] as const)),
  );
  const byQuestion = new Map<string, ReadAnswer>();
  const counts = new Map<string, number>();
  for (const answer of answers) {
    if (answer.question === undefined) continue;
    const question = questions.get(answer.question);
    if (question === undefined) {
      problems.add(
        answer.place,
        `protocol ${protocol.id} has no such question: remove the answer, or correct its question`,
      );
      continue;
    }
    counts.set(question.id, (counts.get(question.id) ?? 0) + 1);
    byQuestion.set(question.id, answer);
    checkAnswer(question, answer, problems);
  }
  for (const id of questions.keys()) {
    const count = counts.get(id) ?? 0;
    if (count === 0) problems.add(`Question ${id}`, 'it is not answered: answer it');
    if (count > 1) {
      problems.add(`Question ${id}`, `it is answered ${count === 2 ? 'twice' : `${count} times`}: keep one answer`);
      byQuestion.delete(id);
    }
  }
  return byQuestion;
}

function checkAnswer(question: Question, answer: ReadAnswer, problems: Problems): void {
  if (answer.notApplicable && !question.notApplicable) {
    problems.add(answer.place, 'the protocol does not allow "not applicable" here: answer with positive and sampled');
  }
  if (question.methods.includes('D') && (answer.positive ?? 0) > 0 && answer.evidence?.length === 0) {
    problems.add(
      answer.place,
      'it is verified by documentation and has positive indicators, but no evidence: name at least one document',
    );
  }
}

function checkEvidenceExists(
  answers: readonly ReadAnswer[],
  { documents, others, areAllKnown }: Paths,
  problems: Problems,
): void {
  const loose = (path: string) =>
    path
      .replaceAll('\\', '/')
      .replace(/^\.?\//, '')
      .toLowerCase();
  const similar = new Map(Array.from(documents, (path) => [loose(path), path]));
  const unfit = new Set(Array.from(others, loose));
  for (const { place, evidence = [] } of answers) {
    for (const path of evidence) {
      if (documents.has(path)) continue;
      // It may be one of those whose names can't be known, which are told already.
      if (!areAllKnown && !/^[\0-\x7f]*$/.test(path)) continue;
      const tooLarge = nameSizeProblem(path);
      const other = tooLarge === undefined ? similar.get(loose(path)) : undefined;
      const wrong =
        tooLarge !== undefined
          ? tooLarge
          : other !== undefined
            ? `is not in the archive: write "${shown(other)}"`
            : unfit.has(loose(path))
              ? "can't serve as evidence: name a document in evidence/, or manual.pdf"
              : 'is not in the archive: add it, or correct the path';
      problems.add(place, `evidence "${shown(path)}" ${wrong}`);
    }
  }
}

function scorableAnswers(protocol: Protocol, byQuestion: ReadonlyMap<string, ReadAnswer>): Answer[] | undefined {
  const questions = protocol.elements.flatMap((element) => element.questions);
  const answers = questions.flatMap((question): Answer[] => {
    const { positive, sampled, notApplicable } = byQuestion.get(question.id) ?? {};
    if (notApplicable) return question.notApplicable ? [{ question: question.id, notApplicable }] : [];
    if (positive === undefined || sampled === undefined || positive > sampled) return [];
    return [{ question: question.id, positive, sampled }];
  });
  return answers.length === questions.length ? answers : undefined;
}

const missing = 'is missing: add it';
const unknown = 'is not a property of the format: remove it';

/**
 * Reads the properties of an object one by one: those that are right, whatever the others are.
 * @param known properties that the format has as well, but that are not read here
 */
function readFields<E extends v.ObjectEntries>(
  entries: E,
  value: JsonObject,
  report: (field: string, message: string) => void,
  known: readonly string[] = [],
): Read<E> {
  const read: Read<E> = {};
  for (const field of Object.keys(value)) {
    if (!Object.hasOwn(entries, field) && !known.includes(field)) report(field, unknown);
  }
  for (const [field, schema] of Object.entries(entries)) {
    const given = value[field];
    if (given === undefined) {
      if (schema.type !== 'exact_optional') report(field, missing);
      continue;
    }
    const result = v.safeParse(schema, given, { abortPipeEarly: true });
    if (result.success) Object.assign(read, { [field]: result.output });
    else for (const issue of result.issues) report(field, withValue(issue.message, issue.input));
  }
  return read;
}

function withValue(message: string, given: unknown): string {
  const telling = (typeof given === 'string' && /\S/.test(given)) || typeof given === 'number';
  return telling ? `${message} (it is ${shown(JSON.stringify(given))})` : message;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
