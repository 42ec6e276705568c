import { auditSubject, reviewedRevision, sentNotes, standingChanges, standingMonths } from '@secor/certification';
import { decodeCursor, type EndpointHandler, encodeCursor } from '@secor/lambda';
import { listAudits, listEmployersAudits, listedAudit, readHistory, readReview, readRevision } from '@secor/store';
import { mayRead, readableAudit } from '../shared/access.ts';
import { auditEntry, namedEntry, noteEntries, outsideHistory, readNamesOf, scoreEntry } from '../shared/audit-views.ts';
import { assessorOf, companyOf } from '../shared/callers.ts';
import { readLastRefusal } from '../shared/last-refusal.ts';
import type { Dependencies } from './dependencies.ts';

/** Where a page of audits ends: when the last one was registered, and its number. */
const listPosition = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{9}$/;

/** Lists the assessor's audits that they may read, newest first: a page may have fewer, or none, and go on. */
export function listAuditsCall({ store }: Dependencies): EndpointHandler<'listAudits'> {
  return async ({ caller, query }) => {
    const assessor = await assessorOf(store, caller);
    const after = decodeCursor(query.cursor, listPosition);
    const { audits, next } = await listAudits(store, assessor.assessorId, query.state, after);
    const readable = audits.filter((audit) => mayRead(assessor, audit)).map(listedAudit);
    const names = await readNamesOf(store, readable);
    return { audits: readable.map((audit) => namedEntry(audit, names)), ...encodeCursor(next) };
  };
}

/** Lists the audits of the company whose contact calls, newest first. */
export function listEmployersAuditsCall({ store }: Dependencies): EndpointHandler<'listEmployersAudits'> {
  return async ({ caller, query }) => {
    const { employerId } = await companyOf(store, caller);
    const { audits, next } = await listEmployersAudits(store, employerId, decodeCursor(query.cursor, listPosition));
    const names = await readNamesOf(store, audits);
    return { audits: audits.map((audit) => namedEntry(audit, names)), ...encodeCursor(next) };
  };
}

/**
 * Reads one audit, for its assessor and the contact of its employer: its score, its way through the queue, what was wrong
 * with the last upload if it was refused, and its history.
 */
export function readAuditCall({ store, records, outlook }: Dependencies): EndpointHandler<'readAudit'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit, reader } = await readableAudit(store, caller, auditNumber);
    const [queue, revision, history, review] = await Promise.all([
      outlook(audit, at),
      audit.revision === 0 ? undefined : readRevision(store, auditNumber, audit.revision),
      readHistory(store, auditSubject(auditNumber), audit.events),
      readReview(store, auditNumber),
    ]);
    // What a reviewer thinks of the points is told with the decision, not before.
    const decided = audit.state === 'closed';
    const shown = revision && (decided ? reviewedRevision(audit, revision, review) : revision);
    const score = shown === undefined ? {} : { score: scoreEntry(audit, shown) };
    const corrected = decided && revision !== undefined ? standingMonths(revision, review) : undefined;
    const { score: _points, ...entry } = auditEntry(audit);
    return {
      ...entry,
      queue,
      ...score,
      changedPoints: decided && revision !== undefined ? standingChanges(revision, review) : [],
      ...(corrected === undefined ? {} : { correctedMonths: corrected }),
      ...(await readLastRefusal(records, history)),
      notes: noteEntries(sentNotes(review)),
      history: outsideHistory(history, reader === 'employer' ? 'employer' : 'assessor'),
    };
  };
}
