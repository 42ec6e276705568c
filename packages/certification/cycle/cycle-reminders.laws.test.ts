import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Assessor,
  type AssessorChange,
  checkAssessor,
  newAssessor,
  recordCompletion,
  withdrawCompletion,
} from '../assessor/assessor.ts';
import type { AssessorEvent } from '../assessor/events.ts';
import { refresherTerm } from '../assessor/status.ts';
import { addDays } from '../calendar.ts';
import { courses } from '../course/catalogue.ts';
import { isRefusal } from '../refusal.ts';
import type { SentMilestone } from '../reminders/milestone.ts';
import { currentCertificate } from './cycle.ts';
import { type History, noon } from './history.fixture.ts';
import { judgeCertificate } from './obligation.ts';
import { carryOut, plans, sweepDays } from './plan.fixture.ts';

const everyDay = () => true;

/** What letters are written from: the reminders of a history. */
function reminders({ events }: History): string[] {
  return events.flatMap((event) =>
    event.type === 'reminder due' ? [`${event.data.kind} ${event.data.dueOn} ${event.data.milestone}`] : [],
  );
}

/** A plan with sweeps on some days, and what daily sweeps record of it: in all, and up to the end of each day. */
function besideDaily(
  law: (some: readonly string[], daily: readonly string[]) => void,
  each: (history: History, day: string, sentDaily: readonly SentMilestone[]) => void,
): void {
  fc.assert(
    fc.property(plans, sweepDays, (plan, sweeps) => {
      const sentDaily = new Map<string, readonly SentMilestone[]>();
      const daily = carryOut(plan, everyDay, ({ cycle }, day) => sentDaily.set(day, cycle.sent));
      const some = carryOut(plan, sweeps, (history, day, swept) => {
        if (swept) each(history, day, sentDaily.get(day) ?? []);
      });
      law(reminders(some), reminders(daily));
    }),
    { numRuns: 40 },
  );
}

test('no reminder of a cycle is recorded twice, and none that daily sweeps would not have recorded', () => {
  besideDaily(
    (some, daily) => {
      for (const recorded of [daily, some]) expect(new Set(recorded).size).toBe(recorded.length);
      expect(some.filter((reminder) => !daily.includes(reminder))).toEqual([]);
    },
    () => undefined,
  );
});

// A subject that is neither open nor overdue at the last sweep may differ: only daily sweeps send a milestone that passed before.
test('after a sweep each subject that is open or overdue has the newest reminder that daily sweeps had given it by then', () => {
  besideDaily(
    () => undefined,
    ({ cycle }, day, sentDaily) => {
      const certificate = currentCertificate(cycle);
      const obligations = certificate === undefined ? [] : judgeCertificate(cycle, certificate, day).obligations;
      for (const { kind, dueOn, state } of obligations) {
        if (state !== 'open' && state !== 'overdue') continue;
        const own = (each: SentMilestone) =>
          each.kind === (kind === 'maintenance' ? kind : 'expiry') && each.dueOn === dueOn;
        expect(cycle.sent.filter(own)).toEqual(sentDaily.filter(own));
      }
    },
  );
});

test('a sweep only on the days of its next check records exactly what daily sweeps record', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const daily = carryOut(plan, everyDay);
      const checked = carryOut(plan, (_, day, nextCheckOn) => nextCheckOn !== undefined && nextCheckOn <= day);
      expect(checked.events).toEqual(daily.events);
    }),
    { numRuns: 40 },
  );
});

test('after a sweep nothing more is due on its day: the next check is on a later one', () => {
  fc.assert(
    fc.property(plans, sweepDays, (plan, sweeps) => {
      carryOut(plan, sweeps, ({ cycle: { nextCheckOn } }, day, swept) => {
        if (swept && nextCheckOn !== undefined) expect(nextCheckOn > day).toBe(true);
      });
    }),
    { numRuns: 40 },
  );
});

const administrator = { role: 'administrator', personId: 'x1' } as const;
const initial = { courseId: 'safety-program-development', completedOn: '2016-04-30' };
const courseSteps = fc.array(
  fc.record({
    days: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 400 })),
    ago: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_200 })),
    courseId: fc.constantFrom(...courses.map(({ courseId }) => courseId)),
    act: fc.constantFrom('complete', 'withdraw'),
  }),
  { maxLength: 8 },
);

/**
 * An assessor's events, with sweeps on the days that are asked for, after what happened on them.
 * @param seen is shown the assessor at the end of every day
 */
function assessorsEvents(
  steps: readonly { days: number; ago: number; courseId: string; act: string }[],
  sweeps: (index: number, day: string, nextCheckOn: string | undefined) => boolean,
  seen: (assessor: Assessor, day: string, swept: boolean) => void = () => undefined,
): AssessorEvent[] {
  const events: AssessorEvent[] = [];
  const first = '2019-02-01';
  const given = { assessorId: 'a1', name: 'Ana', email: 'a@example.com', actsFor: ['e1'], completions: [initial] };
  const added = newAssessor(given, administrator, noon(first));
  if (isRefusal(added)) throw new Error(added.message);
  let { assessor } = added;
  const take = (change: AssessorChange) => {
    assessor = change.assessor;
    events.push(...change.events);
  };
  let day = first;
  let index = 0;
  for (const { days, ago, courseId, act } of [...steps, { days: 200, ago: 0, courseId: '', act: 'nothing' }]) {
    for (const until = addDays(day, days); day < until; day = addDays(day, 1), index += 1) {
      const swept = sweeps(index, day, assessor.nextCheckOn);
      if (swept) take(checkAssessor(assessor, noon(day)));
      seen(assessor, day, swept);
    }
    const [last] = assessor.completions.slice(-1);
    const change =
      act === 'complete'
        ? recordCompletion(assessor, { courseId, completedOn: addDays(day, -ago) }, administrator, noon(day))
        : act === 'withdraw' && last !== undefined
          ? withdrawCompletion(assessor, last, administrator, noon(day))
          : undefined;
    if (change !== undefined && !isRefusal(change)) take(change);
  }
  return events;
}

test('an assessor who is looked at only on the days on which they have a due check is reminded exactly as with daily sweeps', () => {
  fc.assert(
    fc.property(courseSteps, (steps) => {
      const daily = assessorsEvents(steps, everyDay);
      expect(assessorsEvents(steps, (_, day, nextCheckOn) => nextCheckOn !== undefined && nextCheckOn <= day)).toEqual(
        daily,
      );
    }),
    { numRuns: 40 },
  );
});

test('no reminder of a refresher is recorded twice, and none that daily sweeps would not have recorded', () => {
  const told = (events: readonly AssessorEvent[]) =>
    events.flatMap((event) => (event.type === 'reminder due' ? [`${event.data.dueOn} ${event.data.milestone}`] : []));
  fc.assert(
    fc.property(courseSteps, sweepDays, (steps, sweeps) => {
      const daily = told(assessorsEvents(steps, everyDay));
      const some = told(assessorsEvents(steps, sweeps));
      for (const recorded of [daily, some]) expect(new Set(recorded).size).toBe(recorded.length);
      expect(some.filter((reminder) => !daily.includes(reminder))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('after a sweep the term of an assessor has the newest reminder that daily sweeps had given it by then', () => {
  const ownOf = ({ completions, sent }: Assessor, day: string) => {
    const dueOn = refresherTerm(completions, day)?.dueOn;
    return sent.filter((each) => each.dueOn === dueOn);
  };
  fc.assert(
    fc.property(courseSteps, sweepDays, (steps, sweeps) => {
      const daily = new Map<string, readonly SentMilestone[]>();
      assessorsEvents(steps, everyDay, (assessor, day) => daily.set(day, ownOf(assessor, day)));
      assessorsEvents(steps, sweeps, (assessor, day, swept) => {
        if (swept) expect(ownOf(assessor, day), day).toEqual(daily.get(day));
      });
    }),
    { numRuns: 40 },
  );
});
