import { codesOf, expectSaidByValues, type Samples } from '@secor/certification/testing/sentences';
import { fieldSentences } from '@secor/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAssessors, readEmployers } from './lines.ts';
import { ownSentences, type Reason, reasonOfRefusal, sentences } from './sentences.ts';
import { writeTable } from './sheet.ts';

const column = 'city';

const samples: Samples<typeof ownSentences> = {
  missing: [{ column }],
  'not-text': [{ column }],
  'too-long': [{ column, most: 200 }],
  'too-many-entries': [{ column, most: 40 }],
  'not-a-number-in-range': [{ column, least: 1, most: 10_000 }],
  'not-yes-or-no': [{ column }],
  misread: [{ column, word: 'MontrÃ©al' }],
  'not-a-date': [{ column }],
  'too-many-courses': [{ column, courses: 101, most: 100 }],
  'not-a-course-and-date': [{ column, given: 'moose' }],
  'course-unknown': [{ column, given: 'moose', known: 'hazard-management' }],
  'employers-unknown': [{ column, given: 'e1, e2' }],
  'cell-too-long': [{ column, most: 10_000 }],
  'same-as-before': [{ column, line: 3 }],
  'wrong-number-of-cells': [{ cells: 16, columns: 15 }],
  'below-the-table': [],
  'line-failed': [],
  'more-reasons': [{ more: 3 }],
  'column-unnamed': [{ position: 4 }],
  'column-unknown': [{ given: 'colour', known: 'city, street' }],
  'column-twice': [{ column }],
  'column-missing': [{ column }],
  'file-empty': [],
  'file-without-lines': [],
  'file-too-long': [{ most: 10_000 }],
  'file-too-large': [{ megabytes: 5 }],
  'file-not-utf8': [],
  'file-of-excel': [],
  'file-of-libreoffice': [],
  'file-of-numbers': [],
  'file-of-zip': [],
  'separator-unknown': [{ given: 'x' }],
  'too-many-cells': [{ line: 3, most: 200 }],
  'quotation-not-closed': [{ line: 3 }],
  'file-failed': [{ lines: 2 }],
};

describe('each code has a sentence that says its values, and nothing else', () => {
  it.each(codesOf(ownSentences))('%s', (code) => expectSaidByValues(ownSentences, samples, code));

  it.each(Object.entries(fieldSentences))('%s, as the schemas of the API say it', (code, sentence) => {
    const say: (of: { readonly column: string }) => string = Reflect.get(sentences, code);
    expect(say({ column })).toBe(`city: ${sentence}`);
  });

  it('of a refusal has its values, and the column', () => {
    const refusal = { refused: 'day-ahead', message: '2999-01-01 is ahead.', values: { date: '2999-01-01' } } as const;
    expect(reasonOfRefusal(refusal)).toEqual({ message: refusal.message, code: 'day-ahead', values: refusal.values });
    expect(reasonOfRefusal(refusal, 'refreshers')).toEqual({
      message: `refreshers: ${refusal.message}`,
      code: 'day-ahead',
      values: { column: 'refreshers', date: '2999-01-01' },
    });
  });
});

describe('no reason is without a code', () => {
  const employer =
    'employerId legalName tradeName wcbAccount sharesWcbAccount employees industryCode street city province postalCode';
  const contacts =
    'contactName contactEmail contactPhone secondContactName secondContactEmail secondContactPhone goodStanding';
  const headers = {
    employers: `${employer} ${contacts}`.split(' '),
    // What has no column is told as missing.
    few: `${employer} ${contacts}`
      .split(' ')
      .filter((each) => !/^secondContact[NE]|Id$/.test(each))
      .concat('employerId'),
    assessors: 'assessorId name email actsFor initialTraining refreshers'.split(' '),
    spoiled: ['employerId', 'employerId', 'colour', '', 'legalName'],
  };
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '',
      'e1',
      'MontrÃ©al',
      'Caf\ufffd',
      'a\nb',
      '1',
      '10001',
      'perhaps',
      '東京',
      'ann@example.com',
      'a:b',
      'x:2026-01-01',
    ),
    fc.constantFrom(
      'x'.repeat(65),
      'x'.repeat(300),
      'é '.repeat(300),
      'y'.repeat(10_001),
      `${'a'.repeat(65)}@example.com`,
    ),
  );

  it.each(Object.entries(headers))(
    'in a file of %s: each is the sentence of its code and values',
    async (kind, header) => {
      const read = kind === 'assessors' ? readAssessors : readEmployers;
      const row = fc.array(cell, { minLength: header.length - 1, maxLength: header.length });
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), async (rows) => {
          const file = await read(writeTable([header, ...rows]));
          const lines =
            'refused' in file
              ? [file.refused]
              : file.lines.flatMap((each) => ('reasons' in each ? [each.reasons] : []));
          for (const reasons of lines) {
            expect(reasons.length).toBeGreaterThan(0);
            for (const { code, values, message } of reasons) {
              const sentence: (given: Reason['values']) => string = Reflect.get(sentences, code);
              expect(sentence(values)).toBe(message);
              // No schema says only this of a text.
              expect(code).not.toBe('not-text');
            }
          }
        }),
      );
    },
  );
});
