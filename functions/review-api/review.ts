import {
  type Audit,
  addNote,
  changePoints,
  correctMonths,
  extendRevision,
  isRefusal,
  openReview,
  type Revision,
  refuse,
  requestRevision,
  reviewedRevision,
  rulesOf,
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

function isAsked(audit: Audit, question: string): boolean {
  return rulesOf(audit).protocol.elements.some(({ questions }) => questions.some(({ id }) => id === question));
}

/** Adds a note to the review. */
export function addNoteCall(dependencies: Dependencies): EndpointHandler<'addNote'> {
  const { store } = dependencies;
  return step<'addNote'>(
    dependencies,
    async ({ audit, by, at }, { body }) => {
      const { kind, text, question } = body;
      if (question !== undefined && !isAsked(audit, question)) return refuse('note-on-unknown-question', { question });
      const review = await readReview(store, audit.auditNumber);
      return addNote(audit, review, { kind, text, ...(question === undefined ? {} : { question }) }, by, at);
    },
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
