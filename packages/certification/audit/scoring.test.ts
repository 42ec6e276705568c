import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Protocol, Question } from '../protocol/protocol.ts';
import { protocolById, protocolIds } from '../protocol/protocols.ts';
import { type Answer, pointsFor, type Score, score } from './scoring.ts';

const range = (points: number): Question => ({
  id: '1.1',
  text: 'Range?',
  points,
  methods: ['D'],
  notApplicable: true,
  rule: 'range',
});
const allOrNothing = (points: number, threshold: 70 | 100): Question => ({
  id: '1.1',
  text: 'All or nothing?',
  points,
  methods: ['D'],
  notApplicable: true,
  rule: 'all-or-nothing',
  threshold,
});
const answer = (positive: number, sampled: number): Answer => ({ question: '1.1', positive, sampled });

const points = fc.integer({ min: 1, max: 100 });
const questions: fc.Arbitrary<Question> = fc.oneof(
  points.map(range),
  fc.tuple(points, fc.constantFrom<70 | 100>(70, 100)).map(([most, threshold]) => allOrNothing(most, threshold)),
);
const samples = fc
  .integer({ min: 1, max: 100_000 })
  .chain((sampled) => fc.tuple(fc.integer({ min: 0, max: sampled }), fc.constant(sampled)));

describe('the range rule', () => {
  it.each([
    [10, 73, 100, 7],
    [20, 73, 100, 15],
    [10, 0, 8, 0],
    [10, 8, 8, 10],
    [10, 1, 20, 1],
    [10, 4_999, 100_000, 0],
    [10, 3, 20, 2],
    [5, 1, 2, 3],
    [3, 1, 2, 2],
    [5, 49_999, 100_000, 2],
    [7, 99_999, 100_000, 7],
    [1, 49_999, 100_000, 0],
    [1, 50_000, 100_000, 1],
  ])('gives of %i points for %i of %i: %i', (most, positive, sampled, awarded) => {
    expect(pointsFor(range(most), answer(positive, sampled))).toBe(awarded);
  });

  it('is the exact fraction to the nearest whole point, half up', () => {
    fc.assert(
      fc.property(points, samples, (most, [positive, sampled]) => {
        const awarded = BigInt(pointsFor(range(most), answer(positive, sampled)));
        // −½ < awarded − exact ≤ ½, in units of 1 / (2 × sampled).
        const twiceTheError = 2n * (awarded * BigInt(sampled) - BigInt(most) * BigInt(positive));
        expect(twiceTheError > -BigInt(sampled) && twiceTheError <= BigInt(sampled)).toBe(true);
      }),
    );
  });
});

describe('the all-or-nothing rule', () => {
  it.each([
    [70, 7, 10, 5],
    [70, 69, 100, 0],
    [70, 70, 100, 5],
    [70, 69_999, 100_000, 0],
    [70, 70_000, 100_000, 5],
    [70, 2, 3, 0],
    [70, 5, 7, 5],
    [100, 3, 3, 5],
    [100, 99_999, 100_000, 0],
    [100, 0, 1, 0],
  ] as const)('with a threshold of %i %% gives for %i of %i: %i of 5', (threshold, positive, sampled, awarded) => {
    expect(pointsFor(allOrNothing(5, threshold), answer(positive, sampled))).toBe(awarded);
  });

  it('gives all the points or none', () => {
    fc.assert(
      fc.property(points, fc.constantFrom<70 | 100>(70, 100), samples, (most, threshold, [positive, sampled]) => {
        expect([0, most]).toContain(pointsFor(allOrNothing(most, threshold), answer(positive, sampled)));
      }),
    );
  });
});

describe('the points of a question, by either rule,', () => {
  it('are whole and within the question', () => {
    fc.assert(
      fc.property(questions, samples, (question, [positive, sampled]) => {
        const awarded = pointsFor(question, answer(positive, sampled));
        expect(Number.isInteger(awarded) && awarded >= 0 && awarded <= question.points).toBe(true);
      }),
    );
  });

  it('are all for all positive and none for none', () => {
    fc.assert(
      fc.property(questions, fc.integer({ min: 1, max: 100_000 }), (question, sampled) => {
        expect(pointsFor(question, answer(sampled, sampled))).toBe(question.points);
        expect(pointsFor(question, answer(0, sampled))).toBe(0);
      }),
    );
  });

  it('never fall with a positive more', () => {
    fc.assert(
      fc.property(questions, samples, (question, [positive, sampled]) => {
        fc.pre(positive < sampled);
        expect(pointsFor(question, answer(positive + 1, sampled))).toBeGreaterThanOrEqual(
          pointsFor(question, answer(positive, sampled)),
        );
      }),
    );
  });

  it('do not depend on the size of the sample at the same share', () => {
    fc.assert(
      fc.property(
        questions,
        fc.integer({ min: 1, max: 100 }),
        fc.nat(100),
        fc.integer({ min: 1, max: 1000 }),
        (question, sampled, part, times) => {
          const positive = part % (sampled + 1);
          expect(pointsFor(question, answer(positive * times, sampled * times))).toBe(
            pointsFor(question, answer(positive, sampled)),
          );
        },
      ),
    );
  });

  it('are none when it is not applicable', () => {
    expect(pointsFor(range(10), { question: '1.1', notApplicable: true })).toBe(0);
  });
});

const small: Protocol = {
  id: 'small',
  title: 'Two elements',
  elements: [
    {
      id: '1',
      title: 'First',
      questions: [
        { ...range(10), id: '1.1' },
        { ...allOrNothing(5, 70), id: '1.2' },
      ],
    },
    { id: '2', title: 'Second', questions: [{ ...range(20), id: '2.1' }] },
  ],
};

describe('the score of an audit', () => {
  it('sums questions to elements and elements to the whole, in the order of the protocol', () => {
    const answers: Answer[] = [
      { question: '2.1', positive: 73, sampled: 100 },
      { question: '1.2', positive: 2, sampled: 3 },
      { question: '1.1', positive: 73, sampled: 100 },
    ];
    expect(score(small, answers)).toEqual({
      awarded: 22,
      available: 35,
      elements: [
        {
          element: '1',
          awarded: 7,
          available: 15,
          questions: [
            { question: '1.1', awarded: 7, available: 10, notApplicable: false },
            { question: '1.2', awarded: 0, available: 5, notApplicable: false },
          ],
        },
        {
          element: '2',
          awarded: 15,
          available: 20,
          questions: [{ question: '2.1', awarded: 15, available: 20, notApplicable: false }],
        },
      ],
    });
  });

  it('leaves what is not applicable out of both sums', () => {
    const result = score(small, [
      { question: '1.1', notApplicable: true },
      { question: '1.2', positive: 1, sampled: 1 },
      { question: '2.1', notApplicable: true },
    ]);
    expect(result).toMatchObject({ awarded: 5, available: 5 });
    expect(result.elements).toMatchObject([
      { awarded: 5, available: 5, questions: [{ awarded: 0, available: 0, notApplicable: true }, { available: 5 }] },
      { awarded: 0, available: 0 },
    ]);
  });

  const complete: Answer[] = [
    { question: '1.1', positive: 1, sampled: 1 },
    { question: '1.2', positive: 1, sampled: 1 },
    { question: '2.1', positive: 1, sampled: 1 },
  ];

  it.each<[string, Answer[], string]>([
    ['missing', complete.slice(0, 2), 'Question 2.1 is not answered.'],
    ['given twice', [...complete, { question: '1.2', positive: 0, sampled: 1 }], 'Question 1.2 is answered twice.'],
    [
      'to a question that the protocol does not have',
      [...complete, { question: '2.2', positive: 1, sampled: 1 }],
      'Question 2.2 is answered, but small does not have it.',
    ],
  ])('refuses an answer that is %s', (_, answers, message) => {
    expect(() => score(small, answers)).toThrow(message);
  });
});

describe.each(protocolIds)('scoring by %s', (id) => {
  const protocol = existing(id);
  const all = protocol.elements.flatMap((element) => element.questions);

  it('awards everything for all positive, and nothing for none', () => {
    const total = all.reduce((sum, question) => sum + question.points, 0);
    expect(score(protocol, answersWith(1))).toMatchObject({ awarded: total, available: total });
    expect(score(protocol, answersWith(0))).toMatchObject({ awarded: 0, available: total });
  });

  it('does not depend on the order of the answers', () => {
    fc.assert(
      fc.property(
        answersTo(protocol).chain((answers) =>
          fc.tuple(fc.constant(answers), fc.shuffledSubarray(answers, { minLength: answers.length })),
        ),
        ([answers, shuffled]) => {
          expect(score(protocol, shuffled)).toEqual(score(protocol, answers));
        },
      ),
    );
  });

  it('sums what its parts show, within 0 and what is available', () => {
    fc.assert(
      fc.property(answersTo(protocol), (answers) => {
        const result = score(protocol, answers);
        for (const part of [result, ...result.elements]) {
          expect(part.awarded >= 0 && part.awarded <= part.available).toBe(true);
        }
        expect(sum(result.elements)).toEqual([result.awarded, result.available]);
        for (const element of result.elements)
          expect(sum(element.questions)).toEqual([element.awarded, element.available]);
      }),
    );
  });

  it('lets "not applicable" change its own element only, by exactly that question', () => {
    const optional = all.filter((question) => question.notApplicable);
    fc.assert(
      fc.property(answersTo(protocol), fc.constantFrom(...optional), (answers, question) => {
        const before = score(protocol, answers);
        const after = score(
          protocol,
          answers.map((given) =>
            given.question === question.id ? { question: question.id, notApplicable: true } : given,
          ),
        );
        const own = question.id.split('.')[0];
        expect(after.elements.filter((element) => element.element !== own)).toEqual(
          before.elements.filter((element) => element.element !== own),
        );
        const removed = pointsOf(before, question.id);
        expect(pointsOf(after, question.id)).toEqual([0, 0]);
        expect([before.awarded - after.awarded, before.available - after.available]).toEqual(removed);
      }),
    );
  });

  it('never falls with a positive more, in any element', () => {
    fc.assert(
      fc.property(answersTo(protocol), fc.nat(all.length - 1), (answers, index) => {
        const better = answers.map((given, place) =>
          place === index && 'positive' in given && given.positive < given.sampled
            ? { ...given, positive: given.positive + 1 }
            : given,
        );
        const before = score(protocol, answers);
        const after = score(protocol, better);
        after.elements.forEach((element, place) => {
          expect(element.awarded).toBeGreaterThanOrEqual(before.elements[place]?.awarded ?? Number.NaN);
        });
      }),
    );
  });

  function answersWith(positive: number): Answer[] {
    return all.map((question) => ({ question: question.id, positive, sampled: 1 }));
  }
});

/** Valid answers to every question, not applicable only where the protocol allows it. */
function answersTo(protocol: Protocol): fc.Arbitrary<Answer[]> {
  const answers = protocol.elements
    .flatMap((element) => element.questions)
    .map(({ id, notApplicable }) => {
      const counted = samples.map(([positive, sampled]): Answer => ({ question: id, positive, sampled }));
      return notApplicable ? fc.oneof(counted, fc.constant<Answer>({ question: id, notApplicable: true })) : counted;
    });
  return fc.tuple(...answers);
}

function sum(parts: readonly { awarded: number; available: number }[]): [awarded: number, available: number] {
  return [
    parts.reduce((total, part) => total + part.awarded, 0),
    parts.reduce((total, part) => total + part.available, 0),
  ];
}

function pointsOf(result: Score, id: string): [awarded: number, available: number] {
  const found = result.elements.flatMap((element) => element.questions).find((question) => question.question === id);
  if (found === undefined) throw new Error(`The score has no question ${id}.`);
  return [found.awarded, found.available];
}

function existing(id: string): Protocol {
  const protocol = protocolById(id);
  if (protocol === undefined) throw new Error(`There is no protocol ${id}.`);
  return protocol;
}
