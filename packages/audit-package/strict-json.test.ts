import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotJson, parseStrictJson } from './strict-json.ts';

const parse = (text: string) => parseStrictJson(new TextEncoder().encode(text));

test('reads every JSON as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\t\n'), (text, blank) => {
      const expected: unknown = JSON.parse(text, (_key, value) => (Object.is(value, -0) ? 0 : value));
      const { value, repeated } = parse(`${blank}${text}${blank}`);
      expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
      expect(repeated).toEqual([]);
    }),
  );
});

test('refuses every text that JSON.parse refuses', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', '01', '\\', 'x', '\u0001'),
      (text, at, other) => {
        const position = at % (text.length + 1);
        const broken = text.slice(0, position) + other + text.slice(position + 1);
        let expected = true;
        try {
          JSON.parse(broken);
        } catch {
          expected = false;
        }
        if (!expected) expect(() => parse(broken)).toThrow(NotJson);
      },
    ),
    { numRuns: 500 },
  );
});

test('tells the path of each repeated property, and keeps the first', () => {
  expect(parse('{"a": 1, "b": [{"c": 1, "d": {"e": 1, "e": 2}, "c": 3}], "\\u0061": 2}')).toEqual({
    value: { a: 1, b: [{ c: 1, d: { e: 1 } }] },
    repeated: [['b', 0, 'd', 'e'], ['b', 0, 'c'], ['a']],
  });
});

test('takes a property named __proto__ for one like any other', () => {
  const { value, repeated } = parse('{"__proto__": {"positive": 1}, "__proto__": 2}');
  expect(Object.keys(value as object)).toEqual(['__proto__']);
  expect(repeated).toEqual([['__proto__']]);
  expect(({} as { positive?: number }).positive).toBeUndefined();
});

test.each([
  ['5.0', 5],
  ['5e0', 5],
  ['0.5e1', 5],
  ['500E-2', 5],
  ['-0.0', 0],
  ['0e999', 0],
  ['1.5', 1.5],
  ['9007199254740991', 9_007_199_254_740_991],
])('reads the number %s', (text, value) => {
  expect(parse(text).value).toBe(value);
});

test.each([
  '4.99999999999999999999',
  '5.00000000000000000001',
  '49999999999999999999.9e-19',
  '1e-400',
  '-1e-400',
  '9007199254740993',
  '100000000000000000000000000000000000001',
])('refuses the number %s, of which digits would be lost', (text) => {
  expect(() => parse(`[1, ${text}]`)).toThrow(/line 1, column 5: this number has too many digits/);
});

test('reads numbers of any length in reasonable time', () => {
  expect(() => parse(`1${'0'.repeat(500_000)}1e-500000`)).toThrow(/too many digits/);
});

test.each([
  ['half a surrogate pair', '"\\ud800"', /line 1, column 1: .*invalid Unicode/],
  ['a line break in a text', '{\n "a": "x\n"}', /line 2, column 9: a text contains a line break/],
  ['a number without bounds', '1e999', /too large/],
  ['depth without bounds', '['.repeat(200_000), /nested more than 32 deep/],
  ['two values', '1 2', /after the end/],
  ['a comma too many', '[1,]', /column 4: a value is expected/],
])('refuses %s, with its place', (_what, text, message) => {
  expect(() => parse(text)).toThrow(message);
});
