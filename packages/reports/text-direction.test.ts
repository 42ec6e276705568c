import { beforeAll, describe, expect, test } from 'vitest';
import { directionOf, loadTextDirection, runsOf } from './text-direction.ts';

beforeAll(loadTextDirection);

/** The line as it looks, from left to right: what the font turns is turned here. */
function seen(line: string, base = directionOf(line)): string {
  return runsOf(line, base)
    .map(({ text, direction }) => (direction === 'rtl' ? Array.from(text).reverse().join('') : text))
    .join('');
}

describe('a line', () => {
  test.each([
    ['Prairie Welding (2026) Ltd.', 'Prairie Welding (2026) Ltd.'],
    ['שלום', 'םולש'],
    ['אבג (דהו) 123', '123 (והד) גבא'],
    ['Acme אבג 12 (דהו) Ltd.', 'Acme (והד) 12 גבא Ltd.'],
    ['أبت ١٢٣', '١٢٣ تبأ'],
    ['אבג Ltd. & Sons', 'Ltd. & Sons גבא'],
  ])('%s is seen as %s', (line, looks) => {
    expect(seen(line)).toBe(looks);
  });

  test('has the direction of its paragraph, not of its own first letter', () => {
    expect(seen('Ltd. אבג', 'rtl')).toBe('גבא .Ltd');
    expect(seen('אבג Ltd.', 'ltr')).toBe('גבא Ltd.');
    expect(seen('Ltd. (אבג)', 'rtl')).toBe('(גבא) .Ltd');
  });
});

test.each([
  ['', 'ltr'],
  ['123 Acme', 'ltr'],
  ['123 שלום', 'rtl'],
  ['É שלום', 'ltr'],
  ['مرحبا', 'rtl'],
])('%j goes %s', (paragraph, direction) => {
  expect(directionOf(paragraph)).toBe(direction);
});
