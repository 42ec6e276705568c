import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, addYears } from '../calendar.ts';
import { type Completion, courseById, courses, refresherCourses } from '../course/catalogue.ts';
import { type AssessorStatus, assessorStatus, type CourseOffer, refresherTerm, statusRefusal } from './status.ts';

const initial = (completedOn: string): Completion => ({ courseId: 'safety-program-development', completedOn });
const refresher = (completedOn: string): Completion => ({ courseId: 'hazard-management', completedOn });

describe("an assessor's status", () => {
  test('holds for three years from the initial training, through its last day [N]', () => {
    const completions = [initial('2019-05-31')];
    const status = { through: '2022-05-31', restsOn: completions[0], ruleSet: 'rules-2015' };
    expect(assessorStatus(completions, '2019-05-31')).toEqual({ holds: true, ...status });
    expect(assessorStatus(completions, '2022-05-31')).toEqual({ holds: true, ...status });
    expect(assessorStatus(completions, '2022-06-01')).toEqual({ holds: false, reason: 'ended', ...status });
  });

  test('is renewed by the latest refresher, under the rule set of its day', () => {
    const completions = [refresher('2023-01-10'), initial('2018-02-01'), refresher('2020-12-01')];
    expect(assessorStatus(completions, '2021-01-01')).toMatchObject({ through: '2023-12-01', ruleSet: 'rules-2020' });
    expect(assessorStatus(completions, '2023-01-10')).toMatchObject({
      through: '2026-01-10',
      restsOn: refresher('2023-01-10'),
    });
  });

  test('that had ended is given anew by a refresher', () => {
    const completions = [initial('2015-03-01'), refresher('2024-03-01')];
    expect(assessorStatus(completions, '2024-02-29')).toMatchObject({ holds: false, through: '2018-03-01' });
    expect(assessorStatus(completions, '2024-03-01')).toMatchObject({ holds: true, through: '2027-03-01' });
  });

  test('is none without the initial training, or before it [N]', () => {
    const none: AssessorStatus = { holds: false, reason: 'never trained' };
    expect(assessorStatus([], '2026-11-23')).toEqual(none);
    expect(assessorStatus([refresher('2026-01-10')], '2026-11-23')).toEqual(none);
    expect(assessorStatus([refresher('2026-01-10'), initial('2026-11-24')], '2026-11-23')).toEqual(none);
  });

  test('rests on the initial training when that came after a refresher', () => {
    expect(assessorStatus([initial('2026-01-10'), refresher('2025-12-01')], '2026-02-01')).toMatchObject({
      through: '2029-01-10',
    });
  });

  test('of 29 February holds through 28 February', () => {
    expect(assessorStatus([initial('2024-02-29')], '2027-02-28')).toMatchObject({ holds: true, through: '2027-02-28' });
    expect(assessorStatus([initial('2024-02-29')], '2027-03-01')).toMatchObject({ holds: false });
  });

  test('of training that is older than the rule sets is judged by the first of them [A]', () => {
    expect(assessorStatus([initial('2009-05-31')], '2026-11-23')).toEqual({
      holds: false,
      reason: 'ended',
      through: '2012-05-31',
      restsOn: initial('2009-05-31'),
      ruleSet: 'rules-2015',
    });
  });

  test('does not follow from a course that the catalogue does not have', () => {
    const other = { courseId: 'first-aid', completedOn: '2026-01-10' };
    expect(assessorStatus([initial('2019-05-31'), other], '2026-11-23')).toMatchObject({ through: '2022-05-31' });
  });
});

describe('laws of the status', () => {
  const days = fc.integer({ min: 0, max: 6_000 }).map((later) => addDays('2012-01-01', later));
  const completion = fc.record({
    courseId: fc.constantFrom(...courses.map(({ courseId }) => courseId)),
    completedOn: days,
  });
  const completions = fc.array(completion, { maxLength: 8 });
  const through = (status: AssessorStatus) => ('through' in status ? status.through : '');

  test('a further completion never makes it end earlier', () => {
    fc.assert(
      fc.property(completions, completion, days, (before, further, on) => {
        const [was, is] = [assessorStatus(before, on), assessorStatus([...before, further], on)];
        expect(through(is) >= through(was)).toBe(true);
        if (was.holds) expect(is.holds).toBe(true);
      }),
    );
  });

  test('what is completed after a day does not matter on it, nor does the order of what is on record', () => {
    fc.assert(
      fc.property(completions, days, (all, on) => {
        const status = assessorStatus(all, on);
        expect(assessorStatus(all.toReversed(), on)).toEqual(status);
        const known = all.filter(({ completedOn }) => completedOn <= on);
        expect(assessorStatus(known, on)).toEqual(status);
      }),
    );
  });

  test('it holds exactly when the initial training is there and the latest course is no more than three years old [N]', () => {
    fc.assert(
      fc.property(completions, days, (all, on) => {
        const known = all.filter(({ completedOn }) => completedOn <= on);
        const trained = known.some(({ courseId }) => courseById(courseId)?.use === 'initial');
        const fresh = known.some(({ completedOn }) => addYears(completedOn, 3) >= on);
        expect(assessorStatus(all, on).holds).toBe(trained && fresh);
      }),
    );
  });

  test('as days go by without a course it ends once, the day after its last, and its reminders stay about one term', () => {
    fc.assert(
      fc.property(completions, days, fc.nat(2_000), (all, on, later) => {
        const known = all.filter(({ completedOn }) => completedOn <= on);
        const [now, then] = [assessorStatus(known, on), assessorStatus(known, addDays(on, later))];
        expect(through(then)).toBe(through(now));
        if (now.holds) expect(then.holds).toBe(addDays(on, later) <= now.through);
        expect(refresherTerm(known, on)).toEqual(refresherTerm(known, addDays(on, later)));
      }),
    );
  });

  test('there is a refusal exactly when it does not hold', () => {
    fc.assert(
      fc.property(completions, days, (all, on) => {
        expect(statusRefusal(all, on, []) === undefined).toBe(assessorStatus(all, on).holds);
      }),
    );
  });
});

test('the term of refresher reminders is due when the status ends, whether it has ended or not', () => {
  const completions = [initial('2019-05-31')];
  const term = { dueOn: '2022-05-31', restsOn: completions[0] };
  expect(refresherTerm(completions, '2020-01-01')).toEqual(term);
  expect(refresherTerm(completions, '2026-01-01')).toEqual(term);
  expect(refresherTerm([refresher('2019-05-31')], '2026-01-01')).toBeUndefined();
});

describe('the refusal', () => {
  const offer = (courseId: string, ...sessions: [date: string, placesLeft: number][]): CourseOffer[] => {
    const course = courseById(courseId);
    if (course === undefined) return [];
    return [
      {
        course,
        sessions: sessions.map(([date, placesLeft], index) => ({
          sessionId: `s${index}`,
          startsAt: { date, time: '09:00' },
          placesLeft,
        })),
      },
    ];
  };

  test('of a status that has ended names the day and all that would renew it', () => {
    const offers = [
      ...offer('hazard-management', ['2022-07-20', 3], ['2022-07-05', 1], ['2022-06-12', 0], ['2022-06-01', 5]),
      ...offer('oilfield-driver-awareness', ['2022-06-20', 0]),
      ...offer('incident-and-accident-investigation', ['2022-06-10', 1]),
      ...offer('safety-program-development', ['2022-06-30', 9]),
    ];
    const refusal = statusRefusal([initial('2019-05-31')], '2022-06-10', offers);
    expect(refusal).toEqual({
      refused: 'status-ended',
      message:
        'The assessor status was valid through 2022-05-31; by 2022-06-10 it had ended. Any of these courses renews it: ' +
        'Hazard Management (classroom; next sessions on 2022-07-05 at 09:00, 2022-07-20 at 09:00); ' +
        'Incident and Accident Investigation (classroom; next session on 2022-06-10 at 09:00); ' +
        'Oilfield Driver Awareness (classroom; no session with a free place is scheduled, ask the certifying partner for one); ' +
        'Understanding our Canadian Model (online, at your own pace); ' +
        'Health and Safety Committees and Representatives (online, at your own pace). ' +
        'If one has been completed since, ask the certifying partner to record it.',
      values: {
        through: '2022-05-31',
        on: '2022-06-10',
        courses:
          'hazard-management, incident-and-accident-investigation, oilfield-driver-awareness, understanding-our-canadian-model, health-and-safety-committees-and-representatives',
        sessions:
          'hazard-management 2022-07-05 09:00, hazard-management 2022-07-20 09:00, incident-and-accident-investigation 2022-06-10 09:00',
      },
    });
  });

  test('names every refresher even when nothing is offered, and no more than three sessions of each', () => {
    const many = offer('hazard-management', ['2022-07-04', 1], ['2022-07-03', 1], ['2022-07-02', 1], ['2022-07-01', 1]);
    const message = statusRefusal([initial('2019-05-31')], '2022-06-10', many)?.message;
    for (const { title } of refresherCourses) expect(message).toContain(title);
    expect(message).toContain('on 2022-07-01 at 09:00, 2022-07-02 at 09:00, 2022-07-03 at 09:00)');
  });

  test('of somebody never trained names the initial course', () => {
    const offers = offer('safety-program-development', ['2022-06-30', 9]);
    expect(statusRefusal([refresher('2022-01-01')], '2022-06-10', offers)).toEqual({
      refused: 'never-trained',
      message:
        'There is no initial training on record that was completed on or before 2022-06-10, so there is no assessor status on that day. ' +
        'This course gives it: Safety Program Development (classroom; next session on 2022-06-30 at 09:00). ' +
        'If it has been completed, ask the certifying partner to record it.',
      values: {
        on: '2022-06-10',
        courses: 'safety-program-development',
        sessions: 'safety-program-development 2022-06-30 09:00',
      },
    });
  });

  test('does not come while the status holds', () => {
    expect(statusRefusal([initial('2019-05-31')], '2022-05-31', [])).toBeUndefined();
  });
});
