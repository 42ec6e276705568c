import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { SignIn } from './sign-in.ts';
import {
  type AccessTokenFacts,
  type AppClient,
  knownScopes,
  localPassword,
  paths,
  signingAlgorithm,
  type User,
} from './user-pool.ts';

type TokenRequest = {
  readonly email: string;
  readonly groups: readonly string[];
  readonly clientId: string;
  readonly expiresInSeconds: number;
};

/** An OpenID Connect provider in place of a Cognito user pool. Everybody has the password that its sign-in page shows. */
export interface Identity {
  /**
   * The user with this address (in any case), made when absent.
   *
   * @param groups those of a user who has none yet; others keep what they have
   * @throws Error when it is no e-mail address
   */
  ensureUser(email: string, groups?: readonly string[]): User;
  /** The user with this address (in any case) or this `sub`, or undefined. */
  userNamed(name: string): User | undefined;
  /** Makes a user who is in no group yet, whose address is verified or not. Throws Error when there is one with this address. */
  addUser(email: string, isVerified: boolean): User;
  /** Puts a user into a group; twice is as once. Throws Error when there is no such user. */
  addToGroup(sub: string, group: string): void;
  /** Answers a request below the issuer's address: discovery, keys, sign-in, tokens, sign-out; 404 for anything else. */
  respond(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * An access token (RS256) as a Cognito user pool issues it: with `client_id` and `cognito:groups`, without `aud` and
   * address. It is for the groups that are asked for; a user who has no groups yet gets them for later sign-ins too.
   */
  token(request: TokenRequest): Promise<string>;
}

export type IdentityOptions = {
  /** Keeps the key and the users; its folder must exist. */
  readonly file: string;
  /** The issuer's address, without a slash at its end; asked for at each use, since a port may be known late. */
  readonly issuer: () => string;
  /** The app clients through which people sign in; asked for at the first sign-in. */
  readonly clients: () => readonly AppClient[];
  /** Hears of what failed in a sign-in for no fault of the person's. */
  readonly warn: (line: string) => void;
  /** The machine's time in epoch milliseconds: tokens don't follow the business clock. */
  readonly now?: () => number;
};

type Kept = { readonly key: JWK; readonly users: Record<string, Omit<User, 'email'>> };

/** Opens the provider kept in a file; its RSA key is made at the first start. Sessions and refresh tokens live in memory. */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { file, issuer, clients, warn, now = Date.now } = options;
  const kept = readKept(file) ?? { key: await makeKey(), users: {} };

  const keep = () => {
    const fresh = `${file}.new`;
    writeFileSync(fresh, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
    renameSync(fresh, file);
  };
  keep();

  const key = await importJWK(kept.key, signingAlgorithm);
  const { kty, n, e, kid } = kept.key;
  const keySet = { keys: [{ kty, n, e, kid, alg: signingAlgorithm, use: 'sig' }] };

  const ensureUser: Identity['ensureUser'] = (email, groups = []) => {
    const address = addressOf(email);
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) throw new Error(`'${email}' is no e-mail address.`);
    const known = kept.users[address];
    if (known !== undefined && (known.groups.length > 0 || groups.length === 0)) return { ...known, email: address };
    const user = { ...(known ?? { sub: randomUUID() }), groups: [...groups] };
    kept.users[address] = user;
    keep();
    return { ...user, email: address };
  };

  const users = (): readonly User[] => Object.entries(kept.users).map(([email, user]) => ({ ...user, email }));

  const accessToken = ({ user, clientId, scope, issuedAt, expiresAt }: AccessTokenFacts): Promise<string> =>
    new SignJWT({
      client_id: clientId,
      token_use: 'access',
      scope,
      // Cognito leaves the claim out when there are no groups.
      ...(user.groups.length > 0 ? { 'cognito:groups': [...user.groups] } : {}),
    })
      .setProtectedHeader({ alg: signingAlgorithm, kid: kept.key.kid ?? '' })
      .setIssuer(issuer())
      .setSubject(user.sub)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomUUID())
      .sign(key);

  const userNamed: Identity['userNamed'] = (name) =>
    users().find(({ sub, email }) => sub === name || email === addressOf(name));

  let signIn: Promise<SignIn> | undefined;
  const openSignIn = async (): Promise<SignIn> => {
    // Loading the provider takes longer than the rest of the start, and many a run never signs in by a browser.
    const { createSignIn } = await import('./sign-in.ts');
    return createSignIn({
      issuer: issuer(),
      clients: clients(),
      key: { ...kept.key, alg: signingAlgorithm, use: 'sig' },
      users,
      personWith: (email, password) =>
        password === localPassword ? users().find((user) => user.email === addressOf(email)) : undefined,
      accessToken,
      warn,
    });
  };

  return {
    ensureUser,
    userNamed,

    addUser(email, isVerified) {
      if (userNamed(email) !== undefined) throw new Error(`There is a user ${email} already.`);
      const user = ensureUser(email);
      if (isVerified) return user;
      const { email: address, ...unverified } = { ...user, isUnverified: true as const };
      kept.users[address] = unverified;
      keep();
      return { ...unverified, email: address };
    },

    addToGroup(sub, group) {
      const user = userNamed(sub);
      if (user === undefined) throw new Error(`There is no user ${sub}.`);
      const { email, ...known } = user;
      kept.users[email] = { ...known, groups: [...new Set([...user.groups, group])] };
      keep();
    },

    async respond(request, response) {
      const { host, pathname } = new URL(issuer());
      const base = pathname.replace(/\/$/, '');
      const path = (request.url ?? '/').replace(/[?#].*$/, '').slice(base.length);
      if (path === paths.keys) return json(response, 200, keySet);
      if (path === paths.discovery) return json(response, 200, discovery(issuer()));
      // A name that a page elsewhere has made point to this machine must not reach the sign-in.
      if (request.headers.host !== host) {
        return json(response, 403, { message: `The sign-in is at ${issuer()} and under no other name.` });
      }
      try {
        signIn ??= openSignIn();
        await (await signIn)(request, response, base);
      } catch (error) {
        warn(`The sign-in failed: ${error instanceof Error ? error.message : error}`);
        if (response.headersSent) response.destroy();
        else json(response, 500, { message: 'The sign-in failed; what the local cloud printed tells why.' });
      }
    },

    token({ email, groups, clientId, expiresInSeconds }) {
      const { sub } = ensureUser(email, groups);
      const issuedAt = Math.floor(now() / 1000);
      return accessToken({
        user: { sub, groups },
        clientId,
        scope: 'openid',
        issuedAt,
        expiresAt: issuedAt + expiresInSeconds,
      });
    },
  };
}

/** Where everything is, for clients: what the provider itself would tell, without loading it. */
function discovery(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: issuer + paths.authorize,
    token_endpoint: issuer + paths.token,
    revocation_endpoint: issuer + paths.revoke,
    end_session_endpoint: issuer + paths.signOut,
    jwks_uri: issuer + paths.keys,
    scopes_supported: knownScopes,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [signingAlgorithm],
    authorization_response_iss_parameter_supported: true,
  };
}

function addressOf(email: string): string {
  return email.trim().toLowerCase();
}

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
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
    const { key, users } = JSON.parse(text) as { key: JWK; users: Record<string, Kept['users'][string] | string> };
    if (key.kty !== 'RSA') throw new Error('no key');
    // Data of earlier versions hold the `sub` alone.
    const people = Object.entries(users).map(([email, user]) => [
      email,
      typeof user === 'string' ? { sub: user, groups: [] } : user,
    ]);
    return { key, users: Object.fromEntries(people) };
  } catch {
    throw new Error(
      `${file} does not hold the local identity's key and users. Restore it, or start over with fresh data.`,
    );
  }
}

/** Open to pages of any origin, as Cognito's discovery and keys are. */
function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
  response.end(JSON.stringify(body));
}
