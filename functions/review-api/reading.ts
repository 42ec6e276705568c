import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { mediaTypes, type PackageDocument } from '@secor/audit-package';
import { auditSubject, currentRevision, type Revision, standingChanges } from '@secor/certification';
import type { EndpointHandler } from '@secor/lambda';
import { documentKey, type Records, readContent, readHistory, readReview } from '@secor/store';
import { auditEntry, noteEntries, reviewedRevision, scoreEntry, staffHistory } from '../answers.ts';
import { type Dependencies, revisionOf, staffOf, visibleAudit } from './staff.ts';

const linkSeconds = 10 * 60;

/** Reads one audit for review, with links to the documents that layout has put where a browser can open them. */
export function readReviewCall({ store, records }: Dependencies): EndpointHandler<'readReview'> {
  return async ({ caller, parameters: { auditNumber } }) => {
    const audit = await visibleAudit(store, await staffOf(store, caller), auditNumber);
    const [revision, history, review] = await Promise.all([
      revisionOf(store, audit),
      readHistory(store, auditSubject(auditNumber), audit.events),
      readReview(store, auditNumber),
    ]);
    const content = await readContent(records, revision.content);
    const layout = currentRevision(audit)?.layout ?? 'pending';
    const points = new Map(
      revision.score.elements.flatMap((element) => element.questions.map((question) => [question.question, question])),
    );
    return {
      ...auditEntry(audit),
      layout,
      startedOn: revision.startedOn,
      endedOn: revision.endedOn,
      recordsMonths: revision.recordsMonths,
      declaration: { name: content.declaration.name, date: content.declaration.date },
      score: scoreEntry(audit, reviewedRevision(audit, revision, review)),
      answers: content.answers.map((answer) => ({
        ...answer,
        evidence: [...answer.evidence],
        awarded: points.get(answer.question)?.awarded ?? 0,
        available: points.get(answer.question)?.available ?? 0,
      })),
      documents: layout === 'done' ? await documentLinks(records, revision, content.documents) : [],
      notes: noteEntries(review.notes),
      changedPoints: standingChanges(revision, review),
      history: staffHistory(history),
    };
  };
}

/** Links that open what a browser can show, and save the rest under its own name. */
function documentLinks({ s3, bucket }: Records, revision: Revision, documents: readonly PackageDocument[]) {
  return Promise.all(
    documents.map(async ({ path, type }, index) => {
      const name = encodeURIComponent(path.split('/').at(-1) ?? path);
      const shown = type === 'pdf' || type === 'jpeg' || type === 'png' ? 'inline' : 'attachment';
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: documentKey(revision.auditNumber, revision.revision, index),
        ResponseContentDisposition: `${shown}; filename*=UTF-8''${name}`,
      });
      return { path, type: mediaTypes[type], url: await getSignedUrl(s3, command, { expiresIn: linkSeconds }) };
    }),
  );
}
