import { addDays, businessDate, windowOf, yearOf } from './calendar.ts';
import type { Certificate, Cycle, CycleAudit } from './cycle.ts';
import { ruleSetById } from './rule-set.ts';

/** Something that keeps a certificate, or replaces it, due by a date. */
export type Obligation = {
  readonly kind: 'maintenance' | 're-certification';
  readonly certificateNumber: string;
  readonly dueOn: string;
  /** An audit that meets it ends after this day: the previous due date, or the end date of the certification audit. */
  readonly after: string;
  /** The first day of the window at whose end a maintenance audit falls due. */
  readonly windowFrom?: string;
  /** The last day on which a package for a maintenance audit can arrive before the certificate is cancelled. */
  readonly graceThrough?: string;
};

export type ObligationState = 'open' | 'pending' | 'met' | 'overdue' | 'forgiven' | 'cancelled';

/** An obligation as it stands on a day; `by` is the audit that met it, or keeps it pending. */
export type JudgedObligation = Obligation & {
  readonly state: ObligationState;
  readonly by?: string;
  /** Whether the audit that met it had ended after the due date. */
  readonly late?: true;
};

/** What a certificate is worth on a day. */
export type Standing = 'valid' | 'expired' | 'cancelled' | 'revoked' | 'superseded';

/** A certificate as it stands on a day, with its obligations in the order of their due dates. */
export type JudgedCertificate = {
  readonly certificate: Certificate;
  readonly standing: Standing;
  /** The first day on which it was cancelled, and the due date of the obligation that nothing met. */
  readonly cancelled?: { readonly on: string; readonly dueOn: string };
  readonly obligations: readonly JudgedObligation[];
};

/** What of a cycle decides what is due. */
export type CycleFacts = Pick<Cycle, 'audits' | 'certificates'>;

/**
 * What a certificate lays down: maintenance audits by the end of the anniversary month in each year between [N] (a one-year
 * certificate has none [P]), and the re-certification by the expiry date.
 */
export function obligationsOf({ certificateNumber, ruleSet, endedOn, expiresOn }: Certificate): Obligation[] {
  const { maintenanceWindow, graceDays } = ruleSetById(ruleSet);
  const maintenance: Obligation[] = [];
  for (let year = yearOf(endedOn) + 1; year < yearOf(expiresOn); year += 1) {
    const { from, through: dueOn } = windowOf(expiresOn, year, maintenanceWindow.value);
    maintenance.push({
      kind: 'maintenance',
      certificateNumber,
      dueOn,
      after: maintenance.at(-1)?.dueOn ?? endedOn,
      windowFrom: from,
      graceThrough: addDays(dueOn, graceDays.value),
    });
  }
  return [...maintenance, { kind: 're-certification', certificateNumber, dueOn: expiresOn, after: endedOn }];
}

/**
 * How a certificate and its obligations stand on a day (business date), by what the cycle knows: pure, and the same whether
 * a sweep has run or not.
 */
export function judgeCertificate(cycle: CycleFacts, certificate: Certificate, today: string): JudgedCertificate {
  const obligations = obligationsOf(certificate);
  const forgivenOn = issueOf(cycle, certificate.supersededBy);
  const targets = targetsOf(cycle, obligations);
  const courses = obligations.map((obligation) => courseOf(cycle, obligation, targets));
  // The first obligation that nothing met ends them all; a newer certificate of the same day or before forgives it.
  const cancelled = courses
    .flatMap(({ cancelledOn }, index) => {
      const dueOn = obligations[index]?.dueOn ?? '';
      return cancelledOn === undefined ? [] : [{ on: cancelledOn, dueOn }];
    })
    .toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : a.dueOn < b.dueOn ? -1 : 1))
    .find(({ on }) => on <= today && (forgivenOn === undefined || on < forgivenOn));
  const judged = obligations.map((obligation, index): JudgedObligation => {
    const { met } = courses[index] ?? {};
    // What was decided after the end of the certificate came too late for its obligations.
    const inTime = met?.outcome !== undefined && isBefore(businessDate(met.outcome.at), cancelled?.on, forgivenOn);
    if (met !== undefined && inTime) {
      const late = (met.endedOn ?? '') > obligation.dueOn ? { late: true as const } : {};
      return { ...obligation, state: 'met', by: met.auditNumber, ...late };
    }
    if (certificate.revokedAt !== undefined || cancelled !== undefined) return { ...obligation, state: 'cancelled' };
    if (forgivenOn !== undefined) return { ...obligation, state: 'forgiven' };
    const pending = pendingBy(cycle, obligation, targets);
    if (pending !== undefined) return { ...obligation, state: 'pending', by: pending.auditNumber };
    return { ...obligation, state: today > obligation.dueOn ? 'overdue' : 'open' };
  });
  const standing = standingOf(certificate, cancelled !== undefined, today);
  return { certificate, standing, ...(cancelled === undefined ? {} : { cancelled }), obligations: judged };
}

function standingOf(certificate: Certificate, isCancelled: boolean, today: string): Standing {
  if (certificate.revokedAt !== undefined) return 'revoked';
  if (certificate.supersededBy !== undefined) return 'superseded';
  if (isCancelled) return 'cancelled';
  return today > certificate.expiresOn ? 'expired' : 'valid';
}

/** Whether a decision of this day came while the certificate stood: on the day of a newer one it did, after a cancellation it did not. */
function isBefore(decidedOn: string, cancelledOn: string | undefined, forgivenOn: string | undefined): boolean {
  if (cancelledOn !== undefined && decidedOn >= cancelledOn) return false;
  return forgivenOn === undefined || decidedOn <= forgivenOn;
}

function issueOf({ certificates }: CycleFacts, certificateNumber: string | undefined): string | undefined {
  return certificates.find((each) => each.certificateNumber === certificateNumber)?.issuedOn;
}

/**
 * Which obligation each maintenance audit is for, by its end date alone [N]: the one in whose time it ended; one that ended
 * within the grace of an obligation that no other met before it is for that one, late, and not for the next [A].
 */
function targetsOf({ audits }: CycleFacts, obligations: readonly Obligation[]): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  const met = new Set<string>();
  const arrived = audits
    .filter(({ kind, arrivedOn }) => kind === 'maintenance' && arrivedOn !== undefined)
    .toSorted((a, b) => order(a, b));
  for (const { auditNumber, endedOn = '', outcome } of arrived) {
    const late = obligations.find(
      ({ dueOn, graceThrough = '' }) => dueOn < endedOn && endedOn <= graceThrough && !met.has(dueOn),
    );
    const within = obligations.find(
      ({ kind, after, dueOn }) => kind === 'maintenance' && after < endedOn && endedOn <= dueOn,
    );
    const target = late ?? within;
    if (target === undefined) continue;
    targets.set(auditNumber, target.dueOn);
    if (outcome?.result === 'passed') met.add(target.dueOn);
  }
  return targets;
}

function order(a: CycleAudit, b: CycleAudit): number {
  const [left, right] = [a, b].map(({ endedOn = '', auditNumber }) => `${endedOn}#${auditNumber}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}

/** Whether an audit can meet an obligation, or keep it pending. */
function concerns(obligation: Obligation, audit: CycleAudit, targets: ReadonlyMap<string, string>): boolean {
  return audit.kind === 'certification' || targets.get(audit.auditNumber) === obligation.dueOn;
}

/** The audit that keeps an obligation pending: one at the desk that is for it, or any certification audit. */
function pendingBy(
  { audits }: CycleFacts,
  obligation: Obligation,
  targets: ReadonlyMap<string, string>,
): CycleAudit | undefined {
  const atDesk = audits.filter(({ arrivedOn, outcome }) => arrivedOn !== undefined && outcome === undefined);
  const concerned = atDesk.filter((audit) =>
    obligation.kind === 'maintenance' ? concerns(obligation, audit, targets) : audit.kind === 'certification',
  );
  return concerned.find(({ kind }) => kind === 'maintenance') ?? concerned[0];
}

/**
 * What became of an obligation by itself: the passed audit that met it, or the day on which it cancelled the certificate.
 * A maintenance audit counts when its package arrived within the grace, or while another audit that had kept the obligation
 * pending [A]; when that one has failed, the certificate is cancelled on the day of its failing.
 */
function courseOf(
  { audits, certificates }: CycleFacts,
  obligation: Obligation,
  targets: ReadonlyMap<string, string>,
): { readonly met?: CycleAudit; readonly cancelledOn?: string } {
  const { kind, certificateNumber, after, dueOn, graceThrough } = obligation;
  if (kind === 're-certification' || graceThrough === undefined) {
    const own = certificates.find((each) => each.certificateNumber === certificateNumber)?.auditNumber;
    const met = audits.find(
      ({ kind: of, auditNumber, endedOn = '', outcome }) =>
        of === 'certification' &&
        auditNumber !== own &&
        outcome?.result === 'passed' &&
        after < endedOn &&
        endedOn <= dueOn,
    );
    return met === undefined ? {} : { met };
  }
  const concerned = audits.filter((audit) => audit.arrivedOn !== undefined && concerns(obligation, audit, targets));
  for (let through = graceThrough; ; ) {
    const inTime = concerned.filter(({ arrivedOn = '' }) => arrivedOn <= through);
    const met = inTime.find(({ kind: of, outcome }) => of === 'maintenance' && outcome?.result === 'passed');
    if (met !== undefined) return { met };
    if (inTime.some(({ outcome }) => outcome === undefined)) return {};
    const ends = inTime.flatMap(({ outcome }) => (outcome === undefined ? [] : [businessDate(outcome.at)]));
    const last = [through, ...ends].toSorted().at(-1) ?? through;
    if (last === through) return { cancelledOn: through === graceThrough ? addDays(graceThrough, 1) : through };
    through = last;
  }
}

/** The due date that a passed maintenance audit met, and whether it did so late; undefined when it met none. */
export function metBy(
  cycle: CycleFacts,
  auditNumber: string,
  today: string,
): { readonly dueOn: string; readonly late: boolean } | undefined {
  const met = cycle.certificates
    .filter(({ revokedAt }) => revokedAt === undefined)
    .flatMap((certificate) => judgeCertificate(cycle, certificate, today).obligations)
    .findLast(({ kind, state, by }) => kind === 'maintenance' && state === 'met' && by === auditNumber);
  return met && { dueOn: met.dueOn, late: met.late === true };
}
