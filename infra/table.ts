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

/** The index for lists. Decisions never read from it. */
export const LIST_INDEX = 'GSI1';

/** The one table. relay reads the outbox from its stream. */
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
    // TTL only deletes old items later. A stored answer is already ignored once it has expired, and nobody reads the lines of an
    // old import.
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
