import { dateInWords } from '@secor/certification';
import { certificateRows, why } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the employer's contact, the assessor and the administrators: the certificate stands after all, and on what. */
export function cancellationUndone(facts: CycleFacts, recipient: Recipient): Draft {
  const { certificateNumber, cancelledOn, expiresOn } = eventOf(facts, 'cancellation undone').data;
  const name = employerName(facts.employer);
  const cancelled = dateInWords(cancelledOn);
  return {
    subject: `Not cancelled after all: SECOR certificate ${certificateNumber}, ${name}`,
    tone: 'good',
    title: `Certificate ${certificateNumber} stands again`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The cancellation of the SECOR certificate of ${name} on ${cancelled} is undone. The certificate counts as if it had never been cancelled. It keeps its number and its expiry date.`,
      },
      {
        kind: 'facts',
        facts: [
          ...certificateRows(facts, certificateNumber),
          ['Was cancelled on', cancelled],
          ['Expires on', dateInWords(expiresOn)],
        ],
      },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'paragraph',
        text:
          recipient.role === 'administrator'
            ? 'See in the queue that the audit which arrived in time is reviewed. If it does not meet the due date, the certificate is cancelled on the day of that decision.'
            : 'Nothing, while the audit that arrived in time is being reviewed. You will get a letter with the decision. If the audit does not meet the due date, the certificate is cancelled on the day of that decision.',
      },
      ...why(
        [],
        `What counts for a due date is the day that a package or a binder arrived, not the day that it was read. A reopened audit counts as undecided. So the audit that arrived in time keeps the certificate, which had been cancelled on ${cancelled}.`,
      ),
    ],
  };
}
