import * as v from 'valibot';
import { expect, test } from 'vitest';
import { packageJsonSchema } from './json-schema.ts';
import { AuditFile } from './package-format.ts';

const audit = {
  format: 1,
  auditNumber: '123456789',
  protocol: 'secor-2020',
  startedOn: '2026-11-16',
  endedOn: '2026-11-20',
  recordsMonths: 12,
  answers: [
    { question: '1.1', positive: 4, sampled: 5, notes: 'Five documents were reviewed.', evidence: ['evidence/a.pdf'] },
    { question: '1.2', notApplicable: true, notes: 'No such work.' },
  ],
  declaration: { name: 'Ada Assessor', date: '2026-11-20', codeOfEthics: true },
};
const [first] = audit.answers;

test('takes an audit of both kinds of answers, and gives it back unchanged', () => {
  expect(v.parse(AuditFile, audit)).toEqual(audit);
});

test.each<[string, unknown]>([
  ['an unknown property', { ...audit, remark: 'x' }],
  ['an unknown property of an answer', { ...audit, answers: [{ ...first, remark: 'x' }] }],
  ['positive together with notApplicable', { ...audit, answers: [{ ...first, notApplicable: true }] }],
  ['a fraction', { ...audit, answers: [{ ...first, positive: 0.5 }] }],
  ['sampled over 100,000', { ...audit, answers: [{ ...first, sampled: 100_001 }] }],
  ['more than 1,000 answers', { ...audit, answers: Array(1_001).fill(first) }],
  ['blank notes', { ...audit, answers: [{ ...first, notes: ' ' }] }],
  ['notes of invisible characters', { ...audit, answers: [{ ...first, notes: '\u200b' }] }],
  ['a name of invisible characters', { ...audit, declaration: { ...audit.declaration, name: '\u00ad\u200b' } }],
  ['a name of 201 characters', { ...audit, declaration: { ...audit.declaration, name: 'A'.repeat(201) } }],
  ['a date of no calendar', { ...audit, endedOn: '2026-02-29' }],
  ['an audit number that begins with zero', { ...audit, auditNumber: '012345678' }],
  ['no declaration', { ...audit, declaration: undefined }],
])('refuses %s', (_what, changed) => {
  expect(v.safeParse(AuditFile, changed).success).toBe(false);
});

test('the JSON Schema says what the schema says', () => {
  expect(packageJsonSchema()).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    required: expect.arrayContaining(Object.keys(audit)),
    properties: {
      format: { const: 1 },
      auditNumber: { type: 'string', pattern: '^[1-9][0-9]{8}$' },
      endedOn: { type: 'string', format: 'date' },
      answers: {
        items: {
          anyOf: [
            {
              additionalProperties: false,
              required: ['question', 'positive', 'sampled', 'notes'],
              properties: { sampled: { type: 'integer', minimum: 1, maximum: 100_000 } },
            },
            { additionalProperties: false, required: ['question', 'notApplicable', 'notes'] },
          ],
        },
      },
    },
  });
});
