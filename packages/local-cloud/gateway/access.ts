import { createHmac, randomBytes } from 'node:crypto';
import type { Authorization, AwsError, Principal } from '../engine.ts';
import {
  evaluate,
  grantsOf,
  type MatchedGrant,
  type PolicyDecision,
  type PolicyDocument,
  PolicyProblem,
  readPolicy,
  type Statement,
} from './policy.ts';
import { nameOf, refuse } from './refusals.ts';

/** A key pair, as an SDK takes it. */
export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** A call that was refused for want of a grant. */
export type Denial = {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** As the service names it: "PutObject". */
  readonly operation: string;
  readonly reason: string;
};

/** An action on a resource that a role's policy allows and that no call has needed. */
export type UnusedGrant = {
  readonly roleArn: string;
  readonly role: string;
  readonly action: string;
  readonly resource: string;
};

/** Whether a call is allowed, and the statement that says so, or the action and resource that lack one. */
export type Decision = { readonly allowed: boolean; readonly reason: string };

export type Role = {
  readonly name: string;
  /** Who may assume the role. */
  readonly trust: PolicyDocument;
  /** The role's own policies, inline and attached. */
  readonly policies: readonly PolicyDocument[];
};

/** Who there is, what they may do, and what they did with it. */
export interface Access {
  /**
   * The key pair of a role or of the operator; the same each time, but for a role that was made anew: `made` tells it from the one
   * before. Throws for services and anonymous: they sign nothing.
   */
  credentialsFor(principal: Principal, made?: string): Credentials;
  /** The secret of a key that `credentialsFor` gave. */
  secretOf(accessKeyId: string): string | undefined;
  /** Whose key it is that `credentialsFor` gave. */
  principalOf(accessKeyId: string): Principal | undefined;
  /** Sets a role and forgets which grants of an earlier one were used. Throws PolicyProblem for what the evaluator does not support. */
  setRole(roleArn: string, role: Role): void;
  /** Sets the policy of a resource; it holds for what lies below it too (the objects of a bucket). Throws PolicyProblem. */
  setResourcePolicy(resourceArn: string, document: PolicyDocument): void;
  /** Judges without refusing: a denial is not recorded, the grants of a call that is allowed count as used. */
  authorize(principal: Principal, authorization: Authorization): Decision;
  /** Refuses with the service's own error what the principal may not do, records it, and tells `onDenied`. */
  demand(principal: Principal, authorization: Authorization, call: { service: string; operation: string }): void;
  /** Whether a service may assume a role; the context holds condition keys such as aws:SourceArn. */
  assumableBy(roleArn: string, servicePrincipal: string, context?: Authorization['context']): boolean;
  /** The grants of all roles, or of one, that nothing used. */
  unusedGrants(roleArn?: string): readonly UnusedGrant[];
  /** The calls that were refused, oldest first; of very many, the latest 1,000. */
  denials(): readonly Denial[];
}

export type AccessOptions = {
  readonly region: string;
  readonly accountId: string;
  /** From the same seed come the same keys, so links that were signed before a restart hold after it. Random when absent. */
  readonly seed?: string;
  readonly onDenied?: (denial: Denial) => void;
};

type KnownRole = { readonly name: string; readonly trust: readonly Statement[]; readonly own: readonly Statement[] };

const DENIALS_KEPT = 1000;

/** Condition keys that only some calls carry. A policy may name these; any other key that a call lacks is unknown. */
const ABSENT_KEYS = [
  'aws:SourceArn',
  'aws:SourceAccount',
  'aws:PrincipalArn',
  'aws:PrincipalAccount',
  'aws:PrincipalServiceName',
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
];

/** Makes the keys, roles and policies of the account, and judges calls by them. */
export function createAccess(options: AccessOptions): Access {
  const { region, accountId, onDenied } = options;
  const seed = options.seed ?? randomBytes(32).toString('hex');
  const keys = new Map<string, { readonly principal: Principal; readonly secret: string }>();
  const roles = new Map<string, KnownRole>();
  const resourcePolicies = new Map<string, readonly Statement[]>();
  const used = new Map<Statement, Set<string>>();
  const denials: Denial[] = [];

  const derive = (text: string) => createHmac('sha256', seed).update(text).digest();

  const contextOf = (principal: Principal, authorization: Authorization) => ({
    'aws:SecureTransport': 'true',
    's3:TlsVersion': '1.3',
    'aws:RequestedRegion': region,
    'aws:ResourceAccount': accountId,
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': String(principal.kind === 'service'),
    'aws:PrincipalType': principal.kind === 'role' ? 'AssumedRole' : 'Anonymous',
    ...(principal.kind === 'role' && { 'aws:PrincipalArn': principal.roleArn, 'aws:PrincipalAccount': accountId }),
    ...(principal.kind === 'service' && {
      'aws:PrincipalServiceName': principal.service,
      'aws:SourceArn': principal.sourceArn,
      'aws:SourceAccount': principal.sourceAccount,
    }),
    ...authorization.context,
  });

  const judge = (principal: Principal, authorization: Authorization): PolicyDecision => {
    if (principal.kind === 'operator') {
      return { allowed: true, reason: 'the operator may do everything', deniedBy: undefined, grants: [] };
    }
    const { action, resource } = authorization;
    const role = principal.kind === 'role' ? roles.get(principal.roleArn) : undefined;
    const ofResource = [...resourcePolicies]
      .filter(([arn]) => resource === arn || resource.startsWith(`${arn}/`))
      .flatMap(([, statements]) => statements);
    const request = {
      principal,
      action,
      resource,
      context: contextOf(principal, authorization),
      absentKeys: ABSENT_KEYS,
    };
    let decision: PolicyDecision;
    try {
      decision = evaluate(request, role?.own ?? [], ofResource);
    } catch (error) {
      if (!(error instanceof PolicyProblem)) throw error;
      return { allowed: false, reason: error.message, deniedBy: undefined, grants: [] };
    }
    for (const grant of decision.grants) {
      const names = used.get(grant.statement) ?? new Set();
      used.set(grant.statement, names.add(nameOfGrant(grant)));
    }
    return decision;
  };

  return {
    credentialsFor(principal, made = '') {
      if (principal.kind !== 'role' && principal.kind !== 'operator') {
        throw new Error(`${nameOf(principal)} signs no calls: only a role or the operator has a key.`);
      }
      const name = JSON.stringify(principal.kind === 'role' ? [principal.roleArn, principal.name, made] : 'operator');
      const accessKeyId = `AKIA${base32(derive(`key ${name}`)).slice(0, 16)}`;
      const secret = derive(`secret ${name}`).toString('base64').slice(0, 40);
      keys.set(accessKeyId, { principal, secret });
      return { accessKeyId, secretAccessKey: secret };
    },

    secretOf(accessKeyId) {
      return keys.get(accessKeyId)?.secret;
    },

    principalOf(accessKeyId) {
      return keys.get(accessKeyId)?.principal;
    },

    setRole(roleArn, { name, trust, policies }) {
      for (const statement of roles.get(roleArn)?.own ?? []) used.delete(statement);
      roles.set(roleArn, {
        name,
        trust: readPolicy(trust, 'trust', `the trust of role ${name}`),
        own: policies.flatMap((policy, index) =>
          readPolicy(
            policy,
            'identity',
            policies.length === 1 ? `the policy of role ${name}` : `policy ${index + 1} of role ${name}`,
          ),
        ),
      });
    },

    setResourcePolicy(resourceArn, document) {
      resourcePolicies.set(resourceArn, readPolicy(document, 'resource', `the policy of ${resourceArn}`));
    },

    authorize(principal, authorization) {
      const { allowed, reason } = judge(principal, authorization);
      return { allowed, reason };
    },

    demand(principal, authorization, { service, operation }) {
      const { allowed, reason, deniedBy } = judge(principal, authorization);
      if (allowed) return;
      const { action, resource } = authorization;
      const denial = { principal, action, resource, operation, reason };
      denials.push(denial);
      if (denials.length > DENIALS_KEPT) denials.shift();
      onDenied?.(denial);
      throw refuse(
        service,
        'denied',
        `User: ${arnOf(principal, accountId)} is not authorized to perform: ${action} on resource: ${resource} ${because(deniedBy, action)}`,
      );
    },

    assumableBy(roleArn, servicePrincipal, context = {}) {
      const role = roles.get(roleArn);
      if (role === undefined) return false;
      const value = (key: string) => String(context[key] ?? '');
      const principal: Principal = {
        kind: 'service',
        service: servicePrincipal,
        sourceArn: value('aws:SourceArn'),
        sourceAccount: value('aws:SourceAccount'),
      };
      const authorization = { action: 'sts:AssumeRole', resource: roleArn, context };
      const request = {
        principal,
        ...authorization,
        context: contextOf(principal, authorization),
        absentKeys: ABSENT_KEYS,
      };
      return evaluate(request, [], role.trust).allowed;
    },

    unusedGrants(roleArn) {
      return [...roles]
        .filter(([arn]) => roleArn === undefined || arn === roleArn)
        .flatMap(([arn, role]) =>
          role.own
            .filter(({ effect }) => effect === 'Allow')
            .flatMap((statement) => grantsOf(statement))
            .filter((grant) => !used.get(grant.statement)?.has(nameOfGrant(grant)))
            .map(({ action, resource }) => ({ roleArn: arn, role: role.name, action, resource })),
        );
    },

    denials() {
      return [...denials];
    },
  };
}

/** The refusal of a key that nobody has. */
export function unknownKey(service: string): AwsError {
  return refuse(
    service,
    'unknownKey',
    service === 's3'
      ? 'The AWS Access Key Id you provided does not exist in our records.'
      : 'The security token included in the request is invalid.',
  );
}

function nameOfGrant({ action, resource }: MatchedGrant): string {
  return JSON.stringify([action, resource]);
}

function because(deniedBy: PolicyDecision['deniedBy'], action: string): string {
  return deniedBy === undefined
    ? `because no identity-based policy allows the ${action} action`
    : `with an explicit deny in ${deniedBy === 'identity' ? 'an identity-based' : 'a resource-based'} policy`;
}

function arnOf(principal: Principal, accountId: string): string {
  if (principal.kind !== 'role') return nameOf(principal);
  return `arn:aws:sts::${accountId}:assumed-role/${principal.roleArn.split('/').at(-1)}/${principal.name}`;
}

function base32(bytes: Buffer): string {
  return [...bytes].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
}
