import type { Assessor } from '../assessor/assessor.ts';
import { type CourseOffer, statusRefusal } from '../assessor/status.ts';
import { dateInWords } from '../calendar.ts';
import type { AuditKind } from '../protocol/protocol.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type RuleSet, ruleSetOn } from '../rules/rule-set.ts';
import { type Sentence, sayFrom } from '../sentence.ts';
import { certificateTerm, expiryDate } from './certificate-term.ts';
import { type Cycle, currentCertificate, openAudits } from './cycle.ts';
import type { Employer } from './employer.ts';
import { hasTooManyEmployees } from './employer.ts';
import { judgeCertificate } from './obligation.ts';
import { renewedCertificate } from './renewal.ts';

/** Why an audit is needed next. */
export const proposalReasons = {
  'no-certificate': () => 'The employer holds no certificate: a certification audit gives one.',
  'certificate-over': ({ certificateNumber, standing }: { certificateNumber: string; standing: string }) =>
    `Certificate ${certificateNumber} is ${standing}: only a certification audit gives a new one.`,
  're-certification-due': ({ certificateNumber, expiresOn }: { certificateNumber: string; expiresOn: string }) =>
    `Certificate ${certificateNumber} expires on ${dateInWords(expiresOn)}: a certification audit that ends by then renews it.`,
  'maintenance-due': ({ certificateNumber, dueOn }: { certificateNumber: string; dueOn: string }) =>
    `A maintenance audit is due on ${dateInWords(dueOn)} to keep certificate ${certificateNumber} valid.`,
};

const say = sayFrom(proposalReasons);

/** The audit that the cycle needs next, with its due date where there is one, and why, for people. */
export type Proposal = {
  readonly kind: AuditKind;
  readonly dueOn?: string;
  /** The last day on which a late maintenance audit can still count. */
  readonly graceThrough?: string;
  readonly reason: Sentence<keyof typeof proposalReasons>;
};

/** The audit that the cycle needs next on a day, or undefined while every audit that it needs is being reviewed. */
export function askedNext(cycle: Cycle, today: string): Proposal | undefined {
  const certificate = currentCertificate(cycle);
  if (openAudits(cycle).some(({ kind, arrivedOn }) => kind === 'certification' && arrivedOn !== undefined))
    return undefined;
  if (certificate === undefined) return { kind: 'certification', reason: say('no-certificate') };
  const { certificateNumber, expiresOn } = certificate;
  const { standing, obligations } = judgeCertificate(cycle, certificate, today);
  if (standing !== 'valid')
    return {
      kind: 'certification',
      reason: say('certificate-over', { certificateNumber, standing }),
    };
  const next = obligations.find(({ state }) => state === 'open' || state === 'overdue');
  if (next === undefined) return undefined;
  const { dueOn, graceThrough } = next;
  if (next.kind === 're-certification')
    return {
      kind: 'certification',
      dueOn,
      reason: say('re-certification-due', { certificateNumber, expiresOn }),
    };
  const grace = graceThrough === undefined ? {} : { graceThrough };
  return {
    kind: 'maintenance',
    dueOn,
    ...grace,
    reason: say('maintenance-due', { certificateNumber, dueOn }),
  };
}

/**
 * Why a certification audit with this end date is refused, or undefined: one that ended before the one behind the certificate
 * that it would renew.
 * @param auditNumber undefined for an audit that has no number yet
 * @param code 'overtaken' for one that a reviewer is about to accept, and could reject or withdraw
 */
export function endedBeforeCurrent(
  cycle: Pick<Cycle, 'certificates'>,
  { auditNumber, kind }: { readonly auditNumber?: string; readonly kind: AuditKind },
  endedOn: string,
  code: 'ended-before-current' | 'overtaken' = 'ended-before-current',
): Refusal | undefined {
  const certificate = renewedCertificate(cycle, auditNumber);
  if (kind !== 'certification' || certificate === undefined || endedOn >= certificate.endedOn) return undefined;
  const { certificateNumber, endedOn: certifiedEndedOn } = certificate;
  return refuse(code, { endedOn, certificateNumber, certifiedEndedOn });
}

/**
 * Why an audit can't be passed any more, or undefined: its review took so long that the certificate would already have expired. Where
 * the audit was reopened and its own certificate expires on the same day, the decision only confirms that one, and is taken [A].
 * @param today the day on which the certificate would be issued
 */
export function expiredBeforeIssue(
  { certificates }: Pick<Cycle, 'certificates'>,
  { auditNumber, kind }: { readonly auditNumber: string; readonly kind: AuditKind },
  { endedOn, recordsMonths }: { readonly endedOn: string; readonly recordsMonths: number },
  ruleSet: RuleSet,
  today: string,
): Refusal | undefined {
  if (kind !== 'certification') return undefined;
  const expiresOn = expiryDate(endedOn, recordsMonths, ruleSet);
  const isOwn = certificates.some(
    (each) => each.auditNumber === auditNumber && each.revoked === undefined && each.expiresOn === expiresOn,
  );
  if (expiresOn >= today || isOwn) return undefined;
  const years = certificateTerm(recordsMonths, ruleSet) ?? 0;
  return refuse('certificate-would-have-expired', { endedOn, recordsMonths, years, expiresOn, today });
}

/** The facts that decide about a registration. */
export type Registration = {
  readonly kind: AuditKind;
  readonly assessor: Assessor;
  readonly cycle: Cycle;
  /** The employer's data: absent when the assessor does not act for it, so that they learn nothing about it. */
  readonly employer?: Employer | undefined;
  readonly employerId: string;
  /** The day that counts: of the registration, or a binder's postmark. */
  readonly on: string;
  /** The courses that would give or renew a status, with their next sessions. */
  readonly offers: readonly CourseOffer[];
};

/** Everything that keeps an audit from being registered on a day, each with its remedy; nothing when it may be [N], [P]. */
export function registrationRefusals(registration: Registration): Refusal[] {
  const { assessor, employer, employerId, on, offers } = registration;
  const status = statusRefusal(assessor.completions, on, offers);
  const own = status === undefined ? [] : [status];
  if (employer === undefined || !assessor.actsFor.includes(employerId))
    return [refuse('does-not-act', { employerId }), ...own];
  return [...own, ...employersRefusals(employer, registration), ...cycleRefusals(registration)];
}

function employersRefusals(employer: Employer, { kind, on }: Registration): Refusal[] {
  const { legalName, employees, goodStanding } = employer;
  const refusals: Refusal[] = [];
  if (!goodStanding) refusals.push(refuse('not-in-good-standing', { legalName }));
  if (kind === 'certification' && hasTooManyEmployees(employer, on))
    refusals.push(refuse('too-many-employees', { legalName, employees, most: ruleSetOn(on).maxEmployees.value }));
  return refusals;
}

function cycleRefusals({ kind, cycle, on }: Registration): Refusal[] {
  const open = openAudits(cycle).find((audit) => audit.kind === kind);
  const refusals: Refusal[] = open === undefined ? [] : [refuse('audit-open', { kind, auditNumber: open.auditNumber })];
  const maintenance = kind === 'maintenance' ? maintenanceRefusal(cycle, on) : undefined;
  return maintenance === undefined ? refusals : [...refusals, maintenance];
}

/** A maintenance audit is registered only for an obligation that is open, or overdue within the grace. */
function maintenanceRefusal(cycle: Cycle, on: string): Refusal | undefined {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return refuse('no-certificate');
  const { standing, obligations } = judgeCertificate(cycle, certificate, on);
  const maintainable = obligations.some(
    ({ kind, state, graceThrough = '' }) =>
      kind === 'maintenance' && (state === 'open' || (state === 'overdue' && on <= graceThrough)),
  );
  if (standing === 'valid' && maintainable) return undefined;
  if (askedNext(cycle, on) === undefined) return refuse('no-maintenance-due');
  const { certificateNumber, expiresOn } = certificate;
  return standing === 'valid'
    ? refuse('re-certification-next', { certificateNumber, expiresOn })
    : refuse('certificate-over', { certificateNumber, standing });
}
