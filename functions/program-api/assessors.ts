import {
  type Assessor,
  assessorStatus,
  assessorSubject,
  businessDate,
  type Completion,
  changeAssessor,
  initialCourses,
  isRefusal,
  newAssessor,
  recordCompletion,
  refresherCourses,
  refuse,
  withdrawCompletion,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { decodeCursor, type EndpointHandler, encodeCursor, refusalProblem } from '@secor/lambda';
import {
  commit,
  listAssessors,
  type Names,
  readAssessor,
  readHistory,
  readNames,
  retryingConflicts,
  type Store,
} from '@secor/store';
import { requireAssessor } from '../shared/access.ts';
import { staffHistory } from '../shared/audit-views.ts';
import { administratorOf, assessorOf } from '../shared/callers.ts';
import { courseOffers } from '../shared/course-offers.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import { courseEntry } from './courses.ts';
import type { Dependencies } from './dependencies.ts';
import { namePosition, requireEmployers } from './employers.ts';
import { keepUnchanged } from './keep-unchanged.ts';

type AssessorRecord = AnswerOf<'changeAssessor'>;

function completionEntry({ courseId, completedOn, sessionId }: Completion): AssessorRecord['completions'][number] {
  return { courseId, completedOn, ...(sessionId === undefined ? {} : { sessionId }) };
}

function statusEntry(completions: readonly Completion[], today: string): AssessorRecord['status'] {
  const status = assessorStatus(completions, today);
  return {
    holds: status.holds,
    ...('reason' in status ? { reason: status.reason } : {}),
    ...('through' in status ? { through: status.through, restsOn: completionEntry(status.restsOn) } : {}),
  };
}

function assessorEntry(
  assessor: Assessor,
  { legalName }: Names,
  at: string,
): AnswerOf<'listAssessors'>['assessors'][number] {
  const { assessorId, name, email, actsFor, completions, version } = assessor;
  const employers = actsFor.map((employerId) => ({ employerId, legalName: legalName(employerId) }));
  return { assessorId, name, email, actsFor: employers, status: statusEntry(completions, businessDate(at)), version };
}

/** What is recorded of an assessor, with the names of the employers for whom they act. */
async function assessorRecord(store: Store, assessor: Assessor, at: string): Promise<AssessorRecord> {
  const { completions, undeliverableSince } = assessor;
  const names = await readNames(store, { employerIds: assessor.actsFor });
  return {
    ...assessorEntry(assessor, names, at),
    completions: completions.map(completionEntry),
    ...(undeliverableSince === undefined ? {} : { undeliverableSince }),
  };
}

/** Adds an assessor who acts for employers that there are. */
export function addAssessorCall({ store }: Dependencies): EndpointHandler<'addAssessor'> {
  return async ({ caller, body, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    await requireEmployers(store, body.actsFor);
    return retryingConflicts(async () => {
      if ((await readAssessor(store, body.assessorId)) !== undefined)
        throw refusalProblem(refuse('id-taken', { kind: 'assessor', id: body.assessorId }));
      const added = newAssessor(body, by, at);
      if (isRefusal(added)) throw refusalProblem(added);
      const answer = await assessorRecord(store, added.assessor, at);
      await commit(store, { at, assessor: added, idempotency: idempotency(answer) });
      return answer;
    });
  };
}

/** Replaces what is recorded of an assessor: name, address, and the employers that they act for. */
export function changeAssessorCall({ store }: Dependencies): EndpointHandler<'changeAssessor'> {
  return async ({ caller, parameters: { assessorId }, body, ifMatch, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    await requireEmployers(store, body.actsFor);
    return retryingConflicts(async () => {
      const assessor = requireSameVersion(['assessor', assessorId], await requireAssessor(store, assessorId), ifMatch);
      const change = changeAssessor(assessor, body, by, at);
      const answer = await assessorRecord(store, change?.assessor ?? assessor, at);
      const kept = { at, idempotency: idempotency(answer) };
      if (change === undefined) await keepUnchanged(store, kept);
      else await commit(store, { ...kept, assessor: change });
      return answer;
    });
  };
}

/** Records a course that an assessor has completed: the status holds from it at once. */
export function recordCompletionCall({ store }: Dependencies): EndpointHandler<'recordCompletion'> {
  return async ({ caller, parameters: { assessorId }, body, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    return retryingConflicts(async () => {
      const assessor = await requireAssessor(store, assessorId);
      const change = recordCompletion(assessor, body, by, at);
      if (change !== undefined && isRefusal(change)) throw refusalProblem(change);
      const answer = await assessorRecord(store, change?.assessor ?? assessor, at);
      const kept = { at, idempotency: idempotency(answer) };
      if (change === undefined) await keepUnchanged(store, kept);
      else await commit(store, { ...kept, assessor: change });
      return answer;
    });
  };
}

/** Takes back a course that was recorded by mistake: the status is at once what it was without it. One of a session is corrected there. */
export function withdrawCompletionCall({ store }: Dependencies): EndpointHandler<'withdrawCompletion'> {
  return async ({ caller, parameters: { assessorId }, body, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    return retryingConflicts(async () => {
      const assessor = await requireAssessor(store, assessorId);
      const change = withdrawCompletion(assessor, body, by, at);
      const answer = await assessorRecord(store, change?.assessor ?? assessor, at);
      const kept = { at, idempotency: idempotency(answer) };
      if (change === undefined) await keepUnchanged(store, kept);
      else await commit(store, { ...kept, assessor: change });
      return answer;
    });
  };
}

/** Lists the assessors by name. */
export function listAssessorsCall({ store }: Dependencies): EndpointHandler<'listAssessors'> {
  return async ({ caller, query, at }) => {
    await administratorOf(store, caller);
    const { entries, next } = await listAssessors(store, decodeCursor(query.cursor, namePosition));
    const names = await readNames(store, { employerIds: entries.flatMap(({ actsFor }) => actsFor) });
    return { assessors: entries.map((assessor) => assessorEntry(assessor, names, at)), ...encodeCursor(next) };
  };
}

/** Reads one assessor with their history. */
export function readAssessorCall({ store }: Dependencies): EndpointHandler<'readAssessor'> {
  return async ({ caller, parameters: { assessorId }, at }) => {
    await administratorOf(store, caller);
    const assessor = await requireAssessor(store, assessorId);
    const history = await readHistory(store, assessorSubject(assessorId), assessor.events);
    return { ...(await assessorRecord(store, assessor, at)), history: staffHistory(history) };
  };
}

/** Reads what is recorded of the assessor who calls, with the courses that give them the status, or renew it. */
export function readOwnStatusCall({ store }: Dependencies): EndpointHandler<'readOwnStatus'> {
  return async ({ caller, at }) => {
    const [assessor, offers] = await Promise.all([assessorOf(store, caller), courseOffers(store, at)]);
    const own = await assessorRecord(store, assessor, at);
    const wanted = own.status.reason === 'never trained' ? initialCourses : refresherCourses;
    return { ...own, courses: offers.filter(({ course }) => wanted.includes(course)).map(courseEntry) };
  };
}
