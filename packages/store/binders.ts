import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Audit, Binder } from '@secor/certification';
import { type ListedAudit, listedAudit } from './aggregates.ts';
import { type Item, listIndex, pageSize, type Store } from './table.ts';

/** An audit that came by mail, in the list of binders. */
export type ListedBinder = ListedAudit & { readonly binder: Binder };

const binders = 'BINDERS';
/** Those whose package nobody has entered yet, and those that have had one. */
const lists = { waiting: 'BINDERS#WAITING', entered: 'BINDERS#ENTERED' } as const;

/**
 * The entry of an audit that came in a binder, by the day of its receipt; none for another one. One that ended before a package was
 * entered is in neither of the two parts.
 */
export function binderEntryItems(audit: Audit): Item<ListedBinder>[] {
  const { auditNumber, binder, state, revision } = audit;
  if (binder === undefined) return [];
  const sk = `${binder.receivedOn}#${auditNumber}`;
  const part = revision > 0 ? lists.entered : state === 'registered' ? lists.waiting : undefined;
  return [
    {
      pk: binders,
      sk,
      kind: 'binder entry',
      body: { ...listedAudit(audit), binder },
      ...(part === undefined ? {} : { gsi1pk: part, gsi1sk: sk }),
    },
  ];
}

/**
 * A page of the binders: all and those that were entered, newest receipt first; those that wait to be entered, oldest first. A part
 * is read from the list index, which may be a moment behind. `after` is the `next` of the page before.
 */
export async function listBinders(
  store: Store,
  part: keyof typeof lists | 'all',
  after?: string,
): Promise<{ binders: ListedBinder[]; next?: string }> {
  const isOldestFirst = part === 'waiting';
  const [pk, sk, place] =
    part === 'all'
      ? (['pk', 'sk', { ConsistentRead: true }] as const)
      : (['gsi1pk', 'gsi1sk', { IndexName: listIndex }] as const);
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      ...place,
      KeyConditionExpression: `${pk} = :list${after === undefined ? '' : ` AND ${sk} ${isOldestFirst ? '>' : '<'} :after`}`,
      ExpressionAttributeValues: {
        ':list': part === 'all' ? binders : lists[part],
        ...(after === undefined ? {} : { ':after': after }),
      },
      ScanIndexForward: isOldestFirst,
      Limit: pageSize,
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.sk) };
  return { binders: Items.map(({ body }) => body as ListedBinder), ...next };
}
