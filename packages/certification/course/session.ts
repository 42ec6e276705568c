import { businessDate, isDate, isTime, localTime } from '../calendar.ts';
import { type Actor, numberEvents, system } from '../history.ts';
import type { LetterRejected } from '../letters.ts';
import { minEnrolmentNoticeMinutes } from '../limits.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type SubjectOf, subjectOf } from '../subject.ts';
import { classroomCourses, courseById, courseIdsInWords } from './catalogue.ts';
import type { SessionEvent, SessionField, SessionHappening } from './events.ts';

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
  /** Where it is held: a place, an https address at which one joins, or both. */
  readonly place?: string;
  readonly link?: string;
  /** When something of it was changed last that whoever has a place is told (ISO, UTC). */
  readonly changedAt?: string;
  /** When it was cancelled, if it was (ISO, UTC), and why. */
  readonly cancelled?: { readonly at: string; readonly reason: string };
  /** One for each assessor who ever enrolled, in the order of their first enrolment. */
  readonly enrolments: readonly Enrolment[];
};

/** What administrators plan of a session; its course stays as it was scheduled. */
export type SessionPlan = Pick<CourseSession, SessionField>;

export type Enrolment = {
  readonly assessorId: string;
  /** The latest enrolment: ISO, UTC. */
  readonly enrolledAt: string;
  readonly state: 'enrolled' | 'cancelled' | 'attended' | 'absent';
  /** When it was cancelled, if it is: ISO, UTC. */
  readonly cancelledAt?: string;
  /** Whether the assessor had been told that they have a place, before the latest enrolment or cancelling. */
  readonly knewOfPlace?: true;
  /** They enrolled again after a change of the session: what they had been told of it may hold no more. */
  readonly changedSince?: true;
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
 * that has not passed, at a time of day, with a whole number of places, and at a place or a link.
 */
export function scheduleSession(
  planned: Pick<CourseSession, 'sessionId' | 'courseId'> & SessionPlan,
  by: Actor,
  at: string,
): SessionChange | Refusal {
  const { sessionId, courseId, ...plan } = planned;
  const refusal = refusedCourse(courseId) ?? refusedPlan(plan, businessDate(at));
  if (refusal !== undefined) return refusal;
  const { date, time, places } = plan;
  const blank = { sessionId, version: 0, events: 0, courseId, ...plan, enrolments: [] };
  return change(blank, {}, at, by, { type: 'session scheduled', data: { courseId, date, time, places } });
}

const fields: readonly SessionField[] = ['date', 'time', 'instructor', 'places', 'place', 'link'];

/**
 * Moves a session, or changes its instructor, places, place or link: the whole plan is replaced. Undefined when nothing changes.
 * Refused once the session has begun or is cancelled, to a time that has passed, and below the places that are taken.
 */
export function changeSession(
  session: CourseSession,
  plan: SessionPlan,
  by: Actor,
  at: string,
): SessionChange | Refusal | undefined {
  const refusal = refusedSteps(session, at) ?? refusedPlan(plan, businessDate(at)) ?? refusedMove(session, plan, at);
  if (refusal !== undefined) return refusal;
  const changed = fields.filter((field) => session[field] !== plan[field]);
  if (changed.length === 0) return undefined;
  const { place: _place, link: _link, ...kept } = session;
  const { date, time } = session;
  const data = { changed, from: { date, time }, to: { date: plan.date, time: plan.time } };
  const told = changed.some((field) => field !== 'places') ? { changedAt: at } : {};
  return change({ ...kept, ...plan }, told, at, by, { type: 'session changed', data });
}

function refusedMove(session: CourseSession, { date, time, places }: SessionPlan, at: string): Refusal | undefined {
  const now = localTime(at);
  if (hasBegun({ date, time }, at)) return refuse('time-passed', { date, time, today: now.date, now: now.time });
  const taken = session.places - placesLeft(session);
  return places < taken ? refuse('places-taken', { taken, ...named(session) }) : undefined;
}

/** Cancels a session, with a reason. Refused once it has begun or is cancelled. */
export function cancelSession(session: CourseSession, reason: string, by: Actor, at: string): SessionChange | Refusal {
  const refusal = refusedSteps(session, at);
  if (refusal !== undefined) return refusal;
  return change(session, { cancelled: { at, reason } }, at, by, { type: 'session cancelled', data: { reason } });
}

/** Why a session can't be changed or cancelled any more. */
function refusedSteps(session: CourseSession, at: string): Refusal | undefined {
  if (session.cancelled !== undefined) return refuse('session-cancelled', named(session));
  return hasBegun(session, at) ? refuse('too-late-to-change-session', named(session)) : undefined;
}

function refusedCourse(courseId: string): Refusal | undefined {
  const course = courseById(courseId);
  const courses = courseIdsInWords(classroomCourses);
  if (course === undefined) return refuse('no-course-to-schedule', { courseId, courses });
  return course.form === 'classroom' ? undefined : refuse('no-classroom-course', { courseId, courses });
}

function refusedPlan({ date, time, places, place, link }: SessionPlan, today: string): Refusal | undefined {
  if (!isDate(date)) return refuse('no-date', { date });
  if (date < today) return refuse('day-passed', { date, today });
  if (!isTime(time)) return refuse('no-time', { time });
  if (!Number.isInteger(places) || places < 1 || places > maxPlaces)
    return refuse('places-out-of-range', { places, most: maxPlaces });
  if (place === undefined && link === undefined) return refuse('no-place');
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

function hasBegun({ date, time }: Pick<CourseSession, 'date' | 'time'>, at: string): boolean {
  const now = localTime(at);
  return now.date > date || (now.date === date && now.time >= time);
}

/**
 * Gives an assessor a place. Refused from the start of the session, when it is cancelled, to somebody who has a place, and when no place is left.
 * Somebody who cancelled can enrol again.
 */
export function enrol(session: CourseSession, assessorId: string, by: Actor, at: string): SessionChange | Refusal {
  if (session.cancelled !== undefined) return refuse('session-cancelled', named(session));
  if (hasBegun(session, at)) return refuse('session-begun', named(session));
  if (enrolmentOf(session, assessorId) !== undefined) return refuse('already-enrolled', named(session));
  if (placesLeft(session) <= 0) return refuse('session-full', { places: session.places, ...named(session) });
  const before = session.enrolments.find((each) => each.assessorId === assessorId);
  const known = before === undefined || by.role !== 'assessor' ? {} : placeKnown(before, at);
  const changed = before !== undefined && (session.changedAt ?? '') >= before.enrolledAt;
  const since = changed || before?.changedSince === true ? ({ changedSince: true } as const) : {};
  const enrolment: Enrolment = { assessorId, enrolledAt: at, state: 'enrolled', ...known, ...since };
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
 * followed, and if it is not what they were told last, or that was before a change of the session. Nobody is told of a place in a session that is cancelled: another letter
 * says so.
 */
export function isEnrolmentTold(session: CourseSession, event: SessionEvent): boolean {
  if (event.type !== 'assessor enrolled' && event.type !== 'enrolment cancelled') return false;
  const enrolment = session.enrolments.find((each) => each.assessorId === event.data.assessorId);
  if (enrolment === undefined) return false;
  const { state, enrolledAt, cancelledAt, knewOfPlace = false, changedSince = false } = enrolment;
  const hasPlace = event.type === 'assessor enrolled';
  if (hasPlace && session.cancelled !== undefined) return false;
  const isLatest = event.at === (hasPlace ? enrolledAt : cancelledAt);
  const isNews = hasPlace !== knewOfPlace || (hasPlace && changedSince);
  return isLatest && hasPlace === (state !== 'cancelled') && isNews;
}

/**
 * Who gets a letter that a session was changed or cancelled: those who had a place then and have it still. Nobody, of a change that
 * was taken back, and of one before the session was cancelled: the letter about that says all.
 */
export function toldOfSession(
  { cancelled, date, time, enrolments }: CourseSession,
  event: Extract<SessionEvent, { readonly type: 'session changed' | 'session cancelled' }>,
): readonly string[] {
  if (event.type === 'session changed') {
    const { changed, from } = event.data;
    const isMoveOnly = changed.every((field) => field === 'date' || field === 'time' || field === 'places');
    if (cancelled !== undefined || (isMoveOnly && from.date === date && from.time === time)) return [];
  }
  return enrolments
    .filter(({ state, enrolledAt }) => state === 'enrolled' && enrolledAt <= event.at)
    .map(({ assessorId }) => assessorId);
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
  if (session.cancelled !== undefined) return refuse('session-cancelled', named(session));
  const enrolment = enrolmentOf(session, assessorId);
  if (enrolment === undefined) return notEnrolled(session);
  if (enrolment.state !== 'enrolled') return refuse('attendance-marked', { mark: enrolment.state, ...named(session) });
  if (hasBegun(session, at))
    return refuse(by.role === 'assessor' ? 'too-late-to-cancel' : 'too-late-to-take-out', named(session));
  const { enrolledAt, changedSince } = enrolment;
  const since = changedSince === undefined ? {} : { changedSince };
  const known = by.role === 'assessor' ? placeKnown(enrolment, at) : ({ knewOfPlace: true } as const);
  const cancelled: Enrolment = { assessorId, enrolledAt, state: 'cancelled', cancelledAt: at, ...known, ...since };
  const enrolments = replaced(session, cancelled);
  return change(session, { enrolments }, at, by, { type: 'enrolment cancelled', data: { assessorId } });
}

/**
 * Marks an enrolled assessor as attended or absent, or corrects an earlier mark; an assessor who attended has completed the
 * course on the session's day. Refused before the session begins, when it is cancelled, for somebody who has no place, and when
 * the same mark is recorded.
 */
export function markAttendance(
  session: CourseSession,
  assessorId: string,
  attended: boolean,
  by: Actor,
  at: string,
): SessionChange | Refusal {
  const { courseId, date } = session;
  if (session.cancelled !== undefined) return refuse('session-cancelled', named(session));
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
