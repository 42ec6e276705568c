import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Object created → queue → take → table → stream → pass on → queue → finish → table; and an HTTP API before it.

const account = '123456789012';
const region = 'ca-central-1';

/** A client that signs its calls: a bundle finds no package beside its own files. */
const client = String.raw`
  import { createHash, createHmac } from 'node:crypto';
  const hash = (text) => createHash('sha256').update(text).digest('hex');
  const hmac = (key, text) => createHmac('sha256', key).update(text);
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  async function call(service, target, input) {
    const body = JSON.stringify(input);
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = [date.slice(0, 8), AWS_REGION, service, 'aws4_request'];
    const names = 'host;x-amz-date;x-amz-target';
    const headers = ['host:' + new URL(AWS_ENDPOINT_URL).host, 'x-amz-date:' + date, 'x-amz-target:' + target];
    const canonical = ['POST', '/', '', ...headers, '', names, hash(body)].join('\n');
    const key = scope.reduce((previous, part) => hmac(previous, part).digest(), 'AWS4' + AWS_SECRET_ACCESS_KEY);
    const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope.join('/'), hash(canonical)].join('\n')).digest('hex');
    const credential = AWS_ACCESS_KEY_ID + '/' + scope.join('/');
    const response = await fetch(AWS_ENDPOINT_URL, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': date,
        'x-amz-target': target,
        authorization: 'AWS4-HMAC-SHA256 Credential=' + credential + ', SignedHeaders=' + names + ', Signature=' + signature,
      },
    });
    const answer = await response.json();
    if (response.ok) return answer;
    throw Object.assign(new Error(answer.message ?? answer.Message), { name: answer.__type.split('#').at(-1) });
  }
  export const dynamodb = (operation, input) => call('dynamodb', 'DynamoDB_20120810.' + operation, input);
  export const sqs = (operation, input) => call('sqs', 'AmazonSQS.' + operation, input);
`;

const bundles: Readonly<Record<string, string>> = {
  take: `
    import { existsSync, watch } from 'node:fs';
    import { dynamodb } from './client.mjs';
    const gate = process.env.GATE;
    export const handler = async (event) => {
      console.log('taking', process.pid);
      if (gate && !existsSync(gate)) await new Promise((resolve) => setInterval(() => existsSync(gate) && resolve(), 20));
      for (const record of event.Records) {
        for (const { s3 } of JSON.parse(record.body).Records ?? []) {
          await dynamodb('PutItem', { TableName: process.env.TABLE_NAME, Item: { pk: { S: s3.object.key }, kind: { S: 'outbox' }, version: { S: s3.object.versionId } } });
        }
      }
      return { batchItemFailures: [] };
    };`,
  pass: `
    import { sqs } from './client.mjs';
    export const handler = async (event) => {
      for (const { dynamodb } of event.Records) {
        await sqs('SendMessage', { QueueUrl: process.env.QUEUE_URL, MessageBody: dynamodb.NewImage.pk.S });
      }
      return { batchItemFailures: [] };
    };`,
  finish: `
    import { dynamodb } from './client.mjs';
    export const handler = async (event) => {
      for (const { body } of event.Records) {
        await dynamodb('PutItem', { TableName: process.env.TABLE_NAME, Item: { pk: { S: 'finished ' + body }, kind: { S: 'end' } } });
      }
      if (process.env.OVERREACH) await dynamodb('DeleteItem', { TableName: process.env.TABLE_NAME, Key: { pk: { S: 'x' } } });
    };`,
  api: `export const handler = async (event) => ({ statusCode: 201, cookies: ['a=1'], body: JSON.stringify(event), headers: { 'Content-Type': 'application/json' } });`,
};

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const trust = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});
const grants = (...statements: readonly (readonly [string | string[], unknown])[]) => [
  {
    PolicyName: 'grants',
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
    },
  },
];
const receive = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const readStream = ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords'];

function functionResources(
  name: string,
  variables: object,
  statements: ReturnType<typeof grants>,
): Record<string, object> {
  return {
    [`${name}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: trust('lambda.amazonaws.com'), Policies: statements },
    },
    [`${name}Function`]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: `small-${name}`,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { S3Bucket: { 'Fn::Join': ['', ['assets-', { Ref: 'AWS::AccountId' }]] }, S3Key: `${name}.zip` },
        Role: arn(`${name}Role`),
        MemorySize: 256,
        Timeout: 20,
        Environment: { Variables: variables },
      },
    },
  };
}

/** What a test may change in the small app. */
export type SmallAppChange = {
  /** A file for which the first function waits before it works. */
  readonly gate?: string;
  /** The last function does what its role may not. */
  readonly overreach?: boolean;
  /** Resources to add to the service stack, or to replace there. */
  readonly resources?: Readonly<Record<string, object>>;
};

/** Writes a small synthesized app of two stacks into a directory; its bundles hold all that they import. */
export function writeSmallApp(directory: string, change: SmallAppChange = {}): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, code] of Object.entries(bundles)) {
    mkdirSync(join(directory, `asset.${name}`));
    writeFileSync(join(directory, `asset.${name}`, 'index.mjs'), code);
    writeFileSync(join(directory, `asset.${name}`, 'client.mjs'), client);
  }

  const bucketArn = `arn:aws:s3:::small-${account}-uploads`;
  const data = {
    Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' } },
    Resources: {
      Uploads: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          BucketName: `small-${account}-uploads`,
          VersioningConfiguration: { Status: 'Enabled' },
          NotificationConfiguration: {
            QueueConfigurations: [
              {
                Event: 's3:ObjectCreated:*',
                Queue: arn('Incoming'),
                Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'in/' }] } },
              },
            ],
          },
        },
        DependsOn: ['IncomingPolicy'],
      },
      IncomingDead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'small-incoming-dead' } },
      Incoming: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'small-incoming',
          VisibilityTimeout: 600,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['IncomingDead', 'Arn'] }, maxReceiveCount: 5 },
        },
      },
      IncomingPolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Incoming' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 's3.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: arn('Incoming'),
                Condition: { ArnEquals: { 'aws:SourceArn': bucketArn } },
              },
            ],
          },
        },
      },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Metadata: { 'aws:cdk:path': 'small-data/Table/Resource' },
        Properties: {
          TableName: 'small',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        },
      },
      UserPool: { Type: 'AWS::Cognito::UserPool', Properties: {} },
      Client: {
        Type: 'AWS::Cognito::UserPoolClient',
        Properties: {
          UserPoolId: { Ref: 'UserPool' },
          AllowedOAuthFlowsUserPoolClient: true,
          AllowedOAuthFlows: ['code'],
          AllowedOAuthScopes: ['openid', 'email'],
          CallbackURLs: ['https://small.example.org/callback'],
          AccessTokenValidity: 15,
          TokenValidityUnits: { AccessToken: 'minutes' },
        },
      },
      Reviewers: {
        Type: 'AWS::Cognito::UserPoolGroup',
        Properties: { UserPoolId: { Ref: 'UserPool' }, GroupName: 'reviewer' },
      },
      Administrators: {
        Type: 'AWS::Cognito::UserPoolGroup',
        Properties: { UserPoolId: { Ref: 'UserPool' }, GroupName: 'administrator' },
      },
    },
    Outputs: {
      TableStream: { Value: { 'Fn::GetAtt': ['Table', 'StreamArn'] } },
      IncomingArn: { Value: arn('Incoming') },
      TableArn: { Value: arn('Table') },
      Issuer: { Value: { 'Fn::GetAtt': ['UserPool', 'ProviderURL'] } },
      UserPoolId: { Value: { Ref: 'UserPool' } },
      ClientId: { Value: { Ref: 'Client' } },
    },
  };

  const ofData = (OutputName: string) => ({ 'Fn::GetStackOutput': { StackName: 'small-data', OutputName } });
  const service = {
    Resources: {
      Passed: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'small-passed' } },
      ...functionResources(
        'take',
        { TABLE_NAME: 'small', ...(change.gate === undefined ? {} : { GATE: change.gate }) },
        grants([receive, ofData('IncomingArn')], ['dynamodb:PutItem', ofData('TableArn')]),
      ),
      ...functionResources(
        'pass',
        { QUEUE_URL: { Ref: 'Passed' } },
        grants([readStream, ofData('TableStream')], ['sqs:SendMessage', arn('Passed')]),
      ),
      ...functionResources(
        'finish',
        { TABLE_NAME: 'small', ...(change.overreach ? { OVERREACH: '1' } : {}) },
        grants([receive, arn('Passed')], ['dynamodb:PutItem', ofData('TableArn')]),
      ),
      ...functionResources('api', {}, []),
      TakeSource: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: ofData('IncomingArn'),
          FunctionName: { Ref: 'takeFunction' },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
      },
      PassSource: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: ofData('TableStream'),
          FunctionName: { Ref: 'passFunction' },
          StartingPosition: 'TRIM_HORIZON',
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          FilterCriteria: {
            Filters: [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"kind":{"S":["outbox"]}}}}' }],
          },
        },
      },
      FinishSource: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: arn('Passed'), FunctionName: { Ref: 'finishFunction' } },
      },
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'small', ProtocolType: 'HTTP' } },
      ApiStage: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
      },
      ApiIntegration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'Api' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: arn('apiFunction'),
          PayloadFormatVersion: '2.0',
        },
      },
      Authorizer: {
        Type: 'AWS::ApiGatewayV2::Authorizer',
        Properties: {
          ApiId: { Ref: 'Api' },
          AuthorizerType: 'JWT',
          IdentitySource: ['$request.header.Authorization'],
          JwtConfiguration: { Issuer: ofData('Issuer'), Audience: [ofData('ClientId')] },
          Name: 'tokens',
        },
      },
      Route: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'Api' },
          RouteKey: 'GET /v1/things/{thing}',
          Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'ApiIntegration' }]] },
          AuthorizationType: 'JWT',
          AuthorizerId: { Ref: 'Authorizer' },
        },
      },
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: arn('apiFunction'),
          Principal: 'apigateway.amazonaws.com',
          SourceArn: {
            'Fn::Join': ['', [`arn:aws:execute-api:${region}:${account}:`, { Ref: 'Api' }, '/*/*/v1/things/{thing}']],
          },
        },
      },
      ScheduleRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trust('scheduler.amazonaws.com'),
          Policies: grants(['sqs:SendMessage', arn('Passed')]),
        },
      },
      Daily: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'cron(0 6 * * ? *)',
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: { Arn: arn('Passed'), RoleArn: arn('ScheduleRole'), Input: '<aws.scheduler.scheduled-time>' },
        },
      },
      Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: 'small' } },
      ...change.resources,
    },
    Outputs: { ApiUrl: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } } },
  };

  const environment = `aws://${account}/${region}`;
  const files: Readonly<Record<string, object>> = {
    'manifest.json': {
      version: '55.0.0',
      artifacts: {
        'small-service': {
          type: 'aws:cloudformation:stack',
          environment,
          properties: { templateFile: 'service.template.json' },
          dependencies: ['small-data', 'small-service.assets'],
        },
        'small-service.assets': { type: 'cdk:asset-manifest', properties: { file: 'service.assets.json' } },
        'small-data': {
          type: 'aws:cloudformation:stack',
          environment,
          properties: { templateFile: 'data.template.json' },
        },
      },
    },
    'service.assets.json': {
      files: Object.fromEntries(
        Object.keys(bundles).map((name) => [
          name,
          {
            source: { path: `asset.${name}`, packaging: 'zip' },
            destinations: { here: { bucketName: 'assets', objectKey: `${name}.zip` } },
          },
        ]),
      ),
    },
    'data.template.json': data,
    'service.template.json': service,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), JSON.stringify(content));
}
