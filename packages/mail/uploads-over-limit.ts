import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the assessor: more was uploaded than is read in this time; what stands, and when it goes on. */
export function uploadsOverLimit(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'uploads over limit');
  const auditNumber = auditNumberOf(event);
  return {
    subject: `SECOR audit ${auditNumber}: too many uploads`,
    tone: 'bad',
    title: `Too many uploads for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `Audit ${auditNumber} had more uploads than the limit allows. Uploads over the limit were not read, and you will get no other letter about them.`,
      },
      {
        kind: 'facts',
        facts: [
          ['Employer', employerName(facts.employer)],
          ['Audit number', auditNumber],
          ['Uploaded on', dateInWords(businessDate(event.at))],
        ],
      },
      { kind: 'heading', text: 'What to do' },
      { kind: 'paragraph', text: event.data.remedy },
    ],
  };
}
