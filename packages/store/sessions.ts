import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { CourseSession } from '@secor/certification';
import { type Item, type Key, listIndex, readBody, type Store } from './table.ts';

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
 * The next sessions of a course that begin after a time of day ('HH:MM', America/Edmonton) of a date, earliest first. Read from
 * the list index, which may be a moment behind.
 */
export async function listSessions(
  store: Store,
  courseId: string,
  after: { readonly date: string; readonly time: string },
  limit: number,
): Promise<CourseSession[]> {
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: 'gsi1pk = :list AND gsi1sk > :after',
      // "$" is the character after "#": a session that begins at exactly this minute has begun.
      ExpressionAttributeValues: { ':list': sessionsList(courseId), ':after': `${after.date}#${after.time}$` },
      Limit: limit,
    }),
  );
  return Items.map((item) => item.body as CourseSession);
}
