import type { Audit } from '../audit/audit.ts';
import { minPassing, percentage } from '../audit/outcome.ts';
import type { ToldMonths } from '../audit/review.ts';
import type { Revision } from '../audit/revision.ts';
import { arrivalOf } from '../audit/uploads.ts';
import { addDays, businessDate, daysBetween } from '../calendar.ts';
import { certificateTerm } from '../cycle/certificate-term.ts';
import type { metBy } from '../cycle/obligation.ts';
import { protocolById } from '../protocol/protocols.ts';
import { type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';
import { reason, subject, value } from './sentences.ts';

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

function explainState({ state, missedRevision, closedAt, binder }: Audit): Explanation {
  return {
    what: subject('state'),
    value: value('name', { name: state }),
    because:
      missedRevision === undefined ? stateReason(state) : reason('revision-missed', { dueOn: missedRevision.dueOn }),
    rules: [],
    facts: [
      ...dateFact('since', closedAt && businessDate(closedAt)),
      ...dateFact('binder received', binder?.receivedOn),
      ...fact('binder', binder?.late && 'late: the certificate had expired'),
    ],
  };
}

function stateReason(state: Audit['state']): Explanation['because'] {
  switch (state) {
    case 'pending review':
      return reason('pending-review');
    case 'in review':
      return reason('in-review');
    case 'awaiting revision':
      return reason('awaiting-revision');
    default:
      return reason(state);
  }
}

function explainMet(met: ReturnType<typeof metBy>): Explanation {
  return {
    what: subject('due-date-met'),
    value: met === undefined ? value('none') : value('date', { date: met.dueOn }),
    because: reason(met === undefined ? 'meets-none' : met.late ? 'meets-late' : 'meets-in-time'),
    rules: [],
    facts: [],
  };
}

function explainRules({ binder, registeredAt, protocol }: Audit, ruleSet: RuleSet): Explanation[] {
  const on = binder?.postmarkedOn ?? businessDate(registeredAt);
  const day = binder === undefined ? 'registered' : 'postmarked';
  const facts = [...dateFact(day, on), ...dateFact('the rule set holds from', ruleSet.from)];
  return [
    {
      what: subject('rule-set'),
      value: value('name', { name: ruleSet.id }),
      because: reason(binder === undefined ? 'rules-of-registration' : 'rules-of-postmark', { on }),
      rules: [],
      facts,
    },
    {
      what: subject('protocol'),
      value: value('name', { name: protocol }),
      because: reason('protocol-of-rules', { on }),
      rules: cite(ruleSet, ruleSet.protocol),
      facts,
    },
  ];
}

type Points = { readonly awarded: number; readonly available: number };

function minimum(percent: number, points: Points | undefined) {
  if (points === undefined)
    return { value: value('percent', { percent }), because: reason('percent-needed', { percent }), facts: [] };
  const { awarded, available } = points;
  const required = minPassing(percent, available);
  return {
    value: value('points', { required, available }),
    because:
      awarded >= required
        ? reason('enough-points', { percent, available, required, awarded })
        : reason('points-short', { percent, available, required, awarded, short: required - awarded }),
    facts: [
      ...fact('awarded', awarded),
      ...fact('available', available),
      ...fact('percentage', percentage(awarded, available)),
    ],
  };
}

function explainOverall({ kind }: Audit, ruleSet: RuleSet, revision: ExplainedRevision | undefined): Explanation {
  const rule = kind === 'certification' ? ruleSet.certificationOverallPercent : ruleSet.maintenanceOverallPercent;
  return { what: subject('overall-minimum'), ...minimum(rule.value, revision?.score), rules: cite(ruleSet, rule) };
}

function explainElements(
  { protocol }: Audit,
  ruleSet: RuleSet,
  revision: ExplainedRevision | undefined,
): Explanation[] {
  const rule = ruleSet.certificationElementPercent;
  const rules = cite(ruleSet, rule);
  if (revision === undefined)
    return [{ what: subject('minimum-of-each-element'), ...minimum(rule.value, undefined), rules }];
  const elements = protocolById(protocol)?.elements ?? [];
  return revision.score.elements.map((points) => {
    const title = elements.find(({ id }) => id === points.element)?.title ?? '';
    const what = subject('minimum-of-element', { element: points.element, title });
    if (points.available > 0) return { what, ...minimum(rule.value, points), rules };
    return {
      what,
      value: value('not-judged'),
      because: reason('nothing-applicable'),
      rules,
      facts: [],
    };
  });
}

function explainOutcome({ kind, state }: Audit, ruleSet: RuleSet, { score, outcome }: ExplainedRevision): Explanation {
  const { certificationOverallPercent, certificationElementPercent, maintenanceOverallPercent } = ruleSet;
  const { shortfalls } = outcome;
  const missed = shortfalls.map(({ element = 'overall', short }) => `${element} ${short}`).join(', ');
  const titles = shortfalls.map(({ title = 'overall' }) => title).join('; ');
  return {
    what: subject(state === 'closed' ? 'outcome' : 'provisional-outcome'),
    value: value('name', { name: outcome.result }),
    because: shortfalls.length === 0 ? reason('minimums-reached') : reason('minimums-missed', { missed, titles }),
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
  const what = subject('term');
  if (years === undefined)
    return {
      what,
      value: value('none'),
      because: reason('too-few-months', { months: recordsMonths, least: minRecordsMonths.value }),
      rules: cite(ruleSet, minRecordsMonths),
      facts,
    };
  const isFull = recordsMonths >= fullRecordsMonths.value;
  return {
    what,
    value: value('years', { years }),
    because: reason('months-of-records', { months: recordsMonths, full: fullRecordsMonths.value }),
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
    what: subject('data-gathering'),
    value: value(gathered <= dataGatheringDays.value ? 'in-order' : 'warning'),
    because: reason('gathered', { days: gathered, most: dataGatheringDays.value }),
    rules: cite(ruleSet, dataGatheringDays),
    facts: [...dateFact('began', startedOn), ...dateFact('audit end date', endedOn)],
  };
  if (arrivedOn === undefined) return [gathering];
  const last = addDays(endedOn, submissionDays.value);
  return [
    gathering,
    {
      what: subject('arrival'),
      value: value(arrivedOn <= last ? 'in-order' : 'warning'),
      because: reason(audit.binder === undefined ? 'package-arrived' : 'binder-received', {
        arrivedOn,
        lastOn: last,
        days: submissionDays.value,
      }),
      rules: cite(ruleSet, submissionDays),
      facts: [...dateFact('audit end date', endedOn), ...dateFact('arrived', arrivedOn)],
    },
  ];
}

function explainRevision({ rounds }: Audit, ruleSet: RuleSet, dueOn: string): Explanation {
  return {
    what: subject('revision-due-date'),
    value: value('date', { date: dueOn }),
    because: reason('days-for-revision', { days: ruleSet.revisionDays.value }),
    rules: cite(ruleSet, ruleSet.revisionDays),
    facts: fact('revisions requested so far', rounds),
  };
}
