import { businessDate, courseById, dateInWords } from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AssessorFacts, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { coursesThatRenew, neededWhen, termEnding, termInWords } from './status-wording.ts';

/** To the assessor: a course is on record, and through which day the status holds with it. */
export function statusRenewed(facts: AssessorFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'course completed');
  const { courseId, completedOn, through } = event.data;
  if (through === undefined) throw new Error(`No status follows from ${event.subject}, event ${event.number}.`);
  const course = courseById(courseId)?.title ?? courseId;
  const end = dateInWords(through);
  const holds = businessDate(event.at) <= through;
  const { restsOn, ruleSet } = termEnding([...facts.assessor.completions, { courseId, completedOn }], through);
  return {
    subject: holds
      ? `Course recorded: your SECOR assessor status is valid through ${end}`
      : `Course recorded: your SECOR assessor status ended after ${end}`,
    tone: holds ? 'good' : 'bad',
    title: holds ? `Your assessor status is valid through ${end}` : 'Your assessor status has still ended',
    blocks: [
      {
        kind: 'paragraph',
        text: holds
          ? `Your completion of ${course} is recorded. Your assessor status is valid through ${end}. ${neededWhen}`
          : `Your completion of ${course} is recorded, but it was too long ago: your assessor status was valid through ${end} and has ended. ${neededWhen}`,
      },
      {
        kind: 'facts',
        facts: [
          ['Course', course],
          ['Completed on', dateInWords(completedOn)],
          [holds ? 'Status valid through' : 'Status was valid through', end],
        ],
      },
      ...(holds
        ? [
            { kind: 'heading', text: 'What to do' } as const,
            {
              kind: 'paragraph',
              text: 'Nothing now. You will be reminded of the next refresher before the status ends.',
            } as const,
          ]
        : coursesThatRenew(facts, recipient)),
      ...why([ruleSet.refresherYears], `${termInWords(restsOn, holds ? 'is' : 'was', through)}.`),
    ],
  };
}
