import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { deskRows, howToOpenReview } from './wording.ts';

/** To the reviewer: an audit is theirs to review, and where to open it. */
export function reviewAssigned(facts: AuditFacts, recipient: Recipient): Draft {
  const auditNumber = auditNumberOf(eventOf(facts, 'reviewer assigned'));
  return {
    subject: `For your review: SECOR ${facts.audit.kind} audit ${auditNumber}, ${employerName(facts.employer)}`,
    tone: 'neutral',
    title: `For your review: audit ${auditNumber}`,
    blocks: [
      { kind: 'paragraph', text: 'This audit was assigned to you.' },
      { kind: 'facts', facts: deskRows(facts, recipient) },
      ...howToOpenReview(auditNumber, facts.partner.site),
      {
        kind: 'paragraph',
        text: 'If you cannot review it, or have a conflict of interest with the employer, release it there.',
      },
    ],
  };
}
