import { describe, expect, test } from 'vitest';
import { type Advanceable, type AdvancedDay, createAdvance } from './advance.ts';

const at = (instant: string): number => Date.parse(instant);

/** A cloud of which a test says what is left to do, and hears to where the clock was moved. */
function cloudAt(instant: string, change: Partial<Advanceable> = {}) {
  let now = at(instant);
  const moves: string[] = [];
  const cloud: Advanceable = {
    clock: {
      now: () => now,
      advanceTo(to) {
        now = to;
        moves.push(new Date(to).toISOString());
      },
    },
    quiet: async () => {},
    open: () => [],
    onlyHidden: () => false,
    nextVisibleAt: () => undefined,
    subjects: async () => [],
    letterCount: () => 0,
    deadLetters: () => new Map(),
    denied: [],
    ...change,
  };
  return { advance: createAdvance(cloud), moves };
}

const all = (days: AsyncIterable<AdvancedDay>) => Array.fromAsync(days);

describe('an advance', () => {
  test('goes to noon of each day up to the date, by the zone and not by an offset', async () => {
    const { advance, moves } = cloudAt('2026-03-06T18:00:00Z');
    const days = await all(advance('2026-03-09'));
    expect(days.map(({ date }) => date)).toEqual(['2026-03-06', '2026-03-07', '2026-03-08', '2026-03-09']);
    expect(moves).toEqual([
      ...['2026-03-06T19:00:00.000Z', '2026-03-07T19:00:00.000Z'],
      ...['2026-03-08T18:00:00.000Z', '2026-03-09T18:00:00.000Z'],
    ]);
  });

  test('does not move on a day whose noon has passed, but waits for what is left of it', async () => {
    const { advance, moves } = cloudAt('2026-06-10T22:00:00Z');
    expect(await all(advance('2026-06-10'))).toEqual([{ date: '2026-06-10', letters: [], failures: [], open: [] }]);
    expect(moves).toEqual([]);
  });

  test('lets what is under way end before it moves', async () => {
    let looks = 0;
    const { advance, moves } = cloudAt('2026-06-10T10:00:00Z', {
      quiet: async () => {
        looks += 1;
        if (looks < 3) throw new Error('mail: 1 message in hand');
        if (looks === 3) expect(moves).toEqual([]);
      },
    });
    await all(advance('2026-06-10'));
    expect(moves).toEqual(['2026-06-10T18:00:00.000Z']);
  });

  test('counts the evening of the zone to its own day', async () => {
    const { advance, moves } = cloudAt('2026-06-11T04:00:00Z');
    expect((await all(advance('2026-06-11'))).map(({ date }) => date)).toEqual(['2026-06-10', '2026-06-11']);
    expect(moves).toEqual(['2026-06-11T18:00:00.000Z']);
  });

  test.each(['2026-06-09', '2026-02-30', 'tomorrow', '2026-6-11'])('to %s is refused', (to) => {
    expect(() => cloudAt('2026-06-10T12:00:00Z').advance(to)).toThrow(/never goes back|no date/);
  });

  test('is one at a time', async () => {
    const { advance } = cloudAt('2026-06-10T12:00:00Z');
    const first = advance('2026-06-12');
    await first.next();
    await expect(advance('2026-06-12').next()).rejects.toThrow('being advanced already');
    await first.return(undefined);
    expect(await all(advance('2026-06-11'))).toHaveLength(2);
  });

  test('steps to where a hidden message can be seen, as long as the day lasts', async () => {
    const visible = [at('2026-06-10T18:00:15Z'), at('2026-06-10T18:01:00Z'), at('2026-06-11T09:00:00Z')];
    let moved: () => string[] = () => [];
    const left = () => visible.filter((instant) => instant > at(moved().at(-1) ?? '2026-06-10T10:00:00Z'));
    const { advance, moves } = cloudAt('2026-06-10T10:00:00Z', {
      quiet: async () => {
        if (left().length > 0) throw new Error('a message');
      },
      open: () => ['mail: 0 messages waiting, 1 in flight, 0 delayed'],
      onlyHidden: () => true,
      nextVisibleAt: () => left()[0],
    });
    moved = () => moves;
    const [first, second] = await all(advance('2026-06-11'));
    expect(first?.open).toEqual(['mail: 0 messages waiting, 1 in flight, 0 delayed']);
    expect(second?.open).toEqual([]);
    expect(moves).toEqual([
      ...['2026-06-10T18:00:00.000Z', '2026-06-10T18:00:15.000Z', '2026-06-10T18:01:00.000Z'],
      ...['2026-06-11T09:00:00.000Z', '2026-06-11T18:00:00.000Z'],
    ]);
  });

  test('tells of each day its letters, its dead letters and its denials', async () => {
    const letters = ['from before'];
    const denied: string[] = ['denied: before'];
    let dead = 3;
    let days = 0;
    const { advance } = cloudAt('2026-06-10T10:00:00Z', {
      quiet: async () => {
        days += 1;
        // Twice a day: before noon, and after.
        if (days !== 4) return;
        letters.push('A', 'B');
        denied.push('denied: x', 'denied: x');
        dead += 2;
      },
      subjects: async (from) => letters.slice(from),
      letterCount: () => letters.length,
      deadLetters: () => new Map([['mail-dead-letters', dead]]),
      denied,
    });
    const nothing = { letters: [], failures: [], open: [] };
    expect(await all(advance('2026-06-12'))).toEqual([
      { date: '2026-06-10', ...nothing },
      { date: '2026-06-11', letters: ['A', 'B'], failures: ['2 in mail-dead-letters', 'denied: x'], open: [] },
      { date: '2026-06-12', ...nothing },
    ]);
  });
});
