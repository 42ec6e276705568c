import { BatchGetCommand, type BatchGetCommandInput, type BatchGetCommandOutput } from '@aws-sdk/lib-dynamodb';
import { assessorKey, employerKey, reviewerKey } from './people.ts';
import type { Key, Store } from './table.ts';

/** The ids of those whose names a list shows; one id may come several times. */
export type Named = {
  readonly employerIds?: readonly string[];
  readonly assessorIds?: readonly string[];
  readonly reviewerIds?: readonly string[];
};

/** Names by id, as they are recorded now; the id itself where there is no record. */
export type Names = {
  legalName(employerId: string): string;
  assessorName(assessorId: string): string;
  reviewerName(reviewerId: string): string;
};

type Asked = NonNullable<BatchGetCommandInput['RequestItems']>;
type Answered = Pick<BatchGetCommandOutput, 'Responses' | 'UnprocessedKeys'>;

/** What DynamoDB takes in one call. */
const keysAtOnce = 100;
const attempts = 6;
const firstPauseMs = 10;

/**
 * Reads the names of people and companies, each once: one call for up to 100. The read may be a moment behind, as a list is.
 *
 * @throws Error when DynamoDB leaves keys unread six times
 */
export async function readNames(store: Store, named: Named): Promise<Names> {
  const { employerIds = [], assessorIds = [], reviewerIds = [] } = named;
  const keys = [
    ...[...new Set(employerIds)].map(employerKey),
    ...[...new Set(assessorIds)].map(assessorKey),
    ...[...new Set(reviewerIds)].map(reviewerKey),
  ];
  const batches = Array.from({ length: Math.ceil(keys.length / keysAtOnce) }, (_, index) =>
    readBatch(store, keys.slice(index * keysAtOnce, (index + 1) * keysAtOnce)),
  );
  const found = new Map((await Promise.all(batches)).flat());
  const nameAt = (key: Key, id: string) => found.get(placeOf(key)) ?? id;
  return {
    legalName: (id) => nameAt(employerKey(id), id),
    assessorName: (id) => nameAt(assessorKey(id), id),
    reviewerName: (id) => nameAt(reviewerKey(id), id),
  };
}

function placeOf({ pk, sk }: Key): string {
  return `${pk} ${sk}`;
}

/** Reads the names of one batch, and again what DynamoDB has left unread, after a random pause that doubles each time. */
async function readBatch({ client, table }: Store, keys: readonly Key[]): Promise<[place: string, name: string][]> {
  const names: [string, string][] = [];
  let asked: Asked = {
    [table]: {
      Keys: keys.map(({ pk, sk }) => ({ pk, sk })),
      ProjectionExpression: 'pk, sk, #body.#legalName, #body.#name',
      ExpressionAttributeNames: { '#body': 'body', '#legalName': 'legalName', '#name': 'name' },
    },
  };
  for (let attempt = 1; ; attempt += 1) {
    const { Responses = {}, UnprocessedKeys = {} }: Answered = await client.send(
      new BatchGetCommand({ RequestItems: asked }),
    );
    for (const { pk, sk, body } of Responses[table] ?? [])
      names.push([placeOf({ pk, sk }), body.legalName ?? body.name]);
    const left = UnprocessedKeys[table]?.Keys?.length ?? 0;
    if (left === 0) return names;
    if (attempt === attempts)
      throw new Error(`DynamoDB left ${left} of ${keys.length} names unread, ${attempts} times. Call again later.`);
    asked = UnprocessedKeys;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * firstPauseMs * 2 ** attempt));
  }
}
