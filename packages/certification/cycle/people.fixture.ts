import type { Assessor } from '../assessor/assessor.ts';
import type { Employer } from './employer.ts';

/** The employer whose cycle tests tell. */
export const employer: Employer = {
  employerId: 'e1',
  version: 1,
  legalName: 'Example Ltd.',
  wcbAccount: '1234567',
  employees: 10,
  industryCode: '42121',
  address: { street: '1 Example Street', city: 'Calgary', province: 'AB', postalCode: 'T2P 1A1' },
  contact: { name: 'Eva', email: 'eva@example.com' },
  goodStanding: true,
};

/** The assessor who acts for it, whose initial training was completed on a day. */
export function trained(completedOn: string): Assessor {
  return {
    assessorId: 'a1',
    version: 1,
    events: 1,
    name: 'Ana',
    email: 'ana@example.com',
    actsFor: ['e1'],
    completions: [{ courseId: 'safety-program-development', completedOn }],
    sent: [],
  };
}
