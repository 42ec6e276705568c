import { type AuditEvent, businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import { type Draft, type Item, sentBytes } from './layout.ts';
import { counted } from './wording.ts';

/** The most problems that the letter names. */
const maxNamed = 50;
// A letter of more than 102 KB is cut off by some mail programs; the rest of it takes 15 KB at most.
const maxListBytes = 75_000;

/** To the assessor: the package was refused; what to do, then the first problems with their places and remedies. */
export function packageRefused(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'package refused', 'documents refused');
  const auditNumber = auditNumberOf(event);
  const { problems } = facts;
  if (problems === undefined)
    throw new Error(`The list of problems of ${event.subject}, event ${event.number}, is missing.`);
  const found = counted(problems.length, 'problem');
  const named = firstItems(problems.map(({ place, message }) => ({ label: place, text: message })));
  // Where the same is wrong in many places, only some of them are named.
  const isAll = named.length === problems.length && problems.every(({ others }) => others === undefined);
  return {
    subject: `SECOR audit ${auditNumber}: package refused, ${found}`,
    tone: 'bad',
    title: `Package refused for audit ${auditNumber}`,
    blocks: [
      { kind: 'paragraph', text: whatHappened(event) },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'steps',
        items: [
          {
            text: isAll ? 'Correct every problem that is listed below.' : `Get the whole list: ${howToGetAll}`,
          },
          ...(isAll ? [] : [{ text: 'Correct every problem.' }]),
          { text: `Ask for a new upload link for audit ${auditNumber}, and upload the package again.` },
        ],
      },
      { kind: 'paragraph', text: 'Nothing else in the audit is lost.' },
      {
        kind: 'heading',
        text: named.length === problems.length ? `${found} found` : `The first ${named.length} of ${found}`,
      },
      { kind: 'steps', items: named },
      {
        kind: 'facts',
        facts: [
          ['Employer', employerName(facts.employer)],
          ['Audit number', auditNumber],
          ['Refused on', dateInWords(businessDate(event.at))],
        ],
      },
    ],
  };
}

const howToGetAll =
  'sign in and open the audit, which shows every problem with every place, or check the package on your computer with the command "secor package check".';

/** The first items, as many as a letter names and holds. */
function firstItems(items: readonly Item[]): readonly Item[] {
  let bytes = 0;
  const tooMany = items.findIndex((item, at) => {
    bytes += sentBytes(item);
    return at >= maxNamed || bytes > maxListBytes;
  });
  return tooMany < 0 ? items : items.slice(0, tooMany);
}

/** What came before it, of which the letter may be the first one: several that come at once are told in one letter. */
function earlier(before: number | undefined): string {
  if (before === undefined) return '';
  if (before === 1) return ' The upload before this one was refused too; the history of the audit lists it.';
  return ` The ${before} uploads before this one were refused too; the history of the audit lists them.`;
}

function whatHappened(event: Extract<AuditEvent, { readonly type: 'package refused' | 'documents refused' }>): string {
  if (event.type === 'package refused')
    return `Your package could not be accepted, so it was not scored.${earlier(event.data.before)}`;
  const { revision, backTo } = event.data;
  const now =
    backTo === 0 ? 'No package is up for review now.' : `Revision ${backTo} is up for review again in its place.`;
  return `When the documents of revision ${revision} were prepared for the review, some were found to be damaged, locked or not allowed, so this revision was refused. ${now}`;
}
