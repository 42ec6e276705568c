import { dateInWords } from '@secor/certification';
import { eventOf, type SessionFacts } from './facts.ts';
import type { Draft } from './layout.ts';
import { courseOf, howToFindSession, sessionRows } from './session-wording.ts';

/** To the assessor: their enrolment in a session is cancelled, by whom, and how to get another. */
export function enrolmentCancelled(facts: SessionFacts): Draft {
  const { by } = eventOf(facts, 'enrolment cancelled');
  const { session, partner } = facts;
  const course = courseOf(facts);
  const who = by.role === 'assessor' ? 'You have' : `${partner.name} has`;
  return {
    subject: `Enrolment cancelled: ${course} on ${dateInWords(session.date)}`,
    tone: 'neutral',
    title: `Enrolment in ${course} cancelled`,
    blocks: [
      {
        kind: 'paragraph',
        text: `${who} cancelled your enrolment in this session of ${course}. You no longer have a place in it.`,
      },
      { kind: 'facts', facts: sessionRows(facts) },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'paragraph',
        text: `If you still need the course, enrol in another session. If you did not expect this letter, call or write to ${partner.name}.`,
      },
      ...howToFindSession(facts),
    ],
  };
}
