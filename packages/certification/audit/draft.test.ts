import { expect, test } from 'vitest';
import { draftHasExpired, keepsDraft, maxDraftDays } from './draft.ts';

test('an audit keeps its draft until it has ended', () => {
  for (const state of ['registered', 'pending review', 'in review', 'awaiting revision'] as const)
    expect(keepsDraft({ state }), state).toBe(true);
  for (const state of ['closed', 'rejected', 'withdrawn'] as const) expect(keepsDraft({ state }), state).toBe(false);
});

test('a draft that nobody saves for its days is there no more', () => {
  const savedAt = '2026-11-23T18:00:00.000Z';
  const end = Date.parse(savedAt) + maxDraftDays * 24 * 60 * 60 * 1000;
  expect(draftHasExpired(savedAt, new Date(end - 1).toISOString())).toBe(false);
  expect(draftHasExpired(savedAt, new Date(end).toISOString())).toBe(true);
});
