import { type Audit, aheadOf, businessDate, nextStep, typicalSince, typicalWait } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { listWaitingDays, readQueue, type Store } from '@secor/store';

const keptMs = 60_000;

/** What was read is given again for a minute, by the time of the calls; what could not be read is read again. */
function keepForAMinute<T>(read: (at: string) => Promise<T>): (at: string) => Promise<T> {
  let kept: { readonly value: T; readonly readAt: number } | undefined;
  return async (at) => {
    const now = Date.parse(at);
    if (kept === undefined || now < kept.readAt || now - kept.readAt >= keptMs)
      kept = { value: await read(at), readAt: now };
    return kept.value;
  };
}

/** Tells an assessor where an audit stands: its next step, how many are ahead, and what wait is typical until it is decided. */
export type Outlook = (audit: Audit, at: string) => Promise<AnswerOf<'readAudit'>['queue']>;

/** The outlook of one instance: it reads queue and histograms at most once a minute, and only for audits that wait. */
export function outlookOf(store: Store): Outlook {
  const openQueue = keepForAMinute(async () =>
    (await readQueue(store)).map(({ position, state }) => ({ position, state })),
  );
  const typical = keepForAMinute(async (at) =>
    typicalWait(await listWaitingDays(store, typicalSince(at), businessDate(at))),
  );
  return async (audit, at) => {
    const { state } = audit;
    const isOver = state === 'closed' || state === 'rejected' || state === 'withdrawn';
    const [queue, wait] = await Promise.all([
      state === 'pending review' ? openQueue(at) : undefined,
      isOver ? undefined : typical(at),
    ]);
    const ahead = queue === undefined ? undefined : aheadOf(audit, queue);
    return {
      state,
      nextStep: nextStep(audit),
      ...(ahead === undefined ? {} : { ahead }),
      ...(wait === undefined ? {} : { typicalWait: wait }),
    };
  };
}
