import { isList, isObject, type Json, type JsonObject } from '../json.ts';

/** What AWS takes of a property: a number from and to, a text of at most so many characters, or as a pattern has it, or one of some values. */
type Limit =
  | { readonly min: number; readonly max: number }
  | { readonly maxLength: number }
  | { readonly pattern: RegExp; readonly description: string }
  | { readonly oneOf: readonly Json[] };

const between = (min: number, max: number): Limit => ({ min, max });
const atMost = (maxLength: number): Limit => ({ maxLength });

/** A day, a week, and 14 days, in seconds. */
const [day, week, fortnight] = [86_400, 7 * 86_400, 14 * 86_400];

/**
 * By resource type and path of the property, as CloudFormation's reference and the services' own state it: what lies outside is
 * refused at a deployment. Those of queues stand with SQS itself, whose API has them too.
 */
const limits: Readonly<Record<string, Readonly<Record<string, Limit>>>> = {
  'AWS::ApiGatewayV2::Api': { 'CorsConfiguration.MaxAge': between(-1, day) },
  'AWS::ApiGatewayV2::Integration': { TimeoutInMillis: between(50, 30_000) },
  'AWS::CloudWatch::Alarm': {
    AlarmName: atMost(255),
    AlarmDescription: atMost(1024),
    EvaluationPeriods: between(1, week),
    DatapointsToAlarm: between(1, week),
  },
  'AWS::Cognito::UserPool': {
    'Policies.PasswordPolicy.MinimumLength': between(6, 99),
    'Policies.PasswordPolicy.TemporaryPasswordValidityDays': between(0, 365),
    UserPoolName: atMost(128),
  },
  'AWS::Cognito::UserPoolDomain': {
    Domain: {
      pattern: /^(?!.*(aws|amazon|cognito))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      description: '1 to 63 lower-case letters, digits and dashes, without "aws", "amazon" and "cognito"',
    },
  },
  'AWS::DynamoDB::Table': { TableName: atMost(255) },
  'AWS::IAM::Role': { RoleName: atMost(64), Description: atMost(1000) },
  'AWS::KMS::Key': { PendingWindowInDays: between(7, 30), Description: atMost(8192) },
  'AWS::Lambda::EventSourceMapping': {
    BatchSize: between(1, 10_000),
    MaximumBatchingWindowInSeconds: between(0, 300),
    ParallelizationFactor: between(1, 10),
    'ScalingConfig.MaximumConcurrency': between(2, 1000),
  },
  'AWS::Lambda::Function': {
    Description: atMost(256),
    'EphemeralStorage.Size': between(512, 10_240),
    FunctionName: atMost(64),
    Handler: atMost(128),
    MemorySize: between(128, 10_240),
    Timeout: between(1, 900),
  },
  'AWS::Logs::LogGroup': {
    LogGroupName: atMost(512),
    RetentionInDays: {
      oneOf: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
    },
  },
  'AWS::SNS::Topic': { TopicName: atMost(256), DisplayName: atMost(100) },
  'AWS::SQS::Queue': { MessageRetentionPeriod: between(60, fortnight), VisibilityTimeout: between(0, 43_200) },
  'AWS::S3::Bucket': { BucketName: atMost(63) },
  'AWS::Scheduler::Schedule': {
    Name: atMost(64),
    'Target.RetryPolicy.MaximumEventAgeInSeconds': between(60, day),
    'Target.RetryPolicy.MaximumRetryAttempts': between(0, 185),
  },
  'AWS::SES::ConfigurationSet': { Name: atMost(64) },
};

/** A function's variables, names and values together, in bytes. */
const maxEnvironmentBytes = 4096;

/**
 * Refuses what AWS would refuse of a resource's properties for its size.
 *
 * @param properties resolved
 * @param where the resource, for people: "secor-dev-service: MailSource (AWS::Lambda::EventSourceMapping)"
 * @throws Error that names the resource, and every property that is outside of its limits
 */
export function checkLimits(type: string, properties: JsonObject, where: string): void {
  const problems = Object.entries(limits[type] ?? {}).flatMap(([path, limit]) => {
    const value = valueAt(properties, path);
    return value === undefined || holds(value, limit)
      ? []
      : [`${path} is ${JSON.stringify(value)}, and AWS takes ${describe(limit)}`];
  });
  const variables = valueAt(properties, 'Environment.Variables');
  if (type === 'AWS::Lambda::Function' && isObject(variables)) {
    const bytes = Buffer.byteLength(Object.entries(variables).flat().map(String).join(''));
    if (bytes > maxEnvironmentBytes)
      problems.push(`Environment.Variables hold ${bytes} bytes, and AWS takes at most ${maxEnvironmentBytes}`);
  }
  if (problems.length > 0) throw new Error(`${where}: ${problems.join('; ')}.`);
}

function valueAt(properties: JsonObject, path: string): Json | undefined {
  return path
    .split('.')
    .reduce<Json | undefined>((part, name) => (isObject(part) ? part[name] : undefined), properties);
}

function holds(value: Json, limit: Limit): boolean {
  if ('maxLength' in limit) return String(value).length <= limit.maxLength;
  if ('pattern' in limit) return limit.pattern.test(String(value));
  if ('oneOf' in limit) return limit.oneOf.includes(isList(value) ? null : value);
  return Number(value) >= limit.min && Number(value) <= limit.max;
}

function describe(limit: Limit): string {
  if ('maxLength' in limit) return `at most ${limit.maxLength} characters`;
  if ('pattern' in limit) return limit.description;
  return 'oneOf' in limit ? `one of ${limit.oneOf.join(', ')}` : `${limit.min} to ${limit.max}`;
}
