import type { Trace } from '../audit/same-person.ts';
import { businessDate } from '../calendar.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import type { CycleEvent } from './events.ts';

/**
 * An employer with at most ten employees [P]. Data that identify people are only here, and on the items of assessors and staff.
 */
export type Employer = {
  readonly employerId: string;
  /** Every change of these data raises it by one. */
  readonly version: number;
  readonly legalName: string;
  readonly tradeName?: string;
  readonly wcbAccount: string;
  readonly employees: number;
  readonly industryCode: string;
  readonly address: Address;
  readonly contact: Contact;
  readonly secondContact?: Contact;
  /** Whether neither the partner nor the workers' compensation board objects to its certification. */
  readonly goodStanding: boolean;
};

export type Contact = { readonly name: string; readonly email: string; readonly phone?: string };

/** The two contacts of an employer, by their place. */
export type ContactPlace = 'first' | 'second';

export type Address = {
  readonly street: string;
  readonly city: string;
  readonly province: string;
  readonly postalCode: string;
};

/** What administrators record of an employer. */
export type EmployerData = Omit<Employer, 'employerId' | 'version'>;

/** The addresses of the contacts of an employer: the first, and the second where there is one. */
export function contactAddresses({ contact, secondContact }: Pick<Employer, 'contact' | 'secondContact'>): string[] {
  return [contact, ...(secondContact === undefined ? [] : [secondContact])].map(({ email }) => email);
}

/**
 * An employer with the number of employees and the standing that were on record at the end of a business date, by the events
 * of its cycle; before it was recorded, those that it was recorded with.
 */
export function employerAsKnownOn(employer: Employer, events: readonly CycleEvent[], date: string): Employer {
  let known = employer;
  for (const event of events.toReversed()) {
    if (event.type !== 'employer changed' || businessDate(event.at) <= date) continue;
    const { employees, goodStanding } = event.data;
    known = {
      ...known,
      ...(employees === undefined ? {} : { employees: employees.before }),
      ...(goodStanding === undefined ? {} : { goodStanding: !goodStanding }),
    };
  }
  return known;
}

/** What an employer's record says of each of its contacts. */
export function tracesOfContacts(employer: Pick<Employer, 'employerId' | 'contact' | 'secondContact'>): Trace[] {
  return contactAddresses(employer).map((address) => ({ employerId: employer.employerId, addresses: [address] }));
}

/** Whether an employer has more employees than can be certified by the rules of a day [P]. */
export function hasTooManyEmployees({ employees }: Pick<Employer, 'employees'>, on: string): boolean {
  return employees > ruleSetOn(on).maxEmployees.value;
}
