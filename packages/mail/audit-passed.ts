import { type AuditEvent, dateInWords, ruleSetById } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { dueItems, presentCertificate, standingRows } from './standing-wording.ts';
import { howToGetReport, notesOfReview, replacesEarlier, scoreInWords } from './wording.ts';

type Outcome = Extract<AuditEvent, { readonly type: 'report made' }>['data'];

/**
 * To the assessor and the employer's contact: passed, the score, the certificate or the due date that was met, what is due next, the
 * notes of the review, and how to get the report [N].
 */
export function auditPassed(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'report made');
  const auditNumber = auditNumberOf(event);
  const { decision, kind, awarded, available, notes, standing } = event.data;
  const name = employerName(facts.employer);
  return {
    subject: `Passed: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: metNothing(event.data) ? 'neutral' : 'good',
    title: `Passed: ${kind} audit ${auditNumber}`,
    blocks: [
      { kind: 'paragraph', text: whatItGave(name, event.data) },
      ...replacesEarlier(decision),
      {
        kind: 'facts',
        facts: [
          ['Employer', name],
          ['Audit number', auditNumber],
          ['Outcome', 'passed'],
          ['Score', scoreInWords(awarded, available)],
          ...dueDateMet(event.data),
          ...standingRows(standing),
        ],
      },
      ...(metNothing(event.data) ? whatNothingMeans(facts, event.data) : []),
      ...whyOneYear(facts, event.data),
      ...whatIsDue(event.data),
      ...notesOfReview(notes, facts),
      ...howToGetReport(auditNumber, recipient, facts),
    ],
  };
}

function metNothing({ kind, met }: Outcome): boolean {
  return kind === 'maintenance' && met === undefined;
}

function whatItGave(name: string, { kind, met }: Outcome): string {
  const congratulations = `Congratulations: ${name} has successfully completed its SECOR ${kind} audit with a passing score`;
  if (kind === 'certification') return `${congratulations}, and is certified.`;
  if (met === undefined)
    return `${name} has completed its SECOR maintenance audit with a passing score, but the audit does not count for any due date. A maintenance audit gives no new certificate.`;
  const late = met.late ? ', but late: the audit ended after that date' : '';
  return `${congratulations}. It meets the due date of ${dateInWords(met.dueOn)}${late}. A maintenance audit gives no new certificate: the current one keeps its number and its expiry date.`;
}

function dueDateMet({ met, kind }: Outcome): [label: string, value: string][] {
  if (kind !== 'maintenance') return [];
  return [['Due date met', met === undefined ? 'none' : `${dateInWords(met.dueOn)}${met.late ? ', late' : ''}`]];
}

/** What it means that a passed maintenance audit met nothing. */
function whatNothingMeans({ partner }: AuditFacts, { standing }: Outcome): Block[] {
  const next =
    standing?.standing === 'valid'
      ? 'The next due date still applies and needs another audit.'
      : presentCertificate(standing);
  return [
    { kind: 'heading', text: 'What this means' },
    {
      kind: 'paragraph',
      text: `A maintenance audit counts for a due date if it ended in the time for that date, its package arrived before the grace period was over, and no other audit had already met the date. This audit does not count for any. ${next} If anything is unclear, call or write to ${partner.name}.`,
    },
  ];
}

/** Why a certificate does not last the full term: the months of records, and the rules in their own words. */
function whyOneYear({ audit }: AuditFacts, { kind, recordsMonths, correctedMonths, standing }: Outcome): Block[] {
  const { fullRecordsMonths, shortCertificateYears } = ruleSetById(audit.ruleSet);
  if (kind !== 'certification' || recordsMonths >= fullRecordsMonths.value || standing === undefined) return [];
  const years = shortCertificateYears.value;
  const term = years === 1 ? 'one year' : `${years} years`;
  const corrected =
    correctedMonths === undefined
      ? ''
      : ` The package says ${correctedMonths.before}; the review corrected that, for this reason:`;
  return [
    { kind: 'heading', text: `Why the certificate is for ${term}` },
    {
      kind: 'paragraph',
      text: `${fullRecordsMonths.text} ${shortCertificateYears.text} This audit has ${recordsMonths} months of records.${corrected}`,
    },
    ...(correctedMonths === undefined ? [] : [{ kind: 'quote', text: correctedMonths.reason } satisfies Block]),
  ];
}

/** What is due for the certificate, each with its date. */
function whatIsDue({ standing }: Outcome): Block[] {
  const items = standing === undefined ? [] : dueItems(standing);
  if (standing === undefined || items.length === 0) return [];
  const noMaintenance: Block[] = standing.due.some(({ kind }) => kind === 'maintenance')
    ? []
    : [{ kind: 'paragraph', text: 'No maintenance audit is due before the certificate expires.' }];
  return [{ kind: 'heading', text: 'What is due next' }, ...noMaintenance, { kind: 'list', items }];
}
