import { businessDate } from '../calendar.ts';
import { remember } from '../reminders/reminder.ts';
import { type Certificate, type Cycle, type CycleAudit, newCycle } from './cycle.ts';
import type { CycleEvent, CycleHappening } from './events.ts';
import { sameRisk } from './risks.ts';

/** The cycle that its events give, in their order, without the day of its next check, which depends on today. */
export function replayCycle(employerId: string, events: readonly CycleEvent[]): Cycle {
  let cycle = newCycle(employerId);
  for (const event of events)
    cycle = after({ ...cycle, events: event.number, asOf: latest(cycle, event.at) }, event, event.at);
  return cycle;
}

export function latest({ asOf }: Cycle, at: string): string {
  const date = businessDate(at);
  return date > asOf ? date : asOf;
}

/**
 * The cycle as it was known at the end of a business date, from the events until then. A package that arrived by then and was
 * read later counts as known.
 */
export function cycleAsKnownOn(employerId: string, events: readonly CycleEvent[], date: string): Cycle {
  return replayCycle(
    employerId,
    events.filter(({ at }) => businessDate(at) <= date),
  );
}

function withAudit(cycle: Cycle, auditNumber: string, next: (audit: CycleAudit) => CycleAudit): Cycle {
  return { ...cycle, audits: cycle.audits.map((audit) => (audit.auditNumber === auditNumber ? next(audit) : audit)) };
}

function withCertificate(cycle: Cycle, number: string, next: (certificate: Certificate) => Certificate): Cycle {
  const certificates = cycle.certificates.map((each) => (each.certificateNumber === number ? next(each) : each));
  return { ...cycle, certificates };
}

/** The cycle after an event. Every change goes through here, so that the events alone determine the state. */
export function after(cycle: Cycle, happening: CycleHappening, at: string): Cycle {
  switch (happening.type) {
    case 'audit opened':
      return { ...cycle, audits: [...cycle.audits, happening.data] };
    case 'audit arrived': {
      const { auditNumber, arrivedOn, endedOn, binder } = happening.data;
      return withAudit(cycle, auditNumber, ({ awaitsEntry: _, ...audit }) => ({
        ...audit,
        arrivedOn: audit.arrivedOn ?? arrivedOn,
        endedOn,
        ...(binder === true ? { awaitsEntry: true } : {}),
      }));
    }
    case 'audit returned': {
      const { auditNumber, binder } = happening.data;
      if (binder === true) return withAudit(cycle, auditNumber, (audit) => ({ ...audit, awaitsEntry: true }));
      return withAudit(cycle, auditNumber, ({ arrivedOn: _arrived, endedOn: _ended, ...audit }) => audit);
    }
    case 'audit decided': {
      const { auditNumber, decision, result, endedOn } = happening.data;
      return withAudit(cycle, auditNumber, (audit) => ({ ...audit, endedOn, outcome: { result, decision, at } }));
    }
    case 'audit left': {
      const { auditNumber, withdrawn } = happening.data;
      const left = withAudit(cycle, auditNumber, (audit) => ({
        ...audit,
        outcome: { result: 'left', decision: 0, at },
      }));
      const audits = left.audits.filter(
        (audit) => audit.auditNumber !== auditNumber || keepsPending(audit, withdrawn === true, businessDate(at)),
      );
      return { ...left, audits };
    }
    case 'audit taken up':
      return withAudit(cycle, happening.data.auditNumber, ({ outcome: _, ...audit }) => audit);
    case 'certificate issued':
      return { ...cycle, certificates: [...cycle.certificates, happening.data] };
    case 'certificate superseded': {
      const { certificateNumber, by } = happening.data;
      return withCertificate(cycle, certificateNumber, (certificate) => ({ ...certificate, supersededBy: by }));
    }
    case 'certificate revoked':
      return withCertificate(cycle, happening.data.certificateNumber, ({ supersededBy: _, ...certificate }) => ({
        ...certificate,
        revoked: { at, decision: happening.data.decision },
      }));
    case 'certificate restored':
      return withCertificate(
        cycle,
        happening.data.certificateNumber,
        ({ supersededBy: _superseded, revoked: _revoked, ...certificate }) => certificate,
      );
    case 'certificate cancelled': {
      const { certificateNumber, on } = happening.data;
      return withCertificate(cycle, certificateNumber, (certificate) => ({ ...certificate, cancelledOn: on }));
    }
    case 'cancellation undone':
      return withCertificate(
        cycle,
        happening.data.certificateNumber,
        ({ cancelledOn: _, ...certificate }) => certificate,
      );
    case 'reminder due':
      return { ...cycle, sent: remember(cycle.sent, happening.data) };
    case 'risks changed': {
      const { added, gone } = happening.data;
      return {
        ...cycle,
        risks: [...cycle.risks.filter((risk) => !gone.some((each) => sameRisk(each, risk))), ...added],
      };
    }
    case 'mail failed':
      return { ...cycle, undeliverable: { ...cycle.undeliverable, [happening.data.contact]: at } };
    case 'employer added':
    case 'letter rejected':
      return cycle;
    case 'employer changed': {
      const { readdressed = [] } = happening.data;
      const { first, second } = cycle.undeliverable;
      const undeliverable = {
        ...(first === undefined || readdressed.includes('first') ? {} : { first }),
        ...(second === undefined || readdressed.includes('second') ? {} : { second }),
      };
      return { ...cycle, undeliverable };
    }
  }
}

/**
 * Whether an audit that ended without a decision on a day may have kept an obligation pending, or still may. One that never
 * arrived has not. Neither has one that was withdrawn on the day of its arrival: nothing of it lasts into the next day, and a
 * withdrawn audit does not come back. Of these, only the events remain.
 */
function keepsPending({ arrivedOn }: CycleAudit, withdrawn: boolean, leftOn: string): boolean {
  return arrivedOn !== undefined && (!withdrawn || arrivedOn < leftOn);
}
