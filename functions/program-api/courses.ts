import { randomUUID } from 'node:crypto';
import {
  type Assessor,
  type CourseOffer,
  type CourseSession,
  cancelEnrolment,
  courseById,
  enrol,
  isRefusal,
  type LimitName,
  markAttendance,
  placesLeft,
  type Refusal,
  recordCompletion,
  type SessionChange,
  scheduleSession,
  withdrawCompletion,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Call, type EndpointHandler, HttpProblem, refusalProblem } from '@secor/lambda';
import { commit, readAssessor, readSession, retryingConflicts, type Store } from '@secor/store';
import { courseReaderOf } from '../shared/access.ts';
import { actorOf, administratorOf, assessorOf } from '../shared/callers.ts';
import { courseOffers } from '../shared/course-offers.ts';
import type { Dependencies } from './dependencies.ts';

/** A course as people see it, with its next sessions. */
export function courseEntry({ course, sessions }: CourseOffer): AnswerOf<'listCourses'>['courses'][number] {
  return {
    ...course,
    sessions: sessions.map(({ sessionId, startsAt, placesLeft: left }) => ({
      sessionId,
      ...startsAt,
      placesLeft: left,
    })),
  };
}

/** The session; 404 when there is none with this id. */
async function requireSession(store: Store, sessionId: string): Promise<CourseSession> {
  const session = await readSession(store, sessionId);
  if (session === undefined)
    throw new HttpProblem(404, `There is no session ${sessionId}. Look at the list of courses.`);
  return session;
}

function sessionDetail(session: CourseSession, people: readonly Pick<Assessor, 'assessorId' | 'name'>[]) {
  const { sessionId, courseId, date, time, instructor, places, enrolments, version } = session;
  const names = new Map(people.map(({ assessorId, name }) => [assessorId, name]));
  return {
    sessionId,
    courseId,
    title: courseById(courseId)?.title ?? courseId,
    date,
    time,
    instructor,
    places,
    placesLeft: placesLeft(session),
    enrolments: enrolments.flatMap(({ assessorId, enrolledAt, state }) => {
      const name = names.get(assessorId);
      return name === undefined ? [] : [{ assessorId, name, enrolledAt, state }];
    }),
    version,
  };
}

/** All who ever enrolled in a session, as they are now. */
async function readEnrolled(store: Store, { enrolments }: CourseSession): Promise<Assessor[]> {
  const assessors = await Promise.all(enrolments.map(({ assessorId }) => readAssessor(store, assessorId)));
  return assessors.flatMap((assessor) => assessor ?? []);
}

/** Lists the catalogue with the next sessions of each course. */
export function listCoursesCall({ store }: Dependencies): EndpointHandler<'listCourses'> {
  return async ({ caller, at }) => {
    await courseReaderOf(store, caller);
    return { courses: (await courseOffers(store, at)).map(courseEntry) };
  };
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
    return sessionDetail(session, reader === undefined ? await readEnrolled(store, session) : [reader]);
  };
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
      const answer = sessionDetail(change.session, [assessor]);
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
