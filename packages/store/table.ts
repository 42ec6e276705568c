import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';

/** The one table and the client that reaches it. */
export type Store = { readonly client: DynamoDBDocumentClient; readonly table: string };

/** The key of an item. */
export type Key = { readonly pk: string; readonly sk: string };

/** The form of every item: its key, its kind, its content, and its keys in the indexes. */
export type Item<T> = Key & {
  readonly kind: string;
  readonly body: T;
  /** Only on aggregates: every change raises it by one. */
  readonly version?: number;
  readonly gsi1pk?: string;
  readonly gsi1sk?: string;
};

export const listIndex = 'GSI1';

/** Entries on one page of a list. */
export const pageSize = 50;

/** Opens the table; endpoint, region and credentials come from the environment. */
export function openStore(table: string, client = new DynamoDBClient({})): Store {
  return {
    client: DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
    table,
  };
}

/** Numbers in sort keys are padded so that their order as text is their order as numbers. */
export function padded(number: number): string {
  return String(number).padStart(6, '0');
}

/** The content of one item as it is now (a consistent read), or undefined. */
export async function readBody<T>(store: Store, key: Key): Promise<T | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.table, Key: { pk: key.pk, sk: key.sk }, ConsistentRead: true }),
  );
  return Item?.body as T | undefined;
}

/** All items that a query finds, page after page. */
export async function* itemsOf(store: Store, query: Omit<QueryCommandInput, 'TableName'>) {
  const pages = paginateQuery({ client: store.client }, { TableName: store.table, ...query });
  for await (const { Items = [] } of pages) yield* Items;
}

/** The shard of a subject: always the same for the same number of shards. */
export function shardOf(subject: string, shards: number): number {
  let sum = 0;
  for (const character of subject) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return sum % shards;
}
