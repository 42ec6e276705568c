import { randomUUID } from 'node:crypto';
import {
  type Actor,
  type Assessor,
  type CourseSession,
  cancelEnrolment,
  cancelSession,
  changeSession,
  classroomCourses,
  courseById,
  enrol,
  isRefusal,
  type LimitName,
  markAttendance,
  placesLeft,
  type Refusal,
  recordCompletion,
  refuse,
  type SessionChange,
  scheduleSession,
  withdrawCompletion,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import {
  type Call,
  decodeCursor,
  type EndpointHandler,
  encodeCursor,
  HttpProblem,
  refusalProblem,
} from '@secor/lambda';
import { commit, listSessionsByDate, readAssessor, readSession, retryingConflicts, type Store } from '@secor/store';
import { courseReaderOf } from '../shared/access.ts';
import { actorOf, administratorOf, assessorOf } from '../shared/callers.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import { say } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';
import { keepUnchanged } from './keep-unchanged.ts';

/** The session; 404 when there is none with this id. */
async function requireSession(store: Store, sessionId: string): Promise<CourseSession> {
  const session = await readSession(store, sessionId);
  if (session === undefined) throw new HttpProblem(404, say('no-session', { sessionId }));
  return session;
}

/** A session as administrators list it. */
function sessionEntry(session: CourseSession): AnswerOf<'listSessions'>['sessions'][number] {
  const { sessionId, courseId, date, time, instructor, places, place, link, cancelled, version } = session;
  return {
    sessionId,
    courseId,
    title: courseById(courseId)?.title ?? courseId,
    date,
    time,
    instructor,
    places,
    placesLeft: placesLeft(session),
    ...(place === undefined ? {} : { place }),
    ...(link === undefined ? {} : { link }),
    ...(cancelled === undefined ? {} : { cancelled: { ...cancelled } }),
    version,
  };
}

/** A session with the enrolments of these people. */
function sessionDetail(session: CourseSession, people: readonly Pick<Assessor, 'assessorId' | 'name'>[]) {
  const names = new Map(people.map(({ assessorId, name }) => [assessorId, name]));
  return {
    ...sessionEntry(session),
    enrolments: session.enrolments.flatMap(({ assessorId, enrolledAt, state }) => {
      const name = names.get(assessorId);
      return name === undefined ? [] : [{ assessorId, name, enrolledAt, state }];
    }),
  };
}

/** A session as an assessor sees it: with their own enrolment, and the link to join it only while they have a place. */
function sessionForAssessor(session: CourseSession, assessor: Pick<Assessor, 'assessorId' | 'name'>) {
  const { link, ...detail } = sessionDetail(session, [assessor]);
  const hasPlace = detail.enrolments.some(({ state }) => state !== 'cancelled');
  return { ...detail, ...(link !== undefined && hasPlace ? { link } : {}) };
}

/** All who ever enrolled in a session, as they are now. */
async function readEnrolled(store: Store, { enrolments }: CourseSession): Promise<Assessor[]> {
  const assessors = await Promise.all(enrolments.map(({ assessorId }) => readAssessor(store, assessorId)));
  return assessors.flatMap((assessor) => assessor ?? []);
}

/** Schedules a session of a classroom course. */
export function scheduleSessionCall({ store }: Dependencies): EndpointHandler<'scheduleSession'> {
  return async ({ caller, body, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    const session = scheduleSession({ sessionId: randomUUID(), ...body }, by, at);
    if (isRefusal(session)) throw refusalProblem(session);
    const answer = sessionDetail(session.session, []);
    await retryingConflicts(() => commit(store, { at, session, idempotency: idempotency(answer) }));
    return answer;
  };
}

/** Reads one session: with all who are enrolled for administrators, with their own enrolment for an assessor. */
export function readSessionCall({ store }: Dependencies): EndpointHandler<'readSession'> {
  return async ({ caller, parameters: { sessionId } }) => {
    const reader = await courseReaderOf(store, caller);
    const session = await requireSession(store, sessionId);
    if (reader !== undefined) return sessionForAssessor(session, reader);
    return sessionDetail(session, await readEnrolled(store, session));
  };
}

/** Where a page of sessions ends: day, time and id of the last one. */
const sessionPosition = /^\d{4}-\d\d-\d\d#\d\d:\d\d#[\w-]{1,64}$/;

/** Lists the sessions of a course, or of all, by date: past, running, coming and cancelled ones. */
export function listSessionsCall({ store }: Dependencies): EndpointHandler<'listSessions'> {
  return async ({ caller, query: { from, to, course, cursor } }) => {
    await administratorOf(store, caller);
    const courseIds = course === undefined ? classroomCourses.map(({ courseId }) => courseId) : [course];
    const after = decodeCursor(cursor, sessionPosition);
    const { sessions, next } = await listSessionsByDate(store, courseIds, { from, to }, after);
    return { sessions: sessions.map(sessionEntry), ...encodeCursor(next) };
  };
}

/** A change of the session that the administrator who calls saw; one that changes nothing keeps it as it is. */
function changeAsSeen<N extends 'changeSession' | 'cancelSession'>(
  { store }: Dependencies,
  decide: (session: CourseSession, by: Actor, call: Call<N>) => SessionChange | Refusal | undefined,
): (call: Call<N>) => Promise<AnswerOf<'changeSession'>> {
  return async (call) => {
    const by = await administratorOf(store, call.caller);
    const { sessionId } = call.parameters as { sessionId: string };
    return retryingConflicts(async () => {
      const session = requireSameVersion(['session', sessionId], await requireSession(store, sessionId), call.ifMatch);
      const change = decide(session, by, call);
      if (change !== undefined && isRefusal(change)) throw refusalProblem(change);
      const answer = sessionDetail(change?.session ?? session, []);
      const kept = { at: call.at, idempotency: call.idempotency(answer) };
      if (change === undefined) await keepUnchanged(store, kept);
      else await commit(store, { ...kept, session: change });
      return answer;
    });
  };
}

/** Moves a session, or replaces its instructor, places, place or link. Who is enrolled gets a letter. */
export function changeSessionCall(dependencies: Dependencies): EndpointHandler<'changeSession'> {
  return changeAsSeen<'changeSession'>(dependencies, (session, by, { body, at }) =>
    changeSession(session, body, by, at),
  );
}

/** Cancels a session, with a reason. Who is enrolled gets a letter. */
export function cancelSessionCall(dependencies: Dependencies): EndpointHandler<'cancelSession'> {
  return changeAsSeen<'cancelSession'>(dependencies, (session, by, { body: { reason }, at }) =>
    cancelSession(session, reason, by, at),
  );
}

/** A step of an administrator for an assessor: decided on the session as it is now, again when another one was faster. */
function stepForAssessor<N extends 'enrolAssessor' | 'cancelAssessorsEnrolment'>(
  { store }: Dependencies,
  step: typeof enrol | typeof cancelEnrolment,
): (call: Call<N>) => Promise<AnswerOf<'enrol'>> {
  return async (call) => {
    const by = await administratorOf(store, call.caller);
    const { sessionId } = call.parameters as { sessionId: string };
    const { assessorId } = call.body as { assessorId: string };
    return retryingConflicts(async () => {
      const session = await requireSession(store, sessionId);
      const assessor = await readAssessor(store, assessorId);
      if (assessor === undefined) throw refusalProblem(refuse('unknown-assessor', { assessorId }));
      const change = step(session, assessorId, by, call.at);
      if (isRefusal(change)) throw refusalProblem(change);
      const answer = sessionDetail(change.session, [assessor]);
      await commit(store, { at: call.at, session: change, idempotency: call.idempotency(answer) });
      return answer;
    });
  };
}

/** Gives an assessor a place. They get the letter that confirms it. */
export function enrolAssessorCall(dependencies: Dependencies): EndpointHandler<'enrolAssessor'> {
  return stepForAssessor<'enrolAssessor'>(dependencies, enrol);
}

/** Takes an assessor's place back. They get a letter. */
export function cancelAssessorsEnrolmentCall(dependencies: Dependencies): EndpointHandler<'cancelAssessorsEnrolment'> {
  return stepForAssessor<'cancelAssessorsEnrolment'>(dependencies, cancelEnrolment);
}

/** A step of the assessor who calls: decided on the session as it is now, again when another one was faster. */
function takeOwnStep<N extends 'enrol' | 'cancelEnrolment'>(
  { store }: Dependencies,
  decide: (session: CourseSession, assessorId: string, call: Call<N>) => SessionChange | Refusal,
  limit?: LimitName,
): (call: Call<N>) => Promise<AnswerOf<'enrol'>> {
  return async (call) => {
    const assessor = await assessorOf(store, call.caller);
    const { sessionId } = call.parameters as { sessionId: string };
    return retryingConflicts(async () => {
      const session = await requireSession(store, sessionId);
      const change = decide(session, assessor.assessorId, call);
      if (isRefusal(change)) throw refusalProblem(change);
      const answer = sessionForAssessor(change.session, assessor);
      const counts = limit === undefined ? [] : [{ limit, subject: assessor.assessorId }];
      await commit(store, { at: call.at, session: change, counts, idempotency: call.idempotency(answer) });
      return answer;
    });
  };
}

/** Gives the assessor who calls a place, while there is one. */
export function enrolCall(dependencies: Dependencies): EndpointHandler<'enrol'> {
  return takeOwnStep<'enrol'>(
    dependencies,
    (session, assessorId, { at }) => enrol(session, assessorId, actorOf({ assessorId }), at),
    'enrolmentsOfPerson',
  );
}

/** Takes the place of the assessor who calls back. */
export function cancelEnrolmentCall(dependencies: Dependencies): EndpointHandler<'cancelEnrolment'> {
  return takeOwnStep<'cancelEnrolment'>(dependencies, (session, assessorId, { at }) =>
    cancelEnrolment(session, assessorId, actorOf({ assessorId }), at),
  );
}

/**
 * Marks who attended: the session and the assessor's completion are one transaction, so the status holds from the session's day
 * at once; a mark that is corrected takes the completion back.
 */
export function markAttendanceCall({ store }: Dependencies): EndpointHandler<'markAttendance'> {
  return async ({ caller, parameters: { sessionId }, body: { assessorId, attended }, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    return retryingConflicts(async () => {
      const session = await requireSession(store, sessionId);
      const change = markAttendance(session, assessorId, attended, by, at);
      if (isRefusal(change)) throw refusalProblem(change);
      const people = await readEnrolled(store, session);
      const assessor = people.find((each) => each.assessorId === assessorId);
      if (assessor === undefined) throw new Error(`Assessor ${assessorId} has a place, and is not there.`);
      const { courseId, date: completedOn } = session;
      const completion = { courseId, completedOn, sessionId };
      const completed = attended
        ? recordCompletion(assessor, completion, by, at)
        : withdrawCompletion(assessor, completion, by, at);
      if (completed !== undefined && isRefusal(completed)) throw refusalProblem(completed);
      const answer = sessionDetail(change.session, people);
      await commit(store, { at, session: change, assessor: completed, idempotency: idempotency(answer) });
      return answer;
    });
  };
}
