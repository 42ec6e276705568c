import { type Endpoint, type Role, Subject } from '@secor/contracts';
import * as v from 'valibot';
import { environment } from './environment.ts';
import { HttpProblem } from './http-problem.ts';
import { say } from './sentences.ts';

/** Who calls, as the token says: people are found by issuer and `sub`; the groups only say which role they may act in. */
export type Caller = {
  readonly issuer: string;
  readonly sub: string;
  /** The endpoint's roles that the caller has. */
  readonly roles: readonly Role[];
};

/** The form of the tokens of the stage's issuer. */
export type TokenForm = {
  /** The claim with the groups that a person is in, named as the roles are. */
  readonly groupsClaim: string;
  /** What tells an access token from the issuer's other ones; empty where its audience does. */
  readonly accessClaims: Readonly<Record<string, string>>;
};

/** The form of the tokens, from the function's environment. */
export function tokenForm(): TokenForm {
  return {
    groupsClaim: environment('TOKEN_GROUPS_CLAIM'),
    accessClaims: JSON.parse(environment('ACCESS_TOKEN_CLAIMS')),
  };
}

/**
 * The claims of a token as its issuer wrote them. The authorizer has verified the token of this header, the only one of the
 * request. The claims that the authorizer passes on are not used: they are strings, in which one group named `x administrator`
 * looks like the two groups `x` and `administrator`.
 */
function writtenClaims(authorization: string | undefined): Readonly<Record<string, unknown>> {
  const [, payload = ''] = /^(?:Bearer\s+)?[\w-]+\.([\w-]+)\.[\w-]+$/i.exec(authorization?.trim() ?? '') ?? [];
  try {
    return Object(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  } catch {
    throw new HttpProblem(401, say('token-unreadable'));
  }
}

/** The groups of a claim: the strings of a list, or a single string. Values of other types are ignored. */
function groupsIn(claim: unknown): ReadonlySet<unknown> {
  return new Set([claim].flat());
}

/**
 * The caller of an endpoint, by the token that the authorizer has checked.
 * @param authorization the request's Authorization header
 * @throws HttpProblem 401 when it is no access token or names nobody, 403 when the caller is in none of the endpoint's roles
 */
export function callerOf(
  { roles, anybody }: Endpoint,
  authorization: string | undefined,
  { groupsClaim, accessClaims }: TokenForm,
): Caller {
  const claims = writtenClaims(authorization);
  // The authorizer also accepts ID tokens if their audience is the same client.
  if (Object.entries(accessClaims).some(([name, value]) => claims[name] !== value))
    throw new HttpProblem(401, say('no-access-token'));
  const { iss, sub } = claims;
  if (typeof iss !== 'string' || !v.is(Subject, sub)) throw new HttpProblem(401, say('token-names-nobody'));
  const groups = groupsIn(claims[groupsClaim]);
  const own = roles.filter((role) => groups.has(role));
  if (own.length === 0 && anybody === undefined)
    throw new HttpProblem(403, say('role-missing', { roles: roles.join(', ') }));
  return { issuer: iss, sub, roles: own };
}
