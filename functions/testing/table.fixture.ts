import { isDeepStrictEqual } from 'node:util';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { Store } from '@secor/store';

type Item = { readonly pk: string; readonly sk: string; readonly [name: string]: unknown };
type Condition = {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
};
type Write = {
  readonly Put?: Condition & { readonly Item: Item };
  readonly Delete?: Condition & { readonly Key: Item };
  readonly ConditionCheck?: Condition & { readonly Key: Item };
  readonly Update?: Condition & { readonly Key: Item; readonly UpdateExpression: string };
};
type Input = {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly UpdateExpression?: string;
  readonly TransactItems?: readonly Write[];
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, string>>;
  readonly FilterExpression?: string;
  readonly ScanIndexForward?: boolean;
  readonly ExclusiveStartKey?: Item;
  readonly Limit?: number;
};

const keyOf = ({ pk, sk }: Item) => `${pk}|${sk}`;

/** The value at a place such as `#body.sentAt` of an item. */
function valueAt(item: unknown, path: string, names: Readonly<Record<string, string>>): unknown {
  const step = (value: unknown, name: string) => (value as Record<string, unknown> | undefined)?.[names[name] ?? name];
  return path.split('.').reduce(step, item);
}

/** As DynamoDB compares: numbers by their value, text by its bytes, and one never with the other. */
function isAtMost(value: unknown, most: unknown): boolean {
  if (typeof value === 'number' && typeof most === 'number') return value <= most;
  return typeof value === 'string' && typeof most === 'string' && value <= most;
}

/** A table in memory with as much of DynamoDB as the store's own expressions need. */
export function tableInMemory(): { readonly store: Store; readonly items: ReadonlyMap<string, Item> } {
  const items = new Map<string, Item>();

  const holds = (key: Item, condition: Condition) => {
    const {
      ConditionExpression = '',
      ExpressionAttributeValues: values = {},
      ExpressionAttributeNames = {},
    } = condition;
    const item = items.get(keyOf(key));
    if (ConditionExpression === '') return true;
    if (ConditionExpression.startsWith('attribute_not_exists')) {
      const [, path = '', value = ''] = / OR (\S+) <= (\S+)$/.exec(ConditionExpression) ?? [];
      return (
        item === undefined || (path !== '' && isAtMost(valueAt(item, path, ExpressionAttributeNames), values[value]))
      );
    }
    return ConditionExpression.split(' AND ').every((term) => {
      const [, absent, place = ''] = /^attribute_(not_)?exists\((.+)\)$/.exec(term) ?? [];
      const [path = '', value = ''] = term.split(' = ');
      return place === ''
        ? item !== undefined && isDeepStrictEqual(valueAt(item, path, ExpressionAttributeNames), values[value])
        : (valueAt(item, place, ExpressionAttributeNames) === undefined) === (absent !== undefined);
    });
  };

  /** Carries out `SET place = :value` and `SET place = if_not_exists(place, :value)`, of several places, and `REMOVE place`. */
  const update = (input: Input) => {
    const { Key, UpdateExpression = '' } = input;
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input as Condition;
    if (Key === undefined || !holds(Key, input as Condition))
      throw new ConditionalCheckFailedException({ message: 'it is not so', $metadata: {} });
    const item = structuredClone(items.get(keyOf(Key)) ?? Key);
    for (const [, path = '', kept, value = ''] of UpdateExpression.matchAll(
      /([#\w.]+) = (if_not_exists\([#\w.]+, )?(:\w+)/g,
    )) {
      if (kept !== undefined && valueAt(item, path, names) !== undefined) continue;
      const above = valueAt(item, path.slice(0, path.lastIndexOf('.')), names) as Record<string, unknown>;
      const last = path.slice(path.lastIndexOf('.') + 1);
      above[names[last] ?? last] = values[value];
    }
    const [, removed] = /REMOVE ([#\w.]+)/.exec(UpdateExpression) ?? [];
    if (removed !== undefined) {
      const [above = '', last = ''] = removed.split('.');
      Reflect.deleteProperty(valueAt(item, above, names) as object, last);
    }
    items.set(keyOf(Key), item);
    return {};
  };

  /** Carries out the raising of a counter: `ADD #count :amount`. */
  const raise = ({ Key, ExpressionAttributeValues: values = {} }: NonNullable<Write['Update']>) => {
    const counted = Number(items.get(keyOf(Key))?.count ?? 0) + Number(values[':amount']);
    items.set(keyOf(Key), { ...Key, kind: 'counter', count: counted });
  };

  const transact = (writes: readonly Write[]) => {
    const reasons = writes.map((write) => {
      const condition = write.Put ?? write.Delete ?? write.ConditionCheck ?? write.Update ?? {};
      const key = write.Put?.Item ?? write.Delete?.Key ?? write.ConditionCheck?.Key ?? write.Update?.Key;
      return { Code: key !== undefined && holds(key, condition) ? 'None' : 'ConditionalCheckFailed' };
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: reasons });
    for (const { Put, Delete, Update } of writes) {
      if (Update !== undefined) raise(Update);
      if (Put !== undefined) items.set(keyOf(Put.Item), structuredClone(Put.Item));
      if (Delete !== undefined) items.delete(keyOf(Delete.Key));
    }
    return {};
  };

  const query = ({ KeyConditionExpression = '', ExpressionAttributeValues: values = {}, ...input }: Input) => {
    const [, partition = '', , first] =
      /^(\w+) = :\w+(?: AND (begins_with\()?\w+\)?.*?(:\w+))?/.exec(KeyConditionExpression) ?? [];
    const sort = partition.startsWith('gsi1') ? 'gsi1sk' : 'sk';
    const [wanted] = Object.values(values);
    const bound = first === undefined ? undefined : (values[first] ?? '');
    const inRange = (place: string) => {
      if (bound === undefined) return true;
      if (KeyConditionExpression.includes('begins_with')) return place.startsWith(bound);
      if (KeyConditionExpression.includes('BETWEEN')) return place >= bound && place <= (values[':last'] ?? '');
      return KeyConditionExpression.includes(' < ') ? place < bound : place > bound;
    };
    const found = [...items.values()]
      .filter((item) => item[partition] === wanted && inRange(String(item[sort])))
      .toSorted((a, b) => (String(a[sort]) < String(b[sort]) ? -1 : 1));
    if (input.ScanIndexForward === false) found.reverse();
    const state = values[':state'];
    const start = input.ExclusiveStartKey;
    // An item that has gone meanwhile has left its place.
    const behind = (item: Item) => String(item[sort]) > String(start?.[sort]);
    const place = start === undefined ? -1 : found.findIndex((item) => keyOf(item) === keyOf(start));
    const from = start === undefined || place >= 0 ? place + 1 : found.findIndex(behind);
    const page = found.slice(from, from + (input.Limit ?? found.length));
    return {
      Items: page.filter(({ body }) => state === undefined || (body as { state?: string }).state === state),
      ...(from + page.length < found.length ? { LastEvaluatedKey: page.at(-1) } : {}),
    };
  };

  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: Input }) => {
    switch (name) {
      case 'GetCommand':
        return { Item: input.Key && structuredClone(items.get(keyOf(input.Key))) };
      case 'PutCommand':
        if (input.Item === undefined || !holds(input.Item, input as Condition))
          throw new ConditionalCheckFailedException({ message: 'it is there', $metadata: {} });
        items.set(keyOf(input.Item), structuredClone(input.Item));
        return {};
      case 'UpdateCommand':
        return update(input);
      case 'TransactWriteCommand':
        return transact(input.TransactItems ?? []);
      case 'QueryCommand':
        return structuredClone(query(input));
      default:
        throw new Error(`The table in memory knows no ${name}.`);
    }
  };
  return { store: { client: { send } as unknown as Store['client'], table: 'secor' }, items };
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
  return { ...store, client: { send } as Store['client'] };
}
