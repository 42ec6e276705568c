import { isSameAddress } from '../email-address.ts';
import type { Actor } from '../history.ts';
import { type Cycle, newCycle } from './cycle.ts';
import type { ContactPlace, Employer, EmployerData } from './employer.ts';
import type { EmployerField } from './events.ts';
import { type CycleChange, tellOfEmployer } from './steps.ts';
import type { TakenAccount, WcbAccount } from './wcb-account.ts';

/**
 * An employer after a change, its cycle, whose history has the event, and the WCB accounts that it took and left: all are written
 * in one transaction.
 */
export type EmployerChange = {
  readonly employer: Employer;
  /** The employer before the change, by whose names it was found; absent for a new one. */
  readonly employerBefore?: Employer;
  readonly cycle: CycleChange;
  readonly wcbAccounts: readonly WcbAccount[];
};

/** An employer under an id that nobody has yet, with the WCB account that it has taken. */
export function newEmployer(
  employerId: string,
  data: EmployerData,
  account: TakenAccount,
  by: Actor,
  at: string,
): EmployerChange {
  const { employees, goodStanding } = data;
  const happening = { type: 'employer added', data: { employees, goodStanding, ...sharing(account) } } as const;
  const cycle = tellOfEmployer(newCycle(employerId), happening, by, at);
  return { employer: { employerId, version: 1, ...data }, cycle, wcbAccounts: accountsOf(data, account) };
}

function sharing(account: TakenAccount | undefined): { sharesWcbAccountWith?: readonly string[] } {
  return account === undefined || account.sharedWith.length === 0 ? {} : { sharesWcbAccountWith: account.sharedWith };
}

/** The accounts to write with an employer. Throws Error when it gets another account than the one that was taken for it. */
function accountsOf(data: EmployerData, account: TakenAccount): readonly WcbAccount[] {
  if (account.wcbAccount !== data.wcbAccount)
    throw new Error(`WCB account ${account.wcbAccount} was taken for an employer with account ${data.wcbAccount}.`);
  return account.accounts;
}

const fields: Readonly<Record<keyof EmployerData, EmployerField>> = {
  legalName: 'legal name',
  tradeName: 'trade name',
  wcbAccount: 'WCB account',
  employees: 'number of employees',
  industryCode: 'industry code',
  address: 'address',
  contact: 'contact',
  secondContact: 'second contact',
  goodStanding: 'good standing',
};

/**
 * Replaces what is recorded of an employer. Undefined when nothing changes. The history says which fields changed, and the values
 * only of those that identify nobody.
 *
 * @param account the WCB account that the employer has taken; left out when it keeps its own
 */
export function changeEmployer(
  employer: Employer,
  cycle: Cycle,
  data: EmployerData,
  by: Actor,
  at: string,
  account?: TakenAccount,
): EmployerChange | undefined {
  const keys = Object.keys(fields) as (keyof EmployerData)[];
  const changed = [
    ...keys.filter((key) => !isSame(employer[key], data[key])).map((key) => fields[key]),
    ...phones.filter(([key]) => employer[key]?.phone !== data[key]?.phone).map(([, field]) => field),
  ];
  if (changed.length === 0) return undefined;
  const { employerId, version, employees: before } = employer;
  const { employees: after, goodStanding } = data;
  const readdressed = [
    ...(isSameAddress(employer.contact.email, data.contact.email) ? [] : (['first'] as const)),
    ...(isSameAddress(employer.secondContact?.email ?? '', data.secondContact?.email ?? '')
      ? []
      : (['second'] as const)),
  ];
  const happening = {
    type: 'employer changed',
    data: {
      changed,
      ...(readdressed.length === 0 ? {} : { readdressed }),
      ...(before === after ? {} : { employees: { before, after } }),
      ...(goodStanding === employer.goodStanding ? {} : { goodStanding }),
      ...sharing(account),
    },
  } as const;
  return {
    employer: { employerId, version: version + 1, ...data },
    employerBefore: employer,
    cycle: tellOfEmployer(cycle, happening, by, at),
    wcbAccounts: accountsOf(data, account ?? { wcbAccount: employer.wcbAccount, accounts: [], sharedWith: [] }),
  };
}

/** The telephone numbers of the contacts: they change by themselves. */
const phones = [
  ['contact', 'contact phone'],
  ['secondContact', 'second contact phone'],
] as const satisfies readonly (readonly [keyof EmployerData, EmployerField])[];

/**
 * Gives one contact of an employer another telephone number, or none. Undefined when they have it already; the history says whose
 * number changed, and not to what.
 */
export function changeContactPhone(
  employer: Employer,
  cycle: Cycle,
  place: ContactPlace,
  phone: string | undefined,
  by: Actor,
  at: string,
): EmployerChange | undefined {
  const { employerId: _id, version: _version, ...data } = employer;
  const key = place === 'first' ? 'contact' : 'secondContact';
  const before = data[key];
  if (before === undefined) return undefined;
  const { phone: _phone, ...contact } = before;
  const changed = { ...data, [key]: { ...contact, ...(phone === undefined ? {} : { phone }) } };
  return changeEmployer(employer, cycle, changed, by, at);
}

/** Whether two values are the same, but for a contact's telephone number. */
function isSame(a: Employer[keyof EmployerData], b: Employer[keyof EmployerData]): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const entries = (of: object) =>
    Object.entries(of)
      .filter(([key]) => key !== 'phone')
      .toSorted();
  const [left, right] = [entries(a), entries(b)];
  return JSON.stringify(left) === JSON.stringify(right);
}
