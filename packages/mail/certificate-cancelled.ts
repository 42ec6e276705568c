import { addDays, dateInWords, ruleSetById } from '@secor/certification';
import { certificateRows, howToRegister, whatAuditNeeds, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the employer's contact and the assessor: the certificate is cancelled for good, and that only a certification audit helps [P]. */
export function certificateCancelled(facts: CycleFacts, recipient: Recipient): Draft {
  const { certificateNumber, on, dueOn, ruleSet } = eventOf(facts, 'certificate cancelled').data;
  const { graceDays } = ruleSetById(ruleSet);
  const name = employerName(facts.employer);
  const [cancelledOn, due] = [dateInWords(on), dateInWords(dueOn)];
  const graceThrough = addDays(dueOn, graceDays.value);
  // A package that was at the desk when the grace ended put the day off to that of its decision.
  const missed =
    on > addDays(graceThrough, 1)
      ? `what had arrived in time did not meet it, which was decided on ${cancelledOn}`
      : `nothing that had arrived by then has met it, so the certificate was cancelled on ${cancelledOn}`;
  return {
    subject: `Cancelled: SECOR certificate ${certificateNumber}, ${name}`,
    tone: 'bad',
    title: `Certificate ${certificateNumber} is cancelled`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR certificate of ${name} is cancelled, because the maintenance audit that was due by ${due} was not met. From ${cancelledOn} on it is not valid, and must not be shown as if it were.`,
      },
      {
        kind: 'facts',
        facts: [...certificateRows(facts, certificateNumber), ['Was due by', due], ['Cancelled on', cancelledOn]],
      },
      { kind: 'heading', text: 'What this means' },
      {
        kind: 'paragraph',
        text: 'For maintenance audits this is final: none brings the certificate back. Only a certification audit helps. When it is passed it gives a new certificate, and starts a new cycle from its own end date.',
      },
      ...howToRegister('certification', facts, recipient),
      ...whatAuditNeeds('certification', facts),
      ...why(
        [graceDays],
        `The audit was due by ${due} and the grace lasted through ${dateInWords(graceThrough)}; ${missed}.`,
      ),
    ],
  };
}
