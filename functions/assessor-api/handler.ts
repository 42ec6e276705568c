import { environment, type HandlersOf, httpApi } from '@secor/lambda';
import { openS3, openStore, readAnswer } from '@secor/store';
import type { Dependencies } from './dependencies.ts';
import { readDraftCall, saveDraftCall } from './drafts.ts';
import { answerNotesCall } from './notes.ts';
import { outlookOf } from './outlook.ts';
import { listAuditsCall, listEmployersAuditsCall, readAuditCall } from './reading.ts';
import { registerAuditCall, withdrawAuditCall } from './registration.ts';
import { readReportCall } from './reports.ts';
import { readRevisionCall } from './revisions.ts';
import { issueLinkCall } from './uploads.ts';
import { abortUploadCall, beginUploadCall, completeUploadCall, readUploadCall } from './uploads-in-parts.ts';

export const handler = httpApi(() => {
  const s3 = openS3();
  const store = openStore(environment('TABLE_NAME'));
  const dependencies: Dependencies = {
    store,
    records: { s3, bucket: environment('RECORDS_BUCKET') },
    packages: { s3, bucket: environment('PACKAGES_BUCKET') },
    outlook: outlookOf(store),
  };
  return {
    readAnswer: (call, at) => readAnswer(store, call, at),
    handlers: {
      registerAudit: registerAuditCall(dependencies),
      listAudits: listAuditsCall(dependencies),
      listEmployersAudits: listEmployersAuditsCall(dependencies),
      readAudit: readAuditCall(dependencies),
      issueLink: issueLinkCall(dependencies),
      beginUpload: beginUploadCall(dependencies),
      readUpload: readUploadCall(dependencies),
      completeUpload: completeUploadCall(dependencies),
      abortUpload: abortUploadCall(dependencies),
      readDraft: readDraftCall(dependencies),
      saveDraft: saveDraftCall(dependencies),
      readRevision: readRevisionCall(dependencies),
      answerNotes: answerNotesCall(dependencies),
      withdrawAudit: withdrawAuditCall(dependencies),
      readReport: readReportCall(dependencies),
    } satisfies HandlersOf<'assessor-api'>,
  };
});
