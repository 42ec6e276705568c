import type { Audit } from '../audit/audit.ts';
import { minPassing, percentage } from '../audit/outcome.ts';
import type { ToldMonths } from '../audit/review.ts';
import type { Revision } from '../audit/revision.ts';
import { arrivalOf } from '../audit/uploads.ts';
import { addDays, businessDate, dateInWords, daysBetween } from '../calendar.ts';
import { certificateTerm } from '../cycle/certificate-term.ts';
import type { metBy } from '../cycle/obligation.ts';
import { protocolById } from '../protocol/protocols.ts';
import { type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';

/** The parts of a revision that explain an audit: its reviewed score, the outcome, its dates and months of records. */
export type ExplainedRevision = Pick<Revision, 'score' | 'outcome' | 'startedOn' | 'endedOn' | 'recordsMonths'> & {
  /** The months that the package says, and why the reviewer corrected them. */
  readonly correctedMonths?: Pick<ToldMonths, 'before' | 'reason'> | undefined;
};

/**
 * Explains an audit by the rule set of its registration day, even if a newer one is in force: rule set and protocol, the minimums
 * in points, the outcome, the term of its certificate, the windows whose breach is a warning, and the day a revision is due.
 */
export function explainAudit(
  audit: Audit,
  { revision, met }: { readonly revision?: ExplainedRevision; readonly met?: ReturnType<typeof metBy> } = {},
): Explanation[] {
  const ruleSet = ruleSetById(audit.ruleSet);
  return [
    explainState(audit),
    ...explainRules(audit, ruleSet),
    explainOverall(audit, ruleSet, revision),
    ...(audit.kind === 'certification' ? explainElements(audit, ruleSet, revision) : []),
    ...(revision === undefined ? [] : [explainOutcome(audit, ruleSet, revision)]),
    ...(audit.state === 'closed' && audit.kind === 'maintenance' && audit.outcome === 'passed'
      ? [explainMet(met)]
      : []),
    ...(audit.state === 'closed' && revision?.outcome.result === 'passed' && audit.kind === 'certification'
      ? [explainTerm(ruleSet, revision)]
      : []),
    ...(revision === undefined ? [] : explainWindows(audit, ruleSet, revision)),
    ...(audit.revisionDueOn === undefined ? [] : [explainRevision(audit, ruleSet, audit.revisionDueOn)]),
  ];
}

const states: Readonly<Record<Audit['state'], string>> = {
  registered: 'No package has been accepted yet.',
  'pending review': 'A package was accepted and waits for review.',
  'in review': 'Its reviewer has opened the review, so the package can no longer be replaced.',
  'awaiting revision': 'A revision was requested and has not arrived yet.',
  closed: 'Its reviewer has decided.',
  rejected: 'It was not fit for review. This says nothing about its score.',
  withdrawn: 'It was withdrawn before a decision.',
};

function explainState({ state, missedRevision, closedAt, binder }: Audit): Explanation {
  return {
    what: 'State',
    value: state,
    because:
      missedRevision === undefined
        ? states[state]
        : `The revision that was requested was due on ${dateInWords(missedRevision.dueOn)}, and had not arrived by then.`,
    rules: [],
    facts: [
      ...dateFact('since', closedAt && businessDate(closedAt)),
      ...dateFact('binder received', binder?.receivedOn),
      ...fact('binder', binder?.late && 'late: the certificate had expired'),
    ],
  };
}

function explainMet(met: ReturnType<typeof metBy>): Explanation {
  return {
    what: 'Due date met',
    value: met === undefined ? 'none' : dateInWords(met.dueOn),
    because:
      met === undefined
        ? 'It ended in the time for no unmet due date, or its package arrived after the grace period.'
        : met.late
          ? 'It ended after that date, but within the grace period, and no other audit had met it.'
          : 'It ended after the previous due date, and on or before this one.',
    rules: [],
    facts: [],
  };
}

function explainRules({ binder, registeredAt, protocol }: Audit, ruleSet: RuleSet): Explanation[] {
  const on = binder?.postmarkedOn ?? businessDate(registeredAt);
  const day = binder === undefined ? 'registered' : 'postmarked';
  const subject = binder === undefined ? 'The audit was registered' : 'The binder was postmarked';
  const facts = [...dateFact(day, on), ...dateFact('the rule set holds from', ruleSet.from)];
  return [
    {
      what: 'Rule set',
      value: ruleSet.id,
      because: `${subject} on ${dateInWords(on)}, and an audit is judged by the rule set in force on that day.`,
      rules: [],
      facts,
    },
    {
      what: 'Protocol',
      value: protocol,
      because: `The rule set in force on ${dateInWords(on)} names this protocol.`,
      rules: cite(ruleSet, ruleSet.protocol),
      facts,
    },
  ];
}

type Points = { readonly awarded: number; readonly available: number };

function minimum(percent: number, points: Points | undefined) {
  if (points === undefined)
    return { value: `${percent} %`, because: `At least ${percent} % of the points are needed.`, facts: [] };
  const { awarded, available } = points;
  const required = minPassing(percent, available);
  return {
    value: `${required} of ${available} points`,
    because: `${percent} % of ${available} points is reached with ${required}; ${awarded} were awarded, which ${awarded >= required ? 'is enough' : `is ${required - awarded} short`}.`,
    facts: [
      ...fact('awarded', awarded),
      ...fact('available', available),
      ...fact('percentage', percentage(awarded, available)),
    ],
  };
}

function explainOverall({ kind }: Audit, ruleSet: RuleSet, revision: ExplainedRevision | undefined): Explanation {
  const rule = kind === 'certification' ? ruleSet.certificationOverallPercent : ruleSet.maintenanceOverallPercent;
  return { what: 'Overall minimum', ...minimum(rule.value, revision?.score), rules: cite(ruleSet, rule) };
}

function explainElements(
  { protocol }: Audit,
  ruleSet: RuleSet,
  revision: ExplainedRevision | undefined,
): Explanation[] {
  const rule = ruleSet.certificationElementPercent;
  const rules = cite(ruleSet, rule);
  if (revision === undefined) return [{ what: 'Minimum of each element', ...minimum(rule.value, undefined), rules }];
  const elements = protocolById(protocol)?.elements ?? [];
  return revision.score.elements.map((points) => {
    const title = elements.find(({ id }) => id === points.element)?.title;
    const what = `Minimum of element ${points.element}${title === undefined ? '' : `, ${title}`}`;
    if (points.available > 0) return { what, ...minimum(rule.value, points), rules };
    return {
      what,
      value: '–',
      because: 'None of its questions is applicable, so the element is not judged.',
      rules,
      facts: [],
    };
  });
}

function explainOutcome({ kind, state }: Audit, ruleSet: RuleSet, { score, outcome }: ExplainedRevision): Explanation {
  const { certificationOverallPercent, certificationElementPercent, maintenanceOverallPercent } = ruleSet;
  const missed = outcome.shortfalls.map(
    ({ title, short }) => `${title ?? 'overall'} (${short} ${short === 1 ? 'point' : 'points'} short)`,
  );
  return {
    what: state === 'closed' ? 'Outcome' : 'Provisional outcome, from the points so far',
    value: outcome.result,
    because: missed.length === 0 ? 'Every minimum is reached.' : `These minimums are missed: ${missed.join('; ')}.`,
    rules:
      kind === 'certification'
        ? cite(ruleSet, certificationOverallPercent, certificationElementPercent)
        : cite(ruleSet, maintenanceOverallPercent),
    facts: [
      ...fact('awarded', score.awarded),
      ...fact('available', score.available),
      ...fact('percentage', percentage(score.awarded, score.available)),
    ],
  };
}

function explainTerm(ruleSet: RuleSet, { recordsMonths, endedOn, correctedMonths }: ExplainedRevision): Explanation {
  const years = certificateTerm(recordsMonths, ruleSet);
  const { fullRecordsMonths, certificateYears, shortCertificateYears, minRecordsMonths } = ruleSet;
  const facts = [
    ...fact('months of records', recordsMonths),
    ...fact('months that the package says', correctedMonths?.before),
    ...fact('reason of the correction', correctedMonths?.reason),
    ...dateFact('audit end date', endedOn),
  ];
  const what = 'Term of the certificate';
  if (years === undefined)
    return {
      what,
      value: 'none',
      because: `${recordsMonths} months of records are fewer than the ${minRecordsMonths.value} that any certificate needs.`,
      rules: cite(ruleSet, minRecordsMonths),
      facts,
    };
  const isFull = recordsMonths >= fullRecordsMonths.value;
  return {
    what,
    value: years === 1 ? '1 year' : `${years} years`,
    because: `The audit has ${recordsMonths} months of records; the full term needs ${fullRecordsMonths.value}.`,
    rules: cite(
      ruleSet,
      ...(isFull ? [certificateYears] : [shortCertificateYears, minRecordsMonths]),
      fullRecordsMonths,
    ),
    facts,
  };
}

function explainWindows(audit: Audit, ruleSet: RuleSet, { startedOn, endedOn }: ExplainedRevision): Explanation[] {
  const { dataGatheringDays, submissionDays } = ruleSet;
  const gathered = daysBetween(startedOn, endedOn) + 1;
  const [first] = audit.revisions;
  const arrivedOn = first === undefined ? audit.binder?.receivedOn : arrivalOf(audit, first);
  const gathering: Explanation = {
    what: 'Days of the data gathering',
    value: gathered <= dataGatheringDays.value ? 'in order' : 'warning',
    because: `The data gathering lasted ${gathered} ${gathered === 1 ? 'day' : 'days'}, both ends counted; ${dataGatheringDays.value} are allowed.`,
    rules: cite(ruleSet, dataGatheringDays),
    facts: [...dateFact('began', startedOn), ...dateFact('audit end date', endedOn)],
  };
  if (arrivedOn === undefined) return [gathering];
  const last = addDays(endedOn, submissionDays.value);
  return [
    gathering,
    {
      what: 'Days to the arrival of the package',
      value: arrivedOn <= last ? 'in order' : 'warning',
      because: `${audit.binder === undefined ? 'The first package arrived' : 'The binder was received'} on ${dateInWords(arrivedOn)}; ${dateInWords(last)} is the last day, ${submissionDays.value} days after the audit end date.`,
      rules: cite(ruleSet, submissionDays),
      facts: [...dateFact('audit end date', endedOn), ...dateFact('arrived', arrivedOn)],
    },
  ];
}

function explainRevision({ rounds }: Audit, ruleSet: RuleSet, dueOn: string): Explanation {
  return {
    what: 'Due date of the revision',
    value: dateInWords(dueOn),
    because: `A revision is due ${ruleSet.revisionDays.value} days after it was requested, or on the later day to which an administrator extended it.`,
    rules: cite(ruleSet, ruleSet.revisionDays),
    facts: fact('revisions requested so far', rounds),
  };
}
