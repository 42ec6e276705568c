import { BatchGetCommand, type BatchGetCommandInput, type BatchGetCommandOutput } from '@aws-sdk/lib-dynamodb';
import type { Key, Store } from './table.ts';

/** Which attributes of the items are read, beside their keys: paths within the body. */
type Parts = readonly string[];
type Asked = NonNullable<BatchGetCommandInput['RequestItems']>;
type Answered = Pick<BatchGetCommandOutput, 'Responses' | 'UnprocessedKeys'>;
type Found = { readonly pk: string; readonly sk: string; readonly body: unknown };

/** What DynamoDB takes in one call. */
const keysAtOnce = 100;
const attempts = 6;
const firstPauseMs = 10;

/** Where an item lies, as one text. */
export function placeOf({ pk, sk }: Key): string {
  return `${pk} ${sk}`;
}

/**
 * Reads the bodies of items by their places, or the named parts of them: one call for up to 100. No two keys may be equal. The read
 * may be a moment behind, as a list is.
 *
 * @throws Error when DynamoDB leaves keys unread six times
 */
export async function readBodies(store: Store, keys: readonly Key[], parts?: Parts): Promise<Map<string, unknown>> {
  const batches = Array.from({ length: Math.ceil(keys.length / keysAtOnce) }, (_, index) =>
    readBatch(store, keys.slice(index * keysAtOnce, (index + 1) * keysAtOnce), parts),
  );
  const found = (await Promise.all(batches)).flat();
  return new Map(found.map(({ pk, sk, body }) => [placeOf({ pk, sk }), body]));
}

/** Reads one batch, and again what DynamoDB has left unread, after a random pause that doubles each time. */
async function readBatch({ client, table }: Store, keys: readonly Key[], parts?: Parts): Promise<Found[]> {
  const found: Found[] = [];
  const projection = parts === undefined ? {} : projectionOf(parts);
  let asked: Asked = { [table]: { Keys: keys.map(({ pk, sk }) => ({ pk, sk })), ...projection } };
  for (let attempt = 1; ; attempt += 1) {
    const { Responses = {}, UnprocessedKeys = {} }: Answered = await client.send(
      new BatchGetCommand({ RequestItems: asked }),
    );
    found.push(...((Responses[table] ?? []) as Found[]));
    const left = UnprocessedKeys[table]?.Keys?.length ?? 0;
    if (left === 0) return found;
    if (attempt === attempts)
      throw new Error(`DynamoDB left ${left} of ${keys.length} items unread, ${attempts} times. Call again later.`);
    asked = UnprocessedKeys;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * firstPauseMs * 2 ** attempt));
  }
}

function projectionOf(parts: Parts) {
  return {
    ProjectionExpression: ['pk', 'sk', ...parts.map((part) => `#body.#${part}`)].join(', '),
    ExpressionAttributeNames: { '#body': 'body', ...Object.fromEntries(parts.map((part) => [`#${part}`, part])) },
  };
}
