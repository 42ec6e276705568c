import { AwsError } from '../engine.ts';
import { readCondition, readList, readPath } from './condition.ts';
import { readKeyCondition } from './key-condition.ts';
import { indexProblem } from './key-values.ts';
import { requireName, requireNames } from './names.ts';
import { type Input, requestItems } from './operations.ts';
import { type AttributeValue, type Placeholders, placeholdersOf } from './placeholders.ts';
import type { TableSchema } from './schema.ts';
import { requireStartKey } from './start-key.ts';
import { tokensOf } from './tokens.ts';
import { type Assigned, readUpdate } from './update.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** What DynamoDB took before there were expressions; nothing here is written so. */
const LEGACY = [
  'AttributesToGet',
  'AttributeUpdates',
  'ConditionalOperator',
  'Expected',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
];

/** A call that was checked. */
export type CheckedCall = {
  /** What the database is to get. */
  readonly input: Input;
  /** Whether it is an update that only takes away: it makes no item where there is none. */
  readonly onlyTakesAway: boolean;
};

/**
 * Checks a call by what DynamoDB refuses and the database would take: expressions, keys of queries, where they go on, keys of
 * indexes, and names. What needs the item is left to the database.
 *
 * @param schemaOf the keys of a table; undefined where there is no such table
 * @throws AwsError ValidationException, or TransactionCanceledException for an item of a transaction that can't be written
 */
export async function checkCall(
  operation: string,
  input: Input,
  schemaOf: (tableName: string) => Promise<TableSchema | undefined>,
): Promise<CheckedCall> {
  const legacy = LEGACY.find((parameter) => input[parameter] !== undefined);
  if (legacy !== undefined) throw invalid(`The local cloud does not support ${legacy}. Write it as an expression.`);
  if (operation === 'TransactWriteItems') {
    const problems: (string | undefined)[] = [];
    for (const item of (input.TransactItems ?? []) as readonly Input[]) {
      const [[kind = '', part] = []] = Object.entries(item);
      problems.push(await checkWrite(kind, part as Input, schemaOf));
    }
    if (problems.some((problem) => problem !== undefined)) throw cancelled(problems);
    return { input, onlyTakesAway: false };
  }
  if (operation === 'BatchGetItem') {
    for (const [table, part] of Object.entries(requestItems(input))) checkBatch(table, part);
    return { input, onlyTakesAway: false };
  }
  const schema = typeof input.TableName === 'string' ? await schemaOf(input.TableName) : undefined;
  if (schema === undefined) return { input, onlyTakesAway: false };
  switch (operation) {
    case 'GetItem':
    case 'Query':
    case 'Scan':
      return { input: checkRead(operation, input, schema), onlyTakesAway: false };
    case 'PutItem':
    case 'UpdateItem':
    case 'DeleteItem': {
      const { problem, onlyTakesAway } = checkPart(input, schema);
      if (problem !== undefined) throw invalid(problem);
      return { input, onlyTakesAway };
    }
    default:
      return { input, onlyTakesAway: false };
  }
}

function checkRead(operation: string, input: Input, schema: TableSchema): Input {
  const { IndexName, KeyConditionExpression, FilterExpression, ProjectionExpression, ExclusiveStartKey } = input;
  const placeholders = placeholdersOf(input);
  const index = schema.indexes.find((each) => each.index === IndexName);
  // An index that there is not is told by the database.
  if (IndexName !== undefined && index === undefined) return input;
  const condition =
    operation === 'Query' && typeof KeyConditionExpression === 'string'
      ? readKeyCondition(KeyConditionExpression, placeholders, index ?? schema.table)
      : undefined;
  if (typeof FilterExpression === 'string') readCondition('FilterExpression', FilterExpression, placeholders);
  if (typeof ProjectionExpression === 'string') readProjection(ProjectionExpression, placeholders);
  finish(input, placeholders);
  if (typeof ExclusiveStartKey === 'object' && ExclusiveStartKey !== null)
    requireStartKey(ExclusiveStartKey as Attributes, schema, index, condition);
  return condition === undefined ? input : { ...input, KeyConditionExpression: condition.text };
}

/** Checks what a batch of reads asks of one table; its keys are left to the database. */
function checkBatch(table: string, part: Input): void {
  const { AttributesToGet, ProjectionExpression, Keys } = part;
  if (AttributesToGet !== undefined)
    throw invalid('The local cloud does not support AttributesToGet. Write it as an expression.');
  if (!Array.isArray(Keys)) throw invalid(`The parameter 'RequestItems.${table}.Keys' is required but was not present`);
  if (Keys.length > 100) throw invalid('Too many items requested for the BatchGetItem call');
  const placeholders = placeholdersOf(part);
  if (typeof ProjectionExpression === 'string') readProjection(ProjectionExpression, placeholders);
  finish(part, placeholders);
}

/** Checks a part of a transaction; answers why its item can't be written. */
async function checkWrite(
  kind: string,
  part: Input,
  schemaOf: (tableName: string) => Promise<TableSchema | undefined>,
): Promise<string | undefined> {
  const schema = await schemaOf(String(part.TableName));
  if (schema === undefined) return undefined;
  const { problem, onlyTakesAway } = checkPart(part, schema);
  if (kind === 'Update' && onlyTakesAway)
    throw invalid('The local cloud does not support an Update of a transaction that only REMOVEs or DELETEs.');
  return problem;
}

function checkPart(
  input: Input,
  schema: TableSchema,
): { readonly problem: string | undefined; readonly onlyTakesAway: boolean } {
  const { ConditionExpression, UpdateExpression, Item } = input;
  const placeholders = placeholdersOf(input);
  const update = typeof UpdateExpression === 'string' ? readUpdate(UpdateExpression, placeholders) : undefined;
  if (typeof ConditionExpression === 'string') readCondition('ConditionExpression', ConditionExpression, placeholders);
  finish(input, placeholders);
  const { table, indexes } = schema;
  const key = update?.paths.find(([name]) => name === table.partition || name === table.sort);
  if (key !== undefined) {
    throw invalid(
      `One or more parameter values were invalid: Cannot update attribute ${key[0]}. This attribute is part of the key`,
    );
  }
  const item = (Item ?? {}) as Attributes;
  requireNames(item);
  const assigned = new Map(update?.set.flatMap(({ path, value }) => (path.length === 1 ? [[path[0], value]] : [])));
  const problem = indexProblem(indexes, (attribute) => item[attribute] ?? sent(attribute, assigned.get(attribute)));
  return { problem, onlyTakesAway: update?.onlyTakesAway === true };
}

function sent(attribute: string, value: Assigned['value'] | undefined): AttributeValue | undefined {
  if (value !== 'computed') return value;
  throw invalid(`The local cloud does not support an update that computes ${attribute}, which is a key of an index.`);
}

function readProjection(expression: string, placeholders: Placeholders): void {
  const tokens = tokensOf('ProjectionExpression', expression);
  readList(tokens, () => readPath(tokens, placeholders));
  if (tokens.next !== '') throw tokens.syntaxError();
}

function finish(input: Input, placeholders: Placeholders): void {
  placeholders.finish();
  for (const name of Object.values((input.ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>)) {
    requireName(name);
  }
  requireNames((input.ExpressionAttributeValues ?? {}) as Attributes);
}

function cancelled(problems: readonly (string | undefined)[]): AwsError {
  const reasons = problems.map((Message) =>
    Message === undefined ? { Code: 'None' } : { Code: 'ValidationError', Message },
  );
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new AwsError('TransactionCanceledException', message, 400, { CancellationReasons: reasons });
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
