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
import { after, latest } from './replay.ts';
import { sameRisk } from './risks.ts';

/** A cycle after a change, with the events that the change caused; `previousCheckOn` is the day on which the sweep would have looked at it before. */
export type CycleChange = {
  readonly cycle: Cycle;
  readonly events: readonly CycleEvent[];
  readonly previousCheckOn?: string | undefined;
};

/** What happens to a cycle, and who causes it, by default the system. */
type Caused = { readonly by?: Actor; readonly happening: CycleHappening };

/**
 * The cycle after something has happened at an instant (ISO, UTC), with what follows from that: which certificate supersedes
 * which, and which one is cancelled, or is not after all.
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
  };
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
              data: { auditNumber, arrivedOn: binder.receivedOn, endedOn: binder.endedOn },
            },
          },
        ];
  const data = { auditNumber, kind, assessorId, registeredOn };
  return changeCycle(cycle, [{ by, happening: { type: 'audit opened', data } }, ...arrived], at);
}

/**
 * Records that an audit's package was accepted: what it can meet is pending from the day on which the first one arrived. An
 * audit that is over is taken up again: its rejection has been undone, and the certificate that this had revoked stands again
 * until the new decision.
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

/** A recorded change of the employer's data, which the cycle's history tells. */
export function tellOfEmployer(
  cycle: Cycle,
  happening: Extract<CycleHappening, { readonly type: 'employer added' | 'employer changed' }>,
  by: Actor,
  at: string,
): CycleChange {
  return changeCycle(cycle, [{ by, happening }], at);
}

/** Records that mail to a contact failed; undefined when that is known. */
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

/** Records what is at risk now; undefined when that is what is recorded. */
export function recordRisks(cycle: Cycle, risks: readonly Risk[], at: string): CycleChange | undefined {
  const changes = riskChanges(cycle, risks);
  return changes.length === 0 ? undefined : changeCycle(cycle, changes, at);
}

/**
 * Takes note that what is at risk was judged by assessors as they are now. Only the version tells of it: whoever judged it by
 * what they were before is refused, and judges again.
 */
export function noteAssessors(cycle: Cycle, at: string): CycleChange {
  return changeCycle(cycle, [], at);
}

/**
 * What the sweep of a day does with a cycle: records the reminders that are due, a certificate that is cancelled, and what is
 * at risk. At its end nothing more is due on that day; the change itself moves the day of its next check.
 * @param at the sweep's own time (ISO, UTC)
 */
export function checkCycle(cycle: Cycle, risks: readonly Risk[], at: string): CycleChange {
  const reminders = cycleReminders(cycle, latest(cycle, at)).map(
    (data): Caused => ({ happening: { type: 'reminder due', data } }),
  );
  return changeCycle(cycle, [...reminders, ...riskChanges(cycle, risks)], at, 'sweep');
}

/**
 * Records that the only package of an audit was refused for damaged documents: nothing of it is at the desk any more. A binder
 * stays there, received as it was: its package is entered again.
 */
export function returnInCycle(
  cycle: Cycle,
  { auditNumber, binder }: Pick<Audit, 'auditNumber' | 'binder'>,
  at: string,
): CycleChange {
  const returned: Caused[] =
    binder === undefined ? [{ happening: { type: 'audit returned', data: { auditNumber } } }] : [];
  return changeCycle(cycle, returned, at);
}

/**
 * Takes an audit that was rejected or withdrawn out of the employer's cycle: by default a rejected one. One that was
 * reopened for it has no decision any more that its certificate could stand on: it is revoked [A].
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

/** Takes a reopened audit into the employer's cycle again. Its certificate stands until the new decision. */
export function reopenInCycle(
  cycle: Cycle,
  { auditNumber }: { readonly auditNumber: string },
  at: string,
): CycleChange {
  return changeCycle(cycle, [{ happening: { type: 'audit taken up', data: { auditNumber } } }], at);
}

/**
 * Closes an audit in the employer's cycle. A passed certification audit gives a certificate that expires by the months of
 * records from the audit's end date [N], [P], and supersedes those whose audits ended before. A reopened audit is decided
 * as if for the first time: a fail revokes what it had given, and the one before stands again. Obligations follow.
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
 * What has to happen so that each certificate names the one that superseded it: the latest of its own audit, else the next
 * by the end date of the audit [N]. A revoked one has no part in it, as if it had never been.
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

/** What has to happen so that the current certificate is recorded as cancelled exactly when it is, as of today. */
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
