import { mediaTypes, type PackageDocument, savedName } from '@secor/audit-package';
import {
  type Audit,
  auditSubject,
  currentRevision,
  lapsedChanges,
  lapsedMonths,
  notDecidable,
  type Review,
  type Revision,
  reviewedRevision,
  rulesOf,
  standingChanges,
  standingMonths,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type EndpointHandler, HttpProblem, refusalProblem } from '@secor/lambda';
import { documentKey, type Records, readContent, readHistory, readReview } from '@secor/store';
import { reviewableAudit } from '../shared/access.ts';
import { auditEntry, noteEntries, protocolQuestion, scoreEntry, staffHistory } from '../shared/audit-views.ts';
import { staffOf } from '../shared/callers.ts';
import { downloadLink } from '../shared/download-link.ts';
import { readLastRefusal } from '../shared/last-refusal.ts';
import { say } from '../shared/sentences.ts';
import type { Dependencies } from './dependencies.ts';
import { revisionOf } from './revision.ts';

const linkSeconds = 10 * 60;

/** Reads one audit for review, with links to the documents that layout has put where a browser can open them, once there is a package. */
export function readReviewCall({ store, records }: Dependencies): EndpointHandler<'readReview'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
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
        : await revisionParts(records, audit, revision, review, at)),
      ...(await readLastRefusal(records, history)),
      notes: noteEntries(review.notes),
      history: staffHistory(history),
    };
  };
}

/** What a review shows of the revision that is up. */
async function revisionParts(records: Records, audit: Audit, revision: Revision, review: Review, at: string) {
  const content = await readContent(records, revision.content);
  const layout = currentRevision(audit)?.layout ?? 'pending';
  const points = new Map(
    revision.score.elements.flatMap((element) => element.questions.map((question) => [question.question, question])),
  );
  const questions = rulesOf(audit).protocol.elements.flatMap((element) => element.questions);
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
    answers: content.answers.flatMap((answer) => {
      const asked = questions.find(({ id }) => id === answer.question);
      if (asked === undefined) return [];
      return {
        ...answer,
        evidence: [...answer.evidence],
        awarded: points.get(answer.question)?.awarded ?? 0,
        available: points.get(answer.question)?.available ?? 0,
        asked: protocolQuestion(asked),
        reviewNotes: noteEntries(review.notes.filter(({ question }) => question === answer.question)),
      };
    }),
    documents:
      layout === 'done'
        ? await Promise.all(content.documents.map((document, index) => linkTo(records, revision, document, index, at)))
        : [],
    changedPoints: standingChanges(revision, review),
    lapsedPoints: lapsedChanges(revision, review),
  };
}

/** A link that opens what a browser can show, and saves the rest under a name that fits its content. */
async function linkTo(
  records: Records,
  { auditNumber, revision }: Revision,
  { path, type, entry }: PackageDocument,
  index: number,
  at: string,
): Promise<AnswerOf<'readDocumentLink'>> {
  const download = {
    key: documentKey(auditNumber, revision, index),
    name: savedName(path, type),
    type: mediaTypes[type],
  };
  return {
    document: index + 1,
    path,
    type: mediaTypes[type],
    bytes: entry.unpacked,
    url: await downloadLink(records, download, 'shown', linkSeconds),
    expiresAt: new Date(Date.parse(at) + linkSeconds * 1000).toISOString(),
  };
}

/**
 * Gives a new link to one document of the revision that the caller sees: 412 once another one is up for review, since the number
 * would be of another document; 409 while the documents are not laid out.
 */
export function readDocumentLinkCall({ store, records }: Dependencies): EndpointHandler<'readDocumentLink'> {
  return async ({ caller, parameters: { auditNumber, document: number }, query, at }) => {
    const { audit } = await reviewableAudit(store, await staffOf(store, caller), auditNumber);
    const revision = await revisionOf(store, audit);
    const refusal = notDecidable(audit, query.revision);
    if (refusal !== undefined) throw refusalProblem(refusal);
    const { documents } = await readContent(records, revision.content);
    const document = documents[number - 1];
    if (document === undefined)
      throw new HttpProblem(
        404,
        say('no-document', { auditNumber, revision: revision.revision, document: number, documents: documents.length }),
      );
    return linkTo(records, revision, document, number - 1, at);
  };
}
