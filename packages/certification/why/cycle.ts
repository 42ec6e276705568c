import { addDays, businessDate, yearOf } from '../calendar.ts';
import type { Certificate, Cycle, CycleAudit } from '../cycle/cycle.ts';
import { type JudgedCertificate, type JudgedObligation, judgeCertificate } from '../cycle/obligation.ts';
import { type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import type { Sentence } from '../sentence.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';
import { reason, subject, value } from './sentences.ts';

/**
 * Explains the certificates and obligations of a cycle as of a day: for each certificate, the newest first, the expiry date and
 * the standing; for each of its obligations, the due date and the state. The rule set is that of the certificate's audit.
 * @param today business date
 */
export function explainCycle(cycle: Cycle, today: string): Explanation[] {
  return cycle.certificates.toReversed().flatMap((certificate) => {
    const judged = judgeCertificate(cycle, certificate, today);
    const ruleSet = ruleSetById(certificate.ruleSet);
    return [
      explainExpiry(certificate, ruleSet),
      explainStanding(judged, ruleSet, today),
      ...judged.obligations.flatMap((obligation) => [
        explainDueDate(certificate, obligation, ruleSet),
        explainState(cycle, judged, obligation, ruleSet, today),
      ]),
    ];
  });
}

/** The rule by which a certificate lasts as long as it does. */
function termRule({ endedOn, expiresOn }: Certificate, { certificateYears, shortCertificateYears }: RuleSet) {
  return yearOf(expiresOn) - yearOf(endedOn) === certificateYears.value ? certificateYears : shortCertificateYears;
}

function explainExpiry(
  { certificateNumber, auditNumber, endedOn, expiresOn }: Certificate,
  ruleSet: RuleSet,
): Explanation {
  const years = yearOf(expiresOn) - yearOf(endedOn);
  const isFull = years === ruleSet.certificateYears.value;
  const { certificateYears, fullRecordsMonths, shortCertificateYears } = ruleSet;
  return {
    what: subject('expiry-date', { certificateNumber }),
    value: value('date', { date: expiresOn }),
    because: isFull
      ? reason('years-from-audit-end', { years, endedOn })
      : reason('short-term-from-audit-end', { years, endedOn, months: fullRecordsMonths.value }),
    rules: cite(ruleSet, isFull ? certificateYears : shortCertificateYears, fullRecordsMonths),
    facts: [...fact('audit', auditNumber), ...dateFact('audit end date', endedOn), ...fact('years', years)],
  };
}

function explainStanding(
  { certificate, standing, cancelled }: JudgedCertificate,
  ruleSet: RuleSet,
  today: string,
): Explanation {
  const { certificateNumber, expiresOn, supersededBy } = certificate;
  const rules = {
    expired: [termRule(certificate, ruleSet)],
    cancelled: [ruleSet.graceDays],
    valid: [termRule(certificate, ruleSet)],
  };
  return {
    what: subject('standing', { certificateNumber }),
    value: value('name', { name: standing }),
    because: standingReason(certificate, standing, cancelled),
    rules: standing === 'revoked' || standing === 'superseded' ? [] : cite(ruleSet, ...rules[standing]),
    facts: [
      ...dateFact('day', today),
      ...dateFact('expires', expiresOn),
      ...dateFact('cancelled', cancelled?.on),
      ...fact('superseded by', supersededBy),
    ],
  };
}

function standingReason(
  { auditNumber, expiresOn, supersededBy = '', revoked }: Certificate,
  standing: JudgedCertificate['standing'],
  cancelled: JudgedCertificate['cancelled'],
): Explanation['because'] {
  switch (standing) {
    case 'cancelled':
      return reason('cancelled', { dueOn: cancelled?.dueOn ?? '', on: cancelled?.on ?? '' });
    case 'revoked':
      return reason('revoked', { auditNumber, on: revoked === undefined ? '' : businessDate(revoked.at) });
    case 'superseded':
      return reason('superseded', { supersededBy });
    default:
      return reason(standing, { expiresOn });
  }
}

function explainDueDate(
  certificate: Certificate,
  { kind, dueOn, windowFrom }: JudgedObligation,
  ruleSet: RuleSet,
): Explanation {
  const { certificateNumber, expiresOn } = certificate;
  const facts = dateFact('expiry date', expiresOn);
  if (kind === 're-certification')
    return {
      what: subject('re-certification-due-date', { certificateNumber }),
      value: value('date', { date: dueOn }),
      because: reason('on-expiry', { expiresOn }),
      rules: cite(ruleSet, termRule(certificate, ruleSet)),
      facts,
    };
  const window = ruleSet.maintenanceWindow.value;
  return {
    what: subject('maintenance-due-date', { certificateNumber, year: yearOf(dueOn) }),
    value: value('date', { date: dueOn }),
    because: reason('end-of-window', { window, expiresOn, year: yearOf(dueOn) }),
    rules: cite(ruleSet, ruleSet.maintenanceWindow),
    facts: [...facts, ...dateFact('window begins', windowFrom)],
  };
}

function explainState(
  cycle: Cycle,
  judged: JudgedCertificate,
  obligation: JudgedObligation,
  ruleSet: RuleSet,
  today: string,
): Explanation {
  const { kind, state, by, dueOn, after, graceThrough } = obligation;
  const { certificateNumber, auditNumber } = judged.certificate;
  const audit = cycle.audits.find((each) => each.auditNumber === by);
  const isGraced =
    graceThrough !== undefined && (state === 'overdue' || state === 'cancelled' || obligation.late === true);
  return {
    what: subject(kind, { certificateNumber, dueOn }),
    value: obligation.late === true ? value('met-late') : value('name', { name: state }),
    because: stateReason(judged, obligation, audit),
    rules: cite(
      ruleSet,
      ...(kind === 'maintenance' ? [ruleSet.maintenanceWindow] : [termRule(judged.certificate, ruleSet)]),
      ...(isGraced ? [ruleSet.graceDays] : []),
    ),
    facts: [
      ...dateFact('day', today),
      ...dateFact('an audit that meets it must end after', after),
      ...dateFact('due', dueOn),
      ...dateFact('last day of the grace period', graceThrough),
      ...dateFact(
        'cancels the certificate on',
        graceThrough === undefined || judged.standing === 'expired' ? undefined : addDays(graceThrough, 1),
      ),
      ...auditFacts(audit),
      ...(judged.standing === 'revoked' ? fact('revoked with audit', auditNumber) : []),
    ],
  };
}

function stateReason(
  { certificate, standing, cancelled }: JudgedCertificate,
  { kind, state, by: auditNumber = '', dueOn, graceThrough = '', late }: JudgedObligation,
  { endedOn = '', arrivedOn = '' }: Partial<CycleAudit> = {},
): Explanation['because'] {
  const { expiresOn, issuedOn, supersededBy = '' } = certificate;
  switch (state) {
    case 'met':
      return late === true
        ? reason('met-late', { auditNumber, endedOn, graceThrough })
        : reason('met', { auditNumber, endedOn });
    case 'pending':
      return reason('pending', { auditNumber, arrivedOn });
    case 'open':
      return reason('open', { dueOn });
    case 'overdue':
      if (kind !== 'maintenance') return reason('overdue-certification', { dueOn });
      return standing === 'expired'
        ? reason('overdue-expired', { dueOn, expiresOn })
        : reason('overdue-maintenance', { dueOn, cancelledOn: addDays(graceThrough, 1) });
    case 'forgiven':
      return kind === 'maintenance' && dueOn < issuedOn
        ? reason('due-before-issue', { issuedOn })
        : reason('replaced', { supersededBy });
    case 'cancelled':
      return cancelled === undefined
        ? reason('certificate-revoked')
        : reason('all-cancelled', { dueOn: cancelled.dueOn, on: cancelled.on });
  }
}

function auditFacts(audit: CycleAudit | undefined): Sentence[] {
  if (audit === undefined) return [];
  return [
    ...fact('audit', audit.auditNumber),
    ...dateFact('audit end date', audit.endedOn),
    ...dateFact('arrived', audit.arrivedOn),
    ...dateFact('decided', audit.outcome && businessDate(audit.outcome.at)),
  ];
}
