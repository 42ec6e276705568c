import type { AuditKind, Protocol } from '../protocol/protocol.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Score } from './scoring.ts';

/** A minimum that was missed, in whole points: `required` is the least number that passes, `short` is required − awarded. */
export type Shortfall = {
  readonly scope: 'overall' | 'element';
  /** The element's id and title; only with scope 'element'. */
  readonly element?: string;
  readonly title?: string;
  readonly minimumPercent: number;
  readonly awarded: number;
  readonly available: number;
  readonly required: number;
  readonly short: number;
};

export type Outcome = { readonly result: 'passed' | 'failed'; readonly shortfalls: readonly Shortfall[] };

/**
 * Decides an audit and names every minimum that it missed: overall first, then elements in the order of the protocol.
 * Certification: overall and each element [N]; maintenance: overall only [N]. An element with nothing available is not judged.
 * @throws Error when nothing at all was available: such a package is refused before [A]
 */
export function judge(kind: AuditKind, protocol: Protocol, score: Score, ruleSet: RuleSet): Outcome {
  if (score.available === 0) throw new Error('An audit in which no question was applicable has no outcome.');
  const overallPercent =
    kind === 'certification' ? ruleSet.certificationOverallPercent.value : ruleSet.maintenanceOverallPercent.value;
  const shortfalls = missed({ scope: 'overall' }, overallPercent, score);
  if (kind === 'certification') {
    const elementPercent = ruleSet.certificationElementPercent.value;
    for (const { id, title } of protocol.elements) {
      const element = score.elements.find((candidate) => candidate.element === id);
      if (element === undefined) throw new Error(`The score has no element ${id} of ${protocol.id}.`);
      shortfalls.push(...missed({ scope: 'element', element: id, title }, elementPercent, element));
    }
  }
  return { result: shortfalls.length === 0 ? 'passed' : 'failed', shortfalls };
}

function missed(
  where: Pick<Shortfall, 'scope' | 'element' | 'title'>,
  minimumPercent: number,
  { awarded, available }: { awarded: number; available: number },
): Shortfall[] {
  const required = minPassing(minimumPercent, available);
  if (awarded >= required) return [];
  return [{ ...where, minimumPercent, awarded, available, required, short: required - awarded }];
}

/** The least whole number of points that passes: 100 × points ≥ percent × available. */
export function minPassing(percent: number, available: number): number {
  return Math.ceil((percent * available) / 100);
}

/** 'awarded/available' as a percentage cut (not rounded) to one decimal, such as "79.9"; "–" when nothing was available. */
export function percentage(awarded: number, available: number): string {
  if (available === 0) return '–';
  const tenths = Math.floor((1000 * awarded) / available);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}
