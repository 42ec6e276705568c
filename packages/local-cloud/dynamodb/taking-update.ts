import { AwsError } from '../engine.ts';
import { readCondition } from './condition.ts';
import type { Input } from './operations.ts';
import { placeholdersOf } from './placeholders.ts';
import type { TableSchema } from './schema.ts';

type Output = Record<string, unknown>;

const PARTITION = '#secorPartitionKey';

/**
 * Carries out an update that only takes away, by REMOVE and DELETE, on the item that is there. Where there is none DynamoDB
 * makes none, unlike the database: the condition alone is judged then.
 *
 * @throws AwsError as the database refuses it
 */
export async function takeAway(
  input: Input,
  { table }: TableSchema,
  send: (operation: string, input: Input) => Promise<Output>,
): Promise<Output> {
  const { TableName, Key, ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = input;
  const condition = { TableName, Key, ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues };
  try {
    return await send('UpdateItem', {
      ...input,
      ConditionExpression: and(input, `attribute_exists(${PARTITION})`),
      ExpressionAttributeNames: { ...(ExpressionAttributeNames as object), [PARTITION]: table.partition },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') throw error;
    const { code, message, status, details } = error;
    const wantsItem = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
    if (details.Item !== undefined) throw new AwsError(code, message, status, wantsItem ? details : {});
    if (ConditionExpression !== undefined) {
      await send('TransactWriteItems', { TransactItems: [{ ConditionCheck: condition }] }).catch((cause: unknown) => {
        throw cause instanceof AwsError && cause.code === 'TransactionCanceledException' ? error : cause;
      });
    }
    return input.ReturnConsumedCapacity === undefined ? {} : { ConsumedCapacity: { TableName, CapacityUnits: 1 } };
  }
}

/** The call's own condition and another one; DynamoDB refuses parentheses that stand twice. */
function and(input: Input, other: string): string {
  const { ConditionExpression: own } = input;
  if (typeof own !== 'string') return other;
  const { wrapped } = readCondition('ConditionExpression', own, placeholdersOf(input));
  return `${wrapped ? own : `(${own})`} AND ${other}`;
}
