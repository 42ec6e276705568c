import { beforeAll, describe, expect, it } from 'vitest';
import { pilot } from '../support/pilot.ts';
import { functionNames, propertiesOf, readable, synthesized } from '../support/synthesized.ts';

type Statement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
};
type Document = {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
  readonly Roles: readonly unknown[];
};
type Role = {
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly unknown[] };
  readonly ManagedPolicyArns?: unknown;
  readonly Policies?: unknown;
};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

describe('the roles', () => {
  let roles: Map<string, Role>;
  let policies: Map<string, Document>;
  let roleOf: Map<string, string>;
  let account: string;
  beforeAll(async () => {
    const { service, stage } = await synthesized(pilot);
    account = stage.account;
    roles = propertiesOf(service, 'AWS::IAM::Role');
    policies = propertiesOf(service, 'AWS::IAM::Policy');
    roleOf = new Map(
      [
        ...propertiesOf<{ FunctionName: string; Role: { 'Fn::GetAtt': [string, string] } }>(
          service,
          'AWS::Lambda::Function',
        ),
      ].map(([, properties]) => [
        properties.FunctionName.replace('secor-pilot-', ''),
        properties.Role['Fn::GetAtt'][0],
      ]),
    );
  });

  const statementsOf = (name: string): readonly Statement[] =>
    [...policies.values()]
      .filter(({ Roles }) => Roles.map(readable).includes(roleOf.get(name) ?? ''))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const statements = (): readonly Statement[] =>
    [...policies.values()].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const keyUse = (name: string, sid: string) => statementsOf(name).find(({ Sid }) => Sid === sid);
  const awsOnly = ({ Sid }: Statement): boolean => Sid?.startsWith('AwsOnly') ?? false;

  it('belong to one function each, and can be taken by Lambda alone', () => {
    expect(new Set(roleOf.values()).size).toBe(functionNames.length);
    for (const role of roleOf.values()) {
      expect(roles.get(role)?.AssumeRolePolicyDocument.Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
      ]);
    }
  });

  it('hold nothing but their own policy', () => {
    for (const [id, role] of roles) {
      expect([role.ManagedPolicyArns, role.Policies], id).toEqual([undefined, undefined]);
    }
    expect([...policies.values()].map(({ Roles }) => Roles.length)).toEqual([...roles.keys()].map(() => 1));
  });

  it('name every action', () => {
    expect(statements().filter(({ Action }) => list(Action).some((action) => String(action).includes('*')))).toEqual(
      [],
    );
    expect(statements().filter(({ Effect }) => Effect !== 'Allow')).toEqual([]);
  });

  it('name every resource, and of buckets one prefix; but for ListStreams', () => {
    const wild = statements().flatMap((statement) =>
      list(statement.Resource)
        .map(readable)
        .filter((resource) => resource.includes('*'))
        .map((resource) => ({ resource, statement })),
    );
    expect(wild.filter(({ resource }) => resource !== '*')).not.toEqual([]);
    for (const { resource, statement } of wild) {
      if (awsOnly(statement)) {
        expect([statement.Action, resource]).toEqual(['dynamodb:ListStreams', '*']);
      } else {
        expect(resource).toMatch(/^arn:aws:s3:::secor-pilot-222233334444-(packages|records)\/[a-z]+\/\*$/);
        expect(list(statement.Action).every((action) => String(action).startsWith('s3:'))).toBe(true);
      }
    }
  });

  it('are marked as used on AWS only where no run on one machine can use them, and only there', () => {
    const service = /^(kms|logs):|^dynamodb:ListStreams$|^sqs:GetQueueAttributes$/;
    for (const statement of statements()) {
      for (const action of list(statement.Action)) {
        expect(service.test(String(action)), `${statement.Sid}: ${action}`).toBe(awsOnly(statement));
      }
    }
  });

  it('hold the key’s actions that their calls bring with them, by way of the service only', () => {
    // As the page of DynamoDB on customer managed keys lists them; the wildcards written out.
    const byTable = [
      'kms:Encrypt',
      'kms:Decrypt',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:DescribeKey',
      'kms:CreateGrant',
    ];
    for (const name of functionNames) {
      const actions = statementsOf(name).flatMap(({ Action }) => list(Action));
      const uses = (service: string) => actions.some((action) => String(action).startsWith(`${service}:`));
      const byBuckets = actions.includes('s3:PutObject') ? ['kms:GenerateDataKey', 'kms:Decrypt'] : ['kms:Decrypt'];
      const expected = {
        AwsOnlyUseDataKeyByTable: uses('dynamodb') ? byTable : undefined,
        AwsOnlyUseDataKeyByBuckets: uses('s3') ? byBuckets : undefined,
      };
      for (const [sid, allowed] of Object.entries(expected)) {
        const statement = keyUse(name, sid);
        expect(statement && list(statement.Action).toSorted(), `${name}: ${sid}`).toEqual(allowed?.toSorted());
        const service = sid === 'AwsOnlyUseDataKeyByTable' ? 'dynamodb' : 's3';
        const via = { StringEquals: { 'kms:ViaService': `${service}.ca-central-1.amazonaws.com` } };
        if (statement !== undefined) expect(statement.Condition, name).toEqual(via);
      }
    }
    // They presign uploads: S3 asks for the data key in their name.
    for (const name of ['assessor-api', 'program-api', 'import-api'])
      expect(keyUse(name, 'AwsOnlyUseDataKeyByBuckets')?.Action).toContain('kms:GenerateDataKey');
  });

  it('let each schedule do one thing, for this account', () => {
    const schedulers = [...roles].filter(([id]) => ![...roleOf.values()].includes(id));
    const allowed = schedulers.map(([id, role]) => {
      expect(role.AssumeRolePolicyDocument.Statement, id).toEqual([
        {
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': account } },
        },
      ]);
      return [...policies.values()]
        .filter(({ Roles }) => Roles.map(readable).includes(id))
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .map(({ Action, Resource }) => [Action, readable(Resource)]);
    });
    expect(allowed).toEqual([
      [['sqs:SendMessage', expect.stringMatching(/^RepublishWorkQueue\w+\.Arn$/)]],
      [['sqs:SendMessage', expect.stringMatching(/^SweepQueue\w+\.Arn$/)]],
    ]);
  });
});
