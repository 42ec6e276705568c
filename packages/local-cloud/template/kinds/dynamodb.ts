import type { ResourceKind } from '../resource-kind.ts';

/** The resource types of DynamoDB. */
export const dynamoDbKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::DynamoDB::Table': {
    properties: [
      'TableName',
      'AttributeDefinitions',
      'KeySchema',
      'BillingMode',
      'GlobalSecondaryIndexes',
      'StreamSpecification',
    ],
    ignored: [
      'DeletionProtectionEnabled',
      'PointInTimeRecoverySpecification',
      'SSESpecification',
      'Tags',
      // Nothing is deleted here: what has expired must be told on read.
      'TimeToLiveSpecification',
      'TableClass',
      'ContributorInsightsSpecification',
    ],
    async make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('TableName') ?? generatedName;
      const stream = properties.optionalObject('StreamSpecification');
      await targets.createTable({
        TableName: name,
        AttributeDefinitions: properties.list('AttributeDefinitions'),
        KeySchema: properties.objects('KeySchema').map(({ value }) => value),
        BillingMode: properties.optionalText('BillingMode') ?? 'PROVISIONED',
        ...(properties.has('GlobalSecondaryIndexes')
          ? { GlobalSecondaryIndexes: properties.objects('GlobalSecondaryIndexes').map(({ value }) => value) }
          : {}),
        ...(stream === undefined
          ? {}
          : { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.text('StreamViewType') } }),
      });
      const arn = `arn:aws:dynamodb:${targets.region}:${targets.accountId}:table/${name}`;
      const streamArn = stream === undefined ? undefined : await targets.streamArn(name);
      if (streamArn !== undefined) plan.streams.set(streamArn, name);
      return {
        reference: name,
        attributes: { Arn: arn, ...(streamArn === undefined ? {} : { StreamArn: streamArn }) },
      };
    },
  },
};
