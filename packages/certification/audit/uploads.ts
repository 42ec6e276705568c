import { businessDate } from '../calendar.ts';
import { type Actor, system } from '../history.ts';
import type { LimitName } from '../limits.ts';
import { type Refusal, refuse } from '../refusal.ts';
import {
  type Audit,
  type AuditChange,
  type AuditState,
  changeAudit,
  currentRevision,
  type RefusalType,
} from './audit.ts';
import { type CorrectedRevision, carryOver } from './carry-over.ts';
import type { Review } from './review.ts';
import type { Revision, RevisionSummary, StoredObject, Upload } from './revision.ts';

/**
 * [A] The most revisions of an audit. Nobody needs more, and there must be a limit: one link takes several uploads, and the
 * audit's item lists each revision.
 */
const maxRevisions = 100;

const uploadable: ReadonlySet<AuditState> = new Set(['registered', 'pending review', 'awaiting revision']);

/** Whether a package can be uploaded: before a review begins and when a revision was requested, up to the most revisions. */
export function takesPackages(audit: Audit): boolean {
  return uploadable.has(audit.state) && audit.revisions.length < maxRevisions;
}

/** Whether a revision that was requested had not arrived by its day, as of a business date. */
export function revisionIsOverdue({ state, revisionDueOn }: Audit, on: string): boolean {
  return state === 'awaiting revision' && revisionDueOn !== undefined && revisionDueOn < on;
}

/** The day on which an audit's package counts as arrived: the day of its binder, otherwise of the upload [P]. */
export function arrivalOf({ binder }: Pick<Audit, 'binder'>, { arrivedAt }: Pick<Upload, 'arrivedAt'>): string {
  return binder?.receivedOn ?? businessDate(arrivedAt);
}

/** Why no package is accepted, and what the assessor can do: for a request for a link, and for an upload that came too late. */
export function closedToPackages(audit: Audit, on: string): Refusal {
  if (revisionIsOverdue(audit, on) && audit.revisionDueOn !== undefined)
    return refuse('revision-overdue', { auditNumber: audit.auditNumber, dueOn: audit.revisionDueOn });
  const { auditNumber, state } = audit;
  if (uploadable.has(state) && audit.revisions.length >= maxRevisions)
    return refuse('too-many-packages', { auditNumber, state, most: maxRevisions });
  if (state === 'awaiting revision') return refuse('link-before-revision', { auditNumber, state });
  if (uploadable.has(state)) return refuse('link-replaced', { auditNumber, state });
  return refuse(state === 'in review' ? 'package-in-review' : 'audit-takes-no-packages', { auditNumber, state });
}

/** Why no package is accepted through a link on a business date, or undefined while one is. */
export function closedToLink(audit: Audit, link: number, on: string): Refusal | undefined {
  const takes = takesPackages(audit) && !revisionIsOverdue(audit, on) && link > audit.spentLinks;
  return takes ? undefined : closedToPackages(audit, on);
}

/** [A] The most upload links of an audit. Nobody needs more, and the audit's item can't hold an unlimited number. */
const maxLinks = 100;

/** Counts a new upload link. Refused when the audit accepts no packages, or has had the most links. */
export function issueLink(audit: Audit, by: Actor, at: string): AuditChange | Refusal {
  if (!takesPackages(audit) || revisionIsOverdue(audit, businessDate(at)))
    return closedToPackages(audit, businessDate(at));
  if (audit.links >= maxLinks) return refuse('too-many-links', { auditNumber: audit.auditNumber, most: maxLinks });
  const link = audit.links + 1;
  const linksOfStaff = by.role === 'administrator' ? { ...audit.linksOfStaff, [link]: by.personId } : undefined;
  return changeAudit(audit, { links: link, ...(linksOfStaff === undefined ? {} : { linksOfStaff }) }, at, [
    { by, happening: { type: 'upload link issued', data: { link } } },
  ]);
}

/** Orders uploads by link, then by S3's sequencer: negative when `a` is the older. */
export function compareUploads(a: Pick<Upload, 'link' | 'sequencer'>, b: Pick<Upload, 'link' | 'sequencer'>): number {
  if (a.link !== b.link) return a.link - b.link;
  const width = Math.max(a.sequencer.length, b.sequencer.length);
  const [left, right] = [a.sequencer.padEnd(width, '0'), b.sequencer.padEnd(width, '0')];
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * What to do with an upload in the audit's present state: read it, refuse it as late, or ignore it because a newer one was
 * accepted.
 */
export function receiveUpload(audit: Audit, upload: Upload): 'read' | 'late' | 'older' {
  const newest = currentRevision(audit);
  if (newest !== undefined && compareUploads(upload, newest) <= 0) return 'older';
  const awaited = withoutRejection(audit);
  const isLate = revisionIsOverdue(awaited, businessDate(upload.arrivedAt));
  return takesPackages(awaited) && !isLate && upload.link > audit.spentLinks ? 'read' : 'late';
}

/**
 * An audit that the sweep rejected for a missed revision, put back to its state before that, without a reviewer and outside the
 * queue.
 */
function withoutRejection(audit: Audit): Audit {
  const { missedRevision, reviewerId: _reviewer, closedAt: _closed, ...awaited } = audit;
  if (missedRevision === undefined) return audit;
  return { ...awaited, state: 'awaiting revision', revisionDueOn: missedRevision.dueOn };
}

/** Records that an upload was read after a newer one had been accepted. */
export function supersedeUpload(audit: Audit, upload: Upload, at: string): AuditChange {
  return changeAudit(audit, {}, at, [
    { by: system, happening: { type: 'package superseded', data: { link: upload.link, by: audit.revision } } },
  ]);
}

/** For the events about an upload: the administrator who entered it for a binder, by the link that it came through. */
export function enteredBy({ linksOfStaff = {} }: Audit, link: number | undefined): { readonly enteredBy?: string } {
  const administratorId = link === undefined ? undefined : linksOfStaff[link];
  return administratorId === undefined ? {} : { enteredBy: administratorId };
}

/** What an audit remembers of its refused uploads after the next event, of this type, reports another one. */
function oneMoreRefused({ refusedUploads, events }: Audit, type: RefusalType): Pick<Audit, 'refusedUploads'> {
  const { count = 0, last = {} } = refusedUploads ?? {};
  return { refusedUploads: { count: count + 1, last: { ...last, [type]: events + 1 } } };
}

/**
 * Whether an event about a refused upload was followed by another one of its kind. Then the letter of the later event covers
 * both; only the letter about a package that was read lists problems.
 */
export function isFollowedByRefusal(
  { refusedUploads }: Audit,
  { type, number }: { readonly type: RefusalType; readonly number: number },
): boolean {
  return (refusedUploads?.last[type] ?? 0) > number;
}

/** Records a refused upload with its stored list of problems; state and revision stay as they are. */
export function refusePackage(
  audit: Audit,
  upload: Upload,
  problems: number,
  problemList: StoredObject,
  at: string,
): AuditChange {
  const before = audit.refusedUploads === undefined ? {} : { before: audit.refusedUploads.count };
  const data = { link: upload.link, problems, problemList, ...before, ...enteredBy(audit, upload.link) };
  return changeAudit(audit, oneMoreRefused(audit, 'package refused'), at, [
    { by: system, happening: { type: 'package refused', data } },
  ]);
}

/**
 * Refuses an upload that goes over a limit, and with it all others that do so in the same time: they are not read, and one letter
 * says when uploads are possible again.
 */
export function refuseOverLimit(
  audit: Audit,
  upload: Upload,
  { limit, message }: { readonly limit: LimitName; readonly message: string },
  at: string,
): AuditChange {
  const remedy = `${message} Uploads over the limit were not read: upload your package again then. A package that was accepted before stays accepted; one that was refused stays refused.`;
  const data = { link: upload.link, limit, remedy, ...enteredBy(audit, upload.link) };
  return changeAudit(audit, oneMoreRefused(audit, 'uploads over limit'), at, [
    { by: system, happening: { type: 'uploads over limit', data } },
  ]);
}

/**
 * Refuses an upload that came when packages were no longer accepted: it is not read, and a letter says what the assessor can do.
 */
export function refuseLatePackage(audit: Audit, upload: Upload, at: string): AuditChange {
  const remedy = closedToPackages(audit, businessDate(upload.arrivedAt)).message;
  const data = { link: upload.link, remedy, ...enteredBy(audit, upload.link) };
  return changeAudit(audit, oneMoreRefused(audit, 'package late'), at, [
    { by: system, happening: { type: 'package late', data } },
  ]);
}

/**
 * Accepts a package as the next revision, up for review. A package that arrived in time undoes a rejection for a missing
 * revision. Call `receiveUpload` first.
 * @param corrected what the reviewer corrected in the revision before; undefined when that is nothing
 */
export function acceptPackage(
  received: Audit,
  accepted: Omit<Revision, 'auditNumber' | 'revision'>,
  at: string,
  corrected?: CorrectedRevision,
): AuditChange & { readonly revision: Revision; readonly review?: Review } {
  const { refusedUploads: _refused, ...audit } = withoutRejection(received);
  const { missedRevision } = received;
  const number = audit.revisions.length + 1;
  const { upload, score, outcome, warnings, recordsMonths } = accepted;
  const carried = corrected && carryOver(corrected, { revision: number, recordsMonths });
  const summary: RevisionSummary = {
    revision: number,
    link: upload.link,
    sequencer: upload.sequencer,
    arrivedAt: upload.arrivedAt,
    awarded: score.awarded,
    available: score.available,
    result: outcome.result,
    warnings: warnings.length,
    round: audit.rounds,
    layout: 'pending',
  };
  const next = changeAudit(
    audit,
    {
      state: 'pending review',
      revision: number,
      revisions: [...audit.revisions, summary],
      ...(audit.reviewerId === undefined ? { givenBack: true } : {}),
    },
    at,
    [
      ...(missedRevision === undefined
        ? []
        : [{ by: system, happening: { type: 'rejection undone', data: missedRevision } } as const]),
      {
        by: system,
        happening: {
          type: 'package accepted',
          data: {
            link: upload.link,
            revision: number,
            round: audit.rounds,
            awarded: score.awarded,
            available: score.available,
            result: outcome.result,
            shortfalls: outcome.shortfalls,
            warnings,
          },
        },
      },
      ...(carried?.happenings ?? []),
    ],
  );
  return {
    ...next,
    revision: { auditNumber: audit.auditNumber, revision: number, ...accepted },
    ...(carried?.review === undefined ? {} : { review: carried.review }),
  };
}
