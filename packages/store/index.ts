export {
  type Fate,
  fateOfUpload,
  type ListedAudit,
  limitIsTold,
  limitToldItem,
  listAllAudits,
  listAtRisk,
  listAudits,
  listAuditsIn,
  listEmployersAudits,
  listedAudit,
  readAudit,
  readCycle,
  readReview,
  readRevision,
  revisionItem,
  uploadItem,
} from './aggregates.ts';
export { type ListedBinder, listBinders } from './binders.ts';
export { limitInTheWay } from './counters.ts';
export { draftItem, readStoredDraft, type StoredDraft } from './drafts.ts';
export { type DueCheck, dueCheckItem, dueCheckShards, listDueChecks } from './due-checks.ts';
export { addAssessor, addEmployer, addReviewer, reviewerAdded } from './enrolled.ts';
export { readEvent, readHistory } from './history.ts';
export { readAnswer } from './idempotency.ts';
export { type Import, importItem, importLineItem, listImports, readImport, readImportLines } from './imports.ts';
export { type LetterSelection, type ListedLetter, listLetters } from './letter-list.ts';
export {
  type AlsoAs,
  type Bounce,
  type Claim,
  claimLetter,
  type LetterFeedback,
  type LetterId,
  letterOfTag,
  letterTag,
  readLetter,
  recordFeedback,
  recordSent,
  recordUnanswered,
  recordWithheld,
  rejectionIsTold,
  rejectionItem,
  releaseLetter,
} from './letters.ts';
export { type Names, readNames } from './names.ts';
export { openS3 } from './objects.ts';
export { offDesk } from './off-desk.ts';
export { outboxItem, outboxItemsBefore, removeOutboxItem, reviewerTold } from './outbox.ts';
export {
  addAdministrator,
  type KnownStaff,
  type ListedSignIn,
  linkSignIn,
  listActing,
  listAdministrators,
  listAssessors,
  listEmployers,
  listReviewers,
  listSignIns,
  listSignInsOf,
  readAdministrator,
  readAssessor,
  readEmployer,
  readReviewer,
  readSignIn,
  readStaff,
  readTracesOfAssessor,
  readTracesOfContacts,
  type SignIn,
  traceOfSignIn,
  withChange,
  withOpenReviews,
} from './people.ts';
export {
  listQueue,
  type QueueEntry,
  type QueuePart,
  type QueueSelection,
  readQueue,
} from './queue.ts';
export {
  documentKey,
  putContent,
  putDraft,
  putImportResult,
  putPdf,
  putProblems,
  type Records,
  readContent,
  readDraftContent,
  readProblems,
  removeDocuments,
  removeDrafts,
  reportKey,
} from './records.ts';
export { listCertificates, type RegisterRow, searchCertificates } from './register.ts';
export { listSessions, listSessionsByDate, readSession } from './sessions.ts';
export { signInChange } from './sign-ins.ts';
export { lastSweep, recordSweep } from './sweeps.ts';
export { openStore, type Store } from './table.ts';
export { type Changes, commit, retryingConflicts } from './transaction.ts';
export { reachedStaff, recordUnreachedStaff } from './unreached-staff.ts';
export {
  abortParts,
  beginParts,
  completeParts,
  listParts,
  type Packages,
  partChecksum,
  readUploadInParts,
  uploadInPartsItem,
} from './upload-in-parts.ts';
export { markRefused, packageKey, uploadedPackage } from './uploaded-package.ts';
export { listWaitingDays, readWaitingDay, waitIsCounted, waitItem, waitingDayItem } from './waiting.ts';
export { readWcbAccount, takeAccountOf } from './wcb-accounts.ts';
