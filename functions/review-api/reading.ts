import { mediaTypes, type PackageDocument, savedName } from '@secor/audit-package';
import {
  type Audit,
  auditSubject,
  currentRevision,
  lapsedChanges,
  lapsedMonths,
  type Review,
  type Revision,
  reviewedRevision,
  standingChanges,
  standingMonths,
} from '@secor/certification';
import type { EndpointHandler } from '@secor/lambda';
import { documentKey, type Records, readContent, readHistory, readReview } from '@secor/store';
import { reviewableAudit } from '../shared/access.ts';
import { auditEntry, noteEntries, scoreEntry, staffHistory } from '../shared/audit-views.ts';
import { staffOf } from '../shared/callers.ts';
import { downloadLink } from '../shared/download-link.ts';
import type { Dependencies } from './dependencies.ts';
import { revisionOf } from './revision.ts';

const linkSeconds = 10 * 60;

/** Reads one audit for review, with links to the documents that layout has put where a browser can open them, once there is a package. */
export function readReviewCall({ store, records }: Dependencies): EndpointHandler<'readReview'> {
  return async ({ caller, parameters: { auditNumber } }) => {
    const { audit } = await reviewableAudit(store, await staffOf(store, caller), auditNumber);
    const [revision, history, review] = await Promise.all([
      audit.revision === 0 ? undefined : revisionOf(store, audit),
      readHistory(store, auditSubject(auditNumber), audit.events),
      readReview(store, auditNumber),
    ]);
    const { reviewerId } = audit;
    const { score: _points, ...entry } = auditEntry(audit);
    return {
      ...entry,
      ...(reviewerId === undefined ? {} : { reviewerId }),
      round: audit.rounds,
      ...(revision === undefined
        ? { answers: [], documents: [], changedPoints: [], lapsedPoints: [] }
        : await revisionParts(records, audit, revision, review)),
      notes: noteEntries(review.notes),
      history: staffHistory(history),
    };
  };
}

/** What a review shows of the revision that is up. */
async function revisionParts(records: Records, audit: Audit, revision: Revision, review: Review) {
  const content = await readContent(records, revision.content);
  const layout = currentRevision(audit)?.layout ?? 'pending';
  const points = new Map(
    revision.score.elements.flatMap((element) => element.questions.map((question) => [question.question, question])),
  );
  const reviewed = reviewedRevision(audit, revision, review);
  const corrected = standingMonths(revision, review);
  const lapsed = lapsedMonths(revision, review);
  return {
    layout,
    startedOn: revision.startedOn,
    endedOn: revision.endedOn,
    recordsMonths: reviewed.recordsMonths,
    ...(corrected === undefined ? {} : { correctedMonths: corrected }),
    ...(lapsed === undefined ? {} : { lapsedMonths: lapsed }),
    declaration: { name: content.declaration.name, date: content.declaration.date },
    score: scoreEntry(audit, reviewed),
    answers: content.answers.map((answer) => ({
      ...answer,
      evidence: [...answer.evidence],
      awarded: points.get(answer.question)?.awarded ?? 0,
      available: points.get(answer.question)?.available ?? 0,
    })),
    documents: layout === 'done' ? await documentLinks(records, revision, content.documents) : [],
    changedPoints: standingChanges(revision, review),
    lapsedPoints: lapsedChanges(revision, review),
  };
}

/** Links that open what a browser can show, and save the rest under a name that fits its content. */
function documentLinks(records: Records, revision: Revision, documents: readonly PackageDocument[]) {
  return Promise.all(
    documents.map(async ({ path, type }, index) => {
      const key = documentKey(revision.auditNumber, revision.revision, index);
      const download = { key, name: savedName(path, type), type: mediaTypes[type] };
      return { path, type: mediaTypes[type], url: await downloadLink(records, download, 'shown', linkSeconds) };
    }),
  );
}
