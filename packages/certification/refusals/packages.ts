import { dateInWords } from '../calendar.ts';

/** An upload in parts, by the number of its link. */
type OfUpload = { auditNumber: string; link: number };

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
  'link-replaced': ({ auditNumber, state }: { auditNumber: string; state: string }) =>
    `Audit ${auditNumber} is ${state}. The link was issued before the last revision was requested, and a newer package has come in. To replace that one, ask for a new link.`,
  'parts-missing': ({ auditNumber, link, parts, missing }: OfUpload & { parts: number; missing: string }) =>
    `Upload ${link} of audit ${auditNumber} is not complete. Of its ${parts} parts, these are missing: ${missing}. Upload them, then complete it.`,
  'upload-complete': ({ auditNumber, link }: OfUpload) =>
    `Upload ${link} of audit ${auditNumber} can't be aborted any more: its parts have been put together. To replace the package, begin a new upload.`,
  'upload-aborted': ({ auditNumber, link }: OfUpload) =>
    `Upload ${link} of audit ${auditNumber} was aborted. Begin a new upload.`,
  'upload-expired': ({ auditNumber, link, days }: OfUpload & { days: number }) =>
    `Upload ${link} of audit ${auditNumber} was not completed within ${days} days. Begin a new upload.`,
  'upload-gone': ({ auditNumber, link }: OfUpload) =>
    `Upload ${link} of audit ${auditNumber} is not there any more. Begin a new upload.`,
  'draft-over': ({ auditNumber, state }: { auditNumber: string; state: string }) =>
    `Audit ${auditNumber} is ${state}, and its draft was deleted. If another audit is due, register it and begin a new draft.`,
  'too-many-links': ({ auditNumber, most }: { auditNumber: string; most: number }) =>
    `Audit ${auditNumber} has had ${most} upload links and gets no more. Something keeps going wrong: call the certifying partner.`,
};
