import type { ApiClient } from '@secor/contracts';
import { describe, expect, it } from 'vitest';
import { Late, until, untilRead } from './play-audit.ts';

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

describe('untilRead', () => {
  const entry = (type: string, data: object) => ({ number: 1, at: '', by: 'system', type, data });
  const accepted = entry('package accepted', { link: 2, revision: 1 });

  it.each([
    ['accepted', [accepted]],
    ['refused', [accepted, entry('package refused', { link: 3 })], 3],
    ['refused', [accepted, entry('documents refused', { revision: 1 })]],
    ['superseded', [entry('package superseded', { link: 2, by: 1 })]],
    ['late', [accepted, entry('package late', { link: 3, remedy: 'Audit 412345678 is closed.' })], 3],
  ])('tells that the package was %s', async (became, history, link = 2) => {
    const client = (async () => ({ score: {}, history })) as unknown as ApiClient;
    const reading = await untilRead(client, '412345678', link, { limitMs: 0 });
    expect(reading.became).toBe(became);
    expect(reading.remedy).toBe(became === 'late' ? 'Audit 412345678 is closed.' : undefined);
  });
});
