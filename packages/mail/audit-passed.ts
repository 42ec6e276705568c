import { type AuditEvent, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { howToGetReport, replacesEarlier } from './wording.ts';

type Outcome = Extract<AuditEvent, { readonly type: 'report made' }>['data'];

/** To the assessor and the employer's contact: passed, the certificate or the due date that was met, and how to get the report [N]. */
export function auditPassed(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'report made');
  const auditNumber = auditNumberOf(event);
  const { decision, kind } = event.data;
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
          ...certificateOrDueDate(event.data),
        ],
      },
      ...(metNothing(event.data) ? whatNothingMeans(facts) : []),
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

function certificateOrDueDate({ certificateNumber, expiresOn, met, kind }: Outcome): [label: string, value: string][] {
  const certificate: [string, string][] =
    certificateNumber === undefined || expiresOn === undefined
      ? []
      : [
          ['Certificate number', certificateNumber],
          ['Certificate expires on', dateInWords(expiresOn)],
        ];
  if (kind !== 'maintenance') return certificate;
  const dueDate = met === undefined ? 'none' : `${dateInWords(met.dueOn)}${met.late ? ', late' : ''}`;
  return [...certificate, ['Due date met', dueDate]];
}

/** What it means that a passed maintenance audit met nothing. */
function whatNothingMeans({ partner }: AuditFacts): Block[] {
  return [
    { kind: 'heading', text: 'What this means' },
    {
      kind: 'paragraph',
      text: `A maintenance audit counts for a due date if it ended in the time for that date, its package arrived before the grace period was over, and no other audit had already met the date. This audit does not count for any. The next due date still applies and needs another audit. If anything is unclear, call or write to ${partner.name}.`,
    },
  ];
}
