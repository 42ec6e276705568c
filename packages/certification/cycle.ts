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
  /** The day on which the audit behind it, reopened, was decided as failed. */
  readonly revokedOn?: string;
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

function change(cycle: Cycle, next: Partial<Cycle>, at: string, happenings: readonly CycleHappening[]): CycleChange {
  const events = numberEvents(
    `employer#${cycle.employerId}`,
    cycle.events,
    at,
    happenings.map((happening) => ({ by: system, happening })),
  );
  return { cycle: { ...cycle, ...next, version: cycle.version + 1, events: cycle.events + events.length }, events };
}

/** The certificate that none has superseded and that was not revoked, or undefined. */
export function currentCertificate(cycle: Cycle): Certificate | undefined {
  return cycle.certificates.findLast(
    (certificate) => certificate.supersededBy === undefined && certificate.revokedOn === undefined,
  );
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
  return change(cycle, { openAudits: [...cycle.openAudits, { auditNumber, kind }] }, at, []);
}

/** Takes an audit that was rejected or withdrawn out of the employer's cycle. */
export function leaveCycle(cycle: Cycle, auditNumber: string, at: string): CycleChange {
  return change(cycle, { openAudits: cycle.openAudits.filter((open) => open.auditNumber !== auditNumber) }, at, []);
}

/** Takes a reopened audit into the employer's cycle again. Its certificate stands until the new decision. */
export function reopenInCycle(cycle: Cycle, { auditNumber, kind }: Audit, at: string): CycleChange {
  return change(cycle, { openAudits: [...cycle.openAudits, { auditNumber, kind }] }, at, []);
}

/**
 * Closes an audit in the employer's cycle. A passed certification audit gives a certificate that expires by the months of
 * records from the audit's end date [N], [P], and supersedes the one before. A reopened audit is decided as if for the
 * first time: a fail revokes the certificate that it had given, and the one that this had superseded stands again.
 */
export function closeAudit(cycle: Cycle, audit: Audit, revision: Revision, ruleSet: RuleSet, at: string): CycleChange {
  const openAudits = cycle.openAudits.filter((open) => open.auditNumber !== audit.auditNumber);
  if (audit.kind !== 'certification') return change(cycle, { openAudits }, at, []);
  const before = cycle.certificates.findLast(
    ({ auditNumber, revokedOn }) => auditNumber === audit.auditNumber && revokedOn === undefined,
  );
  if (audit.outcome !== 'passed')
    return before === undefined ? change(cycle, { openAudits }, at, []) : revoke(cycle, openAudits, before, at);

  const certificateNumber = `${audit.auditNumber}-${audit.decisions}`;
  const replaced = before ?? currentCertificate(cycle);
  const certificate: Certificate = {
    certificateNumber,
    auditNumber: audit.auditNumber,
    endedOn: revision.endedOn,
    issuedOn: businessDate(at),
    expiresOn: expiryDate(revision.endedOn, revision.recordsMonths, ruleSet),
    // A newer audit may have been certified since: it stays the newer one.
    ...(before?.supersededBy === undefined ? {} : { supersededBy: before.supersededBy }),
  };
  const certificates = cycle.certificates.map((older) =>
    older === replaced ? { ...older, supersededBy: certificateNumber } : older,
  );
  const { auditNumber, expiresOn } = certificate;
  return change(cycle, { openAudits, certificates: [...certificates, certificate] }, at, [
    { type: 'certificate issued', data: { certificateNumber, auditNumber, expiresOn } },
    ...(replaced === undefined ? [] : [superseded(replaced, certificateNumber)]),
  ]);
}

function superseded({ certificateNumber }: Certificate, by: string): CycleHappening {
  return { type: 'certificate superseded', data: { certificateNumber, by } };
}

/** Revokes a certificate; what it had superseded is judged as if it had never been. */
function revoke(cycle: Cycle, openAudits: Cycle['openAudits'], revoked: Certificate, at: string): CycleChange {
  const { certificateNumber, supersededBy } = revoked;
  const certificates = cycle.certificates.map((certificate) => {
    if (certificate === revoked) return { ...certificate, revokedOn: businessDate(at) };
    if (certificate.supersededBy !== certificateNumber) return certificate;
    const { supersededBy: _by, ...standing } = certificate;
    return supersededBy === undefined ? standing : { ...standing, supersededBy };
  });
  return change(cycle, { openAudits, certificates }, at, [
    { type: 'certificate revoked', data: { certificateNumber, auditNumber: revoked.auditNumber } },
  ]);
}
