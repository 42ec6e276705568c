import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { forEachAtOnce } from './for-each-at-once.ts';

const numbers = Array.from({ length: 20 }, (_, index) => index);

it('does each item once, in order, at most so many at the same time', async () => {
  const begun: number[] = [];
  let working = 0;
  let most = 0;
  await forEachAtOnce(numbers, 3, async (number) => {
    begun.push(number);
    working += 1;
    most = Math.max(most, working);
    await delay(number % 3);
    working -= 1;
  });
  expect(begun).toEqual(numbers);
  expect(most).toBe(3);
  expect(working).toBe(0);
});

it('begins no further item after one has failed, and throws its error', async () => {
  const begun: number[] = [];
  const { promise: others, resolve: finishOthers } = Promise.withResolvers<void>();
  const all = forEachAtOnce(numbers, 2, async (number) => {
    begun.push(number);
    if (number === 1) throw new Error('one failed');
    await others;
  });
  await expect(all).rejects.toThrow('one failed');
  finishOthers();
  await delay(0);
  expect(begun).toEqual([0, 1]);
});

it('has nothing to do for no items', async () => {
  await forEachAtOnce([], 4, () => Promise.reject(new Error('there is nothing')));
});
