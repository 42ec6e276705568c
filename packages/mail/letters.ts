import type { AuditEvent } from '@secor/certification';
import { auditFailed } from './audit-failed.ts';
import { auditPassed } from './audit-passed.ts';
import { auditRejected } from './audit-rejected.ts';
import { auditReopened } from './audit-reopened.ts';
import { auditWithdrawn } from './audit-withdrawn.ts';
import type { LetterFacts, Recipient, RecipientRole } from './facts.ts';
import { type Draft, type Letter, layOut } from './layout.ts';
import { packageLate } from './package-late.ts';
import { packageRefused } from './package-refused.ts';
import { packageResubmitted } from './package-resubmitted.ts';
import { packageSubmitted } from './package-submitted.ts';
import { reviewAssigned } from './review-assigned.ts';
import { reviewUnassigned } from './review-unassigned.ts';
import { revisionExtended } from './revision-extended.ts';
import { revisionRequested } from './revision-requested.ts';

const drafts = {
  'package submitted': packageSubmitted,
  'package resubmitted': packageResubmitted,
  'package refused': packageRefused,
  'package late': packageLate,
  'review assigned': reviewAssigned,
  'review unassigned': reviewUnassigned,
  'revision requested': revisionRequested,
  'revision extended': revisionExtended,
  'audit passed': auditPassed,
  'audit failed': auditFailed,
  'audit rejected': auditRejected,
  'audit withdrawn': auditWithdrawn,
  'audit reopened': auditReopened,
} satisfies Readonly<Record<string, (facts: LetterFacts, recipient: Recipient) => Draft>>;

export type LetterName = keyof typeof drafts;

type EventByType = { readonly [E in AuditEvent as E['type']]: E };

/** A letter, the roles that it goes to, and, when not every such event causes it, which ones do. */
type Caused<T extends keyof EventByType> = {
  readonly letter: LetterName;
  readonly roles: readonly RecipientRole[];
  readonly when?: (event: EventByType[T]) => boolean;
};

/** Every type of event stands here: a new one has to be decided on. */
const lettersByEvent: { readonly [T in keyof EventByType]: readonly Caused<T>[] } = {
  'audit registered': [],
  'upload link issued': [],
  'package accepted': [
    { letter: 'package submitted', roles: ['assessor'], when: ({ data }) => data.round === 0 },
    { letter: 'package resubmitted', roles: ['assessor', 'reviewer'], when: ({ data }) => data.round > 0 },
  ],
  'package refused': [{ letter: 'package refused', roles: ['assessor'] }],
  'package late': [{ letter: 'package late', roles: ['assessor'] }],
  'package superseded': [],
  'documents laid out': [],
  'documents refused': [{ letter: 'package refused', roles: ['assessor'] }],
  'reviewer assigned': [
    // Who takes an audit knows it.
    {
      letter: 'review assigned',
      roles: ['reviewer'],
      when: ({ by, data }) => by.role !== 'reviewer' || by.personId !== data.reviewerId,
    },
  ],
  'review unassigned': [{ letter: 'review unassigned', roles: ['administrator'] }],
  'reviewer released': [],
  'review opened': [],
  // Notes go out together, with the request for a revision; points and months count with the decision.
  'note added': [],
  'points changed': [],
  'months corrected': [],
  'revision requested': [{ letter: 'revision requested', roles: ['assessor'] }],
  'revision extended': [{ letter: 'revision extended', roles: ['assessor'] }],
  // The reviewer is told once the revised package is there.
  'notes answered': [],
  'audit rejected': [
    { letter: 'audit rejected', roles: ['assessor', 'employer contact', 'administrator'] },
    // A reviewer knows what they rejected themselves.
    { letter: 'audit rejected', roles: ['reviewer'], when: ({ by }) => by.role === 'administrator' },
  ],
  'audit withdrawn': [
    { letter: 'audit withdrawn', roles: ['assessor', 'employer contact', 'reviewer', 'administrator'] },
  ],
  'audit reopened': [
    { letter: 'audit reopened', roles: ['assessor', 'employer contact', 'reviewer', 'administrator'] },
  ],
  // The report must be there the moment the mail arrives: 'report made' tells the outcome.
  'audit closed': [],
  'report made': [
    { letter: 'audit passed', roles: ['assessor', 'employer contact'], when: ({ data }) => data.result === 'passed' },
    { letter: 'audit failed', roles: ['assessor', 'employer contact'], when: ({ data }) => data.result === 'failed' },
  ],
};

/** The letters that an event causes, and to which role each goes; none for an event that nobody is written about. */
export function lettersFor(
  event: AuditEvent,
): readonly { readonly letter: LetterName; readonly role: RecipientRole }[] {
  return causedBy(event.type, event);
}

function causedBy<T extends keyof EventByType>(type: T, event: EventByType[T]) {
  const caused: readonly Caused<T>[] = lettersByEvent[type];
  return caused
    .filter(({ when }) => when === undefined || when(event))
    .flatMap(({ letter, roles }) => roles.map((role) => ({ letter, role })));
}

/**
 * Writes a letter for one person. What it knows of the partner's people is left out of a letter to anybody else.
 * @throws Error when the event is not one that causes this letter, or the problems of a refused package are missing
 */
export function writeLetter(name: LetterName, recipient: Recipient, facts: LetterFacts): Letter {
  const { staff: _staff, ...outside } = facts;
  const known = recipient.role === 'reviewer' || recipient.role === 'administrator' ? facts : outside;
  return layOut(drafts[name](known, recipient), recipient.name, facts.partner);
}
