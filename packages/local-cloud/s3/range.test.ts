import { expect, test } from 'vitest';
import { byteRange } from './range.ts';

test.each([
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=-22', { start: 78, end: 99 }],
  ['bytes=-1000', { start: 0, end: 99 }],
  ['bytes=99-200', { start: 99, end: 99 }],
])('%s of 100 bytes', (value, expected) => {
  expect(byteRange(value, 100)).toEqual(expected);
});

test.each([undefined, 'bytes=9-2', 'bytes=-', 'bytes=0-1,5-6', 'items=0-1', 'bytes=a-b'])(
  '%s is overlooked',
  (value) => {
    expect(byteRange(value, 100)).toBeUndefined();
  },
);

test.each([
  ['bytes=100-', 100],
  ['bytes=-0', 100],
  ['bytes=0-0', 0],
  ['bytes=-5', 0],
])('%s of %i bytes cannot be satisfied', (value, size) => {
  expect(() => byteRange(value, size)).toThrow(expect.objectContaining({ code: 'InvalidRange', status: 416 }));
});
