import { businessDate, isDate, isTime, localTime } from '../calendar.ts';
import { type Actor, numberEvents, system } from '../history.ts';
import type { LetterRejected } from '../letters.ts';
import { minEnrolmentNoticeMinutes } from '../limits.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type SubjectOf, subjectOf } from '../subject.ts';
import { courseById, courseIdsInWords, courses } from './catalogue.ts';
import type { SessionEvent, SessionHappening } from './events.ts';

/** A session of a virtual classroom course: an aggregate with a version that every change raises by one. */
export type CourseSession = {
  readonly sessionId: string;
  readonly version: number;
  /** Events so far; the next is numbered `events + 1`. */
  readonly events: number;
  readonly courseId: string;
  /** Its day, and the time of day at which it begins ('HH:MM'), in America/Edmonton. */
  readonly date: string;
  readonly time: string;
  /** The instructor's name. */
  readonly instructor: string;
  readonly places: number;
  /** One for each assessor who ever enrolled, in the order of their first enrolment. */
  readonly enrolments: readonly Enrolment[];
};

export type Enrolment = {
  readonly assessorId: string;
  /** The latest enrolment: ISO, UTC. */
  readonly enrolledAt: string;
  readonly state: 'enrolled' | 'cancelled' | 'attended' | 'absent';
  /** When it was cancelled, if it is: ISO, UTC. */
  readonly cancelledAt?: string;
  /** Whether the assessor had been told that they have a place, before the latest enrolment or cancelling. */
  readonly knewOfPlace?: true;
};

/** A session after a change, with the events that the change caused. */
export type SessionChange = { readonly session: CourseSession; readonly events: readonly SessionEvent[] };

/** [A] The most places of a session: no instructor teaches more people at once, and a session's item holds each enrolment. */
const maxPlaces = 500;

/** The subject of a session's events. */
export function sessionSubject(sessionId: string): SubjectOf<'session'> {
  return subjectOf('session', sessionId);
}

function change(
  session: CourseSession,
  next: Partial<CourseSession>,
  at: string,
  by: Actor,
  happening: SessionHappening,
): SessionChange {
  const events = numberEvents(sessionSubject(session.sessionId), session.events, at, [{ by, happening }]);
  const { version, events: number } = session;
  return { session: { ...session, ...next, version: version + 1, events: number + events.length }, events };
}

/**
 * Schedules a session under an id that nobody has yet. Refused unless it is of a classroom course, on a day of the calendar
 * that has not passed, at a time of day, with a whole number of places.
 */
export function scheduleSession(
  planned: Pick<CourseSession, 'sessionId' | 'courseId' | 'date' | 'time' | 'instructor' | 'places'>,
  by: Actor,
  at: string,
): SessionChange | Refusal {
  const { sessionId, courseId, date, time, instructor, places } = planned;
  const refusal = refusedPlan(planned, businessDate(at));
  if (refusal !== undefined) return refusal;
  const blank = { sessionId, version: 0, events: 0, courseId, date, time, instructor, places, enrolments: [] };
  return change(blank, {}, at, by, { type: 'session scheduled', data: { courseId, date, time, places } });
}

function refusedPlan(
  { courseId, date, time, places }: Pick<CourseSession, 'courseId' | 'date' | 'time' | 'places'>,
  today: string,
): Refusal | undefined {
  const course = courseById(courseId);
  const scheduled = courseIdsInWords(courses.filter(({ form }) => form === 'classroom'));
  if (course === undefined) return refuse('no-course-to-schedule', { courseId, courses: scheduled });
  if (course.form !== 'classroom') return refuse('no-classroom-course', { courseId, courses: scheduled });
  if (!isDate(date)) return refuse('no-date', { date });
  if (date < today) return refuse('day-passed', { date, today });
  if (!isTime(time)) return refuse('no-time', { time });
  if (!Number.isInteger(places) || places < 1 || places > maxPlaces)
    return refuse('places-out-of-range', { places, most: maxPlaces });
  return undefined;
}

/** Places that nobody has: a place is taken until its enrolment is cancelled. */
export function placesLeft(session: CourseSession): number {
  return session.places - session.enrolments.filter(({ state }) => state !== 'cancelled').length;
}

/** What a sentence needs to name a session. */
function named({ courseId, date, time }: CourseSession) {
  return { courseId, date, time };
}

/** The enrolment of an assessor that was not cancelled, or undefined. */
function enrolmentOf(session: CourseSession, assessorId: string): Enrolment | undefined {
  return session.enrolments.find((each) => each.assessorId === assessorId && each.state !== 'cancelled');
}

function hasBegun({ date, time }: CourseSession, at: string): boolean {
  const now = localTime(at);
  return now.date > date || (now.date === date && now.time >= time);
}

/**
 * Gives an assessor a place. Refused from the start of the session, to somebody who has a place, and when no place is left.
 * Somebody who cancelled can enrol again.
 */
export function enrol(session: CourseSession, assessorId: string, by: Actor, at: string): SessionChange | Refusal {
  if (hasBegun(session, at)) return refuse('session-begun', named(session));
  if (enrolmentOf(session, assessorId) !== undefined) return refuse('already-enrolled', named(session));
  if (placesLeft(session) <= 0) return refuse('session-full', { places: session.places, ...named(session) });
  const before = session.enrolments.find((each) => each.assessorId === assessorId);
  const known = before === undefined || by.role !== 'assessor' ? {} : placeKnown(before, at);
  const enrolment: Enrolment = { assessorId, enrolledAt: at, state: 'enrolled', ...known };
  const enrolments = before === undefined ? [...session.enrolments, enrolment] : replaced(session, enrolment);
  return change(session, { enrolments }, at, by, { type: 'assessor enrolled', data: { assessorId } });
}

/**
 * Whether an assessor who changes an enrolment at an instant had been told that they have a place. A change that is soon followed
 * by another one sends no notice. A change by the partner always sends one, unless another change follows.
 */
function placeKnown(
  { enrolledAt, cancelledAt, state, knewOfPlace }: Enrolment,
  at: string,
): Pick<Enrolment, 'knewOfPlace'> {
  const minutes = (Date.parse(at) - Date.parse(cancelledAt ?? enrolledAt)) / 60_000;
  const knows = minutes < minEnrolmentNoticeMinutes ? knewOfPlace === true : state !== 'cancelled';
  return knows ? { knewOfPlace: true } : {};
}

/**
 * Whether an assessor gets a notice of an enrolment or its cancelling; asked after the letters have waited. They do if nothing
 * followed, and if it is not what they were told last.
 */
export function isEnrolmentTold(session: CourseSession, event: SessionEvent): boolean {
  if (event.type !== 'assessor enrolled' && event.type !== 'enrolment cancelled') return false;
  const enrolment = session.enrolments.find((each) => each.assessorId === event.data.assessorId);
  if (enrolment === undefined) return false;
  const { state, enrolledAt, cancelledAt, knewOfPlace = false } = enrolment;
  const hasPlace = event.type === 'assessor enrolled';
  const isLatest = event.at === (hasPlace ? enrolledAt : cancelledAt);
  return isLatest && hasPlace === (state !== 'cancelled') && hasPlace !== knewOfPlace;
}

function replaced({ enrolments }: CourseSession, enrolment: Enrolment): Enrolment[] {
  return enrolments.map((each) => (each.assessorId === enrolment.assessorId ? enrolment : each));
}

function notEnrolled(session: CourseSession): Refusal {
  return refuse('not-enrolled', named(session));
}

/** Cancels an enrolment. Refused to somebody who has no place, and once their attendance is marked. */
export function cancelEnrolment(
  session: CourseSession,
  assessorId: string,
  by: Actor,
  at: string,
): SessionChange | Refusal {
  const enrolment = enrolmentOf(session, assessorId);
  if (enrolment === undefined) return notEnrolled(session);
  if (enrolment.state !== 'enrolled') return refuse('attendance-marked', { mark: enrolment.state, ...named(session) });
  if (hasBegun(session, at)) return refuse('too-late-to-cancel', named(session));
  const { enrolledAt } = enrolment;
  const known = by.role === 'assessor' ? placeKnown(enrolment, at) : ({ knewOfPlace: true } as const);
  const cancelled: Enrolment = { assessorId, enrolledAt, state: 'cancelled', cancelledAt: at, ...known };
  const enrolments = replaced(session, cancelled);
  return change(session, { enrolments }, at, by, { type: 'enrolment cancelled', data: { assessorId } });
}

/**
 * Marks an enrolled assessor as attended or absent, or corrects an earlier mark; an assessor who attended has completed the
 * course on the session's day. Refused before the session begins, for somebody who has no place, and when the same mark is
 * recorded.
 */
export function markAttendance(
  session: CourseSession,
  assessorId: string,
  attended: boolean,
  by: Actor,
  at: string,
): SessionChange | Refusal {
  const { courseId, date } = session;
  if (!hasBegun(session, at)) return refuse('session-ahead', named(session));
  const enrolment = enrolmentOf(session, assessorId);
  if (enrolment === undefined) return notEnrolled(session);
  const state = attended ? 'attended' : 'absent';
  if (enrolment.state === state) return refuse('marked-already', { mark: state, ...named(session) });
  return change(session, { enrolments: replaced(session, { ...enrolment, state }) }, at, by, {
    type: 'attendance marked',
    data: { assessorId, attended, courseId, completedOn: date },
  });
}

/** Records that SES accepted a letter about a session but did not send it, at an instant (ISO, UTC). */
export function tellOfSessionsLetter(
  session: CourseSession,
  rejected: LetterRejected['data'],
  at: string,
): SessionChange {
  return change(session, {}, at, system, { type: 'letter rejected', data: rejected });
}
