import { openApiPath, routesOf } from '@secor/contracts';
import { CfnOutput, Duration, type Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnApiMapping,
  CfnStage,
  CorsHttpMethod,
  HttpApi,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Surroundings } from './constructs/bundled-function.ts';
import { HttpFunction } from './constructs/http-function.ts';
import type { DataStack } from './data-stack.ts';
import { allow, listIndex, objects } from './grants.ts';
import { createLogGroup } from './log-group.ts';
import type { Stage } from './stage.ts';

/** The longest that HTTP API waits for an answer is 30 s; a function ends before that, so that its own error is what is logged. */
const HTTP_TIMEOUT = Duration.seconds(29);

/**
 * How often a route without a token may be called, all callers together. Its answer is the same for everybody and can be cached
 * for five minutes.
 */
const OPEN_ROUTES = { requestsPerSecond: 10, burst: 20 };

/**
 * What the access log holds of each call: the route, never the path, which contains audit numbers; no name. Calls that API
 * Gateway refuses by itself (throttled, no valid token, no such route) reach no function that could log the caller as a hash, and
 * API Gateway can't make hashes. Only the address shows who floods the API. So the address is in this log and in no other, for 14
 * days at most.
 */
const ACCESS_LOG = {
  address: '$context.identity.sourceIp',
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  bytes: '$context.responseLength',
  error: '$context.error.message',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
};

/** Addresses may identify a person [A]. They are kept only for the days that it takes to trace a flood that was noticed late. */
const maxAccessLogDays = 14;

/** The HTTP API. Every route needs an access token of the stage's issuer, except the one for its own description. */
export function createApi(stack: Stack, surroundings: Surroundings, data: DataStack): void {
  const { stage } = surroundings;
  const { issuer, audience, groupsClaim, accessTokenClaims, pool } = data.identity;
  const tokenForm = {
    TOKEN_GROUPS_CLAIM: groupsClaim,
    ACCESS_TOKEN_CLAIMS: JSON.stringify(accessTokenClaims),
  };
  const api = new HttpApi(stack, 'Api', {
    apiName: `secor-${stage.name}`,
    createDefaultStage: false,
    defaultAuthorizer: new HttpJwtAuthorizer('Tokens', issuer, { jwtAudience: [audience] }),
    corsPreflight: {
      allowOrigins: [...stage.browserOrigins],
      allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT],
      allowHeaders: ['authorization', 'content-type', 'if-match', 'idempotency-key'],
      exposeHeaders: ['etag', 'idempotent-replayed', 'retry-after'],
      maxAge: Duration.hours(1),
    },
  });
  const apiStage = createStage(stack, stage, api);
  surroundings.alarms.onServerErrors(stack, {
    api,
    errorImpact:
      'An assessor, a reviewer or an administrator got an error from our side, and could not do what they wanted to do.',
    logGroup: apiStage.accessLog,
  });

  new HttpFunction(stack, 'AssessorApi', {
    ...surroundings,
    name: 'assessor-api',
    api,
    routes: routesOf('assessor-api'),
    environment: {
      TABLE_NAME: data.table.tableName,
      PACKAGES_BUCKET: data.packages.bucketName,
      RECORDS_BUCKET: data.records.bucketName,
      ...tokenForm,
    },
    grants: [
      allow(data.table, [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:ConditionCheckItem',
      ]),
      allow(listIndex(data.table), ['dynamodb:Query']),
      // An upload in parts is begun and completed, and its parts are put, by PutObject.
      allow(objects(data.packages, 'packages/'), [
        's3:PutObject',
        's3:ListMultipartUploadParts',
        's3:AbortMultipartUpload',
      ]),
      allow(objects(data.records, 'reports/'), ['s3:GetObject']),
      allow(objects(data.records, 'problems/'), ['s3:GetObjectVersion']),
      allow(objects(data.records, 'answers/'), ['s3:GetObjectVersion']),
      allow(objects(data.records, 'drafts/'), ['s3:PutObject', 's3:GetObjectVersion']),
    ],
    timeout: HTTP_TIMEOUT,
    memory: 512,
  });

  new HttpFunction(stack, 'ReviewApi', {
    ...surroundings,
    name: 'review-api',
    api,
    routes: routesOf('review-api'),
    environment: { TABLE_NAME: data.table.tableName, RECORDS_BUCKET: data.records.bucketName, ...tokenForm },
    grants: [
      allow(data.table, [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:DeleteItem',
      ]),
      allow(listIndex(data.table), ['dynamodb:Query']),
      allow(objects(data.records, 'answers/'), ['s3:GetObjectVersion']),
      allow(objects(data.records, 'problems/'), ['s3:GetObjectVersion']),
      allow(objects(data.records, 'documents/'), ['s3:GetObject']),
    ],
    timeout: HTTP_TIMEOUT,
    memory: 512,
  });

  new HttpFunction(stack, 'ProgramApi', {
    ...surroundings,
    name: 'program-api',
    api,
    routes: routesOf('program-api'),
    environment: {
      TABLE_NAME: data.table.tableName,
      PACKAGES_BUCKET: data.packages.bucketName,
      ...(pool === undefined ? {} : { USER_POOL_ID: pool.userPool.userPoolId }),
      ...tokenForm,
    },
    grants: [
      allow(data.table, [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:ConditionCheckItem',
      ]),
      allow(listIndex(data.table), ['dynamodb:Query']),
      allow(objects(data.packages, 'packages/'), ['s3:PutObject']),
      ...(pool === undefined ? [] : [allow(pool.userPool.userPoolArn, ['cognito-idp:AdminGetUser'])]),
    ],
    timeout: HTTP_TIMEOUT,
    memory: 512,
  });

  new HttpFunction(stack, 'ImportApi', {
    ...surroundings,
    name: 'import-api',
    api,
    routes: routesOf('import-api'),
    environment: {
      TABLE_NAME: data.table.tableName,
      PACKAGES_BUCKET: data.packages.bucketName,
      RECORDS_BUCKET: data.records.bucketName,
      ...tokenForm,
    },
    grants: [
      allow(data.table, ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem']),
      allow(listIndex(data.table), ['dynamodb:Query']),
      allow(objects(data.packages, 'imports/'), ['s3:PutObject']),
      allow(objects(data.records, 'imports/'), ['s3:GetObjectVersion']),
    ],
    timeout: HTTP_TIMEOUT,
    memory: 512,
  });

  const { routes: open } = new HttpFunction(stack, 'OpenApi', {
    ...surroundings,
    name: 'openapi',
    api,
    open: true,
    routes: [`GET ${openApiPath}`],
    environment: { TOKEN_ISSUER: issuer },
    grants: [],
    timeout: Duration.seconds(10),
    memory: 256,
  });

  throttleApart(apiStage.resource, open);

  const { api: own } = stage;
  new CfnOutput(stack, 'ApiUrl', { value: own === undefined ? api.apiEndpoint : `https://${own.domain}` });
  if (pool !== undefined) {
    new CfnOutput(stack, 'UserPoolClientId', { value: audience });
  }
}

/** The stage that serves the API, with its access log. */
function createStage(stack: Stack, stage: Stage, httpApi: HttpApi) {
  // Below this prefix API Gateway's permission to write needs no growing resource policy of the account.
  const days = Math.min(maxAccessLogDays, stage.retention.logDays);
  const accessLog = createLogGroup(stack, 'AccessLog', stage, `/aws/vendedlogs/secor-${stage.name}-api`, days);
  const apiStage = new HttpStage(stack, 'ApiStage', {
    httpApi,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: stage.throttling.requestsPerSecond, burstLimit: stage.throttling.burst },
    accessLogSettings: {
      destination: new LogGroupLogDestination(accessLog),
      format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    },
  });
  if (stage.api !== undefined) {
    new CfnApiMapping(stack, 'ApiMapping', {
      apiId: httpApi.apiId,
      // By name: with a reference, the mapping would be replaced whenever outputs are read again, and the domain would not answer
      // meanwhile.
      domainName: stage.api.domain,
      stage: apiStage.stageName,
    }).node.addDependency(apiStage);
  }
  const resource = apiStage.node.defaultChild;
  if (!(resource instanceof CfnStage))
    throw new Error('The stage of the API has no CfnStage to put settings of routes on.');
  return { accessLog, resource };
}

/** Routes without a token have their own throttling, so that anonymous calls can't shut out callers with a token. */
function throttleApart(stage: CfnStage, routes: ReadonlyMap<string, HttpRoute>): void {
  // CloudFormation passes these on as they are, names and all.
  const settings = { ThrottlingRateLimit: OPEN_ROUTES.requestsPerSecond, ThrottlingBurstLimit: OPEN_ROUTES.burst };
  stage.routeSettings = Object.fromEntries([...routes.keys()].map((key) => [key, settings]));
  // API Gateway refuses settings of a route that is not there.
  for (const route of routes.values()) stage.node.addDependency(route);
}
