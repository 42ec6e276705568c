import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import {
  type Assessor,
  type AssessorChange,
  type Audit,
  type AuditChange,
  assessorSubject,
  auditSubject,
  type Count,
  type Cycle,
  type CycleChange,
  cycleSubject,
  type DomainEvent,
  type Employer,
  LimitReached,
  type Review,
  type SessionChange,
  type WcbAccount,
} from '@secor/certification';
import { type AnsweredCall, Conflict, queuesFor } from '@secor/contracts';
import { auditItem, auditKey, cycleItem, cycleKey, employersEntryItem, reviewItem } from './aggregates.ts';
import { binderEntryItems } from './binders.ts';
import { countWrite } from './counters.ts';
import { dueCheckItem, dueCheckKey } from './due-checks.ts';
import { eventItem } from './history.ts';
import { AlreadyAnswered, keepAnswer } from './idempotency.ts';
import { outboxItem } from './outbox.ts';
import { actingKeys, assessorItem, assessorKey, employerItem, signedActing } from './people.ts';
import { queueEntryItems } from './queue.ts';
import { registerItem } from './register.ts';
import { foldText, searchChange, searchItem } from './search.ts';
import { sessionItem } from './sessions.ts';
import type { Item, Key, Store } from './table.ts';
import { wcbAccountItem } from './wcb-accounts.ts';

/**
 * One change of state, as one transaction: the aggregates with their events and outbox items, and other items that it creates. It
 * also writes the entries in lists that follow from them: of the audit for its employer, for administrators, as a binder, and in
 * the queue while it has a place there; of certificates in the register; and what an employer is found by.
 */
export type Changes = {
  /** When the request or message that causes the change was sent: ISO, UTC. The outbox's age counts from it. */
  readonly at: string;
  readonly audit?: AuditChange;
  readonly cycle?: CycleChange | undefined;
  /** The employer's data after the change; the change of its cycle has the event. */
  readonly employer?: Employer;
  /** The employer before the change, by whose names it was found; absent for a new one. */
  readonly employerBefore?: Employer;
  /** The WCB accounts that the employer took and left. */
  readonly wcbAccounts?: readonly WcbAccount[];
  readonly assessor?: AssessorChange | undefined;
  readonly session?: SessionChange;
  /** What reviewers have written after the change of the audit. */
  readonly review?: Review | undefined;
  /** The audit as it was read, when the change depends on it but does not change it. */
  readonly auditUnchanged?: Audit;
  /** The cycle as it was read, when the change depends on it but does not change it. */
  readonly cycleUnchanged?: Cycle;
  /** The assessor as they were read, when the change depends on their status. */
  readonly assessorUnchanged?: Assessor;
  /** Items that must not exist yet: their keys make sure that an effect happens only once. */
  readonly create?: readonly Item<unknown>[];
  /** Versioned items that are replaced; the stored version must be the one before. */
  readonly replace?: readonly (Item<unknown> & { readonly version: number })[];
  /** Items without a version that are replaced; the stored body must still be the one that was read (undefined: none). */
  readonly replaceUnversioned?: readonly { readonly item: Item<unknown>; readonly before: unknown }[];
  readonly remove?: readonly Key[];
  /** The call that causes the change with its answer, when its caller may repeat it. */
  readonly idempotency?: AnsweredCall | undefined;
  /**
   * What the change counts towards, each at `at`; no two with the same limit and subject. If one limit is reached, the whole
   * change is refused.
   */
  readonly counts?: readonly Count[];
};

type Writes = NonNullable<TransactWriteCommandInput['TransactItems']>;

const retriable: ReadonlySet<string | undefined> = new Set([
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/**
 * Commits a change of state in one transaction, which checks that every version is still the one that was read, and creates every
 * event and outbox item. Throws Conflict when another write was faster, AlreadyAnswered when that was the same call, LimitReached
 * when it would exceed a limit.
 */
export async function commit(store: Store, changes: Changes): Promise<void> {
  const { at, audit, cycle, employer, assessor, session, review, idempotency } = changes;
  const {
    auditUnchanged,
    cycleUnchanged,
    assessorUnchanged,
    wcbAccounts = [],
    create = [],
    replace = [],
    replaceUnversioned = [],
    remove = [],
    counts = [],
  } = changes;
  const TableName = store.table;
  const absent = 'attribute_not_exists(pk)';
  const put = (item: Item<unknown>): Writes[number] => ({
    Put: { TableName, Item: item, ConditionExpression: absent },
  });
  const putVersion = (item: Item<unknown> & { version: number }): Writes[number] =>
    item.version === 1
      ? put(item)
      : {
          Put: {
            TableName,
            Item: item,
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': item.version - 1 },
          },
        };
  const events: readonly DomainEvent[] = [
    ...(audit?.events ?? []),
    ...(cycle?.events ?? []),
    ...(assessor?.events ?? []),
    ...(session?.events ?? []),
  ];
  const searched = searchChangeOf(changes);
  const published = events.filter((event) => queuesFor(event.type).length > 0);
  const writes: Writes = [
    ...(idempotency === undefined ? [] : [keepAnswer(TableName, idempotency, at)]),
    ...counts.map((count) => countWrite(TableName, count, at)),
    ...(audit === undefined ? [] : [putVersion(auditItem(audit.audit))]),
    // The checks of the versions of the audit, the cycle and the employer also protect these entries.
    ...entriesOf(changes).map((Item) => ({ Put: { TableName, Item } })),
    ...(auditUnchanged === undefined
      ? []
      : [unchanged(TableName, auditKey(auditUnchanged.auditNumber), auditUnchanged)]),
    ...(cycle === undefined ? [] : [putVersion(cycleItem(cycle.cycle))]),
    ...(cycleUnchanged === undefined
      ? []
      : [unchanged(TableName, cycleKey(cycleUnchanged.employerId), cycleUnchanged)]),
    ...(employer === undefined ? [] : [putVersion(employerItem(employer))]),
    ...wcbAccounts.map(wcbAccountItem).map(putVersion),
    ...(assessor === undefined ? [] : [putVersion(assessorItem(assessor.assessor))]),
    ...(assessorUnchanged === undefined
      ? []
      : [unchanged(TableName, assessorKey(assessorUnchanged.assessorId), assessorUnchanged)]),
    ...(session === undefined ? [] : [putVersion(sessionItem(session.session))]),
    ...dueCheckWrites(TableName, changes),
    ...actings(TableName, assessor),
    ...replace.map(putVersion),
    ...replaceUnversioned.map(({ item, before }) =>
      before === undefined ? put(item) : putInPlace(TableName, item, before),
    ),
    ...(review === undefined ? [] : [{ Put: { TableName, Item: reviewItem(review) } }]),
    ...[...create, ...events.map(eventItem), ...published.map((event) => outboxItem(event, at))].map(put),
    ...[...remove, ...searched.remove].map(({ pk, sk }) => ({ Delete: { TableName, Key: { pk, sk } } })),
  ];
  try {
    await store.client.send(new TransactWriteCommand({ TransactItems: writes }));
  } catch (error) {
    if (error instanceof TransactionCanceledException) {
      // DynamoDB lists the reasons in the order of the writes.
      const failed = (index: number) => error.CancellationReasons?.[index]?.Code === 'ConditionalCheckFailed';
      const firstCount = idempotency === undefined ? 0 : 1;
      if (firstCount === 1 && failed(0)) throw new AlreadyAnswered();
      // A count never falls, so no other change can have made room meanwhile.
      const full = counts.find((_, index) => failed(firstCount + index));
      if (full !== undefined) throw new LimitReached(full, at);
      const reasons = (error.CancellationReasons ?? []).map((reason) => reason.Code).filter((code) => code !== 'None');
      if (reasons.length > 0 && reasons.every((code) => retriable.has(code))) throw new Conflict();
    }
    throw error;
  }
}

/** The entries of what was changed in lists: of an audit, of certificates in the register, and of what an employer is found by. */
function entriesOf(changes: Changes): readonly Item<unknown>[] {
  const { audit, cycle } = changes;
  return [
    ...(audit === undefined
      ? []
      : [employersEntryItem(audit.audit), ...queueEntryItems(audit.audit), ...binderEntryItems(audit.audit)]),
    ...(cycle?.registered ?? []).map(registerItem),
    ...searchChangeOf(changes).put,
  ];
}

/** What an employer and its certificates are found by, as the change leaves it. */
function searchChangeOf({ employer, employerBefore, cycle }: Changes): ReturnType<typeof searchChange> {
  const { put, remove } = employer === undefined ? { put: [], remove: [] } : searchChange(employer, employerBefore);
  const issued = (cycle?.events ?? []).flatMap((event) =>
    event.type === 'certificate issued'
      ? [searchItem(foldText(event.data.certificateNumber), cycle?.cycle.employerId ?? '')]
      : [],
  );
  return { put: [...put, ...issued], remove };
}

function putInPlace(TableName: string, item: Item<unknown>, before: unknown): Writes[number] {
  return {
    Put: {
      TableName,
      Item: item,
      ConditionExpression: '#body = :before',
      ExpressionAttributeNames: { '#body': 'body' },
      ExpressionAttributeValues: { ':before': before },
    },
  };
}

function unchanged(TableName: string, { pk, sk }: Key, { version }: { readonly version: number }): Writes[number] {
  const condition =
    version === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#version = :seen',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':seen': version },
        };
  return { ConditionCheck: { TableName, Key: { pk, sk }, ...condition } };
}

/** Moves the sweep's entries of the changed subjects; the checks of the subjects' versions protect them. */
function dueCheckWrites(TableName: string, { audit, cycle, assessor }: Changes): Writes {
  const moved = [
    ...(audit === undefined ? [] : [{ subject: auditSubject(audit.audit.auditNumber), of: audit, now: audit.audit }]),
    ...(cycle === undefined ? [] : [{ subject: cycleSubject(cycle.cycle.employerId), of: cycle, now: cycle.cycle }]),
    ...(assessor === undefined
      ? []
      : [{ subject: assessorSubject(assessor.assessor.assessorId), of: assessor, now: assessor.assessor }]),
  ];
  return moved.flatMap(({ subject, of: { previousCheckOn }, now: { nextCheckOn } }): Writes => {
    if (previousCheckOn === nextCheckOn) return [];
    return [
      ...(previousCheckOn === undefined
        ? []
        : [{ Delete: { TableName, Key: dueCheckKey({ subject, day: previousCheckOn }) } }]),
      ...(nextCheckOn === undefined ? [] : [{ Put: { TableName, Item: dueCheckItem({ subject, day: nextCheckOn }) } }]),
    ];
  });
}

/**
 * Updates the list of those who act for an employer, in its partition; the check of the assessor's version protects the entries.
 */
function actings(TableName: string, change: AssessorChange | undefined): Writes {
  if (change === undefined) return [];
  const { added, removed } = signedActing(change);
  return [
    ...actingKeys(change.assessor.assessorId, added).map((key) => ({
      Put: { TableName, Item: { ...key, kind: 'acting assessor', body: { assessorId: change.assessor.assessorId } } },
    })),
    ...actingKeys(change.assessor.assessorId, removed).map((Key) => ({ Delete: { TableName, Key } })),
  ];
}

const attempts = 10;

/**
 * Runs a step that reads, decides and commits. After a Conflict it runs the step again, up to ten times, with a random pause that
 * grows to half a second. Then it throws the last Conflict.
 */
export async function retryingConflicts<T>(step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attempts) throw error;
      const ceiling = Math.min(500, 10 * 2 ** attempt);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * ceiling));
    }
  }
}
