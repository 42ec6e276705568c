import { system } from '../history.ts';
import { type Audit, type AuditChange, changeAudit, currentRevision, leaveQueue } from './audit.ts';
import type { AuditHappening } from './events.ts';
import type { RevisionSummary, StoredObject } from './revision.ts';
import { enteredBy } from './uploads.ts';

function withLayout(audit: Audit, revision: number, layout: RevisionSummary['layout']): readonly RevisionSummary[] {
  return audit.revisions.map((summary) => (summary.revision === revision ? { ...summary, layout } : summary));
}

/** Whether the documents of the revision up for review are not unpacked ("laid out") yet. */
export function awaitsLayout(audit: Audit): boolean {
  return audit.state === 'pending review' && currentRevision(audit)?.layout === 'pending';
}

/**
 * The revisions whose documents nobody can reach any more: the refused ones, and those before the newest that was laid out. If a
 * newer revision is refused, the audit goes back to that one or a later one, never further.
 */
export function replacedLayouts({ revisions }: Pick<Audit, 'revisions'>): number[] {
  const newest = revisions.findLast(({ layout }) => layout === 'done')?.revision ?? 0;
  return revisions
    .filter(({ revision, layout }) => layout === 'refused' || revision < newest)
    .map(({ revision }) => revision);
}

/** Records that every document of the current revision has been laid out, and that every CRC was right. */
export function layOutDocuments(audit: Audit, documents: number, at: string): AuditChange {
  const { revision } = audit;
  return changeAudit(audit, { revisions: withLayout(audit, revision, 'done') }, at, [
    { by: system, happening: { type: 'documents laid out', data: { revision, documents } } },
  ]);
}

/**
 * Refuses the current revision for damaged documents: back to the last good revision of this round, else to the state
 * before the upload.
 */
export function refuseDocuments(audit: Audit, problems: number, problemList: StoredObject, at: string): AuditChange {
  const { revision } = audit;
  const revisions = withLayout(audit, revision, 'refused');
  const good = revisions.filter((summary) => summary.layout !== 'refused');
  const backTo = good.findLast((summary) => summary.round === audit.rounds)?.revision ?? 0;
  const standing = backTo === 0 ? beforeUpload(audit, good.at(-1)?.revision ?? 0) : { ...audit, revision: backTo };
  const { reviewerId } = audit;
  const released: readonly AuditHappening[] =
    reviewerId === undefined || standing.reviewerId !== undefined
      ? []
      : [
          {
            type: 'reviewer released',
            data: { reviewerId, reason: 'Its documents are damaged, so there is nothing to review.' },
          },
        ];
  const refused = {
    type: 'documents refused',
    data: { revision, backTo, problems, problemList, ...enteredBy(audit, currentRevision(audit)?.link) },
  } as const;
  return changeAudit(
    { ...standing, revisions },
    {},
    at,
    [refused, ...released].map((happening) => ({ by: system, happening })),
  );
}

function beforeUpload(audit: Audit, revision: number): Audit {
  if (audit.rounds > 0) return { ...audit, state: 'awaiting revision', revision };
  const { reviewerId: _reviewer, ...unassigned } = leaveQueue(audit);
  return { ...unassigned, state: 'registered', revision: 0 };
}
