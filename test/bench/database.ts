import { DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { currentAssembly } from '@secor/cli';
import { inFreshCloud, output } from './bench-cloud.ts';
import { median } from './rounds.ts';
import { type Row, row } from './row.ts';

const measured = 200;
const between = 10_000;
/** As large as an employer's cycle. */
const bytes = 4000;
/** Written by one call. */
const inOneCall = 25;
/** Of a write to a table that nobody has written to before. */
const maxRatio = 1.5;

/** Whether the local cloud stays as quick as it was, however much its stream has carried. */
export async function rows(): Promise<readonly Row[]> {
  return inFreshCloud('database', await currentAssembly(), async (cloud) => {
    const [client, TableName] = [new DynamoDBClient({}), output(cloud, 'TableName')];
    let count = 0;
    const next = () => {
      count += 1;
      return { pk: { S: `BENCH#${count}` }, sk: { S: 'BENCH' }, body: { S: 'x'.repeat(bytes) } };
    };
    const write = async (): Promise<number> => {
      const begun = performance.now();
      await client.send(new PutItemCommand({ TableName, Item: next() }));
      return performance.now() - begun;
    };
    const writes = async (): Promise<number> => {
      const taken: number[] = [];
      for (let each = 0; each < measured; each += 1) taken.push(await write());
      return median(taken);
    };
    await writes();
    const first = await writes();
    for (let written = 0; written < between; written += inOneCall) {
      const TransactItems = Array.from({ length: inOneCall }, () => ({ Put: { TableName, Item: next() } }));
      await client.send(new TransactWriteItemsCommand({ TransactItems }));
    }
    await cloud.quiet();
    const last = await writes();
    client.destroy();
    return [
      row(`a write after ${between.toLocaleString('en')} others, to one of the first`, last / first, '×', maxRatio),
    ];
  });
}
