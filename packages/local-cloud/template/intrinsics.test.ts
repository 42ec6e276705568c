import { describe, expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { referencesOf, resolve, type Scope } from './intrinsics.ts';

const scope: Scope = {
  stackName: 'secor-dev-service',
  region: 'ca-central-1',
  accountId: '123456789012',
  template: {
    Parameters: {
      Name: { Type: 'String', Default: 'Ada' },
      Many: { Type: 'CommaDelimitedList', Default: 'a,b' },
      Bare: { Type: 'String' },
      Bootstrap: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' },
    },
  },
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
    ['a parameter', { Ref: 'Name' }, 'Ada'],
    ['a list parameter', { Ref: 'Many' }, ['a', 'b']],
    ['the region', { Ref: 'AWS::Region' }, 'ca-central-1'],
    ['the account', { Ref: 'AWS::AccountId' }, '123456789012'],
    ['the partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['the stack', { Ref: 'AWS::StackName' }, 'secor-dev-service'],
    ['the suffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['no value', { Ref: 'AWS::NoValue' }, undefined],
    ['no value in an object', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['no value in a list', [{ Ref: 'AWS::NoValue' }, 1], [1]],
    ['an attribute', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:q'],
    ['an attribute in dots', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:q'],
    ['join', { 'Fn::Join': [':', ['a', { Ref: 'Name' }, 1]] }, 'a:Ada:1'],
    ['select and split', { 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
    ['an output', { 'Fn::GetStackOutput': { StackName: 'secor-dev-data', OutputName: 'Table' } }, 'table'],
    [
      'an output of the same region',
      {
        'Fn::GetStackOutput': {
          StackName: { 'Fn::Join': ['-', ['secor', 'dev', 'data']] },
          OutputName: 'Table',
          Region: { Ref: 'AWS::Region' },
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
    ['an unknown attribute', { 'Fn::GetAtt': ['Queue', 'Colour'] }, /here.*"Colour" of Queue/],
    ['a parameter without default', { Ref: 'Bare' }, /"Bare"/],
    ['a parameter from SSM', { Ref: 'Bootstrap' }, /"Bootstrap".*SSM/],
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
    ['an import', { 'Fn::ImportValue': 'x' }, /here, Fn::ImportValue.*does not know/],
    ['a substitution', { 'Fn::Sub': 'x' }, /here, Fn::Sub.*does not know/],
    ['a choice by a condition', { 'Fn::If': ['Canada', 1, 2] }, /here, Fn::If.*does not know/],
    ['a dynamic reference', '{{resolve:ssm:/x}}', /here.*resolve:ssm/],
    ['a malformed join', { 'Fn::Join': 'x' }, /here, Fn::Join/],
  ])('%s is refused, with its place', (_, value, message) => {
    expect(() => resolve(value, 'here', scope)).toThrow(message);
  });
});

test('references are found wherever they stand', () => {
  const value: Json = {
    a: [{ Ref: 'A' }, { 'Fn::GetAtt': ['B', 'Arn'] }],
    b: { 'Fn::Join': ['-', [{ Ref: 'C' }, { 'Fn::GetAtt': 'D.Arn' }]] },
  };
  expect([...referencesOf(value)].sort()).toEqual(['A', 'B', 'C', 'D']);
});
