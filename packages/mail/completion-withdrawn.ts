import {
  assessorStatus,
  businessDate,
  courseById,
  dateInWords,
  initialCourses,
  ruleSetById,
} from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AssessorFacts, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { coursesThatRenew, neededWhen, termInWords } from './status-wording.ts';

/** To the assessor: a course is no longer on record, and what their status is without it. */
export function completionWithdrawn(facts: AssessorFacts, recipient: Recipient): Draft {
  const { data, at } = eventOf(facts, 'completion withdrawn');
  const course = courseById(data.courseId)?.title ?? data.courseId;
  const others = facts.assessor.completions.filter(
    ({ courseId, completedOn }) => courseId !== data.courseId || completedOn !== data.completedOn,
  );
  const status = assessorStatus(others, businessDate(at));
  const now = status.holds
    ? `Your assessor status is valid through ${dateInWords(status.through)}.`
    : 'through' in status
      ? `Your assessor status was valid through ${dateInWords(status.through)} and has ended.`
      : `Without the initial training, ${initialCourses.map(({ title }) => title).join(' or ')}, there is no assessor status.`;
  return {
    subject: `Course removed: ${course}, ${dateInWords(data.completedOn)}`,
    tone: status.holds ? 'neutral' : 'bad',
    title: 'A course is no longer on your record',
    blocks: [
      {
        kind: 'paragraph',
        text: `Your completion of ${course} was removed from your record, because the record was wrong or the attendance was corrected. ${now} ${neededWhen}`,
      },
      {
        kind: 'facts',
        facts: [
          ['Course', course],
          ['Was recorded for', dateInWords(data.completedOn)],
        ],
      },
      ...(!status.holds && 'through' in status ? coursesThatRenew(facts, recipient) : []),
      { kind: 'paragraph', text: `If you did complete it, call or write to ${facts.partner.name}.` },
      ...('through' in status
        ? why(
            [ruleSetById(status.ruleSet).refresherYears],
            `${termInWords(status.restsOn, status.holds ? 'is' : 'was', status.through)}.`,
          )
        : []),
    ],
  };
}
