import { isDeepStrictEqual } from 'node:util';
import { AwsError, type Engine, type EngineRequest } from '../engine.ts';
import type { Capacity, MeteredResponse } from '../gateway/meter.ts';
import { messageOf } from '../message-of.ts';
import { checkCall } from './check-call.ts';
import { type Answer, type Connection, connectTo } from './connection.ts';
import { startDynoxide } from './dynoxide.ts';
import { type Input, joinIterator, OPERATIONS, type Operation, splitIterator } from './operations.ts';
import { schemaOf, type TableSchema } from './schema.ts';
import { createStreamShards, type Shard, type StreamRecord } from './stream-shards.ts';
import { takeAway } from './taking-update.ts';

export type DynamoDbOptions = {
  /** Where the tables lie: `dynamodb.sqlite`. */
  readonly directory: string;
  /** The business clock, epoch milliseconds: stamps the records of streams. */
  now(): number;
  readonly region: string;
  readonly accountId: string;
  /** Any DynamoDB endpoint to use instead of a database of our own. */
  readonly endpoint?: string;
  /** How many shards the stream of each table has; one when absent. */
  readonly streamShards?: number;
  /** Hears when the database ended by itself and is started again; standard error when absent. */
  readonly warn?: (line: string) => void;
};

/** What CreateTable takes; the members that a later start compares are named. */
export type TableDefinition = Input & {
  readonly TableName: string;
  readonly KeySchema: readonly Input[];
  readonly GlobalSecondaryIndexes?: readonly Input[];
  readonly StreamSpecification?: Input;
};

/** DynamoDB with its streams. Its answers carry the capacity for the meter. */
export interface DynamoDbEngine extends Engine {
  /**
   * Makes the table, or leaves it as it is when it was made so before.
   *
   * @throws Error when a table of this name has other keys, indexes or another stream
   */
  createTable(definition: TableDefinition): Promise<void>;
  /** The ARN of the table's stream; throws when it has none. */
  streamArn(tableName: string): Promise<string>;
  /** Calls back with the table's name after each successful write to it; answers how to unsubscribe. */
  onWrite(listener: (tableName: string) => void): () => void;
}

type Output = Record<string, unknown>;

const TABLES = 'DynamoDB_20120810';
const STREAMS = 'DynamoDBStreams_20120810';
const STREAM_OPERATIONS = new Set(['DescribeStream', 'GetShardIterator', 'GetRecords']);
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** The region and the account that the database itself puts into ARNs. */
const ARN_PREFIX = /arn:aws:(dynamodb|kms):[^:"]*:[^:"]*:/g;

/**
 * Starts DynamoDB: dynoxide on the data in `directory`, or a go-between to `endpoint`. Its ARNs carry our region and account.
 * An identical Put emits a stream record on dynoxide, unlike on AWS; items do not expire.
 *
 * @throws Error when dynoxide is not there or does not start
 */
export async function createDynamoDbEngine(options: DynamoDbOptions): Promise<DynamoDbEngine> {
  const { region, accountId, now } = options;
  const { endpoint: given, warn = console.error } = options;
  const own = given === undefined ? await startDynoxide(options.directory, warn) : undefined;
  let way: { readonly endpoint: string; readonly connection: Connection } | undefined;
  const shards = createStreamShards(options.streamShards ?? 1);
  const listeners = new Set<(tableName: string) => void>();
  const inputs = new WeakMap<EngineRequest, Input>();
  const tableArn = (tableName: string) => `arn:aws:dynamodb:${region}:${accountId}:table/${tableName}`;
  let theirPrefix: string | undefined;

  /** The connection to where the database answers now; a database that is being started again is waited for. */
  const connection = async (): Promise<Connection> => {
    const endpoint = (await own?.endpoint()) ?? given ?? '';
    if (way?.endpoint === endpoint) return way.connection;
    way?.connection.close();
    way = { endpoint, connection: connectTo(endpoint) };
    return way.connection;
  };

  /** A call to the database; throws AwsError for what it refuses. */
  const send = async (operation: string, input: Input): Promise<Output> => {
    let answer: Answer;
    try {
      answer = await (await connection()).post(
        {
          'content-type': CONTENT_TYPE,
          'x-amz-target': `${STREAM_OPERATIONS.has(operation) ? STREAMS : TABLES}.${operation}`,
          // No database that is run locally checks it, but each wants one.
          authorization: `AWS4-HMAC-SHA256 Credential=LOCAL/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
          'x-amz-date': '20260101T000000Z',
        },
        JSON.stringify(input),
      );
    } catch (error) {
      // As AWS answers a fault of its own: whether the call had its effect is not known, and clients try again.
      throw new AwsError('InternalServerError', `The database does not answer: ${messageOf(error)}`, 500);
    }
    const { ok, status, text } = answer;
    const output = JSON.parse(OPERATIONS[operation]?.namesArns === true ? withOurArns(text) : text) as Output;
    if (ok) return output;
    const { __type, message, Message, ...details } = output;
    const code = String(__type).split('#').at(-1) ?? 'InternalServerError';
    throw new AwsError(code, String(message ?? Message ?? code), status, details);
  };

  const withOurArns = (text: string) =>
    text.replace(ARN_PREFIX, (prefix, service: string) => {
      if (service === 'dynamodb') theirPrefix = prefix;
      return `arn:aws:${service}:${region}:${accountId}:`;
    });

  /** The database's own form of one of our ARNs. */
  const theirArn = async (arn: string): Promise<string> => {
    const [, table] = /:table\/([^/]+)/.exec(arn) ?? [];
    // The prefix is learnt from any answer that names a table.
    if (theirPrefix === undefined && table !== undefined) await send('DescribeTable', { TableName: table });
    return arn.replace(ARN_PREFIX, theirPrefix ?? '$&');
  };

  const withTheirArns = async (input: Input): Promise<Input> => {
    const translated: Output = { ...input };
    if (typeof input.StreamArn === 'string') translated.StreamArn = await theirArn(input.StreamArn);
    return translated;
  };

  const carryOut = async (operation: string, input: Input): Promise<Output> => {
    switch (operation) {
      case 'DescribeStream': {
        const output = await send(operation, await withTheirArns(input));
        const description = output.StreamDescription as Output | undefined;
        if (own !== undefined) openShards(description);
        if (description !== undefined) description.Shards = shards.split((description.Shards ?? []) as Shard[]);
        return output;
      }
      case 'GetShardIterator': {
        const { shardId: ShardId, number } = shards.find(String(input.ShardId));
        const { ShardIterator } = await send(operation, { ...(await withTheirArns(input)), ShardId });
        return { ShardIterator: joinIterator(String(input.StreamArn), String(ShardIterator), number) };
      }
      case 'TransactWriteItems':
        return await send(operation, input).catch((error: unknown) => {
          throw expressionError(error, input) ?? error;
        });
      case 'GetRecords': {
        const { streamArn, own: theirs, shard } = splitIterator(input);
        let ShardIterator = theirs;
        for (;;) {
          const { NextShardIterator: next, ...output } = await send(operation, { ...input, ShardIterator });
          const read = (output.Records ?? []) as StreamRecord[];
          const Records = shards.select(read, shard);
          // Where all that was read is of other shards, it goes on: nothing means that there is no more.
          if (Records.length === 0 && read.length > 0 && typeof next === 'string') {
            ShardIterator = next;
            continue;
          }
          const selected: Output = { ...output, Records };
          stamp(selected, region, (now() - Date.now()) / 1000);
          if (typeof next !== 'string') return selected;
          return { ...selected, NextShardIterator: joinIterator(streamArn, next, shard) };
        }
      }
      default:
        return await send(operation, await withTheirArns(input));
    }
  };

  const schemas = new Map<string, TableSchema>();
  const schema = async (tableName: string): Promise<TableSchema | undefined> => {
    const known = schemas.get(tableName);
    if (known !== undefined) return known;
    const description = await describe(tableName);
    if (description === undefined) return undefined;
    const read = schemaOf(description);
    schemas.set(tableName, read);
    return read;
  };

  const inputOf = (request: EngineRequest): Input => {
    const known = inputs.get(request);
    if (known !== undefined) return known;
    const input = readInput(request, tableArn(''));
    inputs.set(request, input);
    return input;
  };

  const describe = async (tableName: string): Promise<Output | undefined> => {
    try {
      return (await send('DescribeTable', { TableName: tableName })).Table as Output;
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  };

  return {
    service: 'dynamodb',

    operations: Object.keys(OPERATIONS),

    operation: operationName,

    authorizations(request) {
      const needed = operationOf(request).authorizations(inputOf(request), tableArn);
      return [...new Map(needed.map((one) => [`${one.action} ${one.resource}`, one])).values()];
    },

    async handle(request) {
      const name = operationName(request);
      const operation = operationOf(request);
      const input = inputOf(request);
      const asked = input.ReturnConsumedCapacity;
      const wantsCapacity = asked !== undefined && asked !== 'NONE';
      const metered =
        operation.capacity === undefined || wantsCapacity ? input : { ...input, ReturnConsumedCapacity: 'TOTAL' };
      const tellOfWrites = () => {
        for (const table of new Set(operation.tablesWritten?.(input))) {
          for (const listener of [...listeners]) listener(table);
        }
      };
      const call = await checkCall(name, metered, schema);
      const table = call.onlyTakesAway ? await schema(String(input.TableName)) : undefined;
      const answered = table === undefined ? carryOut(name, call.input) : takeAway(call.input, table, send);
      const { ConsumedCapacity, ...output } = await answered.catch((error: unknown) => {
        // What was written before the answer was lost is in the stream all the same.
        if (error instanceof AwsError && error.status >= 500) tellOfWrites();
        throw error;
      });
      tellOfWrites();
      const response: MeteredResponse = {
        status: 200,
        headers: { 'content-type': CONTENT_TYPE },
        body: JSON.stringify(wantsCapacity ? { ...output, ConsumedCapacity } : output),
        ...(operation.capacity !== undefined && { capacity: capacityOf(ConsumedCapacity, operation.capacity) }),
      };
      return response;
    },

    renderError(error, requestId) {
      return {
        status: error.status,
        headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
        body: JSON.stringify({
          __type: `com.amazonaws.dynamodb.v20120810#${error.code}`,
          message: error.message,
          ...error.details,
        }),
      };
    },

    async createTable(definition) {
      const existing = await describe(definition.TableName);
      if (existing === undefined) {
        await send('CreateTable', definition);
        return;
      }
      if (isDeepStrictEqual(shapeOf(existing), shapeOf(definition))) return;
      throw new Error(
        `The table ${definition.TableName} in ${options.endpoint ?? options.directory} has other keys, indexes or another stream than the template. Start over with --fresh, or take the template that made it.`,
      );
    },

    async streamArn(tableName) {
      const arn = (await describe(tableName))?.LatestStreamArn;
      if (typeof arn === 'string') return arn;
      throw new Error(`The table ${tableName} does not exist or has no stream.`);
    },

    onWrite(listener) {
      const own = (tableName: string) => listener(tableName);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },

    async close() {
      way?.connection.close();
      await own?.close();
    },
  };
}

function operationName({ headers }: EngineRequest): string {
  const [api, operation, ...more] = String(headers['x-amz-target'] ?? '').split('.');
  if ((api === TABLES || api === STREAMS) && operation !== undefined && more.length === 0) return operation;
  throw new AwsError('UnknownOperationException', 'The header x-amz-target names no operation of DynamoDB.');
}

function operationOf(request: EngineRequest): Operation {
  const name = operationName(request);
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation !== undefined) return operation;
  throw new AwsError('UnknownOperationException', `The local cloud does not support DynamoDB's ${name}.`);
}

/** Tables that callers name by ARN (`tableArns` is its part before the name) are named by name from here on. */
function readInput({ body }: EngineRequest, tableArns: string): Input {
  // Contents are never plain text under this name: values of attributes are objects.
  const byName = (member: string, value: unknown): unknown =>
    member === 'TableName' && typeof value === 'string' && value.startsWith(tableArns)
      ? value.slice(tableArns.length)
      : value;
  try {
    const text = String(body);
    const input: unknown = text.includes(tableArns) ? JSON.parse(text, byName) : JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input))
      return withTableNames(input as Input, tableArns);
  } catch {
    // Told below: what is no JSON at all is refused in the same way.
  }
  throw new AwsError('SerializationException', 'The body must be a JSON object.');
}

/** A batch names its tables as members; those that it names by ARN are named by name from here on. */
function withTableNames(input: Input, tableArns: string): Input {
  const { RequestItems } = input;
  if (typeof RequestItems !== 'object' || RequestItems === null) return input;
  const named = Object.entries(RequestItems).map(([table, part]) => [
    table.startsWith(tableArns) ? table.slice(tableArns.length) : table,
    part,
  ]);
  return { ...input, RequestItems: Object.fromEntries(named) };
}

/** The keys, indexes and stream of a table, in whichever order they are listed. */
function shapeOf(table: Input): unknown {
  const keys = (schema: unknown) =>
    (schema as readonly Input[]).map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).sort();
  const indexes = (table.GlobalSecondaryIndexes ?? []) as readonly Input[];
  return {
    keys: keys(table.KeySchema),
    indexes: new Map(indexes.map(({ IndexName, KeySchema }) => [IndexName, keys(KeySchema)])),
    stream: (table.StreamSpecification as Input | undefined)?.StreamViewType,
  };
}

/** dynoxide ends the sequence of a shard that is still open; on AWS only a closed one has an end. */
function openShards(description: Output | undefined): void {
  for (const { SequenceNumberRange } of (description?.Shards ?? []) as readonly Output[]) {
    delete (SequenceNumberRange as Output).EndingSequenceNumber;
  }
}

/** Puts our region and the business clock's time, so many seconds ahead of the machine's, on the records of a stream. */
function stamp(output: Output, awsRegion: string, aheadSeconds: number): void {
  for (const record of (output.Records ?? []) as readonly Output[]) {
    record.awsRegion = awsRegion;
    const change = record.dynamodb as Output;
    const { ApproximateCreationDateTime: written } = change;
    if (typeof written === 'number') change.ApproximateCreationDateTime = Math.floor(written + aheadSeconds);
  }
}

/**
 * What the database tells of an expression of a transaction as a reason for its cancellation: DynamoDB refuses the whole call,
 * before any item is looked at.
 */
function expressionError(error: unknown, { TransactItems }: Input): AwsError | undefined {
  if (!(error instanceof AwsError) || error.code !== 'TransactionCanceledException') return undefined;
  const reasons = (error.details.CancellationReasons ?? []) as readonly { readonly Message?: string }[];
  const at = reasons.findIndex(({ Message }) => Message?.startsWith('Attribute name is a reserved keyword'));
  if (at < 0) return undefined;
  const [part] = Object.values((TransactItems as readonly Input[])[at] ?? {}) as Input[];
  const kind = part?.UpdateExpression === undefined ? 'ConditionExpression' : 'UpdateExpression';
  return new AwsError('ValidationException', `Invalid ${kind}: ${reasons[at]?.Message}`);
}

function capacityOf(consumed: unknown, kind: keyof Capacity): Capacity {
  const parts = (Array.isArray(consumed) ? consumed : [consumed]) as readonly (Input | undefined)[];
  const units = parts.reduce((sum, part) => sum + Number(part?.CapacityUnits ?? 0), 0);
  return { read: 0, write: 0, [kind]: units };
}
