import { addDays, dateInWords, ruleSetById } from '@secor/certification';
import { certificateRows, howToRegister, whatAuditNeeds, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Block, Draft } from './layout.ts';

const whatPartnerDoes: readonly Block[] = [
  { kind: 'heading', text: 'What to do' },
  {
    kind: 'paragraph',
    text: 'The contact and the assessor have got this letter, too. If a binder had arrived in time and is not recorded yet, record it now with the day of its receipt: that undoes the cancellation. Otherwise there is nothing to do.',
  },
];

/**
 * To the employer's contact, the assessor and the administrators: the certificate is cancelled for good, and that only a certification
 * audit helps [P].
 */
export function certificateCancelled(facts: CycleFacts, recipient: Recipient): Draft {
  const { certificateNumber, on, dueOn, ruleSet } = eventOf(facts, 'certificate cancelled').data;
  const { graceDays } = ruleSetById(ruleSet);
  const name = employerName(facts.employer);
  const [cancelledOn, due] = [dateInWords(on), dateInWords(dueOn)];
  const graceThrough = addDays(dueOn, graceDays.value);
  // A package that was under review when the grace ended delayed the cancellation to the day of its decision.
  const missed =
    on > addDays(graceThrough, 1)
      ? `The package that had arrived in time did not meet it, as decided on ${cancelledOn}.`
      : `Nothing that had arrived by then met it, so the certificate was cancelled on ${cancelledOn}.`;
  return {
    subject: `Cancelled: SECOR certificate ${certificateNumber}, ${name}`,
    tone: 'bad',
    title: `Certificate ${certificateNumber} is cancelled`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR certificate of ${name} is cancelled, because no maintenance audit met the due date of ${due}. From ${cancelledOn} on it is not valid and must not be shown as valid.`,
      },
      {
        kind: 'facts',
        facts: [...certificateRows(facts, certificateNumber), ['Was due by', due], ['Cancelled on', cancelledOn]],
      },
      { kind: 'heading', text: 'What this means' },
      {
        kind: 'paragraph',
        text: 'This is final: a maintenance audit cannot restore the certificate. Only a certification audit helps. When it is passed, it gives a new certificate and starts a new cycle from its own end date.',
      },
      ...(recipient.role === 'administrator'
        ? whatPartnerDoes
        : [...howToRegister('certification', facts, recipient), ...whatAuditNeeds('certification', facts)]),
      ...why(
        [graceDays],
        `The audit was due by ${due}, and the grace period lasted through ${dateInWords(graceThrough)}. ${missed}`,
      ),
    ],
  };
}
