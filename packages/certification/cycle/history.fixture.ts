import type { AuditKind } from '../protocol/protocol.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { type Cycle, type CycleAudit, currentCertificate, newCycle } from './cycle.ts';
import type { CycleEvent } from './events.ts';
import { type JudgedCertificate, judgeCertificate } from './obligation.ts';
import type { RegisteredCertificate } from './register.ts';
import { cycleAsKnownOn } from './replay.ts';
import {
  arriveInCycle,
  type CycleChange,
  changeCycle,
  checkCycle,
  closeAudit,
  leaveCycle,
  openAudit,
  reopenInCycle,
  returnInCycle,
} from './steps.ts';

/** Noon in America/Edmonton, or an hour of the clock's summer beside it: on that business date in any case. */
export function noon(date: string): string {
  return `${date}T18:00:00.000Z`;
}

/** What tests tell of a decision beside its result. */
type Told = { readonly endedOn?: string; readonly recordsMonths?: number; readonly ruleSet?: string };

/** The history of one employer as tests tell it, step by step, each at noon of its business date. */
export class History {
  cycle: Cycle = newCycle('e1');
  readonly events: CycleEvent[] = [];
  readonly withdrawn = new Set<string>();
  /** What the register shows, by certificate number. */
  readonly register = new Map<string, RegisteredCertificate>();
  private readonly decisions = new Map<string, number>();
  private readonly keepsAll: boolean;

  /** @param keeps whether the cycle holds every audit that was at the desk, or only what it keeps by itself */
  constructor(keeps: 'all' | 'its own' = 'its own') {
    this.keepsAll = keeps === 'all';
  }

  take(change: CycleChange): this {
    this.cycle = change.cycle;
    this.events.push(...change.events);
    for (const each of change.registered) this.register.set(each.certificateNumber, each);
    return this;
  }

  open(auditNumber: string, kind: AuditKind, on: string, binder?: { receivedOn: string; endedOn: string }): this {
    const opened = { auditNumber, kind, assessorId: `a${auditNumber}`, registeredOn: on };
    return this.take(openAudit(this.cycle, opened, { role: 'assessor', personId: 'a1' }, noon(on), binder));
  }

  /** A package arrives, and is read at once or after others had come between: its instant is that of its arrival. */
  arrive(auditNumber: string, arrivedOn: string, endedOn: string): this {
    return this.take(arriveInCycle(this.cycle, { auditNumber }, { arrivedOn, endedOn }, noon(arrivedOn)));
  }

  damaged(auditNumber: string, on: string): this {
    return this.take(returnInCycle(this.cycle, { auditNumber }, noon(on)));
  }

  decide(auditNumber: string, outcome: 'passed' | 'failed', on: string, told: Told = {}): this {
    const audit = this.audit(auditNumber);
    const { endedOn = audit.endedOn ?? on, recordsMonths = 12, ruleSet = 'rules-2015' } = told;
    const decisions = (this.decisions.get(auditNumber) ?? 0) + 1;
    this.decisions.set(auditNumber, decisions);
    const closed = { auditNumber, kind: audit.kind, decisions, outcome };
    return this.take(closeAudit(this.cycle, closed, { endedOn, recordsMonths }, ruleSetById(ruleSet), noon(on)));
  }

  leave(auditNumber: string, on: string): this {
    return this.take(leaveCycle(this.cycle, auditNumber, noon(on)));
  }

  withdraw(auditNumber: string, on: string): this {
    this.withdrawn.add(auditNumber);
    // What was rejected the cycle holds for good.
    return this.take(leaveCycle(this.cycle, auditNumber, noon(on), this.keepsAll ? 'rejected' : 'withdrawn'));
  }

  reopen(auditNumber: string, on: string): this {
    return this.take(reopenInCycle(this.cycle, { auditNumber }, noon(on)));
  }

  sweep(on: string): this {
    return this.take(checkCycle(this.cycle, this.cycle.risks, noon(on)));
  }

  /** Time passes without anything to tell of. */
  touch(on: string): this {
    return this.take(changeCycle(this.cycle, [], noon(on)));
  }

  /** An audit of this kind that was registered, sent and decided. */
  decided(
    auditNumber: string,
    kind: AuditKind,
    days: { endedOn: string; arrivedOn?: string; on: string },
    outcome: 'passed' | 'failed' = 'passed',
    told: Told = {},
  ): this {
    const { endedOn, arrivedOn = endedOn, on } = days;
    return this.open(auditNumber, kind, endedOn)
      .arrive(auditNumber, arrivedOn, endedOn)
      .decide(auditNumber, outcome, on, told);
  }

  audit(auditNumber: string): CycleAudit {
    const found = this.cycle.audits.find((audit) => audit.auditNumber === auditNumber);
    if (found === undefined) throw new Error(`The cycle has no audit ${auditNumber}.`);
    return found;
  }

  /** The current certificate, or the one with this number, as it stands on a day. */
  judged(today: string, certificateNumber?: string): JudgedCertificate {
    const certificate =
      certificateNumber === undefined
        ? currentCertificate(this.cycle)
        : this.cycle.certificates.find((each) => each.certificateNumber === certificateNumber);
    if (certificate === undefined) throw new Error('There is no such certificate.');
    return judgeCertificate(this.cycle, certificate, today);
  }

  /** The states of its obligations in the order of their due dates. */
  states(today: string, certificateNumber?: string): string[] {
    return this.judged(today, certificateNumber).obligations.map(({ state }) => state);
  }

  /** The same as it was known at the end of a day. */
  statesAsKnownOn(date: string): string[] {
    const known = cycleAsKnownOn('e1', this.events, date);
    const certificate = currentCertificate(known);
    if (certificate === undefined) throw new Error(`No certificate was known on ${date}.`);
    return judgeCertificate(known, certificate, date).obligations.map(({ state }) => state);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

/** An employer whose certification audit C ended on 2019-05-31: certificate C-1 expires on 2022-05-31. */
export function certified(told: Told = {}): History {
  return new History().decided('C', 'certification', { endedOn: '2019-05-31', on: '2019-06-10' }, 'passed', told);
}
