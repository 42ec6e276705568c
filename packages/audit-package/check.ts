import {
  type Answer,
  judge,
  type PackageWarning,
  percentage,
  type Score,
  type Shortfall,
  score,
} from '@secor/certification';
import type { Expectation } from './audit-file.ts';
import type { ByteSource } from './byte-source.ts';
import { inspectPackage } from './inspect.ts';
import type { Problem } from './problem.ts';

/** Points with their percentage, cut to one decimal; "–" where nothing was available. */
export type PointsShown = { readonly awarded: number; readonly available: number; readonly percentage: string };

/** What an assessor learns of a package before uploading it. */
export type PackageCheck = {
  readonly accepted: boolean;
  readonly problems: readonly Problem[];
  /** What the reviewer will see but what refuses nothing. */
  readonly warnings: readonly PackageWarning[];
  /** Provisional; missing when the answers can't be scored. */
  readonly score?: {
    readonly overall: PointsShown;
    readonly elements: readonly ({ readonly element: string; readonly title: string } & PointsShown)[];
  };
  readonly outcome?: 'passed' | 'failed';
  /** What is missing where, in whole points. */
  readonly short?: readonly Shortfall[];
};

/**
 * The same checks as at intake, and the provisional score: also of a refused package, when its answers can be scored.
 * @throws only the source's own errors
 */
export async function checkPackage(source: ByteSource, expectation: Expectation): Promise<PackageCheck> {
  const inspection = await inspectPackage(source, expectation);
  const answers: readonly Answer[] | undefined = inspection.accepted ? inspection.content.answers : inspection.answers;
  return {
    accepted: inspection.accepted,
    problems: inspection.accepted ? [] : inspection.problems,
    warnings: inspection.accepted ? inspection.warnings : [],
    ...(answers && scored(score(expectation.protocol, answers), expectation)),
  };
}

function scored(
  points: Score,
  { kind, protocol, ruleSet }: Expectation,
): Pick<PackageCheck, 'score' | 'outcome' | 'short'> {
  const { result, shortfalls } = judge(kind, protocol, points, ruleSet);
  const titles = new Map(protocol.elements.map(({ id, title }) => [id, title]));
  const elements = points.elements.map((element) => ({
    element: element.element,
    title: titles.get(element.element) ?? '',
    ...shownPoints(element),
  }));
  return { score: { overall: shownPoints(points), elements }, outcome: result, short: shortfalls };
}

function shownPoints({ awarded, available }: { awarded: number; available: number }): PointsShown {
  return { awarded, available, percentage: percentage(awarded, available) };
}
