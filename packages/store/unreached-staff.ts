import { createHash } from 'node:crypto';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Item, Key, Store } from './table.ts';

/** That mail to one of the partner's own people failed: to which address, by its digest, since when (ISO, UTC), and why. */
type Unreached = {
  readonly personId: string;
  readonly address: string;
  readonly since: string;
  readonly reason: string;
};

/** All are in one partition: a partner has few people. */
const unreached = 'UNREACHED-STAFF';

function keyOf(personId: string): Key {
  return { pk: unreached, sk: `PERSON#${personId}` };
}

/** The digest of an address. The address itself is only on the person's item; the digest is enough to recognise it. */
function digestOf(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}

/** Records that mail to somebody of the partner's staff failed for good at this address. May come twice. */
export async function recordUnreachedStaff(
  store: Store,
  { personId, email, since, reason }: Omit<Unreached, 'address'> & { readonly email: string },
): Promise<void> {
  const body: Unreached = { personId, address: digestOf(email), since, reason };
  const Item: Item<Unreached> = { ...keyOf(personId), kind: 'unreached staff', body };
  await store.client.send(new PutCommand({ TableName: store.table, Item }));
}

/** The staff whom mail reaches: all except those whose present address has failed, whoever of them got the letter. */
export async function reachedStaff<P extends { readonly email: string }>(
  store: Store,
  people: readonly P[],
): Promise<P[]> {
  if (people.length === 0) return [];
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :unreached',
      ExpressionAttributeValues: { ':unreached': unreached },
      ConsistentRead: true,
    }),
  );
  const failed = new Set(Items.map(({ body }) => (body as Unreached).address));
  return people.filter(({ email }) => !failed.has(digestOf(email)));
}
