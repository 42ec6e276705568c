import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '../calendar.ts';
import { type Completion, courses } from '../course/catalogue.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import {
  type Assessor,
  type AssessorChange,
  changeAssessor,
  mailFailed,
  newAssessor,
  recordCompletion,
  withdrawCompletion,
} from './assessor.ts';
import { assessorStatus } from './status.ts';

const at = '2026-11-23T18:00:00.000Z';
const administrator = { role: 'administrator', personId: 'x1' } as const;
const initial: Completion = { courseId: 'safety-program-development', completedOn: '2024-02-29' };
const refresher: Completion = { courseId: 'hazard-management', completedOn: '2026-11-20', sessionId: 's1' };
const given = {
  assessorId: 'a1',
  name: 'Ana Assessor',
  email: 'ana@example.com',
  actsFor: ['e1', 'e2'],
  completions: [initial],
};

function done(change: AssessorChange | Refusal | undefined): Assessor {
  if (change === undefined) throw new Error('nothing changed');
  if (isRefusal(change)) throw new Error(change.message);
  return change.assessor;
}

const ana = done(newAssessor(given, administrator, at));

describe('a new assessor', () => {
  test('has one event, which tells the employers and neither name nor address', () => {
    expect(newAssessor(given, administrator, at)).toMatchObject({
      assessor: { ...given, version: 1, events: 1, sent: [] },
      events: [
        {
          subject: 'assessor#a1',
          number: 1,
          at,
          by: administrator,
          type: 'assessor added',
          data: { actsFor: ['e1', 'e2'] },
        },
      ],
    });
  });

  test('has each employer and each completion once, the completions by their days', () => {
    const twice = { ...given, actsFor: ['e2', 'e1', 'e2'], completions: [refresher, initial, refresher] };
    const { actsFor, completions, events } = done(newAssessor(twice, administrator, at));
    expect(actsFor).toEqual(['e2', 'e1']);
    expect(completions).toEqual([initial, refresher]);
    expect(events).toBe(1);
  });

  test('is refused with a completion that can not be', () => {
    const ahead = { ...given, completions: [initial, { ...refresher, completedOn: '2026-11-24' }] };
    expect(newAssessor(ahead, administrator, at)).toMatchObject({ refused: 'day-ahead' });
  });
});

describe('changing an assessor', () => {
  test('tells what changed, and which employers came and went', () => {
    const change = changeAssessor(ana, { name: 'Ana Other', actsFor: ['e3', 'e2'] }, administrator, at);
    expect(change).toMatchObject({
      assessor: { name: 'Ana Other', email: 'ana@example.com', actsFor: ['e3', 'e2'], version: 2, events: 2 },
      events: [
        {
          number: 2,
          type: 'assessor changed',
          data: { changed: ['name', 'employers'], actsFor: { added: ['e3'], removed: ['e1'] } },
        },
      ],
    });
    expect(JSON.stringify(change?.events)).not.toContain('Ana');
  });

  test('is none when what is given is so already, whatever the order of the employers', () => {
    expect(changeAssessor(ana, {}, administrator, at)).toBeUndefined();
    const same = { name: ana.name, email: ana.email, actsFor: ['e2', 'e1'] };
    expect(changeAssessor(ana, same, administrator, at)).toBeUndefined();
  });

  test('to another address makes mail go out again; another name does not', () => {
    const unreached = done(mailFailed(ana, 'bounced', at));
    expect(done(changeAssessor(unreached, { name: 'Ana Other' }, administrator, at)).undeliverableSince).toBe(at);
    const reached = done(changeAssessor(unreached, { email: 'ana@example.org' }, administrator, at));
    expect(reached).not.toHaveProperty('undeliverableSince');
    expect(reached.email).toBe('ana@example.org');
  });
});

describe('a completion', () => {
  test('is recorded with the day through which the status holds now', () => {
    const change = recordCompletion(ana, refresher, administrator, at);
    expect(change).toMatchObject({
      assessor: { completions: [initial, refresher], version: 2, events: 2 },
      events: [{ type: 'course completed', data: { ...refresher, through: '2029-11-20' } }],
    });
  });

  test('that is older than the latest leaves the status as it is', () => {
    const change = recordCompletion(ana, { ...refresher, completedOn: '2023-01-10' }, administrator, at);
    expect(change).toMatchObject({ events: [{ data: { through: '2027-02-28' } }] });
    expect(done(change).completions.map(({ completedOn }) => completedOn)).toEqual(['2023-01-10', '2024-02-29']);
  });

  test('of a refresher gives no status without the initial training', () => {
    const untrained = done(newAssessor({ ...given, completions: [] }, administrator, at));
    const change = recordCompletion(untrained, refresher, administrator, at);
    expect(change).toMatchObject({ events: [{ type: 'course completed', data: refresher }] });
    expect(JSON.stringify(change)).not.toContain('through');
  });

  test('that is on record already changes nothing; another session of that day does', () => {
    const recorded = done(recordCompletion(ana, refresher, administrator, at));
    expect(recordCompletion(recorded, { ...refresher }, administrator, at)).toBeUndefined();
    const again = done(recordCompletion(recorded, { ...refresher, sessionId: 's2' }, administrator, at));
    expect(done(withdrawCompletion(again, refresher, administrator, at)).completions).toEqual([
      initial,
      { ...refresher, sessionId: 's2' },
    ]);
  });

  test.each([
    ['of a course that there is not', { courseId: 'first-aid' }, 'no-course', 'hazard-management'],
    ['of a day of no calendar', { completedOn: '2026-02-30' }, 'no-date', '2026-02-30'],
    ['of a day that is ahead in Edmonton', { completedOn: '2026-11-24' }, 'day-ahead', 'in Alberta it is 2026-11-23'],
  ])('%s is refused', (_, wrong, refused, words) => {
    const evening = '2026-11-24T05:59:59.999Z';
    expect(recordCompletion(ana, { ...refresher, ...wrong }, administrator, evening)).toMatchObject({
      refused,
      message: expect.stringContaining(words),
    });
  });

  test('that is withdrawn is as if it had never been; one that is not on record changes nothing', () => {
    const recorded = done(recordCompletion(ana, refresher, administrator, at));
    const change = withdrawCompletion(recorded, refresher, administrator, at);
    expect(change).toMatchObject({
      assessor: { completions: [initial], version: 3, events: 3 },
      events: [{ type: 'completion withdrawn', data: refresher }],
    });
    expect(withdrawCompletion(ana, refresher, administrator, at)).toBeUndefined();
  });
});

describe('mail that does not reach an assessor', () => {
  test('is recorded once, by the system', () => {
    const change = mailFailed(ana, 'complained', at);
    expect(change).toMatchObject({
      assessor: { undeliverableSince: at, version: 2 },
      events: [{ type: 'mail failed', by: { role: 'system' }, data: { reason: 'complained' } }],
    });
    expect(mailFailed(done(change), 'bounced', '2026-11-24T18:00:00.000Z')).toBeUndefined();
  });
});

test('whatever is recorded and withdrawn, the list has each once by its day, the history has no gap, and the last event tells the status', () => {
  const completion = fc.record({
    courseId: fc.constantFrom(...courses.map(({ courseId }) => courseId)),
    completedOn: fc.integer({ min: -4_000, max: 1 }).map((days) => addDays('2026-11-23', days)),
  });
  const step = fc.record({ completion, withdrawn: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let assessor = done(newAssessor({ ...given, completions: [] }, administrator, at));
      for (const { completion: each, withdrawn } of steps) {
        const change = withdrawn
          ? withdrawCompletion(assessor, assessor.completions[0] ?? each, administrator, at)
          : recordCompletion(assessor, each, administrator, at);
        if (change === undefined) continue;
        if (isRefusal(change)) {
          expect(each.completedOn).toBe('2026-11-24');
          continue;
        }
        expect(change.assessor).toMatchObject({ version: assessor.version + 1, events: assessor.events + 1 });
        expect(change.events.map(({ number }) => number)).toEqual([assessor.events + 1]);
        assessor = change.assessor;
        const days = assessor.completions.map(({ completedOn }) => completedOn);
        expect(days).toEqual(days.toSorted());
        expect(new Set(assessor.completions.map((one) => JSON.stringify(one))).size).toBe(days.length);
        const [event] = change.events;
        if (event?.type !== 'course completed') continue;
        const status = assessorStatus(assessor.completions, '2026-11-23');
        expect(event.data.through).toBe('through' in status ? status.through : undefined);
      }
    }),
  );
});
