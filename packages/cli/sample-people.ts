import type { Assessor, Employer, Reviewer } from '@secor/certification';

type SampleEmployer = Omit<Employer, 'version'>;
type SampleAssessor = Pick<Assessor, 'assessorId' | 'name' | 'email' | 'actsFor'>;

/** The people in a new local cloud: all invented, with addresses that do not exist. */
export const samplePeople: {
  readonly employers: readonly [SampleEmployer, ...SampleEmployer[]];
  readonly assessors: readonly [SampleAssessor, ...SampleAssessor[]];
  readonly reviewers: readonly [SampleReviewer, ...SampleReviewer[]];
  readonly administrator: SampleAdministrator;
} = {
  employers: [
    {
      employerId: 'cutbank-wellsite',
      legalName: 'Cutbank River Wellsite Services Ltd.',
      tradeName: 'Cutbank Wellsite',
      wcbAccount: '4810276',
      employees: 7,
      industryCode: '213118',
      address: { street: '12 Gravel Pit Road', city: 'Grande Prairie', province: 'AB', postalCode: 'T8V 4C4' },
      goodStanding: true,
      contact: { name: 'Dale Kostiuk', email: 'dale@cutbank-wellsite.example.com' },
      secondContact: { name: 'Ines Kostiuk', email: 'office@cutbank-wellsite.example.com' },
    },
    {
      employerId: 'nine-mile-hydrovac',
      legalName: 'Nine Mile Hydrovac Inc.',
      wcbAccount: '5523918',
      employees: 4,
      industryCode: '238910',
      address: { street: '9 Mile Trail', city: 'Nisku', province: 'AB', postalCode: 'T9E 7W1' },
      goodStanding: true,
      contact: { name: 'Renée Lafleur', email: 'renee@nine-mile-hydrovac.example.com' },
    },
  ],
  assessors: [
    {
      assessorId: 'morgan-tremblay',
      name: 'Morgan Tremblay',
      email: 'morgan@field-assessments.example.net',
      actsFor: ['cutbank-wellsite', 'nine-mile-hydrovac'],
    },
    {
      assessorId: 'priya-sandhu',
      name: 'Priya Sandhu',
      email: 'priya@nine-mile-hydrovac.example.com',
      actsFor: ['nine-mile-hydrovac'],
    },
  ],
  reviewers: [
    {
      reviewerId: 'joan-whitford',
      name: 'Joan Whitford',
      email: 'joan@partner.example.org',
      present: true,
      conflicts: [],
    },
    {
      reviewerId: 'tom-okafor',
      name: 'Tom Okafor',
      email: 'tom@partner.example.org',
      present: true,
      conflicts: [],
    },
  ],
  administrator: { administratorId: 'lena-baptiste', name: 'Lena Baptiste', email: 'lena@partner.example.org' },
};

type SampleReviewer = Omit<Reviewer, 'openReviews' | 'version'>;
type SampleAdministrator = { readonly administratorId: string; readonly name: string; readonly email: string };
