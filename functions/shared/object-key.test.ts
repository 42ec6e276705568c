import { expect, it } from 'vitest';
import { decodeObjectKey } from './object-key.ts';

it.each([
  ['packages/412345678/1.zip', 'packages/412345678/1.zip'],
  ['imports/a+b.csv', 'imports/a b.csv'],
  ['imports/a%2Bb.csv', 'imports/a+b.csv'],
  ['imports/%C3%A9t%C3%A9.csv', 'imports/été.csv'],
])('reads %s as %s', (told, key) => {
  expect(decodeObjectKey(told)).toBe(key);
});
