import { courseById } from '../course/catalogue.ts';

type OfSession = { courseId: string; date: string; time: string };

function inWords({ courseId, date, time }: OfSession): string {
  return `the session of ${title(courseId)} on ${date} at ${time}`;
}

function title(courseId: string): string {
  return courseById(courseId)?.title ?? courseId;
}

/** The sentences of what is refused about courses, sessions and completions; `courses` are the ids that there are. */
export const courseRefusals = {
  'no-course': ({ courseId, courses }: { courseId: string; courses: string }) =>
    `There is no course "${courseId}". The courses are ${courses}.`,
  'no-course-to-schedule': ({ courseId, courses }: { courseId: string; courses: string }) =>
    `There is no course "${courseId}". The courses with sessions are ${courses}.`,
  'no-classroom-course': ({ courseId, courses }: { courseId: string; courses: string }) =>
    `${title(courseId)} is taken online at one's own pace, and has no sessions. The courses with sessions are ${courses}.`,
  'no-date': ({ date }: { date: string }) => `"${date}" is not a date: give a date of the calendar as YYYY-MM-DD.`,
  'day-ahead': ({ date, today }: { date: string; today: string }) =>
    `${date} is in the future, in Alberta it is ${today}. Give the day on which the course was completed.`,
  'day-passed': ({ date, today }: { date: string; today: string }) =>
    `${date} has passed. Give a day that is not before ${today}.`,
  'no-time': ({ time }: { time: string }) => `"${time}" is not a time of day: give it as HH:MM, from 00:00 to 23:59.`,
  'places-out-of-range': ({ places, most }: { places: number; most: number }) =>
    `${places} places are not possible: give a whole number from 1 to ${most}.`,
  'no-place': () => 'The session has neither a place nor a link to join it. Give one of the two, or both.',
  'time-passed': ({ date, time, today, now }: { date: string; time: string; today: string; now: string }) =>
    `${date} at ${time} has passed: in Alberta it is ${today}, ${now}. Give a later time.`,
  'places-taken': ({ taken, ...session }: OfSession & { taken: number }) =>
    `${taken} places are taken in ${inWords(session)}. Give at least so many places, or cancel enrolments first.`,
  'session-cancelled': (session: OfSession) =>
    `This can't be done in ${inWords(session)}: it is cancelled. Choose another session.`,
  'too-late-to-change-session': (session: OfSession) =>
    `It is too late to change or cancel ${inWords(session)}: it has begun. Mark who attended, and schedule another session.`,
  'session-begun': (session: OfSession) =>
    `It is too late for ${inWords(session)}: it has begun. Choose a later session.`,
  'too-late-to-cancel': (session: OfSession) =>
    `It is too late to cancel: ${inWords(session)} has begun. If something kept you from it, ask the certifying partner.`,
  'too-late-to-take-out': (session: OfSession) =>
    `It is too late to cancel the enrolment: ${inWords(session)} has begun. Mark the assessor as absent instead.`,
  'already-enrolled': (session: OfSession) =>
    `This assessor already has a place in ${inWords(session)}. Keep that place.`,
  'session-full': ({ places, ...session }: OfSession & { places: number }) =>
    `All ${places} places are taken in ${inWords(session)}. Choose another session.`,
  'not-enrolled': (session: OfSession) =>
    `This assessor has no place in ${inWords(session)}. See who is enrolled, or choose another session.`,
  'attendance-marked': ({ mark, ...session }: OfSession & { mark: string }) =>
    `This assessor is marked as ${mark} in ${inWords(session)}. An enrolment can be cancelled only before attendance is marked. If the mark is wrong, correct it.`,
  'session-ahead': (session: OfSession) =>
    `Attendance can't be marked before ${inWords(session)} has begun. Mark it on ${session.date}, from ${session.time}.`,
  'marked-already': ({ mark, ...session }: OfSession & { mark: string }) =>
    `This assessor is already marked as ${mark} in ${inWords(session)}. There is nothing to change.`,
  'too-much-at-once': ({ employers, courses }: { employers: number; courses: number }) =>
    `${employers} employers are added or left and ${courses} courses are new: more than can be recorded at once. Import half of the courses first, then import the file again.`,
};
