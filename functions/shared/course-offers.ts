import { type CourseOffer, courses, localTime, placesLeft } from '@secor/certification';
import { listSessions, type Store } from '@secor/store';

/** [A] So many of the next sessions of a course are offered, full ones among them: who finds no place asks the partner for another. */
const maxSessions = 25;

/**
 * The catalogue with the next sessions of each classroom course that have not begun, earliest first, full ones among them.
 * From the list index: it may be a moment behind.
 * @param at the instant of the call: ISO, UTC
 */
export function courseOffers(store: Store, at: string): Promise<CourseOffer[]> {
  const now = localTime(at);
  return Promise.all(
    courses.map(async (course) => {
      const listed = course.form === 'online' ? [] : await listSessions(store, course.courseId, now, maxSessions);
      const sessions = listed.map((session) => ({
        sessionId: session.sessionId,
        startsAt: { date: session.date, time: session.time },
        placesLeft: placesLeft(session),
      }));
      return { course, sessions };
    }),
  );
}
