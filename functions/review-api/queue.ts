import { queueReason, tracesOfPerson } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { decodeCursor, type EndpointHandler, encodeCursor, HttpProblem } from '@secor/lambda';
import { listQueue, type QueueEntry, type QueueSelection, readQueue, type Store } from '@secor/store';
import { knownPersons } from '../known-persons.ts';
import { type Dependencies, type Staff, staffOf } from './staff.ts';

type Counts = NonNullable<AnswerOf<'listQueue'>['counts']>;
type State = keyof Counts;

function notOne(message: string): HttpProblem {
  return new HttpProblem(400, 'Correct what is listed under problems and send the request again.', [
    { place: 'query, reviewer', message },
  ]);
}

/**
 * The part of the queue that is asked for: of oneself ('me'), of nobody ('nobody'), of a reviewer by id. Without a word a
 * reviewer gets what is theirs or nobody's, an administrator all. No reviewer is shown what waits
 * for a reviewer and is not theirs to review.
 */
async function selectionOf(store: Store, staff: Staff, asked: string | undefined): Promise<QueueSelection> {
  const { role, reviewerId } = staff;
  const own = reviewerId === undefined ? [] : [{ reviewerId }];
  if (asked === 'me') {
    if (own.length === 0) throw notOne('is "me", and you are no reviewer: name one, or ask for "nobody"');
    return { parts: own };
  }
  if (role === 'administrator')
    return asked === undefined ? {} : { parts: [asked === 'nobody' ? asked : { reviewerId: asked }] };
  if (asked === undefined) return { parts: [...own, 'nobody'], ...(await tiesOf(store, staff)) };
  if (asked === 'nobody') return { parts: ['nobody'], ...(await tiesOf(store, staff)) };
  if (asked === reviewerId) return { parts: own };
  throw new HttpProblem(403, 'The queue of another reviewer is shown to administrators. Ask for "me" or "nobody".');
}

/** The employers and assessors of what waits for a reviewer whose audits this one must not review, by whatever record tells who they are. */
async function tiesOf(
  store: Store,
  { trace, all }: Staff,
): Promise<Pick<QueueSelection, 'withoutEmployers' | 'withoutAssessors'>> {
  const known = await knownPersons(store, all, await readQueue(store, { parts: ['nobody'] }));
  const own = tracesOfPerson(trace, known);
  const distinct = (ids: readonly string[]) => [...new Set(ids)];
  return {
    withoutEmployers: distinct(
      own.flatMap(({ employerId, conflicts = [] }) => [
        ...conflicts,
        ...(employerId === undefined ? [] : [employerId]),
      ]),
    ),
    withoutAssessors: distinct(own.flatMap(({ assessorId }) => assessorId ?? [])),
  };
}

/** Lists the queue in its order, with the counts by state where a list begins. */
export function listQueueCall({ store }: Dependencies): EndpointHandler<'listQueue'> {
  return async ({ caller, query: { state, reviewer, arrivedBefore, cursor } }) => {
    const staff = await staffOf(store, caller);
    const selection = { ...(await selectionOf(store, staff, reviewer)), ...(arrivedBefore && { arrivedBefore }) };
    const after = decodeCursor(cursor, /^\d{4}-\d\d-\d\d#\d{9}$/);
    const { entries, next } = await listQueue(store, { ...selection, ...(state && { state }) }, after);
    const whole = state === undefined && next === undefined;
    const counts = after === undefined ? { counts: countsOf(whole ? entries : await readQueue(store, selection)) } : {};
    return { entries: entries.map((entry) => shown(entry, staff)), ...counts, ...encodeCursor(next) };
  };
}

function countsOf(entries: readonly QueueEntry[]): Counts {
  const count = (state: State) => entries.filter((entry) => entry.state === state).length;
  return {
    'pending review': count('pending review'),
    'in review': count('in review'),
    'awaiting revision': count('awaiting revision'),
  };
}

function shown(entry: QueueEntry, staff: Staff): AnswerOf<'listQueue'>['entries'][number] {
  const { auditNumber, kind, employerId, state, reviewerId, arrivedOn, dueOn } = entry;
  return {
    auditNumber,
    kind,
    employerId,
    // What is over has no entry.
    state: state as State,
    ...(reviewerId === undefined ? {} : { reviewerId }),
    assigned:
      reviewerId === undefined ? 'to nobody' : reviewerId === staff.reviewerId ? 'to you' : 'to another reviewer',
    arrivedOn,
    ...(dueOn === undefined ? {} : { dueOn }),
    why: queueReason(entry),
  };
}
