import type { Assessor, Employer } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { type EndpointName, endpoints, type Role } from '@secor/contracts';
import {
  draftLetter,
  type LetterFacts,
  type LetterName,
  type Partner,
  type Recipient,
  type RecipientRole,
} from './index.ts';

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

/** The role in which a recipient calls the API; who gets a letter that is meant for the assessor passes it on. */
const apiRoles: Readonly<Record<RecipientRole, Role>> = {
  assessor: 'assessor',
  'employer contact': 'employer',
  reviewer: 'reviewer',
  administrator: 'administrator',
};
const roleOf = (operation: EndpointName): readonly Role[] => endpoints[operation].roles;

/** How a sentence begins that tells its reader to do something in the system. */
const tellsToDo =
  /^(sign in|click|upload|download|register|enrol|ask for a new upload link|answer|open|cancel your)\b/i;

/** What a letter tells somebody to do that their role can't do, and to a contact what names no operation of the API. */
export function notAllowed(name: LetterName, recipient: Recipient, facts: LetterFacts): string[] {
  return draftLetter(name, recipient, facts).blocks.flatMap((block) => {
    if (block.kind === 'quote' || block.kind === 'facts' || block.kind === 'heading') return [];
    if ('tells' in block && block.tells !== undefined) {
      const { by, operations } = block.tells;
      const role = by === 'assessor' ? 'assessor' : apiRoles[recipient.role];
      return operations.filter((operation) => !roleOf(operation).includes(role)).map((each) => `${role}: ${each}`);
    }
    if (recipient.role !== 'employer contact') return [];
    const texts = 'items' in block ? block.items.map(({ text }) => text) : [block.text];
    return texts.flatMap((text) => text.split(/(?<=[.:]) /)).filter((sentence) => tellsToDo.test(sentence));
  });
}
