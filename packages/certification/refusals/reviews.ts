type OfAudit = { auditNumber: string; state: string };

const steps = {
  'add-note': 'notes can be added',
  'change-note': 'notes can be changed and deleted',
  'change-points': 'points can be changed',
  'correct-months': 'the months of records can be corrected',
  'request-revision': 'a revision can be requested',
} as const;

/** A step that is possible only while an audit is in review. */
export type StepInReview = keyof typeof steps;

/** The first of some notes, and how many more there are. */
type Named = { notes: string; more: number };

function named({ notes, more }: Named): string {
  return more === 0 ? notes : `${notes} and ${more} more`;
}

/** The sentences of what is refused about reviews and decisions. */
export const reviewRefusals = {
  'not-pending-review': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}; only an audit that is pending review can be opened.`,
  'not-in-review': ({ auditNumber, state, step }: OfAudit & { step: StepInReview }) =>
    `Audit ${auditNumber} is ${state}; ${steps[step]} only while it is in review. Open the review first.`,
  'newer-revision': ({ seen, revision }: { seen: number; revision: number }) =>
    `You saw revision ${seen}, but revision ${revision} is up for review. Read that one first.`,
  'documents-not-laid-out': ({ revision }: { revision: number }) =>
    `The documents of revision ${revision} are still being prepared and checked. Try again in a minute.`,
  'nothing-to-review': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}, and has no package to review. Wait until the assessor has uploaded one.`,
  'not-up-for-decision': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}; only an audit that is pending review or in review can be accepted.`,
  'unknown-question': ({ question }: { question: string }) =>
    `This audit's protocol has no question ${question}. Give the id of one of its questions.`,
  'note-on-unknown-question': ({ question }: { question: string }) =>
    `There is no question ${question} in this audit's protocol. Leave it out for a note on the whole audit.`,
  'unknown-note': ({ auditNumber, note }: { auditNumber: string; note: number }) =>
    `Audit ${auditNumber} has no note ${note}, or it was deleted. Look at its notes.`,
  'note-sent': ({ note }: { note: number }) =>
    `Note ${note} was sent to the assessor, and can no longer be changed or deleted. Add a further note that corrects it.`,
  'notes-unsent': (unsent: Named) => {
    const [notes, were, them] = unsent.notes.includes(', ') ? ['Notes', 'were', 'them'] : ['Note', 'was', 'it'];
    return `${notes} ${named(unsent)} ${were} not sent, and an actionable note is never dropped. Request a revision, make ${them} informational, or delete ${them}.`;
  },
  'certificate-would-have-expired': ({
    endedOn,
    recordsMonths,
    years,
    expiresOn,
    today,
  }: {
    endedOn: string;
    recordsMonths: number;
    years: number;
    expiresOn: string;
    today: string;
  }) =>
    `The audit ended on ${endedOn} and has ${recordsMonths} months of records. Its certificate of ${years === 1 ? '1 year' : `${years} years`} would have expired on ${expiresOn}, and today is ${today}: the audit can no longer be accepted. Reject it, or ask an administrator to withdraw it, and give this as the reason. The employer needs a new certification audit.`,
  'not-applicable': ({ question }: { question: string }) =>
    `Question ${question} was answered as not applicable, so it has no points to change. Request a revision if it should be answered.`,
  'points-out-of-range': ({ question, points, most }: { question: string; points: number; most: number }) =>
    `Question ${question} can't have ${points} of ${most} points. Give a whole number from 0 to ${most}.`,
  'months-out-of-range': ({ months, least, most }: { months: number; least: number; most: number }) =>
    `${months} months of records are not possible. Give a whole number from ${least} to ${most}. With fewer than ${least} there is no certificate: request a revision, or reject the audit.`,
  'review-full': ({ auditNumber, notes }: { auditNumber: string; notes: number }) =>
    `This is too long: the review of audit ${auditNumber} holds ${notes} notes already. Shorten it, or continue with what is written.`,
  'notes-changed-too-often': ({ auditNumber }: { auditNumber: string }) =>
    `The notes of audit ${auditNumber} have been changed and deleted so often that its history is full. Continue with what is written; a note that was not sent can still be deleted.`,
  'answers-too-long': ({ auditNumber }: { auditNumber: string }) =>
    `Your answers are too long for the review of audit ${auditNumber}. Shorten them, and put the detail into a document of the package.`,
  'nothing-to-revise': () =>
    'There is no actionable note that is still to be sent to the assessor. Add one that says what to change.',
  'no-revision-awaited': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}; only an audit that is awaiting revision can be given more time.`,
  'not-later': ({ dueOn, today }: { dueOn: string; today: string }) =>
    `The revision is due on ${dueOn}. Give a later date that has not passed: today is ${today}.`,
  'no-answers-awaited': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}; notes can be answered only while a revision is awaited.`,
  /** `open` is empty when every note is answered. */
  'no-open-note': ({ open, moreOpen, ...wrong }: Named & { open: string; moreOpen: number }) =>
    `Note ${named(wrong)}: not open, or answered twice. Open notes: ${open === '' ? 'none' : named({ notes: open, more: moreOpen })}.`,
  'notes-unanswered': (open: Named) =>
    `Answer ${open.notes.includes(', ') ? 'notes' : 'note'} ${named(open)} first: say how each actionable note was resolved, and acknowledge each informational one.`,
  over: ({ auditNumber, state, step }: OfAudit & { step: 'reject' | 'withdraw' }) =>
    `Audit ${auditNumber} is ${state} and can no longer be ${step === 'reject' ? 'rejected' : 'withdrawn'}.`,
  'review-began': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}. Once its review has begun, only the certifying partner can withdraw it: call or write to them.`,
  'not-closed': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}; only a closed audit can be reopened.`,
  'closed-too-long': ({ auditNumber, days, most }: { auditNumber: string; days: number; most: number }) =>
    `Audit ${auditNumber} was closed ${days} days ago. It could be reopened within ${most} days only. Register a new audit.`,
};
