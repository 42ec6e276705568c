import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { deskRows, howToOpenReview } from './wording.ts';

/** To the administrators: an audit waits for review and no reviewer is free for it. */
export function reviewUnassigned(facts: AuditFacts, recipient: Recipient): Draft {
  const auditNumber = auditNumberOf(eventOf(facts, 'review unassigned'));
  return {
    subject: `No reviewer free: SECOR ${facts.audit.kind} audit ${auditNumber}, ${employerName(facts.employer)}`,
    tone: 'bad',
    title: `No reviewer free for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'This audit is waiting for review. Every reviewer is absent or has a recorded conflict of interest with the employer. The audit stays unassigned until you assign it or a reviewer takes it.',
      },
      { kind: 'facts', facts: deskRows(facts, recipient) },
      ...howToOpenReview(auditNumber, facts.partner.site),
    ],
  };
}
