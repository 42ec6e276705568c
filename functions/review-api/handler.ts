import { environment, type HandlersOf, httpApi } from '@secor/lambda';
import { openS3, openStore, readAnswer } from '@secor/store';
import { reassignReviewCall, releaseReviewCall, takeReviewCall } from './assignments.ts';
import { readChangesCall } from './changes.ts';
import { acceptAuditCall, rejectAuditCall, reopenAuditCall, withdrawReviewCall } from './decisions.ts';
import type { Dependencies } from './dependencies.ts';
import { listQueueCall } from './queue.ts';
import { readDocumentLinkCall, readReviewCall } from './reading.ts';
import {
  addNoteCall,
  changeNoteCall,
  changePointsCall,
  correctMonthsCall,
  deleteNoteCall,
  extendRevisionCall,
  openReviewCall,
  requestRevisionCall,
} from './review.ts';
import {
  addReviewerCall,
  changeReviewerCall,
  leaveReviewersCall,
  listReviewersCall,
  setConflictsCall,
  setPresenceCall,
} from './reviewers.ts';

export const handler = httpApi(() => {
  const dependencies: Dependencies = {
    store: openStore(environment('TABLE_NAME')),
    records: { s3: openS3(), bucket: environment('RECORDS_BUCKET') },
  };
  return {
    readAnswer: (call, at) => readAnswer(dependencies.store, call, at),
    handlers: {
      listQueue: listQueueCall(dependencies),
      readReview: readReviewCall(dependencies),
      readDocumentLink: readDocumentLinkCall(dependencies),
      readChanges: readChangesCall(dependencies),
      listReviewers: listReviewersCall(dependencies),
      addReviewer: addReviewerCall(dependencies),
      changeReviewer: changeReviewerCall(dependencies),
      leaveReviewers: leaveReviewersCall(dependencies),
      setPresence: setPresenceCall(dependencies),
      setConflicts: setConflictsCall(dependencies),
      takeReview: takeReviewCall(dependencies),
      releaseReview: releaseReviewCall(dependencies),
      reassignReview: reassignReviewCall(dependencies),
      openReview: openReviewCall(dependencies),
      addNote: addNoteCall(dependencies),
      changeNote: changeNoteCall(dependencies),
      deleteNote: deleteNoteCall(dependencies),
      changePoints: changePointsCall(dependencies),
      correctMonths: correctMonthsCall(dependencies),
      requestRevision: requestRevisionCall(dependencies),
      extendRevision: extendRevisionCall(dependencies),
      acceptAudit: acceptAuditCall(dependencies),
      rejectAudit: rejectAuditCall(dependencies),
      withdrawReview: withdrawReviewCall(dependencies),
      reopenAudit: reopenAuditCall(dependencies),
    } satisfies HandlersOf<'review-api'>,
  };
});
