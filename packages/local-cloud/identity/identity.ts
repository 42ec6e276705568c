import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { EngineResponse } from '../engine.ts';

/** A person of the user directory; `sub` stays the same for good. */
type User = { readonly sub: string; readonly email: string };

type TokenRequest = {
  readonly email: string;
  readonly groups: readonly string[];
  readonly clientId: string;
  readonly expiresInSeconds: number;
};

/** An OpenID issuer for tests and local use: it signs whatever it is asked for. */
export interface Identity {
  /** The user with this address (in any case), made when absent. */
  ensureUser(email: string): User;
  /** Answers `/.well-known/openid-configuration` and `/jwks`; undefined for any other path. */
  handle(path: string): EngineResponse | undefined;
  /** An access token (RS256) as a Cognito user pool issues it: with `client_id` and `cognito:groups`, without `aud` and address. */
  token(request: TokenRequest): Promise<string>;
}

export type IdentityOptions = {
  /** Keeps the key and the users; its folder must exist. */
  readonly file: string;
  /** The issuer's address, without a slash at its end; asked for at each use, since a port may be known late. */
  readonly issuer: () => string;
  /** The machine's time in epoch milliseconds: tokens don't follow the business clock. */
  readonly now?: () => number;
};

type Kept = { readonly key: JWK; readonly users: Record<string, string> };

const ALGORITHM = 'RS256';

/** Opens the issuer kept in a file; its RSA key is made at the first start. */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { file, issuer, now = Date.now } = options;
  const kept = readKept(file) ?? { key: await makeKey(), users: {} };

  const keep = () => {
    const fresh = `${file}.new`;
    writeFileSync(fresh, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
    renameSync(fresh, file);
  };
  keep();

  const key = await importJWK(kept.key, ALGORITHM);
  const { kty, n, e, kid } = kept.key;
  const keySet = { keys: [{ kty, n, e, kid, alg: ALGORITHM, use: 'sig' }] };

  const ensureUser = (email: string): User => {
    const address = email.trim().toLowerCase();
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) throw new Error(`'${email}' is no e-mail address.`);
    const known = kept.users[address];
    if (known !== undefined) return { sub: known, email: address };
    const sub = randomUUID();
    kept.users[address] = sub;
    keep();
    return { sub, email: address };
  };

  return {
    ensureUser,

    handle(path) {
      if (path === '/jwks') return json(keySet);
      if (path !== '/.well-known/openid-configuration') return undefined;
      return json({
        issuer: issuer(),
        jwks_uri: `${issuer()}/jwks`,
        response_types_supported: ['code', 'token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [ALGORITHM],
        scopes_supported: ['openid'],
      });
    },

    token({ email, groups, clientId, expiresInSeconds }) {
      const { sub } = ensureUser(email);
      const issuedAt = Math.floor(now() / 1000);
      return new SignJWT({
        client_id: clientId,
        token_use: 'access',
        scope: 'openid',
        // Cognito leaves the claim out when there are no groups.
        ...(groups.length > 0 ? { 'cognito:groups': [...groups] } : {}),
      })
        .setProtectedHeader({ alg: ALGORITHM, kid: kept.key.kid ?? '' })
        .setIssuer(issuer())
        .setSubject(sub)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + expiresInSeconds)
        .setJti(randomUUID())
        .sign(key);
    },
  };
}

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, kid: await calculateJwkThumbprint(key) };
}

function readKept(file: string): Kept | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    if (kept.key?.kty === 'RSA' && kept.users) return { key: kept.key, users: kept.users };
  } catch {
    // Told below, with the file's name.
  }
  throw new Error(
    `${file} does not hold the local identity's key and users. Restore it, or start over with fresh data.`,
  );
}

function json(body: object): EngineResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
