import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, addYears } from '../calendar.ts';
import { explainCycle } from '../why/cycle.ts';
import { type Cycle, currentCertificate, lastPassedBy } from './cycle.ts';
import { cycleReminders, nextCycleCheck } from './cycle-reminders.ts';
import { askedNext, registrationRefusals } from './eligibility.ts';
import type { CycleEvent } from './events.ts';
import { certified, History } from './history.fixture.ts';
import { judgeCertificate, metBy } from './obligation.ts';
import { employer, trained } from './people.fixture.ts';
import { carryOut, plans, sweepDays, withdrawingPlans } from './plan.fixture.ts';
import { endOfRegistered, registeredCertificates, registeredStanding } from './register.ts';
import { replayCycle } from './replay.ts';
import { risksOf } from './risks.ts';

/** Carries random plans out, with sweeps on random days, and shows what stands at the end of each day. */
function always(law: (history: History, day: string, swept: boolean) => void): void {
  fc.assert(
    fc.property(plans, sweepDays, (plan, sweeps) => void carryOut(plan, sweeps, law)),
    { numRuns: 60 },
  );
}

test('at most one certificate is current, and every other one names what became of it', () => {
  always(({ cycle: { certificates } }) => {
    const standing = certificates.filter(
      ({ supersededBy, revoked }) => supersededBy === undefined && revoked === undefined,
    );
    expect(standing.length).toBeLessThanOrEqual(1);
    for (const { supersededBy, endedOn } of certificates) {
      const newer = certificates.find(({ certificateNumber }) => certificateNumber === supersededBy);
      if (supersededBy === undefined) continue;
      expect(newer?.revoked).toBeUndefined();
      expect((newer?.endedOn ?? '') >= endedOn).toBe(true);
    }
  });
});

test('a certificate expires three years, or one, after the end date of its audit [N], [P]', () => {
  always(({ cycle: { certificates }, events }) => {
    for (const { auditNumber, endedOn, expiresOn } of certificates) {
      expect([addYears(endedOn, 3), addYears(endedOn, 1)]).toContain(expiresOn);
      const decided = events.flatMap((event) => (event.type === 'audit decided' ? [event.data] : []));
      expect(decided).toContainEqual(expect.objectContaining({ auditNumber, endedOn, result: 'passed' }));
    }
  });
});

test('no obligation is met and overdue: what is met was passed in its time, and what is overdue was not', () => {
  always(({ cycle }, day) => {
    for (const certificate of cycle.certificates) {
      const { obligations } = judgeCertificate(cycle, certificate, day);
      for (const { kind, state, by, after, dueOn, graceThrough = dueOn, late } of obligations) {
        const of = kind === 'maintenance' ? 'maintenance' : 'certification';
        if (state === 'met') {
          const audit = cycle.audits.find(({ auditNumber }) => auditNumber === by);
          expect(audit).toMatchObject({ kind: of, outcome: { result: 'passed' } });
          const endedOn = audit?.endedOn ?? '';
          expect(after < endedOn && endedOn <= (late === true ? graceThrough : dueOn)).toBe(true);
        }
        if (state === 'open' || state === 'overdue') {
          expect(day > dueOn).toBe(state === 'overdue');
          const met = cycle.audits.filter(
            ({ kind: each, endedOn = '', arrivedOn = '', outcome, auditNumber }) =>
              each === of &&
              auditNumber !== certificate.auditNumber &&
              outcome?.result === 'passed' &&
              after < endedOn &&
              endedOn <= dueOn &&
              arrivedOn <= graceThrough &&
              obligations.every(({ by: other }) => other !== auditNumber),
          );
          expect(met).toEqual([]);
        }
      }
      const meeting = obligations.flatMap(({ state, by }) => (state === 'met' ? [by] : []));
      expect(new Set(meeting).size).toBe(meeting.length);
    }
  });
});

test('an audit at the desk keeps an obligation pending, and nothing else does', () => {
  always(({ cycle }, day) => {
    const certificate = currentCertificate(cycle);
    if (certificate === undefined) return;
    const atDesk = cycle.audits.filter(({ arrivedOn, outcome }) => arrivedOn !== undefined && outcome === undefined);
    const { cancelled, obligations } = judgeCertificate(cycle, certificate, day);
    for (const { state, by } of obligations)
      if (state === 'pending') expect(atDesk.map(({ auditNumber }) => auditNumber)).toContain(by);
    if (cancelled === undefined && atDesk.some(({ kind }) => kind === 'certification'))
      // Forgiven is only what was due before the certificate was issued.
      for (const { state, dueOn } of obligations)
        expect(['met', 'pending', ...(dueOn < certificate.issuedOn ? ['forgiven'] : [])]).toContain(state);
  });
});

test('the events give the state again: all but the version and the day of its next check', () => {
  always(({ cycle, events }) => {
    const { version, nextCheckOn: _, ...told } = cycle;
    expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
    const { version: replayed, ...again } = replayCycle('e1', JSON.parse(JSON.stringify(events)));
    expect(again).toEqual(told);
    expect(replayed).toBeLessThanOrEqual(version);
  });
});

test('what is recorded as cancelled is what is judged as cancelled, at the end of every day with a sweep', () => {
  always(({ cycle }, day, swept) => {
    const certificate = currentCertificate(cycle);
    if (!swept || certificate === undefined) return;
    expect(certificate.cancelledOn).toBe(judgeCertificate(cycle, certificate, day).cancelled?.on);
  });
});

test('a cancellation is undone only by what had arrived before it, or while the cause of it was undecided', () => {
  always(({ cycle, events }, day) => {
    for (const [index, event] of events.entries()) {
      if (event.type !== 'cancellation undone') continue;
      const causes = events
        .slice(0, index)
        .findLast(({ type }) =>
          ['audit arrived', 'audit taken up', 'audit decided', 'certificate revoked'].includes(type),
        );
      expect(causes?.at).toBe(event.at);
      if (causes?.type === 'audit arrived')
        expect(firstArrival(events.slice(0, index), causes.data.auditNumber) <= event.data.cancelledOn).toBe(true);
    }
    expect(cycle.asOf <= day).toBe(true);
  });
});

/** The day on which an audit's first package arrived, of those that were not refused: a later one can move its end date, and not this. */
function firstArrival(events: readonly CycleEvent[], auditNumber: string): string {
  const own = events.filter(({ data }) => 'auditNumber' in data && data.auditNumber === auditNumber);
  const arrivals = own.slice(own.findLastIndex(({ type }) => type === 'audit returned') + 1);
  return arrivals.flatMap((event) => (event.type === 'audit arrived' ? [event.data.arrivedOn] : []))[0] ?? '9999-12-31';
}

/** All that is decided by a cycle on a day. */
function decisionsOf(cycle: Cycle, today: string) {
  const assessor = trained('2018-02-01');
  const facts = { employer, employerId: employer.employerId, assessor, cycle, on: today, offers: [] };
  return {
    judged: cycle.certificates.map((each) => judgeCertificate(cycle, each, today)),
    why: explainCycle(cycle, today),
    asked: askedNext(cycle, today),
    refused: (['certification', 'maintenance'] as const).map((kind) => registrationRefusals({ ...facts, kind })),
    reminders: cycleReminders(cycle, today),
    risks: risksOf(cycle, employer, [assessor], today),
    nextCheckOn: [cycle.nextCheckOn, nextCycleCheck(cycle, today)],
    met: cycle.audits.flatMap(({ auditNumber }) => metBy(cycle, auditNumber, today) ?? []),
    lastPassedBy: lastPassedBy(cycle),
  };
}

/** What happened, without why an audit left. */
function toldOf({ events }: History) {
  return events.map((event) =>
    event.type === 'audit left' ? { ...event, data: { auditNumber: event.data.auditNumber } } : event,
  );
}

test('a cycle without the withdrawn audits that it gives up decides the same, then and later, and tells the same', () => {
  fc.assert(
    fc.property(withdrawingPlans, sweepDays, (plan, sweeps) => {
      const decided = (history: History) => {
        const decisions: unknown[] = [];
        const steps = new Set<number>();
        const decide = ({ cycle, events }: History, day: string) => {
          if (steps.has(events.length)) return;
          steps.add(events.length);
          decisions.push(decisionsOf(cycle, day));
        };
        carryOut(
          plan,
          (index, day, nextCheckOn = '9999-12-31') => nextCheckOn <= day && sweeps(index),
          decide,
          history,
        );
        const last = addDays(history.cycle.asOf, 400);
        return [...decisions, decisionsOf(history.cycle, last)];
      };
      const [own, all] = [new History(), new History('all')];
      expect(decided(own)).toEqual(decided(all));
      expect(toldOf(own)).toEqual(toldOf(all));
      expect(own.cycle.audits.length).toBeLessThan(all.cycle.audits.length);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['without a certificate', () => new History()],
  ['whose certificate is maintained by nothing', () => certified()],
])('audits that are registered, sent and withdrawn on one day leave nothing with an employer %s', (_, begin) => {
  const history = begin();
  const { length } = history.cycle.audits;
  let day = '2020-05-01';
  for (let round = 1; round <= 300; round += 1, day = addDays(day, 1)) {
    const number = `W${round}`;
    history.open(number, 'certification', day).arrive(number, day, addDays(day, -2)).withdraw(number, day);
    expect(history.cycle.audits).toHaveLength(length);
  }
  expect(history.types().filter((type) => type === 'audit left')).toHaveLength(300);
});

test.each([
  ['2020-06-05', '2020-09-15', '2020-09-10'],
  ['2020-06-30', '2020-07-01', '2020-07-01'],
])(
  'an audit that was at the desk from %s to %s stays: a package that arrived by its withdrawal counts, however late it is recorded',
  (arrivedOn, withdrawnOn, receivedOn) => {
    const history = certified()
      .open('W', 'certification', arrivedOn)
      .arrive('W', arrivedOn, '2020-06-01')
      .withdraw('W', withdrawnOn)
      .sweep('2021-01-15');
    expect(history.judged('2021-01-15').cancelled).toEqual({ on: withdrawnOn, dueOn: '2020-05-31' });
    history
      .open('M', 'maintenance', '2021-01-16', { receivedOn, endedOn: '2020-05-20' })
      .decide('M', 'passed', '2021-01-18');
    expect(history.states('2021-01-18')[0]).toBe('met');
    expect(history.judged('2021-01-18').standing).toBe('valid');
  },
);

test('an audit that was rejected on the day of its arrival stays: its rejection can be undone', () => {
  const history = certified()
    .open('W', 'certification', '2020-06-30')
    .arrive('W', '2020-06-30', '2020-06-01')
    .leave('W', '2020-06-30')
    .sweep('2020-07-02');
  expect(history.judged('2020-07-02').standing).toBe('cancelled');
  history.arrive('W', '2020-06-30', '2020-06-01');
  expect(history.judged('2020-07-02').standing).toBe('valid');
});

test('the register knows the standing of every certificate on each later day, and each change of it is told', () => {
  always(({ cycle, register }, day) => {
    expect([...register.values()]).toEqual(registeredCertificates(cycle));
    for (const certificate of registeredCertificates(cycle)) {
      const judged = cycle.certificates.find((each) => each.certificateNumber === certificate.certificateNumber);
      if (judged === undefined) throw new Error('The register has a certificate that the cycle does not have.');
      const end = endOfRegistered(certificate);
      for (const on of [day, addDays(end.on, -1), end.on]) {
        if (on < day) continue;
        const { standing } = judgeCertificate(cycle, judged, on);
        expect(registeredStanding(certificate, on)).toBe(standing);
        if (end.as === 'cancelled' || end.as === 'expired') expect(standing).toBe(on < end.on ? 'valid' : end.as);
        else expect(standing).toBe(end.as);
      }
    }
  });
});
