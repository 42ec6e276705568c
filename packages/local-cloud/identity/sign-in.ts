import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { createLoginRecords } from './login-records.ts';
import { errorPage, pageHeaders, signedOutPage, signInPage, signOutPage } from './pages.ts';
import { type AccessTokenFacts, type AppClient, knownScopes, paths, signingAlgorithm, type User } from './user-pool.ts';

/** What the sign-in needs of the user pool. */
export type UserPool = {
  readonly issuer: string;
  readonly clients: readonly AppClient[];
  /** The private key that signs ID tokens. */
  readonly key: JWK;
  users(): readonly User[];
  /** The person with this address, if the password is right. */
  personWith(email: string, password: string): User | undefined;
  accessToken(facts: AccessTokenFacts): Promise<string>;
  warn(line: string): void;
};

/** Answers a request whose path begins with `base`, the path of the issuer. */
export type SignIn = (request: IncomingMessage, response: ServerResponse, base: string) => Promise<void>;

/** As long as Cognito's managed login remembers a browser. */
const sessionSeconds = 3600;
const maxFormBytes = 16 * 1024;

/** Where a command line of this machine, on any port, may have its code sent. */
const commandLineCallback = 'http://127.0.0.1/callback';

/** Makes the pages and endpoints by which people sign in: authorization code with PKCE, refresh, revocation, sign-out. */
export function createSignIn(pool: UserPool): SignIn {
  const provider = new Provider(pool.issuer, configurationOf(pool));
  provider.on('server_error', (_, error) => pool.warn(`The sign-in failed: ${error.message}`));
  shapeAccessTokens(provider, pool);
  const answer = provider.callback();

  return async (request, response, base) => {
    const url = new URL((request.url ?? '/').slice(base.length), pool.issuer);
    if (url.pathname.startsWith(`${paths.signIn}/`)) return answerSignIn(provider, pool, request, response);
    // Cognito's own name for where to go after signing out.
    const goTo = url.searchParams.get('logout_uri');
    if (url.pathname === paths.signOut && goTo !== null) url.searchParams.set('post_logout_redirect_uri', goTo);
    const rest = url.pathname + url.search;
    Object.assign(request, { url: rest, originalUrl: base + rest });
    await answer(request, response);
  };
}

function configurationOf(pool: UserPool): Configuration {
  const settings = new Map(pool.clients.map((client) => [client.clientId, client]));
  const seconds = (
    token: 'accessTokenSeconds' | 'idTokenSeconds' | 'refreshTokenSeconds',
    clientId: string | undefined,
  ): number => settings.get(clientId ?? '')?.[token] ?? sessionSeconds;
  const { base } = interactionPolicy;
  const policy = base();
  // The apps are the pool's own: nobody is asked whether they may know who signs in.
  policy.remove('consent');

  return {
    adapter: createLoginRecords(),
    clients: pool.clients.map(({ clientId, name, callbackUrls, logoutUrls, scopes }) => ({
      client_id: clientId,
      client_name: name,
      // Loopback addresses count on any port for this kind only.
      application_type: 'native',
      redirect_uris: [...callbackUrls, commandLineCallback],
      post_logout_redirect_uris: [...logoutUrls],
      scope: scopes.join(' '),
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    })),
    clientAuthMethods: ['none'],
    clientBasedCORS: (_, origin, { redirectUris = [] }) =>
      URL.parse(origin)?.hostname === '127.0.0.1' || redirectUris.some((uri) => URL.parse(uri)?.origin === origin),
    jwks: { keys: [pool.key] },
    enabledJWA: { idTokenSigningAlgValues: [signingAlgorithm] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    routes: {
      authorization: paths.authorize,
      token: paths.token,
      revocation: paths.revoke,
      end_session: paths.signOut,
      jwks: paths.keys,
    },
    scopes: [...knownScopes],
    responseTypes: ['code'],
    claims: { openid: ['sub', 'token_use', 'cognito:groups'], email: ['email', 'email_verified'] },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      // What the access token does not tell is in the ID token.
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => show(ctx, signOutPage(form)),
        postLogoutSuccessSource: (ctx) => show(ctx, signedOutPage()),
      },
    },
    interactions: { policy, url: (ctx, { uid }) => new URL(`${ctx.oidc.issuer}${paths.signIn}/${uid}`).pathname },
    findAccount(_, sub) {
      const user = pool.users().find((each) => each.sub === sub);
      if (user === undefined) return undefined;
      return {
        accountId: sub,
        claims: () => ({
          sub,
          token_use: 'id',
          ...(user.groups.length > 0 ? { 'cognito:groups': [...user.groups] } : {}),
          email: user.email,
          email_verified: true,
        }),
      };
    },
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.entities.Client?.clientId,
        accountId: oidc.entities.Session?.accountId,
      });
      grant.addOIDCScope(knownScopes.join(' '));
      await grant.save();
      return grant;
    },
    // As Cognito: always a refresh token, the same one until it expires or is revoked, whatever becomes of the session.
    issueRefreshToken: () => true,
    rotateRefreshToken: false,
    expiresWithSession: () => false,
    ttl: {
      AccessToken: (_, __, client) => seconds('accessTokenSeconds', client.clientId),
      IdToken: (_, __, client) => seconds('idTokenSeconds', client.clientId),
      RefreshToken: (_, __, client) => seconds('refreshTokenSeconds', client.clientId),
      Grant: (_, grant) => seconds('refreshTokenSeconds', grant.clientId),
      Session: () => sessionSeconds,
      Interaction: () => sessionSeconds,
    },
    renderError: (ctx, { error, error_description: description }) => show(ctx, errorPage(error, description)),
  };
}

/**
 * Hands out access tokens that look like Cognito's in place of the provider's own, which have either no claims (opaque) or
 * an `aud` (JWT) that no hook of the library can take away.
 */
function shapeAccessTokens(provider: Provider, pool: UserPool): void {
  provider.use(async (ctx, next) => {
    await next();
    const { oidc, body } = ctx as { oidc?: typeof ctx.oidc; body: unknown };
    const { AccessToken: issued } = oidc?.entities ?? {};
    if (oidc?.route !== 'token' || issued?.accountId === undefined || ctx.status !== 200) return;
    const user = pool.users().find(({ sub }) => sub === issued.accountId);
    if (user === undefined) throw new Error(`the user ${issued.accountId} is gone`);
    const { clientId = '', scope = '' } = issued;
    const issuedAt = Math.floor(Date.now() / 1000);
    const facts = { user, clientId, scope, issuedAt, expiresAt: issuedAt + issued.expiration };
    ctx.body = { ...(body as object), access_token: await pool.accessToken(facts) };
  });
}

async function answerSignIn(
  provider: Provider,
  pool: UserPool,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { params } = await provider.interactionDetails(request, response);
    const client = pool.clients.find(({ clientId }) => clientId === params.client_id);
    const shown = { app: client?.name ?? '', users: pool.users() };
    if (request.method !== 'POST') {
      return write(response, 200, signInPage({ ...shown, email: String(params.login_hint ?? '') }));
    }
    const form = await formOf(request);
    const email = form.get('email') ?? '';
    const user = pool.personWith(email, form.get('password') ?? '');
    // Cognito, too, does not tell whether it was the address or the password.
    if (user === undefined) return write(response, 403, signInPage({ ...shown, email, refused: true }));
    await provider.interactionFinished(request, response, { login: { accountId: user.sub } });
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    write(response, 400, errorPage('session_not_found', 'This sign-in is over, or was begun in another browser.'));
  }
}

function show(ctx: KoaContextWithOIDC, page: string): void {
  ctx.set(pageHeaders);
  ctx.body = page;
}

function write(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, pageHeaders).end(page);
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxFormBytes) chunks.push(chunk);
  }
  return new URLSearchParams(size > maxFormBytes ? '' : Buffer.concat(chunks).toString());
}
