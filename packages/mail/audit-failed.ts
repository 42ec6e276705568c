import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { howToGetReport, replacesEarlier, revokedCertificates, shortfallItems } from './wording.ts';

const next = {
  certification:
    'No certificate is issued for this audit. Improve what fell short in the health and safety system, and register a new certification audit when its records show it.',
  maintenance:
    'This audit does not count as the maintenance audit that is due. Improve what fell short, and register a new maintenance audit as long as the due date, or the grace after it, allows one: sign in to see both. If there is no time left for another, a letter of its own says what becomes of the certificate.',
} as const;

/** To the assessor and the employer's contact: what fell short, by how many points, and what comes next. */
export function auditFailed(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'report made');
  const auditNumber = auditNumberOf(event);
  const { decision, kind, shortfalls } = event.data;
  const name = employerName(facts.employer);
  return {
    subject: `Not passed: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: 'bad',
    title: `Not passed: ${kind} audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR ${kind} audit of ${name} has been reviewed. It did not reach the score that it takes to pass.`,
      },
      ...replacesEarlier(decision),
      ...revokedCertificates(facts),
      {
        kind: 'facts',
        facts: [
          ['Employer', name],
          ['Audit number', auditNumber],
          ['Outcome', 'failed'],
        ],
      },
      { kind: 'heading', text: 'What fell short' },
      { kind: 'list', items: shortfallItems(shortfalls) },
      { kind: 'heading', text: 'What comes next' },
      { kind: 'paragraph', text: next[kind] },
      ...howToGetReport(auditNumber, recipient, facts),
    ],
  };
}
