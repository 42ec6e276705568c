import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { maxAnswers, maxPackageEntries } from './package-format.ts';
import { auditNumber, day, listOf } from './schemas.ts';
import { text } from './text.ts';

/** The most bytes of a draft, as JSON in UTF-8: as many as audit.json may have. */
export const maxDraftBytes = 1024 ** 2;

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));
const name = v.pipe(text(), v.maxLength(1_024, 'must have at most 1,024 characters'));

/** The answer to one question as far as it is. */
export const DraftAnswer = v.strictObject({
  question: v.pipe(text(), v.nonEmpty(), v.maxLength(20, 'must be the id of a question, such as "3.2"')),
  positive: v.exactOptional(count(100_000)),
  sampled: v.exactOptional(count(100_000)),
  notApplicable: v.exactOptional(v.boolean()),
  notes: v.exactOptional(v.pipe(text(), v.maxLength(10_000, 'must have at most 10,000 characters'))),
  evidence: v.exactOptional(listOf(name, maxPackageEntries)),
});

/** The declaration as far as it is. */
export const DraftDeclaration = v.strictObject({
  name: v.exactOptional(v.pipe(text(), v.maxLength(200, 'must have at most 200 characters'))),
  date: v.exactOptional(day),
  codeOfEthics: v.exactOptional(v.boolean()),
});

/** What an assessor has written so far of audit.json: each value has the form that it has there, and each may be missing. */
export const Draft = v.strictObject({
  startedOn: v.exactOptional(day),
  endedOn: v.exactOptional(day),
  recordsMonths: v.exactOptional(count(1_200)),
  answers: v.exactOptional(listOf(DraftAnswer, maxAnswers)),
  declaration: v.exactOptional(DraftDeclaration),
});
export type Draft = v.InferOutput<typeof Draft>;

const path = v.object({ auditNumber });

export const draftEndpoints = {
  readDraft: {
    method: 'GET',
    path: '/v1/audits/{auditNumber}/draft',
    function: 'assessor-api',
    summary: "Read the draft of the audit's answers. Version 0: none was saved yet",
    roles: ['assessor'],
    parameters: path,
    answer: v.object({ version: v.number(), savedAt: v.optional(v.string()), draft: v.optional(Draft) }),
    status: 200,
  },
  saveDraft: {
    method: 'PUT',
    path: '/v1/audits/{auditNumber}/draft',
    function: 'assessor-api',
    summary: 'Save the answers as far as they are, at most 1 MiB. They are deleted when the audit is closed',
    roles: ['assessor'],
    parameters: path,
    body: Draft,
    maxBodyBytes: maxDraftBytes,
    ifMatch: true,
    answer: v.object({ version: v.number(), savedAt: v.string() }),
    status: 200,
  },
} as const satisfies Record<string, Endpoint>;
