import type { Assessor } from '../assessor/assessor.ts';
import type { Employer, EmployerData } from './employer.ts';

/**
 * What is recorded of an employer, where a test does not say otherwise; every test's employer is made here, so that a new field is
 * added once. Employers that differ in name or contact have different WCB accounts.
 */
export function employerData(over: Partial<EmployerData> = {}): EmployerData {
  const { legalName = 'Example Ltd.', contact = { name: 'Dale', email: 'dale@example.com' } } = over;
  return {
    legalName,
    wcbAccount: accountOf(`${legalName} ${contact.email}`),
    employees: 6,
    industryCode: '213118',
    address: { street: '1 Test Road', city: 'Calgary', province: 'AB', postalCode: 'T2P 0A1' },
    contact,
    goodStanding: true,
    ...over,
  };
}

/** Nine digits, the same for the same text. */
function accountOf(text: string): string {
  let sum = 7;
  for (const character of text) sum = (sum * 131 + (character.codePointAt(0) ?? 0)) % 900_000_007;
  return String(100_000_000 + (sum % 900_000_000));
}

/** The employer whose cycle tests tell. */
export const employer: Employer = {
  employerId: 'e1',
  version: 1,
  ...employerData({ employees: 10, contact: { name: 'Eva', email: 'eva@example.com' } }),
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
