import { dateInWords } from '@secor/certification';
import { eventOf, type SessionFacts } from './facts.ts';
import type { Draft } from './layout.ts';
import { courseOf, howToFindSession, sessionRows } from './session-wording.ts';
import { reasonGiven } from './wording.ts';

/** To those who had a place in a session: it is cancelled, what to do, and why. */
export function sessionCancelled(facts: SessionFacts): Draft {
  const { reason } = eventOf(facts, 'session cancelled').data;
  const { session, partner } = facts;
  const course = courseOf(facts);
  return {
    subject: `Cancelled: ${course} on ${dateInWords(session.date)}`,
    tone: 'bad',
    title: `${course} on ${dateInWords(session.date)} is cancelled`,
    blocks: [
      {
        kind: 'paragraph',
        text: `${partner.name} has cancelled this session of ${course}. It does not take place, and your enrolment in it has ended.`,
      },
      { kind: 'facts', facts: sessionRows(facts) },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'paragraph',
        text: `If you still need the course, enrol in another session. If none suits you, call or write to ${partner.name}.`,
      },
      ...howToFindSession(facts),
      ...reasonGiven(reason),
    ],
  };
}
