import {
  type Actor,
  type Audit,
  type AuditChange,
  acceptAudit,
  addNote,
  type Cycle,
  type CycleChange,
  changePoints,
  closeAudit,
  correctMonths,
  endedBeforeCurrent,
  extendRevision,
  isRefusal,
  leaveCycle,
  mayNotReview,
  openReview,
  queueDatesOf,
  type Refusal,
  type Review,
  type Reviewer,
  type Revision,
  reassignReview,
  rejectAudit,
  releaseReview,
  reopenAudit,
  reopenInCycle,
  requestRevision,
  reviewedRevision,
  rulesOf,
  type Trace,
  takeReview,
  withdrawAudit,
} from '@secor/certification';
import type { AnswerOf, EndpointName } from '@secor/contracts';
import { type Call, type EndpointHandler, refusalProblem } from '@secor/lambda';
import {
  type Changes,
  commit,
  offDesk,
  readCycle,
  readReview,
  readReviewer,
  retryingConflicts,
  type Store,
  withOpenReviews,
} from '@secor/store';
import { auditEntry, sameAsSeen, scoreEntry } from '../answers.ts';
import { knownReviewer } from './reviewers.ts';
import { type Dependencies, revisionOf, type Staff, staffOf, visibleAudit } from './staff.ts';

type Person = Extract<Actor, { personId: string }>;

/** The endpoints that change an audit under review: each names the audit, and the version that the caller saw. */
type StepName = Exclude<
  { [N in EndpointName]: Call<N>['parameters'] extends { auditNumber: string } ? N : never }[EndpointName],
  'readAudit' | 'readReview' | 'readChanges' | 'readReport' | 'issueLink'
>;

/** What a step starts from: the audit as it is now, and who takes the step. */
type Matter = {
  readonly audit: Audit;
  readonly staff: Staff;
  readonly by: Person;
  readonly at: string;
  /** What is recorded of the staff and of those whom the audit is about. */
  readonly known: readonly Trace[];
};
/** What has changed; `replace`: the reviewers with their counts, where the step moves the audit between them. */
type Stepped = AuditChange & { readonly review?: Review } & Pick<Changes, 'replace' | 'remove' | 'cycle'>;
/** A step that rests on a revision: with its reviewed score. */
type Judged = Stepped & { readonly revision: Revision };

/**
 * A step of the review: reads, decides by the program's rules, and commits in one transaction; again when another write
 * was faster. 412 when the audit is not the one that the caller saw, 409 when the rules refuse. `barred` tells who may not.
 */
function step<N extends StepName, S extends Stepped = Stepped>(
  { store }: Dependencies,
  decide: (matter: Matter, call: Call<N>) => Promise<S | Refusal> | S | Refusal,
  answer: (matter: Matter, changed: S, call: Call<N>) => Promise<AnswerOf<N>> | AnswerOf<N>,
  barred: typeof mayNotReview = mayNotReview,
): EndpointHandler<N> {
  return async (call) => {
    const { auditNumber } = call.parameters as { auditNumber: string };
    const { at } = call;
    return retryingConflicts(async () => {
      const staff = await staffOf(store, call.caller);
      const { role, personId } = staff;
      const visible = await visibleAudit(store, staff, auditNumber);
      const audit = sameAsSeen(visible.audit, call.ifMatch);
      const known = await visible.known();
      const matter: Matter = { audit, staff, by: { role, personId }, at, known };
      const changed = barred(audit, staff, known) ?? (await decide(matter, call));
      if (isRefusal(changed)) throw refusalProblem(changed);
      const given = await answer(matter, changed, call);
      const { audit: next, events, previousCheckOn, ...effects } = changed;
      const change = { audit: next, events, previousCheckOn };
      await commit(store, { ...effects, at, audit: change, idempotency: call.idempotency(given) });
      return given;
    });
  };
}

/** A reviewer as they are now: read already when it is they who call. */
async function reviewerNow(store: Store, { reviewer }: Staff, id: string | undefined): Promise<Reviewer | undefined> {
  if (id === undefined) return undefined;
  return reviewer?.reviewerId === id ? reviewer : readReviewer(store, id);
}

/** The revision that is up for review, and what has been written on it. */
function reviewedNow(store: Store, audit: Audit): Promise<[Revision, Review]> {
  return Promise.all([revisionOf(store, audit), readReview(store, audit.auditNumber)]);
}

/** A change that takes an audit off the desk: out of the queue, off its reviewer's count, and as `inCycle` has it out of the employer's cycle. */
async function leaveDesk<C extends AuditChange>(
  store: Store,
  { audit, staff }: Matter,
  change: C | Refusal,
  inCycle: (cycle: Cycle, change: C) => CycleChange | Refusal,
): Promise<(C & Pick<Changes, 'replace' | 'remove' | 'cycle'>) | Refusal> {
  if (isRefusal(change)) return change;
  const [cycle, reviewer] = await Promise.all([
    readCycle(store, audit.employerId),
    reviewerNow(store, staff, audit.reviewerId),
  ]);
  const changed = inCycle(cycle, change);
  return isRefusal(changed) ? changed : { ...change, cycle: changed, ...offDesk(audit, reviewer) };
}

/** Moves an audit from one reviewer's desk to another's, or to nobody's, with both counts. */
async function moved(
  store: Store,
  { audit, staff }: Matter,
  change: AuditChange | Refusal,
  to: Reviewer | undefined,
): Promise<Stepped | Refusal> {
  if (isRefusal(change)) return change;
  const former = await reviewerNow(store, staff, audit.reviewerId);
  return {
    ...change,
    replace: [
      ...(former === undefined ? [] : [withOpenReviews(former, -1)]),
      ...(to === undefined ? [] : [withOpenReviews(to, 1)]),
    ],
  };
}

/** Takes an audit that nobody has: with the checks that are made of whom it is given to. */
export function takeReviewCall(dependencies: Dependencies): EndpointHandler<'takeReview'> {
  const { store } = dependencies;
  return step<'takeReview'>(
    dependencies,
    async (matter) => {
      const { audit, staff, by, at, known } = matter;
      const reviewer = staff.reviewer ?? (await knownReviewer(store, by.personId));
      return moved(store, matter, takeReview(audit, reviewer, known, at), reviewer);
    },
    (_, { audit }) => auditEntry(audit),
    () => undefined,
  );
}

/** Gives an audit back, also for a conflict of interest: it is nobody's until assign has found another reviewer. */
export function releaseReviewCall(dependencies: Dependencies): EndpointHandler<'releaseReview'> {
  const { store } = dependencies;
  return step<'releaseReview'>(
    dependencies,
    (matter, { body }) =>
      moved(store, matter, releaseReview(matter.audit, body.reason, matter.by, matter.at), undefined),
    (_, { audit }) => auditEntry(audit),
    () => undefined,
  );
}

/** Gives an audit to a reviewer whom an administrator names. */
export function reassignReviewCall(dependencies: Dependencies): EndpointHandler<'reassignReview'> {
  const { store } = dependencies;
  return step<'reassignReview'>(
    dependencies,
    async (matter, { body }) => {
      const { audit, by, at, known } = matter;
      const reviewer = await knownReviewer(store, body.reviewerId);
      return moved(store, matter, reassignReview(audit, reviewer, known, by, at), reviewer);
    },
    (_, { audit }) => auditEntry(audit),
  );
}

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
      if (question !== undefined && !isAsked(audit, question))
        return {
          refused: 'unknown-question',
          message: `There is no question ${question} in this audit's protocol. Leave it out for a note on the whole audit.`,
        };
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
      const [revision, review] = await reviewedNow(store, audit);
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
      const [revision, review] = await reviewedNow(store, audit);
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

/**
 * Accepts an audit: closes it with the outcome of the reviewed score, issues or revokes the certificate, takes it out of
 * the queue and off the reviewer's desk, all in one transaction.
 */
export function acceptAuditCall(dependencies: Dependencies): EndpointHandler<'acceptAudit'> {
  const { store } = dependencies;
  return step<'acceptAudit'>(
    dependencies,
    async (matter, { body }) => {
      const { audit, by, at } = matter;
      const [own, review] = await reviewedNow(store, audit);
      const revision = reviewedRevision(audit, own, review);
      return leaveDesk(
        store,
        matter,
        acceptAudit(audit, body.revision, revision, by, at),
        (cycle, closed) =>
          overtaken(cycle, audit, revision) ?? closeAudit(cycle, closed.audit, revision, rulesOf(audit).ruleSet, at),
      );
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Why an audit can't be passed any more: a later one was certified before it has ever given a certificate of its own. */
function overtaken(cycle: Cycle, audit: Audit, { endedOn, outcome }: Revision): Refusal | undefined {
  if (outcome.result !== 'passed') return undefined;
  const hasOwn = cycle.certificates.some(
    ({ auditNumber, revoked }) => auditNumber === audit.auditNumber && revoked === undefined,
  );
  const refusal = hasOwn ? undefined : endedBeforeCurrent(cycle, audit, endedOn);
  return refusal && { ...refusal, message: `${refusal.message} This one can be rejected, or withdrawn.` };
}

/** Rejects an audit that is not fit for review. */
export function rejectAuditCall(dependencies: Dependencies): EndpointHandler<'rejectAudit'> {
  const { store } = dependencies;
  return step<'rejectAudit'>(
    dependencies,
    (matter, { body }) => {
      const { audit, by, at } = matter;
      return leaveDesk(store, matter, rejectAudit(audit, body.reason, by, at), (cycle) =>
        leaveCycle(cycle, audit.auditNumber, at),
      );
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Withdraws an audit for the partner, also after its review has begun. */
export function withdrawReviewCall(dependencies: Dependencies): EndpointHandler<'withdrawReview'> {
  const { store } = dependencies;
  return step<'withdrawReview'>(
    dependencies,
    (matter, { body }) => {
      const { audit, by, at } = matter;
      return leaveDesk(store, matter, withdrawAudit(audit, body.reason, by, at), (cycle) =>
        leaveCycle(cycle, audit.auditNumber, at, 'withdrawn'),
      );
    },
    (_, { audit }) => auditEntry(audit),
  );
}

/** Reopens a closed audit: it is on its reviewer's desk again if they may have it, and its certificate stands until the new decision. */
export function reopenAuditCall(dependencies: Dependencies): EndpointHandler<'reopenAudit'> {
  const { store } = dependencies;
  return step<'reopenAudit'>(
    dependencies,
    async ({ audit, staff, by, at, known }, { body }) => {
      const [cycle, reviewer] = await Promise.all([
        readCycle(store, audit.employerId),
        reviewerNow(store, staff, audit.reviewerId),
      ]);
      const basis = { ruleSet: rulesOf(audit).ruleSet, dates: queueDatesOf(audit, cycle), reviewer, known };
      const change = reopenAudit(audit, body.reason, basis, by, at);
      if (isRefusal(change)) return change;
      const kept = change.audit.reviewerId === undefined ? undefined : reviewer;
      return {
        ...change,
        cycle: reopenInCycle(cycle, audit, at),
        replace: kept === undefined ? [] : [withOpenReviews(kept, 1)],
      };
    },
    (_, { audit }) => auditEntry(audit),
  );
}
