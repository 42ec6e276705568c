import type { Assessor } from '../assessor/assessor.ts';
import { assessorStatus } from '../assessor/status.ts';
import { addDays } from '../calendar.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { bindersToEnter } from './binders.ts';
import { type Cycle, currentCertificate, openAudits, type Risk } from './cycle.ts';
import type { Employer } from './employer.ts';
import { hasTooManyEmployees } from './employer.ts';
import { judgeCertificate } from './obligation.ts';

/** Whether an employer can have risks: it has had a certificate, or a binder of it is not entered yet. */
export function mayHaveRisks(cycle: Cycle): boolean {
  return cycle.certificates.length > 0 || cycle.risks.length > 0 || bindersToEnter(cycle).length > 0;
}

/**
 * What is at risk for an employer on a day: a binder that was received some days ago and is not entered; and what puts its
 * certificate at risk.
 * @param assessors those who act for the employer
 */
export function risksOf(cycle: Cycle, employer: Employer, assessors: readonly Assessor[], today: string): Risk[] {
  const binders = bindersToEnter(cycle)
    .filter(({ riskFrom }) => riskFrom <= today)
    .map(({ auditNumber, receivedOn }): Risk => ({ risk: 'binder not entered', auditNumber, receivedOn }));
  return [...binders, ...certificateRisks(cycle, employer, assessors, today)];
}

/**
 * What is at risk for an employer that holds a certificate, on a day: no audit registered 30 days before a due date, mail to the
 * contact or to an assessor failed, no assessor, none whose status holds until the next due date, too many employees to be
 * certified again, not in good standing.
 */
function certificateRisks(cycle: Cycle, employer: Employer, assessors: readonly Assessor[], today: string): Risk[] {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return [];
  const { standing, obligations } = judgeCertificate(cycle, certificate, today);
  if (standing !== 'valid') return [];
  const { riskDays } = ruleSetById(certificate.ruleSet);
  const open = obligations.filter(({ state }) => state === 'open' || state === 'overdue');
  const kinds = new Set(openAudits(cycle).map(({ kind }) => (kind === 'maintenance' ? kind : 're-certification')));
  const [next] = open;
  const holds = (day: string) => assessors.some(({ completions }) => reaches(completions, today, day));
  return [
    ...open
      .filter(({ kind, dueOn }) => addDays(dueOn, -riskDays.value) <= today && !kinds.has(kind))
      .map(({ kind, dueOn }): Risk => ({ risk: 'nothing registered', kind, dueOn })),
    ...(cycle.undeliverable.first === undefined ? [] : [{ risk: 'mail to the contact failed' } as const]),
    ...(assessors.some(({ undeliverableSince }) => undeliverableSince !== undefined)
      ? [{ risk: 'mail to an assessor failed' } as const]
      : []),
    ...(assessors.length === 0 ? [{ risk: 'no assessor' } as const] : []),
    ...(next === undefined || assessors.length === 0 || holds(next.dueOn)
      ? []
      : [{ risk: "assessor's status ends", kind: next.kind, dueOn: next.dueOn } as const]),
    ...(hasTooManyEmployees(employer, today)
      ? [{ risk: 'too many employees', kind: 're-certification', dueOn: certificate.expiresOn } as const]
      : []),
    ...(employer.goodStanding ? [] : [{ risk: 'not in good standing' } as const]),
  ];
}

/** Whether a status that holds today holds to the day, by the courses completed so far. */
function reaches(completions: Assessor['completions'], today: string, day: string): boolean {
  const status = assessorStatus(completions, today);
  return status.holds && status.through >= day;
}

/** Whether two risks are about the same. */
export function sameRisk(a: Risk, b: Risk): boolean {
  return a.risk === b.risk && a.dueOn === b.dueOn && a.kind === b.kind && a.auditNumber === b.auditNumber;
}
