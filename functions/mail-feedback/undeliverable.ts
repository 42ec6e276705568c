import { mailFailed, mailToContactFailed } from '@secor/certification';
import { log } from '@secor/lambda';
import {
  commit,
  readAdministrator,
  readAssessor,
  readCycle,
  readEmployer,
  readReviewer,
  recordUnreachedStaff,
  retryingConflicts,
  type Store,
} from '@secor/store';

/** That mail to an address failed for good: it came back, or was complained of; when that was, and when it was told (ISO, UTC). */
export type Failure = {
  readonly personId: string;
  /** Where the letter went. */
  readonly address: string;
  readonly reason: 'bounced' | 'complained';
  readonly at: string;
  readonly sentAt: string;
};

/**
 * Records that mail does not reach somebody, on the aggregate of the person whose address it still is: an address that has been
 * corrected meanwhile is none of theirs. Members of the partner's staff have no aggregate: of them the address is remembered.
 */
export async function tellPerson(store: Store, failure: Failure): Promise<void> {
  await Promise.all([
    retryingConflicts(() => tellContact(store, failure)),
    retryingConflicts(() => tellAssessor(store, failure)),
    tellStaff(store, failure),
  ]);
}

/** How letters name the contacts of an employer. */
const contactOf = /^(.*)\.([12])$/;

async function tellContact(store: Store, { personId, address, reason, at, sentAt }: Failure): Promise<void> {
  const [, employerId, place] = contactOf.exec(personId) ?? [];
  if (employerId === undefined) return;
  const which = place === '2' ? 'second' : 'first';
  // The cycle first: a change of the employer is one of its cycle.
  const cycle = await readCycle(store, employerId);
  const employer = await readEmployer(store, employerId);
  const contact = which === 'first' ? employer?.contact : employer?.secondContact;
  if (contact?.email.toLowerCase() !== address.toLowerCase()) return;
  const change = mailToContactFailed(cycle, which, reason, at);
  if (change !== undefined) await commit(store, { at: sentAt, cycle: change });
}

async function tellAssessor(store: Store, { personId, address, reason, at, sentAt }: Failure): Promise<void> {
  const assessor = await readAssessor(store, personId);
  if (assessor?.email.toLowerCase() !== address.toLowerCase()) return;
  const change = mailFailed(assessor, reason, at);
  if (change !== undefined) await commit(store, { at: sentAt, assessor: change });
}

async function tellStaff(store: Store, { personId, address, reason, at }: Failure): Promise<void> {
  const staff = await Promise.all([readReviewer(store, personId), readAdministrator(store, personId)]);
  if (!staff.some((person) => person?.email.toLowerCase() === address.toLowerCase())) return;
  await recordUnreachedStaff(store, { personId, email: address, reason, since: at });
  log.error(
    'a member of the staff gets no letters any more: record another address, or delete their item under UNREACHED-STAFF once this one works again',
    { personId, reason },
  );
}
