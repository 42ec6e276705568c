import {
  addYears,
  type Completion,
  type Course,
  courseById,
  dateInWords,
  type RuleSet,
  refresherCourses,
  ruleSetOrFirst,
} from '@secor/certification';
import { type AssessorFacts, employerName, employersTold, type Recipient } from './facts.ts';
import type { Block } from './layout.ts';
import { allInWords } from './wording.ts';

const formInWords: Readonly<Record<Course['form'], string>> = {
  classroom: 'virtual classroom, on a scheduled date with an instructor',
  online: 'online, at your own pace',
};

/** Whose status it is, as this person would say: 'Your assessor status', or that of the assessor who acts for their company. */
export function whoseStatus(facts: AssessorFacts, recipient: Recipient): string {
  const employers = employersTold(recipient, facts).map(employerName);
  if (employers.length === 0) return 'Your assessor status';
  return `The assessor status of ${facts.assessor.name}, who acts for ${allInWords(employers)},`;
}

/** The rows that say whose status a letter is about. */
export function statusRows(facts: AssessorFacts, recipient: Recipient): [label: string, value: string][] {
  return [
    ['Assessor', facts.assessor.name],
    ...employersTold(recipient, facts).map((employer): [string, string] => ['Employer', employerName(employer)]),
  ];
}

/** What the status is needed for, and when [N]. */
export const neededWhen =
  'The status must be valid on the day that an audit is registered or, for a binder, on the day of the postmark.';

/** The courses that renew the status, each with its form, and how to come by one. */
export function coursesThatRenew(facts: AssessorFacts, { role }: Recipient): Block[] {
  const { partner, assessor } = facts;
  const isOwn = role === 'assessor';
  const who = isOwn ? 'Complete' : `${assessor.name} must complete`;
  return [
    { kind: 'heading', text: 'What to do' },
    { kind: 'paragraph', text: `${who} one of these refresher courses. Any of them renews the status:` },
    {
      kind: 'list',
      items: refresherCourses.map(({ title, form }) => ({ label: title, text: formInWords[form] })),
    },
    ...(isOwn
      ? [
          {
            kind: 'steps',
            items: [
              { text: 'To see the next sessions and enrol in one, sign in at', link: partner.site },
              { text: `When you have completed an online course, tell ${partner.name}, who will record it.` },
            ],
            tells: { by: 'reader', operations: ['listCourses', 'enrol'] },
          } satisfies Block,
        ]
      : []),
    {
      kind: 'paragraph',
      text: 'An enrolment alone does not renew the status. The status is renewed from the day that the course is completed.',
    },
  ];
}

/** The course from which a term was counted, with the rule set that says how long; no course when it is not on record any more. */
export function termEnding(
  completions: readonly Completion[],
  through: string,
): { readonly restsOn?: Completion; readonly ruleSet: RuleSet } {
  const restsOn = completions.findLast(
    ({ completedOn }) => addYears(completedOn, ruleSetOrFirst(completedOn).refresherYears.value) === through,
  );
  return restsOn === undefined
    ? { ruleSet: ruleSetOrFirst(through) }
    : { restsOn, ruleSet: ruleSetOrFirst(restsOn.completedOn) };
}

/** A completed course in words: 'Hazard Management, completed on 12 March 2024'. */
function completionInWords({ courseId, completedOn }: Completion): string {
  return `${courseById(courseId)?.title ?? courseId}, completed on ${dateInWords(completedOn)}`;
}

/** The dates that a status follows from, as a sentence without its full stop. */
export function termInWords(restsOn: Completion | undefined, verb: 'is' | 'was', through: string): string {
  const end = `${verb} valid through ${dateInWords(through)}`;
  return restsOn === undefined
    ? `The status ${end}`
    : `The latest course was ${completionInWords(restsOn)}, so the status ${end}`;
}
