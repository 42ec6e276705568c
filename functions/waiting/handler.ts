import { addWait, waitEndedBy } from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, queueConsumer } from '@secor/lambda';
import {
  commit,
  openStore,
  readAudit,
  readEvent,
  readWaitingDay,
  retryingConflicts,
  type Store,
  waitIsCounted,
  waitItem,
  waitingDayItem,
} from '@secor/store';

/**
 * Counts how long a revision had waited when it was decided, or when the next one was requested. Each revision counts once, in
 * the histogram of that business day. A decision on a reopened audit is not counted again.
 */
export function waiting(store: Store) {
  return async ({ message, sentAt }: Delivery<AuditMessage>): Promise<void> => {
    const { subject, number, auditNumber } = message;
    const [event, audit] = await Promise.all([readEvent(store, subject, number), readAudit(store, auditNumber)]);
    const wait = event !== undefined && audit && waitEndedBy(audit, event);
    if (!wait) throw new CannotSucceed(`${subject} has no event ${number} that ends a wait`);
    await retryingConflicts(async () => {
      if (await waitIsCounted(store, auditNumber, wait)) return;
      const day = addWait(await readWaitingDay(store, wait.day), wait);
      await commit(store, { at: sentAt, create: [waitItem(auditNumber, wait)], replace: [waitingDayItem(day)] });
    });
  };
}

export const handler = queueConsumer(AuditMessage, () => waiting(openStore(environment('TABLE_NAME'))));
