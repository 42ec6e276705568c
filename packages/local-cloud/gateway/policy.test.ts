import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Principal } from '../engine.ts';
import { type AccessRequest, evaluate, type PolicyStatement, readPolicy } from './policy.ts';

const roleArn = 'arn:aws:iam::111111111111:role/intake';
const role: Principal = { kind: 'role', roleArn, name: 'intake' };
const s3: Principal = {
  kind: 'service',
  service: 's3.amazonaws.com',
  sourceArn: 'arn:aws:s3:::packages',
  sourceAccount: '111111111111',
};
const object = 'arn:aws:s3:::packages/packages/123456789/1.zip';

const request = (given: Partial<AccessRequest> = {}): AccessRequest => ({
  principal: role,
  action: 's3:GetObjectVersion',
  resource: object,
  context: { 'aws:SecureTransport': 'true' },
  absentKeys: ['aws:SourceArn', 'aws:SourceAccount', 's3:prefix'],
  ...given,
});

const byIdentity = (statements: readonly PolicyStatement[], given?: Partial<AccessRequest>) =>
  evaluate(request(given), readPolicy({ Statement: statements }, 'identity', 'the policy'), []);
const byResource = (statements: readonly PolicyStatement[], given?: Partial<AccessRequest>) =>
  evaluate(request(given), [], readPolicy({ Statement: statements }, 'resource', 'the policy'));

const allow: PolicyStatement = { Effect: 'Allow', Action: 's3:GetObjectVersion', Resource: object };

describe('what a statement is about', () => {
  test.each<[string, Partial<PolicyStatement>, boolean]>([
    ['the very action and resource', {}, true],
    ['one of several actions', { Action: ['s3:PutObject', 's3:GetObjectVersion'] }, true],
    ['another action', { Action: 's3:GetObject' }, false],
    ['an action with a star', { Action: 's3:Get*' }, true],
    ['an action in another case', { Action: 'S3:getobjectVERSION' }, true],
    ['a question mark for one letter', { Action: 's3:GetObjectVersio?' }, true],
    ['a question mark is not nothing', { Action: 's3:GetObjectVersion?' }, false],
    ['a star resource', { Resource: '*' }, true],
    ['a prefix', { Resource: 'arn:aws:s3:::packages/packages/*' }, true],
    ['another prefix', { Resource: 'arn:aws:s3:::packages/reports/*' }, false],
    ['the bucket is not its objects', { Resource: 'arn:aws:s3:::packages' }, false],
    ['a resource in another case', { Resource: object.toUpperCase() }, false],
    ['a dot means a dot', { Resource: object.replace('1.zip', '1?zip') }, true],
    ['and no other letter', { Resource: object.replace('packages/1', 'p.ckages/1') }, false],
  ])('%s', (_, change, allowed) => {
    expect(byIdentity([{ ...allow, ...change }]).allowed).toBe(allowed);
  });

  test('nothing is allowed that no statement allows; the reason names action and resource', () => {
    const decision = byIdentity([]);
    expect(decision.allowed).toBe(false);
    expect(decision.reason).toBe(`no policy allows s3:GetObjectVersion on ${object}`);
  });
});

describe('who a statement is about', () => {
  const of = (Principal: PolicyStatement['Principal'], given?: Partial<AccessRequest>, Effect = 'Allow') =>
    byResource([{ ...allow, Effect, Principal }], given).allowed;

  test.each<[string, PolicyStatement['Principal'], Partial<AccessRequest>, boolean]>([
    ['everyone', '*', {}, true],
    ['everyone, the other way', { AWS: '*' }, {}, true],
    ['everyone includes anonymous', '*', { principal: { kind: 'anonymous' } }, true],
    ['the role', { AWS: roleArn }, {}, true],
    ['another role', { AWS: `${roleArn}-2` }, {}, false],
    ['the account alone grants a role nothing', { AWS: 'arn:aws:iam::111111111111:root' }, {}, false],
    ['the service', { Service: 's3.amazonaws.com' }, { principal: s3 }, true],
    ['one of two services', { Service: ['sns.amazonaws.com', 's3.amazonaws.com'] }, { principal: s3 }, true],
    ['another service', { Service: 'sns.amazonaws.com' }, { principal: s3 }, false],
    ['a service is no role', { AWS: roleArn }, { principal: s3 }, false],
    ['a role is no service', { Service: 's3.amazonaws.com' }, {}, false],
  ])('%s', (_, principal, given, allowed) => {
    expect(of(principal, given)).toBe(allowed);
  });

  test('a denial of the account strikes its roles', () => {
    const statements = [
      { ...allow, Principal: '*' },
      { ...allow, Effect: 'Deny', Principal: { AWS: 'arn:aws:iam::111111111111:root' } },
    ];
    expect(byResource(statements).allowed).toBe(false);
  });

  test('a role needs one of the two sides, a service has only the resource', () => {
    const identity = readPolicy({ Statement: allow }, 'identity', 'the policy');
    expect(evaluate(request(), identity, []).allowed).toBe(true);
    const resource = readPolicy({ Statement: { ...allow, Principal: { AWS: roleArn } } }, 'resource', 'the policy');
    expect(evaluate(request(), [], resource).allowed).toBe(true);
    expect(evaluate(request({ principal: s3 }), [], resource).allowed).toBe(false);
  });
});

describe('conditions', () => {
  test.each<[string, string, string, string | string[] | number | boolean, Record<string, string | string[]>, boolean]>(
    [
      ['equal', 'StringEquals', 'k', 'a', { k: 'a' }, true],
      ['one of the values', 'StringEquals', 'k', ['b', 'a'], { k: 'a' }, true],
      ['in another case', 'StringEquals', 'k', 'A', { k: 'a' }, false],
      ['the key in another case', 'StringEquals', 'K', 'a', { k: 'a' }, true],
      ['a star is a letter', 'StringEquals', 'k', 'a*', { k: 'abc' }, false],
      ['absent', 'StringEquals', 's3:prefix', 'a', {}, false],
      ['like', 'StringLike', 'k', 'packages/*', { k: 'packages/1' }, true],
      ['an ARN', 'ArnEquals', 'k', 'arn:aws:s3:::packages', { k: 'arn:aws:s3:::packages' }, true],
      [
        'an ARN with stars',
        'ArnEquals',
        'k',
        'arn:aws:scheduler:*:*:schedule/*',
        { k: 'arn:aws:scheduler:r:1:schedule/a' },
        true,
      ],
      [
        'a star stays within its part',
        'ArnEquals',
        'k',
        'arn:aws:s3:*:packages',
        { k: 'arn:aws:s3:::packages' },
        false,
      ],
      ['another ARN', 'ArnEquals', 'k', 'arn:aws:s3:::*', { k: 'arn:aws:sqs:r:1:q' }, false],
      ['one of several in the call', 'StringLike', 'k', 'b*', { k: ['a', 'bc'] }, true],
      ['bool', 'Bool', 'aws:SecureTransport', 'true', {}, true],
      ['bool, as a boolean', 'Bool', 'aws:SecureTransport', false, {}, false],
    ],
  )('%s', (_, operator, key, value, context, allowed) => {
    const decision = byIdentity([{ ...allow, Condition: { [operator]: { [key]: value } } }], {
      context: { 'aws:SecureTransport': 'true', ...context },
    });
    expect(decision.allowed).toBe(allowed);
  });

  test('all of them must hold', () => {
    const Condition = { StringEquals: { a: '1', b: '2' }, Bool: { c: 'true' } };
    const judge = (context: Record<string, string>) => byIdentity([{ ...allow, Condition }], { context }).allowed;
    expect(judge({ a: '1', b: '2', c: 'true' })).toBe(true);
    expect(judge({ a: '1', b: '3', c: 'true' })).toBe(false);
    expect(judge({ a: '1', b: '2', c: 'false' })).toBe(false);
  });

  test('TLS only: what is secure passes, what is not is denied', () => {
    const deny = {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Principal: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const open = { ...allow, Principal: '*' };
    expect(byResource([open, deny]).allowed).toBe(true);
    expect(byResource([open, deny], { context: { 'aws:SecureTransport': 'false' } }).allowed).toBe(false);
  });
});

describe('what is not known is told, not overlooked', () => {
  test.each<[string, PolicyStatement, string]>([
    ['an operator', { ...allow, Condition: { DateLessThan: { 'aws:CurrentTime': '2026-01-01' } } }, 'DateLessThan'],
    ['a negated operator', { ...allow, Condition: { StringNotEquals: { k: 'a' } } }, 'StringNotEquals'],
    [
      'a set operator',
      { ...allow, Condition: { 'ForAllValues:StringEquals': { k: 'a' } } },
      'ForAllValues:StringEquals',
    ],
    [
      'an operator with IfExists',
      { ...allow, Condition: { StringEqualsIfExists: { k: 'a' } } },
      'StringEqualsIfExists',
    ],
    ['a property of every object', { ...allow, Condition: { toString: { k: 'true' } } }, 'toString'],
    ['a variable', { ...allow, Resource: `arn:aws:s3:::home/\${aws:username}` }, `\${aws:username}`],
    ['an effect', { ...allow, Effect: 'allow' }, 'allow'],
    ['no resource', { Effect: 'Allow', Action: '*' }, 'Resource'],
    ['an operator on numbers', { ...allow, Condition: { NumericLessThan: { k: '10' } } }, 'NumericLessThan'],
  ])('%s', (_, statement, named) => {
    expect(() => byIdentity([statement])).toThrow(named);
  });

  test('an element, and a type of principal', () => {
    for (const element of ['NotPrincipal', 'NotAction', 'NotResource'])
      expect(() => byIdentity([{ ...allow, [element]: '*' }])).toThrow(element);
    expect(() => byResource([{ ...allow, Principal: { Federated: 'x' } }])).toThrow('Federated');
  });

  test('a condition key, for Allow and for Deny, even beside a condition that fails', () => {
    const Condition = { StringEquals: { 'aws:PrincipalOrgID': 'o-1' }, Bool: { 'aws:SecureTransport': 'false' } };
    for (const Effect of ['Allow', 'Deny']) {
      expect(() => byIdentity([allow, { ...allow, Effect, Condition }])).toThrow('aws:PrincipalOrgID');
    }
  });

  test('a key in a statement about another action does not matter', () => {
    const other = { ...allow, Action: 's3:PutObject', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } };
    expect(byIdentity([allow, other]).allowed).toBe(true);
  });
});

describe('laws', () => {
  const statement: fc.Arbitrary<PolicyStatement> = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom('*', 's3:*', 's3:Get*', 's3:GetObjectVersion', 's3:PutObject', 'sqs:SendMessage'),
    Resource: fc.constantFrom('*', object, 'arn:aws:s3:::packages/*', 'arn:aws:s3:::records/*'),
    Condition: fc.constantFrom<NonNullable<PolicyStatement['Condition']>>(
      {},
      { Bool: { 'aws:SecureTransport': 'true' } },
      { Bool: { 'aws:SecureTransport': 'false' } },
      { StringEquals: { 's3:prefix': 'x' } },
    ),
  });
  const statements = fc.array(statement, { maxLength: 6 });

  test('a denial of everything always wins', () => {
    fc.assert(
      fc.property(statements, fc.nat(), (given, position) => {
        const denied = [...given];
        denied.splice(position % (given.length + 1), 0, {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: {},
        });
        expect(byIdentity(denied).allowed).toBe(false);
      }),
    );
  });

  test('one more Allow never takes access away', () => {
    fc.assert(
      fc.property(statements, statement, (given, more) => {
        const before = byIdentity(given).allowed;
        const after = byIdentity([...given, { ...more, Effect: 'Allow' }]).allowed;
        expect(after || !before).toBe(true);
      }),
    );
  });

  test('one more Deny never gives access', () => {
    fc.assert(
      fc.property(statements, statement, (given, more) => {
        const after = byIdentity([...given, { ...more, Effect: 'Deny' }]).allowed;
        expect(byIdentity(given).allowed || !after).toBe(true);
      }),
    );
  });

  test('the order of statements does not matter, nor how they are spread over the two sides', () => {
    fc.assert(
      fc.property(
        statements.chain((given) =>
          fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
        ),
        fc.nat({ max: 6 }),
        ([given, shuffled], cut) => {
          const expected = byIdentity(given).allowed;
          expect(byIdentity(shuffled).allowed).toBe(expected);
          const resource = shuffled.slice(cut).map((one) => ({ ...one, Principal: '*' }));
          const split = evaluate(
            request(),
            readPolicy({ Statement: shuffled.slice(0, cut) }, 'identity', 'one side'),
            readPolicy({ Statement: resource }, 'resource', 'the other side'),
          );
          expect(split.allowed).toBe(expected);
        },
      ),
    );
  });
});

describe('what AWS refuses is refused', () => {
  test.each<[string, Partial<PolicyStatement>, RegExp]>([
    ['a resource that is no ARN', { Resource: '*:q' }, /\*:q/],
    ['an ARN of too few parts', { Resource: 'arn:*:q' }, /arn:\*:q/],
    ['a service with a star', { Resource: 'arn:aws:*:::packages/*' }, /partition and service/],
    ['a partition with a star', { Resource: ['*', 'arn:*:s3:::packages/*'] }, /partition and service/],
    ['a Principal', { Principal: '*' }, /no Principal/],
    ['a Sid with blanks', { Sid: 'read the packages' }, /letters and digits/],
    ['no values of a condition', { Condition: { StringEquals: { 's3:prefix': [] } } }, /s3:prefix.*nothing/],
  ])('%s in a role’s policy', (_, change, message) => {
    expect(() => byIdentity([{ ...allow, ...change }])).toThrow(message);
  });

  test('a resource’s policy may have a Sid with blanks', () => {
    expect(byResource([{ ...allow, Sid: 'read the packages', Principal: '*' }]).allowed).toBe(true);
  });
});
