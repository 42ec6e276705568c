import type { Stack } from 'aws-cdk-lib';
import type { Surroundings } from './constructs/bundled-function.ts';
import { QueueConsumer } from './constructs/queue-consumer.ts';
import type { DataStack } from './data-stack.ts';
import { allow, objects } from './grants.ts';
import { IMPORT_TIMEOUT, IMPORT_TRIES } from './upload-queues.ts';

/** The import of employers and assessors, from the uploaded file to its result. */
export function createImport(stack: Stack, surroundings: Surroundings, data: DataStack): void {
  const { table, packages, records } = data;
  new QueueConsumer(stack, 'Import', {
    ...surroundings,
    name: 'import',
    queue: data.uploads.imports,
    errorImpact:
      'An administrator uploaded employers or assessors: not all valid lines are imported, and no result says which.',
    environment: { TABLE_NAME: table.tableName, RECORDS_BUCKET: records.bucketName, TRIES: String(IMPORT_TRIES) },
    grants: [
      allow(table, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']),
      allow(objects(packages, 'imports/'), ['s3:GetObjectVersion']),
      allow(objects(records, 'imports/'), ['s3:PutObject']),
    ],
    timeout: IMPORT_TIMEOUT,
    memory: 512,
    batchSize: 1,
    maxConcurrency: 2,
  });
}
