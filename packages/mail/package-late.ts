import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the assessor: the package arrived when the audit no longer accepted packages; what stays, and what to do. */
export function packageLate(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'package late');
  const auditNumber = auditNumberOf(event);
  return {
    subject: `SECOR audit ${auditNumber}: your package arrived too late`,
    tone: 'bad',
    title: `Package too late for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'When your package came up to be read, the audit no longer accepted packages. It was not read. What you submitted before stays as it is.',
      },
      {
        kind: 'facts',
        facts: [
          ['Employer', employerName(facts.employer)],
          ['Audit number', auditNumber],
          ['Arrived on', dateInWords(businessDate(event.at))],
        ],
      },
      { kind: 'heading', text: 'What to do' },
      { kind: 'paragraph', text: event.data.remedy },
    ],
  };
}
