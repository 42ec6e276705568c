import { queueReason } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { decodeCursor, type EndpointHandler, encodeCursor } from '@secor/lambda';
import { listQueue, type Names, type QueueEntry, readQueue } from '@secor/store';
import { readableQueue } from '../shared/access.ts';
import { namedEntry, readNamesOf } from '../shared/audit-views.ts';
import { type Staff, staffOf } from '../shared/callers.ts';
import type { Dependencies } from './dependencies.ts';

type Counts = NonNullable<AnswerOf<'listQueue'>['counts']>;
type State = keyof Counts;

/** Lists the queue in its order, with the counts by state where a list begins. */
export function listQueueCall({ store }: Dependencies): EndpointHandler<'listQueue'> {
  return async ({ caller, query: { state, reviewer, arrivedBefore, cursor } }) => {
    const staff = await staffOf(store, caller);
    const selection = { ...(await readableQueue(store, staff, reviewer)), ...(arrivedBefore && { arrivedBefore }) };
    const after = decodeCursor(cursor, /^\d{4}-\d\d-\d\d#\d{9}$/);
    const { entries, next } = await listQueue(store, { ...selection, ...(state && { state }) }, after);
    const whole = state === undefined && next === undefined;
    const counts = after === undefined ? { counts: countsOf(whole ? entries : await readQueue(store, selection)) } : {};
    const names = await readNamesOf(store, entries);
    return { entries: entries.map((entry) => queueEntry(entry, names, staff)), ...counts, ...encodeCursor(next) };
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

/** An entry as staff see it: with the name of its reviewer, which nobody else is told. */
function queueEntry(entry: QueueEntry, names: Names, staff: Staff): AnswerOf<'listQueue'>['entries'][number] {
  const { state, reviewerId, arrivedOn, dueOn, round, layout } = entry;
  return {
    ...namedEntry(entry, names),
    // What is over has no entry.
    state: state as State,
    ...(reviewerId === undefined ? {} : { reviewerId, reviewerName: names.reviewerName(reviewerId) }),
    assigned:
      reviewerId === undefined ? 'to nobody' : reviewerId === staff.reviewerId ? 'to you' : 'to another reviewer',
    arrivedOn,
    ...(dueOn === undefined ? {} : { dueOn }),
    why: queueReason(entry),
    round,
    ...(layout === undefined ? {} : { layout }),
  };
}
