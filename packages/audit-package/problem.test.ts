import { expect, it } from 'vitest';
import { shown } from './problem.ts';

it.each([
  ['a\nb', 'a\\u{a}b'],
  ['\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['a\ufdd0\uffff\u{10fffe}', 'a\\u{fdd0}\\u{ffff}\\u{10fffe}'],
  ['Zoë, 写真', 'Zoë, 写真'],
])('%j is shown as %j', (name, written) => {
  expect(shown(name)).toBe(written);
});
