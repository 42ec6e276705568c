import { courseById, dateInWords, type SessionStart } from '@secor/certification';
import type { SessionFacts } from './facts.ts';
import type { Block, Item } from './layout.ts';

/** The title of a session's course. */
export function courseOf({ session: { courseId } }: SessionFacts): string {
  return courseById(courseId)?.title ?? courseId;
}

/** When a session begins, in words: '9 March 2027 at 09:00, Alberta time'. */
export function startInWords({ date, time }: SessionStart): string {
  return `${dateInWords(date)} at ${time}, Alberta time`;
}

/** The rows that say which session a letter is about; its time is that of America/Edmonton. */
export function sessionRows(facts: SessionFacts): [label: string, value: string][] {
  const { date, time, instructor, place } = facts.session;
  return [
    ['Course', courseOf(facts)],
    ['Date', dateInWords(date)],
    ['Time', `${time}, Alberta time`],
    ['Instructor', instructor],
    ...(place === undefined ? [] : [['Place', place] satisfies [string, string]]),
  ];
}

/** How to attend a session: where to be or to join, and what to do for who can't. */
export function howToAttend(facts: SessionFacts): Block[] {
  return [
    { kind: 'heading', text: 'What to do' },
    { kind: 'list', items: [whereToBe(facts)] },
    {
      kind: 'paragraph',
      text: 'If you cannot attend, cancel your enrolment before the session begins, so that somebody else can have the place:',
    },
    {
      kind: 'steps',
      items: [
        { text: 'Sign in at', link: facts.partner.site },
        { text: `Cancel your enrolment in ${courseOf(facts)}, and choose another session.` },
      ],
      tells: { by: 'reader', operations: ['listCourses', 'cancelEnrolment', 'enrol'] },
    },
  ];
}

function whereToBe({ session: { place, link } }: SessionFacts): Item {
  if (link === undefined) return { text: `Be at ${place ?? 'the place'} when the session begins.` };
  if (place === undefined) return { text: 'When the session begins, join it at', link };
  return { text: `Be at ${place} when the session begins, or join it at`, link };
}

/** Where to find another session. */
export function howToFindSession({ partner }: SessionFacts): Block[] {
  const items = [{ text: 'To see the sessions with a free place, sign in at', link: partner.site }];
  return [{ kind: 'list', items, tells: { by: 'reader', operations: ['listCourses', 'enrol'] } }];
}
