import type { Score } from '@secor/certification';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ComparedRevision, changesBetween } from './changes.ts';

type Changed = {
  readonly positive?: number;
  readonly notes?: string;
  readonly evidence?: readonly string[];
  readonly awarded?: number;
  readonly crc?: number;
  readonly notApplicable?: true;
};

/** A revision with three questions, of which the second is as told. */
function revision({ positive = 3, notes = 'Seen.', evidence, awarded = 5, crc = 1, notApplicable }: Changed = {}) {
  const question = (id: string) => ({ question: id, positive: 4, sampled: 4, notes: 'Fine.', evidence: ['a.pdf'] });
  const named = { question: '1.2', notes, evidence: evidence ?? ['a.pdf', 'b.png'] };
  const answers = [
    question('1.1'),
    notApplicable ? { ...named, notApplicable } : { ...named, positive, sampled: 4 },
    question('1.10'),
  ];
  const entry = {
    offset: 0,
    dataOffset: 30,
    packed: 9,
    unpacked: 9,
    method: 'stored',
    crc: 7,
    descriptor: 0,
  } as const;
  const content = {
    startedOn: '2026-11-10',
    endedOn: '2026-11-20',
    recordsMonths: 12,
    declaration: { name: 'Robin', date: '2026-11-20', codeOfEthics: true },
    answers,
    documents: [
      { path: 'a.pdf', type: 'pdf', entry },
      { path: 'b.png', type: 'png', entry: { ...entry, crc } },
      { path: 'c.png', type: 'png', entry },
    ],
  } as const;
  const points = (id: string, given: number) => ({
    question: id,
    awarded: given,
    available: 10,
    notApplicable: false,
  });
  const score: Score = {
    awarded: 20 + awarded,
    available: 30,
    elements: [
      {
        element: '1',
        awarded: 20 + awarded,
        available: 30,
        questions: [points('1.1', 10), points('1.2', awarded), points('1.10', 10)],
      },
    ],
  };
  return { content, score } satisfies ComparedRevision;
}

describe('what changed between two revisions', () => {
  it.each<[string, Changed, string[]]>([
    ['another number', { positive: 4 }, ['answer']],
    ['not applicable instead', { notApplicable: true }, ['answer']],
    ['other notes', { notes: 'Seen again.' }, ['notes']],
    ['a document more', { evidence: ['a.pdf', 'b.png', 'c.png'] }, ['evidence']],
    ['a document of the same name with another content', { crc: 2 }, ['evidence']],
    ['other points', { awarded: 6 }, ['points']],
    ['all of it', { positive: 4, notes: '', evidence: [], awarded: 10 }, ['answer', 'notes', 'evidence', 'points']],
  ])('%s: of that question, as both have it', (_, changed, kinds) => {
    const [before, after] = [revision(), revision(changed)];
    const changes = changesBetween(before, after);
    expect(changes).toMatchObject([{ question: '1.2', changed: kinds }]);
    expect(changes[0]?.before).toEqual({ ...before.content.answers[1], awarded: 5, available: 10 });
    expect(changes[0]?.after).toEqual({ ...after.content.answers[1], awarded: changed.awarded ?? 5, available: 10 });
  });

  it('is nothing when the documents are only named in another order', () => {
    expect(changesBetween(revision(), revision({ evidence: ['b.png', 'a.pdf'] }))).toEqual([]);
  });

  it('is nothing from a revision to itself, and the same both ways with the sides changed', () => {
    const drawn = fc.record(
      {
        positive: fc.nat(4),
        notes: fc.string(),
        evidence: fc.subarray(['a.pdf', 'b.png', 'c.png']),
        awarded: fc.nat(10),
        crc: fc.nat(2),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(drawn, drawn, (one, other) => {
        expect(changesBetween(revision(one), revision(one))).toEqual([]);
        const turned = changesBetween(revision(other), revision(one)).map((change) => ({
          ...change,
          before: change.after,
          after: change.before,
        }));
        expect(changesBetween(revision(one), revision(other))).toEqual(turned);
      }),
    );
  });
});
