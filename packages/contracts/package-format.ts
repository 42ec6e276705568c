import { isDate } from '@secor/certification';
import * as v from 'valibot';
import { text } from './text.ts';

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

const filled = v.pipe(text(), v.regex(/\S/, 'is empty: fill it in'));
const whole = (least: number, most: number) =>
  v.pipe(
    v.number(`must be a whole number from ${least} to ${most}`),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
const date = v.pipe(
  v.string('must be a date as text: write it as "YYYY-MM-DD"'),
  v.isoDate('is not a date: write it as "YYYY-MM-DD"'),
  v.check(isDate, 'is not a date of the calendar: correct the day, the month or the year'),
);

const answer = {
  question: v.pipe(filled, v.description('The id of the question in the protocol, such as "3.2".')),
  notes: v.pipe(
    filled,
    v.maxLength(10_000, 'must have at most 10,000 characters: move the detail into a document of evidence'),
    v.description('The explanation, which every question needs, also one that is not applicable.'),
  ),
  evidence: v.exactOptional(
    v.pipe(
      v.array(filled, 'must be a list of paths in the archive'),
      v.maxLength(maxPackageEntries, `names more than ${maxPackageEntries} paths`),
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
  notApplicable: v.literal(true, 'must be true: leave it out where the question applies'),
  notes: answer.notes,
  evidence: answer.evidence,
});

/** The assessor's declaration. */
export const Declaration = v.strictObject({
  name: v.pipe(filled, v.description('The name of the assessor who declares.')),
  date: v.pipe(date, v.description('The day of the declaration: not before the end of the audit, not after today.')),
  codeOfEthics: v.pipe(
    v.literal(true, 'must be true: the assessor declares to have kept the code of ethics'),
    v.description('That the code of ethics was kept.'),
  ),
});

/**
 * audit.json, format 1: one field by itself. What ties fields to each other, to the protocol and to the archive is
 * checked by packages/audit-package.
 */
export const AuditFile = v.strictObject({
  format: v.pipe(v.literal(packageFormat, `must be ${packageFormat}`), v.description('The version of this format.')),
  auditNumber: v.pipe(
    v.string('must be text of nine digits, in quotation marks'),
    v.regex(/^[1-9][0-9]{8}$/, 'must be nine digits, the first of them not zero'),
    v.description('The number that registering the audit gave.'),
  ),
  protocol: v.pipe(filled, v.description('The id of the protocol that is answered, such as "secor-2020".')),
  startedOn: v.pipe(date, v.description('The first day of the data gathering.')),
  endedOn: v.pipe(date, v.description('The last day of the data gathering: the end of the audit.')),
  recordsMonths: v.pipe(whole(0, 1_200), v.description('How many months back the reviewed records go.')),
  answers: v.pipe(
    v.array(v.union([RatedAnswer, NotApplicableAnswer]), 'must be a list'),
    v.maxLength(maxAnswers, `has more than ${maxAnswers} entries: answer every question of the protocol once`),
    v.description('One answer to every question of the protocol, in any order.'),
  ),
  declaration: Declaration,
});

export type RatedAnswer = v.InferOutput<typeof RatedAnswer>;
export type NotApplicableAnswer = v.InferOutput<typeof NotApplicableAnswer>;
export type Declaration = v.InferOutput<typeof Declaration>;
export type AuditFile = v.InferOutput<typeof AuditFile>;
