import { type AuditEvent, businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';
import { counted } from './wording.ts';

/** To the assessor: the package was refused; every problem with its place, and the remedy. */
export function packageRefused(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'package refused', 'documents refused');
  const auditNumber = auditNumberOf(event);
  const { problems } = facts;
  if (problems === undefined)
    throw new Error(`The list of problems of ${event.subject}, event ${event.number}, is missing.`);
  const found = counted(problems.length, 'problem');
  return {
    subject: `SECOR audit ${auditNumber}: package refused, ${found}`,
    tone: 'bad',
    title: `Package refused for audit ${auditNumber}`,
    blocks: [
      { kind: 'paragraph', text: whatHappened(event) },
      {
        kind: 'facts',
        facts: [
          ['Employer', employerName(facts.employer)],
          ['Audit number', auditNumber],
          ['Refused on', dateInWords(businessDate(event.at))],
        ],
      },
      { kind: 'heading', text: `${found} found` },
      { kind: 'steps', items: problems.map(({ place, message }) => ({ label: place, text: message })) },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'paragraph',
        text: `Correct every problem, then ask for a new upload link for audit ${auditNumber} and upload the package again. Nothing else in the audit is lost.`,
      },
    ],
  };
}

/** What came before it, of which the letter may be the first one: several that come at once are told in one letter. */
function earlier(before: number | undefined): string {
  if (before === undefined) return '';
  if (before === 1) return ' The upload before this one was refused too; the history of the audit lists it.';
  return ` The ${before} uploads before this one were refused too; the history of the audit lists them.`;
}

function whatHappened(event: Extract<AuditEvent, { readonly type: 'package refused' | 'documents refused' }>): string {
  if (event.type === 'package refused')
    return `Your package could not be accepted, so it was not scored. Every problem is listed here with its place in the package.${earlier(event.data.before)}`;
  const { revision, backTo } = event.data;
  const now =
    backTo === 0 ? 'No package is up for review now.' : `Revision ${backTo} is up for review again in its place.`;
  return `The documents of revision ${revision} were found to be damaged when they were prepared for the review, so this revision was refused. ${now} Every problem is listed here with its place in the package.`;
}
