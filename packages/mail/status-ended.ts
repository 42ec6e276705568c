import { addDays, dateInWords } from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AssessorFacts, employersTold, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { coursesThatRenew, neededWhen, statusRows, termEnding, termInWords, whoseStatus } from './status-wording.ts';

/** To the assessor and the contact of every employer that they act for: the status is over, what that stops, and what renews it. */
export function statusEnded(facts: AssessorFacts, recipient: Recipient): Draft {
  const { dueOn } = eventOf(facts, 'reminder due').data;
  const { assessor } = facts;
  const end = dateInWords(dueOn);
  const { restsOn, ruleSet } = termEnding(assessor.completions, dueOn);
  const isOwn = employersTold(recipient, facts).length === 0;
  const whose = isOwn ? 'your assessor status' : `the assessor status of ${assessor.name}`;
  const who = isOwn ? 'you' : assessor.name;
  return {
    subject: `Ended: ${whose} was valid through ${end}`,
    tone: 'bad',
    title: 'The assessor status has ended',
    blocks: [
      {
        kind: 'paragraph',
        text: `${whoseStatus(facts, recipient)} was valid through ${end} and has ended. ${neededWhen} Until it is renewed, ${who} cannot register an audit. Audits that were registered before continue.`,
      },
      {
        kind: 'facts',
        facts: [
          ...statusRows(facts, recipient),
          ['Status was valid through', end],
          ['Not valid from', dateInWords(addDays(dueOn, 1))],
        ],
      },
      ...coursesThatRenew(facts, recipient),
      ...why([ruleSet.refresherYears], `${termInWords(restsOn, 'was', dueOn)}.`),
    ],
  };
}
