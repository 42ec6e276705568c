import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the assessor: the package came after packages were taken; what stands, and what can be done. */
export function packageLate(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'package late');
  const auditNumber = auditNumberOf(event);
  return {
    subject: `SECOR audit ${auditNumber}: your package came too late`,
    tone: 'bad',
    title: `Package too late for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'When it was the turn of your package, the audit took no packages any more. It was not read, and what you submitted before stands as it is.',
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
