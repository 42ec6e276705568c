import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Endpoint, endpoints } from './api.ts';
import { AuditFile } from './package-format.ts';
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
