import { isDate } from '@secor/certification';
import * as v from 'valibot';
import { isSeen, noLostCharacter, notMisread, text, tidied } from './text.ts';

export { maxDraftDays, maxUploadDays } from '@secor/certification';

/** The version of the package format that this file describes. */
export const packageFormat = 1;
/** The most bytes that a package may have, packed, and the most that its documents may have unpacked. */
export const maxPackageBytes = 1024 ** 3;
/** The most entries of the archive, directories included. */
export const maxPackageEntries = 1_000;
/** The most answers that audit.json may have; no protocol has as many questions. */
export const maxAnswers = 1_000;
/** The most bytes that the name of an entry may have, in UTF-8, with its folders: as many as systems take. */
export const maxNameBytes = 1_024;
/** The most parts that the name of an entry may have: its folders and itself. */
export const maxNameParts = 32;
/** The most bytes of audit.json, unpacked. */
export const maxAuditFileBytes = 1024 ** 2;

/**
 * What can be wrong with one field of audit.json by itself. The schemas give these as their messages; packages/audit-package has the
 * sentences.
 */
export const fieldFaults = [
  'field-missing',
  'field-unknown',
  'field-empty',
  'field-not-text',
  'field-text-unusable',
  'field-text-too-long',
  'name-too-many-characters',
  'field-not-a-number',
  'field-not-whole',
  'field-too-small',
  'field-too-large',
  'field-not-a-date',
  'field-not-in-calendar',
  'field-not-a-list',
  'field-not-the-format',
  'audit-number-not-text',
  'audit-number-not-nine-digits',
  'not-applicable-not-true',
  'code-of-ethics-not-true',
  'too-many-paths',
  'too-many-answers',
] as const;
export type FieldFault = (typeof fieldFaults)[number];

/** The code as the message of a check. */
const is = (code: FieldFault): string => code;

const filled = v.pipe(text(is('field-not-text')), v.regex(/\S/, is('field-empty')), v.check(isSeen, is('field-empty')));
const whole = (least: number, most: number) =>
  v.pipe(
    v.number(is('field-not-a-number')),
    v.integer(is('field-not-whole')),
    v.minValue(least, is('field-too-small')),
    v.maxValue(most, is('field-too-large')),
  );
const date = v.pipe(
  v.string(is('field-not-a-date')),
  v.isoDate(is('field-not-a-date')),
  v.check(isDate, is('field-not-in-calendar')),
);

const answer = {
  question: v.pipe(filled, v.description('The id of the question in the protocol, such as "3.2".')),
  notes: v.pipe(
    filled,
    v.maxLength(10_000, is('field-text-too-long')),
    v.description('The explanation, which every question needs, also one that is not applicable.'),
  ),
  evidence: v.exactOptional(
    v.pipe(
      v.array(filled, is('field-not-a-list')),
      v.maxLength(maxPackageEntries, is('too-many-paths')),
      v.description('Paths of documents in the archive, counted from the folder of audit.json.'),
    ),
  ),
};

/** An answer that counts indicators: documents reviewed, people interviewed, things observed. */
export const RatedAnswer = v.strictObject({
  question: answer.question,
  positive: v.pipe(
    whole(0, 100_000),
    v.description('How many of the sampled indicators were positive; at most "sampled".'),
  ),
  sampled: v.pipe(whole(1, 100_000), v.description('How many indicators were sampled.')),
  notes: answer.notes,
  evidence: answer.evidence,
});

/** The answer to a question that does not apply to this employer, where the protocol allows that. */
export const NotApplicableAnswer = v.strictObject({
  question: answer.question,
  notApplicable: v.literal(true, is('not-applicable-not-true')),
  notes: answer.notes,
  evidence: answer.evidence,
});

/** The assessor's declaration. */
export const Declaration = v.strictObject({
  name: v.pipe(
    filled,
    noLostCharacter,
    notMisread,
    tidied(),
    v.maxLength(200, is('name-too-many-characters')),
    v.description('The name of the assessor who declares.'),
  ),
  date: v.pipe(date, v.description('The day of the declaration: not before the end of the audit, not after today.')),
  codeOfEthics: v.pipe(
    v.literal(true, is('code-of-ethics-not-true')),
    v.description('That the code of ethics was kept.'),
  ),
});

/**
 * audit.json, format 1: one field by itself. What ties fields to each other, to the protocol and to the archive is
 * checked by packages/audit-package.
 */
export const AuditFile = v.strictObject({
  format: v.pipe(v.literal(packageFormat, is('field-not-the-format')), v.description('The version of this format.')),
  auditNumber: v.pipe(
    v.string(is('audit-number-not-text')),
    v.regex(/^[1-9][0-9]{8}$/, is('audit-number-not-nine-digits')),
    v.description('The number that registering the audit gave.'),
  ),
  protocol: v.pipe(filled, v.description('The id of the protocol that is answered, such as "secor-2020".')),
  startedOn: v.pipe(date, v.description('The first day of the data gathering.')),
  endedOn: v.pipe(date, v.description('The last day of the data gathering: the end of the audit.')),
  recordsMonths: v.pipe(whole(0, 1_200), v.description('How many months back the reviewed records go.')),
  answers: v.pipe(
    v.array(v.union([RatedAnswer, NotApplicableAnswer]), is('field-not-a-list')),
    v.maxLength(maxAnswers, is('too-many-answers')),
    v.description('One answer to every question of the protocol, in any order.'),
  ),
  declaration: Declaration,
});

export type RatedAnswer = v.InferOutput<typeof RatedAnswer>;
export type NotApplicableAnswer = v.InferOutput<typeof NotApplicableAnswer>;
export type Declaration = v.InferOutput<typeof Declaration>;
export type AuditFile = v.InferOutput<typeof AuditFile>;
