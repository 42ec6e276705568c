/**
 * Cycle: an employer's certificates and audits over the years, and what is due from them. This folder imports assessor,
 * audit, protocol, reminders and rules.
 */

import type { AuditKind } from '../protocol/protocol.ts';
import type { SentMilestone } from '../reminders/milestone.ts';
import { type SubjectOf, subjectOf } from '../subject.ts';

/** What puts a due date, or an employer's certificate, at risk; or an audit that waits with the partner. */
export type Risk = {
  readonly risk:
    | 'nothing registered'
    | 'mail to the contact failed'
    | 'mail to an assessor failed'
    | "assessor's status ends"
    | 'no assessor'
    | 'too many employees'
    | 'not in good standing'
    | 'binder not entered';
  /** What is due, if the risk concerns one due date. */
  readonly kind?: 'maintenance' | 're-certification';
  readonly dueOn?: string;
  /** Of a binder that is not entered: its audit, and the day of its receipt. */
  readonly auditNumber?: string;
  readonly receivedOn?: string;
};

/** A certificate: issued for a passed certification audit, with an expiry date. */
export type Certificate = {
  /** The audit number and the number of the decision that gave it, such as "412345678-1". */
  readonly certificateNumber: string;
  readonly auditNumber: string;
  /** The rule set of its audit, by which its obligations are judged. */
  readonly ruleSet: string;
  /** The audit's end date, from which the expiry is counted. */
  readonly endedOn: string;
  readonly issuedOn: string;
  readonly expiresOn: string;
  /** The newer certificate that took its place. */
  readonly supersededBy?: string;
  /** Set when the reopened audit behind it failed: when (ISO, UTC), and by which decision; 0 when the audit ended without one. */
  readonly revoked?: { readonly at: string; readonly decision: number };
  /** The day on which an obligation that nothing met cancelled it. */
  readonly cancelledOn?: string;
};

/** How an audit ended: with a decision or without one; `at` is ISO, UTC. */
export type CycleOutcome = {
  readonly result: 'passed' | 'failed' | 'left';
  /** 0 when it ended without a decision. */
  readonly decision: number;
  readonly at: string;
};

/** An audit as the employer's cycle knows it. */
export type CycleAudit = {
  readonly auditNumber: string;
  readonly kind: AuditKind;
  readonly assessorId: string;
  readonly registeredOn: string;
  /** The day on which its first accepted package arrived, or its binder: absent before, and when only damaged packages came. */
  readonly arrivedOn?: string;
  /** The last day of its data gathering, once something has arrived. */
  readonly endedOn?: string;
  /** It came in a binder, whose package an administrator has not entered yet, or has to enter again. */
  readonly awaitsEntry?: true;
  /** Absent while it is open. */
  readonly outcome?: CycleOutcome;
};

/** An employer's certificates, audits and what was recorded of its due dates: an aggregate with a version that every change raises by one. */
export type Cycle = {
  readonly employerId: string;
  readonly version: number;
  readonly events: number;
  /**
   * All audits that are open or had a package accepted, in the order of their registration. A withdrawn one is kept only if it
   * was withdrawn after the day of its arrival.
   */
  readonly audits: readonly CycleAudit[];
  readonly certificates: readonly Certificate[];
  /** The latest milestone that was recorded of each kind and due date. */
  readonly sent: readonly SentMilestone[];
  readonly risks: readonly Risk[];
  /** Since when mail to a contact has failed permanently (ISO, UTC); removed when the contact is changed. */
  readonly undeliverable: { readonly first?: string; readonly second?: string };
  /** The latest business date of any event: a package that arrived earlier and is read now does not set it back. */
  readonly asOf: string;
  /** The day on which the sweep must check it next; absent while nothing is to come. */
  readonly nextCheckOn?: string;
};

/** The cycle of an employer of whom nothing has happened yet. */
export function newCycle(employerId: string): Cycle {
  return {
    employerId,
    version: 0,
    events: 0,
    audits: [],
    certificates: [],
    sent: [],
    risks: [],
    undeliverable: {},
    asOf: '',
  };
}

/** The subject of the events of a cycle, and of its employer. */
export function cycleSubject(employerId: string): SubjectOf<'employer'> {
  return subjectOf('employer', employerId);
}

/** The certificate that none has superseded and that was not revoked, or undefined. It may have expired or been cancelled. */
export function currentCertificate(cycle: Pick<Cycle, 'certificates'>): Certificate | undefined {
  return cycle.certificates.findLast(
    (certificate) => certificate.supersededBy === undefined && certificate.revoked === undefined,
  );
}

/** The audits that have not ended: registered, in review or waiting for it, or reopened. */
export function openAudits({ audits }: Pick<Cycle, 'audits'>): readonly CycleAudit[] {
  return audits.filter(({ outcome }) => outcome === undefined);
}

/** The number of the certificate that a decision on an audit gives. */
export function certificateNumberOf(auditNumber: string, decision: number): string {
  return `${auditNumber}-${decision}`;
}

/** The numbers of an audit's certificates that this decision on it revoked; 0 is its end without one. */
export function revokedBy(
  { certificates }: Pick<Cycle, 'certificates'>,
  auditNumber: string,
  decision: number,
): string[] {
  return certificates
    .filter(({ auditNumber: own, revoked }) => own === auditNumber && revoked?.decision === decision)
    .map(({ certificateNumber }) => certificateNumber);
}

/** The assessor of the audit that was passed last, to whom reminders go; undefined when none was. */
export function lastPassedBy({ audits }: Pick<Cycle, 'audits'>): string | undefined {
  return audits
    .filter(({ outcome }) => outcome?.result === 'passed')
    .toSorted((a, b) => ((a.outcome?.at ?? '') < (b.outcome?.at ?? '') ? -1 : 1))
    .at(-1)?.assessorId;
}
