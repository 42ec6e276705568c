import { businessDate, dateInWords } from '@secor/certification';
import { auditNumberOf, employerName, eventOf, type LetterFacts } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { counted, scoreInWords, shortfallItems } from './wording.ts';

/** To the assessor: the package was taken as a revision, what it scores so far, and what comes next. */
export function packageSubmitted(facts: LetterFacts): Draft {
  const event = eventOf(facts, 'package accepted');
  const auditNumber = auditNumberOf(event);
  const { revision, awarded, available, result, shortfalls, warnings } = event.data;
  const warned: Block[] =
    warnings.length === 0
      ? []
      : [
          { kind: 'heading', text: `${counted(warnings.length, 'warning')} that the reviewer sees` },
          { kind: 'list', items: warnings.map((text) => ({ text })) },
        ];
  const missing: Block[] =
    result === 'passed'
      ? []
      : [
          { kind: 'heading', text: 'What is missing' },
          { kind: 'paragraph', text: 'With this score the audit would not pass. These minimums are missed:' },
          { kind: 'list', items: shortfallItems(shortfalls) },
          {
            kind: 'paragraph',
            text: 'Until the review begins you can upload a better package by a new upload link; it replaces this one as the next revision.',
          },
        ];
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
          ['Employer', employerName(facts.employer)],
          ['Audit number', auditNumber],
          ['Revision', String(revision)],
          ['Received on', dateInWords(businessDate(event.at))],
          ['Provisional score overall', scoreInWords(awarded, available)],
          ['Provisional result', result === 'passed' ? 'would pass' : 'would not pass'],
        ],
      },
      ...missing,
      ...warned,
      { kind: 'heading', text: 'What comes next' },
      {
        kind: 'paragraph',
        text: 'The audit is in the queue for its quality-assurance review. You will get a letter when it has been decided.',
      },
    ],
  };
}
