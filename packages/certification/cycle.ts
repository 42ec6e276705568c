import type { Audit, Revision } from './audit.ts';
import { businessDate } from './calendar.ts';
import { expiryDate } from './certificate.ts';
import { type Actor, type CycleEvent, type CycleHappening, numberEvents, type Refusal } from './event.ts';
import type { AuditKind } from './protocol.ts';
import type { RuleSet } from './rule-set.ts';

/** A certificate: issued for a passed certification audit, with an expiry date. */
export type Certificate = {
  /** The audit number and the number of the decision that gave it, such as "412345678-1". */
  readonly certificateNumber: string;
  readonly auditNumber: string;
  /** The audit's end date, from which the expiry is counted. */
  readonly endedOn: string;
  readonly issuedOn: string;
  readonly expiresOn: string;
  /** The newer certificate that took its place. */
  readonly supersededBy?: string;
  /** When the audit behind it, reopened, was decided as failed, or ended without a decision: ISO, UTC. */
  readonly revokedAt?: string;
};

/** An employer's certificates and open audits: an aggregate with a version that every change raises by one. */
export type Cycle = {
  readonly employerId: string;
  readonly version: number;
  readonly events: number;
  readonly openAudits: readonly { readonly auditNumber: string; readonly kind: AuditKind }[];
  readonly certificates: readonly Certificate[];
};

/** A cycle after a change, with the events that the change caused. */
export type CycleChange = { readonly cycle: Cycle; readonly events: readonly CycleEvent[] };

const system: Actor = { role: 'system' };

/** The cycle of an employer of whom nothing has happened yet. */
export function newCycle(employerId: string): Cycle {
  return { employerId, version: 0, events: 0, openAudits: [], certificates: [] };
}

/** The cycle with other certificates or open audits; the events follow from what became of the certificates. */
function change(cycle: Cycle, next: Partial<Cycle>, at: string, issued = cycle.certificates): CycleChange {
  const certificates = inSuccession(issued);
  const happenings = happened(cycle.certificates, certificates);
  const events = numberEvents(
    `employer#${cycle.employerId}`,
    cycle.events,
    at,
    happenings.map((happening) => ({ by: system, happening })),
  );
  const { version, events: number } = cycle;
  return { cycle: { ...cycle, ...next, certificates, version: version + 1, events: number + events.length }, events };
}

/** The certificate that none has superseded and that was not revoked, or undefined. */
export function currentCertificate(cycle: Cycle): Certificate | undefined {
  return cycle.certificates.findLast(
    (certificate) => certificate.supersededBy === undefined && certificate.revokedAt === undefined,
  );
}

/** The numbers of the certificates of an audit that were revoked at this instant: by the decision, or the end, of then. */
export function revokedAt({ certificates }: Cycle, auditNumber: string, at: string): string[] {
  return certificates
    .filter((certificate) => certificate.auditNumber === auditNumber && certificate.revokedAt === at)
    .map(({ certificateNumber }) => certificateNumber);
}

/** Opens an audit in the employer's cycle. Refused while another of the same kind is open, and maintenance without a certificate. */
export function openAudit(cycle: Cycle, auditNumber: string, kind: AuditKind, at: string): CycleChange | Refusal {
  const open = cycle.openAudits.find((audit) => audit.kind === kind);
  if (open !== undefined)
    return {
      refused: 'audit-open',
      message: `A ${kind} audit of this employer is open: ${open.auditNumber}. Finish that one, or ask the certifying partner to withdraw it, before you register another.`,
    };
  if (kind === 'maintenance' && currentCertificate(cycle) === undefined)
    return {
      refused: 'no-certificate',
      message:
        'This employer holds no certificate that a maintenance audit could keep alive. Register a certification audit.',
    };
  return change(cycle, { openAudits: [...cycle.openAudits, { auditNumber, kind }] }, at);
}

/**
 * Takes an audit that was rejected or withdrawn out of the employer's cycle. One that was reopened for it has no decision
 * any more that its certificate could stand on: it is revoked [A].
 */
export function leaveCycle(cycle: Cycle, auditNumber: string, at: string): CycleChange {
  return change(cycle, without(cycle, auditNumber), at, revoked(cycle.certificates, auditNumber, at));
}

/** Takes a reopened audit into the employer's cycle again. Its certificate stands until the new decision. */
export function reopenInCycle(cycle: Cycle, { auditNumber, kind }: Audit, at: string): CycleChange {
  return change(cycle, { openAudits: [...cycle.openAudits, { auditNumber, kind }] }, at);
}

/**
 * Closes an audit in the employer's cycle. A passed certification audit gives a certificate that expires by the months of
 * records from the audit's end date [N], [P], and supersedes those whose audits ended before. A reopened audit is decided
 * as if for the first time: a fail revokes what it had given, and the one before stands again.
 */
export function closeAudit(cycle: Cycle, audit: Audit, revision: Revision, ruleSet: RuleSet, at: string): CycleChange {
  const { auditNumber, kind, outcome, decisions } = audit;
  const closed = without(cycle, auditNumber);
  if (kind !== 'certification') return change(cycle, closed, at);
  if (outcome !== 'passed') return change(cycle, closed, at, revoked(cycle.certificates, auditNumber, at));
  const certificate: Certificate = {
    certificateNumber: `${auditNumber}-${decisions}`,
    auditNumber,
    endedOn: revision.endedOn,
    issuedOn: businessDate(at),
    expiresOn: expiryDate(revision.endedOn, revision.recordsMonths, ruleSet),
  };
  return change(cycle, closed, at, [...cycle.certificates, certificate]);
}

function without({ openAudits }: Cycle, auditNumber: string): Partial<Cycle> {
  return { openAudits: openAudits.filter((open) => open.auditNumber !== auditNumber) };
}

function revoked(certificates: readonly Certificate[], auditNumber: string, at: string): Certificate[] {
  return certificates.map((certificate) =>
    certificate.auditNumber === auditNumber && certificate.revokedAt === undefined
      ? { ...certificate, revokedAt: at }
      : certificate,
  );
}

/**
 * Each certificate with the one that superseded it: the latest of its own audit, else the next by the end date of the
 * audit [N]. A revoked one has no part in it, as if it had never been.
 */
function inSuccession(certificates: readonly Certificate[]): Certificate[] {
  const standing = certificates.filter(({ revokedAt }) => revokedAt === undefined);
  const latestOf = (auditNumber: string) => standing.findLast((each) => each.auditNumber === auditNumber);
  const succession = standing
    .filter((certificate) => latestOf(certificate.auditNumber) === certificate)
    .toSorted((a, b) => (a.endedOn < b.endedOn ? -1 : a.endedOn > b.endedOn ? 1 : 0));
  return certificates.map((certificate) => {
    const { supersededBy: _before, ...bare } = certificate;
    const place = succession.indexOf(certificate);
    const newer = place < 0 ? latestOf(certificate.auditNumber) : succession[place + 1];
    if (certificate.revokedAt !== undefined || newer === undefined) return bare;
    return { ...bare, supersededBy: newer.certificateNumber };
  });
}

/** What happened to certificates between two states of them: first what was issued, then what that did to the others. */
function happened(before: readonly Certificate[], after: readonly Certificate[]): CycleHappening[] {
  const was = new Map(before.map((certificate) => [certificate.certificateNumber, certificate]));
  const issued = after.filter(({ certificateNumber }) => !was.has(certificateNumber));
  return [
    ...issued.map(({ certificateNumber, auditNumber, expiresOn }): CycleHappening => {
      return { type: 'certificate issued', data: { certificateNumber, auditNumber, expiresOn } };
    }),
    ...after.flatMap(({ certificateNumber, auditNumber, supersededBy, revokedAt }): CycleHappening[] => {
      const old = was.get(certificateNumber);
      if (revokedAt !== old?.revokedAt)
        return [{ type: 'certificate revoked', data: { certificateNumber, auditNumber } }];
      if (supersededBy === old?.supersededBy) return [];
      return supersededBy === undefined
        ? [{ type: 'certificate restored', data: { certificateNumber } }]
        : [{ type: 'certificate superseded', data: { certificateNumber, by: supersededBy } }];
    }),
  ];
}
