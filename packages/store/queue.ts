import { type Audit, currentRevision, type QueueDates, type RevisionSummary } from '@secor/certification';
import { type ListedAudit, listedAudit } from './aggregates.ts';
import { type Item, itemsOf, type Key, listIndex, pageSize, type Store } from './table.ts';

/** An audit in the review queue, as it is now: its facts are copied, with its version; names are not. */
export type QueueEntry = ListedAudit &
  QueueDates & {
    /** Its place in the order of the queue. */
    readonly position: string;
    readonly reviewerId?: string;
    /** Revisions that were requested so far. */
    readonly round: number;
    /** Whether the documents of the current revision can be opened. */
    readonly layout?: RevisionSummary['layout'];
  };

/** A part of the queue: the audits of one reviewer, or those without a reviewer. */
export type QueuePart = { readonly reviewerId: string } | 'nobody';

/** A selection of the queue. */
export type QueueSelection = {
  /** These parts only; all of the queue when absent. */
  readonly parts?: readonly QueuePart[];
  readonly state?: Audit['state'];
  /** A business date: only what arrived on a day before it. */
  readonly arrivedBefore?: string;
  /** Employers whose unassigned audits are left out. */
  readonly withoutEmployers?: readonly string[];
  /** Assessors whose unassigned audits are left out. */
  readonly withoutAssessors?: readonly string[];
};

const queue = 'QUEUE';

function partition(part: QueuePart): string {
  return part === 'nobody' ? 'QUEUE#NOBODY' : `QUEUE#REVIEWER#${part.reviewerId}`;
}

/** The key of a queue entry, to be removed when its audit leaves the queue. */
export function queueEntryKey(position: string): Key {
  return { pk: queue, sk: position };
}

/** The entry of an audit that has a place in the queue; no item for one that has none. */
export function queueEntryItems(audit: Audit): Item<QueueEntry>[] {
  const { reviewerId, rounds: round, queuePosition: position, queueDates } = audit;
  if (position === undefined || queueDates === undefined) return [];
  const held = reviewerId === undefined ? {} : { reviewerId };
  const current = currentRevision(audit);
  const prepared = current === undefined ? {} : { layout: current.layout };
  return [
    {
      ...queueEntryKey(position),
      kind: 'queue entry',
      body: { ...listedAudit(audit), ...held, ...queueDates, round, ...prepared, position },
      gsi1pk: partition(reviewerId === undefined ? 'nobody' : { reviewerId }),
      gsi1sk: position,
    },
  ];
}

/**
 * Reads entries in their order, page by page on demand. The whole queue is a consistent read; a part comes from the list index.
 */
async function* entriesOf(
  store: Store,
  part: QueuePart | 'all',
  { after, state, limit }: { after?: string | undefined; state?: Audit['state'] | undefined; limit?: number },
): AsyncGenerator<QueueEntry> {
  const [pk, sk, place] =
    part === 'all'
      ? (['pk', 'sk', { ConsistentRead: true }] as const)
      : (['gsi1pk', 'gsi1sk', { IndexName: listIndex }] as const);
  const items = itemsOf(store, {
    ...place,
    KeyConditionExpression: after === undefined ? `${pk} = :queue` : `${pk} = :queue AND ${sk} > :after`,
    ...(state === undefined
      ? {}
      : {
          FilterExpression: '#body.#state = :state',
          ExpressionAttributeNames: { '#body': 'body', '#state': 'state' },
        }),
    ExpressionAttributeValues: {
      ':queue': part === 'all' ? queue : partition(part),
      ...(after === undefined ? {} : { ':after': after }),
      ...(state === undefined ? {} : { ':state': state }),
    },
    // With a filter, DynamoDB's limit would also count the entries that the filter leaves out.
    ...(limit === undefined || state !== undefined ? {} : { Limit: limit }),
  });
  for await (const { body } of items) yield body as QueueEntry;
}

/** Entries of several parts, each in its order, as one list in that order. */
async function* merged(parts: readonly AsyncGenerator<QueueEntry>[]): AsyncGenerator<QueueEntry> {
  const heads = await Promise.all(parts.map(async (part) => ({ part, next: await part.next() })));
  for (;;) {
    const [first] = heads
      .flatMap((head) => (head.next.done === true ? [] : [{ head, entry: head.next.value }]))
      .toSorted((a, b) => (a.entry.position < b.entry.position ? -1 : 1));
    if (first === undefined) return;
    yield first.entry;
    first.head.next = await first.head.part.next();
  }
}

async function* selected(
  store: Store,
  { parts, state, arrivedBefore, withoutEmployers = [], withoutAssessors = [] }: QueueSelection,
  from: { after?: string | undefined; limit?: number } = {},
): AsyncGenerator<QueueEntry> {
  const sources = (parts ?? ['all' as const]).map((part) => entriesOf(store, part, { ...from, state }));
  for await (const entry of merged(sources)) {
    // A position is never later than the day of arrival, so all further entries arrived later.
    if (arrivedBefore !== undefined && entry.position >= arrivedBefore) return;
    const isMeant = arrivedBefore === undefined || entry.arrivedOn < arrivedBefore;
    const isLeftOut =
      entry.reviewerId === undefined &&
      (withoutEmployers.includes(entry.employerId) || withoutAssessors.includes(entry.assessorId));
    if (isMeant && !isLeftOut) yield entry;
  }
}

/**
 * A page of the review queue in its order, full if the selection has enough entries. A closed audit has no entry, so the cost
 * does not grow with the number of closed audits. `after` is the `next` of the page before: a position.
 */
export async function listQueue(
  store: Store,
  selection: QueueSelection = {},
  after?: string,
): Promise<{ entries: QueueEntry[]; next?: string }> {
  const entries: QueueEntry[] = [];
  // One entry more than the page holds shows that there is a next page.
  for await (const entry of selected(store, selection, { after, limit: pageSize + 1 })) {
    const last = entries.at(-1);
    if (entries.length === pageSize && last !== undefined) return { entries, next: last.position };
    entries.push(entry);
  }
  return { entries };
}

/** All entries of a selection, in their order: as many as there are open audits in it. */
export async function readQueue(store: Store, selection: QueueSelection = {}): Promise<QueueEntry[]> {
  return Array.fromAsync(selected(store, selection));
}
