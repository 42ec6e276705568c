import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { howToGetReport, replacesEarlier, revokedCertificates, shortfallItems } from './wording.ts';

const next = {
  certification:
    'No certificate is issued for this audit. Improve the parts of the health and safety system that fell short. When its records show the improvement, register a new certification audit.',
  maintenance:
    'This audit does not count as the maintenance audit that is due. Improve what fell short, then register a new maintenance audit before the due date, or the grace period after it, has passed. Sign in to see both dates. If there is no time left, you will get a separate letter about the certificate.',
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
        text: `The SECOR ${kind} audit of ${name} has been reviewed. It did not reach the score needed to pass.`,
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
