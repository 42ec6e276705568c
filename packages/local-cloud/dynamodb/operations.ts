import { type Authorization, AwsError } from '../engine.ts';

/** The input of an operation, as it comes over the wire. */
export type Input = Readonly<Record<string, unknown>>;

/** What an operation of DynamoDB needs to be allowed, and what it does. */
export type Operation = {
  authorizations(input: Input, arn: TableArn): readonly Authorization[];
  /** The tables that the call writes to, when it succeeds. */
  tablesWritten?(input: Input): readonly string[];
  /** What its capacity units are for; absent when it reports none. */
  readonly capacity?: 'read' | 'write';
  /** Its answer names resources, and holds nothing of the tables' contents. */
  readonly namesArns?: true;
};

/** The ARN of a table of this account. */
export type TableArn = (tableName: string) => string;

const ACTIONS_IN_TRANSACTIONS = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
} as const;

const read = (action: string): Operation => ({
  capacity: 'read',
  authorizations: (input, arn) => {
    const table = arn(tableOf(input));
    const resource = input.IndexName === undefined ? table : `${table}/index/${input.IndexName}`;
    return [{ action: `dynamodb:${action}`, resource }];
  },
});

const write = (action: string): Operation => ({
  capacity: 'write',
  authorizations: (input, arn) => [{ action: `dynamodb:${action}`, resource: arn(tableOf(input)) }],
  tablesWritten: (input) => [tableOf(input)],
});

const onTable = (action: string): Operation => ({
  namesArns: true,
  authorizations: (input, arn) => [{ action: `dynamodb:${action}`, resource: arn(tableOf(input)) }],
});

const onArn = (action: string, member: string): Operation => ({
  namesArns: true,
  authorizations: (input) => [{ action: `dynamodb:${action}`, resource: text(input, member) }],
});

/**
 * The operations that are supported. What nothing here calls is not among them: batches of writes, transactions of reads,
 * PartiQL, and what makes tables. BatchGetItem reads the names that lists show beside ids.
 */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetItem: read('GetItem'),
  Query: read('Query'),
  Scan: read('Scan'),
  BatchGetItem: {
    capacity: 'read',
    authorizations: (input, arn) =>
      Object.keys(requestItems(input)).map((table) => ({ action: 'dynamodb:BatchGetItem', resource: arn(table) })),
  },
  PutItem: write('PutItem'),
  UpdateItem: write('UpdateItem'),
  DeleteItem: write('DeleteItem'),
  TransactWriteItems: {
    capacity: 'write',
    authorizations: (input, arn) =>
      transactItems(input).map(({ kind, table }) => ({
        action: `dynamodb:${ACTIONS_IN_TRANSACTIONS[kind as keyof typeof ACTIONS_IN_TRANSACTIONS]}`,
        resource: arn(table),
      })),
    tablesWritten: (input) =>
      transactItems(input)
        .filter(({ kind }) => kind !== 'ConditionCheck')
        .map(({ table }) => table),
  },
  DescribeTable: onTable('DescribeTable'),
  DescribeStream: onArn('DescribeStream', 'StreamArn'),
  GetShardIterator: onArn('GetShardIterator', 'StreamArn'),
  GetRecords: {
    authorizations: (input) => [{ action: 'dynamodb:GetRecords', resource: splitIterator(input).streamArn }],
  },
};

/**
 * The iterator that callers get: as on AWS, it begins with the stream that it belongs to, so that a read can be authorised.
 *
 * @param own the iterator of the database itself
 * @param shard the number of the shard, where one of the database's is split into several
 */
export function joinIterator(streamArn: string, own: string, shard: number): string {
  return `${streamArn}|1|${own}|${shard}`;
}

/** Takes a caller's iterator apart; throws ValidationException when it is none. */
export function splitIterator(input: Input): {
  readonly streamArn: string;
  readonly own: string;
  readonly shard: number;
} {
  const [streamArn, version, own, shard = ''] = text(input, 'ShardIterator').split('|');
  if (streamArn === undefined || version !== '1' || own === undefined || !/^\d+$/.test(shard))
    throw invalid('Invalid ShardIterator');
  return { streamArn, own, shard: Number(shard) };
}

function transactItems(input: Input): readonly { readonly kind: string; readonly table: string }[] {
  const items = input.TransactItems;
  if (!Array.isArray(items)) throw invalid('TransactItems must be a list');
  return (items as readonly Input[]).map((item) => {
    const [[kind, part] = [], ...more] = Object.entries(item);
    if (kind === undefined || !Object.hasOwn(ACTIONS_IN_TRANSACTIONS, kind) || more.length > 0) {
      throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
    }
    return { kind, table: tableOf(part as Input) };
  });
}

/** What a BatchGetItem asks for, by table. */
export function requestItems({ RequestItems: asked }: Input): Readonly<Record<string, Input>> {
  if (typeof asked === 'object' && asked !== null && !Array.isArray(asked)) return asked as Record<string, Input>;
  throw invalid("The parameter 'RequestItems' is required but was not present in the request");
}

function tableOf(input: Input): string {
  return text(input, 'TableName');
}

function text(input: Input, member: string): string {
  const value = input[member];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`The parameter '${member}' is required but was not present in the request`);
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
