import { addDays, dateInWords, ruleSetById } from '@secor/certification';
import { certificateRows, howToRegister, whatAuditNeeds, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the employer's contact and the assessor: the certificate has expired, and what gives a new one. */
export function certificateExpired(facts: CycleFacts, recipient: Recipient): Draft {
  const { certificateNumber, expiresOn, ruleSet } = eventOf(facts, 'reminder due').data;
  const name = employerName(facts.employer);
  const expiry = dateInWords(expiresOn);
  return {
    subject: `SECOR certificate ${certificateNumber} has expired: ${name}`,
    tone: 'bad',
    title: `Certificate expired on ${expiry}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR certificate of ${name} was valid through ${expiry}. It is no longer valid and must not be shown as valid.`,
      },
      { kind: 'facts', facts: [...certificateRows(facts, certificateNumber), ['Expired on', expiry]] },
      ...howToRegister('certification', facts, recipient),
      {
        kind: 'paragraph',
        text: 'A passed certification audit starts a new cycle from its own end date. A maintenance audit cannot restore this certificate.',
      },
      ...whatAuditNeeds('certification', facts),
      ...why(
        [ruleSetById(ruleSet).expiryReminderDays],
        `The certificate expired on ${expiry} and was valid through that day; the day after was ${dateInWords(addDays(expiresOn, 1))}.`,
      ),
    ],
  };
}
