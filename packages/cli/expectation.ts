import type { ByteSource, Expectation, PackageCheck, Problem } from '@secor/audit-package';
import { type AuditKind, protocolById, protocolIds, ruleSetOn } from '@secor/certification';
import { maxNamedOthers } from '@secor/contracts';
import { auditNumberOf, dateOf, UsageError } from './command.ts';
import { table } from './format.ts';

/** The options that say for which audit a package is; shared by the commands that make and check packages. */
export const auditOptions = {
  audit: { type: 'string', value: 'NUMBER', text: 'The 9-digit audit number', required: true },
  kind: { type: 'string', choices: ['certification', 'maintenance'], text: 'The kind of audit', required: true },
  protocol: {
    type: 'string',
    value: 'ID',
    text: 'The protocol, when it is not the one in force on the registration day',
  },
} as const;

/**
 * What a package of this audit is checked against: the rule set of its registration day, and that one's protocol unless
 * another is named.
 * @param today business date; the day of the arrival when none is given, which is the registration day when none is given
 * @throws UsageError for a number, date or protocol that is none
 */
export function expectationOf(
  options: {
    readonly audit: string;
    readonly kind: AuditKind;
    readonly protocol: string | undefined;
    readonly registered?: string | undefined;
    readonly on?: string | undefined;
  },
  today: string,
): Expectation {
  const auditNumber = auditNumberOf(options.audit);
  const arrived = options.on === undefined ? today : dateOf('on', options.on);
  if (arrived > today) throw new UsageError(`--on ${arrived} is in the future: in Alberta it is ${today}.`);
  const registered = options.registered === undefined ? arrived : dateOf('registered', options.registered);
  if (registered > arrived) {
    const day = options.on === undefined ? `in the future: in Alberta it is ${today}` : `after --on ${arrived}`;
    throw new UsageError(`--registered ${registered} is ${day}.`);
  }
  const ruleSet = inForce(registered);
  const id = options.protocol ?? ruleSet.protocol.value;
  const protocol = protocolById(id);
  if (protocol === undefined) {
    throw new UsageError(`there is no protocol "${id}": there are ${protocolIds.join(', ')}.`);
  }
  return { auditNumber, kind: options.kind, protocol, ruleSet, today: arrived, isBinder: arrived < today };
}

function inForce(registered: string) {
  try {
    return ruleSetOn(registered);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Checks a package as it will be checked after the upload: as intake does, and every document to its end as layout does,
 * so that damage is found before a gigabyte is sent.
 */
export async function checkWhole(source: ByteSource, expectation: Expectation): Promise<PackageCheck> {
  const { checkPackage, DamagedDocument, inspectPackage, Problems, readDocument } = await import(
    '@secor/audit-package'
  );
  const check = await checkPackage(source, expectation);
  if (!check.accepted) return check;
  const inspection = await inspectPackage(source, expectation);
  const problems = new Problems();
  for (const document of inspection.accepted ? inspection.content.documents : []) {
    try {
      for await (const _ of readDocument(source, document)) {
        // Only the judgement at the end is wanted.
      }
    } catch (error) {
      if (!(error instanceof DamagedDocument)) throw error;
      problems.addProblem(error.problem);
    }
  }
  const damaged = problems.sorted();
  return damaged.length === 0 ? check : { ...check, accepted: false, problems: damaged };
}

/** Points of an audit or an element as they are shown. */
type Points = { readonly awarded: number; readonly available: number; readonly percent: string };
type Short = {
  readonly scope: 'overall' | 'element';
  readonly element?: string | undefined;
  readonly title?: string | undefined;
} & {
  readonly minimumPercent: number;
  readonly short: number;
};

/** A score as a table: the elements, the whole, and what is missing where. */
export function scoreTable(
  overall: Points,
  elements: readonly (Points & { readonly element: string; readonly title: string })[],
  short: readonly Short[],
): string {
  const row = (id: string, title: string, { awarded, available, percent }: Points) => [
    id,
    title,
    `${awarded}/${available}`,
    available === 0 ? percent : `${percent} %`,
  ];
  const points = table(
    [
      ['', 'Element', 'Points', ''],
      ...elements.map((element) => row(element.element, element.title, element)),
      row('', 'Overall', overall),
    ],
    [2, 3],
  );
  const missing = short.map(({ scope, element, title, minimumPercent, short: by }) => {
    const where = scope === 'overall' ? 'Overall' : `Element ${element}, ${title}`;
    return `${where}: ${by} ${by === 1 ? 'point' : 'points'} short of ${minimumPercent} %\n`;
  });
  return points + missing.join('');
}

/** Problems of a package, one line each; under those that are the same in many places, a line for each place that they do not name. */
export function problemLines(problems: readonly Pick<Problem, 'place' | 'message' | 'others'>[]): string {
  return problems
    .flatMap(({ place, message, others = [] }) => [
      `  ${place}: ${message}\n`,
      ...others.slice(maxNamedOthers).map((other) => `    ${other.place}\n`),
    ])
    .join('');
}
