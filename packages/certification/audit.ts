import { addDays, businessDate, dateInWords } from './calendar.ts';
import {
  type Actor,
  type AuditEvent,
  type AuditHappening,
  numberEvents,
  type Refusal,
  type StoredObject,
} from './event.ts';
import { type LimitName, untoldMinutes } from './limits.ts';
import type { Outcome, Shortfall } from './outcome.ts';
import type { AuditKind } from './protocol.ts';
import type { QueueDates } from './queue-place.ts';
import type { RuleSet } from './rule-set.ts';
import type { Score } from './scoring.ts';

export type AuditState =
  | 'registered'
  | 'pending review'
  | 'in review'
  | 'awaiting revision'
  | 'closed'
  | 'rejected'
  | 'withdrawn';

/** The events by which an upload is refused. */
type RefusalType = 'package refused' | 'package late' | 'uploads over limit';

/** What the audit itself keeps of a revision; its answers and points stand on the revision's own item. */
export type RevisionSummary = {
  readonly revision: number;
  readonly link: number;
  readonly sequencer: string;
  readonly arrivedAt: string;
  readonly awarded: number;
  readonly available: number;
  readonly result: 'passed' | 'failed';
  /** Revisions that had been requested when it came: 0 for what came before the first review. */
  readonly round: number;
  /** Whether its documents have been laid out for the reviewer; refused when one of them was damaged. */
  readonly layout: 'pending' | 'done' | 'refused';
};

/** One assessment of one employer: an aggregate with a version that every change raises by one. */
export type Audit = {
  readonly auditNumber: string;
  readonly version: number;
  /** Events so far; the next is numbered `events + 1`. */
  readonly events: number;
  readonly kind: AuditKind;
  readonly employerId: string;
  readonly assessorId: string;
  readonly protocol: string;
  readonly ruleSet: string;
  readonly registeredAt: string;
  readonly state: AuditState;
  /** Upload links issued so far; the number is part of each link's key. */
  readonly links: number;
  /** Revisions that were requested so far. */
  readonly rounds: number;
  /** Links up to this number were issued before the last request for a revision, and lead nowhere now. */
  readonly spentLinks: number;
  /** Uploads that were refused since the last one that was taken, and the number of the last event of each kind; absent when none was. */
  readonly refusedUploads?: { readonly count: number; readonly last: Readonly<Partial<Record<RefusalType, number>>> };
  /** The day by which the revision requested last is due. */
  readonly revisionDueOn?: string;
  readonly revisions: readonly RevisionSummary[];
  /** The revision that is up for review; 0 before there is one, and again when its only one was refused. */
  readonly revision: number;
  readonly reviewerId?: string;
  /** Where its queue entry stands, while it has one. */
  readonly queuePosition?: string;
  /** What its place follows from: there with the place. */
  readonly queueDates?: QueueDates;
  /** Nobody has it: it was given back, or came without a reviewer, and has been offered to nobody since. */
  readonly givenBack?: true;
  /** The reviewers who gave it back: it is not offered to them again. */
  readonly releasedBy?: readonly string[];
  /** Decisions so far: reports are keyed by this number. */
  readonly decisions: number;
  readonly outcome?: 'passed' | 'failed';
  readonly closedAt?: string;
  /** The decision whose report can be fetched. */
  readonly reportedDecision?: number;
  /** How it was sent, when by mail: an administrator enters its package. */
  readonly binder?: Binder;
  /** The revision for whose absence it was rejected: what arrived by that day undoes it. */
  readonly missedRevision?: { readonly dueOn: string };
  /** The day on which the sweep has to look at it: the one after a revision is due. */
  readonly wakesOn?: string;
};

/** An audit that was sent by mail, as an administrator recorded it; business dates. */
export type Binder = {
  readonly postmarkedOn: string;
  readonly receivedOn: string;
  readonly endedOn: string;
  /** Whether the certificate had expired when it arrived. */
  readonly late?: true;
};

/** One object that arrived through an upload link. */
export type Upload = {
  readonly link: number;
  /** S3's order of writes to one key: hexadecimal, compared as text, the shorter padded with zeros on the right. */
  readonly sequencer: string;
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly arrivedAt: string;
};

/** One accepted upload of a package: immutable. */
export type Revision = {
  readonly auditNumber: string;
  readonly revision: number;
  readonly upload: Upload;
  readonly startedOn: string;
  readonly endedOn: string;
  readonly recordsMonths: number;
  readonly score: Score;
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
  readonly documents: number;
  /** Answers, notes and the list of documents: one JSON object. */
  readonly content: StoredObject;
};

/** An audit after a change, with the events that the change caused; `sleptUntil` is the day on which it would have been woken. */
export type AuditChange = {
  readonly audit: Audit;
  readonly events: readonly AuditEvent[];
  readonly sleptUntil?: string | undefined;
};

const system: Actor = { role: 'system' };

/** The subject of an audit's events. */
export function auditSubject(auditNumber: string): string {
  return `audit#${auditNumber}`;
}

/** An audit after a change: its version rises by one, and what happened is numbered. */
export function changeAudit(
  audit: Audit,
  next: Partial<Audit>,
  at: string,
  happenings: readonly { by: Actor; happening: AuditHappening }[],
): AuditChange {
  const events = numberEvents(auditSubject(audit.auditNumber), audit.events, at, happenings);
  const { wakesOn: sleptUntil, ...changed } = { ...audit, ...next };
  const { state, revisionDueOn } = changed;
  const awaited = state === 'awaiting revision' && revisionDueOn !== undefined;
  return {
    audit: {
      ...changed,
      version: audit.version + 1,
      events: audit.events + events.length,
      ...(awaited ? { wakesOn: addDays(revisionDueOn, 1) } : {}),
    },
    events,
    sleptUntil,
  };
}

/**
 * Registers an audit under a number that nobody has yet. The caller looked the rule set up by the day of `at`, or by the
 * postmark of the binder that it was sent in [A].
 */
export function registerAudit(
  registration: {
    readonly auditNumber: string;
    readonly kind: AuditKind;
    readonly employerId: string;
    readonly assessorId: string;
    readonly ruleSet: RuleSet;
    readonly binder?: Binder;
  },
  by: Actor,
  at: string,
): AuditChange {
  const { auditNumber, kind, employerId, assessorId, ruleSet, binder } = registration;
  const blank: Audit = {
    auditNumber,
    version: 0,
    events: 0,
    kind,
    employerId,
    assessorId,
    protocol: ruleSet.protocol.value,
    ruleSet: ruleSet.id,
    registeredAt: at,
    state: 'registered',
    links: 0,
    rounds: 0,
    spentLinks: 0,
    revisions: [],
    revision: 0,
    decisions: 0,
    ...(binder === undefined ? {} : { binder }),
  };
  return changeAudit(blank, {}, at, [
    {
      by,
      happening: {
        type: 'audit registered',
        data: { kind, employerId, assessorId, protocol: blank.protocol, ruleSet: blank.ruleSet },
      },
    },
    ...(binder === undefined ? [] : [{ by, happening: { type: 'binder recorded', data: binder } } as const]),
  ]);
}

/** [A] More revisions than this are no work on an audit: one link can be used for many uploads, and the audit's item lists each. */
const mostRevisions = 100;

const uploadable: ReadonlySet<AuditState> = new Set(['registered', 'pending review', 'awaiting revision']);

/** Whether a package can be uploaded: before a review begins and when a revision was asked for, until it has had its most. */
export function takesPackages(audit: Audit): boolean {
  return uploadable.has(audit.state) && audit.revisions.length < mostRevisions;
}

/** Whether a revision that was requested had not arrived by its day, as of a business date. */
export function revisionIsOverdue({ state, revisionDueOn }: Audit, on: string): boolean {
  return state === 'awaiting revision' && revisionDueOn !== undefined && revisionDueOn < on;
}

/** The day on which what counts for an audit arrived: of its binder, else of the upload [P]. */
export function arrivalOf({ binder }: Pick<Audit, 'binder'>, { arrivedAt }: Pick<Upload, 'arrivedAt'>): string {
  return binder?.receivedOn ?? businessDate(arrivedAt);
}

/** Why no package is taken, and what the assessor can do; for a link that is asked for and for an upload that came too late. */
export function closedToPackages(audit: Audit, on: string): Refusal {
  if (revisionIsOverdue(audit, on) && audit.revisionDueOn !== undefined)
    return {
      refused: 'revision-overdue',
      message: `The revision of audit ${audit.auditNumber} was due on ${dateInWords(audit.revisionDueOn)}, and the audit is about to be rejected. Ask the certifying partner at once for more time.`,
    };
  const remedy =
    uploadable.has(audit.state) && audit.revisions.length >= mostRevisions
      ? `It has had ${mostRevisions} packages, and takes no more. Call the certifying partner: something keeps going wrong.`
      : audit.state === 'awaiting revision'
        ? 'The link was issued before the revision was requested. Answer the notes, then ask for a new link and upload the package by it.'
        : audit.state === 'in review'
          ? 'A package can be replaced only before its review begins. If something has to change, ask the certifying partner for a revision.'
          : 'Register a new audit if another one is due.';
  return { refused: 'audit-takes-no-packages', message: `Audit ${audit.auditNumber} is ${audit.state}. ${remedy}` };
}

/** [A] More uploads than this are no work on an audit, and the audit's item could not hold them without end. */
const mostLinks = 100;

/** Counts a new upload link. Refused when the audit takes no packages, or has had its most links. */
export function issueLink(audit: Audit, by: Actor, at: string): AuditChange | Refusal {
  if (!takesPackages(audit) || revisionIsOverdue(audit, businessDate(at)))
    return closedToPackages(audit, businessDate(at));
  if (audit.links >= mostLinks)
    return {
      refused: 'too-many-links',
      message: `Audit ${audit.auditNumber} has had ${mostLinks} upload links. Call the certifying partner: something keeps going wrong.`,
    };
  const link = audit.links + 1;
  return changeAudit(audit, { links: link }, at, [{ by, happening: { type: 'upload link issued', data: { link } } }]);
}

/** Orders uploads by link, then by S3's sequencer: negative when `a` is the older. */
export function compareUploads(a: Pick<Upload, 'link' | 'sequencer'>, b: Pick<Upload, 'link' | 'sequencer'>): number {
  if (a.link !== b.link) return a.link - b.link;
  const width = Math.max(a.sequencer.length, b.sequencer.length);
  const [left, right] = [a.sequencer.padEnd(width, '0'), b.sequencer.padEnd(width, '0')];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The revision that is up for review, or undefined. */
export function currentRevision(audit: Audit): RevisionSummary | undefined {
  return audit.revisions.find((summary) => summary.revision === audit.revision);
}

/** What is to be done with an upload as the audit stands: read it, refuse it as late, or let the newer one stand. */
export function receiveUpload(audit: Audit, upload: Upload): 'read' | 'late' | 'older' {
  const newest = currentRevision(audit);
  if (newest !== undefined && compareUploads(upload, newest) <= 0) return 'older';
  const awaited = withoutRejection(audit);
  const isLate = revisionIsOverdue(awaited, businessDate(upload.arrivedAt));
  return takesPackages(awaited) && !isLate && upload.link > audit.spentLinks ? 'read' : 'late';
}

/** An audit that the sweep rejected for a missed revision as it was before: nobody's, and in no queue. */
function withoutRejection(audit: Audit): Audit {
  const { missedRevision, reviewerId: _reviewer, closedAt: _closed, ...awaited } = audit;
  if (missedRevision === undefined) return audit;
  return { ...awaited, state: 'awaiting revision', revisionDueOn: missedRevision.dueOn };
}

/**
 * Rejects an audit whose revision had not arrived by its day [P]; undefined when none is overdue at the instant. What arrived
 * by then and is read later undoes it.
 */
export function rejectOverdue(audit: Audit, at: string): AuditChange | undefined {
  const { revisionDueOn: dueOn } = audit;
  if (dueOn === undefined || !revisionIsOverdue(audit, businessDate(at))) return undefined;
  const reason = `The revision that was requested was due on ${dateInWords(dueOn)}, and did not arrive by then.`;
  return changeAudit(leaveQueue(audit), { state: 'rejected', closedAt: at, missedRevision: { dueOn } }, at, [
    { by: system, happening: { type: 'audit rejected', data: { reason } } },
  ]);
}

/** Records that an upload was read after a newer one had been accepted. */
export function supersedeUpload(audit: Audit, upload: Upload, at: string): AuditChange {
  return changeAudit(audit, {}, at, [
    { by: system, happening: { type: 'package superseded', data: { link: upload.link, by: audit.revision } } },
  ]);
}

/** That an administrator entered the package of an audit: it came in a binder. */
function entered({ binder }: Audit): { readonly binder?: true } {
  return binder === undefined ? {} : { binder: true };
}

/** What an audit keeps of its refused uploads once the next event, of this type, tells of another one. */
function oneMoreRefused({ refusedUploads, events }: Audit, type: RefusalType): Pick<Audit, 'refusedUploads'> {
  const { count = 0, last = {} } = refusedUploads ?? {};
  return { refusedUploads: { count: count + 1, last: { ...last, [type]: events + 1 } } };
}

/**
 * Whether an event that tells of a refused upload was followed by another one of its kind, whose letter tells of both: only the
 * letter of a package that was read names its problems.
 */
export function isFollowedByRefusal(
  { refusedUploads }: Audit,
  { type, number }: { readonly type: RefusalType; readonly number: number },
): boolean {
  return (refusedUploads?.last[type] ?? 0) > number;
}

/** Whether an audit was undone before anybody was told of it: by its assessor, soon after its registration, without a package taken. */
export function isUndoneUntold(
  { registeredAt, revisions, binder }: Audit,
  { at, by }: Pick<AuditEvent, 'at' | 'by'>,
): boolean {
  const minutes = (Date.parse(at) - Date.parse(registeredAt)) / 60_000;
  return by.role === 'assessor' && revisions.length === 0 && binder === undefined && minutes < untoldMinutes;
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
  const data = { link: upload.link, problems, problemList, ...before, ...entered(audit) };
  return changeAudit(audit, oneMoreRefused(audit, 'package refused'), at, [
    { by: system, happening: { type: 'package refused', data } },
  ]);
}

/**
 * Refuses an upload that goes over a limit, and with it all others that do so in the same time: they are not read, and one
 * letter says when it goes on.
 */
export function refuseOverLimit(
  audit: Audit,
  upload: Upload,
  { limit, message }: { readonly limit: LimitName; readonly message: string },
  at: string,
): AuditChange {
  const remedy = `${message} Uploads beyond that were not read: upload your package again then. A package that was accepted before stays accepted; one that was refused stays refused.`;
  const data = { link: upload.link, limit, remedy, ...entered(audit) };
  return changeAudit(audit, oneMoreRefused(audit, 'uploads over limit'), at, [
    { by: system, happening: { type: 'uploads over limit', data } },
  ]);
}

/** Refuses an upload that came after packages were taken: it is not read, and a letter says what the assessor can do. */
export function refuseLatePackage(audit: Audit, upload: Upload, at: string): AuditChange {
  const remedy = closedToPackages(audit, businessDate(upload.arrivedAt)).message;
  const data = { link: upload.link, remedy, ...entered(audit) };
  return changeAudit(audit, oneMoreRefused(audit, 'package late'), at, [
    { by: system, happening: { type: 'package late', data } },
  ]);
}

/**
 * Takes a package as the next revision, up for review; one that arrived in time undoes a rejection for its absence. The caller
 * has asked `receiveUpload` first.
 */
export function acceptPackage(
  received: Audit,
  accepted: Omit<Revision, 'auditNumber' | 'revision'>,
  at: string,
): AuditChange & { readonly revision: Revision } {
  const { refusedUploads: _refused, ...audit } = withoutRejection(received);
  const { missedRevision } = received;
  const number = audit.revisions.length + 1;
  const { upload, score, outcome, warnings } = accepted;
  const summary: RevisionSummary = {
    revision: number,
    link: upload.link,
    sequencer: upload.sequencer,
    arrivedAt: upload.arrivedAt,
    awarded: score.awarded,
    available: score.available,
    result: outcome.result,
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
    ],
  );
  return { ...next, revision: { auditNumber: audit.auditNumber, revision: number, ...accepted } };
}

function withLayout(audit: Audit, revision: number, layout: RevisionSummary['layout']): readonly RevisionSummary[] {
  return audit.revisions.map((summary) => (summary.revision === revision ? { ...summary, layout } : summary));
}

/** Whether the revision up for review still waits for its documents; only then is there anything to lay out. */
export function awaitsLayout(audit: Audit): boolean {
  return audit.state === 'pending review' && currentRevision(audit)?.layout === 'pending';
}

/**
 * The revisions whose documents nobody can reach any more: the refused ones, and those before the newest that was laid out. When a
 * newer one is refused, an audit goes back to that, or to a later one.
 */
export function replacedLayouts({ revisions }: Pick<Audit, 'revisions'>): number[] {
  const newest = revisions.findLast(({ layout }) => layout === 'done')?.revision ?? 0;
  return revisions
    .filter(({ revision, layout }) => layout === 'refused' || revision < newest)
    .map(({ revision }) => revision);
}

/** Records that every document of the current revision has been laid out and every CRC held. */
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
            data: { reviewerId, reason: 'Its documents are damaged: nothing is left to review.' },
          },
        ];
  const refused = {
    type: 'documents refused',
    data: { revision, backTo, problems, problemList, ...entered(audit) },
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

/** The audit without its place in the queue, and what goes with it: nothing of it is due or offered any more. */
export function leaveQueue(audit: Audit): Audit {
  const { queuePosition: _position, queueDates: _dates, givenBack: _back, revisionDueOn: _due, ...unqueued } = audit;
  return unqueued;
}

/** What a reviewer decides on: the revision that they saw, and its score. */
export type Decided = { readonly score: Score; readonly outcome: Outcome };

/**
 * Why a revision can't be opened or decided as the reviewer saw it, or undefined: 'newer-revision' when they saw another
 * one, 'documents-not-laid-out' while layout has not finished.
 */
export function notDecidable(audit: Audit, seenRevision: number): Refusal | undefined {
  if (audit.revision !== seenRevision)
    return {
      refused: 'newer-revision',
      message: `You decided on revision ${seenRevision}, but revision ${audit.revision} is up for review. Read it and decide again.`,
    };
  if (currentRevision(audit)?.layout !== 'done')
    return {
      refused: 'documents-not-laid-out',
      message: `The documents of revision ${audit.revision} are still being laid out and checked. Try again in a minute.`,
    };
  return undefined;
}

/**
 * Accepts the audit: opens the review and closes it with the outcome of the revision's score.
 * Refused with 'newer-revision' when the reviewer saw another revision, 'documents-not-laid-out' while layout has not
 * finished, 'not-under-review' when there is nothing to decide.
 */
export function acceptAudit(
  audit: Audit,
  seenRevision: number,
  decided: Decided,
  by: Extract<Actor, { personId: string }>,
  at: string,
): AuditChange | Refusal {
  if (audit.state !== 'pending review' && audit.state !== 'in review')
    return {
      refused: 'not-under-review',
      message: `Audit ${audit.auditNumber} is ${audit.state}; only an audit that is pending review or in review can be accepted.`,
    };
  const refusal = notDecidable(audit, seenRevision);
  if (refusal !== undefined) return refusal;
  const decision = audit.decisions + 1;
  const { score, outcome } = decided;
  const opened: { by: Actor; happening: AuditHappening }[] =
    audit.state === 'in review'
      ? []
      : [{ by, happening: { type: 'review opened', data: { revision: audit.revision } } }];
  return changeAudit(
    leaveQueue(audit),
    { state: 'closed', outcome: outcome.result, decisions: decision, closedAt: at },
    at,
    [
      ...opened,
      {
        by,
        happening: {
          type: 'audit closed',
          data: {
            decision,
            revision: audit.revision,
            kind: audit.kind,
            result: outcome.result,
            awarded: score.awarded,
            available: score.available,
            shortfalls: outcome.shortfalls,
          },
        },
      },
    ],
  );
}

/** Whether the report of this decision is still to be made; false for a decision that has passed or is reported. */
export function awaitsReport(audit: Audit, decision: number): boolean {
  return audit.state === 'closed' && audit.decisions === decision && audit.reportedDecision !== decision;
}

/** Records that the report of the audit's decision can be fetched; this causes the letter of the outcome. */
export function recordReport(
  audit: Audit,
  facts: {
    readonly result: 'passed' | 'failed';
    readonly shortfalls: readonly Shortfall[];
    readonly certificate?: { readonly certificateNumber: string; readonly expiresOn: string };
    readonly revoked: readonly string[];
    readonly met?: { readonly dueOn: string; readonly late: boolean } | undefined;
  },
  at: string,
): AuditChange {
  const { result, shortfalls, certificate, revoked, met } = facts;
  return changeAudit(audit, { reportedDecision: audit.decisions }, at, [
    {
      by: system,
      happening: {
        type: 'report made',
        data: {
          decision: audit.decisions,
          kind: audit.kind,
          result,
          shortfalls,
          ...certificate,
          ...(met === undefined ? {} : { met }),
          ...(revoked.length === 0 ? {} : { revoked }),
        },
      },
    },
  ]);
}
