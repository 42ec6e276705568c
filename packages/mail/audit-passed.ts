import { dateInWords } from '@secor/certification';
import { auditNumberOf, employerName, eventOf, type LetterFacts, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { howToGetReport, replacesEarlier } from './wording.ts';

/** To the assessor and the employer's contact: passed, the certificate if there is one, and how to get the report [N]. */
export function auditPassed(facts: LetterFacts, recipient: Recipient): Draft {
  const event = eventOf(facts, 'report made');
  const auditNumber = auditNumberOf(event);
  const { decision, kind, certificateNumber, expiresOn } = event.data;
  const name = employerName(facts.employer);
  const certificate: [string, string][] =
    certificateNumber === undefined || expiresOn === undefined
      ? []
      : [
          ['Certificate number', certificateNumber],
          ['Certificate expires on', dateInWords(expiresOn)],
        ];
  return {
    subject: `Passed: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: 'good',
    title: `Passed: ${kind} audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text:
          kind === 'certification'
            ? `Congratulations: ${name} has successfully completed its SECOR certification audit with a passing score, and is certified.`
            : `Congratulations: ${name} has successfully completed its SECOR maintenance audit with a passing score. A maintenance audit gives no new certificate: the current one keeps its number and its expiry date.`,
      },
      ...replacesEarlier(decision),
      {
        kind: 'facts',
        facts: [['Employer', name], ['Audit number', auditNumber], ['Outcome', 'passed'], ...certificate],
      },
      ...howToGetReport(auditNumber, recipient, facts),
    ],
  };
}
