import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient, type RecipientRole } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { auditRows, deskRows, howToOpenReview, reasonGiven } from './wording.ts';

/** To everybody whom the audit concerns: undecided again, why, and that the certificate stands until the new decision. */
export function auditReopened(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'audit reopened');
  const auditNumber = auditNumberOf(event);
  const { kind } = facts.audit;
  const { role } = recipient;
  const name = employerName(facts.employer);
  const rows = role === 'reviewer' || role === 'administrator' ? deskRows(facts, recipient) : auditRows(facts);
  return {
    subject: `Reopened: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: 'neutral',
    title: `Reopened: ${kind} audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR ${kind} audit of ${name} was reopened. It is undecided again, and is being reviewed again.`,
      },
      { kind: 'facts', facts: [...rows, ['Reopened on', dateInWords(businessDate(event.at))]] },
      { kind: 'heading', text: 'What this means' },
      {
        kind: 'paragraph',
        text: `Reopening does not take a certificate away. If ${name} holds one, it stands until the new decision. The new decision then counts as if it were the first.`,
      },
      ...forThisPerson(role, auditNumber, facts),
      ...reasonGiven(event.data.reason),
    ],
  };
}

function forThisPerson(role: RecipientRole, auditNumber: string, { partner }: AuditFacts): Block[] {
  switch (role) {
    case 'assessor':
      return [
        {
          kind: 'paragraph',
          text: 'You will get a letter with the new decision, or when the reviewer asks for a revision. Until then there is nothing for you to do.',
        },
      ];
    case 'employer contact':
      return [
        {
          kind: 'paragraph',
          text: 'You will get a letter with the new decision. Until then there is nothing for you to do.',
        },
      ];
    case 'reviewer':
      return [{ kind: 'paragraph', text: 'You are the reviewer.' }, ...howToOpenReview(auditNumber, partner.site)];
    case 'administrator':
      return [];
  }
}
