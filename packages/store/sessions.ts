import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { CourseSession } from '@secor/certification';
import { type Item, itemsOf, type Key, listIndex, pageSize, readBody, type Store } from './table.ts';

function sessionKey(sessionId: string): Key {
  return { pk: `SESSION#${sessionId}`, sk: 'SESSION' };
}

function sessionsList(courseId: string): string {
  return `SESSIONS#${courseId}`;
}

/** The item of a changed session; its version is checked. The list of its course is ordered by start. */
export function sessionItem(session: CourseSession): Item<CourseSession> & { version: number } {
  const { sessionId, courseId, date, time, version } = session;
  const listed = { gsi1pk: sessionsList(courseId), gsi1sk: `${date}#${time}#${sessionId}` };
  return { ...sessionKey(sessionId), kind: 'course session', version, body: session, ...listed };
}

/** The session as it is now, or undefined. */
export function readSession(store: Store, sessionId: string): Promise<CourseSession | undefined> {
  return readBody<CourseSession>(store, sessionKey(sessionId));
}

/**
 * The next sessions of a course that begin after a time of day ('HH:MM', America/Edmonton) of a date and are not cancelled, earliest
 * first. Read from the list index, which may be a moment behind.
 */
export async function listSessions(
  store: Store,
  courseId: string,
  after: { readonly date: string; readonly time: string },
  limit: number,
): Promise<CourseSession[]> {
  const items = itemsOf(store, {
    IndexName: listIndex,
    KeyConditionExpression: 'gsi1pk = :list AND gsi1sk > :after',
    // "$" is the character after "#": a session that begins at exactly this minute has begun.
    ExpressionAttributeValues: { ':list': sessionsList(courseId), ':after': `${after.date}#${after.time}$` },
    Limit: limit,
  });
  const sessions: CourseSession[] = [];
  for await (const { body } of items) {
    const session = body as CourseSession;
    if (session.cancelled === undefined) sessions.push(session);
    if (sessions.length === limit) break;
  }
  return sessions;
}

/** Before and behind all that begins on a day: "#" and the time of day follow the date. */
const [beforeAll, behindAll] = ['0', '9'];

/**
 * A page of the sessions of these courses by date, past and cancelled ones among them: from a day and through a day, where they are
 * given. Read from the list index, which may be a moment behind. `after` is the `next` of the page before.
 */
export async function listSessionsByDate(
  store: Store,
  courseIds: readonly string[],
  { from = beforeAll, to = behindAll }: { readonly from?: string | undefined; readonly to?: string | undefined },
  after?: string,
): Promise<{ sessions: CourseSession[]; next?: string }> {
  // "!" comes before all that ids and times consist of: nothing lies between a key and the same with "!".
  const first = after === undefined || after < from ? from : `${after}!`;
  const last = `${to}$`;
  if (first > last) return { sessions: [] };
  const pages = await Promise.all(
    courseIds.map(async (courseId) => {
      const { Items = [], LastEvaluatedKey } = await store.client.send(
        new QueryCommand({
          TableName: store.table,
          IndexName: listIndex,
          KeyConditionExpression: 'gsi1pk = :list AND gsi1sk BETWEEN :first AND :last',
          ExpressionAttributeValues: { ':list': sessionsList(courseId), ':first': first, ':last': last },
          Limit: pageSize,
        }),
      );
      return { Items, end: LastEvaluatedKey === undefined ? undefined : String(LastEvaluatedKey.gsi1sk) };
    }),
  );
  // What a course has behind the end of its page is not known yet: the whole page ends there.
  const ends = pages.flatMap(({ end }) => end ?? []).toSorted();
  const known = pages
    .flatMap(({ Items }) => Items.map((item) => ({ place: String(item.gsi1sk), session: item.body as CourseSession })))
    .filter(({ place }) => ends[0] === undefined || place <= ends[0])
    .toSorted((one, other) => (one.place < other.place ? -1 : 1));
  const listed = known.slice(0, pageSize);
  const next = listed.length < known.length ? listed.at(-1)?.place : ends[0];
  return { sessions: listed.map(({ session }) => session), ...(next === undefined ? {} : { next }) };
}
