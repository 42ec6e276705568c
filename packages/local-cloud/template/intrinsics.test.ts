import { describe, expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { referencesOf, resolve, type Scope } from './intrinsics.ts';

const scope: Scope = {
  stackName: 'secor-dev-service',
  region: 'ca-central-1',
  accountId: '123456789012',
  template: { Parameters: { Name: { Type: 'String', Default: 'Ada' } } },
  reference: (id) => (id === 'Queue' ? 'http://127.0.0.1:1/123456789012/q' : undefined),
  attribute: (id, name) => (id === 'Queue' && name === 'Arn' ? 'arn:q' : undefined),
  outputs: (stack) => (stack === 'secor-dev-data' ? { Table: 'table' } : undefined),
};

const output = (change: object): Json => ({
  'Fn::GetStackOutput': { StackName: 'secor-dev-data', OutputName: 'Table', ...change },
});

describe('resolve', () => {
  test.each<[string, Json, Json | undefined]>([
    ['a resource', { Ref: 'Queue' }, 'http://127.0.0.1:1/123456789012/q'],
    ['the account', { Ref: 'AWS::AccountId' }, '123456789012'],
    ['the partition', { Ref: 'AWS::Partition' }, 'aws'],
    [
      'the id of the stack',
      { Ref: 'AWS::StackId' },
      'arn:aws:cloudformation:ca-central-1:123456789012:stack/secor-dev-service/local',
    ],
    ['an attribute', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:q'],
    ['join', { 'Fn::Join': [':', ['a', { Ref: 'Queue' }, 1]] }, 'a:http://127.0.0.1:1/123456789012/q:1'],
    ['select and split', { 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
    ['an output', { 'Fn::GetStackOutput': { StackName: 'secor-dev-data', OutputName: 'Table' } }, 'table'],
    [
      'an output of the same region',
      {
        'Fn::GetStackOutput': {
          StackName: { 'Fn::Join': ['-', ['secor', 'dev', 'data']] },
          OutputName: 'Table',
          Region: 'ca-central-1',
        },
      },
      'table',
    ],
    [
      'a policy condition is data',
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolve(value, 'here', scope)).toEqual(expected);
  });

  test.each<[string, Json, RegExp]>([
    ['an unknown function', { a: [{ 'Fn::Cidr': ['10.0.0.0/16', 1] }] }, /here, a\[0\], Fn::Cidr.*Fn::Cidr/],
    ['an unknown reference', { Ref: 'Nobody' }, /here, Ref.*"Nobody"/],
    ['a parameter', { Ref: 'Name' }, /here, Ref.*parameters.*"Name"/],
    ['an unknown pseudo-parameter', { Ref: 'AWS::NoValue' }, /here, Ref.*AWS::NoValue/],
    ['an attribute in dots', { 'Fn::GetAtt': 'Queue.Arn' }, /here, Fn::GetAtt/],
    ['an unknown attribute', { 'Fn::GetAtt': ['Queue', 'Colour'] }, /here.*"Colour" of Queue/],
    [
      'an output of a stack that is not there',
      output({ StackName: 'other' }),
      /here, Fn::GetStackOutput.*stack "other"/,
    ],
    [
      'an output that is not there',
      output({ OutputName: 'Chair' }),
      /here.*secor-dev-data has no output "Chair".*Table/,
    ],
    ['an output of nothing', output({ OutputName: undefined }), /here, Fn::GetStackOutput, OutputName: expected/],
    ['an output of no stack', { 'Fn::GetStackOutput': { OutputName: 'Table' } }, /StackName: expected/],
    ['an output by place', { 'Fn::GetStackOutput': ['secor-dev-data', 'Table'] }, /here, Fn::GetStackOutput/],
    ['an output of another region', output({ Region: 'eu-west-1' }), /here.*Region.*"eu-west-1".*ca-central-1/],
    ['an output by another role', output({ RoleArn: 'arn:aws:iam::1:role/x' }), /here.*"RoleArn"/],
    ['an import', { 'Fn::ImportValue': 'x' }, /here, Fn::ImportValue.*does not support/],
    ['a substitution', { 'Fn::Sub': 'x' }, /here, Fn::Sub.*does not support/],
    ['a choice by a condition', { 'Fn::If': ['Canada', 1, 2] }, /here, Fn::If.*does not support/],
    ['a dynamic reference', '{{resolve:ssm:/x}}', /here.*resolve:ssm/],
    ['a malformed join', { 'Fn::Join': 'x' }, /here, Fn::Join/],
  ])('%s is refused, with its place', (_, value, message) => {
    expect(() => resolve(value, 'here', scope)).toThrow(message);
  });
});

test('references are found wherever they stand', () => {
  const value: Json = {
    a: [{ Ref: 'A' }, { 'Fn::GetAtt': ['B', 'Arn'] }],
    b: { 'Fn::Join': ['-', [{ Ref: 'C' }, { 'Fn::GetAtt': ['D', 'Arn'] }]] },
  };
  expect([...referencesOf(value)].sort()).toEqual(['A', 'B', 'C', 'D']);
});
