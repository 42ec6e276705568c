import { noteAssessors, parseSubject, recordRisks } from '@secor/certification';
import { RiskMessage } from '@secor/contracts';
import { type Delivery, environment, queueConsumer } from '@secor/lambda';
import { commit, openStore, readAssessor, readCycle, readEvent, retryingConflicts, type Store } from '@secor/store';
import { risksNow } from '../shared/risks-now.ts';

/**
 * Finds anew what is at risk for the employers that an event concerns, and records what has changed in each one's cycle, which
 * tells administrators what was added. Rests on everything as it is now, so that order and repetition do not matter.
 */
export function risks(store: Store) {
  return async ({ message, sentAt }: Delivery<RiskMessage>): Promise<void> => {
    const ofAssessor = parseSubject(message.subject).kind === 'assessor';
    for (const employerId of await employersOf(store, message)) await record(store, employerId, ofAssessor, sentAt);
  };
}

/** The employer of the event's cycle; for an assessor all for whom they act, or acted until this event. */
async function employersOf(store: Store, { subject, number }: RiskMessage): Promise<Iterable<string>> {
  const { kind, id } = parseSubject(subject);
  if (kind === 'employer') return [id];
  const [assessor, event] = await Promise.all([readAssessor(store, id), readEvent(store, subject, number)]);
  const left = event?.type === 'assessor changed' ? event.data.actsFor.removed : [];
  return new Set([...(assessor?.actsFor ?? []), ...left]);
}

/**
 * Records what has changed. The cycle's version guards what is read of it, but not of its assessors: after a change of one of
 * them it moves on in any case, so that a judgement by what was read before can't be recorded over this one.
 */
function record(store: Store, employerId: string, ofAssessor: boolean, at: string): Promise<void> {
  return retryingConflicts(async () => {
    const cycle = await readCycle(store, employerId);
    // Of an employer without a certificate nothing is at risk.
    if (cycle.certificates.length === 0) return;
    const recorded = recordRisks(cycle, await risksNow(store, cycle, at), at);
    const change = recorded ?? (ofAssessor ? noteAssessors(cycle, at) : undefined);
    if (change !== undefined) await commit(store, { at, cycle: change });
  });
}

export const handler = queueConsumer(RiskMessage, () => risks(openStore(environment('TABLE_NAME'))));
