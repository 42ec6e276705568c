import {
  changeEmployer,
  cycleSubject,
  type Employer,
  type EmployerData,
  isRefusal,
  newEmployer,
  refuse,
  type TakenAccount,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { decodeCursor, type EndpointHandler, encodeCursor, HttpProblem, refusalProblem } from '@secor/lambda';
import {
  commit,
  listActing,
  listEmployers,
  readCycle,
  readEmployer,
  readHistory,
  readNames,
  readWcbAccount,
  retryingConflicts,
  type Store,
  takeAccountOf,
} from '@secor/store';
import { staffHistory } from '../shared/audit-views.ts';
import { administratorOf } from '../shared/callers.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import { say } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';
import { keepUnchanged } from './keep-unchanged.ts';

/** Where a page of a list by name ends: a name in small letters and an id. */
export const namePosition = /^.{0,800}#[^#]{1,200}$/s;

/** The employer; 404 when there is none with this id. */
async function requireEmployer(store: Store, employerId: string): Promise<Employer> {
  const employer = await readEmployer(store, employerId);
  if (employer === undefined) throw new HttpProblem(404, say('no-employer', { employerId }));
  return employer;
}

/** Those of the employers that there are; 409 that names all that there are not. */
export async function requireEmployers(store: Store, employerIds: readonly string[]): Promise<void> {
  const wanted = [...new Set(employerIds)];
  const employers = await Promise.all(wanted.map((employerId) => readEmployer(store, employerId)));
  const unknown = wanted.filter((_, index) => employers[index] === undefined);
  if (unknown.length > 0) throw refusalProblem(refuse('unknown-employer', { employerIds: unknown.join(', ') }));
}

/** An employer as administrators see it. */
function employerRecord(employer: Employer): AnswerOf<'changeEmployer'> {
  const { employerId, version, ...data } = employer;
  return { employerId, version, ...dataOf(data) };
}

function dataOf(data: EmployerData): Omit<AnswerOf<'changeEmployer'>, 'employerId' | 'version'> {
  const { legalName, tradeName, wcbAccount, employees, industryCode, address, contact, secondContact, goodStanding } =
    data;
  return {
    legalName,
    ...(tradeName === undefined ? {} : { tradeName }),
    wcbAccount,
    employees,
    industryCode,
    address: { ...address },
    contact: { ...contact },
    ...(secondContact === undefined ? {} : { secondContact: { ...secondContact } }),
    goodStanding,
  };
}

/** The WCB account for an employer; 409 when others have it and do not share it. */
async function requireAccount(
  store: Store,
  employerId: string,
  asked: Parameters<typeof takeAccountOf>[2],
): Promise<TakenAccount> {
  const taken = await takeAccountOf(store, employerId, asked);
  if (isRefusal(taken)) throw refusalProblem(taken);
  return taken;
}

/** Adds an employer with a cycle of its own, in one transaction. */
export function addEmployerCall({ store }: Dependencies): EndpointHandler<'addEmployer'> {
  return async ({ caller, body: { employerId, sharesWcbAccount: shares, ...data }, at, idempotency }) => {
    const by = await administratorOf(store, caller);
    return retryingConflicts(async () => {
      if ((await readEmployer(store, employerId)) !== undefined)
        throw refusalProblem(refuse('id-taken', { kind: 'employer', id: employerId }));
      const account = await requireAccount(store, employerId, { wcbAccount: data.wcbAccount, shares });
      const added = newEmployer(employerId, data, account, by, at);
      const answer = employerRecord(added.employer);
      await commit(store, { at, ...added, idempotency: idempotency(answer) });
      return answer;
    });
  };
}

/** Replaces what is recorded of an employer, which its cycle's history tells, in one transaction. */
export function changeEmployerCall({ store }: Dependencies): EndpointHandler<'changeEmployer'> {
  return async ({ caller, parameters: { employerId }, body, ifMatch, at, idempotency }) => {
    const { sharesWcbAccount: shares, ...data } = body;
    const by = await administratorOf(store, caller);
    return retryingConflicts(async () => {
      // The cycle before the employer: a change of the employer's data is one of its cycle.
      const cycle = await readCycle(store, employerId);
      const employer = requireSameVersion(['employer', employerId], await requireEmployer(store, employerId), ifMatch);
      const { wcbAccount } = data;
      const { wcbAccount: before } = employer;
      const account =
        wcbAccount === before ? undefined : await requireAccount(store, employerId, { wcbAccount, shares, before });
      const change = changeEmployer(employer, cycle, data, by, at, account);
      const answer = employerRecord(change?.employer ?? employer);
      const kept = { at, idempotency: idempotency(answer) };
      if (change === undefined) await keepUnchanged(store, kept);
      else await commit(store, { ...kept, ...change });
      return answer;
    });
  };
}

/** Lists the employers by legal name. */
export function listEmployersCall({ store }: Dependencies): EndpointHandler<'listEmployers'> {
  return async ({ caller, query }) => {
    await administratorOf(store, caller);
    const { entries, next } = await listEmployers(store, decodeCursor(query.cursor, namePosition));
    const employers = entries.map(({ employerId, legalName, tradeName, employees, goodStanding, version }) => ({
      employerId,
      legalName,
      ...(tradeName === undefined ? {} : { tradeName }),
      employees,
      goodStanding,
      version,
    }));
    return { employers, ...encodeCursor(next) };
  };
}

/** Reads one employer: who acts for it, who shares its WCB account, to which contact mail has come back, and its history. */
export function readEmployerCall({ store }: Dependencies): EndpointHandler<'readEmployer'> {
  return async ({ caller, parameters: { employerId } }) => {
    await administratorOf(store, caller);
    const employer = await requireEmployer(store, employerId);
    const [cycle, acting, account] = await Promise.all([
      readCycle(store, employerId),
      listActing(store, employerId),
      readWcbAccount(store, employer.wcbAccount),
    ]);
    const others = account.employerIds.filter((each) => each !== employerId);
    const names = await readNames(store, { employerIds: others });
    const history = await readHistory(store, cycleSubject(employerId), cycle.events);
    const contacts = ['first', 'second'] as const;
    return {
      ...employerRecord(employer),
      assessors: acting.map(({ assessorId, name }) => ({ assessorId, assessorName: name })),
      sharesWcbAccountWith: others.map((each) => ({ employerId: each, legalName: names.legalName(each) })),
      undeliverable: contacts.flatMap((contact) => {
        const since = cycle.undeliverable[contact];
        return since === undefined ? [] : [{ contact, since }];
      }),
      history: staffHistory(history),
    };
  };
}
