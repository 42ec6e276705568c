import type { Assessor, Employer, Reviewer } from '@secor/certification';

/** Who stands in a fresh local cloud: all invented, with addresses that lead nowhere. */
export const samplePeople: {
  readonly employers: readonly [Employer, ...Employer[]];
  readonly assessors: readonly [Assessor, ...Assessor[]];
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
      contact: { name: 'Dale Kostiuk', email: 'dale@cutbank-wellsite.example.com' },
    },
    {
      employerId: 'nine-mile-hydrovac',
      legalName: 'Nine Mile Hydrovac Inc.',
      wcbAccount: '5523918',
      employees: 4,
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
