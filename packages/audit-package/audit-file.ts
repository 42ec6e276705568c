import {
  type Answer,
  type AuditKind,
  certificateTerm,
  daysBetween,
  expiryDate,
  type PackageWarning,
  type Protocol,
  type Question,
  type RuleSet,
} from '@secor/certification';
import {
  AuditFile,
  Declaration,
  type FieldFault,
  fieldFaults,
  maxAnswers,
  maxPackageEntries,
  NotApplicableAnswer,
  RatedAnswer,
} from '@secor/contracts';
import * as v from 'valibot';
import { nameSizeProblem } from './layout.ts';
import { type Place, type Problems, problemAt, shown } from './problem.ts';
import { type Fault, type FieldValues, fault } from './sentences.ts';
import { type JsonPath, type JsonValue, NotJson, parseStrictJson } from './strict-json.ts';

/** What a package is checked against: the audit as it was registered, and the day on which the package arrived. */
export type Expectation = {
  readonly auditNumber: string;
  readonly kind: AuditKind;
  readonly protocol: Protocol;
  readonly ruleSet: RuleSet;
  /** Business date of the package's arrival, 'YYYY-MM-DD'. */
  readonly today: string;
  /** Whether it arrived before the day on which it is read, as a binder does. */
  readonly isBinder?: boolean;
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
  readonly warnings: readonly PackageWarning[];
};

type JsonObject = { [property: string]: JsonValue };
type Read<E extends v.ObjectEntries> = { [Field in keyof E]?: v.InferOutput<E[Field]> };
type ReadAnswer = {
  place: Place;
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
    problems.add(file, error.fault);
    return { warnings: [] };
  }
  const { value, repeated } = parsed;
  if (!isObject(value)) {
    problems.add(file, fault('not-an-object'));
    return { warnings: [] };
  }
  for (const path of repeated) addRepeated(path, value, problems);

  const placeOf = (field: string) => `${file}, ${shown(field)}`;
  const fields = readFields(plainFields, value, inPlaces(placeOf, problems), ['answers', 'declaration']);
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
    problems.add(placeOf('answers'), fault('nothing-applicable'));
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
  if (answer === undefined || typeof position !== 'number') {
    problems.add(`audit.json, ${pathShown(path)}`, fault('property-repeated', {}));
  } else {
    problems.add(placeOfAnswer(answer, position), fault('property-repeated', { field: pathShown(rest) }));
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
  if (value === undefined) problems.add(place, fault('declaration-missing'));
  else if (!isObject(value)) problems.add(place, fault('declaration-not-an-object'));
  else
    return readFields(
      Declaration.entries,
      value,
      inPlaces((field) => `${place}, ${shown(field)}`, problems),
    );
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
      fault('other-audit-number', { given: fields.auditNumber, expected: auditNumber }),
    );
  }
  if (fields.protocol !== undefined && fields.protocol !== protocol.id) {
    problems.add(
      `${file}, protocol`,
      fault('other-protocol', { given: shown(fields.protocol), expected: protocol.id }),
    );
  }
}

function checkDates(
  { startedOn, endedOn, recordsMonths }: Read<typeof plainFields>,
  declaration: Read<typeof Declaration.entries> | undefined,
  { kind, ruleSet, today, isBinder }: Expectation,
  problems: Problems,
): void {
  const dates = { startedOn, endedOn, 'declaration, date': declaration?.date };
  for (const [field, date] of Object.entries(dates)) {
    if (date !== undefined && date > today) {
      problems.add(
        `${file}, ${field}`,
        isBinder ? fault('date-after-receipt', { date, receivedOn: today }) : fault('date-in-future', { date, today }),
      );
    }
  }
  if (startedOn !== undefined && endedOn !== undefined && endedOn < startedOn) {
    problems.add(`${file}, endedOn`, fault('ended-before-start', { endedOn, startedOn }));
  }
  if (declaration?.date !== undefined && endedOn !== undefined && declaration.date < endedOn) {
    problems.add(`${file}, declaration, date`, fault('declared-before-end', { date: declaration.date, endedOn }));
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
    problems.add(`${file}, recordsMonths`, fault('too-few-months', { months: recordsMonths, least }));
    return;
  }
  // [A] An audit is refused whose certificate, counted from its end or even from its start, would have expired on arrival.
  const expired = (date: string | undefined) => {
    if (date === undefined || date > today) return undefined;
    const expiresOn = expiryDate(date, recordsMonths, ruleSet);
    return expiresOn < today ? { date, expiresOn } : undefined;
  };
  const [ended, started] = [expired(endedOn), expired(startedOn)];
  if (ended !== undefined) {
    const { date, expiresOn } = ended;
    problems.add(`${file}, endedOn`, fault('certificate-would-have-expired', { endedOn: date, expiresOn }));
  } else if (started !== undefined) {
    problems.add(`${file}, startedOn`, fault('started-too-long-ago', { startedOn: started.date }));
  }
}

function lateness(
  startedOn: string | undefined,
  endedOn: string | undefined,
  { ruleSet: { dataGatheringDays, submissionDays }, today }: Expectation,
): PackageWarning[] {
  if (startedOn === undefined || endedOn === undefined) return [];
  const gathered = daysBetween(startedOn, endedOn) + 1;
  const taken = daysBetween(endedOn, today);
  const warnings: PackageWarning[] = [];
  const place = `${file}, endedOn`;
  if (gathered > dataGatheringDays.value) {
    warnings.push(
      problemAt(place, fault('data-gathering-too-long', { days: gathered, most: dataGatheringDays.value })),
    );
  }
  if (taken > submissionDays.value) {
    warnings.push(problemAt(place, fault('submitted-late', { days: taken, most: submissionDays.value })));
  }
  return warnings;
}

function readAnswers(value: JsonValue | undefined, problems: Problems): ReadAnswer[] | undefined {
  const place = `${file}, answers`;
  if (value === undefined) problems.add(place, fault('answers-missing'));
  else if (!Array.isArray(value)) problems.add(place, fault('answers-not-a-list'));
  else {
    if (value.length > maxAnswers) {
      problems.add(place, fault('too-many-answers', { limit: maxAnswers }));
    }
    return value.slice(0, maxAnswers).map((answer, position) => readAnswer(answer, position, problems));
  }
  return undefined;
}

function placeOfAnswer(answer: JsonValue, position: number): Place {
  return isObject(answer) && typeof answer.question === 'string' && /\S/.test(answer.question)
    ? { question: shown(answer.question) }
    : `${file}, answer ${position + 1}`;
}

function readAnswer(value: JsonValue, position: number, problems: Problems): ReadAnswer {
  const place = placeOfAnswer(value, position);
  if (!isObject(value)) {
    problems.add(place, fault('answer-not-an-object'));
    return { place };
  }
  const { evidence: given } = value;
  const listed = (given === undefined ? [] : [given].flat()).slice(0, maxPackageEntries);
  if (Array.isArray(given) && given.length > listed.length) {
    problems.add(place, fault('too-many-paths', { field: 'evidence', limit: maxPackageEntries }));
  }
  // What is cut off is not judged: a list of a mebibyte could hold hundreds of thousands of wrong paths.
  const read = readByKind(Array.isArray(given) ? { ...value, evidence: listed } : value, place, problems);
  const { positive, sampled } = read;
  if (positive !== undefined && sampled !== undefined && positive > sampled) {
    problems.add(place, fault('positive-over-sampled', { positive, sampled }));
  }
  // What an answer names is named, even where the list itself is wrong.
  const evidence = listed
    .filter((path) => typeof path === 'string')
    .map((path) => (nameSizeProblem(path) === undefined ? path.normalize('NFC') : path));
  return { place, ...read, evidence: [...new Set(evidence)] };
}

/** The fields of an answer that counts, or that says "not applicable"; of one that says both, only what both have. */
function readByKind(value: JsonObject, place: Place, problems: Problems): Omit<ReadAnswer, 'place'> {
  const report: Report = (field, code, values) => problems.add(place, fault(code, { ...values, field: shown(field) }));
  if (!('notApplicable' in value)) return readFields(RatedAnswer.entries, value, report);
  if (!('positive' in value || 'sampled' in value)) return readFields(NotApplicableAnswer.entries, value, report);
  problems.add(place, fault('rated-and-not-applicable'));
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
      problems.add(answer.place, fault('no-such-question', { protocol: protocol.id }));
      continue;
    }
    counts.set(question.id, (counts.get(question.id) ?? 0) + 1);
    byQuestion.set(question.id, answer);
    checkAnswer(question, answer, problems);
  }
  for (const id of questions.keys()) {
    const count = counts.get(id) ?? 0;
    if (count === 0) problems.add({ question: id }, fault('question-not-answered'));
    if (count > 1) {
      problems.add({ question: id }, fault('question-answered-repeatedly', { count }));
      byQuestion.delete(id);
    }
  }
  return byQuestion;
}

function checkAnswer(question: Question, answer: ReadAnswer, problems: Problems): void {
  if (answer.notApplicable && !question.notApplicable) {
    problems.add(answer.place, fault('not-applicable-forbidden'));
  }
  if (question.methods.includes('D') && (answer.positive ?? 0) > 0 && answer.evidence?.length === 0) {
    problems.add(answer.place, fault('evidence-needed'));
  }
}

function checkEvidenceExists(
  answers: readonly ReadAnswer[],
  { documents, others, areAllKnown }: Paths,
  problems: Problems,
): void {
  const similar = new Map(Array.from(documents, (path) => [loose(path), path]));
  const unfit = new Set(Array.from(others, loose));
  for (const { place, evidence = [] } of answers) {
    for (const path of evidence) {
      if (documents.has(path)) continue;
      // It may be one of those whose names can't be known, which are told already.
      if (!areAllKnown && !/^[\0-\x7f]*$/.test(path)) continue;
      problems.add(place, whyNoEvidence(path, similar, unfit));
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

/** Why a path leads to no document, as far as it isn't too large to be looked at. */
function whyNoEvidence(path: string, similar: ReadonlyMap<string, string>, unfit: ReadonlySet<string>): Fault {
  const evidence = shown(path);
  const tooLarge = nameSizeProblem(path);
  if (tooLarge !== undefined) return fault(`evidence-${tooLarge.is}`, { evidence, most: tooLarge.most });
  const written = similar.get(loose(path));
  if (written !== undefined) return fault('evidence-written-otherwise', { evidence, written: shown(written) });
  return fault(unfit.has(loose(path)) ? 'evidence-unfit' : 'evidence-missing', { evidence });
}

/** A path as people may write it for another one. */
function loose(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(/^\.?\//, '')
    .toLowerCase();
}

/**
 * Reads the properties of an object one by one: those that are right, whatever the others are.
 * @param known properties that the format has as well, but that are not read here
 */
function readFields<E extends v.ObjectEntries>(
  entries: E,
  value: JsonObject,
  report: Report,
  known: readonly string[] = [],
): Read<E> {
  const read: Read<E> = {};
  for (const field of Object.keys(value)) {
    if (!Object.hasOwn(entries, field) && !known.includes(field)) report(field, 'field-unknown', {});
  }
  for (const [field, schema] of Object.entries(entries)) {
    const given = value[field];
    if (given === undefined) {
      if (schema.type !== 'exact_optional') report(field, 'field-missing', {});
      continue;
    }
    const result = v.safeParse(schema, given, { abortPipeEarly: true });
    if (result.success) Object.assign(read, { [field]: result.output });
    else for (const issue of result.issues) report(field, ...faultOf(issue));
  }
  return read;
}

/** Tells what a schema finds wrong with a field. */
type Report = (field: string, code: FieldFault, values: FieldValues) => void;

/** Tells it at a place of the field's own. */
function inPlaces(placeOf: (field: string) => string, problems: Problems): Report {
  return (field, code, values) => problems.add(placeOf(field), fault(code, values));
}

function faultOf({ message, requirement, expected, input }: v.BaseIssue<unknown>): [FieldFault, FieldValues] {
  const telling = (typeof input === 'string' && /\S/.test(input)) || typeof input === 'number';
  const given = telling ? { given: shown(JSON.stringify(input)) } : {};
  const code = fieldFaults.find((known) => known === message);
  if (code === undefined) return ['field-text-unusable', { ...given, reason: message }];
  const limit = Number(requirement ?? expected);
  return [code, Number.isFinite(limit) ? { ...given, limit } : given];
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
