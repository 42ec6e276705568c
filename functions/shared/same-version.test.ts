import { expect, it } from 'vitest';
import { requireSameVersion } from './same-version.ts';

it('gives what the caller saw, and refuses what has changed since', () => {
  const now = { version: 3 };
  expect(requireSameVersion(['audit', '412345678'], now, 3)).toBe(now);
  for (const seen of [2, 4])
    expect(() => requireSameVersion(['audit', '412345678'], now, seen)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^Audit 412345678 has changed/),
        details: expect.objectContaining({ status: 412 }),
      }),
    );
});
