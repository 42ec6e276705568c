import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { auditRows, deskRows, notesOfReview, reasonGiven, revokedCertificates } from './wording.ts';

/** To the assessor, the employer's contact and, shorter, the partner's people: rejected, why, and what comes next; nothing of the score. */
export function auditRejected(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'audit rejected');
  const auditNumber = auditNumberOf(event);
  const { kind } = facts.audit;
  const name = employerName(facts.employer);
  const { role } = recipient;
  const short = role === 'administrator' || role === 'reviewer';
  const nothingLeft = role === 'reviewer' ? ' There is nothing left for you to do on it.' : '';
  return {
    subject: `Rejected: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: 'bad',
    title: `Rejected: ${kind} audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR ${kind} audit of ${name} was rejected, without a decision on how well it did.${nothingLeft}`,
      },
      {
        kind: 'facts',
        facts: [
          ...(short ? deskRows(facts, recipient) : auditRows(facts)),
          ['Rejected on', dateInWords(businessDate(event.at))],
        ],
      },
      ...revokedCertificates(facts),
      ...(short ? [] : whatComesNext(facts, recipient)),
      ...reasonGiven(event.data.reason),
      // Also to the partner's people: one of them may be the assessor or the contact, and gets no other letter.
      ...notesOfReview(event.data.notes, facts),
    ],
  };
}

function whatComesNext({ partner, assessor }: AuditFacts, { role }: Recipient): Block[] {
  const who = role === 'assessor' ? 'you' : `your assessor, ${assessor.name},`;
  return [
    { kind: 'heading', text: 'What comes next' },
    {
      kind: 'paragraph',
      text: `A rejected audit does not count towards any due date. Once the reason for the rejection is settled, ${who} can register a new audit. If anything is unclear, call or write to ${partner.name}.`,
    },
  ];
}
