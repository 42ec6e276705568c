import { assessorStatus, businessDate, courseById, dateInWords, ruleSetById } from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AssessorFacts, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { coursesThatRenew, neededWhen, termInWords } from './status-wording.ts';

/** To the assessor: a course is not on record any more, and what their status is without it. */
export function completionWithdrawn(facts: AssessorFacts, recipient: Recipient): Draft {
  const { data, at } = eventOf(facts, 'completion withdrawn');
  const course = courseById(data.courseId)?.title ?? data.courseId;
  const others = facts.assessor.completions.filter(
    ({ courseId, completedOn }) => courseId !== data.courseId || completedOn !== data.completedOn,
  );
  const status = assessorStatus(others, businessDate(at));
  const now = status.holds
    ? `Your assessor status holds through ${dateInWords(status.through)}.`
    : 'through' in status
      ? `Your assessor status held through ${dateInWords(status.through)}, and has ended.`
      : 'Without the initial training there is no assessor status.';
  return {
    subject: `Course taken back: ${course}, ${dateInWords(data.completedOn)}`,
    tone: status.holds ? 'neutral' : 'bad',
    title: 'A course is not on your record any more',
    blocks: [
      {
        kind: 'paragraph',
        text: `That you completed ${course} had been recorded, and was taken back: the record was wrong, or the attendance was corrected. ${now} ${neededWhen}`,
      },
      {
        kind: 'facts',
        facts: [
          ['Course', course],
          ['Had been recorded for', dateInWords(data.completedOn)],
        ],
      },
      ...(status.holds ? [] : coursesThatRenew(facts, recipient)),
      { kind: 'paragraph', text: `If you did complete it, call or write to ${facts.partner.name}.` },
      ...('through' in status
        ? why(
            [ruleSetById(status.ruleSet).refresherYears],
            `${termInWords(status.restsOn, status.holds ? 'holds' : 'held', status.through)}.`,
          )
        : []),
    ],
  };
}
