import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';
import { missedAndWarned, provisionalRows } from './provisional-score.ts';
import { auditRows } from './wording.ts';

/** To the assessor: the package was taken as a revision, what it scores so far, and what comes next. */
export function packageSubmitted(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'package accepted');
  const auditNumber = auditNumberOf(event);
  const { revision, result } = event.data;
  return {
    subject: `SECOR audit ${auditNumber}: package received, revision ${revision}`,
    tone: result === 'passed' ? 'neutral' : 'bad',
    title: `Package received for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'Your package was read and scored. The score is provisional: the reviewer decides on it.',
      },
      {
        kind: 'facts',
        facts: [
          ...auditRows(facts),
          ['Revision', String(revision)],
          ['Received on', dateInWords(businessDate(event.at))],
          ...provisionalRows(event),
        ],
      },
      ...missedAndWarned(event),
      { kind: 'heading', text: 'What comes next' },
      {
        kind: 'paragraph',
        text: 'The audit is in the queue for its quality-assurance review. You will get a letter when it has been decided, or when the reviewer asks for a revision.',
      },
    ],
  };
}
