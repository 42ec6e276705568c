import type { DomainEvent, Milestone, RefusalType } from '@secor/certification';
import { auditFailed } from './audit-failed.ts';
import { auditPassed } from './audit-passed.ts';
import { auditRejected } from './audit-rejected.ts';
import { auditReopened } from './audit-reopened.ts';
import { auditWithdrawn } from './audit-withdrawn.ts';
import { binderReceived } from './binder-received.ts';
import { cancellationUndone } from './cancellation-undone.ts';
import { certificateCancelled } from './certificate-cancelled.ts';
import { certificateExpired } from './certificate-expired.ts';
import { certificateRevoked } from './certificate-revoked.ts';
import { completionWithdrawn } from './completion-withdrawn.ts';
import { enrolmentCancelled } from './enrolment-cancelled.ts';
import { enrolmentConfirmed } from './enrolment-confirmed.ts';
import { expiryReminder } from './expiry-reminder.ts';
import { type LetterFacts, type Partner, type Recipient, type RecipientRole, recipientsOf } from './facts.ts';
import { type Draft, type Letter, layOut } from './layout.ts';
import { letterRejected } from './letter-rejected.ts';
import { maintenanceOverdue } from './maintenance-overdue.ts';
import { maintenanceReminder } from './maintenance-reminder.ts';
import { packageLate } from './package-late.ts';
import { packageRefused } from './package-refused.ts';
import { packageReminder } from './package-reminder.ts';
import { packageResubmitted } from './package-resubmitted.ts';
import { packageSubmitted } from './package-submitted.ts';
import { refresherReminder } from './refresher-reminder.ts';
import { rejectionUndone } from './rejection-undone.ts';
import { reviewAssigned } from './review-assigned.ts';
import { reviewUnassigned } from './review-unassigned.ts';
import { revisionExtended } from './revision-extended.ts';
import { revisionReminder } from './revision-reminder.ts';
import { revisionRequested } from './revision-requested.ts';
import { risksTold } from './risks-told.ts';
import { sessionCancelled } from './session-cancelled.ts';
import { sessionChanged } from './session-changed.ts';
import { statusEnded } from './status-ended.ts';
import { statusRenewed } from './status-renewed.ts';
import { uploadsOverLimit } from './uploads-over-limit.ts';
import { whatContactCanDo } from './wording.ts';

type Subject = LetterFacts['about'];
type FactsOf<S extends Subject> = Extract<LetterFacts, { readonly about: S }>;
type Write<F extends LetterFacts> = (facts: F, recipient: Recipient) => Draft;

const drafts = {
  audit: {
    'binder received': binderReceived,
    'package submitted': packageSubmitted,
    'package resubmitted': packageResubmitted,
    'package refused': packageRefused,
    'package late': packageLate,
    'uploads over limit': uploadsOverLimit,
    'review assigned': reviewAssigned,
    'review unassigned': reviewUnassigned,
    'revision requested': revisionRequested,
    'revision extended': revisionExtended,
    'package reminder': packageReminder,
    'revision reminder': revisionReminder,
    'audit passed': auditPassed,
    'audit failed': auditFailed,
    'audit rejected': auditRejected,
    'rejection undone': rejectionUndone,
    'audit withdrawn': auditWithdrawn,
    'audit reopened': auditReopened,
    'letter rejected': letterRejected,
  },
  employer: {
    'expiry reminder': expiryReminder,
    'certificate expired': certificateExpired,
    'maintenance reminder': maintenanceReminder,
    'maintenance overdue': maintenanceOverdue,
    'certificate cancelled': certificateCancelled,
    'cancellation undone': cancellationUndone,
    'certificate revoked': certificateRevoked,
    'risks told': risksTold,
    'letter rejected': letterRejected,
  },
  assessor: {
    'refresher reminder': refresherReminder,
    'status ended': statusEnded,
    'status renewed': statusRenewed,
    'completion withdrawn': completionWithdrawn,
    'letter rejected': letterRejected,
  },
  session: {
    'enrolment confirmed': enrolmentConfirmed,
    'enrolment cancelled': enrolmentCancelled,
    'session changed': sessionChanged,
    'session cancelled': sessionCancelled,
    'letter rejected': letterRejected,
  },
} satisfies { readonly [S in Subject]: Readonly<Record<string, Write<FactsOf<S>>>> };

export type LetterName = { [S in Subject]: keyof (typeof drafts)[S] }[Subject];

/** Events by their type; a type that two subjects have in common stands for both. */
type EventByType = { readonly [E in DomainEvent as E['type']]: E };

/** A letter, the roles that it goes to, and, when not every such event causes it, which ones do. */
type Caused<T extends keyof EventByType> = {
  readonly letter: LetterName;
  readonly roles: readonly RecipientRole[];
  readonly when?: (event: EventByType[T]) => boolean;
};

const isOver = ({ milestone }: { readonly milestone: Milestone }) => milestone === 'over';
const outsiders = ['assessor', 'employer contact'] as const;

/** The events about an upload that was not accepted. */
type AboutUpload = RefusalType | 'documents refused';

/** A letter to whoever uploaded the package. */
function toUploader(letter: LetterName): readonly Caused<AboutUpload>[] {
  return [
    { letter, roles: ['assessor'], when: ({ data }) => data.enteredBy === undefined },
    { letter, roles: ['administrator'], when: ({ data }) => data.enteredBy !== undefined },
  ];
}

/** Every type of event of every subject stands here: a new one has to be decided on. */
const lettersByEvent: { readonly [T in keyof EventByType]: readonly Caused<T>[] } = {
  'audit registered': [],
  'binder recorded': [{ letter: 'binder received', roles: outsiders }],
  'upload link issued': [],
  'package accepted': [
    { letter: 'package submitted', roles: ['assessor'], when: ({ data }) => data.round === 0 },
    { letter: 'package resubmitted', roles: ['assessor', 'reviewer'], when: ({ data }) => data.round > 0 },
  ],
  // Who uploaded a package can correct it: its assessor or, for a binder, the administrator who entered it.
  'package refused': toUploader('package refused'),
  'package late': toUploader('package late'),
  'uploads over limit': toUploader('uploads over limit'),
  'package superseded': [],
  'documents laid out': [],
  'documents refused': toUploader('package refused'),
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
  'note changed': [],
  'note deleted': [],
  'points changed': [],
  'months corrected': [],
  'corrections carried over': [],
  'corrections lapsed': [],
  'revision requested': [{ letter: 'revision requested', roles: ['assessor'] }],
  'revision extended': [{ letter: 'revision extended', roles: ['assessor'] }],
  // The reviewer is told once the revised package is there.
  'notes answered': [],
  'audit rejected': [
    { letter: 'audit rejected', roles: ['assessor', 'employer contact', 'administrator'] },
    // A reviewer knows what they rejected themselves.
    { letter: 'audit rejected', roles: ['reviewer'], when: ({ by }) => by.role !== 'reviewer' },
  ],
  'rejection undone': [{ letter: 'rejection undone', roles: [...outsiders, 'administrator'] }],
  'audit withdrawn': [
    { letter: 'audit withdrawn', roles: ['assessor', 'employer contact', 'reviewer', 'administrator'] },
  ],
  'audit reopened': [
    { letter: 'audit reopened', roles: ['assessor', 'employer contact', 'reviewer', 'administrator'] },
  ],
  // The report must be there the moment the mail arrives: 'report made' tells the outcome.
  'audit closed': [],
  'report made': [
    { letter: 'audit passed', roles: outsiders, when: ({ data }) => data.result === 'passed' },
    { letter: 'audit failed', roles: outsiders, when: ({ data }) => data.result === 'failed' },
  ],
  'employer added': [],
  'employer changed': [],
  // A failure of mail causes no letter to the same person: administrators get the risk.
  'mail failed': [],
  'letter rejected': [{ letter: 'letter rejected', roles: ['administrator'] }],
  // The audit's own events cause the letters about its place in the cycle; 'report made' causes those about certificates.
  'audit opened': [],
  'audit arrived': [],
  'audit returned': [],
  'audit decided': [],
  'audit left': [],
  'audit taken up': [],
  'certificate issued': [],
  // Assessor and contact are told with the decision about the audit.
  'certificate revoked': [{ letter: 'certificate revoked', roles: ['administrator'] }],
  'certificate restored': [],
  'certificate superseded': [],
  'certificate cancelled': [{ letter: 'certificate cancelled', roles: [...outsiders, 'administrator'] }],
  'cancellation undone': [{ letter: 'cancellation undone', roles: [...outsiders, 'administrator'] }],
  // Of a cycle, an assessor and an audit: the kind tells what is due.
  'reminder due': [
    { letter: 'expiry reminder', roles: outsiders, when: ({ data }) => data.kind === 'expiry' && !isOver(data) },
    { letter: 'certificate expired', roles: outsiders, when: ({ data }) => data.kind === 'expiry' && isOver(data) },
    {
      letter: 'maintenance reminder',
      roles: outsiders,
      when: ({ data }) => data.kind === 'maintenance' && !isOver(data),
    },
    {
      letter: 'maintenance overdue',
      roles: outsiders,
      when: ({ data }) => data.kind === 'maintenance' && isOver(data),
    },
    { letter: 'refresher reminder', roles: outsiders, when: ({ data }) => data.kind === 'refresher' && !isOver(data) },
    { letter: 'status ended', roles: outsiders, when: ({ data }) => data.kind === 'refresher' && isOver(data) },
    { letter: 'package reminder', roles: ['assessor'], when: ({ data }) => data.kind === 'package' },
    { letter: 'revision reminder', roles: ['assessor'], when: ({ data }) => data.kind === 'revision' },
  ],
  // A risk from a change of people causes a letter, and so does a binder that nobody but the partner can enter. A due date that time
  // has brought near, or a risk that has ended, is seen in the list.
  'risks changed': [
    {
      letter: 'risks told',
      roles: ['administrator'],
      when: ({ data }) => data.added.some(({ risk }) => risk !== 'nothing registered'),
    },
  ],
  'assessor added': [],
  'assessor changed': [],
  // Without the initial training a refresher gives no status.
  'course completed': [
    { letter: 'status renewed', roles: ['assessor'], when: ({ data }) => data.through !== undefined },
  ],
  'completion withdrawn': [{ letter: 'completion withdrawn', roles: ['assessor'] }],
  'session scheduled': [],
  // Whoever has a place keeps it, however many there are.
  'session changed': [
    {
      letter: 'session changed',
      roles: ['assessor'],
      when: ({ data }) => data.changed.some((field) => field !== 'places'),
    },
  ],
  'session cancelled': [{ letter: 'session cancelled', roles: ['assessor'] }],
  'assessor enrolled': [{ letter: 'enrolment confirmed', roles: ['assessor'] }],
  'enrolment cancelled': [{ letter: 'enrolment cancelled', roles: ['assessor'] }],
  // Those who attended get a letter once the course is on their own record.
  'attendance marked': [],
};

/** The letters that an event causes, and to which role each goes; none for an event that nobody is written about. */
export function lettersFor(
  event: DomainEvent,
): readonly { readonly letter: LetterName; readonly role: RecipientRole }[] {
  return causedBy(event.type, event);
}

function causedBy<T extends keyof EventByType>(type: T, event: EventByType[T]) {
  const caused: readonly Caused<T>[] = lettersByEvent[type];
  return caused
    .filter(({ when }) => when === undefined || when(event))
    .flatMap(({ letter, roles }) => roles.map((role) => ({ letter, role })));
}

/** The order of the roles: who has several gets the letter of the first of them, in which they can do most. */
const roleOrder: readonly RecipientRole[] = ['administrator', 'reviewer', 'assessor', 'employer contact'];

/** A letter to one person, under the id of the role in which they get it. */
export type AddressedLetter = {
  readonly letter: LetterName;
  readonly recipient: Recipient;
  /** The other roles in which the event would cause a letter to the same address, each with the letter. */
  readonly alsoAs: readonly { readonly letter: LetterName; readonly personId: string }[];
};

/**
 * The letters that an event causes with the people who get them: one for each address, whatever its case. Who has several roles
 * gets the letter of the role in which they can do most, and their own rather than one that is meant for another.
 */
export function addressedLetters(event: DomainEvent, facts: LetterFacts): readonly AddressedLetter[] {
  const all = lettersFor(event).flatMap(({ letter, role }) =>
    recipientsOf(role, facts).map((recipient) => ({ letter, recipient })),
  );
  const place = ({ recipient: { role, insteadOf } }: (typeof all)[number]) =>
    insteadOf === undefined ? roleOrder.indexOf(role) : roleOrder.length;
  const byAddress = Map.groupBy(
    all.toSorted((one, other) => place(one) - place(other)),
    ({ recipient }) => recipient.email.toLowerCase(),
  );
  return [...byAddress.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { personId } = first.recipient;
    const alsoAs = others
      .map(({ letter, recipient }) => ({ letter, personId: recipient.personId }))
      .filter((other) => other.letter !== first.letter || other.personId !== personId);
    return [{ ...first, alsoAs }];
  });
}

/**
 * Writes a letter for one person. What it knows of the partner's people is left out of a letter to anybody else.
 * @throws Error when the event is not one that causes this letter, or the problems of a refused package are missing
 */
export function writeLetter(name: LetterName, recipient: Recipient, facts: LetterFacts): Letter {
  return layOut(draftLetter(name, recipient, facts), recipient.name, facts.partner);
}

/** A letter for one person before it is laid out, with what it tells them to do. */
export function draftLetter(name: LetterName, recipient: Recipient, facts: LetterFacts): Draft {
  const { staff: _staff, ...outside } = facts;
  const known = recipient.role === 'reviewer' || recipient.role === 'administrator' ? facts : outside;
  const draft = addReasonForForwarding(draftOf(name, recipient, known), recipient);
  return recipient.role === 'employer contact' ? addOwnAccess(draft, facts.partner) : draft;
}

const reasons: ReadonlySet<string> = new Set(['Why', 'The reason']);

/** The letter to an employer's contact with what they can do themselves; reasons come last. */
function addOwnAccess(draft: Draft, partner: Partner): Draft {
  const reason = draft.blocks.findIndex((block) => block.kind === 'heading' && reasons.has(block.text));
  const end = reason === -1 ? draft.blocks.length : reason;
  return {
    ...draft,
    blocks: [...draft.blocks.slice(0, end), ...whatContactCanDo(partner), ...draft.blocks.slice(end)],
  };
}

/** The letter with the reason why this person gets it, when it is meant for another. */
function addReasonForForwarding(draft: Draft, { insteadOf }: Recipient): Draft {
  if (insteadOf === undefined) return draft;
  const { name, why } = insteadOf;
  const text =
    why === 'unreached'
      ? `This letter is for ${name}, but our mail does not reach them. What it asks for, only the assessor can do. Please pass it on today, and send us the correct address.`
      : `This letter is about an audit by ${name}, who no longer acts for you and did not get this letter. What it asks for, only an assessor who acts for you can do. Please call or write to us today about who will continue the audit.`;
  return { ...draft, blocks: [{ kind: 'paragraph', text }, ...draft.blocks] };
}

function draftOf(name: LetterName, recipient: Recipient, facts: LetterFacts): Draft {
  switch (facts.about) {
    case 'audit':
      return writeDraft(drafts.audit, name, recipient, facts);
    case 'employer':
      return writeDraft(drafts.employer, name, recipient, facts);
    case 'assessor':
      return writeDraft(drafts.assessor, name, recipient, facts);
    case 'session':
      return writeDraft(drafts.session, name, recipient, facts);
  }
}

function writeDraft<F extends LetterFacts>(
  letters: Readonly<Partial<Record<string, Write<F>>>>,
  name: LetterName,
  recipient: Recipient,
  facts: F,
): Draft {
  const write = letters[name];
  if (write === undefined) throw new Error(`The letter "${name}" is not about ${facts.event.subject}.`);
  return write(facts, recipient);
}
