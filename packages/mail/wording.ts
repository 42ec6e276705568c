import {
  businessDate,
  dateInWords,
  type Note,
  percentage,
  protocolById,
  type SentNote,
  type Shortfall,
} from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, type Partner, type Recipient } from './facts.ts';
import type { Block, Item } from './layout.ts';

/** 'n things', or '1 thing'. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Several names as a sentence has them: 'A, B and C'. */
export function allInWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A score as people read it: '79.9 % (391 of 489 points)', the percentage cut, not rounded. */
export function scoreInWords(awarded: number, available: number): string {
  return `${percentage(awarded, available)} % (${awarded} of ${counted(available, 'point')})`;
}

/** Each missed minimum with the points that it takes and how many are missing. */
export function shortfallItems(shortfalls: readonly Shortfall[]): Item[] {
  return shortfalls.map(({ scope, element, title, minimumPercent, awarded, available, required, short }) => ({
    label: scope === 'overall' ? 'Overall' : `Element ${element}, ${title}`,
    text: `${scoreInWords(awarded, available)}. The minimum of ${minimumPercent} % is ${counted(required, 'point')}: ${counted(short, 'point')} short.`,
  }));
}

/** How to get the report of a closed audit from the partner's site, step by step [N]: as the assessor and the contact each can. */
export function howToGetReport(
  auditNumber: string,
  { role }: Pick<Recipient, 'role'>,
  { partner, event }: AuditFacts,
): Block[] {
  const { site } = partner;
  const papers =
    'certificateNumber' in event.data && event.data.certificateNumber !== undefined
      ? 'the report and the certificate'
      : 'the report';
  const [items, list] =
    role === 'assessor'
      ? ([assessorsSteps(auditNumber, site), 'listAudits'] as const)
      : ([contactsSteps(auditNumber, site, papers), 'listEmployersAudits'] as const);
  return [
    { kind: 'heading', text: 'How to get the report' },
    { kind: 'paragraph', text: 'The audit report is ready for you to download now.' },
    { kind: 'steps', items, tells: { by: 'reader', operations: [list, 'readReport'] } },
  ];
}

function assessorsSteps(auditNumber: string, site: string): Item[] {
  return [
    { text: 'Sign in at', link: site },
    { text: 'Click My Account.' },
    { text: 'Click Auditor Portal, on the left side of the page.' },
    { text: 'Click Closed, under My Active Audits.' },
    { text: `Click the 9-digit audit number ${auditNumber} to download the report.` },
  ];
}

function contactsSteps(auditNumber: string, site: string, papers: string): Item[] {
  return [
    { text: 'Sign in at', link: site },
    { text: `Choose the 9-digit audit number ${auditNumber} in the list of your company's audits.` },
    { text: `Download ${papers}.` },
  ];
}

/** What an employer's contact can do by themselves: nothing else of what the API offers. */
export function whatContactCanDo({ name, site }: Partner): Block[] {
  return [
    { kind: 'heading', text: 'What you can do yourself' },
    {
      kind: 'list',
      items: [
        {
          text: "Read your company's audits, download their reports and certificates, see what is due and why, and correct your telephone number: sign in at",
          link: site,
        },
        { text: `If you cannot sign in, or anything else has changed, call or write to ${name}.` },
      ],
      tells: {
        by: 'reader',
        operations: [
          ...(['listEmployersAudits', 'readAudit', 'readReport', 'readAuditWhy'] as const),
          ...(['readOwnStanding', 'readWhy', 'readOwnContact', 'changeOwnPhone'] as const),
        ],
      },
    },
  ];
}

/** That a decision after a reopening stands in place of the one before; nothing when it is the first. */
export function replacesEarlier(decision: number): Block[] {
  if (decision === 1) return [];
  return [{ kind: 'paragraph', text: 'The audit was reopened. This decision replaces the earlier one.' }];
}

/** That certificates which an earlier decision had given are revoked; nothing when none is. */
export function revokedCertificates({ revoked = [] }: AuditFacts): Block[] {
  return revoked.map((certificateNumber) => ({
    kind: 'paragraph',
    text: `Certificate ${certificateNumber}, which the earlier decision gave, is revoked. It is no longer valid and must not be shown as valid.`,
  }));
}

/** The rows that say which audit a letter is about, for the assessor and the contact. */
export function auditRows({ event, employer }: AuditFacts): [label: string, value: string][] {
  return [
    ['Employer', employerName(employer)],
    ['Audit number', auditNumberOf(event)],
  ];
}

/** The rows that say which audit a letter is about, for the partner's people; the reviewer's name is for administrators. */
export function deskRows(facts: AuditFacts, { role }: Pick<Recipient, 'role'>): [label: string, value: string][] {
  const { audit, assessor, staff } = facts;
  const { arrivedAt, kind } = audit;
  return [
    ...auditRows(facts),
    ['Kind', `${kind} audit`],
    ['Assessor', assessor.name],
    ...(role === 'administrator' ? [['Reviewer', staff?.reviewer?.name ?? 'nobody'] satisfies [string, string]] : []),
    ...(arrivedAt === undefined
      ? []
      : [['Package arrived on', dateInWords(businessDate(arrivedAt))] satisfies [string, string]]),
  ];
}

/** Where the partner's people open an audit. */
export function howToOpenReview(auditNumber: string, site: string): Block[] {
  return [
    { kind: 'heading', text: 'Where to open it' },
    {
      kind: 'steps',
      items: [{ text: 'Sign in at', link: site }, { text: `Open audit ${auditNumber} in the review queue.` }],
    },
  ];
}

/** Why something was done, in the words of who did it. */
export function reasonGiven(reason: string): Block[] {
  return [
    { kind: 'heading', text: 'The reason' },
    { kind: 'quote', text: reason },
  ];
}

/** The notes that went out with the end of an audit, each in the words of the review; nothing where there were none. */
export function notesOfReview(notes: readonly SentNote[] | undefined, { audit }: AuditFacts): Block[] {
  if (notes === undefined) return [];
  return [
    { kind: 'heading', text: 'Notes from the review' },
    { kind: 'paragraph', text: 'They are for your information: the audit has ended, and they need no answer.' },
    ...notes.map(
      (note): Block => ({
        kind: 'quote',
        label: `Note ${note.note}`,
        about: aboutInWords(note, audit.protocol),
        text: note.text,
      }),
    ),
  ];
}

/** What a note is about: its question with the text that the audit's protocol gives it, or the whole audit. */
export function aboutInWords({ question }: Pick<Note, 'question'>, protocol: string): string {
  if (question === undefined) return 'About the whole audit';
  const asked = protocolById(protocol)
    ?.elements.flatMap((element) => element.questions)
    .find(({ id }) => id === question);
  return asked === undefined ? `Question ${question}` : `Question ${question}: ${asked.text}`;
}

/** What an assessor does to send the revision that was requested. */
export function revisionSteps(auditNumber: string, { partner }: AuditFacts): Item[] {
  return [
    { text: 'Sign in at', link: partner.site },
    { text: `Click My Account, then Auditor Portal, and open audit ${auditNumber}.` },
    {
      text: 'Answer each note. Say how you resolved each note that is to be resolved, and acknowledge each note that is for your information.',
    },
    {
      text: 'Ask for a new upload link. You can get it once every note is answered. Older links no longer work.',
    },
    { text: 'Upload the whole revised package with the new link. It replaces the earlier package.' },
  ];
}

/** What makes a revision count: the last day on which it can arrive, and what happens after it [P]. */
export function revisionDeadline(dueOn: string, { partner }: AuditFacts): Block[] {
  return [
    { kind: 'heading', text: 'The deadline' },
    {
      kind: 'paragraph',
      text: `The revised package must arrive on or before ${dateInWords(dueOn)}, Alberta time. What counts is the day that it arrives, not the day that it is read. After the deadline the audit is rejected. If you need more time, ask ${partner.name} before then.`,
    },
  ];
}
