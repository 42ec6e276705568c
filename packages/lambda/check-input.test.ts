import { codesOf, expectSaidByValues, type Samples } from '@secor/certification/testing/sentences';
import { type Endpoint, endpoints, fieldCodeOf } from '@secor/contracts';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { checkInput } from './check-input.ts';
import { inputSentences } from './input-sentences.ts';
import { answerSentences } from './sentences.ts';

const note = v.strictObject({
  kind: v.picklist(['actionable', 'informational']),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(5)),
  question: v.optional(v.pipe(v.string(), v.regex(/^\d+\.\d+$/, 'must be nine digits, the first not zero'))),
  points: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  places: v.optional(v.array(v.strictObject({ name: v.string() }))),
  who: v.optional(v.union([v.literal('me'), v.null(), v.number()])),
});
const good = { kind: 'actionable', text: 'Why?' };

/** The names of the properties of a body that are lists. */
function listsOf(body: v.GenericSchema): string[] {
  const { entries = {} } = body as { readonly entries?: Readonly<Record<string, { readonly type: string }>> };
  return Object.entries(entries).flatMap(([name, { type }]) => (type === 'array' ? [name] : []));
}

describe('checkInput', () => {
  it('gives what the schema gives', () => {
    expect(checkInput(note, good, 'body')).toEqual({ output: good, problems: [] });
  });

  it.each([
    [undefined, 'body', 'is missing'],
    [null, 'body', 'must be an object'],
    ['text', 'body', 'must be an object'],
    [{ text: 'Why?' }, 'body, kind', 'is missing'],
    [{ ...good, kind: 'urgent' }, 'body, kind', 'must be "actionable" or "informational"'],
    [{ ...good, text: 7 }, 'body, text', 'must be text'],
    [{ ...good, text: '' }, 'body, text', 'must not be empty'],
    [{ ...good, text: 'Why not?' }, 'body, text', 'must have at most 5 characters'],
    [{ ...good, question: 'x' }, 'body, question', 'must be nine digits, the first not zero'],
    [{ ...good, points: '7' }, 'body, points', 'must be a number'],
    [{ ...good, points: 1.5 }, 'body, points', 'must be a whole number'],
    [{ ...good, points: -1 }, 'body, points', 'must be at least 0'],
    [{ ...good, places: {} }, 'body, places', 'must be a list'],
    [{ ...good, places: [{ name: 'a' }, {}] }, 'body, places.1.name', 'is missing'],
    [{ ...good, who: true }, 'body, who', 'must be "me", null or a number'],
    [{ ...good, color: 'red' }, 'body, color', 'is not known here; leave it out'],
  ])('tells of %j where and what is wrong', (input, place, message) => {
    expect(checkInput(note, input, 'body')).toMatchObject({ output: undefined, problems: [{ place, message }] });
  });

  it('tells all at once: every unknown key, beside what is wrong with the known ones', () => {
    const input = { kind: 'x', a: 1, b: 2, places: [{ name: 'n', c: 3, d: 4 }, { e: 5 }] };
    const before = structuredClone(input);
    const { problems } = checkInput(note, input, 'body');
    expect(problems.map(({ place }) => place).sort()).toEqual(
      ['kind', 'text', 'a', 'b', 'places.0.c', 'places.0.d', 'places.1.name', 'places.1.e']
        .map((place) => `body, ${place}`)
        .sort(),
    );
    expect(input).toEqual(before);
  });

  it('tells the first hundred of many, and how many more there are', () => {
    const { problems } = checkInput(v.array(v.number()), Array(300_000).fill('x'), 'body');
    expect(problems).toHaveLength(101);
    expect(problems[99]).toEqual({
      place: 'body, 99',
      message: 'must be a number',
      code: 'wrong-type',
      values: { expected: 'number' },
    });
    expect(problems[100]).toEqual({
      place: 'body',
      message: 'has 299,900 more problems: correct these first',
      code: 'more-problems',
      values: { more: 299_900 },
    });
  });

  it.each(
    Object.entries<Endpoint>(endpoints).flatMap(([name, { body }]) =>
      body === undefined ? [] : listsOf(body).map((list) => [name, list, body] as const),
    ),
  )('refuses a list for its length before it looks at what is in it: %s, %s', (_, list, body) => {
    const { problems } = checkInput(body, { [list]: Array(100_000).fill({}) }, 'body');
    const ofList = problems.filter(({ place }) => place.startsWith(`body, ${list}`));
    expect(ofList).toEqual([
      {
        place: `body, ${list}`,
        message: expect.stringMatching(/^must have at most \d+ entries$/),
        code: 'too-many-entries',
        values: { most: expect.any(Number) },
      },
    ]);
  });

  it('never throws, never repeats what was sent, and speaks in its own words', () => {
    const bodies = Object.values<Endpoint>(endpoints).flatMap(({ body }) => (body === undefined ? [] : [body]));
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.jsonValue(), (schema, input) => {
        const { output, problems } = checkInput(schema, input, 'body');
        if (v.is(schema, input)) expect(problems).toEqual([]);
        else expect(output).toBeUndefined();
        expect(problems.length > 0).toBe(!v.is(schema, input));
        for (const { message, code } of problems) {
          expect(message).not.toMatch(/Expected|received|Invalid|undefined|unknown/);
          expect(code).not.toBe('unexpected-form');
        }
      }),
    );
  });

  it.each(Object.entries<Endpoint>(endpoints))('has a code for each check of %s', (_, { parameters, query, body }) => {
    for (const { type, message } of [parameters, query, body].flatMap(checksOf))
      expect(
        ['regex', 'check', 'picklist'].includes(type) ? fieldCodeOf(String(message)) : type,
        String(message),
      ).toMatch(/^[a-z_-]+$/);
  });
});

type Check = { readonly type: string; readonly message: unknown };

/** Every check of a schema, with those of what is in it. */
function checksOf(schema: unknown): Check[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inner = Object.values(schema).flatMap(checksOf);
  const { kind, type, message } = schema as Record<string, unknown>;
  return kind === 'validation' ? [{ type: String(type), message }, ...inner] : inner;
}

const samples: Samples<typeof inputSentences> = {
  'unknown-field': [],
  missing: [],
  empty: [],
  'too-few-entries': [{ least: 2 }],
  'too-many-entries': [{ most: 1_000 }],
  'wrong-number-of-entries': [{ entries: 2 }],
  'too-short': [{ least: 2 }],
  'too-long': [{ most: 2_000 }],
  'wrong-length': [{ characters: 9 }],
  'too-small': [{ least: 3 }],
  'too-large': [{ most: 9 }],
  'not-whole': [],
  'not-a-number': [],
  'not-a-date': [],
  'not-an-instant': [],
  'not-an-email-address': [],
  'not-a-url': [],
  'not-a-uuid': [],
  'wrong-type': [{ expected: 'Object, "me"' }],
  'unexpected-form': [],
  'more-problems': [{ more: 12 }],
  'invalid-json': [],
  'forbidden-key': [],
  'wrong-encoding': [{ encoding: 'UTF-8' }],
  'not-a-version': [],
  'foreign-cursor': [],
};
const answers: Samples<typeof answerSentences> = {
  'token-unreadable': [],
  'no-access-token': [],
  'token-names-nobody': [],
  'role-missing': [{ roles: 'reviewer, administrator' }],
  'too-many-calls': [{ seconds: 5 }],
  'no-such-route': [],
  'invalid-request': [],
  'body-too-large': [{ bytes: 1_000_000 }],
  'not-json': [],
  'version-missing': [],
  'bad-cursor': [],
  'idempotency-key-reused': [{ hours: 24 }],
  busy: [],
  failed: [],
};

describe('a sentence of the API says nothing that its values do not', () => {
  it.each(codesOf(inputSentences))('of a request: %s', (code) => expectSaidByValues(inputSentences, samples, code));
  it.each(codesOf(answerSentences))('of an answer: %s', (code) => expectSaidByValues(answerSentences, answers, code));
});
