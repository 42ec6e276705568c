import {
  type Audit,
  addNote,
  changeNote,
  changePoints,
  correctMonths,
  deleteNote,
  extendRevision,
  isRefusal,
  openReview,
  type Refusal,
  type Revision,
  refuse,
  requestRevision,
  reviewedRevision,
  rulesOf,
  type WrittenNote,
} from '@secor/certification';
import type { EndpointHandler } from '@secor/lambda';
import { readReview } from '@secor/store';
import { auditEntry, scoreEntry } from '../shared/audit-views.ts';
import type { Dependencies } from './dependencies.ts';
import { readRevisionAndReview, type Stepped, step } from './step.ts';

/** A step that rests on a revision: with its reviewed score. */
type Judged = Stepped & { readonly revision: Revision };

/** Opens the review: 412 when there is a newer revision, 409 while its documents are not laid out. */
export function openReviewCall(dependencies: Dependencies): EndpointHandler<'openReview'> {
  return step<'openReview'>(
    dependencies,
    ({ audit, by, at }, { body }) => openReview(audit, body.revision, by, at),
    (_, { audit }) => auditEntry(audit),
  );
}

type NoteBody = Pick<WrittenNote, 'kind' | 'text'> & { readonly question?: string | undefined };

/** The note as it is written, if its question is one of the audit's protocol. */
function writtenNote(audit: Audit, { kind, text, question }: NoteBody): WrittenNote | Refusal {
  if (question === undefined) return { kind, text };
  const { elements } = rulesOf(audit).protocol;
  if (elements.some(({ questions }) => questions.some(({ id }) => id === question))) return { kind, text, question };
  return refuse('note-on-unknown-question', { question });
}

/** Adds a note to the review. */
export function addNoteCall(dependencies: Dependencies): EndpointHandler<'addNote'> {
  const { store } = dependencies;
  return step<'addNote'>(
    dependencies,
    async ({ audit, by, at }, { body }) => {
      const written = writtenNote(audit, body);
      if (isRefusal(written)) return written;
      return addNote(audit, await readReview(store, audit.auditNumber), written, by, at);
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Changes a note that the assessor has not been sent. */
export function changeNoteCall(dependencies: Dependencies): EndpointHandler<'changeNote'> {
  const { store } = dependencies;
  return step<'changeNote'>(
    dependencies,
    async ({ audit, by, at }, { parameters, body }) => {
      const written = writtenNote(audit, body);
      if (isRefusal(written)) return written;
      return changeNote(audit, await readReview(store, audit.auditNumber), parameters.note, written, by, at);
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Deletes a note that the assessor has not been sent. */
export function deleteNoteCall(dependencies: Dependencies): EndpointHandler<'deleteNote'> {
  const { store } = dependencies;
  return step<'deleteNote'>(
    dependencies,
    async ({ audit, by, at }, { parameters }) =>
      deleteNote(audit, await readReview(store, audit.auditNumber), parameters.note, by, at),
    (_, { audit }) => auditEntry(audit),
  );
}

/** Changes the points of a question, and shows the reviewed score and outcome at once. */
export function changePointsCall(dependencies: Dependencies): EndpointHandler<'changePoints'> {
  const { store } = dependencies;
  return step<'changePoints', Judged>(
    dependencies,
    async ({ audit, by, at }, { body }) => {
      const [revision, review] = await readRevisionAndReview(store, audit);
      const changed = changePoints(audit, review, revision.score, body, by, at);
      return isRefusal(changed) ? changed : { ...changed, revision: reviewedRevision(audit, revision, changed.review) };
    },
    (_, { audit, revision }) => ({ ...auditEntry(audit), score: scoreEntry(audit, revision) }),
  );
}

/** Corrects the months of records of the revision that is reviewed. */
export function correctMonthsCall(dependencies: Dependencies): EndpointHandler<'correctMonths'> {
  const { store } = dependencies;
  return step<'correctMonths'>(
    dependencies,
    async ({ audit, by, at }, { body }) => {
      const [revision, review] = await readRevisionAndReview(store, audit);
      return correctMonths(audit, review, revision, body, rulesOf(audit).ruleSet, by, at);
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Requests a revision: all notes that were not sent go out in one letter. */
export function requestRevisionCall(dependencies: Dependencies): EndpointHandler<'requestRevision'> {
  const { store } = dependencies;
  return step<'requestRevision'>(
    dependencies,
    async ({ audit, by, at }) =>
      requestRevision(audit, await readReview(store, audit.auditNumber), rulesOf(audit).ruleSet, by, at),
    (_, { audit }) => ({ ...auditEntry(audit), revisionDueOn: audit.revisionDueOn ?? '' }),
  );
}

/** Gives the assessor more time. */
export function extendRevisionCall(dependencies: Dependencies): EndpointHandler<'extendRevision'> {
  return step<'extendRevision'>(
    dependencies,
    ({ audit, by, at }, { body }) => extendRevision(audit, body.dueOn, body.reason, by, at),
    (_, { audit }) => ({ ...auditEntry(audit), revisionDueOn: audit.revisionDueOn ?? '' }),
  );
}
