import { deflateRawSync } from 'node:zlib';
import type { AuditFile } from '@secor/contracts';
import { describe, expect, test } from 'vitest';
import type { Expectation } from './audit-file.ts';
import { bufferSource } from './byte-source.ts';
import { inspectPackage } from './inspect.ts';
import {
  countingSource,
  documentOf,
  evidence,
  expectation,
  type Fixture,
  officeFile,
  packageOf,
  start,
} from './package-fixture.ts';
import { extraField, type RawEntry, rawZip } from './zip-fixture.ts';

async function problemsOf(bytes: Uint8Array, expected: Expectation = expectation): Promise<string[]> {
  const inspection = await inspectPackage(bufferSource(bytes), expected);
  return inspection.accepted ? [] : inspection.problems.map(({ place, message }) => `${place}: ${message}`);
}

async function contentOf(bytes: Uint8Array, expected: Expectation = expectation) {
  const inspection = await inspectPackage(bufferSource(bytes), expected);
  if (!inspection.accepted) throw new Error(JSON.stringify(inspection.problems, null, 2));
  return inspection.content;
}

const questions = expectation.protocol.elements.flatMap((element) => element.questions);
function questionWhere(holds: (question: (typeof questions)[number]) => boolean): string {
  const found = questions.find(holds);
  if (found === undefined) throw new Error('The protocol has no such question.');
  return found.id;
}
const required = questionWhere(({ notApplicable }) => !notApplicable);
const optional = questionWhere(({ notApplicable, methods }) => notApplicable && !methods.includes('D'));
const documented = questionWhere(({ methods }) => methods.includes('D'));
const undocumented = questionWhere(({ methods }) => !methods.includes('D'));

/** Changes the answer to one question. */
const answer =
  (id: string, change: Record<string, unknown>, drop: string[] = []) =>
  (audit: AuditFile) => ({
    ...audit,
    answers: audit.answers.map((given) => {
      if (given.question !== id) return given;
      const kept = Object.entries(given).filter(([field]) => !drop.includes(field) && field !== 'notApplicable');
      return { positive: 1, sampled: 1, ...Object.fromEntries(kept), ...change };
    }),
  });
const field = (change: Record<string, unknown>) => (audit: AuditFile) => ({ ...audit, ...change });
const without = (name: string) => (audit: AuditFile) =>
  Object.fromEntries(Object.entries(audit).filter(([key]) => key !== name));
const replaced = (from: string, to: string) => (audit: AuditFile) => JSON.stringify(audit).replace(from, to);
/** Changes one entry by its name. */
const entry = (name: string, change: Partial<RawEntry>) => (entries: RawEntry[]) =>
  entries.map((given) => (given.name === name ? { ...given, ...change } : given));
const more =
  (...added: RawEntry[]) =>
  (entries: RawEntry[]) => [...entries, ...added];

/** An extra field that means nothing to us. */
const privateExtra = (length: number) => extraField(0xcafe, Buffer.alloc(length));

test('a package without faults is accepted, with all that it holds', async () => {
  const content = await contentOf(packageOf());
  expect(content.answers.map(({ question }) => question)).toEqual(questions.map(({ id }) => id));
  expect(content.documents.map(({ path, type }) => [path, type])).toEqual([
    ['evidence/a.pdf', 'pdf'],
    ['manual.pdf', 'pdf'],
  ]);
  expect(content).toMatchObject({ startedOn: '2026-11-16', endedOn: '2026-11-20', recordsMonths: 12 });
  expect(content.declaration).toEqual({ name: 'Ada Assessor', date: '2026-11-20', codeOfEthics: true });
});

describe('audit.json is refused', () => {
  const refusals: [what: string, fixture: Fixture['audit'], problem: RegExp][] = [
    [
      'question missing',
      (audit) => ({ ...audit, answers: audit.answers.filter(({ question }) => question !== required) }),
      new RegExp(`^Question ${required}: it is not answered`),
    ],
    [
      'question unknown',
      (audit) => ({ ...audit, answers: [...audit.answers, { question: '99.1', positive: 1, sampled: 1, notes: 'x' }] }),
      /^Question 99\.1: protocol secor-2020 has no such question/,
    ],
    [
      'answered twice',
      (audit) => ({ ...audit, answers: [...audit.answers, audit.answers[0]] }),
      /: it is answered twice/,
    ],
    [
      'positive over sampled',
      answer(required, { positive: 7, sampled: 5 }),
      new RegExp(`^Question ${required}: 7 positive of 5 sampled; positive cannot exceed sampled`),
    ],
    ['negative', answer(required, { positive: -1 }), /positive must be at least 0 \(it is -1\)/],
    ['not whole', answer(required, { positive: 1.5, sampled: 2 }), /positive must be a whole number \(it is 1\.5\)/],
    ['a number as text', answer(required, { positive: '1' }), /positive must be a whole number/],
    ['sampled 0', answer(required, { positive: 0, sampled: 0 }), /sampled must be at least 1/],
    ['sampled over 100,000', answer(required, { sampled: 100_001 }), /sampled must be at most 100000/],
    [
      'not applicable forbidden',
      answer(required, { notApplicable: true, positive: undefined, sampled: undefined }),
      new RegExp(`^Question ${required}: the protocol does not allow`),
    ],
    [
      'notApplicable false',
      answer(optional, { notApplicable: false, positive: undefined, sampled: undefined }),
      /notApplicable must be true/,
    ],
    [
      'positive with notApplicable',
      answer(optional, { notApplicable: true }),
      new RegExp(`^Question ${optional}: positive or sampled is given together with notApplicable`),
    ],
    ['notes missing', answer(required, { notes: undefined }), /notes is missing/],
    ['notes blank', answer(required, { notes: ' \n' }), /notes is empty/],
    [
      'evidence not there',
      answer(required, { evidence: ['evidence/a.pdf', 'evidence/b.pdf'] }),
      new RegExp(`^Question ${required}: evidence "evidence/b\\.pdf" is not in the archive: add it`),
    ],
    [
      'audit.json as evidence',
      answer(required, { evidence: ['evidence/a.pdf', 'audit.json'] }),
      new RegExp(
        `^Question ${required}: evidence "audit\\.json" can't serve as evidence: name a document in evidence/`,
      ),
    ],
    ['evidence in other letters', answer(required, { evidence: ['evidence/A.pdf'] }), /write "evidence\/a\.pdf"/],
    ['evidence no list', answer(required, { evidence: 'evidence/a.pdf' }), /evidence must be a list/],
    [
      'no evidence for documentation',
      answer(documented, { positive: 1, sampled: 1, evidence: [] }),
      new RegExp(`^Question ${documented}: it is verified by documentation`),
    ],
    [
      'an unknown property of an answer',
      answer(required, { remark: 'x' }),
      new RegExp(`^Question ${required}: remark is not a property`),
    ],
    [
      'an answer that is no object',
      (audit) => ({ ...audit, answers: [...audit.answers, 5] }),
      /^audit\.json, answer \d+: an answer must be an object/,
    ],
    [
      'wrong audit number',
      field({ auditNumber: '987654321' }),
      /^audit\.json, auditNumber: it is 987654321, but this package is for audit 123456789/,
    ],
    ['no audit number', field({ auditNumber: 123456789 }), /^audit\.json, auditNumber: must be text of nine digits/],
    ['wrong protocol', field({ protocol: 'secor-2015' }), /^audit\.json, protocol: it is "secor-2015"/],
    ['another format', field({ format: 2 }), /^audit\.json, format: must be 1/],
    ['no date', field({ endedOn: '20 November' }), /^audit\.json, endedOn: is not a date/],
    [
      'no date of the calendar',
      field({ startedOn: '2026-02-30' }),
      /^audit\.json, startedOn: is not a date of the calendar/,
    ],
    ['end before start', field({ startedOn: '2026-11-21' }), /^audit\.json, endedOn: 2026-11-20 is before the start/],
    [
      'in the future',
      field({ endedOn: '2026-11-24', declaration: { name: 'A', date: '2026-11-24', codeOfEthics: true } }),
      /^audit\.json, endedOn: 2026-11-24 is in the future/,
    ],
    [
      'declared before the end',
      field({ declaration: { name: 'A', date: '2026-11-19', codeOfEthics: true } }),
      /^audit\.json, declaration, date: 2026-11-19 is before the end/,
    ],
    [
      'declared after today',
      field({ declaration: { name: 'A', date: '2026-11-24', codeOfEthics: true } }),
      /^audit\.json, declaration, date: 2026-11-24 is in the future/,
    ],
    ['no declaration', without('declaration'), /^audit\.json, declaration: it is missing/],
    [
      'code of ethics not declared',
      field({ declaration: { name: 'A', date: '2026-11-20', codeOfEthics: false } }),
      /^audit\.json, declaration, codeOfEthics: must be true/,
    ],
    [
      'declared by nobody',
      field({ declaration: { name: '', date: '2026-11-20', codeOfEthics: true } }),
      /^audit\.json, declaration, name: is empty/,
    ],
    [
      'too few months of records',
      field({ recordsMonths: 2 }),
      /^audit\.json, recordsMonths: too few months of records \(2\), a certificate needs at least 3: review older records/,
    ],
    [
      'so long ago that its certificate would have expired',
      field({
        startedOn: '2023-11-20',
        endedOn: '2023-11-22',
        declaration: { name: 'A', date: '2023-11-22', codeOfEthics: true },
      }),
      /^audit\.json, endedOn: the audit ended on 2023-11-22, its certificate would have expired on 2026-11-22: submit/,
    ],
    [
      'so long ago that its certificate of one year would have expired',
      field({
        startedOn: '2025-11-20',
        endedOn: '2025-11-22',
        recordsMonths: 11,
        declaration: { name: 'A', date: '2025-11-22', codeOfEthics: true },
      }),
      /^audit\.json, endedOn: .* would have expired on 2026-11-22/,
    ],
    [
      'begun in the year 0000',
      field({ startedOn: '0000-01-01' }),
      /^audit\.json, startedOn: the data gathering started on 0000-01-01, longer ago than a certificate lasts: correct/,
    ],
    [
      'more than 1,000 answers',
      (audit) => ({ ...audit, answers: Array(1_001).fill(audit.answers[0]) }),
      /^audit\.json, answers: it has more than 1000 entries/,
    ],
    ['no answers', without('answers'), /^audit\.json, answers: it is missing/],
    ['an unknown property', field({ remark: 'x' }), /^audit\.json, remark: is not a property/],
    [
      'a property that is repeated',
      replaced('"recordsMonths"', '"recordsMonths":12,"recordsMonths"'),
      /^audit\.json, recordsMonths: it appears more than once/,
    ],
    [
      'a property that is repeated in an answer',
      replaced('"positive"', '"positive":1,"positive"'),
      /^Question [\d.]+: "positive" appears more than once/,
    ],
    ['no JSON', () => '{"format": 1,\n}', /^audit\.json: it can't be read: line 2, column 1/],
    ['no object', () => '[]', /^audit\.json: it must be one object/],
    [
      'no UTF-8',
      () => Buffer.from('{"format": "\xff"}', 'latin1'),
      /^audit\.json: it can't be read: the file is not UTF-8/,
    ],
    ['nested too deep', () => '['.repeat(100), /^audit\.json: it can't be read.*nested/],
  ];
  test.each(refusals)('%s', async (_what, audit, problem) => {
    const problems = await problemsOf(packageOf({ audit }));
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });

  test('an answer without sampled, and without notApplicable', async () => {
    const audit = (given: AuditFile) => ({
      ...given,
      answers: given.answers.map((one) =>
        one.question === required ? { question: required, positive: 1, notes: 'x', evidence: ['evidence/a.pdf'] } : one,
      ),
    });
    expect(await problemsOf(packageOf({ audit }))).toEqual([`Question ${required}: sampled is missing: add it`]);
  });

  test('nothing is applicable: there is nothing to score either', async () => {
    const protocol = {
      ...expectation.protocol,
      elements: expectation.protocol.elements.map((element) => ({
        ...element,
        questions: element.questions.map((question) => ({ ...question, notApplicable: true })),
      })),
    };
    const audit = (given: AuditFile) => ({
      ...given,
      answers: given.answers.map(({ question }) => ({
        question,
        notApplicable: true,
        notes: 'none',
        evidence: ['evidence/a.pdf'],
      })),
    });
    const inspection = await inspectPackage(bufferSource(packageOf({ audit })), { ...expectation, protocol });
    expect(inspection).toEqual({
      accepted: false,
      problems: [
        {
          place: 'audit.json, answers',
          message: expect.stringMatching(/^nothing is applicable/),
          code: 'nothing-applicable',
          values: {},
        },
      ],
    });
  });

  test('with all problems at once, sorted by place, of the archive too', async () => {
    const problems = await problemsOf(
      packageOf({
        audit: (audit) => ({
          ...answer(required, { positive: 7, sampled: 5 })(audit as AuditFile),
          recordsMonths: 1,
          endedOn: 'never',
        }),
        documents: [{ name: 'evidence/note.txt', data: 'hello' }],
        entries: more({ name: 'evidence/spare.pdf', data: documentOf('pdf', 200) }, { name: 'readme.txt', data: 'x' }),
        zip: { before: Buffer.from('#!'), offsetBy: 0 },
      }),
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'Archive',
      'audit.json, endedOn',
      'audit.json, recordsMonths',
      'evidence/note.txt',
      'evidence/spare.pdf',
      `Question ${required}`,
      'readme.txt',
    ]);
  });

  test('with 1,000 problems at most, and the hint that there are more', async () => {
    const missing = Array.from({ length: 600 }, (_, at) => `evidence/${at}.pdf`);
    const audit = (given: AuditFile) => {
      const [first, second, ...others] = given.answers;
      return { ...given, answers: [{ ...first, evidence: missing }, { ...second, evidence: missing }, ...others] };
    };
    const problems = await problemsOf(packageOf({ audit }));
    expect(problems).toHaveLength(1_001);
    expect(problems).toContain('Archive: more than 1,000 problems: correct these, and check again');
  });

  test('with names shortened and control characters made visible', async () => {
    const path = `evidence/${'x'.repeat(500)}\u202e\n.pdf`;
    const [problem = ''] = await problemsOf(packageOf({ audit: answer(undocumented, { evidence: [path] }) }));
    expect(problem).toContain('…');
    expect(problem).toContain('\\u{202e}\\u{a}.pdf');
    expect(problem.length).toBeLessThan(250);
  });

  test('questions sort by number', async () => {
    const inspection = await inspectPackage(bufferSource(packageOf({ audit: field({ answers: [] }) })), expectation);
    const unanswered = inspection.accepted
      ? undefined
      : inspection.problems.find(({ code }) => code === 'question-not-answered');
    expect([unanswered, ...(unanswered?.others ?? [])].map((each) => each?.question)).toEqual(
      questions.map(({ id }) => id),
    );
  });
});

describe('an archive is refused', () => {
  const pdf = (name: string | Uint8Array, change: Partial<RawEntry> = {}): RawEntry => ({
    name,
    data: documentOf('pdf', 300),
    ...change,
  });
  const filled = (size: number) => Buffer.concat([documentOf('pdf', 300), Buffer.alloc(size - 300)]);
  const plain = packageOf();
  const fixtures: [what: string, fixture: Fixture, problem: RegExp][] = [
    [
      'encrypted',
      { entries: entry('evidence/a.pdf', { local: { flags: 1 }, central: { flags: 1 } }) },
      /^evidence\/a\.pdf: it is encrypted/,
    ],
    [
      'encrypted by AES',
      { entries: entry('evidence/a.pdf', { local: { method: 99 }, central: { method: 99 } }) },
      /^evidence\/a\.pdf: it is encrypted/,
    ],
    [
      'another method',
      { entries: entry('evidence/a.pdf', { local: { method: 14 }, central: { method: 14 } }) },
      /^evidence\/a\.pdf: it is compressed by a method other/,
    ],
    [
      'more than 1,000 entries',
      { entries: more(...Array.from({ length: 998 }, (_, at) => ({ name: `d${at}/`, data: '', stored: true }))) },
      /^Archive: it has 1001 entries/,
    ],
    [
      'over 1 GiB unpacked',
      { entries: entry('evidence/a.pdf', { central: { unpacked: 2 ** 30 }, local: { unpacked: 2 ** 30 } }) },
      /^Archive: it unpacks to more than 1 GiB/,
    ],
    [
      'a document that is mostly filling',
      { documents: [pdf('evidence/b.pdf', { data: filled(2 ** 20) })] },
      /^evidence\/b\.pdf: it unpacks to \d{3} times its packed size, more than 100 times: .*save it again/,
    ],
    [
      'documents that together are mostly filling',
      {
        documents: Array.from({ length: 20 }, (_, at) => pdf(`evidence/${at}.pdf`, { data: filled(2 ** 20 - 1 - at) })),
      },
      /^Archive: its documents unpack to \d+ times their packed size, more than 20 times: .*the largest is "evidence\/0\.pdf"/,
    ],
    ['absolute path', { entries: more(pdf('/evidence/b.pdf')) }, /its path is absolute/],
    ['absolute path of Windows', { entries: more(pdf('C:/evidence/b.pdf')) }, /its path is absolute/],
    ['path upwards', { entries: more(pdf('evidence/../../b.pdf')) }, /^evidence\/\.\.\/\.\.\/b\.pdf: its path goes up/],
    ['path with an empty part', { entries: more(pdf('evidence//b.pdf')) }, /its path has an empty part/],
    [
      'control character in a name',
      { entries: more(pdf('evidence/b\n.pdf')) },
      /^evidence\/b\\u\{a\}\.pdf: its name has control characters/,
    ],
    [
      'name that shows its end before its middle',
      { entries: more(pdf('evidence/b\u202efdp.pdf')) },
      /^evidence\/b\\u\{202e\}fdp\.pdf: its name has invisible characters/,
    ],
    [
      'backslash',
      { entries: entry('evidence/a.pdf', { name: 'evidence\\a.pdf' }) },
      /^evidence\\a\.pdf: its name has a backslash: pack again with/,
    ],
    [
      'backslash within a folder',
      {
        entries: (entries) =>
          entries.map((one) => ({ ...one, name: one === evidence ? 'audit\\evidence\\a.pdf' : `audit/${one.name}` })),
      },
      /^evidence\\a\.pdf: its name has a backslash/,
    ],
    [
      'what systems leave behind, named as evidence',
      {
        folder: 'audit',
        audit: answer(required, { evidence: ['evidence/a.pdf', 'evidence/Thumbs.db'] }),
        entries: more({ name: 'evidence/Thumbs.db', data: 'x' }),
      },
      /: evidence "evidence\/Thumbs\.db" can't serve as evidence/,
    ],
    [
      'a folder named as evidence',
      {
        audit: answer(required, { evidence: ['evidence/a.pdf', 'evidence/'] }),
        entries: more({ name: 'evidence/', data: '', stored: true }),
      },
      /: evidence "evidence\/" can't serve as evidence/,
    ],
    [
      'a central directory over 1 MiB',
      {
        entries: more(
          ...Array.from({ length: 17 }, (_, at) => ({
            name: `d${at}/`,
            data: '',
            stored: true,
            central: { extra: privateExtra(65_000) },
          })),
        ),
      },
      /^Archive: its central directory is larger than 1 MiB: pack fewer files/,
    ],
    [
      'a name that is no UTF-8',
      { entries: more(pdf(Buffer.from('evidence/\xff.pdf', 'latin1'), { utf8: true })) },
      /its name is not UTF-8/,
    ],
    ['duplicate names', { entries: more(pdf('evidence/a.pdf')) }, /^evidence\/a\.pdf: its name appears twice/],
    [
      'names that differ in case',
      { documents: [pdf('evidence/A.PDF')] },
      /^evidence\/A\.PDF: its name collides with "evidence\/a\.pdf"/,
    ],
    [
      'names that differ before NFC',
      { documents: [pdf('evidence/\u00e9.pdf'), pdf('evidence/e\u0301.pdf')] },
      /its name collides with/,
    ],
    [
      'a file named as a folder',
      { documents: [pdf('evidence/b'), pdf('evidence/b/c.pdf')] },
      /^evidence\/b: its name is also that of a folder/,
    ],
    [
      'symbolic link',
      { entries: entry('evidence/a.pdf', { mode: 0o120777 }) },
      /^evidence\/a\.pdf: it is a symbolic link/,
    ],
    ['device', { entries: entry('evidence/a.pdf', { mode: 0o020666 }) }, /^evidence\/a\.pdf: it is neither a file/],
    [
      'wrong CRC of audit.json',
      { entries: entry('audit.json', { local: { crc: 1 }, central: { crc: 1 } }) },
      /^audit\.json: its CRC is wrong/,
    ],
    [
      'wrong CRC of a document that is read whole',
      { entries: entry('evidence/a.pdf', { local: { crc: 1 }, central: { crc: 1 } }) },
      /^evidence\/a\.pdf: its CRC is wrong/,
    ],
    [
      "data that can't be unpacked",
      { entries: entry('evidence/a.pdf', { packedData: Buffer.alloc(900, 0xff) }) },
      /^evidence\/a\.pdf: its data can't be unpacked/,
    ],
    ['no audit.json', { entries: (entries) => entries.slice(1) }, /^audit\.json: it is missing/],
    ['audit.json too deep', { folder: 'a/b' }, /^audit\.json: it is too deep, in "a\/b\/audit\.json"/],
    [
      'audit.json in two folders',
      {
        entries: (entries) =>
          entries.flatMap((one) => [
            { ...one, name: `a/${one.name}` },
            { ...one, name: `b/${one.name}` },
          ]),
      },
      /^audit\.json: it is in more than one folder/,
    ],
    [
      'a file beside the folder',
      { folder: 'a', entries: (entries) => [...entries, pdf('../b.pdf')] },
      /its path goes up/,
    ],
    [
      'a file outside evidence/',
      { entries: more(pdf('other/b.pdf')) },
      /^other\/b\.pdf: it is outside evidence\/: move it/,
    ],
    [
      'a folder Evidence/',
      { entries: more(pdf('Evidence/b.pdf')) },
      /^Evidence\/b\.pdf: it is outside evidence\/: write the folder/,
    ],
    ['evidence that is never named', { entries: more(pdf('evidence/b.pdf')) }, /^evidence\/b\.pdf: no answer names it/],
    [
      'no manual',
      { entries: (entries) => entries.filter(({ name }) => name !== 'manual.pdf') },
      /^manual\.pdf: the safety manual is missing/,
    ],
    [
      'a manual that is no PDF',
      { entries: entry('manual.pdf', { data: documentOf('png', 3_000) }) },
      /^manual\.pdf: the safety manual is not a PDF/,
    ],
    [
      'local name',
      { entries: entry('evidence/a.pdf', { local: { name: 'evidence/b.pdf' } }) },
      /^evidence\/a\.pdf: its local header contradicts .*name/,
    ],
    ['local flags', { entries: entry('evidence/a.pdf', { local: { flags: 1 } }) }, /contradicts .*flags/],
    ['local method', { entries: entry('evidence/a.pdf', { local: { method: 0 } }) }, /contradicts .*method/],
    ['local CRC', { entries: entry('evidence/a.pdf', { local: { crc: 7 } }) }, /contradicts .*CRC/],
    ['local sizes', { entries: entry('evidence/a.pdf', { local: { unpacked: 7 } }) }, /contradicts .*sizes/],
    [
      'no local header',
      { entries: entry('evidence/a.pdf', { local: { signature: 0 } }) },
      /its local header is not where/,
    ],
    [
      'unpacks to more than it says',
      { entries: entry('evidence/a.pdf', { local: { unpacked: 1_000 }, central: { unpacked: 1_000 } }) },
      /it unpacks to more than it says/,
    ],
    [
      'unpacks to less than it says',
      { entries: entry('evidence/a.pdf', { local: { unpacked: 3_000 }, central: { unpacked: 3_000 } }) },
      /it unpacks to less than it says/,
    ],
    [
      'packed data longer than the deflated',
      {
        entries: entry('evidence/a.pdf', {
          packedData: Buffer.concat([deflateRawSync(evidence.data), Buffer.alloc(9)]),
        }),
      },
      /its deflated data end too early/,
    ],
    [
      'a stored file of two sizes',
      { entries: entry('manual.pdf', { local: { unpacked: 9 }, central: { unpacked: 9 } }) },
      /^manual\.pdf: its sizes are wrong/,
    ],
    [
      'descriptor that lies',
      { entries: entry('evidence/a.pdf', { descriptor: 16, descriptorClaims: { crc: 5 } }) },
      /its data descriptor contradicts/,
    ],
    [
      'overlapping entries',
      {
        entries: entry('manual.pdf', {
          local: { packed: 4_500, unpacked: 4_500 },
          central: { packed: 4_500, unpacked: 4_500 },
        }),
      },
      /^manual\.pdf: it overlaps/,
    ],
    ['two entries in one place', { documents: [pdf('evidence/b.pdf', { central: { offset: 0 } })] }, /: it overlaps/],
    [
      'bytes between entries',
      { entries: entry('manual.pdf', { gap: 9 }) },
      /^manual\.pdf: its sizes are wrong: 9 bytes after its data/,
    ],
    [
      'bytes before',
      { zip: { before: Buffer.alloc(5) } },
      /^Archive: it has 5 bytes that belong to nothing before its first entry/,
    ],
    [
      'bytes before that the end record does not know',
      { zip: { before: Buffer.alloc(5), offsetBy: -5 } },
      /^Archive: it has 5 bytes that belong to nothing before its first entry/,
    ],
    [
      'bytes among the entries that the end record does not know',
      { entries: entry('manual.pdf', { gap: 6 }), zip: { offsetBy: -6 } },
      /^Archive: it has 6 bytes that belong to nothing among its entries/,
    ],
    [
      'bytes before the end record',
      { zip: { beforeEnd: Buffer.alloc(1) } },
      /^Archive: it has 1 byte that belongs to nothing between its central directory and its end/,
    ],
    [
      'bytes behind',
      { zip: { behind: Buffer.alloc(7) } },
      /^Archive: it has 7 bytes that belong to nothing after its end/,
    ],
    [
      'a second end record in the comment',
      { zip: { comment: Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]) } },
      /^Archive: it has a second end record/,
    ],
    [
      'a second end record that does not fit',
      { zip: { comment: Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(30, 1)]) } },
      /^Archive: it has a second end record/,
    ],
    [
      'fewer entries than it says',
      { zip: { countBy: 1 } },
      /^Archive: the central directory of the archive contradicts itself/,
    ],
    [
      'a directory elsewhere',
      { zip: { offsetBy: 3 } },
      /^Archive: the central directory of the archive contradicts itself/,
    ],
    ['a part of a split archive', { zip: { disk: 1 } }, /^Archive: it is one part of a split archive/],
    [
      'extra fields with stray bytes behind them',
      { entries: entry('evidence/a.pdf', { central: { extra: Buffer.from([0, 0, 1]) } }) },
      /^evidence\/a\.pdf: the central directory of the archive contradicts itself/,
    ],
    [
      'a data descriptor that the local header does not announce',
      { entries: entry('evidence/a.pdf', { descriptor: 16, local: { flags: 0 } }) },
      /^evidence\/a\.pdf: its local header contradicts the central directory \(CRC, sizes\)/,
    ],
    [
      'data with a data descriptor behind them of which no header says',
      { entries: entry('evidence/a.pdf', { gap: 16 }) },
      /^evidence\/a\.pdf: its sizes are wrong: 16 bytes after its data/,
    ],
    [
      'encrypted by the local header only',
      { entries: entry('evidence/a.pdf', { local: { flags: 1 } }) },
      /contradicts the central directory \(flags\)/,
    ],
    [
      'what is left behind over something else',
      { entries: more({ name: '__MACOSX/._a.pdf', data: 'x', local: { name: 'evidence/b.pdf' } }) },
      /^__MACOSX\/\._a\.pdf: its local header contradicts the central directory \(name\)/,
    ],
    [
      'more of what systems leave behind than four times the entries',
      {
        entries: more(
          ...Array.from({ length: 4_001 }, (_, at) => ({ name: `__MACOSX/._${at}`, data: '', stored: true })),
        ),
      },
      /^Archive: it has 4001 entries that systems leave in folders/,
    ],
    [
      'a directory with data',
      { entries: more({ name: 'evidence/d/', data: 'hidden', stored: true }) },
      /^evidence\/d\/: it is a directory but has data/,
    ],
  ];
  test.each(fixtures)('%s', async (_what, fixture, problem) => {
    expect(await problemsOf(packageOf(fixture))).toContainEqual(expect.stringMatching(problem));
  });

  test('told that a date lies behind the receipt of a binder, where it need not lie in the future', async () => {
    const late = packageOf({ audit: field({ endedOn: '2026-11-24' }) });
    expect(await problemsOf(late, { ...expectation, isBinder: true })).toContain(
      'audit.json, endedOn: 2026-11-24 was still in the future when the package was received on 2026-11-23: correct the date',
    );
  });

  describe('told what its audit.json has to be called', () => {
    test.each([
      'Audit.JSON',
      'AUDIT.json',
      'audit.json.txt',
      'audit.txt',
      'audit',
      'audit (1).json',
      'audit(2).json',
      'audit - Copy.json',
      'Copy of audit.json',
      'audit-1.json',
      'audit.json.json',
      'audit.json ',
      'audit.json (1)',
      'audit.json.crdownload',
      'audit[1].json',
      'audit-412345678.json',
      'my audit.json',
      'audit final.json',
      'audit - Copie.json',
      'Copie de audit.json',
      'Audit 2026/Audit.JSON',
      'Audit 2026/audit (1).json',
    ])('%s', async (found) => {
      const folder = found.includes('/') ? 'Audit 2026/' : '';
      const renamed = (entries: RawEntry[]) =>
        entries.map((each) => ({ ...each, name: each.name === 'audit.json' ? found : `${folder}${each.name}` }));
      const problems = await problemsOf(packageOf({ entries: renamed, audit: field({ recordsMonths: 1 }) }));
      expect(problems).toEqual([
        `audit.json: it is missing, but the archive has "${found}": rename that file to audit.json, in small letters and without anything else`,
        expect.stringMatching(/^audit\.json, recordsMonths: too few months/),
      ]);
    });

    test('and both files, where there are two', async () => {
      const two = (entries: RawEntry[]) =>
        entries.flatMap((each) =>
          each.name === 'audit.json' ? ['audit (1).json', 'audit (2).json'].map((name) => ({ ...each, name })) : [each],
        );
      expect(await problemsOf(packageOf({ entries: two }))).toEqual([
        expect.stringMatching(
          /^audit\.json: it is missing, but the archive has "audit \(1\)\.json" and "audit \(2\)\.json": rename the right one/,
        ),
      ]);
    });

    test('but no document', async () => {
      for (const name of [
        'evidence/audit (1).json',
        'auditor.json',
        'audit report.txt',
        'audit.json.docx',
        'a/b/audit (1).json',
      ]) {
        const renamed = (entries: RawEntry[]) =>
          entries.map((each) => (each.name === 'audit.json' ? { ...each, name } : each));
        expect(await problemsOf(packageOf({ entries: renamed }))).toContainEqual(
          expect.stringMatching(/^audit\.json: it is missing: put it/),
        );
      }
    });
  });

  const whole: [what: string, bytes: Uint8Array, problem: RegExp][] = [
    ['nothing', Buffer.alloc(0), /^Archive: it is not a ZIP/],
    ['no ZIP', Buffer.from('%PDF-1.7 and so on'), /^Archive: it is not a ZIP archive/],
    ['truncated', plain.subarray(0, -30), /^Archive: it is truncated/],
    ['truncated within the end record', plain.subarray(0, -1), /^Archive: it is truncated/],
    ['truncated in the middle', plain.subarray(0, 4_000), /^Archive: it is truncated/],
    ['an empty ZIP', packageOf({ entries: () => [] }), /^audit\.json: it is missing/],
  ];
  test.each(whole)('%s', async (_what, bytes, problem) => {
    expect(await problemsOf(bytes)).toContainEqual(expect.stringMatching(problem));
  });

  test('over 1 GiB, without being read whole', async () => {
    const bytes = packageOf();
    const gap = 2 ** 30;
    const source = bufferSource(bytes);
    const large = {
      ...source,
      size: bytes.length + gap,
      read: (offset: number, length: number) =>
        offset < gap ? Promise.resolve(new Uint8Array(length)) : source.read(offset - gap, length),
    };
    const inspection = await inspectPackage(large, expectation);
    expect(inspection).toMatchObject({ accepted: false });
    expect(inspection.accepted ? [] : inspection.problems).toContainEqual({
      place: 'Archive',
      message: 'it is larger than 1 GiB: leave out or shrink documents',
      code: 'archive-too-large',
      values: {},
    });
  });

  const types: [what: string, data: Uint8Array, problem: RegExp][] = [
    ['text', Buffer.from('hello'), /its type is not allowed/],
    ['HTML', Buffer.from('<html>%PDF-1.7'), /its type is not allowed/],
    ['GIF', Buffer.from('GIF89a'), /a GIF picture: .*save it as JPEG or PNG/],
    ['empty', Buffer.alloc(0), /it is empty/],
    ['old office', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /Word, Excel or PowerPoint 97, or .* with a password/],
    ['ZIP', packageOf(), /archive inside the archive/],
    ['empty ZIP', packageOf({ entries: () => [] }), /archive inside the archive/],
    ['RAR', Buffer.from('Rar!\x1a\x07\0', 'latin1'), /archive inside the archive/],
    ['7z', Buffer.from('377abcaf271c', 'hex'), /archive inside the archive/],
    ['gzip', Buffer.from('1f8b0800', 'hex'), /archive inside the archive/],
    ['tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]), /archive inside the archive/],
    ['macro-enabled by type', officeFile('docm'), /office file with macros/],
    [
      'macro-enabled by part',
      officeFile('docx', [{ name: 'word/vbaProject.bin', data: 'x' }]),
      /office file with macros/,
    ],
    ['macro-enabled, told at the end', officeFile('docm', [], { typesLast: true }), /office file with macros/],
    ['presentation', officeFile('pptx'), /a PowerPoint presentation/],
    [
      'office file with an archive',
      officeFile('docx', [{ name: 'word/embeddings/a.zip', data: 'x' }]),
      /archive inside the archive/,
    ],
    [
      'macro-enabled by an encoded type',
      officeFile('docx', [], { types: '<Types ContentType="word.&#x0000006d;acroEnabled.main+xml"/>' }),
      /parts can't be read/,
    ],
    ['ZIP whose entries have data descriptors', rawZip([{ name: 'a.txt', data: 'x', descriptor: 16 }]), /inside the/],
  ];
  test.each(types)('with a document of another type, whatever its name: %s', async (_what, data, problem) => {
    const problems = await problemsOf(packageOf({ documents: [{ name: 'evidence/b.pdf', data }] }));
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).toMatch(/^evidence\/b\.pdf: /);
  });
});

describe('is taken', () => {
  const taken: [what: string, fixture: Fixture][] = [
    ['an enclosing folder', { folder: 'Audit 2026' }],
    ['a byte order mark', { audit: (audit) => `\ufeff${JSON.stringify(audit)}` }],
    ['5.0 as whole', { audit: replaced('"recordsMonths":12', '"recordsMonths":12.0') }],
    ['a plain comment', { zip: { comment: 'packed by hand' } }],
    ['the longest comment', { zip: { comment: 'x'.repeat(65_535) } }],
    ['data descriptors', { entries: (entries) => entries.map((one) => ({ ...one, descriptor: 16 })) }],
    [
      'data descriptors without signature',
      { entries: (entries) => entries.map((one) => ({ ...one, descriptor: 12 })) },
    ],
    ['ZIP64', { entries: (entries) => entries.map((one) => ({ ...one, zip64: true })), zip: { zip64: true } }],
    [
      'ZIP64 with data descriptors',
      { entries: (entries) => entries.map((one) => ({ ...one, zip64: true, descriptor: 24 })), zip: { zip64: true } },
    ],
    ['stored only', { entries: (entries) => entries.map((one) => ({ ...one, stored: true })) }],
    [
      'directory entries',
      { entries: (entries) => [{ name: 'evidence/', data: '', stored: true, mode: 0o040755 }, ...entries] },
    ],
    [
      'one empty directory elsewhere',
      { entries: (entries) => [...entries, { name: 'other/', data: '', stored: true }] },
    ],
    [
      'exactly 1,000 entries',
      {
        entries: (entries) => [
          ...entries,
          ...Array.from({ length: 997 }, (_, at) => ({ name: `d${at}/`, data: '', stored: true })),
        ],
      },
    ],
    [
      'what systems leave behind, also for the rule of one folder',
      {
        entries: (entries) => [
          ...entries.map((one) => ({ ...one, name: `audit/${one.name}` })),
          { name: '.DS_Store', data: 'x' },
          { name: '__MACOSX/audit/._audit.json', data: 'x' },
        ],
      },
    ],
    ...[
      '.DS_Store',
      '._a.pdf',
      'Icon\r',
      'Icon\uf00d',
      '.apdisk',
      '.fseventsd/0000000000a1b2c3',
      '.AppleDouble/a.pdf',
      'Thumbs.db',
      'thumbs.DB',
      'ehthumbs_vista.db',
      'desktop.ini',
      '$RECYCLE.BIN/a.pdf',
      '~$inutes.docx',
      '~WRL0003.tmp',
      '.~lock.minutes.odt#',
      '@eaDir/a.pdf/SYNO@.fileindexdb',
      '.dropbox',
      '.dropbox.attr',
      '.dropbox.cache/old/a.pdf',
      '.directory',
      '.nomedia',
      '.trashed-1700000000-IMG_0001.jpg',
      'photo.jpg:Zone.Identifier',
      'photo.jpg@SynoResource',
      '.tmp.drivedownload/1',
      '.stfolder/a',
      '.syncthing.photo.jpg.tmp',
      '.owncloudsync.log',
      'Picasa.ini',
    ].map((name): [string, Fixture] => [
      `what systems and programs leave behind: ${JSON.stringify(name)}`,
      {
        entries: more({ name: `evidence/${name}`, data: 'x' }),
      },
    ]),
    [
      'names of what is left behind that would be refused elsewhere: they are not judged',
      {
        entries: more(
          ...[
            '__MACOSX/../a',
            '__MACOSX//b',
            '__MACOSX/\u202e',
            '__MACOSX/c',
            '__MACOSX/C',
            `__MACOSX/${'d'.repeat(2_000)}`,
          ].map((name) => ({ name, data: 'x' })),
          { name: Buffer.from('__MACOSX/\xff', 'latin1'), data: 'x', utf8: false, central: { host: 0 } },
          { name: '__MACOSX/link', data: 'x', mode: 0o120777 },
        ),
      },
    ],
    ['names of what is left behind, with backslashes', { entries: more({ name: 'evidence\\Thumbs.db', data: 'x' }) }],
    ...[1, 2, 3, 4, 5].map((zeros): [string, Fixture] => [
      `extra fields filled up with ${zeros} zero bytes`,
      {
        entries: (entries) =>
          entries.map((one) => ({
            ...one,
            local: { extra: Buffer.concat([privateExtra(8), Buffer.alloc(zeros)]) },
            central: { extra: Buffer.alloc(zeros) },
          })),
      },
    ]),
    [
      'extra fields in one of the headers only',
      {
        entries: (entries) =>
          entries.map((one, at) => ({ ...one, [at % 2 === 0 ? 'local' : 'central']: { extra: privateExtra(12) } })),
      },
    ],
    [
      'the flag for UTF-8 in one of the headers only, of a plain name',
      {
        entries: (entries) =>
          entries.map((one, at) => ({ ...one, [at % 2 === 0 ? 'local' : 'central']: { flags: 0x800 } })),
      },
    ],
    [
      'data descriptors of which the central directory does not say',
      { entries: (entries) => entries.map((one) => ({ ...one, descriptor: 16, central: { flags: 0 } })) },
    ],
    [
      'data descriptors of which only the central directory says, and that are not there',
      { entries: (entries) => entries.map((one) => ({ ...one, central: { flags: 8 } })) },
    ],
    [
      'flags that say how hard the data were compressed, in one of the headers only',
      { entries: (entries) => entries.map((one) => ({ ...one, local: { flags: 2 } })) },
    ],
    [
      'no evidence where none is needed',
      {
        audit: (audit) => ({
          ...audit,
          answers: audit.answers.map((one) =>
            one.question === undocumented ? { question: one.question, positive: 1, sampled: 1, notes: 'seen' } : one,
          ),
        }),
      },
    ],
    [
      'a name in NFD that is given in NFC',
      {
        audit: (audit) => JSON.parse(JSON.stringify(audit).normalize('NFC')),
        documents: [{ name: 'evidence/e\u0301te\u0301.pdf', data: documentOf('pdf', 200) }],
      },
    ],
    [
      'office files',
      {
        documents: [
          { name: 'evidence/b.docx', data: officeFile('docx') },
          { name: 'evidence/c.xlsx', data: officeFile('xlsx', [], { typesLast: true, descriptor: true }) },
        ],
      },
    ],
    [
      'a stored office file at the end, with an end record of its own',
      { documents: [{ name: 'evidence/b.docx', data: officeFile('docx'), stored: true }] },
    ],
    [
      'pictures under any name',
      {
        documents: [
          { name: 'evidence/b.pdf', data: documentOf('jpeg', 200) },
          { name: 'evidence/c', data: documentOf('png', 200) },
        ],
      },
    ],
    [
      'the manual as evidence',
      { audit: answer(documented, { positive: 1, sampled: 1, evidence: ['manual.pdf', 'evidence/a.pdf'] }) },
    ],
  ];
  test.each(taken)('%s', async (_what, fixture) => {
    expect(await problemsOf(packageOf(fixture))).toEqual([]);
  });

  test('no manual for a maintenance audit', async () => {
    const bytes = packageOf({ entries: (entries) => entries.filter(({ name }) => name !== 'manual.pdf') });
    expect(await problemsOf(bytes, { ...expectation, kind: 'maintenance' })).toEqual([]);
  });

  test('few months of records for a maintenance audit, however long ago it ended', async () => {
    const audit = field({
      startedOn: '2016-11-16',
      endedOn: '2016-11-20',
      recordsMonths: 2,
      declaration: { name: 'A', date: '2016-11-20', codeOfEthics: true },
    });
    expect(await problemsOf(packageOf({ audit }), { ...expectation, kind: 'maintenance' })).toEqual([]);
  });

  test('an audit whose certificate would expire today', async () => {
    const audit = field({
      startedOn: '2023-11-23',
      endedOn: '2023-11-23',
      declaration: { name: 'A', date: '2023-11-23', codeOfEthics: true },
    });
    expect(await problemsOf(packageOf({ audit }))).toEqual([]);
  });

  test('and each document is told by its content', async () => {
    const { documents } = await contentOf(
      packageOf({
        documents: [
          { name: 'evidence/b.pdf', data: documentOf('jpeg', 200) },
          { name: 'evidence/c.pdf', data: documentOf('png', 200) },
          { name: 'evidence/d.pdf', data: officeFile('docx') },
          { name: 'evidence/e.pdf', data: officeFile('xlsx', [], { typesLast: true }) },
        ],
      }),
    );
    expect(documents.map(({ type }) => type)).toEqual(['pdf', 'jpeg', 'png', 'docx', 'xlsx', 'pdf']);
  });

  test('with warnings for a long data gathering and a late package', async () => {
    const inspection = await inspectPackage(bufferSource(packageOf({ audit: field({ startedOn: '2026-11-05' }) })), {
      ...expectation,
      today: '2026-12-12',
    });
    expect(inspection).toMatchObject({
      accepted: true,
      warnings: [
        { message: 'The data gathering lasted 16 days; the limit is 15.' },
        { message: "The package arrived 22 days after the audit's end; the limit is 21." },
      ],
    });
  });

  test('without warnings on the last days allowed', async () => {
    const inspection = await inspectPackage(bufferSource(packageOf({ audit: field({ startedOn: '2026-11-06' }) })), {
      ...expectation,
      today: '2026-12-11',
    });
    expect(inspection).toMatchObject({ accepted: true, warnings: [] });
  });
});

describe('reading', () => {
  const large = (count: number, size: number): RawEntry[] =>
    Array.from({ length: count }, (_, at) => ({
      name: `evidence/${at}.pdf`,
      data: documentOf('pdf', size),
      stored: true,
    }));
  const total = (reads: { length: number }[]) => reads.reduce((sum, { length }) => sum + length, 0);

  test('takes at most 16 KiB of each document and 1 MiB for the rest, 16 ranges at a time', async () => {
    const documents = large(30, 300_000);
    const source = countingSource(packageOf({ documents }));
    expect(await inspectPackage(source, expectation)).toMatchObject({ accepted: true });
    expect(total(source.reads)).toBeLessThanOrEqual(2 ** 20 + 32 * 16 * 1024);
    expect(source.maxOpen).toBe(16);
    expect(Math.max(...source.reads.slice(1).map(({ length }) => length))).toBeLessThanOrEqual(32 * 1024);
  });

  test('does not grow with the documents', async () => {
    const small = countingSource(packageOf({ documents: large(30, 100_000) }));
    const big = countingSource(packageOf({ documents: large(30, 400_000) }));
    await inspectPackage(small, expectation);
    await inspectPackage(big, expectation);
    expect(Math.abs(total(big.reads) - total(small.reads))).toBeLessThan(64 * 1024);
    expect(big.reads.length).toBe(small.reads.length);
  });

  test('joins neighbouring ranges', async () => {
    const documents = large(100, 2_000);
    const source = countingSource(packageOf({ documents }));
    expect(await inspectPackage(source, expectation)).toMatchObject({ accepted: true });
    expect(source.reads.length).toBeLessThanOrEqual(3);
  });

  test('reads a package that fits into the first read only once', async () => {
    const source = countingSource(packageOf());
    await inspectPackage(source, expectation);
    expect(source.reads.length).toBe(1);
  });

  test('stops at 1 MiB of audit.json, whatever its headers say', async () => {
    const bomb = Buffer.alloc(64 * 2 ** 20, 0x20);
    const honest = packageOf({ entries: entry('audit.json', { data: bomb }) });
    expect(await problemsOf(honest)).toContain('audit.json: it is larger than 1 MiB unpacked: shorten the notes');
    const lie = { unpacked: 2 ** 20, crc: 0 };
    const lying = packageOf({ entries: entry('audit.json', { data: bomb, local: lie, central: lie }) });
    const memory = process.memoryUsage().arrayBuffers;
    expect(await problemsOf(lying)).toContainEqual(
      expect.stringMatching(/^audit\.json: its size is wrong, it unpacks to more/),
    );
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(16 * 2 ** 20);
  });

  test('stops in a document that is a bomb', async () => {
    const data = Buffer.concat([start.pdf, Buffer.alloc(8 * 2 ** 20)]);
    const claims = { unpacked: 1_000 };
    expect(
      await problemsOf(packageOf({ documents: [{ name: 'evidence/b.pdf', data, local: claims, central: claims }] })),
    ).toEqual([expect.stringMatching(/^evidence\/b\.pdf: its size is wrong/)]);
  });

  test('hands on the errors of the source', async () => {
    const source = { ...bufferSource(packageOf()), read: () => Promise.reject(new Error('gone')) };
    await expect(inspectPackage(source, expectation)).rejects.toThrow('gone');
  });
});
