import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { AuthorizerConfiguration } from '../template/plan.ts';

/** What an authorizer found in a request. */
export type Authorization =
  | { readonly ok: true; readonly claims: Readonly<Record<string, string>>; readonly scopes: readonly string[] | null }
  | { readonly ok: false; readonly status: 401 | 403; readonly message: string; readonly challenge: string };

/** Judges the tokens of requests. */
export type Authorizer = (
  headers: Readonly<Record<string, string>>,
  neededScopes: readonly string[],
) => Promise<Authorization>;

const keyTimeoutMs = 1500;

/**
 * Makes a JWT authorizer as an HTTP API has it: RS256 by the issuer's keys, issuer, `aud` (or `client_id` where there is no
 * `aud`), and the machine's clock within `exp`, `nbf` and `iat`. Claims come as strings, lists as `[a b]`.
 */
export function createAuthorizer(configuration: AuthorizerConfiguration): Authorizer {
  let keys: JWTVerifyGetKey | undefined;

  const findKeys = async (): Promise<JWTVerifyGetKey> => {
    if (keys !== undefined) return keys;
    const address = `${configuration.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(keyTimeoutMs) });
    const { jwks_uri: uri } = (await answer.json()) as { jwks_uri?: string };
    if (uri === undefined) throw new Error(`${address} names no jwks_uri`);
    keys = createRemoteJWKSet(new URL(uri), { timeoutDuration: keyTimeoutMs });
    return keys;
  };

  return async (headers, neededScopes) => {
    const token = headers[configuration.header]?.replace(/^Bearer\s+/i, '');
    if (token === undefined || token === '') return refused('');
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, await findKeys(), {
        issuer: configuration.issuer,
        algorithms: ['RS256'],
        requiredClaims: ['exp'],
      }));
    } catch (error) {
      return refused(error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid');
    }
    const audience = payload.aud === undefined ? [payload.client_id] : [payload.aud].flat();
    if (!audience.some((item) => typeof item === 'string' && configuration.audience.includes(item))) {
      return refused('the token does not have a valid audience');
    }
    if (payload.iat !== undefined && payload.iat > Date.now() / 1000)
      return refused('the token was issued in the future');
    const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
    if (neededScopes.length > 0 && !neededScopes.some((scope) => scopes.includes(scope))) {
      return {
        ok: false,
        status: 403,
        message: 'Forbidden',
        challenge: `Bearer scope="${neededScopes.join(' ')}" error="insufficient_scope"`,
      };
    }
    const claims = Object.entries(payload).map(([name, value]) => [name, flat(value)]);
    return { ok: true, claims: Object.fromEntries(claims), scopes: neededScopes.length > 0 ? scopes : null };
  };
}

function refused(reason: string): Authorization {
  const challenge = reason === '' ? 'Bearer' : `Bearer scope="" error="invalid_token" error_description="${reason}"`;
  return { ok: false, status: 401, message: 'Unauthorized', challenge };
}

function flat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flat).join(' ')}]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
