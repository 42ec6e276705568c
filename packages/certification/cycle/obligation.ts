import { addDays, businessDate, windowOf, yearOf } from '../calendar.ts';
import { type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import type { Certificate, Cycle, CycleAudit } from './cycle.ts';

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

/** An obligation with its state on a day; `by` is the audit that met it, or keeps it pending. */
export type JudgedObligation = Obligation & {
  readonly state: ObligationState;
  readonly by?: string;
  /** Whether the audit that met it had ended after the due date. */
  readonly late?: true;
};

/** Whether a certificate is valid on a day, or why it is not. */
export type Standing = 'valid' | 'expired' | 'cancelled' | 'revoked' | 'superseded';

/** A certificate with its standing on a day, and its obligations in the order of their due dates. */
export type JudgedCertificate = {
  readonly certificate: Certificate;
  readonly standing: Standing;
  /** The first day on which it was cancelled, and the due date of the obligation that nothing met. */
  readonly cancelled?: { readonly on: string; readonly dueOn: string };
  readonly obligations: readonly JudgedObligation[];
};

/** The part of a cycle that decides what is due. */
export type CycleFacts = Pick<Cycle, 'audits' | 'certificates'>;

/**
 * What a certificate requires: maintenance audits by the end of the anniversary month in each year between [N] (a one-year
 * certificate has none [P]), and the re-certification by the expiry date. The rule set is that of its audit.
 */
export function obligationsOf(
  { certificateNumber, ruleSet, endedOn, expiresOn }: Certificate,
  { maintenanceWindow, graceDays }: Pick<RuleSet, 'maintenanceWindow' | 'graceDays'> = ruleSetById(ruleSet),
): Obligation[] {
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
 * The standing of a certificate and the states of its obligations on a day (business date), by the facts in the cycle. The result
 * is the same whether a sweep has run or not.
 */
export function judgeCertificate(cycle: CycleFacts, certificate: Certificate, today: string): JudgedCertificate {
  const obligations = obligationsOf(certificate);
  const forgivenOn = forgivenOnOf(cycle, certificate);
  const firstIssuedOn = firstIssueOf(cycle, certificate);
  const fulfilments = findFulfilments(cycle, certificate, obligations, firstIssuedOn);
  // The first obligation that nothing met cancels the certificate, and so ends the others. A newer certificate, issued on that
  // day or before, forgives it.
  const cancelled = fulfilments
    .flatMap(({ cancelledOn }, index) => {
      const dueOn = obligations[index]?.dueOn ?? '';
      return cancelledOn === undefined || dueOn < firstIssuedOn ? [] : [{ on: cancelledOn, dueOn }];
    })
    .toSorted((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : a.dueOn < b.dueOn ? -1 : 1))
    // An expired certificate is no longer cancelled.
    .find(({ on }) => on <= today && on <= certificate.expiresOn && (forgivenOn === undefined || on < forgivenOn));
  const judged = obligations.map((obligation, index): JudgedObligation => {
    const { met, pendingBy } = fulfilments[index] ?? {};
    // A decision after the certificate ended was too late for its obligations.
    const inTime = met?.outcome !== undefined && isBefore(businessDate(met.outcome.at), cancelled?.on, forgivenOn);
    if (met !== undefined && inTime) {
      const late = (met.endedOn ?? '') > obligation.dueOn ? { late: true as const } : {};
      return { ...obligation, state: 'met', by: met.auditNumber, ...late };
    }
    if (certificate.revoked !== undefined || cancelled !== undefined) return { ...obligation, state: 'cancelled' };
    // Nobody could have met what was due before the certificate was issued [A].
    const wasOver = obligation.kind === 'maintenance' && obligation.dueOn < firstIssuedOn;
    if (forgivenOn !== undefined || wasOver) return { ...obligation, state: 'forgiven' };
    if (pendingBy !== undefined) return { ...obligation, state: 'pending', by: pendingBy.auditNumber };
    return { ...obligation, state: today > obligation.dueOn ? 'overdue' : 'open' };
  });
  const isRevoked = certificate.revoked !== undefined;
  const standing = standingOf({ ...certificate, isRevoked }, cancelled !== undefined, today);
  return { certificate, standing, ...(cancelled === undefined ? {} : { cancelled }), obligations: judged };
}

/** The standing of a certificate on a day, by what has become of it until then. */
export function standingOf(
  {
    isRevoked,
    supersededBy,
    expiresOn,
  }: { readonly isRevoked: boolean; readonly supersededBy?: string | undefined; readonly expiresOn: string },
  isCancelled: boolean,
  today: string,
): Standing {
  if (isRevoked) return 'revoked';
  if (supersededBy !== undefined) return 'superseded';
  if (isCancelled) return 'cancelled';
  return today > expiresOn ? 'expired' : 'valid';
}

/**
 * Whether a decision on this day came before the certificate ended. The day on which a newer certificate was issued still counts
 * as before; the day of a cancellation does not.
 */
function isBefore(decidedOn: string, cancelledOn: string | undefined, forgivenOn: string | undefined): boolean {
  if (cancelledOn !== undefined && decidedOn >= cancelledOn) return false;
  return forgivenOn === undefined || decidedOn <= forgivenOn;
}

/** The day on which the audit behind a certificate gave the first one: a later decision holds as if it were that one. */
function firstIssueOf({ certificates }: CycleFacts, { auditNumber, issuedOn }: Certificate): string {
  const own = certificates.filter((each) => each.auditNumber === auditNumber).map((each) => each.issuedOn);
  return own.toSorted()[0] ?? issuedOn;
}

/** The day on which the first newer certificate was issued: it forgives the obligations that are not met. */
function forgivenOnOf({ certificates }: CycleFacts, { supersededBy }: Certificate): string | undefined {
  const left = new Map(certificates.map((each) => [each.certificateNumber, each]));
  let first: string | undefined;
  for (let number = supersededBy; number !== undefined; ) {
    const newer = left.get(number);
    if (newer === undefined) break;
    if (first === undefined || newer.issuedOn < first) first = newer.issuedOn;
    // Each is looked at once: a cycle that was written wrongly must not hold anybody up.
    left.delete(number);
    number = newer.supersededBy;
  }
  return first;
}

/**
 * What became of one obligation, without regard to the others: the passed audit that met it, or the day on which it cancelled the
 * certificate.
 */
type Fulfilment = {
  readonly met?: CycleAudit;
  readonly cancelledOn?: string;
  /** The undecided audit that is for it, otherwise any undecided certification audit. */
  readonly pendingBy?: CycleAudit;
};

/**
 * What became of each obligation. The end date of a maintenance audit alone decides which obligation it is for [N]: the one in
 * whose period it ended. But if it ended within the grace of an obligation that no other audit has met, it is for that one, late,
 * and not for the next [A]. An obligation that was due before the certificate was issued gets no late audit: it is forgiven.
 */
function findFulfilments(
  { audits }: CycleFacts,
  certificate: Certificate,
  obligations: readonly Obligation[],
  firstIssuedOn: string,
): Fulfilment[] {
  const arrived = audits.filter(({ arrivedOn }) => arrivedOn !== undefined);
  const certifications = arrived.filter(({ kind }) => kind === 'certification');
  let left = arrived.filter(({ kind }) => kind === 'maintenance').toSorted(order);
  return obligations.map((obligation) => {
    const { after, dueOn, graceThrough } = obligation;
    if (graceThrough === undefined) return renewal(certifications, certificate, obligation);
    const endedIn = (from: string, through: string) =>
      left.filter(({ endedOn = '' }) => from < endedOn && endedOn <= through);
    const own = endedIn(after, dueOn);
    let fulfilment = maintained(own, certifications, graceThrough);
    for (const late of dueOn < firstIssuedOn ? [] : endedIn(dueOn, graceThrough)) {
      if (fulfilment.met !== undefined) break;
      own.push(late);
      fulfilment = maintained(own, certifications, graceThrough);
    }
    left = left.filter((audit) => !own.includes(audit));
    return fulfilment;
  });
}

function order(a: CycleAudit, b: CycleAudit): number {
  const [left, right] = [a, b].map(({ endedOn = '', auditNumber }) => `${endedOn}#${auditNumber}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}

/** A re-certification is met by another certification audit that ended by its due date; the first that was passed. */
function renewal(
  certifications: readonly CycleAudit[],
  { auditNumber: own }: Certificate,
  { after, dueOn }: Obligation,
): Fulfilment {
  const [met] = certifications
    .filter(({ auditNumber, endedOn = '' }) => auditNumber !== own && after < endedOn && endedOn <= dueOn)
    .filter(({ outcome }) => outcome?.result === 'passed')
    .toSorted((a, b) => ((a.outcome?.at ?? '') < (b.outcome?.at ?? '') ? -1 : 1));
  return { ...(met === undefined ? {} : { met }), ...findUndecided(certifications) };
}

/**
 * A maintenance audit counts when its package arrived within the grace, or while another audit that had kept the obligation
 * pending [A]; when that one fails, the certificate is cancelled on the day of that decision.
 * @param own the maintenance audits that are for the obligation
 */
function maintained(
  own: readonly CycleAudit[],
  certifications: readonly CycleAudit[],
  graceThrough: string,
): Fulfilment {
  const concerned = [...own, ...certifications];
  for (let through = graceThrough; ; ) {
    const inTime = concerned.filter(({ arrivedOn = '' }) => arrivedOn <= through);
    const met = inTime.find(({ kind, outcome }) => kind === 'maintenance' && outcome?.result === 'passed');
    if (met !== undefined) return { met };
    const pending = findUndecided(inTime);
    if (pending.pendingBy !== undefined) return pending;
    const ends = inTime.flatMap(({ outcome }) => (outcome === undefined ? [] : [businessDate(outcome.at)]));
    const last = [through, ...ends].toSorted().at(-1) ?? through;
    if (last === through)
      return {
        cancelledOn: through === graceThrough ? addDays(graceThrough, 1) : through,
        ...findUndecided(concerned),
      };
    through = last;
  }
}

function findUndecided(audits: readonly CycleAudit[]): Pick<Fulfilment, 'pendingBy'> {
  const pendingBy = audits.find(({ outcome }) => outcome === undefined);
  return pendingBy === undefined ? {} : { pendingBy };
}

/** The due date that a passed maintenance audit met, and whether it did so late; undefined when it met none. */
export function metBy(
  cycle: CycleFacts,
  auditNumber: string,
  today: string,
): { readonly dueOn: string; readonly late: boolean } | undefined {
  const met = cycle.certificates
    .filter(({ revoked }) => revoked === undefined)
    .flatMap((certificate) => judgeCertificate(cycle, certificate, today).obligations)
    .findLast(({ kind, state, by }) => kind === 'maintenance' && state === 'met' && by === auditNumber);
  return met && { dueOn: met.dueOn, late: met.late === true };
}
