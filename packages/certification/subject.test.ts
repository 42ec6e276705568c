import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSubject, type SubjectKind, subjectOf } from './subject.ts';

const kinds: SubjectKind[] = ['audit', 'employer', 'assessor', 'session', 'reviewer'];

describe('a subject', () => {
  it('is read as it was written, whatever its id holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string({ minLength: 1 }), (kind, id) => {
        expect(parseSubject(subjectOf(kind, id))).toEqual({ kind, id });
      }),
    );
  });

  it.each(['', '#', 'audit', 'audit#', '#1', 'moose#1', 'Audit#1', 'toString#1'])('"%s" is none', (text) => {
    expect(() => parseSubject(text)).toThrow(`"${text}" is not a subject`);
  });
});
