import type { Wait, WaitingDay } from '@secor/certification';
import { type Item, itemsOf, type Key, padded, readBody, type Store } from './table.ts';

const waits = 'WAITING';

function waitKey(auditNumber: string, revision: number): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: `WAIT#${padded(revision)}` };
}

/**
 * The item that says that the wait of a revision was counted. It is created in the transaction that counts it, so that it counts
 * once.
 */
export function waitItem(auditNumber: string, wait: Wait): Item<Wait> {
  return { ...waitKey(auditNumber, wait.revision), kind: 'wait', body: wait };
}

/** Whether the wait of a revision has been counted. */
export async function waitIsCounted(store: Store, auditNumber: string, { revision }: Wait): Promise<boolean> {
  return (await readBody(store, waitKey(auditNumber, revision))) !== undefined;
}

/** The item of a changed day of waits, for the transaction that adds a wait. */
export function waitingDayItem(day: WaitingDay): Item<WaitingDay> & { version: number } {
  return { pk: waits, sk: day.day, kind: 'waiting day', version: day.version, body: day };
}

/** The waits that ended on a business day, or undefined when none has. */
export function readWaitingDay(store: Store, day: string): Promise<WaitingDay | undefined> {
  return readBody<WaitingDay>(store, { pk: waits, sk: day });
}

/** The days on which waits ended, from one business day to another, both included. */
export async function listWaitingDays(store: Store, first: string, last: string): Promise<WaitingDay[]> {
  const items = itemsOf(store, {
    KeyConditionExpression: 'pk = :waits AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: { ':waits': waits, ':first': first, ':last': last },
  });
  return Array.fromAsync(items, ({ body }) => body as WaitingDay);
}
