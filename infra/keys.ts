import type { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Stage } from './stage.ts';

/** The one key of the data at rest: table and buckets. The roles say who may use it: see aws-only-grants.ts. */
export function createDataKey(stack: Stack, stage: Stage, removalPolicy: RemovalPolicy): Key {
  return new Key(stack, 'DataKey', {
    description: `SECOR ${stage.name}: table and buckets`,
    enableKeyRotation: true,
    removalPolicy,
  });
}
