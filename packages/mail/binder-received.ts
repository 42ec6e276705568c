import { dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { auditRows } from './wording.ts';

/** To the assessor and the employer's contact: the binder is there, which days count, and what becomes of it. */
export function binderReceived(facts: AuditFacts, { role }: Recipient): Draft {
  const event = eventOf(facts, 'binder recorded');
  const auditNumber = auditNumberOf(event);
  const { postmarkedOn, receivedOn, endedOn, late } = event.data;
  const { audit, partner } = facts;
  const name = employerName(facts.employer);
  return {
    subject: `Binder received: SECOR ${audit.kind} audit ${auditNumber}, ${name}`,
    tone: 'neutral',
    title: `Binder received for ${audit.kind} audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The binder with the SECOR ${audit.kind} audit of ${name} has arrived, and is registered as audit ${auditNumber}.`,
      },
      {
        kind: 'facts',
        facts: [
          ...auditRows(facts),
          ['Postmarked on', dateInWords(postmarkedOn)],
          ['Received on', dateInWords(receivedOn)],
          ['Audit ended on', dateInWords(endedOn)],
          ...(late === true ? [['Marked', 'late'] satisfies [string, string]] : []),
        ],
      },
      ...(late === true ? lateInWords(receivedOn) : []),
      { kind: 'heading', text: 'What comes next' },
      {
        kind: 'paragraph',
        text: `${partner.name} enters the package from the binder${role === 'assessor' ? ' for you' : ''}. The audit is then scored and reviewed like any other, and you will get a letter when it has been decided. Until then there is nothing for you to do.`,
      },
      { kind: 'heading', text: 'Why' },
      {
        kind: 'paragraph',
        text: `For the assessor's status, the day of the postmark counts: ${dateInWords(postmarkedOn)}. For due dates, the day of receipt counts: ${dateInWords(receivedOn)}.`,
      },
    ],
  };
}

function lateInWords(receivedOn: string): Block[] {
  return [
    { kind: 'heading', text: 'Marked late, not lost' },
    {
      kind: 'paragraph',
      text: `The certificate had expired when the binder arrived on ${dateInWords(receivedOn)}, so the binder is marked late, not lost. It is reviewed like any other audit.`,
    },
  ];
}
