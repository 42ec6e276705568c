import {
  type Actor,
  type Audit,
  type AuditChange,
  type Cycle,
  type CycleChange,
  isRefusal,
  mayNotReview,
  type Refusal,
  type Review,
  type Reviewer,
  type Revision,
  type Trace,
} from '@secor/certification';
import { type AnswerOf, Conflict, type EndpointName } from '@secor/contracts';
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
} from '@secor/store';
import { reviewableAudit } from '../shared/access.ts';
import { type Staff, staffOf } from '../shared/callers.ts';
import { requireSameVersion } from '../shared/same-version.ts';
import type { Dependencies } from './dependencies.ts';
import { revisionOf } from './revision.ts';

type Person = Extract<Actor, { personId: string }>;

/** The endpoints that change an audit under review: each names the audit, and the version that the caller saw. */
type StepName = Exclude<
  { [N in EndpointName]: Call<N>['parameters'] extends { auditNumber: string } ? N : never }[EndpointName],
  'readAudit' | 'readReview' | 'readDocumentLink' | 'readChanges' | 'readReport' | 'issueLink'
>;

/** What a step starts from: the audit as it is now, and who takes the step. */
export type StepContext = {
  readonly audit: Audit;
  readonly staff: Staff;
  readonly by: Person;
  readonly at: string;
  /** What is recorded of the staff and of those whom the audit is about. */
  readonly known: readonly Trace[];
};
/** What has changed; `replace`: the reviewers with their counts, where the step moves the audit between them. */
export type Stepped = AuditChange & { readonly review?: Review } & Pick<Changes, 'replace' | 'remove' | 'cycle'>;

/**
 * A step of the review: reads, decides by the program's rules, and commits in one transaction; again when another write
 * was faster. 412 when the audit is not the one that the caller saw, 409 when the rules refuse. `barred` tells who may not.
 */
export function step<N extends StepName, S extends Stepped = Stepped>(
  { store }: Dependencies,
  decide: (context: StepContext, call: Call<N>) => Promise<S | Refusal> | S | Refusal,
  answer: (context: StepContext, changed: S, call: Call<N>) => Promise<AnswerOf<N>> | AnswerOf<N>,
  barred: typeof mayNotReview = mayNotReview,
): EndpointHandler<N> {
  return async (call) => {
    const { auditNumber } = call.parameters as { auditNumber: string };
    const { at } = call;
    return retryingConflicts(async () => {
      const staff = await staffOf(store, call.caller);
      const { role, personId } = staff;
      const visible = await reviewableAudit(store, staff, auditNumber);
      const audit = requireSameVersion(['audit', auditNumber], visible.audit, call.ifMatch);
      const known = await visible.readTraces();
      const context: StepContext = { audit, staff, by: { role, personId }, at, known };
      const changed = barred(audit, staff, known) ?? (await decide(context, call));
      if (isRefusal(changed)) throw refusalProblem(changed);
      const given = await answer(context, changed, call);
      const { audit: next, events, previousCheckOn, ...effects } = changed;
      const change = { audit: next, events, previousCheckOn };
      await commit(store, { ...effects, at, audit: change, idempotency: call.idempotency(given) });
      return given;
    });
  };
}

/** A reviewer as they are now: read already when it is they who call. */
export async function readReviewerOnDesk(
  store: Store,
  { reviewer }: Staff,
  id: string | undefined,
): Promise<Reviewer | undefined> {
  if (id === undefined) return undefined;
  return reviewer?.reviewerId === id ? reviewer : readReviewer(store, id);
}

/** The revision that is up for review, and what has been written on it. */
export function readRevisionAndReview(store: Store, audit: Audit): Promise<[Revision, Review]> {
  return Promise.all([revisionOf(store, audit), readReview(store, audit.auditNumber)]);
}

/** A change that takes an audit off the desk: out of the queue, off its reviewer's count, and as `inCycle` has it out of the employer's cycle. */
export async function leaveDesk<C extends AuditChange>(
  store: Store,
  { audit, staff }: StepContext,
  change: C | Refusal,
  inCycle: (cycle: Cycle, change: C) => CycleChange | Refusal,
): Promise<(C & Pick<Changes, 'replace' | 'remove' | 'cycle'>) | Refusal> {
  if (isRefusal(change)) return change;
  const [cycle, reviewer] = await Promise.all([
    readCycle(store, audit.employerId),
    readReviewerOnDesk(store, staff, audit.reviewerId),
  ]);
  // Another end of the audit came between the two reads: a second one would stand on what is not so.
  const known = cycle.audits.find(({ auditNumber }) => auditNumber === audit.auditNumber);
  if (known?.outcome !== undefined) throw new Conflict();
  const changed = inCycle(cycle, change);
  return isRefusal(changed) ? changed : { ...change, cycle: changed, ...offDesk(audit, reviewer) };
}
