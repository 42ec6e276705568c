import { addDays, businessDate, dateInWords, daysBetween, ruleSetById } from '@secor/certification';
import { certificateRows, howToRegister, throughDay, whatAuditNeeds, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { counted } from './wording.ts';

/** To the employer's contact and the assessor: by when a maintenance audit is due, which day of it counts, and how to register it. */
export function maintenanceReminder(facts: CycleFacts, recipient: Recipient): Draft {
  const { data, at } = eventOf(facts, 'reminder due');
  const { certificateNumber, dueOn, expiresOn, milestone, day, windowFrom = dueOn, graceThrough = dueOn } = data;
  const rules = ruleSetById(data.ruleSet);
  const name = employerName(facts.employer);
  const due = dateInWords(dueOn);
  const today = businessDate(at);
  const isLast = day > windowFrom;
  const dayOfReminder =
    milestone === 'window begins'
      ? `the first day of the window was ${dateInWords(day)}`
      : `${milestone}${isLast ? ' it' : ' the window begins'} was ${dateInWords(day)}`;
  return {
    subject: `SECOR maintenance audit due by ${due}: ${name}`,
    tone: 'neutral',
    title: `Maintenance audit due by ${due}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR certificate of ${name} needs a passed maintenance audit to stay valid. What counts is the end date of the audit, the last day of the data gathering, not the day that it is registered.`,
      },
      {
        kind: 'facts',
        facts: [
          ...certificateRows(facts, certificateNumber),
          ['Due by', due],
          ['Window', `${dateInWords(windowFrom)} to ${due}`],
          ['Time left', `${counted(daysBetween(today, dueOn), 'day')} from ${dateInWords(today)}`],
        ],
      },
      ...howToRegister('maintenance', facts, recipient, `on or before ${due}`),
      {
        kind: 'paragraph',
        text: `If no package arrives on or before ${throughDay(graceThrough)}, the certificate is cancelled on ${dateInWords(addDays(graceThrough, 1))}.`,
      },
      ...whatAuditNeeds('maintenance', facts),
      ...why(
        [rules.maintenanceWindow, isLast ? rules.lastMaintenanceReminderDays : rules.maintenanceReminderDays],
        `The certificate expires on ${dateInWords(expiresOn)}, so this audit is due by ${due}; ${dayOfReminder}.`,
      ),
    ],
  };
}
