import fc from 'fast-check';
import { addDays, businessDate } from '../calendar.ts';
import type { CycleAudit } from './cycle.ts';
import { History, noon } from './history.fixture.ts';
import { employer, trained } from './people.fixture.ts';
import { risksOf } from './risks.ts';
import { checkCycle, recordRisks } from './steps.ts';

/** Something that may happen so many days after what happened before; it happens only where an audit is there for it. */
export type Step = {
  readonly days: number;
  readonly act:
    | 'register'
    | 'binder'
    | 'arrive'
    | 'damaged'
    | 'pass'
    | 'fail'
    | 'reject'
    | 'withdraw'
    | 'reopen'
    | 'undo'
    | 'pause';
  readonly kind: 'certification' | 'maintenance';
  /** Which of the audits that it can happen to. */
  readonly pick: number;
  /** Days from the audit's end to its arrival, and from its arrival to its reading. */
  readonly ended: number;
  readonly lag: number;
  readonly recordsMonths: number;
};

/** What happens to an employer, who may hold a certificate of an audit that ended on 2019-05-31, on these months of records. */
export type Plan = { readonly certified: 'no' | 12 | 6; readonly steps: readonly Step[] };

const step = fc.record({
  days: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 60 })),
  act: fc.constantFrom<Step['act'][]>(
    ...(['register', 'register', 'binder', 'arrive', 'arrive', 'arrive', 'damaged', 'pass', 'pass'] as const),
    ...(['pass', 'fail', 'reject', 'withdraw', 'reopen', 'undo', 'pause'] as const),
  ),
  kind: fc.constantFrom<Step['kind'][]>('certification', 'maintenance', 'maintenance'),
  pick: fc.nat(5),
  ended: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 60 })),
  lag: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 })),
  recordsMonths: fc.constantFrom(12, 12, 6),
});

/** Something by itself. */
const single = step.map((each) => [each]);

const certified = fc.constantFrom<Plan['certified'][]>('no', 12, 12, 6);

/** Plans from the spring in which the first maintenance audit is due, or the certificate of a year expires. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  certified,
  steps: fc.array(step, { minLength: 3, maxLength: 14 }),
});

/** An audit that is registered, sent and withdrawn, on one day or over some time, and perhaps something else before it is. */
const withdrawnRound = fc
  .record({
    about: step,
    meanwhile: fc.oneof(fc.constant([]), fc.array(step, { maxLength: 2 })),
    atDesk: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
  })
  .map(({ about, meanwhile, atDesk }): Step[] => [
    { ...about, act: about.lag > 0 ? 'binder' : 'register' },
    { ...about, days: 0, act: 'arrive' },
    ...meanwhile,
    { ...about, days: atDesk, act: 'withdraw' },
  ]);

/** A binder that is recorded long after its receipt. */
const lateBinder = fc.record({ about: step, lag: fc.integer({ min: 10, max: 200 }) }).map(({ about, lag }): Step[] => [
  { ...about, act: 'binder', lag },
  { ...about, days: 1, act: 'pass' },
]);

/** Years go by. */
const longPause = step.map((each): Step[] => [{ ...each, act: 'pause', days: each.ended * 10 }]);

/** An audit that is registered, sent and withdrawn on one day, while no other is open. */
const withdrawnAtOnce = step.map((about): Step[] => [
  { ...about, act: 'register' },
  { ...about, days: 0, lag: 0, act: 'arrive' },
  { ...about, days: 0, act: 'withdraw' },
]);

/** Plans over some years in which much is withdrawn; the first audit is, on the day of its arrival. */
export const withdrawingPlans: fc.Arbitrary<Plan> = fc.record({
  certified,
  steps: fc
    .tuple(
      withdrawnAtOnce,
      fc.array(fc.oneof(single, single, withdrawnRound, withdrawnRound, withdrawnRound, lateBinder, longPause), {
        minLength: 3,
        maxLength: 10,
      }),
    )
    .map(([first, rounds]) => [...first, ...rounds.flat()]),
});

const assessors = [trained('2018-02-01')];

/** What is at risk for the employer of a plan, by its cycle on a day. */
function risksOn(history: History, day: string) {
  return risksOf(history.cycle, employer, assessors, day);
}

function happen(history: History, step: Step, today: string, number: number): void {
  const { act, kind, pick, ended, recordsMonths } = step;
  const { audits } = history.cycle;
  const decidedBefore = (audit: CycleAudit) =>
    history.events.some((event) => event.type === 'audit decided' && event.data.auditNumber === audit.auditNumber);
  const one = (found: readonly CycleAudit[]) => found[pick % Math.max(1, found.length)];
  const open = audits.filter(({ outcome }) => outcome === undefined);
  const atDesk = open.filter(({ arrivedOn }) => arrivedOn !== undefined);
  const arrivedOn = ({ registeredOn }: CycleAudit) =>
    [addDays(today, -step.lag), registeredOn].toSorted().at(-1) ?? today;
  const arrive = (audit: CycleAudit | undefined, latest = today) => {
    if (audit === undefined) return;
    const on = [arrivedOn(audit), latest].toSorted()[0] ?? today;
    history.arrive(audit.auditNumber, on, addDays(on, -ended));
  };
  const auditNumber = `${kind === 'maintenance' ? 'M' : 'C'}${number}`;
  switch (act) {
    case 'register':
      if (!open.some((audit) => audit.kind === kind)) history.open(auditNumber, kind, today);
      break;
    case 'binder': {
      const receivedOn = addDays(today, -step.lag);
      const binder = { receivedOn, endedOn: addDays(receivedOn, -ended) };
      if (!open.some((audit) => audit.kind === kind)) history.open(auditNumber, kind, today, binder);
      break;
    }
    case 'arrive':
      arrive(one(open));
      break;
    case 'damaged': {
      const audit = one(atDesk.filter((each) => !decidedBefore(each)));
      if (audit !== undefined) history.damaged(audit.auditNumber, today);
      break;
    }
    case 'pass':
    case 'fail': {
      const audit = one(atDesk);
      if (audit !== undefined)
        history.decide(audit.auditNumber, act === 'pass' ? 'passed' : 'failed', today, { recordsMonths });
      break;
    }
    case 'reject':
    case 'withdraw': {
      const audit = one(open);
      if (audit !== undefined) history[act === 'reject' ? 'leave' : 'withdraw'](audit.auditNumber, today);
      break;
    }
    case 'reopen': {
      const audit = one(audits.filter(({ outcome }) => (outcome?.decision ?? 0) > 0));
      if (audit !== undefined) history.reopen(audit.auditNumber, today);
      break;
    }
    case 'undo': {
      // A rejection is undone by a package alone that had arrived before it.
      const rejected = ({ auditNumber, outcome }: CycleAudit) =>
        outcome?.result === 'left' && !history.withdrawn.has(auditNumber);
      const audit = one(audits.filter(rejected));
      if (audit?.outcome !== undefined) arrive(audit, businessDate(audit.outcome.at));
      break;
    }
    case 'pause':
      break;
  }
}

/** Whether a sweep runs, by the number of the day in the plan. */
export const sweepDays: fc.Arbitrary<(index: number) => boolean> = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 60 })
  .map((runs) => (index) => runs[index % runs.length] === true);

const firstDay = '2020-04-20';

/**
 * The history of a plan. Every day, what the plan has for it happens first; what it puts at risk is recorded with it; then the
 * sweep runs, when it is asked for on that day. Some days follow on which nothing happens any more.
 * @param sweeps whether it runs, by the number of the day, the day, and the one of the cycle's next check
 * @param seen is shown the history at the end of every day on which something happened or a sweep ran
 * @param history to which it is told: an empty one
 */
export function carryOut(
  plan: Plan,
  sweeps: (index: number, day: string, nextCheckOn: string | undefined) => boolean,
  seen: (history: History, day: string, swept: boolean) => void = () => undefined,
  history = new History(),
): History {
  if (plan.certified !== 'no') {
    const told = { recordsMonths: plan.certified };
    history.decided('C0', 'certification', { endedOn: '2019-05-31', on: '2019-06-10' }, 'passed', told);
  }
  const days = new Map<string, { step: Step; number: number }[]>();
  let day = firstDay;
  plan.steps.forEach((step, index) => {
    day = addDays(day, step.days);
    days.set(day, [...(days.get(day) ?? []), { step, number: index + 1 }]);
  });
  const lastDay = addDays(day, 45);
  day = firstDay;
  for (let index = 0; day <= lastDay; index += 1, day = addDays(day, 1)) {
    const steps = days.get(day) ?? [];
    for (const { step, number } of steps) {
      happen(history, step, day, number);
      const risks = recordRisks(history.cycle, risksOn(history, day), noon(day));
      if (risks !== undefined) history.take(risks);
    }
    const swept = sweeps(index, day, history.cycle.nextCheckOn);
    if (swept) history.take(checkCycle(history.cycle, risksOn(history, day), noon(day)));
    if (swept || steps.length > 0) seen(history, day, swept);
  }
  return history;
}
