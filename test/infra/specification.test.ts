import { describe, expect, it } from 'vitest';
import { specificationProblems } from '../support/specification.ts';

const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work', VisibilityTimeout: 60 } };
const work = {
  Code: { S3Bucket: 'bundles', S3Key: 'work.zip' },
  Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
  Environment: { Variables: { QUEUE_URL: { Ref: 'Queue' } } },
};
const resources = {
  Queue: queue,
  Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] } } },
  Work: { Type: 'AWS::Lambda::Function', Properties: work },
};
const withWork = (change: object) => ({
  Resources: { ...resources, Work: { ...resources.Work, Properties: { ...work, ...change } } },
});

describe('the check of a template against the specification of CloudFormation', () => {
  it('finds nothing in a good template', async () => {
    expect(await specificationProblems({ Resources: resources })).toEqual([]);
  });

  it.each<[string, { Resources: Record<string, { Type: string; Properties?: unknown }> }, string]>([
    ['a wrong name', withWork({ MemorySise: 128 }), 'Work: there is no property MemorySise'],
    [
      'a wrong name within',
      withWork({ Environment: { Variable: {} } }),
      'Work.Environment: there is no property Variable',
    ],
    ['a wrong type', withWork({ MemorySize: 'much' }), 'Work.MemorySize: must be integer, not "much"'],
    ['a wrong type within', withWork({ Environment: 'none' }), 'Work.Environment: must be an object'],
    ['a missing required property', withWork({ Role: undefined }), 'Work: Role is missing'],
    [
      'a missing required property within',
      withWork({ LoggingConfig: {}, TracingConfig: { Mode: 'Active' }, SnapStart: {} }),
      'Work.SnapStart: ApplyOn is missing',
    ],
    ['a wrong enum', withWork({ PackageType: 'Tar' }), 'Work.PackageType: must be one of Image, Zip, not "Tar"'],
    [
      'a type that is none',
      { Resources: { Queue: { ...queue, Type: 'AWS::SQS::Pipe' } } },
      'Queue: there is no type AWS::SQS::Pipe',
    ],
    [
      'an attribute that is none',
      withWork({ Description: { 'Fn::GetAtt': ['Queue', 'Length'] } }),
      'Work: Queue has no attribute Length',
    ],
  ])('finds %s, with its place, and nothing else', async (_, template, problem) => {
    expect(await specificationProblems(template)).toEqual([problem]);
  });
});
