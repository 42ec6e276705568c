import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditKind, Protocol } from '../protocol/protocol.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { judge, minPassing, percentage } from './outcome.ts';
import type { Score } from './scoring.ts';

const rules = ruleSetOn('2026-11-23');
const kinds: AuditKind[] = ['certification', 'maintenance'];

/** A protocol and score with these points [awarded, available] per element. */
function audit(...parts: (readonly [awarded: number, available: number])[]): [Protocol, Score] {
  const elements = parts.map(([awarded, available], index) => ({
    element: String(index + 1),
    awarded,
    available,
    questions: [],
  }));
  return [
    {
      id: 'some',
      title: 'Some',
      elements: elements.map(({ element }) => ({ id: element, title: `Element ${element}`, questions: [] })),
    },
    {
      awarded: parts.reduce((total, [awarded]) => total + awarded, 0),
      available: parts.reduce((total, [, available]) => total + available, 0),
      elements,
    },
  ];
}

function judged(kind: AuditKind, ...parts: (readonly [number, number])[]) {
  return judge(kind, ...audit(...parts), rules);
}

describe('a certification audit', () => {
  it('passes with exactly 80 % overall and exactly 50 % in an element', () => {
    expect(judged('certification', [5, 10], [35, 40])).toEqual({ result: 'passed', shortfalls: [] });
  });

  it('fails with 79.96 % overall', () => {
    expect(judged('certification', [1999, 2500])).toEqual({
      result: 'failed',
      shortfalls: [{ scope: 'overall', minimumPercent: 80, awarded: 1999, available: 2500, required: 2000, short: 1 }],
    });
  });

  it('fails with one element below 50 %, however good the rest', () => {
    expect(judged('certification', [100, 100], [4, 9], [100, 100])).toEqual({
      result: 'failed',
      shortfalls: [
        {
          scope: 'element',
          element: '2',
          title: 'Element 2',
          minimumPercent: 50,
          awarded: 4,
          available: 9,
          required: 5,
          short: 1,
        },
      ],
    });
  });

  it('names overall first, then each element in the order of the protocol', () => {
    const [protocol, score] = audit([1, 10], [10, 10], [0, 10]);
    const backwards = { ...score, elements: score.elements.toReversed() };
    const { shortfalls } = judge('certification', protocol, backwards, rules);
    expect(shortfalls.map(({ scope, element, short }) => [scope, element, short])).toEqual([
      ['overall', undefined, 13],
      ['element', '1', 4],
      ['element', '3', 5],
    ]);
  });

  it('does not judge an element in which nothing was applicable', () => {
    expect(judged('certification', [0, 0], [8, 10]).result).toBe('passed');
  });

  it('is judged on total points, not on the mean of the elements', () => {
    // The mean is 87.5 %, the total 77.3 %.
    expect(judged('certification', [75, 100], [10, 10]).result).toBe('failed');
    // The mean is 75 %, the total 95.5 %.
    expect(judged('certification', [100, 100], [5, 10]).result).toBe('passed');
  });
});

describe('a maintenance audit', () => {
  it('passes with exactly 60 % overall, with no minimum per element', () => {
    expect(judged('maintenance', [0, 40], [60, 60])).toEqual({ result: 'passed', shortfalls: [] });
  });

  it('fails a point below 60 %, with overall alone as what was missed', () => {
    expect(judged('maintenance', [0, 40], [59, 60])).toEqual({
      result: 'failed',
      shortfalls: [{ scope: 'overall', minimumPercent: 60, awarded: 59, available: 100, required: 60, short: 1 }],
    });
  });
});

describe('judging', () => {
  it.each(kinds)('a %s audit with nothing applicable is an error', (kind) => {
    expect(() => judged(kind, [0, 0], [0, 0])).toThrow('no question was applicable');
  });

  it('a score that lacks an element of the protocol is an error', () => {
    const [protocol] = audit([1, 1], [1, 1]);
    const [, score] = audit([1, 1]);
    expect(() => judge('certification', protocol, score, rules)).toThrow('The score has no element 2 of some.');
  });

  it('takes the minimums from the rule set', () => {
    const stricter = {
      ...rules,
      certificationOverallPercent: { ...rules.certificationOverallPercent, value: 90 },
      certificationElementPercent: { ...rules.certificationElementPercent, value: 70 },
      maintenanceOverallPercent: { ...rules.maintenanceOverallPercent, value: 85 },
    };
    const [protocol, score] = audit([6, 10], [78, 90]);
    expect(judge('certification', protocol, score, stricter).shortfalls.map((missed) => missed.required)).toEqual([
      90, 7,
    ]);
    expect(judge('maintenance', protocol, score, stricter).shortfalls.map((missed) => missed.required)).toEqual([85]);
    expect(judge('certification', protocol, score, rules).result).toBe('passed');
  });
});

const element = fc
  .nat(200)
  .chain((available) => fc.tuple(fc.integer({ min: 0, max: available }), fc.constant(available)));
const audits = fc
  .array(element, { minLength: 1, maxLength: 10 })
  .filter((parts) => parts.some(([, available]) => available > 0));
const anyKind = fc.constantFrom(...kinds);

describe('the laws of the outcome', () => {
  it('a point more never fails what passed, and never adds a shortfall', () => {
    fc.assert(
      fc.property(anyKind, audits, fc.nat(9), (kind, parts, place) => {
        const better = parts.map(([awarded, available], index): [number, number] =>
          index === place && awarded < available ? [awarded + 1, available] : [awarded, available],
        );
        const before = judged(kind, ...parts);
        const after = judged(kind, ...better);
        if (before.result === 'passed') expect(after.result).toBe('passed');
        const missedBefore = before.shortfalls.map(({ element }) => element);
        for (const { element } of after.shortfalls) expect(missedBefore).toContain(element);
      }),
    );
  });

  it('what is short is the least that passes', () => {
    fc.assert(
      fc.property(anyKind, audits, (kind, parts) => {
        for (const { awarded, available, minimumPercent, required, short } of judged(kind, ...parts).shortfalls) {
          expect(required).toBe(awarded + short);
          expect(100 * required >= minimumPercent * available).toBe(true);
          expect(100 * (required - 1) >= minimumPercent * available).toBe(false);
          expect(short).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('passes exactly when every minimum that is judged is reached', () => {
    fc.assert(
      fc.property(anyKind, audits, (kind, parts) => {
        const [, { awarded, available }] = audit(...parts);
        const overall = 100 * awarded >= (kind === 'certification' ? 80 : 60) * available;
        const elements = kind === 'maintenance' || parts.every(([points, most]) => 100 * points >= 50 * most);
        expect(judged(kind, ...parts).result).toBe(overall && elements ? 'passed' : 'failed');
      }),
    );
  });

  it('an element with nothing applicable changes nothing', () => {
    fc.assert(
      fc.property(anyKind, audits, (kind, parts) => {
        expect(judged(kind, ...parts, [0, 0])).toEqual(judged(kind, ...parts));
      }),
    );
  });
});

describe('the least that passes', () => {
  it.each([
    [80, 2500, 2000],
    [80, 392, 314],
    [50, 9, 5],
    [60, 1, 1],
    [50, 0, 0],
    [100, 7, 7],
  ])('%i %% of %i is %i', (percent, available, least) => {
    expect(minPassing(percent, available)).toBe(least);
  });

  it('passes, and one less does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1_000_000 }), (percent, available) => {
        const least = minPassing(percent, available);
        expect(100 * least >= percent * available).toBe(true);
        expect(100 * (least - 1) >= percent * available).toBe(false);
      }),
    );
  });
});

describe('a percentage', () => {
  it.each([
    [1999, 2500, '79.9'],
    [2000, 2500, '80.0'],
    [0, 10, '0.0'],
    [10, 10, '100.0'],
    [999, 1000, '99.9'],
    [9999, 10_000, '99.9'],
    [1, 3, '33.3'],
    [2, 3, '66.6'],
    [29, 100, '29.0'],
    [57, 100, '57.0'],
    [1, 2000, '0.0'],
    [0, 0, '–'],
  ])('%i of %i shows as %s', (awarded, available, shown) => {
    expect(percentage(awarded, available)).toBe(shown);
  });

  it('never shows a minimum that was missed as reached, nor one that was reached as missed', () => {
    const parts = element.filter(([, available]) => available > 0);
    fc.assert(
      fc.property(parts, fc.constantFrom(50, 60, 80), ([awarded, available], minimum) => {
        expect(Number(percentage(awarded, available)) >= minimum).toBe(100 * awarded >= minimum * available);
      }),
    );
  });
});
