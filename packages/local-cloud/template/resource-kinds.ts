import { createHash } from 'node:crypto';
import type { TableDefinition } from '../dynamodb/dynamodb-engine.ts';
import type { PolicyDocument, PolicyStatement } from '../gateway/policy.ts';
import { type AppClient, knownScopes } from '../identity/user-pool.ts';
import type { Json } from '../json.ts';
import type { CorsRule } from '../s3/index.ts';
import { type FeedbackType, feedbackTypes } from '../ses/feedback.ts';
import type { Plan, PlannedUserPool, Throttle } from './plan.ts';
import type { Reader } from './reader.ts';

/** As EventBridge Scheduler's own default. */
const mostScheduleRetries = 185;

/** The engines, as far as provisioning needs them. */
export type ProvisioningTargets = {
  readonly region: string;
  readonly accountId: string;
  /** "http://127.0.0.1:PORT" of the HTTP API. */
  readonly apiUrl: string;
  /** The issuer that plays the template's user pool. */
  readonly issuer: string;
  /** The directory of the bundle that is uploaded under this object key. */
  asset(objectKey: string): string | undefined;
  /** Makes a table unless it is there; CloudFormation's properties are the API's own. */
  createTable(definition: TableDefinition): Promise<void>;
  /** The ARN of a table's stream. */
  streamArn(tableName: string): Promise<string>;
  createBucket(name: string, options: { readonly versioned: boolean; readonly cors: readonly CorsRule[] }): void;
  createQueue(name: string, attributes: Readonly<Record<string, Json>>): { readonly url: string; readonly arn: string };
  setResourcePolicy(arn: string, policy: PolicyDocument): void;
  /** Lets an address, or all addresses of a domain, send mail. */
  addMailIdentity(nameOrDomain: string): void;
  addConfigurationSet(name: string): void;
  createTopic(topicArn: string): void;
  /** Brings what is published to a topic to a queue, without SNS's envelope when raw. */
  subscribe(subscription: { readonly topicArn: string; readonly queueArn: string; readonly raw: boolean }): void;
};

/** A resource to make. */
export type ResourceRequest = {
  readonly stack: string;
  readonly logicalId: string;
  /** The name by which AWS would know it, when no property gives one. */
  readonly generatedName: string;
  readonly properties: Reader;
  readonly plan: Plan;
  readonly targets: ProvisioningTargets;
};

export type Made = { readonly reference: string; readonly attributes?: Readonly<Record<string, string>> };

/** How resources of a type are made. */
export type ResourceKind = {
  /** The properties that are acted on. */
  readonly properties: readonly string[];
  /** The properties that mean nothing on one machine. */
  readonly ignored?: readonly string[];
  make(request: ResourceRequest): Made | Promise<Made>;
};

/** How often routes may be called, by settings of a stage; undefined where these don't say. */
function throttleIn(settings: Reader | undefined): Throttle | undefined {
  settings?.only('ThrottlingRateLimit', 'ThrottlingBurstLimit', 'DetailedMetricsEnabled');
  const [rate, burst] = [
    settings?.optionalNumber('ThrottlingRateLimit'),
    settings?.optionalNumber('ThrottlingBurstLimit'),
  ];
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}

/** AWS's own policies that the template may name; they grant what only AWS exercises. */
const managedPolicies = new Set([
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', // writes logs
]);

/** An event of SES that never happens on one machine: nothing is late. */
const neverHappening = ['deliveryDelay'];

/** When a function names no concurrency: enough to overlap, and no more than a small machine carries. */
const defaultConcurrency = 4;

/** An id in the form of AWS's: the same for the same resource at every start. */
export function stableId(seed: string, length: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, length);
}

/** The resource types that the local cloud makes. */
export const resourceKinds: Readonly<Record<string, ResourceKind>> = {
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

  'AWS::S3::Bucket': {
    properties: ['BucketName', 'VersioningConfiguration', 'CorsConfiguration', 'NotificationConfiguration'],
    ignored: [
      'BucketEncryption',
      'LifecycleConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
      'LoggingConfiguration',
      'ObjectLockEnabled',
    ],
    make({ properties, generatedName, plan, targets, stack, logicalId }) {
      const name = properties.optionalText('BucketName') ?? bucketName(generatedName);
      const versioned = properties.optionalObject('VersioningConfiguration')?.text('Status') === 'Enabled';
      const cors = properties.optionalObject('CorsConfiguration')?.objects('CorsRules') ?? [];
      targets.createBucket(name, { versioned, cors: cors.map(corsRule) });
      const notifications = properties.optionalObject('NotificationConfiguration')?.only('QueueConfigurations');
      for (const [index, notification] of (notifications?.objects('QueueConfigurations') ?? []).entries()) {
        notification.only('Event', 'Filter', 'Queue');
        const event = notification.text('Event');
        if (!event.startsWith('s3:ObjectCreated:')) {
          throw new Error(`${notification.where}: the local cloud knows s3:ObjectCreated events only, not "${event}".`);
        }
        const rules = notification.optionalObject('Filter')?.object('S3Key').objects('Rules') ?? [];
        const rule = (kind: string): string =>
          rules.find((each) => each.text('Name').toLowerCase() === kind)?.text('Value') ?? '';
        plan.notifications.push({
          bucket: name,
          queueArn: notification.text('Queue'),
          configurationId: `${stableId(`${stack}/${logicalId}`, 8)}-${index}`,
          event,
          prefix: rule('prefix'),
          suffix: rule('suffix'),
          tags: {
            'aws:cloudformation:stack-name': stack,
            'aws:cloudformation:logical-id': logicalId,
            'aws:cloudformation:stack-id': `arn:aws:cloudformation:${targets.region}:${targets.accountId}:stack/${stack}/local`,
          },
        });
      }
      return {
        reference: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${targets.region}.amazonaws.com`,
        },
      };
    },
  },

  'AWS::S3::BucketPolicy': {
    properties: ['Bucket', 'PolicyDocument'],
    make({ properties, targets, generatedName }) {
      targets.setResourcePolicy(`arn:aws:s3:::${properties.text('Bucket')}`, policyOf(properties, 'PolicyDocument'));
      return { reference: generatedName };
    },
  },

  'AWS::SQS::Queue': {
    properties: [
      'QueueName',
      'DelaySeconds',
      'MaximumMessageSize',
      'MessageRetentionPeriod',
      'ReceiveMessageWaitTimeSeconds',
      'RedrivePolicy',
      'RedriveAllowPolicy',
      'VisibilityTimeout',
    ],
    ignored: ['SqsManagedSseEnabled', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'Tags'],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('QueueName') ?? generatedName.slice(0, 80);
      const attributes = Object.fromEntries(
        this.properties
          .filter((each) => each !== 'QueueName' && properties.has(each))
          .map((each) => [each, properties.value[each] ?? null]),
      );
      const { url, arn } = targets.createQueue(name, attributes);
      plan.queues.set(arn, { name, url, visibilitySeconds: properties.optionalNumber('VisibilityTimeout') ?? 30 });
      return { reference: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
    },
  },

  'AWS::SQS::QueuePolicy': {
    properties: ['Queues', 'PolicyDocument'],
    make({ properties, plan, targets, generatedName }) {
      for (const url of properties.texts('Queues')) {
        const [arn] = [...plan.queues].find(([, queue]) => queue.url === url) ?? [];
        if (arn === undefined) throw new Error(`${properties.where}, Queues: there is no queue ${url}.`);
        targets.setResourcePolicy(arn, policyOf(properties, 'PolicyDocument'));
      }
      return { reference: generatedName };
    },
  },

  'AWS::SNS::Topic': {
    properties: ['TopicName'],
    ignored: ['DisplayName', 'KmsMasterKeyId', 'Tags'],
    make({ properties, generatedName, targets }) {
      const name = properties.optionalText('TopicName') ?? generatedName;
      const arn = `arn:aws:sns:${targets.region}:${targets.accountId}:${name}`;
      targets.createTopic(arn);
      return { reference: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  },

  'AWS::SNS::TopicPolicy': {
    properties: ['Topics', 'PolicyDocument'],
    make({ properties, targets, generatedName }) {
      for (const arn of properties.texts('Topics')) {
        targets.setResourcePolicy(arn, policyOf(properties, 'PolicyDocument'));
      }
      return { reference: generatedName };
    },
  },

  'AWS::SNS::Subscription': {
    properties: ['TopicArn', 'Protocol', 'Endpoint', 'RawMessageDelivery'],
    make({ properties, generatedName, plan, targets }) {
      const protocol = properties.text('Protocol');
      const topicArn = properties.text('TopicArn');
      const made = { reference: `${topicArn}:${stableId(generatedName, 36)}` };
      // It tells people of alarms, which do not ring on one machine.
      if (protocol === 'email') return made;
      if (protocol !== 'sqs') {
        throw new Error(
          `${properties.where}: the local cloud knows subscriptions of queues (sqs) and, without effect, by email only, not "${protocol}".`,
        );
      }
      const queueArn = properties.text('Endpoint');
      if (!plan.queues.has(queueArn))
        throw new Error(`${properties.where}, Endpoint: ${queueArn} is no queue of the templates.`);
      targets.subscribe({ topicArn, queueArn, raw: properties.optionalFlag('RawMessageDelivery') ?? false });
      return made;
    },
  },

  'AWS::IAM::Role': {
    properties: ['RoleName', 'AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'Path'],
    ignored: ['Description', 'MaxSessionDuration', 'Tags'],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('RoleName') ?? generatedName;
      const arn = `arn:aws:iam::${targets.accountId}:role${properties.optionalText('Path') ?? '/'}${name}`;
      for (const policy of properties.texts('ManagedPolicyArns')) {
        if (!managedPolicies.has(policy))
          throw new Error(`${properties.where}: the local cloud does not know the managed policy ${policy}.`);
      }
      plan.roles.set(arn, {
        arn,
        name,
        trust: policyOf(properties, 'AssumeRolePolicyDocument'),
        policies: properties.objects('Policies').map((policy) => policyOf(policy, 'PolicyDocument')),
      });
      return { reference: name, attributes: { Arn: arn, RoleId: `AROA${stableId(arn, 17).toUpperCase()}` } };
    },
  },

  'AWS::IAM::Policy': {
    properties: ['PolicyDocument', 'PolicyName', 'Roles'],
    make({ properties, plan }) {
      attachPolicy(properties, plan);
      return { reference: properties.text('PolicyName') };
    },
  },

  'AWS::IAM::ManagedPolicy': {
    properties: ['PolicyDocument', 'ManagedPolicyName', 'Roles'],
    ignored: ['Description', 'Path'],
    make({ properties, plan, targets, generatedName }) {
      attachPolicy(properties, plan);
      const name = properties.optionalText('ManagedPolicyName') ?? generatedName;
      const arn = `arn:aws:iam::${targets.accountId}:policy/${name}`;
      return { reference: arn, attributes: { PolicyArn: arn } };
    },
  },

  'AWS::Lambda::Function': {
    properties: [
      'FunctionName',
      'Code',
      'Handler',
      'Role',
      'Environment',
      'MemorySize',
      'Timeout',
      'ReservedConcurrentExecutions',
      'Runtime',
    ],
    ignored: [
      'Architectures',
      'Description',
      'KmsKeyArn',
      'LoggingConfig',
      'Tags',
      'TracingConfig',
      'EphemeralStorage',
      'RecursiveLoop',
    ],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('FunctionName') ?? generatedName.slice(0, 64);
      const runtime = properties.text('Runtime');
      if (!runtime.startsWith('nodejs'))
        throw new Error(`${properties.where}: the local cloud runs Node.js functions, not ${runtime}.`);
      const key = properties.object('Code').text('S3Key');
      const codeDirectory = targets.asset(key);
      if (codeDirectory === undefined)
        throw new Error(`${properties.where}, Code: no asset manifest names ${key}. Run "npm run synth" again.`);
      const arn = `arn:aws:lambda:${targets.region}:${targets.accountId}:function:${name}`;
      const variables = properties.optionalObject('Environment')?.optionalObject('Variables');
      plan.functions.set(name, {
        name,
        arn,
        codeDirectory,
        handler: properties.text('Handler'),
        roleArn: properties.text('Role'),
        environment: Object.fromEntries(
          Object.entries(variables?.value ?? {}).map(([variable, value]) => [variable, String(value)]),
        ),
        memoryMegabytes: properties.optionalNumber('MemorySize') ?? 128,
        timeoutSeconds: properties.optionalNumber('Timeout') ?? 3,
        concurrency: Math.min(
          properties.optionalNumber('ReservedConcurrentExecutions') ?? defaultConcurrency,
          defaultConcurrency,
        ),
      });
      return { reference: name, attributes: { Arn: arn } };
    },
  },

  'AWS::Lambda::EventSourceMapping': {
    properties: [
      'EventSourceArn',
      'FunctionName',
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'FunctionResponseTypes',
      'ScalingConfig',
      'FilterCriteria',
      'Enabled',
      'StartingPosition',
      'BisectBatchOnFunctionError',
      'MaximumRetryAttempts',
      'MaximumRecordAgeInSeconds',
      'ParallelizationFactor',
    ],
    ignored: ['Tags'],
    make({ properties, plan, generatedName }) {
      const made = { reference: stableId(generatedName, 36) };
      const source = properties.text('EventSourceArn');
      const target = functionOf(properties, plan);
      const shared = {
        enabled: properties.optionalFlag('Enabled') !== false,
        functionName: target.name,
        partialFailures: properties.texts('FunctionResponseTypes').includes('ReportBatchItemFailures'),
        patterns: (properties.optionalObject('FilterCriteria')?.objects('Filters') ?? []).map((filter) =>
          filter.text('Pattern'),
        ),
        where: properties.where,
      };
      const windowMs = (properties.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0) * 1000;
      const queue = plan.queues.get(source);
      if (queue !== undefined) {
        if (queue.visibilitySeconds < target.timeoutSeconds) {
          throw new Error(
            `${properties.where}: the queue ${queue.name} hides a message for ${queue.visibilitySeconds} s, less than the ${target.timeoutSeconds} s that ${target.name} may run. AWS refuses that: raise VisibilityTimeout.`,
          );
        }
        const most = properties.optionalObject('ScalingConfig')?.optionalNumber('MaximumConcurrency');
        const batchSize = properties.optionalNumber('BatchSize') ?? 10;
        if (batchSize > 10 && windowMs === 0) {
          throw new Error(
            `${properties.where}: a BatchSize of ${batchSize} needs a MaximumBatchingWindowInSeconds of 1 or more. AWS refuses more than 10 without it.`,
          );
        }
        plan.queueSources.push({
          ...shared,
          queueArn: source,
          batchSize,
          windowMs,
          concurrency: Math.min(most ?? target.concurrency, target.concurrency),
        });
        return made;
      }
      if (!plan.streams.has(source))
        throw new Error(`${properties.where}: the local cloud knows no queue and no stream ${source}.`);
      const fixed: readonly [string, Json | undefined, Json][] = [
        ['StartingPosition', properties.optionalText('StartingPosition'), 'TRIM_HORIZON'],
        ['MaximumRetryAttempts', properties.optionalNumber('MaximumRetryAttempts') ?? -1, -1],
        ['MaximumRecordAgeInSeconds', properties.optionalNumber('MaximumRecordAgeInSeconds') ?? -1, -1],
        ['ParallelizationFactor', properties.optionalNumber('ParallelizationFactor') ?? 1, 1],
        ['MaximumBatchingWindowInSeconds', windowMs, 0],
      ];
      for (const [name, value, only] of fixed) {
        if (value !== only)
          throw new Error(
            `${properties.where}, ${name}: for a stream the local cloud knows ${only} only, not ${value}.`,
          );
      }
      plan.streamSources.push({
        ...shared,
        streamArn: source,
        batchSize: properties.optionalNumber('BatchSize') ?? 100,
        bisect: properties.optionalFlag('BisectBatchOnFunctionError') ?? false,
      });
      return made;
    },
  },

  'AWS::Lambda::Permission': {
    properties: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'],
    make({ properties, plan, generatedName }) {
      const { arn } = functionOf(properties, plan);
      const source = properties.optionalText('SourceArn');
      const account = properties.optionalText('SourceAccount');
      const statement: PolicyStatement = {
        Sid: generatedName,
        Effect: 'Allow',
        Principal: { Service: properties.text('Principal') },
        Action: properties.text('Action'),
        Resource: arn,
        Condition: {
          ...(source === undefined ? {} : { ArnLike: { 'aws:SourceArn': source } }),
          ...(account === undefined ? {} : { StringEquals: { 'aws:SourceAccount': account } }),
        },
      };
      plan.permissions.set(arn, [...(plan.permissions.get(arn) ?? []), statement]);
      return { reference: generatedName };
    },
  },

  'AWS::ApiGatewayV2::Api': {
    properties: ['ProtocolType', 'CorsConfiguration'],
    ignored: ['Name', 'Description', 'Tags'],
    make({ properties, plan, targets, generatedName }) {
      if (properties.text('ProtocolType') !== 'HTTP')
        throw new Error(`${properties.where}: the local cloud knows HTTP APIs only.`);
      if (plan.apis.size > 0) throw new Error(`${properties.where}: the local cloud serves one HTTP API.`);
      const apiId = stableId(generatedName, 10);
      const cors = properties.optionalObject('CorsConfiguration');
      const maxAge = cors?.optionalNumber('MaxAge');
      plan.apis.set(apiId, {
        apiId,
        ...(cors === undefined
          ? {}
          : {
              cors: {
                allowOrigins: cors.texts('AllowOrigins'),
                allowMethods: cors.texts('AllowMethods'),
                allowHeaders: cors.texts('AllowHeaders'),
                exposeHeaders: cors.texts('ExposeHeaders'),
                allowCredentials: cors.optionalFlag('AllowCredentials') ?? false,
                ...(maxAge === undefined ? {} : { maxAge }),
              },
            }),
      });
      return { reference: apiId, attributes: { ApiId: apiId, ApiEndpoint: targets.apiUrl } };
    },
  },

  'AWS::ApiGatewayV2::Route': {
    properties: ['ApiId', 'RouteKey', 'Target', 'AuthorizationType', 'AuthorizerId', 'AuthorizationScopes'],
    ignored: ['OperationName'],
    make({ properties, plan, generatedName }) {
      const kind = properties.optionalText('AuthorizationType') ?? 'NONE';
      if (kind !== 'JWT' && kind !== 'NONE')
        throw new Error(`${properties.where}: the local cloud knows the authorizations JWT and NONE, not ${kind}.`);
      plan.routes.push({
        apiId: properties.text('ApiId'),
        key: properties.text('RouteKey'),
        integrationId: properties.text('Target').replace(/^integrations\//, ''),
        ...(kind === 'JWT' ? { authorizerId: properties.text('AuthorizerId') } : {}),
        scopes: properties.texts('AuthorizationScopes'),
        where: properties.where,
      });
      return { reference: stableId(generatedName, 7) };
    },
  },

  'AWS::ApiGatewayV2::Integration': {
    properties: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'],
    ignored: ['Description', 'IntegrationMethod'],
    make({ properties, plan, generatedName }) {
      const format = properties.text('PayloadFormatVersion');
      if (properties.text('IntegrationType') !== 'AWS_PROXY' || format !== '2.0') {
        throw new Error(
          `${properties.where}: the local cloud knows AWS_PROXY integrations of payload format 2.0 only.`,
        );
      }
      const integrationId = stableId(generatedName, 7);
      // A URI is the function's ARN, alone or within the ARN of Lambda's own API.
      const [functionArn = ''] =
        /arn:aws:lambda:[^:]+:\d+:function:[^/:]+/.exec(properties.text('IntegrationUri')) ?? [];
      plan.integrations.set(integrationId, {
        apiId: properties.text('ApiId'),
        functionArn,
        timeoutMs: Math.min(properties.optionalNumber('TimeoutInMillis') ?? 30_000, 30_000),
      });
      return { reference: integrationId };
    },
  },

  'AWS::ApiGatewayV2::Authorizer': {
    properties: ['ApiId', 'AuthorizerType', 'IdentitySource', 'JwtConfiguration'],
    ignored: ['Name'],
    make({ properties, plan, generatedName }) {
      const [source = '', ...others] = properties.texts('IdentitySource');
      const [, header] = /^\$request\.header\.([\w-]+)$/.exec(source) ?? [];
      if (properties.text('AuthorizerType') !== 'JWT' || header === undefined || others.length > 0) {
        throw new Error(`${properties.where}: the local cloud knows JWT authorizers on one header only.`);
      }
      const authorizerId = stableId(generatedName, 6);
      const configuration = properties.object('JwtConfiguration');
      plan.authorizers.set(authorizerId, {
        issuer: configuration.text('Issuer'),
        audience: configuration.texts('Audience'),
        header: header.toLowerCase(),
      });
      return { reference: authorizerId, attributes: { AuthorizerId: authorizerId } };
    },
  },

  'AWS::ApiGatewayV2::Stage': {
    properties: ['ApiId', 'StageName', 'AutoDeploy', 'DefaultRouteSettings', 'RouteSettings'],
    ignored: ['AccessLogSettings', 'Description', 'Tags'],
    make({ properties, plan }) {
      const name = properties.text('StageName');
      if (name !== '$default' || properties.optionalFlag('AutoDeploy') !== true) {
        throw new Error(`${properties.where}: the local cloud knows the stage $default with AutoDeploy only.`);
      }
      const throttle = throttleIn(properties.optionalObject('DefaultRouteSettings'));
      const ofRoutes = properties.optionalObject('RouteSettings');
      const routeThrottles = Object.fromEntries(
        Object.keys(ofRoutes?.value ?? {}).flatMap((key) => {
          const own = throttleIn(ofRoutes?.object(key));
          return own === undefined ? [] : [[key, own] as const];
        }),
      );
      plan.stages.push({
        apiId: properties.text('ApiId'),
        ...(throttle === undefined ? {} : { throttle }),
        routeThrottles,
      });
      return { reference: name };
    },
  },

  'AWS::Scheduler::Schedule': {
    properties: ['Name', 'GroupName', 'ScheduleExpression', 'ScheduleExpressionTimezone', 'State', 'Target'],
    ignored: ['Description', 'FlexibleTimeWindow', 'KmsKeyArn'],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('Name') ?? generatedName.slice(0, 64);
      const target = properties
        .object('Target')
        .only('Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig', 'SqsParameters');
      const queueArn = target.text('Arn');
      if (!queueArn.startsWith('arn:aws:sqs:'))
        throw new Error(`${target.where}: the local cloud knows schedules that send to a queue only, not ${queueArn}.`);
      const arn = `arn:aws:scheduler:${targets.region}:${targets.accountId}:schedule/${properties.optionalText('GroupName') ?? 'default'}/${name}`;
      const retries = target
        .optionalObject('RetryPolicy')
        ?.only('MaximumRetryAttempts', 'MaximumEventAgeInSeconds')
        .optionalNumber('MaximumRetryAttempts');
      const deadLetterArn = target.optionalObject('DeadLetterConfig')?.only('Arn').text('Arn');
      plan.schedules.push({
        name,
        arn,
        expression: properties.text('ScheduleExpression'),
        timeZone: properties.optionalText('ScheduleExpressionTimezone') ?? 'UTC',
        enabled: properties.optionalText('State') !== 'DISABLED',
        queueArn,
        roleArn: target.text('RoleArn'),
        input: target.optionalText('Input') ?? '',
        retries: retries ?? mostScheduleRetries,
        ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
        where: properties.where,
      });
      return { reference: name, attributes: { Arn: arn } };
    },
  },

  'AWS::SES::EmailIdentity': {
    properties: ['EmailIdentity'],
    ignored: [
      'ConfigurationSetAttributes',
      'DkimAttributes',
      'DkimSigningAttributes',
      'FeedbackAttributes',
      'MailFromAttributes',
    ],
    make({ properties, targets }) {
      const name = properties.text('EmailIdentity');
      targets.addMailIdentity(name);
      const dkim = [1, 2, 3].flatMap((number) => [
        [`DkimDNSTokenName${number}`, `local${number}._domainkey.${name}`],
        [`DkimDNSTokenValue${number}`, `local${number}.dkim.amazonses.com`],
      ]);
      return { reference: name, attributes: Object.fromEntries(dkim) };
    },
  },

  'AWS::SES::ConfigurationSet': {
    properties: ['Name'],
    ignored: [
      'DeliveryOptions',
      'ReputationOptions',
      'SendingOptions',
      'SuppressionOptions',
      'TrackingOptions',
      'VdmOptions',
    ],
    make({ properties, targets, generatedName }) {
      const name = properties.optionalText('Name') ?? generatedName.slice(0, 64);
      targets.addConfigurationSet(name);
      return { reference: name };
    },
  },

  'AWS::SES::ConfigurationSetEventDestination': {
    properties: ['ConfigurationSetName', 'EventDestination'],
    make({ properties, generatedName, plan }) {
      const destination = properties
        .object('EventDestination')
        .only('Name', 'Enabled', 'MatchingEventTypes', 'SnsDestination');
      const id = stableId(generatedName, 36);
      const name = destination.optionalText('Name') ?? generatedName.slice(0, 64);
      const types = destination.texts('MatchingEventTypes');
      const unknown = types.find((type) => !isFeedbackType(type) && !neverHappening.includes(type));
      if (unknown !== undefined) {
        throw new Error(
          `${destination.where}, MatchingEventTypes: the local cloud tells of ${feedbackTypes.join(', ')} only, not of "${unknown}".`,
        );
      }
      if (destination.optionalFlag('Enabled') !== false) {
        plan.feedback.set(id, {
          name,
          configurationSet: properties.text('ConfigurationSetName'),
          topicArn: destination.object('SnsDestination').only('TopicARN').text('TopicARN'),
          types: types.filter(isFeedbackType),
          where: properties.where,
        });
      }
      return { reference: id, attributes: { Id: id } };
    },
  },

  'AWS::Cognito::UserPool': {
    properties: ['EmailConfiguration'],
    ignored: [
      'AccountRecoverySetting',
      'AdminCreateUserConfig',
      'AliasAttributes',
      'AutoVerifiedAttributes',
      'DeletionProtection',
      'EmailVerificationMessage',
      'EmailVerificationSubject',
      'EnabledMfas',
      'MfaConfiguration',
      'Policies',
      'Schema',
      'SmsVerificationMessage',
      'UserAttributeUpdateSettings',
      'UserPoolAddOns',
      'UserPoolName',
      'UserPoolTags',
      'UserPoolTier',
      'UsernameAttributes',
      'UsernameConfiguration',
      'VerificationMessageTemplate',
    ],
    make({ properties, generatedName, plan, targets }) {
      if (plan.userPools.size > 0) throw new Error(`${properties.where}: the local cloud plays one user pool.`);
      const poolId = `${targets.region}_${stableId(generatedName, 9)}`;
      const sender = senderOf(properties);
      plan.userPools.set(poolId, { clientIds: [], appClients: [], groups: [], ...(sender && { sender }) });
      return {
        reference: poolId,
        attributes: {
          UserPoolId: poolId,
          Arn: `arn:aws:cognito-idp:${targets.region}:${targets.accountId}:userpool/${poolId}`,
          ProviderURL: targets.issuer,
          ProviderName: targets.issuer.replace(/^https?:\/\//, ''),
        },
      };
    },
  },

  'AWS::Cognito::UserPoolClient': {
    properties: [
      'UserPoolId',
      'AccessTokenValidity',
      'AllowedOAuthFlows',
      'AllowedOAuthFlowsUserPoolClient',
      'AllowedOAuthScopes',
      'CallbackURLs',
      'ClientName',
      'GenerateSecret',
      'IdTokenValidity',
      'LogoutURLs',
      'RefreshTokenValidity',
      'TokenValidityUnits',
    ],
    ignored: [
      'EnableTokenRevocation',
      'ExplicitAuthFlows',
      'PreventUserExistenceErrors',
      'ReadAttributes',
      'SupportedIdentityProviders',
      'WriteAttributes',
    ],
    make({ properties, generatedName, plan }) {
      const clientId = stableId(generatedName, 26);
      const pool = poolOf(properties, plan);
      pool.clientIds.push(clientId);
      if (properties.optionalFlag('AllowedOAuthFlowsUserPoolClient') === true) {
        pool.appClients.push(appClientOf(properties, clientId));
      }
      return { reference: clientId, attributes: { ClientId: clientId } };
    },
  },

  'AWS::Cognito::UserPoolGroup': {
    properties: ['UserPoolId', 'GroupName'],
    ignored: ['Description', 'Precedence'],
    make({ properties, plan }) {
      const name = properties.text('GroupName');
      poolOf(properties, plan).groups.push(name);
      return { reference: name };
    },
  },
};

function isFeedbackType(type: string): type is FeedbackType {
  return feedbackTypes.some((known) => known === type);
}

function attachPolicy(properties: Reader, plan: Plan): void {
  const document = policyOf(properties, 'PolicyDocument');
  for (const name of properties.texts('Roles')) {
    const role = [...plan.roles.values()].find((each) => each.name === name);
    if (role === undefined) throw new Error(`${properties.where}, Roles: there is no role ${name}.`);
    role.policies.push(document);
  }
}

function functionOf(properties: Reader, plan: Plan) {
  const given = properties.text('FunctionName');
  const found = plan.functions.get(given.split(':').at(-1) ?? given);
  if (found === undefined) throw new Error(`${properties.where}: there is no function ${given}.`);
  return found;
}

function poolOf(properties: Reader, plan: Plan) {
  const poolId = properties.text('UserPoolId');
  const pool = plan.userPools.get(poolId);
  if (pool === undefined) throw new Error(`${properties.where}: there is no user pool ${poolId}.`);
  return pool;
}

/** By what of SES a user pool sends; undefined where Cognito sends by itself. */
function senderOf(userPool: Reader): PlannedUserPool['sender'] {
  const configuration = userPool
    .optionalObject('EmailConfiguration')
    ?.only('ConfigurationSet', 'EmailSendingAccount', 'From', 'ReplyToEmailAddress', 'SourceArn');
  if (configuration?.optionalText('EmailSendingAccount') !== 'DEVELOPER') return undefined;
  const configurationSet = configuration.optionalText('ConfigurationSet');
  return { from: configuration.text('From'), ...(configurationSet === undefined ? {} : { configurationSet }) };
}

const validityUnits: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

function appClientOf(properties: Reader, clientId: string): AppClient {
  const { where } = properties;
  const flow = properties.texts('AllowedOAuthFlows').find((each) => each !== 'code');
  if (flow !== undefined)
    throw new Error(`${where}, AllowedOAuthFlows: the local cloud knows the flow code only, not "${flow}".`);
  const scopes = properties.texts('AllowedOAuthScopes');
  const unknown = scopes.find((scope) => !knownScopes.includes(scope));
  if (unknown !== undefined) {
    throw new Error(
      `${where}, AllowedOAuthScopes: the local cloud knows the scopes ${knownScopes.join(' and ')} only, not "${unknown}".`,
    );
  }
  if (properties.optionalFlag('GenerateSecret') === true)
    throw new Error(`${where}, GenerateSecret: the local cloud knows clients without a secret only.`);

  const units = properties.optionalObject('TokenValidityUnits');
  const seconds = (token: 'AccessToken' | 'IdToken' | 'RefreshToken', count: number, unit: string): number => {
    const inUnit = validityUnits[units?.optionalText(token) ?? unit];
    if (inUnit === undefined) throw new Error(`${where}, TokenValidityUnits: ${token} is in no unit of time.`);
    return (properties.optionalNumber(`${token}Validity`) ?? count) * inUnit;
  };
  return {
    clientId,
    name: properties.optionalText('ClientName') ?? clientId,
    callbackUrls: properties.texts('CallbackURLs'),
    logoutUrls: properties.texts('LogoutURLs'),
    scopes,
    // Cognito's own when the template names none: 1 hour, and 30 days.
    accessTokenSeconds: seconds('AccessToken', 1, 'hours'),
    idTokenSeconds: seconds('IdToken', 1, 'hours'),
    refreshTokenSeconds: seconds('RefreshToken', 30, 'days'),
  };
}

function corsRule(rule: Reader): CorsRule {
  const maxAge = rule.optionalNumber('MaxAge');
  return {
    allowedOrigins: rule.texts('AllowedOrigins'),
    allowedMethods: rule.texts('AllowedMethods'),
    allowedHeaders: rule.texts('AllowedHeaders'),
    exposedHeaders: rule.texts('ExposedHeaders'),
    ...(maxAge === undefined ? {} : { maxAgeSeconds: maxAge }),
  };
}

function bucketName(text: string): string {
  const valid = text.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return valid.length <= 63 ? valid : `${valid.slice(0, 54)}-${stableId(text, 8)}`;
}

function policyOf(properties: Reader, name: string): PolicyDocument {
  const document = properties.object(name);
  document.list('Statement');
  // The gateway reads the statements, and refuses by name what it does not know.
  return document.value as unknown as PolicyDocument;
}
