import { isSameAddress } from '../email-address.ts';
import type { Actor } from '../history.ts';
import { type Cycle, newCycle } from './cycle.ts';
import type { Employer, EmployerData } from './employer.ts';
import type { EmployerField } from './events.ts';
import { type CycleChange, tellOfEmployer } from './steps.ts';

/** An employer after a change, and its cycle, whose history has the event: both are written in one transaction. */
export type EmployerChange = { readonly employer: Employer; readonly cycle: CycleChange };

/** An employer under an id that nobody has yet. */
export function newEmployer(employerId: string, data: EmployerData, by: Actor, at: string): EmployerChange {
  const { employees, goodStanding } = data;
  const cycle = tellOfEmployer(
    newCycle(employerId),
    { type: 'employer added', data: { employees, goodStanding } },
    by,
    at,
  );
  return { employer: { employerId, version: 1, ...data }, cycle };
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
 */
export function changeEmployer(
  employer: Employer,
  cycle: Cycle,
  data: EmployerData,
  by: Actor,
  at: string,
): EmployerChange | undefined {
  const keys = Object.keys(fields) as (keyof EmployerData)[];
  const changed = keys.filter((key) => !isSame(employer[key], data[key])).map((key) => fields[key]);
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
    },
  } as const;
  return {
    employer: { employerId, version: version + 1, ...data },
    cycle: tellOfEmployer(cycle, happening, by, at),
  };
}

function isSame(a: Employer[keyof EmployerData], b: Employer[keyof EmployerData]): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const [left, right] = [Object.entries(a).toSorted(), Object.entries(b).toSorted()];
  return JSON.stringify(left) === JSON.stringify(right);
}
