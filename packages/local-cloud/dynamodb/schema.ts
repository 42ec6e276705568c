import type { Input } from './operations.ts';

/** The key of a table or an index, with the types of its attributes. */
export type KeySchema = {
  readonly partition: string;
  readonly sort?: string;
  /** S, N or B by attribute. */
  readonly types: ReadonlyMap<string, string>;
  /** The index's name; absent for the table itself. */
  readonly index?: string;
};

/** The keys of a table and of its global indexes. */
export type TableSchema = { readonly table: KeySchema; readonly indexes: readonly KeySchema[] };

/** Reads the keys from a table's description or definition. */
export function schemaOf(description: Input): TableSchema {
  const definitions = (description.AttributeDefinitions ?? []) as readonly Input[];
  const types = new Map(
    definitions.map(({ AttributeName, AttributeType }) => [String(AttributeName), String(AttributeType)]),
  );
  const keyOf = ({ KeySchema, IndexName }: Input): KeySchema => {
    const named = (type: string) => (KeySchema as readonly Input[]).find(({ KeyType }) => KeyType === type);
    const sort = named('RANGE');
    return {
      partition: String(named('HASH')?.AttributeName),
      types,
      ...(sort !== undefined && { sort: String(sort.AttributeName) }),
      ...(IndexName !== undefined && { index: String(IndexName) }),
    };
  };
  return {
    table: keyOf(description),
    indexes: ((description.GlobalSecondaryIndexes ?? []) as readonly Input[]).map(keyOf),
  };
}
