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
    subject: `Overdue: SECOR maintenance audit of ${name}, grace through ${grace}`,
    tone: 'bad',
    title: `Maintenance audit overdue: it was due by ${due}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The maintenance audit that keeps the SECOR certificate of ${name} alive was due by ${due}, and none has met it. The certificate is still valid: there is a grace through ${grace}.`,
      },
      {
        kind: 'facts',
        facts: [
          ...certificateRows(facts, certificateNumber),
          ['Was due by', due],
          ['Grace through', grace],
          ['Cancelled on', `${cancelledOn}, unless a package has arrived`],
        ],
      },
      ...howToRegister('maintenance', facts, recipient, `on or before ${grace}`),
      { kind: 'heading', text: 'What counts' },
      {
        kind: 'paragraph',
        text: `The package has to arrive on or before ${throughDay(graceThrough)}; the day that it arrives counts, not the day that it is read. The certificate then stands until the audit is decided. An audit that ended after ${due} meets the due date late, and not the next one as well.`,
      },
      {
        kind: 'paragraph',
        text: `Without one the certificate is cancelled on ${cancelledOn}. That is final: no maintenance audit brings it back, only a certification audit gives a new one.`,
      },
      ...whatAuditNeeds('maintenance', facts),
      ...why(
        [rules.maintenanceWindow, rules.graceDays],
        `The certificate expires on ${dateInWords(expiresOn)}, so the audit was due by ${due}; the grace is counted from there, and lasts through ${grace}.`,
      ),
    ],
  };
}
