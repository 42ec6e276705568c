import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createActivity } from './activity.ts';

const LIMIT_MS = 5_000;

test('is quiet when nothing was begun', async () => {
  await createActivity().quiet(LIMIT_MS);
});

test('names what is open, and ending twice ends once', () => {
  const activity = createActivity();
  const end = activity.begin('intake invocation 1');
  activity.begin('intake invocation 2');
  activity.addSource(() => ['queue review: 3 visible']);
  end();
  end();
  expect(activity.open()).toEqual(['intake invocation 2', 'queue review: 3 visible']);
});

test('resolves only after the last piece of work has ended', async () => {
  const activity = createActivity();
  const ends = [activity.begin('a'), activity.begin('b')];
  let quiet = false;
  const waiting = activity.quiet(LIMIT_MS).then(() => {
    quiet = true;
  });
  for (const end of ends) {
    await turn();
    await turn();
    await turn();
    await turn();
    expect(quiet).toBe(false);
    end();
  }
  await waiting;
});

test('is not quiet in the turn between a piece of work and what it causes', async () => {
  const activity = createActivity();
  const endCause = activity.begin('cause');
  let quiet = false;
  const waiting = activity.quiet(LIMIT_MS).then(() => {
    quiet = true;
  });
  endCause();
  await turn();
  const endEffect = activity.begin('effect');
  for (let turns = 0; turns < 6; turns += 1) await turn();
  expect(quiet).toBe(false);
  endEffect();
  await waiting;
});

test('a source that changed wakes those who wait', async () => {
  const activity = createActivity();
  let messages = 1;
  activity.addSource(() => (messages > 0 ? [`queue mail: ${messages} visible`] : []));
  let quiet = false;
  const waiting = activity.quiet(LIMIT_MS).then(() => {
    quiet = true;
  });
  for (let turns = 0; turns < 6; turns += 1) await turn();
  expect(quiet).toBe(false);
  messages = 0;
  activity.changed();
  await waiting;
});

test('a removed source counts no more', async () => {
  const activity = createActivity();
  const remove = activity.addSource(() => ['a queue']);
  const waiting = activity.quiet(LIMIT_MS);
  remove();
  await waiting;
});

test('rejects at the limit, naming what is open', async () => {
  const activity = createActivity();
  activity.begin('intake invocation 7');
  activity.addSource(() => ['queue review: 1 in flight']);
  await expect(activity.quiet(20)).rejects.toThrow(
    'Not quiet after 20 ms. Still open: intake invocation 7; queue review: 1 in flight.',
  );
});
