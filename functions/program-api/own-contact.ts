import { type ContactPlace, changeContactPhone, type Employer } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import type { EndpointHandler } from '@secor/lambda';
import { commit, readCycle, retryingConflicts } from '@secor/store';
import { companyContactOf } from '../shared/callers.ts';
import type { Dependencies } from './dependencies.ts';
import { keepUnchanged } from './keep-unchanged.ts';

/** What is recorded of a contact of an employer. */
function ownContact(
  { employerId, legalName, contact, secondContact = contact }: Employer,
  place: ContactPlace,
): AnswerOf<'readOwnContact'> {
  const { name, email, phone } = place === 'first' ? contact : secondContact;
  return { employerId, legalName, name, email, ...(phone === undefined ? {} : { phone }) };
}

/** Reads what is recorded of the contact who calls. */
export function readOwnContactCall({ store }: Dependencies): EndpointHandler<'readOwnContact'> {
  return async ({ caller }) => {
    const { company, place } = await companyContactOf(store, caller);
    return ownContact(company, place);
  };
}

/** Corrects the telephone number of the contact who calls, and nobody else's; the history of the employer tells that it changed. */
export function changeOwnPhoneCall({ store }: Dependencies): EndpointHandler<'changeOwnPhone'> {
  return async ({ caller, body: { phone }, at, idempotency }) =>
    retryingConflicts(async () => {
      const { company, place } = await companyContactOf(store, caller);
      const cycle = await readCycle(store, company.employerId);
      // As letters name the contacts of an employer.
      const personId = `${company.employerId}.${place === 'first' ? 1 : 2}`;
      const change = changeContactPhone(company, cycle, place, phone, { role: 'employer', personId }, at);
      const answer = ownContact(change?.employer ?? company, place);
      const kept = { at, idempotency: idempotency(answer) };
      if (change === undefined) await keepUnchanged(store, kept);
      else await commit(store, { ...kept, ...change });
      return answer;
    });
}
