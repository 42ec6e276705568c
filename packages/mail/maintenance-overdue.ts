import { addDays, dateInWords, ruleSetById } from '@secor/certification';
import { certificateRows, howToRegister, throughDay, whatAuditNeeds, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the employer's contact and the assessor: the due date has passed, how long the grace lasts, and what happens after it. */
export function maintenanceOverdue(facts: CycleFacts, recipient: Recipient): Draft {
  const { data } = eventOf(facts, 'reminder due');
  const { certificateNumber, dueOn, expiresOn, graceThrough = dueOn } = data;
  const rules = ruleSetById(data.ruleSet);
  const name = employerName(facts.employer);
  const due = dateInWords(dueOn);
  const grace = dateInWords(graceThrough);
  const cancelledOn = dateInWords(addDays(graceThrough, 1));
  return {
    subject: `Overdue: SECOR maintenance audit of ${name}, grace period through ${grace}`,
    tone: 'bad',
    title: `Maintenance audit overdue: it was due by ${due}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `A maintenance audit for the SECOR certificate of ${name} was due by ${due}, and no audit has met this date. The certificate is still valid: there is a grace period through ${grace}.`,
      },
      {
        kind: 'facts',
        facts: [
          ...certificateRows(facts, certificateNumber),
          ['Was due by', due],
          ['Grace period through', grace],
          ['Cancelled on', `${cancelledOn}, unless a package has arrived`],
        ],
      },
      ...howToRegister('maintenance', facts, recipient, `on or before ${grace}`),
      { kind: 'heading', text: 'The deadline' },
      {
        kind: 'paragraph',
        text: `The package must arrive on or before ${throughDay(graceThrough)}. What counts is the day that it arrives, not the day that it is read. The certificate then stands until the audit is decided. An audit that ended after ${due} meets this due date late, and does not count for the next one as well.`,
      },
      {
        kind: 'paragraph',
        text: `Without a package, the certificate is cancelled on ${cancelledOn}. That is final: a maintenance audit cannot restore it, and only a certification audit gives a new one.`,
      },
      ...whatAuditNeeds('maintenance', facts),
      ...why(
        [rules.maintenanceWindow, rules.graceDays],
        `The certificate expires on ${dateInWords(expiresOn)}, so the audit was due by ${due}. The grace period is counted from that date and lasts through ${grace}.`,
      ),
    ],
  };
}
