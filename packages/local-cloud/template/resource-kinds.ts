import { apiGatewayKinds } from './kinds/api-gateway.ts';
import { cognitoKinds } from './kinds/cognito.ts';
import { dynamoDbKinds } from './kinds/dynamodb.ts';
import { iamKinds } from './kinds/iam.ts';
import { lambdaKinds } from './kinds/lambda.ts';
import { s3Kinds } from './kinds/s3.ts';
import { schedulerKinds } from './kinds/scheduler.ts';
import { sesKinds } from './kinds/ses.ts';
import { snsKinds } from './kinds/sns.ts';
import { sqsKinds } from './kinds/sqs.ts';
import type { ResourceKind } from './resource-kind.ts';

/** The resource types that the local cloud makes. */
export const resourceKinds: Readonly<Record<string, ResourceKind>> = {
  ...dynamoDbKinds,
  ...s3Kinds,
  ...sqsKinds,
  ...snsKinds,
  ...iamKinds,
  ...lambdaKinds,
  ...apiGatewayKinds,
  ...schedulerKinds,
  ...sesKinds,
  ...cognitoKinds,
};
