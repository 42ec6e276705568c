type OfAudit = { auditNumber: string; state: string };
type Conflict = { auditNumber: string; employerId: string };

/** The sentences of what is refused about who reviews an audit, and about reviewers. */
export const assignmentRefusals = {
  'not-under-review': ({ auditNumber, state }: OfAudit) =>
    `Audit ${auditNumber} is ${state}. Only an audit that is in review, or waits for review, has a reviewer.`,
  'not-in-queue-yet': ({ auditNumber }: { auditNumber: string }) =>
    `Audit ${auditNumber} has arrived but is not in the queue yet. Try again in a minute.`,
  'conflict-of-interest': ({ auditNumber, employerId }: Conflict) =>
    `You have a conflict of interest with employer ${employerId}, or are one of its contacts, or the assessor of audit ${auditNumber}. Release the audit, or leave it to another reviewer.`,
  'reviewer-in-conflict': ({ reviewerId, auditNumber, employerId }: Conflict & { reviewerId: string }) =>
    `Reviewer ${reviewerId} has a conflict of interest with employer ${employerId}, or is one of its contacts, or the assessor of audit ${auditNumber}. Choose another reviewer.`,
  'not-assigned': ({ auditNumber }: { auditNumber: string }) => `Audit ${auditNumber} has no reviewer. Take it first.`,
  'nothing-to-release': ({ auditNumber }: { auditNumber: string }) =>
    `Audit ${auditNumber} has no reviewer who could release it.`,
  'already-assigned': ({ auditNumber }: { auditNumber: string }) =>
    `Audit ${auditNumber} already has a reviewer. Take an audit that has none.`,
  'already-theirs': ({ auditNumber, reviewerId }: { auditNumber: string; reviewerId: string }) =>
    `Reviewer ${reviewerId} already has audit ${auditNumber}. Choose another reviewer.`,
  'reviewer-left': ({ reviewerId }: { reviewerId: string }) =>
    `Reviewer ${reviewerId} has left. Choose another reviewer.`,
  'left-for-good': ({ reviewerId }: { reviewerId: string }) =>
    `Reviewer ${reviewerId} has left. If they are back, add them under another id.`,
  'reviewer-absent': ({ reviewerId }: { reviewerId: string }) =>
    `Reviewer ${reviewerId} is absent. Set them present first, or choose another reviewer.`,
};
