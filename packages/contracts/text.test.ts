import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Endpoint, endpoints } from './api.ts';
import { AuditFile } from './package-format.ts';
import { AssessorBody, EmployerBody, email, name, PersonId } from './people.ts';
import { writing } from './schemas.ts';
import { text } from './text.ts';

/** What no text may contain: invalid Unicode, noncharacters, and control characters but tab and line ends. */
const refused = fc.oneof(
  fc.constantFrom('\ud800', '\udfff', '\u0000', '\u0008', '\u000b', '\u000c', '\u001f', '\ufdd0', '\ufdef', '\uffff'),
  fc.nat(16).map((plane) => String.fromCodePoint(plane * 0x10000 + 0xfffe)),
  fc.nat(16).map((plane) => String.fromCodePoint(plane * 0x10000 + 0xffff)),
);
const taken = fc.constantFrom(
  '\t',
  '\n',
  '\r',
  ' ',
  '~',
  '\u007f',
  'é',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '😀',
  '\u{10fffd}',
);

type Any = v.GenericSchema & {
  readonly entries?: Readonly<Record<string, Any>>;
  readonly item?: Any;
  readonly wrapped?: Any;
  readonly options?: readonly unknown[];
  readonly key?: Any;
  readonly value?: Any;
  readonly pipe?: readonly unknown[];
};

/** Every schema of a text inside a schema, with its place. */
function* textsIn(schema: Any, place: string): Generator<readonly [place: string, schema: v.GenericSchema]> {
  if (schema.type === 'string') yield [place, schema];
  for (const [name, entry] of Object.entries(schema.entries ?? {})) yield* textsIn(entry, `${place}.${name}`);
  const inside = [schema.item, schema.wrapped, schema.key, schema.value, ...(schema.options ?? [])];
  for (const each of inside)
    if (typeof each === 'object' && each !== null && 'type' in each) yield* textsIn(each as Any, place);
}

const inputs = [
  ...Object.entries<Endpoint>(endpoints).flatMap(([name, { parameters, query, body }]) =>
    Object.entries({ parameters, query, body }).flatMap(([part, schema]) =>
      schema === undefined ? [] : [...textsIn(schema as Any, `${name} ${part}`)],
    ),
  ),
  ...textsIn(AuditFile as unknown as Any, 'audit.json'),
];

/** What a schema makes of a text, or undefined when it refuses it. */
function read(schema: v.GenericSchema, sent: string): unknown {
  const { success, output } = v.safeParse(schema, sent);
  return success ? output : undefined;
}

test('there are texts in the contracts', () => {
  expect(inputs.length).toBeGreaterThan(80);
});

test.each(inputs)('%s takes no text with a character that no text has', (_, schema) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), refused, fc.string({ maxLength: 8 }), (before, character, after) => {
      // A blank at an end may be cut off: nothing of it comes in.
      expect(String(read(schema, `a${before}${character}${after}a`) ?? '')).toBe('');
    }),
    { numRuns: 50 },
  );
});

describe('a text', () => {
  test('takes every other character', () => {
    fc.assert(
      fc.property(
        fc.array(taken).map((all) => all.join('')),
        (sent) => {
          expect(read(text(), sent)).toBe(sent);
        },
      ),
    );
  });

  test('says what is wrong with it', () => {
    const { issues } = v.safeParse(text(), 'Acme\uffff');
    expect(issues?.map(({ message }) => message)).toEqual([
      'contains invalid Unicode or a control character: remove it',
    ]);
  });
});

describe('what a person types on one line', () => {
  test.each([
    ['a soft hyphen', 'Prairie\u00ad Welding', 'Prairie Welding'],
    ['spaces without a width, at the ends too', '\u200bAnn\u200b\u2060 Other\ufeff ', 'Ann Other'],
    ['marks of direction', '\u202eAcme\u202c \u2066Ltd.\u2069\u200f', 'Acme Ltd.'],
    ['a joiner between Latin letters', 'Ac\u200cme\u200d', 'Acme'],
  ])('is kept without %s', (_, sent, kept) => {
    expect(read(name, sent)).toBe(kept);
  });

  test.each([
    ['Persian', 'علی\u200cرضا'],
    ['Sinhala', 'ශ්\u200dරී ලංකා'],
    ['emoji', '👩🏽\u200d🏭 Welding'],
    ['Japanese with a variant', '葛\u{e0100}城'],
  ])('keeps its joiners in %s', (_, sent) => {
    expect(read(name, sent)).toBe(sent);
  });

  test('has each accented letter as one character, wherever it was typed', () => {
    expect(read(name, 'Cafe\u0301 Zu\u0308rich')).toBe('Café Zürich');
  });

  test('is missing when nothing of it can be seen', () => {
    const { issues } = v.safeParse(name, ' \u00ad\u200b\u2066 ');
    expect(issues?.map(({ message }) => message)).toEqual(['is missing']);
    expect(v.safeParse(writing, ' \u00ad\u200b\u2066 ').issues?.map(({ type }) => type)).toEqual(['non_empty']);
    expect(v.parse(writing, ' Why\u00ad? ')).toBe('Why\u00ad?');
  });

  test.each([
    ['an id', PersonId, ' e1\u200b', 'e1'],
    ['an address', email, '\ufeffann@example.com\u00ad', 'ann@example.com'],
  ])('is kept without them as %s too', (_, schema, sent, kept) => {
    expect(read(schema, sent)).toBe(kept);
  });

  test.each([
    ['Caf\ufffd', 'contains "\ufffd" where a letter was lost'],
    ['Welding by CafÃ© Ltd.', 'contains "CafÃ©", which was read in a wrong encoding'],
    // Before anything is removed: the soft hyphen is what is left of the letter.
    ['GarcÃ\u00ada', 'contains "GarcÃ\u00ada", which was read'],
    ['VoilÃ\u00a0', 'contains "VoilÃ", which was read'],
    ['Ã\u0089cole', 'contains "Ã\u0089cole", which was read'],
  ])('is refused when a program has spoiled it: %j', (sent, message) => {
    for (const schema of [name, EmployerBody.entries.legalName, EmployerBody.entries.address.entries.city]) {
      const { issues } = v.safeParse(schema, sent);
      expect(issues?.map((issue) => issue.message)).toEqual([expect.stringContaining(message)]);
    }
    expect(v.safeParse(AuditFile.entries.declaration.entries.name, sent).success).toBe(false);
  });
});

test.each([EmployerBody.entries.legalName, EmployerBody.entries.tradeName, AssessorBody.entries.name])(
  'a name that certificates and reports print has no letters that their fonts lack',
  (schema) => {
    for (const sent of ['Prairie Ltd.', 'Łódź Œuvre', 'Ωμέγα', 'Київ', 'שלום', 'مرحبا', 'ᐃᓄᒃᑎᑐᑦ', '№ 1 – “A” ©®™'])
      expect(read(schema, sent)).toBe(sent);
    for (const sent of ['東京建設', 'हिन्दी', '서울', 'Acme 😀'])
      expect(v.safeParse(schema, sent).issues?.map(({ message }) => message)).toEqual([
        'contains letters or signs that certificates and reports cannot show: write it in Latin letters',
      ]);
  },
);
