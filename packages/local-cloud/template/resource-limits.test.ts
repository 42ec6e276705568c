import { expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { checkLimits } from './resource-limits.ts';

const mapping = 'AWS::Lambda::EventSourceMapping';
const work = 'AWS::Lambda::Function';

test.each<[string, JsonObject, RegExp]>([
  [
    mapping,
    { ScalingConfig: { MaximumConcurrency: 1 } },
    /^here: ScalingConfig.MaximumConcurrency is 1, and AWS takes 2 to 1000\.$/,
  ],
  [mapping, { ScalingConfig: { MaximumConcurrency: 1001 } }, /MaximumConcurrency is 1001/],
  [mapping, { BatchSize: 0 }, /BatchSize is 0/],
  [mapping, { MaximumBatchingWindowInSeconds: 301 }, /0 to 300/],
  [work, { MemorySize: 127, Timeout: 901 }, /MemorySize is 127.*; Timeout is 901, and AWS takes 1 to 900/],
  [work, { FunctionName: 'f'.repeat(65) }, /FunctionName is .*at most 64 characters/],
  [work, { Environment: { Variables: { LONG: 'x'.repeat(4093) } } }, /Environment.Variables hold 4097 bytes/],
  ['AWS::ApiGatewayV2::Integration', { TimeoutInMillis: 30_001 }, /TimeoutInMillis is 30001/],
  ['AWS::Cognito::UserPoolDomain', { Domain: 'secor-jaws-111111111111' }, /Domain is .*without "aws"/],
  ['AWS::CloudWatch::Alarm', { AlarmDescription: 'a'.repeat(1025) }, /at most 1024 characters/],
  ['AWS::Logs::LogGroup', { RetentionInDays: 31 }, /RetentionInDays is 31, and AWS takes one of 1, 3,/],
  ['AWS::SQS::Queue', { VisibilityTimeout: 43_201 }, /VisibilityTimeout is 43201/],
  ['AWS::Scheduler::Schedule', { Target: { RetryPolicy: { MaximumRetryAttempts: 186 } } }, /0 to 185/],
  ['AWS::Cognito::UserPool', { Policies: { PasswordPolicy: { MinimumLength: 5 } } }, /6 to 99/],
])('%s %j is refused with every property that is outside', (type, properties, message) => {
  expect(() => checkLimits(type, properties, 'here')).toThrow(message);
});

test('what AWS takes passes, to its very limits', () => {
  checkLimits(mapping, { ScalingConfig: { MaximumConcurrency: 2 }, BatchSize: 10_000 }, 'here');
  checkLimits(
    work,
    { MemorySize: 10_240, Timeout: 900, Environment: { Variables: { LONG: 'x'.repeat(4092) } } },
    'here',
  );
  checkLimits('AWS::Logs::LogGroup', { RetentionInDays: 14 }, 'here');
  checkLimits('AWS::Cognito::UserPoolDomain', { Domain: 'secor-dev-111111111111' }, 'here');
  checkLimits('AWS::Nobody::Knows', { Size: -1 }, 'here');
});
