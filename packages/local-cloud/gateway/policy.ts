import type { Principal } from '../engine.ts';

type OneOrMany<T> = T | readonly T[];

/** A policy as CloudFormation writes it, its intrinsic functions resolved. */
export type PolicyDocument = {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: OneOrMany<PolicyStatement>;
};

export type PolicyStatement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly Principal?: string | Readonly<Record<string, OneOrMany<string>>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany<string | number | boolean>>>>>;
};

/** What a policy is attached to: a role, a resource, or a role's trust. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

type Condition = {
  readonly matches: (value: string, pattern: string) => boolean;
  readonly key: string;
  readonly values: readonly string[];
};

/** A statement that was read and holds nothing unknown, except perhaps condition keys. */
export type Statement = {
  /** The policy and the Sid or the number of the statement, for messages. */
  readonly place: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** Absent in a role's trust, which is about the role itself. */
  readonly resources: readonly string[] | undefined;
  /** Absent in a role's own policies. */
  readonly principals: { readonly aws: readonly string[]; readonly services: readonly string[] } | undefined;
  readonly conditions: readonly Condition[];
};

/** A call to be judged. */
export type AccessRequest = {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** Condition keys and their values. Keys are compared without regard to case. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  /** Condition keys that a call may lack; any other absent key is unknown. */
  readonly absentKeys?: readonly string[];
};

/** An action and a resource of an Allow statement that matched a call. */
export type MatchedGrant = { readonly statement: Statement; readonly action: string; readonly resource: string };

export type PolicyDecision = {
  readonly allowed: boolean;
  /** For people: which statement decided, or that none allows it. */
  readonly reason: string;
  /** What explicitly denied, for the wording of the refusal. */
  readonly deniedBy: 'identity' | 'resource' | undefined;
  /** The grants of the identity policies that allow the call; empty when it was refused. */
  readonly grants: readonly MatchedGrant[];
};

/** A policy holds something that this evaluator does not support. */
export class PolicyProblem extends Error {
  override readonly name = 'PolicyProblem';
}

/** The operators of conditions that the stacks have; any other is refused. */
const OPERATORS: Readonly<Record<string, Condition['matches']>> = {
  StringEquals: (value, pattern) => value === pattern,
  StringLike: (value, pattern) => wildcard(pattern, false).test(value),
  ArnEquals: arnMatches,
  // What Lambda writes for a permission; it compares as ArnEquals does.
  ArnLike: arnMatches,
  Bool: (value, pattern) => value.toLowerCase() === pattern.toLowerCase(),
};

const ELEMENTS = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition']);

/**
 * Reads a policy into its statements.
 *
 * @param place how messages name the policy, such as "the policy of role X"
 * @throws PolicyProblem for an element, operator, kind of principal or policy variable that is not supported here, and for
 *   what AWS refuses
 */
export function readPolicy(document: PolicyDocument, kind: PolicyKind, place: string): readonly Statement[] {
  return many(document.Statement).map((statement, index) => {
    const at = `${place}, statement ${statement.Sid ?? index + 1}`;
    const unknown = Object.keys(statement).find((element) => !ELEMENTS.has(element));
    if (unknown !== undefined)
      throw new PolicyProblem(`${at}: the local cloud does not support the element ${unknown}.`);
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
      throw new PolicyProblem(`${at}: Effect is ${statement.Effect}; it must be Allow or Deny.`);
    }
    if (kind === 'identity') {
      if (statement.Principal !== undefined) {
        throw new PolicyProblem(`${at}: a role's own policy has no Principal; AWS refuses it.`);
      }
      if (!/^[A-Za-z0-9]*$/.test(statement.Sid ?? '')) {
        throw new PolicyProblem(`${at}: a Sid of a role's policy has letters and digits only; AWS refuses it.`);
      }
    }
    return {
      place: at,
      effect: statement.Effect,
      actions: readPatterns(statement.Action, 'Action', at),
      resources: kind === 'trust' ? undefined : readResources(statement, at),
      principals: kind === 'identity' ? undefined : readPrincipals(statement.Principal, at),
      conditions: Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => readCondition(operator, key, many(values).map(String), at)),
      ),
    };
  });
}

/**
 * Judges a call by the policies of the caller and of the resource, as IAM does within one account: an explicit deny
 * wins; else one Allow on either side is enough. Services and anonymous callers have no policies of their own.
 *
 * @throws PolicyProblem when a statement about this call has a condition on a key that is neither in the context nor among the absent ones
 */
export function evaluate(
  request: AccessRequest,
  identity: readonly Statement[],
  resource: readonly Statement[],
): PolicyDecision {
  const applies = (statement: Statement) => statementApplies(statement, request);
  const ofIdentity = identity.filter(applies);
  const ofResource = resource.filter(applies);
  const denies = ({ effect }: Statement) => effect === 'Deny';
  const denial = ofIdentity.find(denies) ?? ofResource.find(denies);
  if (denial !== undefined) {
    return {
      allowed: false,
      reason: `${denial.place} denies it`,
      deniedBy: ofIdentity.includes(denial) ? 'identity' : 'resource',
      grants: [],
    };
  }
  const allowing = ofIdentity[0] ?? ofResource[0];
  if (allowing !== undefined) {
    return {
      allowed: true,
      reason: `${allowing.place} allows it`,
      deniedBy: undefined,
      grants: ofIdentity.flatMap((statement) => matchedGrants(statement, request)),
    };
  }
  return {
    allowed: false,
    reason: `no policy allows ${request.action} on ${request.resource}`,
    deniedBy: undefined,
    grants: [],
  };
}

/** The grants that a statement gives: each action with each resource. */
export function grantsOf(statement: Statement): readonly MatchedGrant[] {
  return statement.actions.flatMap((action) =>
    (statement.resources ?? []).map((resource) => ({ statement, action, resource })),
  );
}

function matchedGrants(statement: Statement, request: AccessRequest): readonly MatchedGrant[] {
  return grantsOf(statement).filter(
    ({ action, resource }) =>
      wildcard(action, true).test(request.action) && wildcard(resource, false).test(request.resource),
  );
}

function statementApplies(statement: Statement, request: AccessRequest): boolean {
  return (
    matchesPatterns(statement.actions, request.action, true) &&
    (statement.resources === undefined || matchesPatterns(statement.resources, request.resource, false)) &&
    matchesPrincipal(statement, request.principal) &&
    // All are looked at, so that an unknown key is told whatever the others say.
    statement.conditions.map((condition) => holds(condition, request, statement.place)).every(Boolean)
  );
}

function matchesPatterns(patterns: readonly string[], value: string, ignoreCase: boolean): boolean {
  return patterns.some((pattern) => wildcard(pattern, ignoreCase).test(value));
}

function matchesPrincipal({ principals, effect }: Statement, principal: Principal): boolean {
  if (principals === undefined || principals.aws.includes('*')) return true;
  if (principal.kind === 'service') return principals.services.includes(principal.service);
  if (principal.kind !== 'role') return false;
  const account = principal.roleArn.split(':')[4];
  return principals.aws.some(
    (aws) =>
      aws === principal.roleArn ||
      // An Allow for the account only hands the question on to the role's own policies.
      (effect === 'Deny' && (aws === account || aws === `arn:aws:iam::${account}:root`)),
  );
}

function holds(condition: Condition, request: AccessRequest, place: string): boolean {
  const { matches, key, values } = condition;
  const present = contextValues(request, key);
  if (present === undefined && !(request.absentKeys ?? []).some((absent) => sameKey(absent, key))) {
    throw new PolicyProblem(
      `${place}: the local cloud does not support the condition key ${key} for ${request.action}, so it can't judge the call.`,
    );
  }
  return (present ?? []).some((value) => values.some((pattern) => matches(value, pattern)));
}

function contextValues(request: AccessRequest, key: string): readonly string[] | undefined {
  const entry = Object.entries(request.context).find(([name]) => sameKey(name, key));
  return entry === undefined ? undefined : many(entry[1]);
}

function sameKey(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function readPatterns(given: OneOrMany<string> | undefined, element: string, place: string): readonly string[] {
  if (given === undefined) throw new PolicyProblem(`${place}: it needs ${element}.`);
  const patterns = many(given);
  for (const pattern of patterns) refuseVariables(pattern, place);
  return patterns;
}

function readResources({ Resource }: PolicyStatement, place: string): readonly string[] {
  const resources = readPatterns(Resource, 'Resource', place);
  const wrong = resources.find((pattern) => pattern !== '*' && !/^arn:[^:*?]+:[^:*?]+(:[^:]*){2}:./i.test(pattern));
  if (wrong === undefined) return resources;
  throw new PolicyProblem(
    `${place}: the resource ${wrong} is neither "*" nor an ARN of six parts that spells out partition and service; AWS refuses it.`,
  );
}

function readPrincipals(principal: PolicyStatement['Principal'], place: string): Statement['principals'] {
  if (principal === '*') return { aws: ['*'], services: [] };
  if (principal === undefined || typeof principal === 'string') {
    throw new PolicyProblem(`${place}: its Principal must be "*" or name AWS or Service.`);
  }
  const unknown = Object.keys(principal).find((type) => type !== 'AWS' && type !== 'Service');
  if (unknown !== undefined) {
    throw new PolicyProblem(`${place}: the local cloud does not support principals of the type ${unknown}.`);
  }
  return { aws: many(principal.AWS ?? []), services: many(principal.Service ?? []) };
}

function readCondition(operator: string, key: string, values: readonly string[], place: string): Condition {
  const matches = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (matches === undefined) {
    throw new PolicyProblem(`${place}: the local cloud does not support the condition operator ${operator}.`);
  }
  if (values.length === 0)
    throw new PolicyProblem(`${place}: ${operator} compares ${key} with nothing; AWS refuses it.`);
  for (const value of values) {
    refuseVariables(value, place);
  }
  return { matches, key, values };
}

function refuseVariables(text: string, place: string): void {
  if (text.includes('${')) {
    throw new PolicyProblem(`${place}: the local cloud does not support policy variables, as in ${text}.`);
  }
}

function arnMatches(arn: string, pattern: string): boolean {
  const [ofArn, ofPattern] = [arnParts(arn), arnParts(pattern)];
  return ofPattern.length === ofArn.length && ofPattern.every((part, i) => wildcard(part, false).test(ofArn[i] ?? ''));
}

/** The six parts of an ARN; the last one may hold colons. */
function arnParts(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

const expressions = new Map<string, RegExp>();

function wildcard(pattern: string, ignoreCase: boolean): RegExp {
  const flags = ignoreCase ? 'is' : 's';
  const name = `${flags} ${pattern}`;
  const known = expressions.get(name);
  if (known !== undefined) return known;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, flags);
  expressions.set(name, expression);
  return expression;
}

function many<T>(value: OneOrMany<T>): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
