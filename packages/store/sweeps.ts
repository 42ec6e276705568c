import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Item, readBody, type Store } from './table.ts';

const key = { pk: 'SWEEP', sk: 'LAST' };

type Sweep = { readonly at: string };

/**
 * Records that a sweep completed everything that was due at an instant (ISO, UTC). If a later sweep is recorded, that one stays.
 */
export async function recordSweep(store: Store, at: string): Promise<void> {
  const item: Item<Sweep> = { ...key, kind: 'sweep', body: { at } };
  const put = new PutCommand({
    TableName: store.table,
    Item: item,
    ConditionExpression: 'attribute_not_exists(pk) OR #body.#at <= :at',
    ExpressionAttributeNames: { '#body': 'body', '#at': 'at' },
    ExpressionAttributeValues: { ':at': at },
  });
  await store.client.send(put).catch((error) => {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  });
}

/**
 * The instant (ISO, UTC) of the last complete sweep.
 *
 * @param now used while no sweep is recorded, after a first deployment: the wait for the first sweep counts from then
 */
export async function lastSweep(store: Store, now: string): Promise<string> {
  const known = await readBody<Sweep>(store, key);
  if (known !== undefined) return known.at;
  await recordSweep(store, now);
  return now;
}
