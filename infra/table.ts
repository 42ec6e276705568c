import type { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Stage } from './stage.ts';

/** The index that lists are read from; no decision is. */
export const LIST_INDEX = 'GSI1';

/** The one table. Its stream carries the outbox to relay. */
export function createTable(
  stack: Stack,
  stage: Stage,
  encryptionKey: IKey,
  lasting: { readonly removalPolicy: RemovalPolicy; readonly deletionProtection: boolean },
): Table {
  const table = new Table(stack, 'Table', {
    tableName: `secor-${stage.name}`,
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_IMAGE,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey,
    // Kept answers of repeatable calls expire on read, and nobody asks for the lines of an old import: this only tidies up.
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: stage.protectData },
    ...lasting,
  });
  table.addGlobalSecondaryIndex({
    indexName: LIST_INDEX,
    partitionKey: { name: 'gsi1pk', type: AttributeType.STRING },
    sortKey: { name: 'gsi1sk', type: AttributeType.STRING },
    projectionType: ProjectionType.ALL,
  });
  return table;
}
