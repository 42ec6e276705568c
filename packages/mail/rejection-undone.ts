import { businessDate, dateInWords } from '@secor/certification';
import { type AuditFacts, auditNumberOf, employerName, eventOf, type Recipient } from './facts.ts';
import type { Draft } from './layout.ts';
import { auditRows } from './wording.ts';

/** To the assessor and the employer's contact: the revision had arrived in time, so the rejection does not hold. */
export function rejectionUndone(facts: AuditFacts, { role }: Recipient): Draft {
  const event = eventOf(facts, 'rejection undone');
  const auditNumber = auditNumberOf(event);
  const { kind } = facts.audit;
  const name = employerName(facts.employer);
  const due = dateInWords(event.data.dueOn);
  return {
    subject: `Not rejected after all: SECOR ${kind} audit ${auditNumber}, ${name}`,
    tone: 'good',
    title: `The rejection of audit ${auditNumber} is undone`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The SECOR ${kind} audit of ${name} was rejected because no revised package was known by ${due}. The package had arrived in time, so the rejection is undone. The audit is pending review again.`,
      },
      {
        kind: 'facts',
        facts: [...auditRows(facts), ['Revision was due by', due], ['Undone on', dateInWords(businessDate(event.at))]],
      },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'paragraph',
        text: `Nothing: you will get a letter when the audit has been decided${role === 'assessor' ? ', or when the reviewer asks for a further revision' : ''}. If a new audit has been registered instead, call or write to ${facts.partner.name}.`,
      },
      { kind: 'heading', text: 'Why' },
      {
        kind: 'paragraph',
        text: `What counts is the day that a package arrives, not the day that it is read. This one arrived on or before ${due} and was read later.`,
      },
    ],
  };
}
