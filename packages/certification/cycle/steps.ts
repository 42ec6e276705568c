import type { Audit } from '../audit/audit.ts';
import { businessDate } from '../calendar.ts';
import { type Actor, numberEvents, system } from '../history.ts';
import type { MailFailure } from '../letters.ts';
import type { AuditKind } from '../protocol/protocol.ts';
import { earlierCheck } from '../reminders/milestone.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { expiryDate } from './certificate-term.ts';
import {
  type Certificate,
  type Cycle,
  type CycleAudit,
  certificateNumberOf,
  currentCertificate,
  cycleSubject,
  lastPassedBy,
  type Risk,
  revokedBy,
} from './cycle.ts';
import { cycleReminders, nextCycleCheck } from './cycle-reminders.ts';
import type { CycleEvent, CycleHappening } from './events.ts';
import { judgeCertificate } from './obligation.ts';
import { type RegisteredCertificate, registeredCertificates } from './register.ts';
import { after, latest } from './replay.ts';
import { sameRisk } from './risks.ts';

/**
 * A cycle after a change, with the events that the change caused; `previousCheckOn` is the day of the next check before the
 * change.
 */
export type CycleChange = {
  readonly cycle: Cycle;
  readonly events: readonly CycleEvent[];
  readonly previousCheckOn?: string | undefined;
  /** The certificates that the register shows differently after the change. */
  readonly registered: readonly RegisteredCertificate[];
};

/** An event of a cycle, and who caused it; by default the system. */
type Caused = { readonly by?: Actor; readonly happening: CycleHappening };

/**
 * The cycle after an event at an instant (ISO, UTC), with the consequences: which certificate supersedes which, which one is
 * cancelled, and which cancellation is undone.
 */
export function changeCycle(
  cycle: Cycle,
  caused: readonly Caused[],
  at: string,
  by: 'event' | 'sweep' = 'event',
): CycleChange {
  const today = latest(cycle, at);
  const ordered: Caused[] = [];
  let next: Cycle = { ...cycle, asOf: today };
  const add = (each: Caused) => {
    ordered.push(each);
    next = after(next, each.happening, at);
  };
  for (const each of caused) add(each);
  for (const happening of successions(next)) add({ happening });
  for (const happening of cancellations(next, today)) add({ happening });
  const events = numberEvents(
    cycleSubject(cycle.employerId),
    cycle.events,
    at,
    ordered.map(({ by = system, happening }) => ({ by, happening })),
  );
  const { nextCheckOn: previousCheckOn, ...kept } = next;
  const nextCheck = nextCycleCheck(kept, today);
  const nextCheckOn = by === 'sweep' ? nextCheck : earlierCheck(previousCheckOn, nextCheck);
  return {
    cycle: {
      ...kept,
      asOf: events.length === 0 ? cycle.asOf : today,
      version: cycle.version + 1,
      events: cycle.events + events.length,
      ...(nextCheckOn === undefined ? {} : { nextCheckOn }),
    },
    events,
    previousCheckOn,
    registered: newlyRegistered(cycle, kept),
  };
}

function newlyRegistered(before: Cycle, after: Cycle): RegisteredCertificate[] {
  const known = new Set(registeredCertificates(before).map((each) => JSON.stringify(each)));
  return registeredCertificates(after).filter((each) => !known.has(JSON.stringify(each)));
}

/** Opens an audit in the employer's cycle. The caller has checked the eligibility first. */
export function openAudit(
  cycle: Cycle,
  opened: Pick<CycleAudit, 'auditNumber' | 'kind' | 'assessorId' | 'registeredOn'>,
  by: Actor,
  at: string,
  binder?: { readonly receivedOn: string; readonly endedOn: string },
): CycleChange {
  const { auditNumber, kind, assessorId, registeredOn } = opened;
  const arrived: Caused[] =
    binder === undefined
      ? []
      : [
          {
            by,
            happening: {
              type: 'audit arrived',
              data: { auditNumber, arrivedOn: binder.receivedOn, endedOn: binder.endedOn, binder: true },
            },
          },
        ];
  const data = { auditNumber, kind, assessorId, registeredOn };
  return changeCycle(cycle, [{ by, happening: { type: 'audit opened', data } }, ...arrived], at);
}

/**
 * Records that an audit's package was accepted: the obligations that it can meet are pending from the day on which the first
 * package arrived. An audit that had ended is open again: its rejection was undone, and a certificate that the rejection had
 * revoked is valid again until the new decision.
 */
export function arriveInCycle(
  cycle: Cycle,
  { auditNumber }: { readonly auditNumber: string },
  { arrivedOn, endedOn }: { readonly arrivedOn: string; readonly endedOn: string },
  at: string,
): CycleChange {
  const over = cycle.audits.find((audit) => audit.auditNumber === auditNumber)?.outcome;
  const takenUp: CycleHappening[] =
    over === undefined
      ? []
      : [
          { type: 'audit taken up', data: { auditNumber } },
          ...revokedBy(cycle, auditNumber, over.decision).map(
            (certificateNumber): CycleHappening => ({ type: 'certificate restored', data: { certificateNumber } }),
          ),
        ];
  const arrived: Caused = { happening: { type: 'audit arrived', data: { auditNumber, arrivedOn, endedOn } } };
  return changeCycle(cycle, [...takenUp.map((happening) => ({ happening })), arrived], at);
}

/** Records a change of the employer's data in the cycle's history. */
export function tellOfEmployer(
  cycle: Cycle,
  happening: Extract<CycleHappening, { readonly type: 'employer added' | 'employer changed' }>,
  by: Actor,
  at: string,
): CycleChange {
  return changeCycle(cycle, [{ by, happening }], at);
}

/** Records that mail to a contact failed; undefined when that is already recorded. */
export function mailToContactFailed(
  cycle: Cycle,
  contact: 'first' | 'second',
  reason: MailFailure,
  at: string,
): CycleChange | undefined {
  if (cycle.undeliverable[contact] !== undefined) return undefined;
  return changeCycle(cycle, [{ happening: { type: 'mail failed', data: { contact, reason } } }], at);
}

function riskChanges(cycle: Cycle, risks: readonly Risk[]): Caused[] {
  const added = risks.filter((risk) => !cycle.risks.some((each) => sameRisk(each, risk)));
  const gone = cycle.risks.filter((risk) => !risks.some((each) => sameRisk(each, risk)));
  if (added.length === 0 && gone.length === 0) return [];
  return [{ happening: { type: 'risks changed', data: { added, gone } } }];
}

/** Records the risks of now; undefined when they are already recorded. */
export function recordRisks(cycle: Cycle, risks: readonly Risk[], at: string): CycleChange | undefined {
  const changes = riskChanges(cycle, risks);
  return changes.length === 0 ? undefined : changeCycle(cycle, changes, at);
}

/**
 * Notes that the risks were determined from the assessors as they are now. Only the version changes: whoever determined them from
 * older data gets a Conflict, and determines them again.
 */
export function noteAssessors(cycle: Cycle, at: string): CycleChange {
  return changeCycle(cycle, [], at);
}

/**
 * What the sweep of a day does with a cycle: records the reminders that are due, a cancellation of the certificate, and the
 * risks. After it, nothing more is due on that day, and the day of the next check has moved.
 * @param at the sweep's own time (ISO, UTC)
 */
export function checkCycle(cycle: Cycle, risks: readonly Risk[], at: string): CycleChange {
  const reminders = cycleReminders(cycle, latest(cycle, at)).map(
    (data): Caused => ({ happening: { type: 'reminder due', data } }),
  );
  return changeCycle(cycle, [...reminders, ...riskChanges(cycle, risks)], at, 'sweep');
}

/**
 * Records that the only package of an audit was refused for damaged documents: the audit counts as not arrived. A binder still
 * counts as received: its package is entered again.
 */
export function returnInCycle(
  cycle: Cycle,
  { auditNumber, binder }: Pick<Audit, 'auditNumber' | 'binder'>,
  at: string,
): CycleChange {
  const data = { auditNumber, ...(binder === undefined ? {} : { binder: true as const }) };
  return changeCycle(cycle, [{ happening: { type: 'audit returned', data } }], at);
}

/**
 * Ends an audit in the employer's cycle that was rejected (the default) or withdrawn. If the audit had been reopened, its
 * certificate has no decision behind it any more, and is revoked [A].
 */
export function leaveCycle(
  cycle: Cycle,
  auditNumber: string,
  at: string,
  why: 'rejected' | 'withdrawn' = 'rejected',
): CycleChange {
  const withdrawn = why === 'withdrawn' ? { withdrawn: true as const } : {};
  const left: Caused = { happening: { type: 'audit left', data: { auditNumber, ...withdrawn } } };
  return changeCycle(cycle, [left, ...revocations(cycle, auditNumber, 0)], at);
}

/** Opens a reopened audit in the employer's cycle again. Its certificate stays until the new decision. */
export function reopenInCycle(
  cycle: Cycle,
  { auditNumber }: { readonly auditNumber: string },
  at: string,
): CycleChange {
  return changeCycle(cycle, [{ happening: { type: 'audit taken up', data: { auditNumber } } }], at);
}

/**
 * Closes an audit in the employer's cycle. A passed certification audit gives a certificate. Its expiry is counted from the
 * audit's end date [N], for as long as the months of records allow [P]; it supersedes the certificates whose audits ended before.
 * A reopened audit is decided as if for the first time: if it fails, the certificate that it had given is revoked, and the one
 * before is current again. The obligations follow from this.
 */
export function closeAudit(
  cycle: Cycle,
  audit: {
    readonly auditNumber: string;
    readonly kind: AuditKind;
    readonly decisions: number;
    readonly outcome?: 'passed' | 'failed';
  },
  revision: { readonly endedOn: string; readonly recordsMonths: number },
  ruleSet: RuleSet,
  at: string,
): CycleChange {
  const { auditNumber, kind, outcome: result = 'failed', decisions: decision } = audit;
  const { endedOn, recordsMonths } = revision;
  const decided: Caused = {
    happening: { type: 'audit decided', data: { auditNumber, kind, decision, result, endedOn } },
  };
  if (kind !== 'certification') return changeCycle(cycle, [decided], at);
  if (result !== 'passed') return changeCycle(cycle, [decided, ...revocations(cycle, auditNumber, decision)], at);
  const certificate: Certificate = {
    certificateNumber: certificateNumberOf(auditNumber, decision),
    auditNumber,
    ruleSet: ruleSet.id,
    endedOn,
    issuedOn: businessDate(at),
    expiresOn: expiryDate(endedOn, recordsMonths, ruleSet),
  };
  return changeCycle(cycle, [decided, { happening: { type: 'certificate issued', data: certificate } }], at);
}

function revocations({ certificates }: Cycle, auditNumber: string, decision: number): Caused[] {
  return certificates
    .filter((certificate) => certificate.auditNumber === auditNumber && certificate.revoked === undefined)
    .map(({ certificateNumber }) => ({
      happening: { type: 'certificate revoked', data: { certificateNumber, auditNumber, decision } },
    }));
}

/**
 * The events that make each certificate name the one that superseded it: the latest of its own audit, otherwise the next by the
 * end date of the audit [N]. Revoked certificates are ignored.
 */
function successions({ certificates }: Cycle): CycleHappening[] {
  const standing = certificates.filter(({ revoked }) => revoked === undefined);
  const latestOf = (auditNumber: string) => standing.findLast((each) => each.auditNumber === auditNumber);
  const succession = standing
    .filter((certificate) => latestOf(certificate.auditNumber) === certificate)
    .toSorted((a, b) => (a.endedOn < b.endedOn ? -1 : a.endedOn > b.endedOn ? 1 : 0));
  return standing.flatMap((certificate): CycleHappening[] => {
    const { certificateNumber, supersededBy } = certificate;
    const place = succession.indexOf(certificate);
    const newer = place < 0 ? latestOf(certificate.auditNumber) : succession[place + 1];
    if (newer?.certificateNumber === supersededBy) return [];
    return newer === undefined
      ? [{ type: 'certificate restored', data: { certificateNumber } }]
      : [{ type: 'certificate superseded', data: { certificateNumber, by: newer.certificateNumber } }];
  });
}

/**
 * The events that make the record agree with today's facts: the current certificate is recorded as cancelled exactly when it is
 * cancelled.
 */
function cancellations(cycle: Cycle, today: string): CycleHappening[] {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return [];
  const { certificateNumber, ruleSet, expiresOn, cancelledOn: recorded } = certificate;
  const { cancelled } = judgeCertificate(cycle, certificate, today);
  if (cancelled?.on === recorded) return [];
  const lastAssessor = lastPassedBy(cycle);
  const assessor = lastAssessor === undefined ? {} : { assessorId: lastAssessor };
  const undone: CycleHappening[] =
    recorded === undefined
      ? []
      : [{ type: 'cancellation undone', data: { certificateNumber, cancelledOn: recorded, expiresOn, ...assessor } }];
  if (cancelled === undefined) return undone;
  const { on, dueOn } = cancelled;
  return [...undone, { type: 'certificate cancelled', data: { certificateNumber, on, dueOn, ruleSet, ...assessor } }];
}
