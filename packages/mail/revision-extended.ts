import { dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';
import { auditRows, reasonGiven, revisionDeadline } from './wording.ts';

/** To the assessor: there is more time for the revision, and until when. */
export function revisionExtended(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'revision extended');
  const auditNumber = auditNumberOf(event);
  const { dueOn, reason } = event.data;
  return {
    subject: `SECOR audit ${auditNumber}: more time for the revision, until ${dateInWords(dueOn)}`,
    tone: 'good',
    title: `More time for the revision of audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'You have more time for the requested revision. The notes stay the same.',
      },
      { kind: 'facts', facts: [...auditRows(facts), ['Revision now due by', dateInWords(dueOn)]] },
      ...revisionDeadline(dueOn, facts),
      ...reasonGiven(reason),
    ],
  };
}
