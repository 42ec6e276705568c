import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpoints, maxUploadDays, openApiPath, queueNames, routeOf } from '@secor/contracts';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusals } from '../../functions/mail/post.ts';
import { shareOf } from '../../infra/concurrency.ts';
import type { Deployment } from '../../infra/deployment.ts';
import type { Stage } from '../../infra/stage.ts';
import { stageNamed, stageNames } from '../../infra/stages.ts';
import { pilot } from '../support/pilot.ts';
import { specificationProblems } from '../support/specification.ts';
import { functionNames, propertiesOf, readable, synthesized } from '../support/synthesized.ts';

type Queue = {
  readonly QueueName: string;
  readonly SqsManagedSseEnabled: boolean;
  readonly VisibilityTimeout?: number;
  readonly MessageRetentionPeriod: number;
  readonly RedrivePolicy?: { readonly deadLetterTargetArn: unknown; readonly maxReceiveCount: number };
};
type Alarm = {
  readonly AlarmName: string;
  readonly AlarmDescription: unknown;
  readonly AlarmActions: readonly unknown[];
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Period: number;
  readonly EvaluationPeriods: number;
};
type LambdaFunction = { readonly FunctionName: string; readonly Timeout: number; readonly Role: unknown };
type Source = {
  readonly FunctionName: { readonly Ref: string };
  readonly EventSourceArn: unknown;
  readonly FunctionResponseTypes: readonly string[];
  readonly ScalingConfig?: { readonly MaximumConcurrency: number };
  readonly BatchSize: number;
  readonly MaximumBatchingWindowInSeconds?: number;
};

const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');

/** The cells of a table of a document, row by row, found by the beginning of its head. */
function tableOf(document: string, head: string): readonly (readonly string[])[] {
  const lines = document.split('\n');
  const from = lines.findIndex((line) => line.startsWith(head)) + 2;
  const rows = lines.slice(
    from,
    lines.findIndex((line, index) => index >= from && !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe.each(stageNames)('the templates of %s', (stageName) => {
  const { api, identity } = stageNamed(stageName);
  /** What holds where people sign in at a user pool of the stage's own. */
  const itWithPool = it.runIf(identity === undefined);
  let stacks: Awaited<ReturnType<typeof synthesized>>;
  let templates: readonly Template[];
  beforeAll(async () => {
    stacks = await synthesized(stageNamed(stageName));
    templates = [stacks.data, stacks.service];
  });

  const dataOutput = (name: string) => ({
    'Fn::GetStackOutput': Match.objectLike({ OutputName: Match.stringLikeRegexp(name) }),
  });

  function all<P>(type: string): [string, P][] {
    return templates.flatMap((template) => [...propertiesOf<P>(template, type)]);
  }

  it('are two stacks, of the stage’s account and region, of which only the service needs the other', () => {
    expect(
      stacks.assembly.stacks.map(({ stackName, environment, dependencies }) => [
        stackName,
        environment.account,
        environment.region,
        dependencies.map(({ id }) => id).filter((id) => !id.endsWith('.assets')),
      ]),
    ).toEqual([
      [`secor-${stageName}-data`, stacks.stage.account, stacks.stage.region, []],
      [`secor-${stageName}-service`, stacks.stage.account, stacks.stage.region, [`secor-${stageName}-data`]],
    ]);
  });

  it('tie no stack to another: the service reads outputs of the data stack that are there, and nothing reads the service’s', () => {
    for (const template of templates) {
      expect(JSON.stringify(template.toJSON())).not.toContain('Fn::ImportValue');
      expect(Object.values(template.findOutputs('*')).filter(({ Export }) => Export !== undefined)).toEqual([]);
    }
    expect(outputsRead(stacks.data.toJSON())).toEqual([]);
    const read = outputsRead(stacks.service.toJSON());
    expect(read.length).toBeGreaterThan(20);
    expect(new Set(read.map(({ StackName, Region }) => `${StackName} ${Region}`))).toEqual(
      new Set([`secor-${stageName}-data ${stacks.stage.region}`]),
    );
    expect(Object.keys(stacks.data.findOutputs('*'))).toEqual(
      expect.arrayContaining(read.map(({ OutputName }) => OutputName)),
    );
  });

  it('hold nothing that CloudFormation’s own specification does not know', async () => {
    for (const template of templates) {
      const { Resources } = template.toJSON() as Parameters<typeof specificationProblems>[0];
      expect(await specificationProblems({ Resources })).toEqual([]);
    }
  });

  it('pass cdk-nag, but for what is acknowledged with a reason', () => {
    expect(new AwsSolutionsChecks(stacks.app).validateScope(stacks.app).violations).toEqual([]);
  });

  it('hold no custom resource, no function but ours, and publish nothing but the functions', () => {
    const types = templates.flatMap((template) =>
      Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type),
    );
    expect(types.filter((type) => type.startsWith('Custom::') || type.startsWith('AWS::CloudFormation::'))).toEqual([]);
    expect(
      all<LambdaFunction>('AWS::Lambda::Function')
        .map(([, { FunctionName }]) => FunctionName)
        .sort(),
    ).toEqual(functionNames.map((name) => `secor-${stageName}-${name}`).sort());
    expect(stacks.published.map(({ source }) => source.path?.replace(/\.[0-9a-f]{64}$/, '')).sort()).toEqual([
      ...functionNames.map(() => 'asset'),
      `secor-${stageName}-data.template.json`,
      `secor-${stageName}-service.template.json`,
    ]);
  });

  it('give every queue SSE-SQS, TLS, and a dead-letter queue that keeps longer', () => {
    const queues = new Map(all<Queue>('AWS::SQS::Queue'));
    const deadLetters = [...queues.values()].filter(({ QueueName }) => QueueName.endsWith('-dead-letters'));
    for (const [id, queue] of queues) {
      expect(queue.SqsManagedSseEnabled, id).toBe(true);
      if (deadLetters.includes(queue)) {
        expect(queue.MessageRetentionPeriod, id).toBe(14 * 86_400);
      } else {
        const [target = ''] = readable(queue.RedrivePolicy?.deadLetterTargetArn).split('.');
        expect(queues.get(target)?.QueueName).toBe(`${queue.QueueName}-dead-letters`);
        expect(queue.MessageRetentionPeriod, id).toBeLessThan(14 * 86_400);
      }
    }
    const policies = all<{ Queues: unknown[]; PolicyDocument: object }>('AWS::SQS::QueuePolicy');
    for (const id of queues.keys()) {
      const policy = policies.find(([, { Queues }]) => Queues.map(readable).includes(id));
      expect(policy?.[1].PolicyDocument, id).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      });
    }
  });

  it('ring for every dead letter, and say what it means for people and what to do', () => {
    const alarms = all<Alarm>('AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    for (const alarm of alarms) {
      expect(alarm.AlarmActions.map(readable), alarm.AlarmName).toEqual([expect.stringMatching(/AlarmTopic/)]);
      const says = readable(alarm.AlarmDescription);
      expect(says, alarm.AlarmName).toMatch(/(assessor|reviewer|employer|audit|review|letter).*\. To do: .{20,}/is);
      expect(says.length, alarm.AlarmName).toBeLessThan(1024);
    }
    for (const [id, { QueueName }] of all<Queue>('AWS::SQS::Queue')) {
      const rings = alarms
        .filter(({ Dimensions }) => Dimensions.some(({ Value }) => readable(Value).includes(id)))
        .map(({ MetricName }) => MetricName);
      const wanted = QueueName.endsWith('-dead-letters')
        ? 'ApproximateNumberOfMessagesVisible'
        : 'ApproximateAgeOfOldestMessage';
      expect(rings, QueueName).toEqual([wanted]);
    }
  });

  it('ring when SES takes no letters, by an alarm for each reason, which says what to do about it', () => {
    const waiting = all<Alarm>('AWS::CloudWatch::Alarm')
      .map(([, alarm]) => alarm)
      .filter(({ MetricName }) => MetricName === 'LettersWaiting');
    const dimensionsOf = ({ Dimensions }: Alarm) =>
      Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    expect(waiting.map(dimensionsOf)).toEqual(
      // As the function mail counts them.
      refusals.map((reason) => ({ stage: stageName, service: 'mail', reason })),
    );
    const remedies = waiting.map(
      ({ AlarmDescription }) => / To do: (.*?\.) Each letter/.exec(readable(AlarmDescription))?.[1],
    );
    expect(new Set(remedies).size).toBe(refusals.length);
    expect(remedies).not.toContain(undefined);
    for (const alarm of waiting)
      expect(alarm).toMatchObject({
        ...{ Namespace: 'secor', Statistic: 'Sum', Threshold: 1, DatapointsToAlarm: 1 },
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      });
    // What waits is tried once an hour: the alarm must not fall silent between two tries.
    for (const { Period, EvaluationPeriods } of waiting) expect(Period * EvaluationPeriods).toBeGreaterThan(3600);
  });

  it('give relay and republish the URL of each queue that contracts name, and no other', () => {
    type WithSetting = { readonly Environment: { readonly Variables: { readonly QUEUE_URLS?: unknown } } };
    const queues = new Map(all<Queue>('AWS::SQS::Queue').map(([id, { QueueName }]) => [id, QueueName]));
    const settings = all<LambdaFunction & WithSetting>('AWS::Lambda::Function').flatMap(
      ([, { FunctionName, Environment }]) => {
        const { QUEUE_URLS: urls } = Environment.Variables;
        if (urls === undefined) return [];
        const idByName: Record<string, string> = JSON.parse(readable(urls));
        return [[FunctionName, Object.entries(idByName).map(([name, id]) => [name, queues.get(id)])]];
      },
    );
    const expected = queueNames.map((name) => [name, `secor-${stageName}-${name}`]);
    expect(settings).toEqual(['relay', 'republish'].map((name) => [`secor-${stageName}-${name}`, expected]));
  });

  it('have their queues, functions and alarms in the runbook', () => {
    const functions = new Map(
      all<LambdaFunction>('AWS::Lambda::Function').map(([id, { FunctionName }]) => [id, FunctionName]),
    );
    const queues = all<Queue>('AWS::SQS::Queue');
    const short = (name = '') => name.slice(`secor-${stageName}-`.length);
    const worked = all<Source>('AWS::Lambda::EventSourceMapping').map(([, { FunctionName, EventSourceArn }]) => {
      const name = short(functions.get(FunctionName.Ref));
      const queue = queues.find(([id]) => readable(EventSourceArn).includes(id))?.[1];
      // What the reader of a stream can't read goes to the dead-letter queue of its own name.
      return [queue === undefined ? name : short(queue.QueueName), name];
    });
    const rows = tableOf(runbook, '| queue | function |').map(([queue, name]) => [queue, name]);
    expect(rows.toSorted()).toEqual(worked.toSorted());

    const names = all<Alarm>('AWS::CloudWatch::Alarm').map(([, { AlarmName }]) => short(AlarmName));
    const reasons = tableOf(runbook, '| reason | what SES said |').map(([reason]) => `letters-waiting-${reason}`);
    expect(names.filter((name) => name.startsWith('letters-waiting-')).toSorted()).toEqual(reasons.toSorted());
    const kinds = names.map((name) =>
      name
        .replace(/^letters-waiting-.*/, 'letters-waiting-<reason>')
        .replace(/^.*-(dead-letters|standstill)$/, '<queue>-$1'),
    );
    for (const kind of new Set(kinds)) expect(runbook).toContain(`\`secor-<stage>-${kind}\``);
    const lasting = propertiesOf<Queue>(stacks.data, 'AWS::SQS::Queue')
      .values()
      .map(({ QueueName }) => short(QueueName));
    const listed = [...lasting].filter((name) => !name.endsWith('-dead-letters')).map((name) => `\`${name}\``);
    expect(runbook).toContain(`the queues that are filled from outside (${listed.join(', ')})`);
  });

  it('tell the import after how many deliveries its message is a dead letter', () => {
    const [work] = all<Queue>('AWS::SQS::Queue').filter(
      ([, { QueueName }]) => QueueName === `secor-${stageName}-import`,
    );
    stacks.service.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: `secor-${stageName}-import`,
      Environment: { Variables: { TRIES: String(work?.[1].RedrivePolicy?.maxReceiveCount) } },
    });
  });

  it('let every consumer report partial failures, in time', () => {
    const functions = new Map(all<LambdaFunction>('AWS::Lambda::Function'));
    const queues = all<Queue>('AWS::SQS::Queue');
    const sources = all<Source>('AWS::Lambda::EventSourceMapping');
    const fed = sources.map(([, { FunctionName }]) => functions.get(FunctionName.Ref)?.FunctionName);
    const answering = new Set<string>([...Object.values(endpoints).map((endpoint) => endpoint.function), 'openapi']);
    const consumers = functionNames.filter((name) => !answering.has(name)).map((name) => `secor-${stageName}-${name}`);
    expect(fed.toSorted()).toEqual(consumers.toSorted());
    for (const [id, source] of sources) {
      expect(source.FunctionResponseTypes, id).toEqual(['ReportBatchItemFailures']);
      const arn = readable(source.EventSourceArn);
      const queue = queues.find(([queueId]) => arn.includes(queueId))?.[1];
      if (!arn.includes('StreamArn')) {
        const timeout = functions.get(source.FunctionName.Ref)?.Timeout ?? Number.POSITIVE_INFINITY;
        expect(queue?.VisibilityTimeout, id).toBeGreaterThanOrEqual(6 * timeout);
        expect(source.ScalingConfig?.MaximumConcurrency, id).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('let the sweep ask itself to go on, however large a shard is, and mail send anew what waits, and no other function', () => {
    const loops = all<LambdaFunction & { readonly RecursiveLoop?: string }>('AWS::Lambda::Function').filter(
      ([, { RecursiveLoop }]) => RecursiveLoop !== undefined,
    );
    expect(loops.map(([, { FunctionName, RecursiveLoop }]) => [FunctionName, RecursiveLoop]).toSorted()).toEqual([
      [`secor-${stageName}-mail`, 'Allow'],
      [`secor-${stageName}-remind`, 'Allow'],
    ]);
  });

  it('hand relay each new outbox item from the oldest on, without limit of tries', () => {
    stacks.service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: Match.absent(),
      MaximumRecordAgeInSeconds: Match.absent(),
      DestinationConfig: Match.absent(),
      FilterCriteria: {
        Filters: [
          {
            Pattern: Match.serializedJson({
              eventName: ['INSERT'],
              dynamodb: { NewImage: { kind: { S: ['outbox'] } } },
            }),
          },
        ],
      },
    });
    stacks.data.hasResourceProperties('AWS::DynamoDB::Table', { StreamSpecification: { StreamViewType: 'NEW_IMAGE' } });
  });

  it('keep both buckets encrypted, versioned, private, and open to the stage’s pages only', () => {
    for (const [what, methods] of [
      ['packages', ['POST', 'PUT']],
      ['records', ['GET']],
    ] as const) {
      stacks.data.hasResourceProperties('AWS::S3::Bucket', {
        BucketName: `secor-${stageName}-${stacks.stage.account}-${what}`,
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
          ],
        },
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        CorsConfiguration: { CorsRules: [{ AllowedMethods: methods, AllowedOrigins: stacks.stage.browserOrigins }] },
        LifecycleConfiguration: {
          Rules: [
            // What intake refused goes in all its versions; what it accepted never bears the tag.
            ...(what === 'packages'
              ? [
                  {
                    TagFilters: [{ Key: 'refused', Value: 'true' }],
                    ExpirationInDays: 7,
                    NoncurrentVersionExpiration: { NoncurrentDays: 7 },
                    Status: 'Enabled',
                  },
                ]
              : [
                  // What a save of a draft replaces, and a draft that was left behind.
                  {
                    Prefix: 'drafts/',
                    ExpirationInDays: 375,
                    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
                    Status: 'Enabled',
                  },
                ]),
            // Parts stay longer than an upload can be completed.
            {
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: maxUploadDays + 1 },
              NoncurrentVersionExpiration: { NoncurrentDays: stacks.stage.retention.recordDays },
              ExpirationInDays: Match.absent(),
              Prefix: Match.absent(),
              Status: 'Enabled',
            },
            // Files to import and their results hold names and addresses.
            {
              Prefix: 'imports/',
              ExpirationInDays: 60,
              NoncurrentVersionExpiration: { NoncurrentDays: 60 },
              Status: 'Enabled',
            },
          ],
        },
      });
    }
    stacks.data.resourcePropertiesCountIs(
      'AWS::S3::BucketPolicy',
      {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: 's3:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ]),
        },
      },
      2,
    );
  });

  it('send uploads, and only those of this bucket, to intake, and files to the import', () => {
    const policyIds = Object.keys(
      stacks.data.findResources('AWS::SQS::QueuePolicy', {
        Properties: {
          PolicyDocument: {
            Statement: Match.arrayWith([
              Match.objectLike({
                Effect: 'Allow',
                Action: 'sqs:SendMessage',
                Principal: { Service: 's3.amazonaws.com' },
                Condition: {
                  ArnEquals: { 'aws:SourceArn': `arn:aws:s3:::secor-${stageName}-${stacks.stage.account}-packages` },
                  StringEquals: { 'aws:SourceAccount': stacks.stage.account },
                },
              }),
            ]),
          },
        },
      }),
    );
    const buckets = stacks.data.findResources('AWS::S3::Bucket', {
      Properties: {
        NotificationConfiguration: {
          QueueConfigurations: [
            {
              Event: 's3:ObjectCreated:*',
              Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'packages/' }] } },
              Queue: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IntakeQueue'), 'Arn'] },
            },
            {
              Event: 's3:ObjectCreated:*',
              Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'imports/' }] } },
              Queue: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ImportQueue'), 'Arn'] },
            },
          ],
        },
      },
    });
    expect(policyIds).toHaveLength(2);
    expect(Object.values(buckets).map(({ DependsOn }) => DependsOn)).toEqual([expect.arrayContaining(policyIds)]);
  });

  it('let no service use a key but CloudWatch and SES those of their topics, and rotate all', () => {
    const keys = all<{
      EnableKeyRotation: boolean;
      KeyPolicy: { Statement: { Principal: object; Action: unknown; Condition?: unknown }[] };
    }>('AWS::KMS::Key').map(([, key]) => key);
    const account = { Principal: { AWS: `arn:aws:iam::${stacks.stage.account}:root` }, Action: 'kms:*' };
    const cloudWatch = {
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    };
    const ses = { Principal: { Service: 'ses.amazonaws.com' }, Action: ['kms:Decrypt', 'kms:GenerateDataKey'] };
    expect(keys).toMatchObject([
      { EnableKeyRotation: true, KeyPolicy: { Statement: [account] } },
      { EnableKeyRotation: true, KeyPolicy: { Statement: [account, ses] } },
      { EnableKeyRotation: true, KeyPolicy: { Statement: [account, cloudWatch] } },
    ]);
    // As CloudWatch and SES document it, without conditions: whose alarms and letters they may tell of, the topics' policies say.
    for (const { Condition } of keys.flatMap(({ KeyPolicy }) => KeyPolicy.Statement)) expect(Condition).toBeUndefined();
    stacks.data.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': stacks.stage.account } },
          }),
        ]),
      },
    });
    stacks.data.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: stacks.stage.alarmEmail,
    });
  });

  it('tell what becomes of letters by a topic that SES alone fills, and a queue that the topic alone fills', () => {
    const topic = { Ref: Match.stringLikeRegexp('^MailFeedbackTopic') };
    const { account, region } = stacks.stage;
    stacks.data.hasResourceProperties('AWS::SNS::Topic', {
      TopicName: `secor-${stageName}-mail-feedback`,
      KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^MailFeedbackKey'), 'Arn'] },
    });
    const configurationSet = readable({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:ses:${region}:${account}:configuration-set/`]],
    });
    const policies = stacks.data.findResources('AWS::SNS::TopicPolicy', { Properties: { Topics: [topic] } });
    const [[policyId, policy] = ['', undefined], ...others] = Object.entries(policies);
    expect(others).toEqual([]);
    const statements = policy?.Properties.PolicyDocument.Statement;
    expect(statements).toMatchObject([
      { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      {
        ...{ Effect: 'Allow', Action: 'sns:Publish', Principal: { Service: 'ses.amazonaws.com' } },
        Condition: { StringEquals: { 'AWS:SourceAccount': account } },
      },
    ]);
    expect(readable(statements[1].Condition.StringEquals['AWS:SourceArn'])).toMatch(configurationSet);

    const destinations = stacks.data.findResources('AWS::SES::ConfigurationSetEventDestination', {
      Properties: {
        ConfigurationSetName: { Ref: Match.stringLikeRegexp('^MailConfiguration') },
        EventDestination: {
          Enabled: true,
          MatchingEventTypes: ['send', 'reject', 'renderingFailure', 'delivery', 'bounce', 'complaint'],
          SnsDestination: { TopicARN: topic },
        },
      },
    });
    expect(Object.values(destinations).map(({ DependsOn }) => DependsOn)).toEqual([expect.arrayContaining([policyId])]);

    stacks.data.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'sqs',
      TopicArn: topic,
      Endpoint: { 'Fn::GetAtt': [Match.stringLikeRegexp('^MailFeedbackQueue'), 'Arn'] },
      RawMessageDelivery: Match.absent(),
    });
    const queues = stacks.data.findResources('AWS::SQS::QueuePolicy', {
      Properties: { Queues: [{ Ref: Match.stringLikeRegexp('^MailFeedbackQueue') }] },
    });
    expect(Object.values(queues).map(({ Properties }) => Properties.PolicyDocument.Statement)).toMatchObject([
      [
        { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        {
          ...{ Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'sns.amazonaws.com' } },
          Condition: { ArnEquals: { 'aws:SourceArn': { Ref: expect.stringMatching(/^MailFeedbackTopic/) } } },
        },
      ],
    ]);
  });

  it('ask every route but that of the API’s description for a token, and log the route but never the path', () => {
    const routes = all<{ RouteKey: string; AuthorizationType: string }>('AWS::ApiGatewayV2::Route');
    const described = `GET ${openApiPath}`;
    const contracted = [...Object.values(endpoints).map(routeOf), described];
    expect(routes.map(([, { RouteKey }]) => RouteKey).sort()).toEqual(contracted.sort());
    const open = routes.filter(([, { AuthorizationType }]) => AuthorizationType !== 'JWT');
    expect(open.map(([, { RouteKey, AuthorizationType }]) => [RouteKey, AuthorizationType])).toEqual([
      [described, 'NONE'],
    ]);
    const [stage] = all<{ AccessLogSettings: { Format: string } }>('AWS::ApiGatewayV2::Stage');
    const format = stage?.[1].AccessLogSettings.Format ?? '';
    expect(JSON.parse(format)).toMatchObject({ route: '$context.routeKey', address: '$context.identity.sourceIp' });
    expect(format).not.toMatch(/\$context\.(path|identity\.(?!sourceIp)|authorizer\.claims|domain)/);
    stacks.service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: {
        ThrottlingRateLimit: stacks.stage.throttling.requestsPerSecond,
        ThrottlingBurstLimit: stacks.stage.throttling.burst,
      },
      // A flood of what everybody may ask for takes nothing from those who are signed in.
      RouteSettings: { [described]: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 } },
    });
    stacks.service.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowOrigins: stacks.stage.browserOrigins },
    });
  });

  it('sweep the outbox every five minutes, under the time that was meant', () => {
    stacks.service.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^RepublishWorkQueue'), 'Arn'] },
        Input: Match.serializedJson({ scheduledTime: '<aws.scheduler.scheduled-time>' }),
      },
    });
  });

  it('sweep what is due every morning of the business zone, under the time that was meant, and nothing else by the clock', () => {
    stacks.service.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 6 * * ? *)',
      ScheduleExpressionTimezone: 'America/Edmonton',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: Match.absent(),
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SweepQueue'), 'Arn'] },
        Input: Match.serializedJson({ scheduledTime: '<aws.scheduler.scheduled-time>' }),
      },
    });
    stacks.service.resourceCountIs('AWS::Scheduler::Schedule', 2);
  });

  itWithPool('invite people into groups, and let nobody sign up', () => {
    stacks.data.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: stacks.stage.secondFactor === 'required' ? 'ON' : 'OPTIONAL',
    });
    // Else whoever signs in could take the address of somebody who is added later.
    stacks.data.hasResourceProperties('AWS::Cognito::UserPool', {
      AutoVerifiedAttributes: ['email'],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
    });
    expect(all<{ GroupName: string }>('AWS::Cognito::UserPoolGroup').map(([, { GroupName }]) => GroupName)).toEqual([
      'assessor',
      'reviewer',
      'administrator',
      'employer',
    ]);
  });

  itWithPool('let people sign in on pages of the stage only, by a code that is bound to the page', () => {
    const { account, browserOrigins } = stacks.stage;
    stacks.data.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email'],
      SupportedIdentityProviders: ['COGNITO'],
      CallbackURLs: browserOrigins.map((origin) => `${origin}/callback`),
      LogoutURLs: browserOrigins.map((origin) => `${origin}/`),
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
      AccessTokenValidity: 30,
      RefreshTokenValidity: 24 * 60,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
    });
    stacks.data.hasResourceProperties('AWS::Cognito::UserPoolDomain', {
      Domain: `secor-${stageName}-${account}`,
      ManagedLoginVersion: 2,
    });
    stacks.data.hasResourceProperties('AWS::Cognito::ManagedLoginBranding', {
      ClientId: { Ref: Match.stringLikeRegexp('^UserPoolClient') },
      UseCognitoProvidedValues: true,
    });
  });

  itWithPool('ask for a second factor by an app, never by text message, and pay for no threat protection', () => {
    stacks.data.hasResourceProperties('AWS::Cognito::UserPool', {
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      UserPoolTier: 'ESSENTIALS',
      UserPoolAddOns: Match.absent(),
    });
  });

  itWithPool('take access tokens of the pool’s client, and read its groups', () => {
    stacks.service.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      // The functions read the token of this header themselves: it must be the one that was checked.
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: {
        Audience: [dataOutput('UserPoolClient')],
        Issuer: dataOutput('UserPool.*ProviderURL'),
      },
    });
    for (const name of ['assessor-api', 'program-api', 'review-api', 'import-api'])
      stacks.service.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: `secor-${stageName}-${name}`,
        Environment: {
          Variables: { TOKEN_GROUPS_CLAIM: 'cognito:groups', ACCESS_TOKEN_CLAIMS: '{"token_use":"access"}' },
        },
      });
  });

  it.runIf(api === undefined)('hold no domain and no mapping where the stage names none', () => {
    stacks.data.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
    stacks.service.resourceCountIs('AWS::ApiGatewayV2::ApiMapping', 0);
    expect(stacks.data.findOutputs('ApiDomainTarget')).toEqual({});
  });

  it('keep logs as long as the stage says, and name them so that those of a stack before are not in the way', () => {
    const groups = all<{ LogGroupName: unknown; RetentionInDays: number }>('AWS::Logs::LogGroup');
    const { logDays } = stacks.stage.retention;
    for (const [id, { LogGroupName, RetentionInDays }] of groups) {
      // The access log has addresses of callers in it.
      const isAccessLog = JSON.stringify(LogGroupName).includes('/aws/vendedlogs/');
      expect(RetentionInDays, id).toBe(isAccessLog ? Math.min(14, logDays) : logDays);
    }
    const stackId = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };
    const names = [
      ...functionNames.map((name) => `/aws/lambda/secor-${stageName}-${name}/`),
      `/aws/vendedlogs/secor-${stageName}-api/`,
    ];
    const wanted = names.map((name) => JSON.stringify({ 'Fn::Join': ['', [name, stackId]] }));
    expect(groups.map(([, { LogGroupName }]) => JSON.stringify(LogGroupName)).sort()).toEqual(wanted.sort());
    stacks.service.allResources('AWS::Logs::LogGroup', {
      DeletionPolicy: stacks.stage.protectData ? 'Retain' : 'Delete',
    });
  });

  it('protect data where the stage says so, and only there', () => {
    const { protectData } = stacks.stage;
    // A roll-back of a first deployment takes away what it made: nothing stands in the way of the next.
    const policies = protectData
      ? { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' }
      : { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' };
    const pools = identity === undefined ? ['Cognito::UserPool'] : [];
    const lasting = ['DynamoDB::Table', 'S3::Bucket', ...pools, 'SES::EmailIdentity'];
    for (const type of lasting) stacks.data.allResources(`AWS::${type}`, policies);
    const description = `SECOR ${stageName}: table and buckets`;
    stacks.data.hasResource('AWS::KMS::Key', { ...policies, Properties: { Description: description } });
    stacks.data.hasResourceProperties('AWS::DynamoDB::Table', {
      DeletionProtectionEnabled: protectData,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: protectData },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
    if (identity === undefined)
      stacks.data.hasResourceProperties('AWS::Cognito::UserPool', {
        DeletionProtection: protectData ? 'ACTIVE' : 'INACTIVE',
      });
    expect(stacks.assembly.stacks.map(({ terminationProtection }) => terminationProtection ?? false)).toEqual([
      protectData,
      protectData,
    ]);
  });

  itWithPool('invite people by the stage’s own mail identity, and tell the feedback of letters nothing of it', () => {
    const { mail, partner, region, account } = stacks.stage;
    stacks.data.hasResourceProperties('AWS::SES::ConfigurationSet', {
      Name: `secor-${stageName}-invitations`,
      DeliveryOptions: { TlsPolicy: 'REQUIRE' },
    });
    stacks.data.hasResourceProperties('AWS::Cognito::UserPool', {
      EmailConfiguration: {
        EmailSendingAccount: 'DEVELOPER',
        From: Match.stringLikeRegexp(`<${mail.sender}>$`),
        ReplyToEmailAddress: partner.email,
        ConfigurationSet: { Ref: Match.stringLikeRegexp('^InvitationConfiguration') },
        // By reference: Cognito looks the identity up when the pool is made.
        SourceArn: {
          'Fn::Join': [
            '',
            [`arn:aws:ses:${region}:${account}:identity/`, { Ref: Match.stringLikeRegexp('^MailIdentity') }],
          ],
        },
      },
    });
    stacks.data.hasResourceProperties('AWS::SES::EmailIdentity', { EmailIdentity: mail.identity });
    const told = all<{ ConfigurationSetName: unknown }>('AWS::SES::ConfigurationSetEventDestination');
    expect(told.map(([, { ConfigurationSetName }]) => readable(ConfigurationSetName))).toEqual([
      expect.stringMatching(/^MailConfiguration/),
    ]);
  });

  it('tell where things are', () => {
    expect(Object.keys(stacks.data.findOutputs('*'))).toEqual(
      expect.arrayContaining(['TableName', 'PackagesBucket', 'RecordsBucket']),
    );
    expect(Object.keys(stacks.service.findOutputs('*'))).toEqual([
      'ApiUrl',
      ...(identity === undefined ? ['UserPoolClientId'] : []),
    ]);
  });
});

/** What a template reads of other stacks' outputs, wherever it stands. */
function outputsRead(part: unknown): { StackName: string; Region: string; OutputName: string }[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, member]) =>
    name === 'Fn::GetStackOutput' ? [member] : outputsRead(member),
  );
}

describe('the templates of a first deployment', () => {
  const protection = ({ assembly, data }: Awaited<ReturnType<typeof synthesized>>) => ({
    stacks: assembly.stacks.map(({ terminationProtection }) => terminationProtection ?? false),
    table: [...propertiesOf<{ DeletionProtectionEnabled: boolean }>(data, 'AWS::DynamoDB::Table').values()].map(
      ({ DeletionProtectionEnabled }) => DeletionProtectionEnabled,
    ),
    pool: [...propertiesOf<{ DeletionProtection: string }>(data, 'AWS::Cognito::UserPool').values()].map(
      ({ DeletionProtection }) => DeletionProtection,
    ),
  });

  it('hold nothing that would refuse CloudFormation’s roll-back; those of the next one protect', async () => {
    const first = await synthesized(pilot, { firstDeployment: true });
    const next = await synthesized(pilot);
    expect(protection(first)).toEqual({ stacks: [false, false], table: [false], pool: ['INACTIVE'] });
    expect(protection(next)).toEqual({ stacks: [true, true], table: [true], pool: ['ACTIVE'] });
    // The next one changes no more than that: nothing is replaced, and no stream or key is another.
    const unprotected = structuredClone(next.data.toJSON());
    for (const { Type, Properties } of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
      unprotected.Resources,
    )) {
      if (Type === 'AWS::DynamoDB::Table') Properties.DeletionProtectionEnabled = false;
      if (Type === 'AWS::Cognito::UserPool') Properties.DeletionProtection = 'INACTIVE';
    }
    expect(first.data.toJSON()).toEqual(unprotected);
    expect(first.service.toJSON()).toEqual(next.service.toJSON());
  });

  it('leave what holds data without protection in a stage that protects none', async () => {
    const unprotected = { ...pilot, protectData: false };
    expect(protection(await synthesized(unprotected, { firstDeployment: true }))).toEqual(
      protection(await synthesized(unprotected)),
    );
  });
});

describe('the templates before SES is ready for invitations', () => {
  it('let Cognito invite by its own sender', async () => {
    const before = await synthesized(pilot, { mailReady: false });
    const after = await synthesized(pilot);
    const pool = ({ data }: typeof before) =>
      [...propertiesOf<{ EmailConfiguration: unknown }>(data, 'AWS::Cognito::UserPool')][0]?.[1].EmailConfiguration;
    expect(pool(before)).toEqual({
      EmailSendingAccount: 'COGNITO_DEFAULT',
      ReplyToEmailAddress: before.stage.partner.email,
    });
    expect(pool(after)).toMatchObject({ EmailSendingAccount: 'DEVELOPER' });
    // All else is the same: the identity whose DKIM records are waited for is there from the first deployment on.
    const rest = ({ data }: typeof before) => {
      const template = structuredClone(data.toJSON());
      for (const resource of Object.values<{ Type: string; Properties: object }>(template.Resources))
        if (resource.Type === 'AWS::Cognito::UserPool')
          Reflect.deleteProperty(resource.Properties, 'EmailConfiguration');
      return template;
    };
    expect(rest(before)).toEqual(rest(after));
  });
});

describe('the sources of a stage', () => {
  const concurrencies = async (accountConcurrency: number): Promise<number[]> => {
    const { service } = await synthesized({ ...pilot, accountConcurrency });
    const sources = [...propertiesOf<Source>(service, 'AWS::Lambda::EventSourceMapping').values()];
    return sources.flatMap(({ ScalingConfig }) => ScalingConfig?.MaximumConcurrency ?? []);
  };

  it.each([10, 60, 119, 120, 1000])('each have their share of an account of %i', async (accountConcurrency) => {
    const wanted = await concurrencies(1000);
    expect(wanted.filter((each) => each > 2).toSorted()).toEqual([10, 10, 20, 5]);
    const shares = wanted.map((each) => shareOf({ ...pilot, accountConcurrency }, each));
    expect(await concurrencies(accountConcurrency)).toEqual(shares);
    // Of those who want more than AWS's least, a half of the account that gives everybody all gives the half.
    if (accountConcurrency === 60) expect(shares.filter((each) => each > 2).toSorted()).toEqual([10, 5, 5]);
  });

  it('gather messages for a second where the account has few invocations, and where they hand over several at a time', async () => {
    const windows = async (accountConcurrency: number) => {
      const { service } = await synthesized({ ...pilot, accountConcurrency });
      const sources = [...propertiesOf<Source>(service, 'AWS::Lambda::EventSourceMapping').values()];
      return sources
        .filter(({ ScalingConfig }) => ScalingConfig !== undefined)
        .map(({ BatchSize, MaximumBatchingWindowInSeconds = 0 }) => [BatchSize > 1, MaximumBatchingWindowInSeconds]);
    };
    const [few, many] = [await windows(119), await windows(120)];
    expect(few).toContainEqual([true, 1]);
    expect(few).toEqual(few.map(([isSeveral]) => [isSeveral, isSeveral ? 1 : 0]));
    expect(many).toEqual(few.map(([isSeveral]) => [isSeveral, 0]));
  });

  it('leave the API much of the account, and in the smallest take no more than AWS’s least', async () => {
    const all = await concurrencies(1000);
    const taken = async (account: number): Promise<number> => {
      const relay = 1;
      return (await concurrencies(account)).reduce((sum, each) => sum + each, relay);
    };
    for (const account of [80, 120, 1000])
      expect(await taken(account), String(account)).toBeLessThanOrEqual(0.6 * account);
    // Two for each queue, one for the relay; from 26 on, intake gets two more.
    const least = 2 * all.length + 1;
    expect([await taken(10), await taken(26)]).toEqual([least, least + 2]);
    expect(Math.max(...all)).toBe(20);
    expect(new Set(await concurrencies(10))).toEqual(new Set([2]));
  });

  it('reserve no concurrency: a new account could not be deployed to', async () => {
    const { service } = await synthesized(pilot);
    const functions = [...propertiesOf<object>(service, 'AWS::Lambda::Function').values()];
    expect(functions.filter((each) => 'ReservedConcurrentExecutions' in each)).toEqual([]);
  });
});

describe('the templates of a stage whose API has a domain of its own', () => {
  const api = {
    domain: 'api.example.org',
    certificateArn: 'arn:aws:acm:ca-central-1:222233334444:certificate/0a1b2c3d-0000-4000-8000-000000000000',
  };
  let stacks: Awaited<ReturnType<typeof synthesized>>;
  beforeAll(async () => {
    stacks = await synthesized({ ...pilot, api });
  });

  it('hold the domain with what lasts, and say where its DNS must lead', () => {
    stacks.data.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: api.domain,
      DomainNameConfigurations: [
        { CertificateArn: api.certificateArn, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
    });
    stacks.data.hasOutput('ApiDomainTarget', {
      Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ApiDomain'), 'RegionalDomainName'] },
    });
    stacks.service.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
  });

  it('put the API under the domain by the service, once its stage is there, and tell the domain as its address', () => {
    const mappings = stacks.service.findResources('AWS::ApiGatewayV2::ApiMapping');
    expect(Object.values(mappings)).toMatchObject([
      {
        Properties: { DomainName: api.domain, Stage: '$default' },
        DependsOn: [expect.stringMatching(/^ApiStage/)],
      },
    ]);
    stacks.service.hasOutput('ApiUrl', { Value: `https://${api.domain}` });
  });

  it('pass cdk-nag as the others', () => {
    expect(new AwsSolutionsChecks(stacks.app).validateScope(stacks.app).violations).toEqual([]);
  });
});

describe('the templates of a stage with an issuer of its own', () => {
  const identity = {
    issuer: 'https://id.example.org/realms/secor',
    audience: 'secor-api',
    groupsClaim: 'roles',
    accessTokenClaims: { typ: 'Bearer' },
  };
  let stacks: Awaited<ReturnType<typeof synthesized>>;
  beforeAll(async () => {
    stacks = await synthesized({ ...pilot, identity });
  });

  it('hold no user pool, and tell of none', () => {
    const { Resources, Outputs } = stacks.data.toJSON() as Record<string, Record<string, { Type?: string }>>;
    expect(Object.values(Resources ?? {}).filter(({ Type }) => Type?.startsWith('AWS::Cognito'))).toEqual([]);
    expect(JSON.stringify([Outputs, stacks.service.toJSON()])).not.toMatch(/UserPool|cognito/i);
  });

  it('pass cdk-nag as the others', () => {
    expect(new AwsSolutionsChecks(stacks.app).validateScope(stacks.app).violations).toEqual([]);
  });

  it('let the API take the tokens of this issuer for this audience, and the functions read them', () => {
    stacks.service.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Audience: [identity.audience], Issuer: identity.issuer },
    });
    const variables = { TOKEN_GROUPS_CLAIM: 'roles', ACCESS_TOKEN_CLAIMS: '{"typ":"Bearer"}' };
    for (const [name, expected] of Object.entries({
      'assessor-api': variables,
      'program-api': variables,
      'review-api': variables,
      'import-api': variables,
      openapi: { TOKEN_ISSUER: identity.issuer },
    }))
      stacks.service.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: `secor-pilot-${name}`,
        Environment: { Variables: expected },
      });
  });
});

describe('the templates of each kind of stage that none of ours may be', () => {
  const certificateArn = 'arn:aws:acm:ca-central-1:222233334444:certificate/0a1b2c3d-0000-4000-8000-000000000000';
  const issuer = { issuer: 'https://id.partner.ca', audience: 'secor', groupsClaim: 'roles', accessTokenClaims: {} };

  it.each<[string, Partial<Stage>, Deployment]>([
    ['with a domain of the API’s own', { api: { domain: 'api.partner.ca', certificateArn } }, {}],
    ['with an issuer of its own', { identity: issuer }, {}],
    ['in SES’s sandbox', { mail: { ...pilot.mail, sandboxRecipients: ['anna@partner.ca', 'partner.ca'] } }, {}],
    ['in a new account', { accountConcurrency: 10 }, {}],
    ['deployed for the first time', {}, { firstDeployment: true }],
    ['before SES is ready for invitations', {}, { mailReady: false }],
  ])('%s hold nothing that CloudFormation’s own specification does not know', async (_, settings, deployment) => {
    const { data, service } = await synthesized({ ...pilot, ...settings }, deployment);
    for (const template of [data, service]) {
      const { Resources } = template.toJSON() as Parameters<typeof specificationProblems>[0];
      expect(await specificationProblems({ Resources })).toEqual([]);
    }
  });
});
