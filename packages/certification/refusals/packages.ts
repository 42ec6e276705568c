import { dateInWords } from '../calendar.ts';

/** The sentences of what is refused about packages, links and limits. */
export const packageRefusals = {
  'revision-overdue': ({ auditNumber, dueOn }: { auditNumber: string; dueOn: string }) =>
    `The revision of audit ${auditNumber} was due on ${dateInWords(dueOn)}, and the audit is about to be rejected. Ask the certifying partner at once for more time.`,
  'too-many-packages': ({ auditNumber, state, most }: { auditNumber: string; state: string; most: number }) =>
    `Audit ${auditNumber} is ${state}. It has had ${most} packages and accepts no more. Something keeps going wrong: call the certifying partner.`,
  'link-before-revision': ({ auditNumber, state }: { auditNumber: string; state: string }) =>
    `Audit ${auditNumber} is ${state}. The link was issued before the revision was requested. Answer the notes, then ask for a new link and upload the package with it.`,
  'package-in-review': ({ auditNumber, state }: { auditNumber: string; state: string }) =>
    `Audit ${auditNumber} is ${state}. A package can be replaced only before its review begins. If something must change, ask the certifying partner for a revision.`,
  'audit-takes-no-packages': ({ auditNumber, state }: { auditNumber: string; state: string }) =>
    `Audit ${auditNumber} is ${state}. Register a new audit if another one is due.`,
  'too-many-links': ({ auditNumber, most }: { auditNumber: string; most: number }) =>
    `Audit ${auditNumber} has had ${most} upload links and gets no more. Something keeps going wrong: call the certifying partner.`,
};
