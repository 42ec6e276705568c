import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthorizer } from '../http-api/jwt-authorizer.ts';
import { type Arrival, createApp, createBrowser } from './browser.fixture.ts';
import { createIdentity, type Identity } from './identity.ts';

const PORTAL = 'https://portal.example.org/callback';
const RITA = { email: 'rita@example.org', password: 'local' };

let folder: string;
let server: Server;
let origin: string;
let issuer: string;
let identity: Identity;
let warnings: string[];

const open = () =>
  createIdentity({
    file: join(folder, 'identity.json'),
    issuer: () => issuer,
    clients: () => [
      {
        clientId: 'portal',
        name: 'The portal',
        callbackUrls: [PORTAL, 'http://localhost:5173/callback'],
        logoutUrls: ['https://portal.example.org/'],
        scopes: ['openid', 'email'],
        accessTokenSeconds: 1800,
        idTokenSeconds: 600,
        refreshTokenSeconds: 86_400,
      },
    ],
    warn: (line) => warnings.push(line),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sign-in-'));
  warnings = [];
  server = createServer((request, response) => void identity.respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer = `${origin}/identity`;
  identity = await open();
  identity.ensureUser('rita@example.org', ['reviewer', 'administrator']);
  identity.ensureUser('anna@example.org', ['assessor']);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const portal = () => createApp(issuer, 'portal', PORTAL);

/** Signs a person in at an app; answers the tokens. */
async function signIn(app = portal(), browser = createBrowser(origin), person = RITA) {
  const page = await browser.open(app.signInAddress());
  const { status, body } = await app.redeem(await browser.submit(page, person));
  expect(status).toBe(200);
  return body;
}

const authorize = (token = '', scopes: readonly string[] = []) =>
  createAuthorizer({ issuer, audience: ['portal'], header: 'authorization' })(
    { authorization: `Bearer ${token}` },
    scopes,
  );

const isSignInPage = ({ url, status, html }: Arrival) =>
  status === 200 && url.pathname.startsWith('/identity/login/') && html.includes('<h1>Sign in</h1>');

describe('a person signs in', () => {
  test('by the page, and the app gets tokens as Cognito makes them', async () => {
    const app = portal();
    const browser = createBrowser(origin);
    const page = await browser.open(app.signInAddress({ nonce: 'n-1' }));
    expect(page.status).toBe(200);
    expect(page.html).toContain('to The portal');
    expect(page.html).toContain('This is a local cloud');
    expect([...page.html.matchAll(/<button name="email" value="([^"]+)"/g)].map(([, email]) => email)).toEqual([
      'rita@example.org',
      'anna@example.org',
    ]);

    const back = await browser.submit(page, RITA);
    expect(back.url.href.startsWith(`${PORTAL}?`)).toBe(true);
    expect(back.url.searchParams.get('state')).toBe(app.state);
    const { body } = await app.redeem(back);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 1800 });

    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
    const { sub } = identity.ensureUser('rita@example.org');
    const access = await jwtVerify(body.access_token ?? '', keys, { issuer });
    expect(access.protectedHeader).toEqual({ alg: 'RS256', kid: expect.any(String) });
    const { iat = 0, ...claims } = access.payload;
    expect(claims).toEqual({
      iss: issuer,
      sub,
      client_id: 'portal',
      token_use: 'access',
      scope: 'openid email',
      'cognito:groups': ['reviewer', 'administrator'],
      exp: iat + 1800,
      jti: expect.any(String),
    });
    const id = await jwtVerify(body.id_token ?? '', keys, { issuer, audience: 'portal', subject: sub });
    expect(id.payload).toMatchObject({
      token_use: 'id',
      'cognito:groups': ['reviewer', 'administrator'],
      email: 'rita@example.org',
      email_verified: true,
      nonce: 'n-1',
      exp: (id.payload.iat ?? 0) + 600,
    });
    expect(warnings).toEqual([]);
  });

  test('and the API takes the access token; what the ID token is for, its own claim tells', async () => {
    const { access_token: access, id_token: id } = await signIn();
    expect(await authorize(access, ['openid'])).toMatchObject({
      ok: true,
      claims: { token_use: 'access', 'cognito:groups': '[reviewer administrator]' },
    });
    // As on AWS, a route that asks for a scope refuses it; one that asks for none leaves it to the function.
    expect(await authorize(id, ['openid'])).toMatchObject({ ok: false, status: 403 });
    expect(await authorize(id)).toMatchObject({ ok: true, claims: { token_use: 'id' } });
  });

  test('not with a wrong password, nor as somebody unknown, and is not told which of both it was', async () => {
    const browser = createBrowser(origin);
    const page = await browser.open(portal().signInAddress());
    const texts = [];
    for (const fields of [
      { ...RITA, password: 'wrong' },
      { email: 'nobody@example.org', password: 'local' },
    ]) {
      const refused = await browser.submit(page, fields);
      expect(refused.status).toBe(403);
      texts.push(/<p class="alert"[^>]*>([^<]+)/.exec(refused.html)?.[1]);
    }
    expect(texts).toEqual(Array(2).fill('The address or the password is wrong. Correct them and try again.'));
    // The same page still lets the right one in.
    expect((await browser.submit(page, RITA)).url.searchParams.has('code')).toBe(true);
  });

  test('what is typed into the page comes back as text, never as HTML', async () => {
    const browser = createBrowser(origin);
    const page = await browser.open(portal().signInAddress({ login_hint: '"><script>' }));
    expect(page.html).not.toContain('"><script>');
    expect((await browser.submit(page, { email: '"><b>', password: 'x' })).html).not.toContain('"><b>');
  });

  test('once: the next app finds them signed in, unless it asks again', async () => {
    const browser = createBrowser(origin);
    await signIn(portal(), browser);
    expect((await browser.open(portal().signInAddress())).url.searchParams.has('code')).toBe(true);
    expect(isSignInPage(await browser.open(portal().signInAddress({ prompt: 'login' })))).toBe(true);
    expect(isSignInPage(await createBrowser(origin).open(portal().signInAddress()))).toBe(true);
  });

  test('at a page whose sign-in is not known is told to start again', async () => {
    const page = await createBrowser(origin).open(`${issuer}/login/none`);
    expect(page.status).toBe(400);
    expect(page.html).toContain('sign in again');
  });

  test('at a command line, by a port of this machine that nobody listed', async () => {
    const app = createApp(issuer, 'portal', 'http://127.0.0.1:49823/callback');
    expect((await signIn(app)).access_token).toBeDefined();
  });
});

describe('refused, on a page that says why', () => {
  test.each([
    'https://portal.example.org/elsewhere',
    'https://portal.example.org.evil.example/callback',
    'http://127.0.0.1:49823/elsewhere',
    'http://192.0.2.1/callback',
  ])('the way back to %s', async (redirectUri) => {
    const page = await createBrowser(origin).open(createApp(issuer, 'portal', redirectUri).signInAddress());
    expect(page.status).toBe(400);
    expect(page.url.origin).toBe(origin);
    expect(page.html).toContain('List it in CallbackURLs');
  });

  test('an app that is no client', async () => {
    const page = await createBrowser(origin).open(createApp(issuer, 'stranger', PORTAL).signInAddress());
    expect([page.status, page.url.origin]).toEqual([400, origin]);
    expect(page.html).toContain('invalid_client');
  });

  test('the sign-in under another name for this machine', async () => {
    const { port } = new URL(origin);
    const response = await fetch(`http://localhost:${port}/identity/oauth2/authorize`).catch(() => undefined);
    // Where localhost is not 127.0.0.1 nothing answers at all.
    if (response !== undefined) expect(response.status).toBe(403);
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const headers = { host: `evil.example:${port}` };
      request(`${issuer}/oauth2/authorize`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .once('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('a code', () => {
  test('is asked for with PKCE only', async () => {
    const address = portal().signInAddress();
    address.searchParams.delete('code_challenge');
    address.searchParams.delete('code_challenge_method');
    const { url } = await createBrowser(origin).open(address);
    expect(url.href.startsWith(PORTAL)).toBe(true);
    expect(url.searchParams.get('error')).toBe('invalid_request');
  });

  test('is worth nothing without its verifier, and nothing the second time', async () => {
    const app = portal();
    const browser = createBrowser(origin);
    const first = await browser.submit(await browser.open(app.signInAddress()), RITA);
    expect(await app.redeem(first, 'x'.repeat(43))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const second = await browser.open(app.signInAddress());
    expect((await app.redeem(second)).status).toBe(200);
    expect(await app.redeem(second)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('a refresh token', () => {
  test('gives new tokens, for the groups of that moment', async () => {
    identity.ensureUser('new@example.org');
    const app = portal();
    const first = await signIn(app, createBrowser(origin), { email: 'new@example.org', password: 'local' });
    expect(decodeJwt(first.access_token ?? '')).not.toHaveProperty('cognito:groups');
    identity.ensureUser('new@example.org', ['assessor']);
    const { status, body } = await app.refresh(first.refresh_token);
    expect(status).toBe(200);
    expect(await authorize(body.access_token)).toMatchObject({
      ok: true,
      claims: { token_use: 'access', 'cognito:groups': '[assessor]' },
    });
    expect(decodeJwt(body.id_token ?? '')).toMatchObject({ token_use: 'id', 'cognito:groups': ['assessor'] });
    expect((await app.refresh('x')).status).toBe(400);
  });

  test('outlives the session, as on Cognito, until it is revoked', async () => {
    const app = portal();
    const browser = createBrowser(origin);
    const { refresh_token: token = '' } = await signIn(app, browser);
    await signOut(browser);
    expect((await app.refresh(token)).status).toBe(200);
    const revoked = await fetch(`${issuer}/oauth2/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'portal', token }),
    });
    expect(revoked.status).toBe(200);
    expect(await app.refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

async function signOut(browser: ReturnType<typeof createBrowser>, more = {}): Promise<Arrival> {
  const address = new URL(`${issuer}/logout`);
  address.search = new URLSearchParams({ client_id: 'portal', ...more }).toString();
  const page = await browser.open(address);
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page.html) ?? [];
  const [, action] = /action="([^"]+)"/.exec(page.html) ?? [];
  return browser.submit(page, { xsrf, logout: 'yes' }, action);
}

describe('signing out', () => {
  test.each(['logout_uri', 'post_logout_redirect_uri'])('ends the session and goes to the %s', async (parameter) => {
    const browser = createBrowser(origin);
    await signIn(portal(), browser);
    const back = await signOut(browser, { [parameter]: 'https://portal.example.org/' });
    expect(back.url.href).toBe('https://portal.example.org/');
    expect(isSignInPage(await browser.open(portal().signInAddress()))).toBe(true);
  });

  test('ends on a page of its own when nowhere to go was named, and never goes where nobody listed', async () => {
    const browser = createBrowser(origin);
    await signIn(portal(), browser);
    const refused = await browser.open(`${issuer}/logout?client_id=portal&logout_uri=https://evil.example/`);
    expect([refused.status, refused.url.origin]).toEqual([400, origin]);
    expect((await signOut(browser)).html).toContain('Signed out');
  });
});

test('discovery tells what the provider itself would tell', async () => {
  const ours = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;
  const full = (await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()) as Record<
    string,
    unknown
  >;
  const same = Object.fromEntries(Object.keys(ours).map((name) => [name, full[name]]));
  expect(ours).toEqual(same);
});

test('pages of the client’s origin may exchange codes, others may not', async () => {
  const ask = async (from: string) => {
    const response = await fetch(`${issuer}/oauth2/token`, {
      method: 'POST',
      headers: { origin: from },
      body: new URLSearchParams({ client_id: 'portal', grant_type: 'refresh_token', refresh_token: 'x' }),
    });
    return response.headers.get('access-control-allow-origin');
  };
  expect(await ask('https://portal.example.org')).toBe('https://portal.example.org');
  expect(await ask('http://localhost:5173')).toBe('http://localhost:5173');
  expect(await ask('https://evil.example')).toBeNull();
});

test('what fails for no fault of the person’s is told where the cloud prints', async () => {
  identity = await createIdentity({
    file: join(folder, 'identity.json'),
    issuer: () => issuer,
    clients: () => {
      throw new Error('no clients');
    },
    warn: (line) => warnings.push(line),
  });
  const response = await fetch(portal().signInAddress());
  expect(response.status).toBe(500);
  expect(warnings).toEqual(['The sign-in failed: no clients']);
});

test('a token of before a restart, and one without a browser, hold by the same keys', async () => {
  const { access_token: before } = await signIn();
  identity = await open();
  const direct = await identity.token({ ...RITA, groups: ['reviewer'], clientId: 'portal', expiresInSeconds: 60 });
  for (const token of [before, direct]) expect(await authorize(token)).toMatchObject({ ok: true });
  // The groups of a token that was asked for are not those of the person.
  const { access_token: after } = await signIn();
  expect(decodeJwt(after ?? '')).toMatchObject({ 'cognito:groups': ['reviewer', 'administrator'] });
});
