import { expect, it } from 'vitest';
import { secor } from './running.fixture.ts';

const audit = ['--audit', '412345678'];

it.each([
  ['a step that is none', ['review', 'approve', ...audit], 'there is no step "approve": there are take, release, open'],
  ['what a step needs', ['review', 'points', ...audit, '--points', '3'], 'points needs --question and --reason.'],
  [
    'what goes with another step',
    ['review', 'accept', ...audit, '--revision', '1', '--months', '12'],
    '--months does not go with accept.',
  ],
  ['what goes with a step only', ['review', ...audit, '--reason', 'x'], '--reason goes with a step: take, release'],
  ['a wrong number', ['review', ...audit, '--version', 'new'], '--version "new" is not a whole number of at least 1.'],
  ['an answer without a text', ['answer', ...audit, '--note', '3'], '--note "3" is not an answer'],
  ['an answer without a number', ['answer', ...audit, '--note', 'done'], '--note "done" is not an answer'],
  ['one audit and a list', ['status', ...audit, '--closed'], '--closed lists audits and does not go with --audit.'],
  ['a wrong kind', ['register', '--employer', 'a', '--kind', 'big'], `--kind can't be "big"`],
  ['a wrong day', ['queue', '--before', 'May'], '--before "May" is not a date'],
])('refuses %s, before anybody is asked', async (_what, typed, error) => {
  const run = await secor(typed);
  expect(run.code).toBe(2);
  expect(run.err).toContain(error);
});
