import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient, type RecipientRole } from './facts.ts';
import type { Draft } from './layout.ts';
import { auditRows, deskRows, notesOfReview, reasonGiven, revokedCertificates } from './wording.ts';

const consequence: Readonly<Record<RecipientRole, string>> = {
  assessor: 'It will not be reviewed and accepts no packages. If an audit is still due, register a new one.',
  'employer contact': 'It will not be reviewed. If an audit is still due, your assessor can register a new one.',
  reviewer: 'There is nothing left for you to do on it.',
  administrator: 'It is no longer in the review queue.',
};

/** To everybody whom the audit concerns: withdrawn, by whom and why. */
export function auditWithdrawn(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'audit withdrawn');
  const auditNumber = auditNumberOf(event);
  const { audit, partner, assessor } = facts;
  const { role } = recipient;
  const name = employerName(facts.employer);
  const who = event.by.role !== 'assessor' ? partner.name : role === 'assessor' ? 'You' : assessor.name;
  const atDesk = role === 'reviewer' || role === 'administrator';
  const rows = atDesk ? deskRows(facts, recipient) : auditRows(facts);
  return {
    subject: `Withdrawn: SECOR ${audit.kind} audit ${auditNumber}, ${name}`,
    tone: 'neutral',
    title: `Withdrawn: ${audit.kind} audit ${auditNumber}`,
    blocks: [
      { kind: 'paragraph', text: `${who} withdrew the SECOR ${audit.kind} audit of ${name}. ${consequence[role]}` },
      { kind: 'facts', facts: [...rows, ['Withdrawn on', dateInWords(businessDate(event.at))]] },
      ...revokedCertificates(facts),
      ...reasonGiven(event.data.reason),
      // Also to the partner's people: one of them may be the assessor or the contact, and gets no other letter.
      ...notesOfReview(event.data.notes, facts),
    ],
  };
}
