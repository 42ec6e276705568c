import { mayHaveRisks, noteAssessors, parseSubject, recordRisks } from '@secor/certification';
import { RiskMessage } from '@secor/contracts';
import { type Delivery, environment, queueConsumer } from '@secor/lambda';
import { commit, openStore, readAssessor, readCycle, readEvent, retryingConflicts, type Store } from '@secor/store';
import { risksNow } from '../shared/risks-now.ts';

/**
 * Determines the risks of the employers that an event concerns again, and records the changes in their cycles. Administrators get
 * a letter about new risks. It reads everything as it is now, so order and repetition of messages do not matter.
 */
export function risks(store: Store) {
  return async ({ message, sentAt }: Delivery<RiskMessage>): Promise<void> => {
    const ofAssessor = parseSubject(message.subject).kind === 'assessor';
    for (const employerId of await employersOf(store, message)) await record(store, employerId, ofAssessor, sentAt);
  };
}

/** The employer of the event's cycle; for an assessor, all employers that they act for, or acted for until this event. */
async function employersOf(store: Store, { subject, number }: RiskMessage): Promise<Iterable<string>> {
  const { kind, id } = parseSubject(subject);
  if (kind === 'employer') return [id];
  const [assessor, event] = await Promise.all([readAssessor(store, id), readEvent(store, subject, number)]);
  const left = event?.type === 'assessor changed' ? event.data.actsFor.removed : [];
  return new Set([...(assessor?.actsFor ?? []), ...left]);
}

/**
 * Records the changes. The cycle's version protects the cycle against concurrent changes, but not its assessors. So after a
 * change of an assessor the version rises in any case: whoever read the assessors before that can't overwrite this result.
 */
function record(store: Store, employerId: string, ofAssessor: boolean, at: string): Promise<void> {
  return retryingConflicts(async () => {
    const cycle = await readCycle(store, employerId);
    if (!mayHaveRisks(cycle)) return;
    const recorded = recordRisks(cycle, await risksNow(store, cycle, at), at);
    const change = recorded ?? (ofAssessor ? noteAssessors(cycle, at) : undefined);
    if (change !== undefined) await commit(store, { at, cycle: change });
  });
}

export const handler = queueConsumer(RiskMessage, () => risks(openStore(environment('TABLE_NAME'))));
