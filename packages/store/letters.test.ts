import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LetterId, letterOfTag, letterTag } from './letters.ts';

const id: LetterId = { subject: 'audit#412345678', event: 7, letter: 'audit passed', personId: 'employer-1' };

describe("a letter's tag", () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
  const ids = fc.record({
    subject: part.map((text) => `audit#${text}` as const),
    event: fc.nat(),
    letter: part,
    personId: part,
  });

  it('is what SES takes, and gives the id back', () => {
    fc.assert(
      fc.property(ids, (any) => {
        let tag: string;
        try {
          tag = letterTag(any);
        } catch {
          return;
        }
        expect(tag).toMatch(/^[A-Za-z0-9_-]{1,255}$/);
        expect(letterOfTag(tag)).toEqual(any);
      }),
    );
  });

  it('holds ids as long as ours are', () => {
    const long = { ...id, subject: `employer#${'e'.repeat(36)}` as const, event: 999_999, personId: 'p'.repeat(36) };
    expect(letterOfTag(letterTag(long))).toEqual(long);
  });

  it('has 255 characters at most', () => {
    const ofBytes = (bytes: number) => ({
      ...({ subject: 'audit#s', event: 1, letter: 'l' } as const),
      personId: 'p'.repeat(bytes - JSON.stringify(['audit#s', 1, 'l', '']).length),
    });
    expect(letterTag(ofBytes(191))).toHaveLength(255);
    expect(() => letterTag(ofBytes(192))).toThrow('256 of 255 characters');
  });

  it('is refused when it would be too long, with the letter and the remedy', () => {
    expect(() => letterTag({ ...id, personId: 'p'.repeat(200) })).toThrow(
      /letter audit passed of audit#412345678 is too long.*Shorten/,
    );
  });

  it.each(['', 'success', '412345678-7-assessor', letterTag(id).slice(0, -1), `${letterTag(id)}=`])(
    'is not %j',
    (text) => {
      expect(letterOfTag(text)).toBeUndefined();
    },
  );

  it.each([[[]], [['audit#1', 1, 'x']], [['audit#1', '1', 'x', 'y']], [[1, 1, 'x', 'y']], [{ subject: 'audit#1' }]])(
    'does not hold %j',
    (content) => {
      expect(letterOfTag(Buffer.from(JSON.stringify(content)).toString('base64url'))).toBeUndefined();
    },
  );
});
