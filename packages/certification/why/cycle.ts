import { addDays, businessDate, dateInWords, yearOf } from '../calendar.ts';
import type { Certificate, Cycle, CycleAudit } from '../cycle/cycle.ts';
import { type JudgedCertificate, type JudgedObligation, judgeCertificate } from '../cycle/obligation.ts';
import { type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, type Fact, fact } from './explanation.ts';

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
    what: `Expiry date of certificate ${certificateNumber}`,
    value: dateInWords(expiresOn),
    because: `It is ${years === 1 ? 'one year' : `${years} years`} from the audit end date, ${dateInWords(endedOn)}${
      isFull ? '' : `: the audit had fewer than ${fullRecordsMonths.value} months of records`
    }.`,
    rules: cite(ruleSet, isFull ? certificateYears : shortCertificateYears, fullRecordsMonths),
    facts: [...fact('audit', auditNumber), ...dateFact('audit end date', endedOn), ...fact('years', years)],
  };
}

function explainStanding(
  { certificate, standing, cancelled }: JudgedCertificate,
  ruleSet: RuleSet,
  today: string,
): Explanation {
  const { certificateNumber, auditNumber, expiresOn, supersededBy, revoked } = certificate;
  const because = {
    valid: `It is valid through ${dateInWords(expiresOn)}, and no missed obligation has cancelled it.`,
    expired: `It was valid through ${dateInWords(expiresOn)}, and no newer certificate was issued.`,
    cancelled: `No maintenance audit met the due date of ${inWords(cancelled?.dueOn)}, so the certificate was cancelled on ${inWords(cancelled?.on)}.`,
    revoked: `Audit ${auditNumber} was reopened and did not end with a pass, so the certificate was revoked on ${inWords(revoked && businessDate(revoked.at))}.`,
    superseded: `Certificate ${supersededBy} replaced it: the newer certificate's audit ended later, or was decided again.`,
  }[standing];
  const rules = {
    expired: [termRule(certificate, ruleSet)],
    cancelled: [ruleSet.graceDays],
    valid: [termRule(certificate, ruleSet)],
  };
  return {
    what: `Standing of certificate ${certificateNumber}`,
    value: standing,
    because,
    rules: standing === 'revoked' || standing === 'superseded' ? [] : cite(ruleSet, ...rules[standing]),
    facts: [
      ...dateFact('day', today),
      ...dateFact('expires', expiresOn),
      ...dateFact('cancelled', cancelled?.on),
      ...fact('superseded by', supersededBy),
    ],
  };
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
      what: `Due date of the re-certification of certificate ${certificateNumber}`,
      value: dateInWords(dueOn),
      because: `A re-certification is due on the expiry date, ${dateInWords(expiresOn)}.`,
      rules: cite(ruleSet, termRule(certificate, ruleSet)),
      facts,
    };
  const window = ruleSet.maintenanceWindow.value;
  return {
    what: `Due date of the maintenance audit of ${yearOf(dueOn)} for certificate ${certificateNumber}`,
    value: dateInWords(dueOn),
    because: `It is the end of the ${window} of the expiry date, ${dateInWords(expiresOn)}, in ${yearOf(dueOn)}.`,
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
    what:
      kind === 're-certification'
        ? `Re-certification of certificate ${certificateNumber}, due on ${dateInWords(dueOn)}`
        : `Maintenance audit of certificate ${certificateNumber}, due on ${dateInWords(dueOn)}`,
    value: obligation.late === true ? 'met, late' : state,
    because: because(judged, obligation, audit),
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

function because(
  { certificate, standing, cancelled }: JudgedCertificate,
  obligation: JudgedObligation,
  audit?: CycleAudit,
): string {
  const { kind, state, by, dueOn, graceThrough, late } = obligation;
  const ended = inWords(audit?.endedOn);
  switch (state) {
    case 'met':
      return late === true
        ? `Audit ${by} passed and ended on ${ended}: after the due date, but within the grace period that lasted through ${inWords(graceThrough)}.`
        : `Audit ${by} passed and ended on ${ended}, on or before the due date.`;
    case 'pending':
      return `Audit ${by} arrived on ${inWords(audit?.arrivedOn)} and has not been decided.`;
    case 'open':
      return `No passed audit has met it yet, and ${dateInWords(dueOn)} has not passed.`;
    case 'overdue':
      if (kind === 'maintenance' && standing === 'expired')
        return `${dateInWords(dueOn)} has passed and no passed audit met it; the certificate expired on ${dateInWords(certificate.expiresOn)}, so it can no longer be cancelled.`;
      return kind === 'maintenance'
        ? `${dateInWords(dueOn)} has passed and no passed audit met it; the certificate is cancelled on ${inWords(graceThrough && addDays(graceThrough, 1))} unless a package has arrived by then.`
        : `${dateInWords(dueOn)} has passed and no passed certification audit met it.`;
    case 'forgiven':
      return kind === 'maintenance' && dueOn < certificate.issuedOn
        ? `It was due before the certificate was issued, on ${dateInWords(certificate.issuedOn)}: nobody could have met it.`
        : `Certificate ${certificate.supersededBy} replaced this one before any audit had met it.`;
    case 'cancelled':
      return cancelled === undefined
        ? 'The certificate that required it was revoked.'
        : `No maintenance audit met the due date of ${dateInWords(cancelled.dueOn)}, so the certificate and all its obligations were cancelled on ${dateInWords(cancelled.on)}.`;
  }
}

function auditFacts(audit: CycleAudit | undefined): Fact[] {
  if (audit === undefined) return [];
  return [
    ...fact('audit', audit.auditNumber),
    ...dateFact('audit end date', audit.endedOn),
    ...dateFact('arrived', audit.arrivedOn),
    ...dateFact('decided', audit.outcome && businessDate(audit.outcome.at)),
  ];
}

function inWords(date: string | undefined): string {
  return date === undefined ? 'an unknown day' : dateInWords(date);
}
