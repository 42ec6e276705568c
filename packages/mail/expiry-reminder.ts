import { businessDate, dateInWords, daysBetween, ruleSetById } from '@secor/certification';
import { certificateRows, howToRegister, isTooLarge, whatAuditNeeds, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { counted } from './wording.ts';

const leaveTime: Block = {
  kind: 'paragraph',
  text: 'The certificate expires on that day even if the audit is still being reviewed: leave time for the review.',
};

/** To the employer's contact and the assessor: when the certificate expires, and what renews it. */
export function expiryReminder(facts: CycleFacts, recipient: Recipient): Draft {
  const { data, at } = eventOf(facts, 'reminder due');
  const { certificateNumber, expiresOn, milestone, day, ruleSet } = data;
  const name = employerName(facts.employer);
  const expiry = dateInWords(expiresOn);
  const today = businessDate(at);
  const renewal = isTooLarge('certification', facts)
    ? 'Maintenance audits are possible until then.'
    : 'It is renewed by a passed certification audit that ends on or before that day.';
  const left = counted(daysBetween(today, expiresOn), 'day');
  return {
    subject: `SECOR certificate ${certificateNumber} expires on ${expiry}: ${name}`,
    tone: 'neutral',
    title: `Certificate expires on ${expiry}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR certificate of ${name} is valid through ${expiry}. ${renewal}`,
      },
      {
        kind: 'facts',
        facts: [
          ...certificateRows(facts, certificateNumber),
          ['Expires on', expiry],
          ['Time left', `${left} from ${dateInWords(today)}`],
        ],
      },
      ...howToRegister('certification', facts, recipient, `on or before ${expiry}`),
      ...(isTooLarge('certification', facts) ? [] : [leaveTime]),
      ...whatAuditNeeds('certification', facts),
      ...why(
        [ruleSetById(ruleSet).expiryReminderDays],
        `The certificate expires on ${expiry}; ${milestone} was ${dateInWords(day)}.`,
      ),
    ],
  };
}
