import type { AuditEvent } from '@secor/certification';
import { auditFailed } from './audit-failed.ts';
import { auditPassed } from './audit-passed.ts';
import type { LetterFacts, Recipient } from './facts.ts';
import { type Draft, type Letter, layOut } from './layout.ts';
import { packageLate } from './package-late.ts';
import { packageRefused } from './package-refused.ts';
import { packageSubmitted } from './package-submitted.ts';

export type LetterName = 'package submitted' | 'package refused' | 'package late' | 'audit passed' | 'audit failed';

type Addressed = { readonly name: LetterName; readonly role: Recipient['role'] };

const drafts: Readonly<Record<LetterName, (facts: LetterFacts, recipient: Recipient) => Draft>> = {
  'package submitted': packageSubmitted,
  'package refused': packageRefused,
  'package late': packageLate,
  'audit passed': auditPassed,
  'audit failed': auditFailed,
};

/** Every type of event stands here but 'report made', which goes by its result: a new one has to be decided on. */
const lettersByEvent: Readonly<Record<Exclude<AuditEvent['type'], 'report made'>, readonly Addressed[]>> = {
  'audit registered': [],
  'upload link issued': [],
  'package accepted': [{ name: 'package submitted', role: 'assessor' }],
  'package refused': [{ name: 'package refused', role: 'assessor' }],
  'package late': [{ name: 'package late', role: 'assessor' }],
  'package superseded': [],
  'documents laid out': [],
  'documents refused': [{ name: 'package refused', role: 'assessor' }],
  'reviewer assigned': [],
  'review opened': [],
  // The report must be there the moment the mail arrives: 'report made' tells the outcome.
  'audit closed': [],
};

/** The letters that an event causes, and to whom each goes; none for an event that nobody is written about. */
export function lettersFor(event: AuditEvent): readonly Addressed[] {
  if (event.type !== 'report made') return lettersByEvent[event.type];
  const name = event.data.result === 'passed' ? 'audit passed' : 'audit failed';
  return [
    { name, role: 'assessor' },
    { name, role: 'employer contact' },
  ];
}

/**
 * Writes a letter for one person.
 * @throws Error when the event is not one that causes this letter, or the problems of a refused package are missing
 */
export function writeLetter(name: LetterName, recipient: Recipient, facts: LetterFacts): Letter {
  return layOut(drafts[name](facts, recipient), recipient.name, facts.partner);
}
