import { AwsError } from '../engine.ts';
import type { AttributeValue } from './placeholders.ts';
import type { KeySchema } from './schema.ts';
import { bytesOf, typeOf } from './values.ts';

/** What DynamoDB takes of a key, in bytes. */
const most = { partition: 2048, sort: 1024 };

/**
 * Checks a value that a query has for an attribute of a key.
 *
 * @throws AwsError ValidationException for another type, an empty value, or one that no key can be as long as
 */
export function requireKeyValue(schema: KeySchema, attribute: string, value: AttributeValue): void {
  if (typeOf(value) !== schema.types.get(attribute))
    throw invalid('One or more parameter values were invalid: Condition parameter type does not match schema type');
  if (value.S === '' || value.B === '') throw emptyKey(schema, attribute, value);
  const tooLong = sizeProblem(schema, attribute, value);
  if (tooLong !== undefined) throw invalid(tooLong);
}

/** Why an item can't be written for a value that is longer than a key of an index may be; undefined when it can. */
export function indexProblem(
  indexes: readonly KeySchema[],
  read: (attribute: string) => AttributeValue | undefined,
): string | undefined {
  for (const schema of indexes) {
    for (const attribute of [schema.partition, schema.sort]) {
      const value = attribute === undefined ? undefined : read(attribute);
      const problem =
        attribute === undefined || value === undefined ? undefined : sizeProblem(schema, attribute, value);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** What is wrong with a value as long as no key may be, in DynamoDB's words (a blank is missing there as well). */
export function sizeProblem(schema: KeySchema, attribute: string, value: AttributeValue): string | undefined {
  const isPartition = attribute === schema.partition;
  if (bytesOf(value) <= (isPartition ? most.partition : most.sort)) return undefined;
  const what = isPartition
    ? `Size of hashkey has exceeded the maximum size limit of${most.partition} bytes`
    : `Aggregated size of all range keys has exceeded the size limit of ${most.sort} bytes`;
  return `One or more parameter values were invalid: ${what}`;
}

function emptyKey({ index }: KeySchema, attribute: string, { S }: AttributeValue): AwsError {
  const which = index === undefined ? `Key: ${attribute}` : `IndexName: ${index}, IndexKey: ${attribute}`;
  const kind = S === undefined ? 'binary' : 'string';
  const what = index === undefined ? '' : ' A value specified for a secondary index key is not supported.';
  return invalid(
    `One or more parameter values are not valid.${what} The AttributeValue for a key attribute cannot contain an empty ${kind} value. ${which}`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
