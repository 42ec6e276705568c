import { courseById, dateInWords } from '@secor/certification';
import { eventOf, type SessionFacts } from './facts.ts';
import type { Draft } from './layout.ts';
import { courseOf, howToAttend, sessionRows } from './session-wording.ts';

/** To the assessor: there is a place for them in a session, when it is, and what it does for the status. */
export function enrolmentConfirmed(facts: SessionFacts): Draft {
  const { by } = eventOf(facts, 'assessor enrolled');
  const { session, partner } = facts;
  const course = courseOf(facts);
  const isInitial = courseById(session.courseId)?.use === 'initial';
  const who = by.role === 'assessor' ? 'You have' : `${partner.name} has given you`;
  return {
    subject: `Enrolled: ${course} on ${dateInWords(session.date)}`,
    tone: 'good',
    title: `Enrolled in ${course}`,
    blocks: [
      { kind: 'paragraph', text: `${who} a place in this session of ${course}.` },
      { kind: 'facts', facts: sessionRows(facts) },
      ...howToAttend(facts),
      { kind: 'heading', text: 'What it does for your status' },
      {
        kind: 'paragraph',
        text: `An enrolment alone ${isInitial ? 'gives no status' : 'does not renew your status'}. ${isInitial ? 'It is given' : 'It is renewed'} from the day of the session, once your attendance has been recorded. You will get a letter then.`,
      },
    ],
  };
}
