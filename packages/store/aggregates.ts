import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Audit,
  businessDate,
  type Cycle,
  currentRevision,
  type LimitReached,
  newCycle,
  newReview,
  type Review,
  type Revision,
  registeredOn,
  reportState,
  type Upload,
} from '@secor/certification';
import { type Item, type Key, listIndex, padded, pageSize, readBody, type Store } from './table.ts';

const auditStates: readonly Audit['state'][] = [
  'registered',
  'pending review',
  'in review',
  'awaiting revision',
  'closed',
  'rejected',
  'withdrawn',
];

const activeStates: ReadonlySet<Audit['state']> = new Set([
  'registered',
  'pending review',
  'in review',
  'awaiting revision',
]);

export function auditKey(auditNumber: string): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: 'AUDIT' };
}

function revisionKey(auditNumber: string, revision: number): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: `REVISION#${padded(revision)}` };
}

function reviewKey(auditNumber: string): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: 'REVIEW' };
}

function uploadKey(auditNumber: string, upload: Upload): Key {
  return { pk: `AUDIT#${auditNumber}`, sk: `UPLOAD#${padded(upload.link)}#${upload.sequencer}` };
}

export function cycleKey(employerId: string): Key {
  return { pk: `EMPLOYER#${employerId}`, sk: 'CYCLE' };
}

function assessorsList(assessorId: string, list: 'active' | 'closed'): string {
  return `ASSESSOR#${assessorId}#${list}`;
}

export function auditItem(audit: Audit): Item<Audit> & { version: number } {
  return {
    ...auditKey(audit.auditNumber),
    kind: 'audit',
    version: audit.version,
    body: audit,
    gsi1pk: assessorsList(audit.assessorId, activeStates.has(audit.state) ? 'active' : 'closed'),
    gsi1sk: `${audit.registeredAt}#${audit.auditNumber}`,
  };
}

/** An audit as lists show it: facts of the audit, and never a name. */
export type ListedAudit = Pick<
  Audit,
  | 'auditNumber'
  | 'kind'
  | 'employerId'
  | 'assessorId'
  | 'protocol'
  | 'ruleSet'
  | 'registeredAt'
  | 'state'
  | 'outcome'
  | 'revision'
  | 'version'
> & {
  /** Business dates; the revision's only while it is awaited. */
  readonly registeredOn: string;
  readonly closedOn?: string;
  readonly revisionDueOn?: string;
  readonly report: ReturnType<typeof reportState>;
  /** As decided; before a decision, as the package of the current revision has it. */
  readonly score?: { readonly awarded: number; readonly available: number; readonly result: 'passed' | 'failed' };
  /** How many warnings the current revision has for the reviewer. */
  readonly warnings?: number;
};

/** An audit as lists show it. */
export function listedAudit(audit: Audit): ListedAudit {
  const { auditNumber, kind, employerId, assessorId, protocol, ruleSet, registeredAt, state, revision, version } =
    audit;
  const { outcome, decidedPoints, closedAt, revisionDueOn } = audit;
  const current = currentRevision(audit);
  const score =
    outcome !== undefined && decidedPoints !== undefined
      ? { ...decidedPoints, result: outcome }
      : current && { awarded: current.awarded, available: current.available, result: current.result };
  return {
    auditNumber,
    kind,
    employerId,
    assessorId,
    protocol,
    ruleSet,
    registeredAt,
    registeredOn: registeredOn(audit),
    state,
    ...(outcome === undefined ? {} : { outcome }),
    ...(closedAt === undefined ? {} : { closedOn: businessDate(closedAt) }),
    ...(state === 'awaiting revision' && revisionDueOn !== undefined ? { revisionDueOn } : {}),
    revision,
    report: reportState(audit),
    ...(score === undefined ? {} : { score }),
    ...(current === undefined ? {} : { warnings: current.warnings }),
    version,
  };
}

const employersList = 'AUDIT#';

function auditsIn(state: Audit['state']): string {
  return `AUDITS#${state}`;
}

/**
 * The entry of an audit in its employer's list, beside the employer, and in the administrators' list of its state; the audit's
 * version guards it.
 */
export function employersEntryItem(audit: Audit): Item<ListedAudit> {
  const { auditNumber, employerId, registeredAt } = audit;
  return {
    pk: cycleKey(employerId).pk,
    sk: `${employersList}${registeredAt}#${auditNumber}`,
    kind: 'employer list entry',
    body: listedAudit(audit),
    gsi1pk: auditsIn(audit.state),
    gsi1sk: `${registeredAt}#${auditNumber}`,
  };
}

const risksList = 'RISKS';

export function cycleItem(cycle: Cycle): Item<Cycle> & { version: number } {
  const { employerId, version, risks } = cycle;
  const first = risks.map(({ dueOn }) => dueOn ?? '').toSorted()[0];
  const listed = first === undefined ? {} : { gsi1pk: risksList, gsi1sk: `${first}#${employerId}` };
  return { ...cycleKey(employerId), kind: 'cycle', version, body: cycle, ...listed };
}

/**
 * A page of the cycles with risks: those without a due date first, then by due date. Read from the list index, which may be a
 * moment behind. `after` is the `next` of the page before.
 */
export async function listAtRisk(store: Store, after?: string): Promise<{ cycles: Cycle[]; next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: after === undefined ? 'gsi1pk = :list' : 'gsi1pk = :list AND gsi1sk > :after',
      ExpressionAttributeValues: { ':list': risksList, ...(after === undefined ? {} : { ':after': after }) },
      Limit: pageSize,
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.gsi1sk) };
  return { cycles: Items.map((item) => item.body as Cycle), ...next };
}

/**
 * What reviewers have written, as an item. It needs no version of its own: each change of it is also a change of the audit, whose
 * version is checked.
 */
export function reviewItem(review: Review): Item<Review> {
  return { ...reviewKey(review.auditNumber), kind: 'review', body: review };
}

/** The item of a revision, to be created with the change that accepts it. */
export function revisionItem(revision: Revision): Item<Revision> {
  return { ...revisionKey(revision.auditNumber, revision.revision), kind: 'revision', body: revision };
}

/** What became of an upload. */
export type Fate = 'accepted' | 'refused' | 'late' | 'superseded' | 'over limit';

/** The item that says what became of an upload. It is created in the same transaction, so that each upload is handled once. */
export function uploadItem(auditNumber: string, upload: Upload, became: Fate): Item<Upload & { became: Fate }> {
  return { ...uploadKey(auditNumber, upload), kind: 'upload', body: { ...upload, became } };
}

/** The audit as it is now, or undefined. */
export function readAudit(store: Store, auditNumber: string): Promise<Audit | undefined> {
  return readBody<Audit>(store, auditKey(auditNumber));
}

/** The employer's cycle as it is now; a new one when nothing has happened yet. */
export async function readCycle(store: Store, employerId: string): Promise<Cycle> {
  return (await readBody<Cycle>(store, cycleKey(employerId))) ?? newCycle(employerId);
}

/** One revision of an audit, or undefined. */
export function readRevision(store: Store, auditNumber: string, revision: number): Promise<Revision | undefined> {
  return readBody<Revision>(store, revisionKey(auditNumber, revision));
}

/** What the reviewers of an audit have written; empty when nobody has written anything. */
export async function readReview(store: Store, auditNumber: string): Promise<Review> {
  return (await readBody<Review>(store, reviewKey(auditNumber))) ?? newReview(auditNumber);
}

/** What became of an upload, or undefined while it has not been handled. */
export async function fateOfUpload(store: Store, auditNumber: string, upload: Upload): Promise<Fate | undefined> {
  return (await readBody<{ readonly became: Fate }>(store, uploadKey(auditNumber, upload)))?.became;
}

function toldKey(auditNumber: string, { limit, subject, period }: LimitReached): Key {
  return { pk: auditKey(auditNumber).pk, sk: `TOLD#${limit}#${subject}#${period}` };
}

/**
 * The item that records, for an audit, that a limit was reached. It is created with the event that reports this, so that it is
 * reported once.
 */
export function limitToldItem(auditNumber: string, reached: LimitReached): Item<object> {
  return { ...toldKey(auditNumber, reached), kind: 'limit told', body: {} };
}

/** Whether it has been reported for an audit that this limit was reached. */
export async function limitIsTold(store: Store, auditNumber: string, reached: LimitReached): Promise<boolean> {
  return (await readBody(store, toldKey(auditNumber, reached))) !== undefined;
}

/**
 * A page of an assessor's audits, newest first. Read from the list index, which may be a moment behind. `after` is the `next` of
 * the page before: when an audit was registered and its number.
 */
export async function listAudits(
  store: Store,
  assessorId: string,
  list: 'active' | 'closed',
  after?: string,
): Promise<{ audits: Audit[]; next?: string }> {
  const gsi1pk = assessorsList(assessorId, list);
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: 'gsi1pk = :list',
      ExpressionAttributeValues: { ':list': gsi1pk },
      ScanIndexForward: false,
      Limit: pageSize,
      ...(after === undefined
        ? {}
        : { ExclusiveStartKey: { ...auditKey(after.slice(after.indexOf('#') + 1)), gsi1pk, gsi1sk: after } }),
    }),
  );
  const audits = Items.map((item) => item.body as Audit);
  return { audits, ...(LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.gsi1sk) }) };
}

/** A page of an employer's audits, newest first. `after` is the `next` of the page before, as with `listAudits`. */
export async function listEmployersAudits(
  store: Store,
  employerId: string,
  after?: string,
): Promise<{ audits: ListedAudit[]; next?: string }> {
  const { pk } = cycleKey(employerId);
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :employer AND begins_with(sk, :list)',
      ExpressionAttributeValues: { ':employer': pk, ':list': employersList },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: pageSize,
      ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: `${employersList}${after}` } }),
    }),
  );
  const audits = Items.map((item) => item.body as ListedAudit);
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.sk).slice(employersList.length) };
  return { audits, ...next };
}

/**
 * A page of the audits in a state, newest first. Read from the list index, which may be a moment behind. `after` is the `next` of the
 * page before, as with `listAudits`.
 */
export async function listAuditsIn(
  store: Store,
  state: Audit['state'],
  after?: string,
): Promise<{ audits: ListedAudit[]; next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: after === undefined ? 'gsi1pk = :list' : 'gsi1pk = :list AND gsi1sk < :after',
      ExpressionAttributeValues: { ':list': auditsIn(state), ...(after === undefined ? {} : { ':after': after }) },
      ScanIndexForward: false,
      Limit: pageSize,
    }),
  );
  const audits = Items.map((item) => item.body as ListedAudit);
  return { audits, ...(LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.gsi1sk) }) };
}

/**
 * A page of all audits, newest first, whatever their state: one read for each state. `after` is the `next` of the page before, as
 * with `listAudits`.
 */
export async function listAllAudits(store: Store, after?: string): Promise<{ audits: ListedAudit[]; next?: string }> {
  const pages = await Promise.all(auditStates.map((state) => listAuditsIn(store, state, after)));
  const place = ({ registeredAt, auditNumber }: ListedAudit) => `${registeredAt}#${auditNumber}`;
  const found = pages.flatMap(({ audits }) => audits).toSorted((a, b) => (place(a) < place(b) ? 1 : -1));
  const audits = found.slice(0, pageSize);
  const last = audits.at(-1);
  const goesOn = found.length > pageSize || pages.some(({ next }) => next !== undefined);
  return { audits, ...(goesOn && last !== undefined ? { next: place(last) } : {}) };
}
