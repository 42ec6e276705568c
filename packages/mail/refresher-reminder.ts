import { businessDate, dateInWords, daysBetween } from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AssessorFacts, employersTold, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { coursesThatRenew, neededWhen, statusRows, termEnding, termInWords, whoseStatus } from './status-wording.ts';
import { counted } from './wording.ts';

/** To the assessor and the contact of every employer that they act for: when the status ends, and the courses that renew it. */
export function refresherReminder(facts: AssessorFacts, recipient: Recipient): Draft {
  const { data, at } = eventOf(facts, 'reminder due');
  const { dueOn, milestone, day } = data;
  const { assessor } = facts;
  const end = dateInWords(dueOn);
  const today = businessDate(at);
  const { restsOn, ruleSet } = termEnding(assessor.completions, dueOn);
  const whose = employersTold(recipient, facts).length === 0 ? 'your status' : `the status of ${assessor.name}`;
  return {
    subject: `SECOR refresher due: ${whose} is valid through ${end}`,
    tone: 'neutral',
    title: `Refresher due by ${end}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `${whoseStatus(facts, recipient)} is valid through ${end}. ${neededWhen} A refresher completed on or before ${end} renews it without a gap.`,
      },
      {
        kind: 'facts',
        facts: [
          ...statusRows(facts, recipient),
          ['Status valid through', end],
          ['Time left', `${counted(daysBetween(today, dueOn), 'day')} from ${dateInWords(today)}`],
        ],
      },
      ...coursesThatRenew(facts, recipient),
      ...why(
        [ruleSet.refresherYears, ruleSet.refresherReminderDays],
        `${termInWords(restsOn, 'is', dueOn)}; the day ${milestone} was ${dateInWords(day)}.`,
      ),
    ],
  };
}
