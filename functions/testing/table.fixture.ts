import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Store } from '@secor/store';
import { type Placeholders, project, readCondition, update } from './expression.ts';

type Item = { readonly pk: string; readonly sk: string; readonly [name: string]: unknown };
type Write = Placeholders & {
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
};
type Query = Placeholders & {
  readonly IndexName?: string;
  readonly KeyConditionExpression: string;
  readonly FilterExpression?: string;
  readonly ScanIndexForward?: boolean;
  readonly ExclusiveStartKey?: Item;
  readonly Limit?: number;
};
type Batch = {
  readonly RequestItems: Readonly<
    Record<string, Placeholders & { readonly Keys: readonly Item[]; readonly ProjectionExpression?: string }>
  >;
};
type Kind = 'Put' | 'Delete' | 'ConditionCheck' | 'Update';
type Command = { readonly constructor: { readonly name: string }; readonly input: unknown };

const keyOf = ({ pk, sk }: Item) => `${pk}|${sk}`;

/** A table in memory: conditions, updates and queries as DynamoDB has them, as far as the store uses them. */
export function tableInMemory(): { readonly store: Store; readonly items: ReadonlyMap<string, Item> } {
  const items = new Map<string, Item>();

  const targetOf = ({ Item, Key }: Write): Item => {
    const target = Item ?? Key;
    if (target === undefined) throw new Error('The write names no item.');
    return target;
  };

  const holds = (write: Write): boolean => {
    if (write.ConditionExpression === undefined) return true;
    return readCondition(write.ConditionExpression, write)(items.get(keyOf(targetOf(write))));
  };

  const carryOut = (kind: Kind, write: Write): void => {
    const target = targetOf(write);
    const key = keyOf(target);
    if (kind === 'Put') items.set(key, stored(target));
    if (kind === 'Delete') items.delete(key);
    if (kind === 'Update')
      items.set(key, stored(update(items.get(key) ?? target, write.UpdateExpression ?? '', write)));
  };

  const writeOne = (kind: Kind, write: Write) => {
    if (!holds(write)) throw new ConditionalCheckFailedException({ message: 'it is not so', $metadata: {} });
    carryOut(kind, write);
    return {};
  };

  const transact = (writes: readonly Partial<Record<Kind, Write>>[]) => {
    const each = writes.flatMap((write) => Object.entries(write) as [Kind, Write][]);
    const keys = each.map(([, write]) => keyOf(targetOf(write)));
    if (new Set(keys).size < keys.length || keys.length > 100)
      throw new Error('A transaction writes at most 100 items, each of them once.');
    const reasons = each.map(([, write]) => ({ Code: holds(write) ? 'None' : 'ConditionalCheckFailed' }));
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: reasons });
    for (const [kind, write] of each) carryOut(kind, write);
    return {};
  };

  const query = (input: Query) => {
    const sort = input.IndexName === undefined ? 'sk' : 'gsi1sk';
    const isAsked = readCondition(input.KeyConditionExpression, input);
    const isLet = input.FilterExpression === undefined ? () => true : readCondition(input.FilterExpression, input);
    const direction = input.ScanIndexForward === false ? -1 : 1;
    const found = [...items.values()]
      .filter(isAsked)
      .toSorted((a, b) => direction * Buffer.compare(Buffer.from(String(a[sort])), Buffer.from(String(b[sort]))));
    const start = input.ExclusiveStartKey;
    // An item that has gone meanwhile has left its place.
    const isBehind = (item: Item) => String(item[sort]) > String(start?.[sort]);
    const place = start === undefined ? -1 : found.findIndex((item) => keyOf(item) === keyOf(start));
    const from = start === undefined || place >= 0 ? place + 1 : found.findIndex(isBehind);
    const page = found.slice(from, from + (input.Limit ?? found.length));
    return {
      Items: page.filter(isLet),
      ...(from + page.length < found.length ? { LastEvaluatedKey: page.at(-1) } : {}),
    };
  };

  const readBatch = ({ RequestItems }: Batch) => {
    const asked = Object.entries(RequestItems);
    const keys = asked.flatMap(([, { Keys }]) => Keys.map(keyOf));
    if (keys.length === 0 || keys.length > 100 || new Set(keys).size < keys.length)
      throw new Error('A batch reads 1 to 100 items, each of them once.');
    const Responses = asked.map(([table, { Keys, ProjectionExpression, ...placeholders }]) => [
      table,
      Keys.flatMap((key) => items.get(keyOf(key)) ?? []).map((item) =>
        ProjectionExpression === undefined ? item : project(item, ProjectionExpression, placeholders),
      ),
    ]);
    return structuredClone({ Responses: Object.fromEntries(Responses), UnprocessedKeys: {} });
  };

  const send = async ({ constructor: { name }, input }: Command) => {
    switch (name) {
      case 'BatchGetCommand':
        return readBatch(input as Batch);
      case 'GetCommand':
        return { Item: structuredClone(items.get(keyOf(targetOf(input as Write)))) };
      case 'PutCommand':
        return writeOne('Put', input as Write);
      case 'UpdateCommand':
        return writeOne('Update', input as Write);
      case 'DeleteCommand':
        return writeOne('Delete', input as Write);
      case 'TransactWriteCommand':
        return transact((input as { readonly TransactItems: Partial<Record<Kind, Write>>[] }).TransactItems);
      case 'QueryCommand':
        return structuredClone(query(input as Query));
      default:
        throw new Error(`The table in memory knows no ${name}.`);
    }
  };
  const client = Object.assign(Object.create(DynamoDBDocumentClient.prototype), { send });
  return { store: { client, table: 'secor' } satisfies Store, items };
}

/** An item as the table gives it back: without what is undefined. */
function stored(item: Item): Item {
  return unmarshall(marshall(item, { removeUndefinedValues: true })) as Item;
}

/**
 * The store, whose batches of reads read the first key only and give the others back, so many times; and how many batches were
 * asked for.
 */
export function leavingUnread(store: Store, times: number): { readonly store: Store; calls(): number } {
  let calls = 0;
  const send = async (command: Parameters<Store['client']['send']>[0]) => {
    if (!(command instanceof BatchGetCommand)) return store.client.send(command);
    calls += 1;
    const { [store.table]: asked } = command.input.RequestItems ?? {};
    const [first, ...rest] = asked?.Keys ?? [];
    if (calls > times || first === undefined || rest.length === 0) return store.client.send(command);
    const RequestItems = { [store.table]: { ...asked, Keys: [first] } };
    const answer = await store.client.send(new BatchGetCommand({ RequestItems }));
    return { ...answer, UnprocessedKeys: { [store.table]: { ...asked, Keys: rest } } };
  };
  const client = Object.assign(Object.create(store.client), { send });
  return { store: { ...store, client }, calls: () => calls };
}

/**
 * The store, in which something happens before each of its transactions.
 * @param happens is given the number of the transaction, from 1 on; when it fails, the transaction fails and writes nothing
 */
export function beforeTransactions(store: Store, happens: (transaction: number) => Promise<void>): Store {
  let transactions = 0;
  const send = async (command: Parameters<Store['client']['send']>[0]) => {
    if (command.constructor.name === 'TransactWriteCommand') {
      transactions += 1;
      await happens(transactions);
    }
    return store.client.send(command);
  };
  return { ...store, client: Object.assign(Object.create(store.client), { send }) };
}
