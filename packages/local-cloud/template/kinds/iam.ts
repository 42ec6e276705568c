import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';
import { policyOf } from './policy.ts';

/** AWS's own policies that the template may name; they grant what only AWS exercises. */
const managedPolicies = new Set([
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', // writes logs
]);

/** The resource types of IAM. */
export const iamKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::IAM::Role': {
    properties: ['RoleName', 'AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'Path'],
    ignored: ['Description', 'MaxSessionDuration', 'Tags'],
    make({ properties, generatedName, plan, targets }) {
      const name = properties.optionalText('RoleName') ?? generatedName;
      const arn = `arn:aws:iam::${targets.accountId}:role${properties.optionalText('Path') ?? '/'}${name}`;
      for (const policy of properties.texts('ManagedPolicyArns')) {
        if (!managedPolicies.has(policy))
          throw new Error(`${properties.where}: the local cloud does not support the managed policy ${policy}.`);
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
      const document = policyOf(properties, 'PolicyDocument');
      for (const name of properties.texts('Roles')) {
        const role = [...plan.roles.values()].find((each) => each.name === name);
        if (role === undefined) throw new Error(`${properties.where}, Roles: there is no role ${name}.`);
        role.policies.push(document);
      }
      return { reference: properties.text('PolicyName') };
    },
  },
};
