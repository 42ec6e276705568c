import { certificateRows } from './cycle-wording.ts';
import { type CycleFacts, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the administrators: a certificate is revoked, because the reopened audit behind it has no passed decision any more. */
export function certificateRevoked(facts: CycleFacts): Draft {
  const { certificateNumber, auditNumber, decision } = eventOf(facts, 'certificate revoked').data;
  const name = employerName(facts.employer);
  return {
    subject: `Revoked: SECOR certificate ${certificateNumber}, ${name}`,
    tone: 'bad',
    title: `Certificate ${certificateNumber} is revoked`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR certificate of ${name} is revoked and must not be shown as valid. ${
          decision === 0
            ? `Audit ${auditNumber} behind it was reopened, and ended without a decision.`
            : `Audit ${auditNumber} behind it was reopened, and failed.`
        }`,
      },
      { kind: 'facts', facts: [...certificateRows(facts, certificateNumber), ['Audit', auditNumber]] },
      { kind: 'heading', text: 'What this means' },
      {
        kind: 'paragraph',
        text: 'The certificate before it, if there is one, is judged as if this one had never been. The assessor and the contact are told in the letter about the audit. If they show the certificate in a tender, call them.',
      },
    ],
  };
}
