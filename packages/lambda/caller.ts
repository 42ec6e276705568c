import type { Endpoint, Role } from '@secor/contracts';
import { environment } from './environment.ts';
import { HttpProblem } from './http-problem.ts';

/** Who calls, as the token says: people are found by issuer and `sub`; the groups only say which role they may act in. */
export type Caller = {
  readonly issuer: string;
  readonly sub: string;
  /** Those of the endpoint's roles that the caller is in. */
  readonly roles: readonly Role[];
};

/** How the issuer of the stage writes its tokens. */
export type TokenForm = {
  /** The claim with the groups that a person is in, named as the roles are. */
  readonly groupsClaim: string;
  /** What tells an access token from the issuer's other ones; empty where its audience does. */
  readonly accessClaims: Readonly<Record<string, string>>;
};

/** The form of the tokens, as the function's environment has it. */
export function tokenForm(): TokenForm {
  return {
    groupsClaim: environment('TOKEN_GROUPS_CLAIM'),
    accessClaims: JSON.parse(environment('ACCESS_TOKEN_CLAIMS')),
  };
}

/** What API Gateway makes of an array claim: `[reviewer administrator]`. */
function groupsIn(claim: unknown): ReadonlySet<string> {
  return new Set(
    String(claim ?? '')
      .replace(/^\[|\]$/g, '')
      .split(/[\s,]+/),
  );
}

/**
 * The caller of an endpoint, by the claims of a token that the authorizer has checked.
 * @throws HttpProblem 401 when it is no access token, 403 when the caller is in none of the endpoint's roles
 */
export function callerOf(
  { roles }: Endpoint,
  claims: Readonly<Record<string, unknown>>,
  { groupsClaim, accessClaims }: TokenForm,
): Caller {
  // The authorizer lets ID tokens through as well, where their audience is the same client.
  if (Object.entries(accessClaims).some(([name, value]) => claims[name] !== value))
    throw new HttpProblem(401, 'Send an access token; this is another kind of token.');
  const groups = groupsIn(claims[groupsClaim]);
  const own = roles.filter((role) => groups.has(role));
  if (own.length === 0)
    throw new HttpProblem(403, `This needs the role ${roles.join(' or ')}. Ask an administrator for it.`);
  return { issuer: String(claims.iss), sub: String(claims.sub), roles: own };
}
