import { describe, expect, it } from 'vitest';
import { Late, until } from './play-audit.ts';

describe('until', () => {
  it('reads until the value is as wanted, and pauses in between', async () => {
    let looks = 0;
    const pauses: number[] = [];
    const value = await until(
      'the third look',
      async () => {
        looks += 1;
        return looks;
      },
      (look) => look === 3,
      { limitMs: 60_000, pause: async (milliseconds) => void pauses.push(milliseconds) },
    );
    expect(value).toBe(3);
    expect(pauses).toHaveLength(2);
  });

  it('gives up at its limit, after a last look, and names what it waited for', async () => {
    const waiting = until(
      'the decision',
      async () => false,
      (value) => value,
      { limitMs: 20, pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
    );
    await expect(waiting).rejects.toThrow(Late);
    await expect(waiting).rejects.toThrow('the decision did not come within 0.02 s.');
  });

  it('passes on what the reading throws', async () => {
    const broken = async () => {
      throw new Error('no connection');
    };
    await expect(until('anything', broken, () => true, { limitMs: 1000 })).rejects.toThrow('no connection');
  });
});
