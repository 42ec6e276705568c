import { AwsError } from '../engine.ts';
import { type Condition, readCondition } from './condition.ts';
import { requireKeyValue } from './key-values.ts';
import type { AttributeValue, Placeholders } from './placeholders.ts';
import type { KeySchema } from './schema.ts';
import { beginsWith, compareValues } from './values.ts';

/** A condition on one attribute of a key. */
type OnKey = {
  readonly attribute: string;
  readonly operator: string;
  readonly values: readonly AttributeValue[];
  /** As it stands in the expression. */
  readonly text: string;
};

/** What a query asks of the key of a table or an index. */
export type KeyCondition = {
  readonly partition: OnKey;
  readonly sort?: OnKey;
  /** The same with the partition key first, whichever way it was written. */
  readonly text: string;
};

const MIRRORED: Readonly<Record<string, string>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
const notSupported = 'Query key condition not supported';

/**
 * Reads the condition on the key of a table or an index.
 *
 * @throws AwsError ValidationException, as DynamoDB words it
 */
export function readKeyCondition(expression: string, placeholders: Placeholders, schema: KeySchema): KeyCondition {
  const { condition } = readCondition('KeyConditionExpression', expression, placeholders);
  const conditions = onKeys(condition, expression);
  const names = conditions.map(({ attribute }) => attribute);
  if (conditions.length > 2 || new Set(names).size < names.length)
    throw invalid('KeyConditionExpressions must only contain one condition per key');
  const { partition: partitionKey, sort: sortKey } = schema;
  const partition = conditions.find(({ attribute }) => attribute === partitionKey);
  if (partition === undefined) throw invalid(`Query condition missed key schema element: ${partitionKey}`);
  const sort = conditions.find((each) => each !== partition);
  if (sort !== undefined && sort.attribute !== sortKey)
    throw invalid(sortKey === undefined ? notSupported : `Query condition missed key schema element: ${sortKey}`);
  for (const { attribute, values } of conditions) {
    for (const value of values) requireKeyValue(schema, attribute, value);
  }
  if (partition.operator !== '=') throw invalid(notSupported);
  const text = [partition, sort].flatMap((each) => (each === undefined ? [] : [each.text])).join(' AND ');
  return { partition, text, ...(sort !== undefined && { sort }) };
}

/** Whether a sort key is one that the condition asks for. */
export function isMet({ operator, values }: OnKey, key: AttributeValue): boolean {
  const [first = {}, second = {}] = values;
  const order = compareValues(key, first);
  switch (operator) {
    case 'begins_with':
      return beginsWith(key, first);
    case 'BETWEEN':
      return order >= 0 && compareValues(key, second) <= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return order === 0;
  }
}

function onKeys(condition: Condition, expression: string): OnKey[] {
  const { operator, parts, operands, from, to } = condition;
  if (operator === 'AND') return parts.flatMap((part) => onKeys(part, expression));
  if (MIRRORED[operator] === undefined && operator !== 'BETWEEN' && operator !== 'begins_with')
    throw invalid(`Invalid operator used in KeyConditionExpression: ${operator}`);
  if (operands.some(({ kind }) => kind === 'size'))
    throw invalid('KeyConditionExpressions cannot contain nested operations');
  const paths = operands.flatMap((operand) => (operand.kind === 'path' ? [operand.path] : []));
  const values = operands.flatMap((operand) => (operand.kind === 'value' ? [operand.value] : []));
  const [path, ...more] = paths;
  if (more.length > 0)
    throw invalid('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition');
  if (path === undefined) throw invalid('Invalid condition in KeyConditionExpression: No key attribute specified');
  const [attribute = '', ...nested] = path;
  if (nested.length > 0) throw invalid('KeyConditionExpressions cannot have conditions on nested attributes');
  const isFirst = operands[0]?.kind === 'path';
  const mirrored = MIRRORED[operator];
  if (!isFirst && mirrored === undefined) {
    throw invalid(
      `Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`,
    );
  }
  const said = isFirst || mirrored === undefined ? operator : mirrored;
  return [{ attribute, operator: said, values, text: expression.slice(from, to) }];
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
