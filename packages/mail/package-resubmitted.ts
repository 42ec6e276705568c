import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { missedAndWarned, provisionalRows } from './provisional-score.ts';
import { aboutInWords, auditRows, counted, deskRows, howToOpenReview } from './wording.ts';

/** To the assessor: the revised package was taken, and what it scores so far. To the reviewer: what the assessor has answered. */
export function packageResubmitted(facts: AuditFacts, recipient: Recipient): Draft {
  return recipient.role === 'assessor' ? toAssessor(facts) : toReviewer(facts, recipient);
}

function toAssessor(facts: AuditFacts): Draft {
  const event = eventOf(facts, 'package accepted');
  const auditNumber = auditNumberOf(event);
  const { revision, result } = event.data;
  return {
    subject: `SECOR audit ${auditNumber}: revised package received, revision ${revision}`,
    tone: result === 'passed' ? 'neutral' : 'bad',
    title: `Revised package received for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'Your revised package was read and scored, and your answers to the notes go with it to the reviewer. The score is provisional: the reviewer decides on it.',
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
        text: 'The audit is pending review again. You will get a letter when it has been decided, or when the reviewer asks for a further revision.',
      },
    ],
  };
}

function toReviewer(facts: AuditFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'package accepted');
  const auditNumber = auditNumberOf(event);
  const { partner, audit, answeredNotes = [] } = facts;
  const answers: Block[] =
    answeredNotes.length === 0
      ? []
      : [
          { kind: 'heading', text: `${counted(answeredNotes.length, 'note')} answered` },
          ...answeredNotes.map(
            (note): Block => ({
              kind: 'quote',
              label: `Note ${note.note}, ${note.kind}`,
              about: aboutInWords(note, audit.protocol),
              text: note.answer,
            }),
          ),
        ];
  return {
    subject: `Resubmitted: SECOR audit ${auditNumber}, ${employerName(facts.employer)}`,
    tone: 'neutral',
    title: `Resubmitted: audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'The assessor has answered the notes and uploaded a revised package. The audit is pending review again, and you are its reviewer.',
      },
      {
        kind: 'facts',
        facts: [...deskRows(facts, recipient), ['Revision', String(event.data.revision)], ...provisionalRows(event)],
      },
      ...answers,
      ...howToOpenReview(auditNumber, partner.site),
    ],
  };
}
