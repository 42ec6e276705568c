import type { Assessor } from '../assessor/assessor.ts';
import { type CourseOffer, statusRefusal } from '../assessor/status.ts';
import { dateInWords } from '../calendar.ts';
import type { AuditKind } from '../protocol/protocol.ts';
import type { Refusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { type Cycle, currentCertificate, openAudits } from './cycle.ts';
import type { Employer } from './employer.ts';
import { hasTooManyEmployees } from './employer.ts';
import { judgeCertificate } from './obligation.ts';
import { renewedCertificate } from './renewal.ts';

/** The audit that the cycle needs next, with its due date where there is one, and why, for people. */
export type Proposal = {
  readonly kind: AuditKind;
  readonly dueOn?: string;
  /** The last day on which a late maintenance audit can still count. */
  readonly graceThrough?: string;
  readonly reason: string;
};

/** The audit that the cycle needs next on a day, or undefined while every audit that it needs is being reviewed. */
export function askedNext(cycle: Cycle, today: string): Proposal | undefined {
  const certificate = currentCertificate(cycle);
  if (openAudits(cycle).some(({ kind, arrivedOn }) => kind === 'certification' && arrivedOn !== undefined))
    return undefined;
  if (certificate === undefined)
    return { kind: 'certification', reason: 'The employer holds no certificate: a certification audit gives one.' };
  const { certificateNumber, expiresOn } = certificate;
  const { standing, obligations } = judgeCertificate(cycle, certificate, today);
  if (standing !== 'valid')
    return {
      kind: 'certification',
      reason: `Certificate ${certificateNumber} is ${standing}: only a certification audit gives a new one.`,
    };
  const next = obligations.find(({ state }) => state === 'open' || state === 'overdue');
  if (next === undefined) return undefined;
  const { dueOn, graceThrough } = next;
  if (next.kind === 're-certification')
    return {
      kind: 'certification',
      dueOn,
      reason: `Certificate ${certificateNumber} expires on ${dateInWords(expiresOn)}: a certification audit that ends by then renews it.`,
    };
  const grace = graceThrough === undefined ? {} : { graceThrough };
  return {
    kind: 'maintenance',
    dueOn,
    ...grace,
    reason: `A maintenance audit is due on ${dateInWords(dueOn)} to keep certificate ${certificateNumber} valid.`,
  };
}

/**
 * Why a certification audit with this end date is refused, or undefined: one that ended before the one behind the certificate
 * that it would renew.
 * @param auditNumber undefined for an audit that has no number yet
 */
export function endedBeforeCurrent(
  cycle: Pick<Cycle, 'certificates'>,
  { auditNumber, kind }: { readonly auditNumber?: string; readonly kind: AuditKind },
  endedOn: string,
): Refusal | undefined {
  const certificate = renewedCertificate(cycle, auditNumber);
  if (kind !== 'certification' || certificate === undefined || endedOn >= certificate.endedOn) return undefined;
  return {
    refused: 'ended-before-current',
    message: `The audit ended on ${endedOn}, before the audit of certificate ${certificate.certificateNumber} (${certificate.endedOn}). Submit an audit that ended later.`,
  };
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
    return [
      {
        refused: 'does-not-act',
        message: `You do not act for an employer with the id ${employerId}. Ask the certifying partner to record that you do.`,
      },
      ...own,
    ];
  return [...own, ...employersRefusals(employer, registration), ...cycleRefusals(registration)];
}

function employersRefusals(employer: Employer, { kind, on }: Registration): Refusal[] {
  const { legalName, employees, goodStanding } = employer;
  const refusals: Refusal[] = [];
  if (!goodStanding)
    refusals.push({
      refused: 'not-in-good-standing',
      message: `${legalName} is not in good standing with the certifying partner. Settle this with them, then register.`,
    });
  if (kind === 'certification' && hasTooManyEmployees(employer, on))
    refusals.push({
      refused: 'too-many-employees',
      message: `${legalName} has ${employees} employees, and SECOR is for at most ${ruleSetOn(on).maxEmployees.value}. Larger employers are certified under the COR program: ask the certifying partner how to move to it. A certificate that the employer holds stays until it expires, and maintenance audits are possible until then.`,
    });
  return refusals;
}

function cycleRefusals({ kind, cycle, on }: Registration): Refusal[] {
  const open = openAudits(cycle).find((audit) => audit.kind === kind);
  const refusals: Refusal[] =
    open === undefined
      ? []
      : [
          {
            refused: 'audit-open',
            message: `This employer already has an open ${kind} audit, ${open.auditNumber}. Finish it, or ask the certifying partner to withdraw it, before you register another.`,
          },
        ];
  const maintenance = kind === 'maintenance' ? maintenanceRefusal(cycle, on) : undefined;
  return maintenance === undefined ? refusals : [...refusals, maintenance];
}

/** A maintenance audit is registered only for an obligation that is open, or overdue within the grace. */
function maintenanceRefusal(cycle: Cycle, on: string): Refusal | undefined {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined)
    return {
      refused: 'no-certificate',
      message:
        'This employer holds no certificate that a maintenance audit could keep valid. Register a certification audit.',
    };
  const { standing, obligations } = judgeCertificate(cycle, certificate, on);
  const maintainable = obligations.some(
    ({ kind, state, graceThrough = '' }) =>
      kind === 'maintenance' && (state === 'open' || (state === 'overdue' && on <= graceThrough)),
  );
  if (standing === 'valid' && maintainable) return undefined;
  const next = askedNext(cycle, on);
  const remedy =
    next === undefined
      ? 'The audit that is needed next is already being reviewed. Wait for its decision.'
      : `${next.reason}${next.kind === 'certification' ? ' Register a certification audit.' : ''}`;
  return {
    refused: 'no-maintenance-due',
    message: `There is no maintenance due date that could still be met. ${remedy}`,
  };
}
