import {
  type Answer,
  type AuditKind,
  daysBetween,
  type Protocol,
  type Question,
  type RuleSet,
} from '@secor/certification';
import { AuditFile, Declaration, NotApplicableAnswer, RatedAnswer } from '@secor/contracts';
import * as v from 'valibot';
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

const file = 'audit.json';
const { answers: _answers, declaration: _declaration, ...plainFields } = AuditFile.entries;
const answersLimit = 1_000;

/**
 * Reads audit.json and checks every field, the conditions between fields, and the protocol; what is wrong is added to
 * `problems`, and a wrong field does not hide what is wrong elsewhere.
 * @param paths the documents of the archive by their paths from the folder of audit.json, in Unicode form NFC
 */
export function readAuditFile(
  bytes: Uint8Array,
  expectation: Expectation,
  paths: ReadonlySet<string>,
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
  const known = { ...plainFields, answers: v.unknown(), declaration: v.unknown() };
  const fields: Read<typeof plainFields> = readFields(known, value, (field, message) =>
    problems.add(placeOf(field), message),
  );
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
  const message = 'stands more than once: keep one of them';
  if (answer === undefined || typeof position !== 'number') {
    problems.add(`audit.json, ${path.map(pathPart).join(', ')}`, `it ${message}`);
  } else {
    problems.add(placeOfAnswer(answer, position), `"${rest.map(pathPart).join(', ')}" ${message}`);
  }
}

function pathPart(part: string | number): string {
  return typeof part === 'number' ? `entry ${part + 1}` : shown(part);
}

function readDeclaration(
  value: JsonValue | undefined,
  problems: Problems,
): Read<typeof Declaration.entries> | undefined {
  const place = `${file}, declaration`;
  if (value === undefined) problems.add(place, 'it is missing: the assessor declares with name, date and codeOfEthics');
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
      `it is "${shown(fields.protocol)}", but this audit answers protocol ${protocol.id}: answer that one`,
    );
  }
}

function checkDates(
  { startedOn, endedOn, recordsMonths }: Read<typeof plainFields>,
  declaration: Read<typeof Declaration.entries> | undefined,
  { ruleSet, today }: Expectation,
  problems: Problems,
): void {
  const dates = { startedOn, endedOn, 'declaration, date': declaration?.date };
  for (const [field, date] of Object.entries(dates)) {
    if (date !== undefined && date > today) {
      problems.add(`${file}, ${field}`, `${date} lies in the future, today is ${today}: correct the date`);
    }
  }
  if (startedOn !== undefined && endedOn !== undefined && endedOn < startedOn) {
    problems.add(`${file}, endedOn`, `${endedOn} lies before the start on ${startedOn}: correct one of the dates`);
  }
  if (declaration?.date !== undefined && endedOn !== undefined && declaration.date < endedOn) {
    problems.add(
      `${file}, declaration, date`,
      `${declaration.date} lies before the end of the audit on ${endedOn}: declare when the audit has ended`,
    );
  }
  const least = ruleSet.leastRecordsMonths.value;
  if (recordsMonths !== undefined && recordsMonths < least) {
    problems.add(
      `${file}, recordsMonths`,
      `too few months of records (${recordsMonths}): a package needs at least ${least}`,
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
      message: `the data gathering lasted ${gathered} days, more than ${dataGatheringDays.value}`,
    });
  }
  if (taken > submissionDays.value) {
    warnings.push({
      place: `${file}, endedOn`,
      message: `the package arrived ${taken} days after the audit's end, more than ${submissionDays.value}`,
    });
  }
  return warnings;
}

function readAnswers(value: JsonValue | undefined, problems: Problems): ReadAnswer[] | undefined {
  const place = `${file}, answers`;
  if (value === undefined) problems.add(place, 'it is missing: answer every question of the protocol');
  else if (!Array.isArray(value)) problems.add(place, 'it must be a list of answers, in square brackets');
  else {
    if (value.length > answersLimit) {
      problems.add(place, `it has more than ${answersLimit} entries: answer every question of the protocol once`);
    }
    return value.slice(0, answersLimit).map((answer, position) => readAnswer(answer, position, problems));
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
  const notApplicable = 'notApplicable' in value;
  const rated = 'positive' in value || 'sampled' in value;
  const entries = {
    ...(notApplicable && NotApplicableAnswer.entries),
    ...((rated || !notApplicable) && RatedAnswer.entries),
  };
  if (rated && notApplicable) {
    problems.add(place, 'positive or sampled is given together with notApplicable: keep either, not both');
  }
  const read: Omit<ReadAnswer, 'place'> = readFields(
    entries as typeof RatedAnswer.entries & typeof NotApplicableAnswer.entries,
    rated && notApplicable ? { positive: 0, sampled: 1, ...value } : value,
    (field, message) => problems.add(place, `${shown(field)} ${message}`),
  );
  const { positive, sampled } = read;
  if (positive !== undefined && sampled !== undefined && positive > sampled) {
    problems.add(
      place,
      `${positive} positive of ${sampled} sampled; positive cannot exceed sampled: correct one of them`,
    );
  }
  if (rated && notApplicable) {
    delete read.positive;
    delete read.notApplicable;
  }
  // What an answer names is named, even where the list itself is wrong.
  const listed = value.evidence === undefined ? [] : [value.evidence].flat();
  const evidence = listed.filter((path) => typeof path === 'string').map((path) => path.normalize('NFC'));
  return { place, ...read, evidence: [...new Set(evidence)] };
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
        `it is no question of protocol ${protocol.id}: remove the answer, or correct its question`,
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

function checkEvidenceExists(answers: readonly ReadAnswer[], paths: ReadonlySet<string>, problems: Problems): void {
  const loose = (path: string) =>
    path
      .replaceAll('\\', '/')
      .replace(/^\.?\//, '')
      .toLowerCase();
  const similar = new Map(Array.from(paths, (path) => [loose(path), path]));
  for (const { place, evidence = [] } of answers) {
    for (const path of evidence) {
      if (paths.has(path)) continue;
      const other = similar.get(loose(path));
      const remedy = other === undefined ? 'add it, or correct the path' : `write "${shown(other)}"`;
      problems.add(place, `evidence "${shown(path)}" is not in the archive: ${remedy}`);
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
const unknown = 'is no property of the format: remove it';

/** Reads the properties of an object one by one: those that are right, whatever the others are. */
function readFields<E extends v.ObjectEntries>(
  entries: E,
  value: JsonObject,
  report: (field: string, message: string) => void,
): Read<E> {
  const read: Read<E> = {};
  for (const field of Object.keys(value)) {
    if (!Object.hasOwn(entries, field)) report(field, unknown);
  }
  for (const [field, schema] of Object.entries(entries)) {
    const given = value[field];
    if (given === undefined) {
      if (schema.type !== 'exact_optional' && schema.type !== 'unknown') report(field, missing);
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
