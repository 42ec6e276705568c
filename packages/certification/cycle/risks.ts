import type { Assessor } from '../assessor/assessor.ts';
import { assessorStatus } from '../assessor/status.ts';
import { addDays } from '../calendar.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { type Cycle, currentCertificate, openAudits, type Risk } from './cycle.ts';
import type { Employer } from './employer.ts';
import { hasTooManyEmployees } from './employer.ts';
import { judgeCertificate } from './obligation.ts';

/**
 * What is at risk for an employer that holds a certificate, on a day: no audit registered 30 days before a due date, mail to the
 * contact or to an assessor failed, no assessor, none whose status holds until the next due date, too many employees to be
 * certified again, not in good standing.
 * @param assessors those who act for the employer
 */
export function risksOf(cycle: Cycle, employer: Employer, assessors: readonly Assessor[], today: string): Risk[] {
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
  return a.risk === b.risk && a.dueOn === b.dueOn && a.kind === b.kind;
}
