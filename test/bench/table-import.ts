import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import {
  type AttributeValue,
  DescribeTableCommand,
  DynamoDBClient,
  ScanCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';

/** An item as DynamoDB has it. */
export type StoredItem = Readonly<Record<string, AttributeValue>>;
/** A table with all that is in it. */
export type TableContent = { readonly description: TableDescription; readonly items: readonly StoredItem[] };

/** Reads a small table of the running local cloud. */
export async function readTable(TableName: string): Promise<TableContent> {
  const client = new DynamoDBClient({});
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName }));
  client.destroy();
  if (Table === undefined || LastEvaluatedKey !== undefined) throw new Error(`${TableName} is no small table.`);
  return { description: Table, items: Items };
}

/**
 * Puts a table with these items in place of the one that a stopped local cloud has. The database imports a hundred
 * times as many items in a second as it takes by calls, each of which it makes durable.
 *
 * @param directory where the local cloud keeps its state
 * @param items each as JSON
 */
export async function replaceTable(
  directory: string,
  { TableName = '', ...description }: TableDescription,
  items: Iterable<string>,
): Promise<void> {
  const [source, schema] = [join(directory, 'import'), join(directory, 'import-schema.json')];
  await mkdir(join(source, TableName, 'data'), { recursive: true });
  await writeFile(schema, JSON.stringify({ Table: { TableName, ...description, CreationDateTime: undefined } }));
  let count = 0;
  const counted = function* (): Generator<string> {
    for (const item of items) {
      count += 1;
      yield item;
    }
  };
  await pipeline(
    Readable.from(exported(counted())),
    createGzip({ level: 1 }),
    createWriteStream(join(source, TableName, 'data', 'items.json.gz')),
  );
  const database = join(directory, 'dynamodb', 'dynamodb.sqlite');
  for (const part of ['', '-wal', '-shm']) await rm(`${database}${part}`, { force: true });
  // It comes with the local cloud.
  const program = createRequire(import.meta.resolve('@secor/local-cloud')).resolve('@dynoxide/linux-x64/dynoxide');
  const told = await promisify(execFile)(program, [
    'import',
    ...['--source', source, '--schema', schema, '--output', database],
  ]);
  const imported = Number(/Items: +(\d+)/.exec(`${told.stdout}${told.stderr}`)?.[1]);
  if (imported !== count) throw new Error(`Of ${count} items ${imported} were imported.`);
  await rm(source, { recursive: true });
  await rm(schema);
}

/** Items in the form of an export to S3, in large pieces. */
function* exported(items: Iterable<string>): Generator<string> {
  let lines = '';
  for (const item of items) {
    lines += `{"Item":${item}}\n`;
    if (lines.length < 2 ** 20) continue;
    yield lines;
    lines = '';
  }
  yield lines;
}
