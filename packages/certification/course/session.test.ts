import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { SessionEvent } from './events.ts';
import {
  type CourseSession,
  cancelEnrolment,
  cancelSession,
  changeSession,
  enrol,
  isEnrolmentTold,
  markAttendance,
  placesLeft,
  type SessionChange,
  scheduleSession,
  toldOfSession,
} from './session.ts';

const at = '2026-11-02T18:00:00.000Z';
const administrator = { role: 'administrator', personId: 'x1' } as const;
const assessor = { role: 'assessor', personId: 'a1' } as const;
const planned = {
  sessionId: 's1',
  courseId: 'hazard-management',
  date: '2026-11-23',
  time: '09:00',
  instructor: 'Robin Poole',
  places: 2,
  link: 'https://meet.example.com/hazards',
};
// 09:00 in Edmonton, which stays at UTC−6 from November 2026.
const start = '2026-11-23T15:00:00.000Z';

function done(change: SessionChange | Refusal | undefined): CourseSession {
  if (change === undefined) throw new Error('Nothing changed.');
  if (isRefusal(change)) throw new Error(change.message);
  return change.session;
}

const scheduled = done(scheduleSession(planned, administrator, at));
const enrolled = done(enrol(scheduled, 'a1', assessor, at));
const full = done(enrol(enrolled, 'a2', administrator, at));

describe('scheduling a session', () => {
  test('tells the course, the day and time and the places, and not who teaches', () => {
    expect(scheduleSession(planned, administrator, at)).toEqual({
      session: { ...planned, version: 1, events: 1, enrolments: [] },
      events: [
        {
          subject: 'session#s1',
          number: 1,
          at,
          by: administrator,
          type: 'session scheduled',
          data: { courseId: 'hazard-management', date: '2026-11-23', time: '09:00', places: 2 },
        },
      ],
    });
    expect(placesLeft(scheduled)).toBe(2);
  });

  test.each([
    ['a course that there is not', { courseId: 'first-aid' }, 'no-course-to-schedule', 'hazard-management'],
    ['an online course', { courseId: 'understanding-our-canadian-model' }, 'no-classroom-course', 'no sessions'],
    ['a day of no calendar', { date: '2026-11-31' }, 'no-date', '2026-11-31'],
    ['a day that has passed', { date: '2026-11-01' }, 'day-passed', '2026-11-02'],
    ['no time of day', { time: '24:00' }, 'no-time', '24:00'],
    ['no places', { places: 0 }, 'places-out-of-range', '1 to 500'],
    ['too many places', { places: 501 }, 'places-out-of-range', '1 to 500'],
    ['a part of a place', { places: 1.5 }, 'places-out-of-range', '1.5'],
    ['neither a place nor a link', { link: undefined }, 'no-place', 'Give one of the two'],
  ])('of %s is refused, with the remedy', (_, wrong, refused, words) => {
    const { link, ...rest } = planned;
    const plan = 'link' in wrong ? rest : { ...rest, link, ...wrong };
    const change = scheduleSession(plan, administrator, at);
    expect(change).toMatchObject({ refused, message: expect.stringContaining(words) });
  });

  test('for the same day is possible, by the day in Edmonton', () => {
    const evening = '2026-11-03T05:59:00.000Z';
    expect(done(scheduleSession({ ...planned, date: '2026-11-02' }, administrator, evening)).date).toBe('2026-11-02');
  });
});

describe('enrolling', () => {
  test('takes a place, under the id of the assessor only', () => {
    const change = enrol(scheduled, 'a1', assessor, at);
    expect(change).toMatchObject({
      session: { version: 2, events: 2, enrolments: [{ assessorId: 'a1', enrolledAt: at, state: 'enrolled' }] },
      events: [{ subject: 'session#s1', number: 2, type: 'assessor enrolled', data: { assessorId: 'a1' } }],
    });
    expect(placesLeft(done(change))).toBe(1);
  });

  test('is refused when all places are taken, and to who has one', () => {
    expect(enrol(full, 'a3', administrator, at)).toMatchObject({
      refused: 'session-full',
      message: expect.stringContaining('Hazard Management on 2026-11-23 at 09:00'),
    });
    expect(enrol(full, 'a1', assessor, at)).toMatchObject({ refused: 'already-enrolled' });
  });

  test.each([
    ['the minute before it begins', '2026-11-23T14:59:59.999Z', true],
    ['when it begins', start, false],
    ['later that day', '2026-11-23T20:00:00.000Z', false],
    ['early the next day', '2026-11-24T07:00:00.000Z', false],
    ['late on the day before', '2026-11-23T05:59:00.000Z', true],
  ])('%s (%s) is possible: %s', (_, when, possible) => {
    const change = enrol(scheduled, 'a1', assessor, when);
    if (possible) expect(done(change).enrolments).toHaveLength(1);
    else expect(change).toMatchObject({ refused: 'session-begun' });
  });

  test('goes by the time in Edmonton, which was at UTC−7 in the winter of 2025', () => {
    const then = '2025-11-24T18:00:00.000Z';
    const winter = done(scheduleSession({ ...planned, date: '2025-12-11' }, administrator, then));
    expect(isRefusal(enrol(winter, 'a1', assessor, '2025-12-11T15:59:00.000Z'))).toBe(false);
    expect(isRefusal(enrol(winter, 'a1', assessor, '2025-12-11T16:00:00.000Z'))).toBe(true);
  });
});

describe('cancelling an enrolment', () => {
  test('gives the place back, to the next one or to the same', () => {
    const cancelled = done(cancelEnrolment(full, 'a1', assessor, at));
    expect(placesLeft(cancelled)).toBe(1);
    expect(placesLeft(done(enrol(cancelled, 'a3', administrator, at)))).toBe(0);
    const later = '2026-11-05T18:00:00.000Z';
    expect(done(enrol(cancelled, 'a1', assessor, later)).enrolments).toEqual([
      { assessorId: 'a1', enrolledAt: later, state: 'enrolled' },
      { assessorId: 'a2', enrolledAt: at, state: 'enrolled' },
    ]);
  });

  test('is refused to who has no place, and once attendance is marked', () => {
    expect(cancelEnrolment(enrolled, 'a2', administrator, at)).toMatchObject({ refused: 'not-enrolled' });
    const cancelled = done(cancelEnrolment(enrolled, 'a1', assessor, at));
    expect(cancelEnrolment(cancelled, 'a1', assessor, at)).toMatchObject({ refused: 'not-enrolled' });
    for (const attended of [true, false]) {
      const marked = done(markAttendance(enrolled, 'a1', attended, administrator, start));
      expect(cancelEnrolment(marked, 'a1', assessor, start)).toMatchObject({
        refused: 'attendance-marked',
        message: expect.stringContaining(attended ? 'marked as attended' : 'marked as absent'),
      });
    }
  });
});

describe('marking attendance', () => {
  test("tells the course and the session's day, on which it was completed", () => {
    expect(markAttendance(enrolled, 'a1', true, administrator, '2026-11-25T18:00:00.000Z')).toMatchObject({
      session: { enrolments: [{ assessorId: 'a1', enrolledAt: at, state: 'attended' }] },
      events: [
        {
          type: 'attendance marked',
          data: { assessorId: 'a1', attended: true, courseId: 'hazard-management', completedOn: '2026-11-23' },
        },
      ],
    });
  });

  test('can be corrected either way, and not repeated; who was absent had the place', () => {
    const absent = done(markAttendance(full, 'a1', false, administrator, start));
    expect(placesLeft(absent)).toBe(0);
    expect(markAttendance(absent, 'a1', false, administrator, start)).toMatchObject({ refused: 'marked-already' });
    const attended = done(markAttendance(absent, 'a1', true, administrator, start));
    expect(attended.enrolments[0]?.state).toBe('attended');
    expect(done(markAttendance(attended, 'a1', false, administrator, start)).enrolments[0]?.state).toBe('absent');
  });

  test('is refused before the session has begun, and of who has no place', () => {
    expect(markAttendance(enrolled, 'a1', true, administrator, '2026-11-23T14:59:59.999Z')).toMatchObject({
      refused: 'session-ahead',
      message: expect.stringContaining('Mark it on 2026-11-23, from 09:00'),
    });
    expect(isRefusal(markAttendance(enrolled, 'a1', true, administrator, start))).toBe(false);
    expect(markAttendance(enrolled, 'a2', true, administrator, start)).toMatchObject({ refused: 'not-enrolled' });
    const cancelled = done(cancelEnrolment(enrolled, 'a1', assessor, at));
    expect(markAttendance(cancelled, 'a1', true, administrator, start)).toMatchObject({ refused: 'not-enrolled' });
  });
});

const { sessionId: _sessionId, courseId: _courseId, ...plan } = planned;

describe('changing a session', () => {
  const moved = { ...plan, date: '2026-11-25', time: '13:30' };

  test('moves it, and tells when it was to begin and when it begins; who has a place keeps it', () => {
    expect(changeSession(full, moved, administrator, at)).toMatchObject({
      session: { ...full, ...moved, version: 4, events: 4 },
      events: [
        {
          type: 'session changed',
          data: {
            changed: ['date', 'time'],
            from: { date: '2026-11-23', time: '09:00' },
            to: { date: '2026-11-25', time: '13:30' },
          },
        },
      ],
    });
  });

  test('replaces where it is held, and tells of instructor, place and link only that they changed', () => {
    const { link: _, ...without } = plan;
    const change = changeSession(full, { ...without, place: 'Room 4', instructor: 'Ines' }, administrator, at);
    if (change === undefined || isRefusal(change)) throw new Error('It was not changed.');
    expect(change.session).not.toHaveProperty('link');
    expect(change.session).toMatchObject({ place: 'Room 4', instructor: 'Ines' });
    expect(change.events[0]?.data).toMatchObject({ changed: ['instructor', 'place', 'link'] });
    expect(JSON.stringify(change.events)).not.toContain('Ines');
  });

  test('that changes nothing is none', () => {
    expect(changeSession(full, plan, administrator, at)).toBeUndefined();
  });

  test.each([
    ['below the places that are taken', { places: 1 }, at, 'places-taken', '2 places are taken'],
    ['into the past', { date: '2026-11-01' }, at, 'day-passed', '2026-11-02'],
    ['into the past of today', { date: '2026-11-02', time: '10:59' }, at, 'time-passed', 'in Alberta it is 2026-11-02'],
    ['once it has begun', moved, start, 'too-late-to-change-session', 'it has begun'],
    ['to no time', { time: '24:00' }, at, 'no-time', '24:00'],
  ] as const)('%s is refused', (_, wrong, when, refused, words) => {
    expect(changeSession(full, { ...plan, ...wrong }, administrator, when)).toMatchObject({
      refused,
      message: expect.stringContaining(words),
    });
  });

  test('to the places that are taken is possible, and a place that was given back is not taken', () => {
    expect(done(changeSession(full, { ...plan, places: 2, time: '10:00' }, administrator, at)).places).toBe(2);
    const back = done(cancelEnrolment(full, 'a1', assessor, at));
    expect(changeSession(back, { ...plan, places: 1 }, administrator, at)).toMatchObject({ session: { places: 1 } });
  });
});

describe('cancelling a session', () => {
  const cancelled = done(cancelSession(full, 'The instructor is ill.', administrator, at));

  test('is told with its reason, and keeps who was enrolled', () => {
    expect(cancelled.cancelled).toEqual({ at, reason: 'The instructor is ill.' });
    expect(cancelled.enrolments).toEqual(full.enrolments);
  });

  test.each([
    ['enrolling', (session: CourseSession) => enrol(session, 'a3', assessor, at)],
    ['cancelling an enrolment', (session: CourseSession) => cancelEnrolment(session, 'a1', assessor, at)],
    ['marking', (session: CourseSession) => markAttendance(session, 'a1', true, administrator, start)],
    ['moving', (session: CourseSession) => changeSession(session, { ...plan, time: '10:00' }, administrator, at)],
    ['cancelling', (session: CourseSession) => cancelSession(session, 'Again.', administrator, at)],
  ] as const)('rules out %s afterwards', (_, step) => {
    expect(step(cancelled)).toMatchObject({ refused: 'session-cancelled' });
  });

  test('is refused once it has begun', () => {
    expect(cancelSession(full, 'Ill.', administrator, start)).toMatchObject({ refused: 'too-late-to-change-session' });
  });
});

describe('who is told of a change of the session', () => {
  const later = '2026-11-05T18:00:00.000Z';
  const [moved] = eventsOf(changeSession(full, { ...plan, time: '10:00' }, administrator, later));
  const afterMove = done(changeSession(full, { ...plan, time: '10:00' }, administrator, later));

  test('is who had a place then and has it still, and not who took one since', () => {
    expect(toldOfSession(afterMove, moved)).toEqual(['a1', 'a2']);
    const without = done(cancelEnrolment(afterMove, 'a1', assessor, later));
    const with3 = done(enrol(without, 'a3', administrator, '2026-11-05T18:00:01.000Z'));
    expect(toldOfSession(with3, moved)).toEqual(['a2']);
  });

  test('is whoever enrols again soon after giving the place back, by the letter of the enrolment', () => {
    const [soon, again] = ['2026-11-05T18:01:00.000Z', '2026-11-05T18:02:00.000Z'];
    const isTold = (session: CourseSession) => {
      const change = enrol(session, 'a1', assessor, again);
      if (isRefusal(change) || change.events[0] === undefined) throw new Error('Nobody enrolled.');
      return isEnrolmentTold(change.session, change.events[0]);
    };
    // The session moved before the place was given back, or between.
    expect(isTold(done(cancelEnrolment(afterMove, 'a1', assessor, soon)))).toBe(true);
    const without = done(cancelEnrolment(full, 'a1', assessor, later));
    expect(isTold(done(changeSession(without, { ...plan, time: '10:00' }, administrator, soon)))).toBe(true);
    // However often they think again: in the end they know that they have the place, or have given it back.
    const twice = done(
      cancelEnrolment(
        done(enrol(done(cancelEnrolment(afterMove, 'a1', assessor, soon)), 'a1', assessor, soon)),
        'a1',
        assessor,
        soon,
      ),
    );
    expect(isTold(twice)).toBe(true);
    const gaveBack = cancelEnrolment(done(enrol(twice, 'a1', assessor, again)), 'a1', assessor, again);
    if (gaveBack === undefined || isRefusal(gaveBack) || gaveBack.events[0] === undefined) throw new Error('Kept.');
    expect(isEnrolmentTold(gaveBack.session, gaveBack.events[0])).toBe(true);
    // What they know already holds.
    expect(isTold(without)).toBe(false);
    expect(isTold(done(changeSession(without, { ...plan, places: 9 }, administrator, soon)))).toBe(false);
  });

  test('is nobody when the move was taken back, or the session is cancelled', () => {
    const back = done(changeSession(afterMove, plan, administrator, later));
    expect(toldOfSession(back, moved)).toEqual([]);
    expect(toldOfSession(done(cancelSession(afterMove, 'Ill.', administrator, later)), moved)).toEqual([]);
  });

  test('is nobody of a place in a session that is cancelled', () => {
    const change = enrol(scheduled, 'a1', assessor, at);
    if (isRefusal(change)) throw new Error(change.message);
    const [enrolment] = change.events;
    if (enrolment === undefined) throw new Error('There is no event.');
    expect(isEnrolmentTold(change.session, enrolment)).toBe(true);
    expect(isEnrolmentTold(done(cancelSession(change.session, 'Ill.', administrator, at)), enrolment)).toBe(false);
  });
});

/** The events of a change that was made to a session's plan. */
function eventsOf(change: SessionChange | Refusal | undefined) {
  if (change === undefined || isRefusal(change)) throw new Error('It was not changed.');
  return change.events as [Extract<SessionEvent, { readonly type: 'session changed' }>];
}

test('whatever is asked in whatever order, nobody has two places, no more are taken than there are, and the history tells it all', () => {
  const step = fc.record({
    what: fc.constantFrom('enrol', 'enrol', 'cancel', 'attended', 'absent', 'fewer', 'more', 'cancel all'),
    assessorId: fc.constantFrom('a1', 'a2', 'a3', 'a4', 'a5'),
  });
  // The steps come in the order of time: most before the session, the rest on its day.
  const steps = fc.tuple(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 10 }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (places, [before, onTheDay]) => {
      let session = done(scheduleSession({ ...planned, places }, administrator, at));
      const history: SessionEvent[] = [];
      const timed = [
        ...before.map((each) => ({ ...each, when: at })),
        ...onTheDay.map((each) => ({ ...each, when: start })),
      ];
      for (const { what, assessorId, when } of timed) {
        const change =
          what === 'enrol'
            ? enrol(session, assessorId, administrator, when)
            : what === 'cancel'
              ? cancelEnrolment(session, assessorId, administrator, when)
              : what === 'cancel all'
                ? cancelSession(session, 'Ill.', administrator, when)
                : what === 'fewer' || what === 'more'
                  ? changeSession(session, resized(session, what === 'more' ? 1 : -1), administrator, when)
                  : markAttendance(session, assessorId, what === 'attended', administrator, when);
        if (change === undefined || isRefusal(change)) continue;
        expect(session.cancelled).toBeUndefined();
        expect(change.session.version).toBe(session.version + 1);
        session = change.session;
        history.push(...change.events);
        const taken = session.enrolments.filter(({ state }) => state !== 'cancelled');
        expect(taken.length).toBeLessThanOrEqual(session.places);
        expect(placesLeft(session)).toBe(session.places - taken.length);
        expect(new Set(session.enrolments.map((each) => each.assessorId)).size).toBe(session.enrolments.length);
      }
      expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => index + 2));
      expect(new Map(session.enrolments.map((each) => [each.assessorId, each.state]))).toEqual(told(history));
    }),
  );
});

/** The plan of a session with so many places more. */
function resized({ places }: CourseSession, by: number) {
  return { ...plan, places: places + by };
}

/** How everybody's enrolment stands, by the history alone. */
function told(history: readonly SessionEvent[]): Map<string, string> {
  const states = new Map<string, string>();
  for (const event of history) {
    if (event.type === 'assessor enrolled') states.set(event.data.assessorId, 'enrolled');
    if (event.type === 'enrolment cancelled') states.set(event.data.assessorId, 'cancelled');
    if (event.type === 'attendance marked')
      states.set(event.data.assessorId, event.data.attended ? 'attended' : 'absent');
  }
  return states;
}

test('places are given until the minute in which the session begins, and marks from then on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 * 24 * 40 }), (minutes) => {
      const when = new Date(Date.parse('2026-11-03T06:00:00.000Z') + minutes * 60_000).toISOString();
      expect(isRefusal(enrol(scheduled, 'a1', assessor, when))).toBe(when >= start);
      expect(isRefusal(markAttendance(enrolled, 'a1', true, administrator, when))).toBe(when < start);
    }),
  );
});
