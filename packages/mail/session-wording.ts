import { courseById, dateInWords } from '@secor/certification';
import type { SessionFacts } from './facts.ts';

/** The title of a session's course. */
export function courseOf({ session: { courseId } }: SessionFacts): string {
  return courseById(courseId)?.title ?? courseId;
}

/** The rows that say which session a letter is about; its time is that of America/Edmonton. */
export function sessionRows(facts: SessionFacts): [label: string, value: string][] {
  const { date, time, instructor } = facts.session;
  return [
    ['Course', courseOf(facts)],
    ['Date', dateInWords(date)],
    ['Time', `${time}, Alberta time`],
    ['Instructor', instructor],
  ];
}
