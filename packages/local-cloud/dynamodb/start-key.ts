import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../engine.ts';
import { isMet, type KeyCondition } from './key-condition.ts';
import { sizeProblem } from './key-values.ts';
import type { AttributeValue } from './placeholders.ts';
import type { KeySchema, TableSchema } from './schema.ts';
import { typeOf } from './values.ts';

const startKeyInvalid = 'The provided starting key is invalid';
const noMatch = 'The provided key element does not match the schema';

/**
 * Checks where a query or a scan is to go on: a whole key of the table and of the index, within what is asked for.
 *
 * @param condition of a query; absent for a scan
 * @throws AwsError ValidationException, as DynamoDB words it
 */
export function requireStartKey(
  startKey: Readonly<Record<string, AttributeValue>>,
  { table }: TableSchema,
  index: KeySchema | undefined,
  condition?: KeyCondition,
): void {
  const read = index ?? table;
  const names = new Set(
    [table, read].flatMap(({ partition, sort }) => (sort === undefined ? [partition] : [partition, sort])),
  );
  const isWhole =
    Object.keys(startKey).length === names.size && [...names].every((name) => Object.hasOwn(startKey, name));
  if (!isWhole) {
    throw invalid(condition === undefined && index === undefined ? `${startKeyInvalid}: ${noMatch}` : startKeyInvalid);
  }
  for (const name of names) {
    const value = startKey[name] ?? {};
    if (typeOf(value) !== table.types.get(name)) throw invalid(`${startKeyInvalid}: ${noMatch}`);
    if (value.S === '' || value.B === '') {
      throw invalid(
        `${startKeyInvalid}: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
      );
    }
    const schema = name === read.partition || name === read.sort ? read : table;
    const tooLong = sizeProblem(schema, name, value);
    if (tooLong !== undefined) throw invalid(`${startKeyInvalid}: ${tooLong}`);
  }
  if (condition === undefined) return;
  const { partition, sort } = condition;
  if (index === undefined && (table.sort === undefined || sort?.operator === '='))
    throw invalid('The query can return at most one row and cannot be restarted');
  if (sort !== undefined && !isMet(sort, startKey[sort.attribute] ?? {}))
    throw invalid('The provided starting key does not match the range key predicate');
  if (!isDeepStrictEqual(startKey[partition.attribute], partition.values[0]))
    throw invalid('The provided starting key is outside query boundaries based on provided conditions');
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
