import { randomUUID } from 'node:crypto';
import { addDays, businessDate, enrol, isRefusal, scheduleSession } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import type { ApiClient, InputFor } from '@secor/contracts';
import { addAssessor, commit, linkSignIn, readEmployer, type Store } from '@secor/store';
import { addCertified } from './certified.ts';
import { checkedClient } from './checked-api.ts';
import { claimsOf, known, type Party, type Site } from './cloud.ts';

/** An id that nobody has. */
export function newId(what: string): string {
  return `${what}-${randomUUID().slice(0, 8)}`;
}

/** An employer that can be added, under an id of its own unless told otherwise. */
export function newEmployer(employerId = newId('employer')): InputFor<'addEmployer'>['body'] {
  const contact = { name: 'Dale Contact', email: `${employerId}@employer.example.com` };
  const data = employerData({ legalName: `${employerId} Ltd.`, tradeName: 'Test', contact });
  return { employerId, ...data };
}

/** Changes what is recorded of an employer, as an administrator who has read it. */
export async function changeEmployer(
  administrator: ApiClient,
  employerId: string,
  changed: Partial<InputFor<'changeEmployer'>['body']>,
): Promise<void> {
  const parameters = { employerId };
  const {
    version,
    employerId: _id,
    sharesWcbAccountWith: _shares,
    assessors: _assessors,
    undeliverable: _undeliverable,
    history: _history,
    ...data
  } = await administrator('readEmployer', { parameters });
  await administrator('changeEmployer', { parameters, ifMatch: version, body: { ...data, ...changed } });
}

/** An assessor that can be added, under an id of their own. */
export function newAssessor(
  actsFor: readonly string[],
  completedOn: string,
  assessorId = newId('assessor'),
): InputFor<'addAssessor'>['body'] {
  return {
    assessorId,
    name: `Robin ${assessorId}`,
    email: `${assessorId}@assessor.example.net`,
    actsFor: [...actsFor],
    completions: [{ courseId: 'safety-program-development', completedOn }],
  };
}

/** Has an administrator add an employer and an assessor who acts for it, and link the assessor's sign-in. */
export async function enrolByApi({ administrator, cloud, client }: Site, completedOn: string) {
  const employer = await administrator('addEmployer', { body: newEmployer() });
  const actsFor = [employer.employerId];
  const added = await administrator('addAssessor', { body: newAssessor(actsFor, completedOn) });
  const assessor = { ...added, actsFor };
  await cloud.token({ email: assessor.email, groups: ['assessor'] });
  await administrator('linkSignIn', { body: { email: assessor.email, assessorId: assessor.assessorId } });
  return { employer, assessor, api: await client(assessor.email, 'assessor') };
}

let certified = 0;

/** An employer that is certified by an audit that ended on this day, and an assessor who acts for it and can sign in. */
export async function enrolCertified(
  { cloud, store, today, settled }: Site,
  { endedOn, recordsMonths = 12, contactEmail }: { endedOn: string; recordsMonths?: number; contactEmail?: string },
): Promise<Party> {
  certified += 1;
  const employerId = newId('employer');
  const completedOn = addDays(today(), -100);
  const completions = [{ courseId: 'safety-program-development', completedOn }];
  const assessor = { ...newAssessor([employerId], completedOn), completions };
  // The assessor first: an employer without one is at risk.
  await addAssessor(store, assessor, new Date(cloud.clock.now()).toISOString());
  await addCertified(store, {
    employerId,
    auditNumber: String(620_000_000 + certified),
    assessorId: assessor.assessorId,
    decidedAt: `${addDays(endedOn, 10)}T18:00:00.000Z`,
    recordsMonths,
    ...(contactEmail === undefined ? {} : { contactEmail }),
  });
  const token = await cloud.token({ email: assessor.email, groups: ['assessor'] });
  const { iss, sub } = claimsOf(token);
  await linkSignIn(store, iss, sub, { assessorId: assessor.assessorId });
  await settled();
  const employer = known(await readEmployer(store, employerId));
  return { employer, assessor, api: checkedClient({ apiUrl: cloud.apiUrl, token }) };
}

/** Has the sweep of an instant (epoch milliseconds) asked for, as the schedule does. */
export function askForSweep({ send }: Pick<Site, 'send'>, instant: number): Promise<void> {
  return send('sweep', JSON.stringify({ scheduledTime: new Date(instant).toISOString() }));
}

/**
 * A session of today in which the assessor took a place yesterday.
 * @param now epoch milliseconds
 */
export async function begunSession(store: Store, now: number, assessorId: string): Promise<string> {
  const at = new Date(now - 24 * 60 * 60_000).toISOString();
  const planned = {
    courseId: 'hazard-management',
    date: businessDate(now),
    time: '00:00',
    instructor: 'Ines',
    place: 'Room 4',
    places: 5,
  };
  const session = scheduleSession({ sessionId: randomUUID(), ...planned }, { role: 'system' }, at);
  if (isRefusal(session)) throw new Error(session.message);
  await commit(store, { at, session });
  const enrolled = enrol(session.session, assessorId, { role: 'assessor', personId: assessorId }, at);
  if (isRefusal(enrolled)) throw new Error(enrolled.message);
  await commit(store, { at, session: enrolled });
  return enrolled.session.sessionId;
}
