import type { Assessor, Employer } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import type { Partner } from './index.ts';

export const partner: Partner = {
  name: 'Example Safety Partner',
  email: 'secor@partner.example',
  phone: '1 800 555 0100 ext. 3',
  site: 'https://partner.example',
};

export const employer: Employer = {
  employerId: 'e1',
  version: 1,
  ...employerData({
    legalName: 'Prairie Welding Ltd.',
    tradeName: 'Prairie Weld & Fab',
    wcbAccount: '1234567',
    contact: { name: 'Dana Cardinal', email: 'dana@prairie.example' },
  }),
};

export const assessor: Assessor = {
  assessorId: 'a1',
  version: 1,
  events: 1,
  name: 'Robin Beck',
  email: 'robin@prairie.example',
  actsFor: ['e1'],
  completions: [
    { courseId: 'safety-program-development', completedOn: '2021-05-03' },
    { courseId: 'hazard-management', completedOn: '2024-03-12' },
  ],
  sent: [],
};

/** People and companies whose names end with a full stop. */
export const stopped = {
  partner: { ...partner, name: 'Example Safety Partner Inc.' },
  employer: named('Prairie Welding Inc.', 'Dana Cardinal Jr.'),
  assessor: { ...assessor, name: 'Robin Beck Sr.' },
} as const;

function named(legalName: string, contact: string): Employer {
  const { tradeName: _, ...rest } = employer;
  return {
    ...rest,
    legalName,
    contact: { ...rest.contact, name: contact },
    secondContact: { name: 'Jo Cardinal Jr.', email: 'jo@prairie.example' },
  };
}

/** What a reader of the HTML sees, without tags and with entities resolved. */
export function seen(html: string): string {
  return html
    .replace(/<head>.*?<\/head>/s, '')
    .replace(/<!--.*?-->/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

export function seenFacts(html: string): string {
  return seen(html).replaceAll(':', '').replace(/\s+/g, ' ');
}

/** The lines of a text, without marks of lists and quotes, comparable with `seenFacts`. */
export function linesOf(text: string): string[] {
  return text.split('\n').map((line) =>
    line
      .replace(/^(- |> |\d+\. |-+$)/, '')
      .replaceAll(':', '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}
