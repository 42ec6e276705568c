import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createIdentity, type Identity } from './identity.ts';

const NOW = Date.parse('2026-11-23T06:00:00.000Z');

let served: Identity;
const server = createServer((request, response) => void served.respond(request, response));
let issuer: string;
let folder: string;
let file: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-'));
  file = join(folder, 'identity.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens an identity and lets the server answer by it. */
async function open(more: { readonly now?: () => number; readonly file?: string } = {}): Promise<Identity> {
  served = await createIdentity({ file, issuer: () => issuer, clients: () => [], warn: () => {}, ...more });
  return served;
}

const keys = () => createRemoteJWKSet(new URL(`${issuer}/jwks`));
const request = { email: 'rita@example.org', groups: ['reviewer'], clientId: 'portal', expiresInSeconds: 3600 };

test('a token is an access token as Cognito makes it, and expires by the machine clock', async () => {
  const identity = await open({ now: () => NOW });
  const token = await identity.token({ ...request, groups: ['reviewer', 'administrator'] });
  const { payload, protectedHeader } = await jwtVerify(token, keys(), {
    issuer,
    currentDate: new Date(NOW + 3_599_000),
  });
  expect(protectedHeader.alg).toBe('RS256');
  expect(payload).toEqual({
    iss: issuer,
    sub: identity.ensureUser('rita@example.org').sub,
    client_id: 'portal',
    token_use: 'access',
    scope: 'openid',
    'cognito:groups': ['reviewer', 'administrator'],
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  await expect(jwtVerify(token, keys(), { currentDate: new Date(NOW + 3_600_000) })).rejects.toThrow('"exp" claim');
});

test('each token has an id of its own; without groups there is no such claim', async () => {
  const identity = await open();
  const tokens = [await identity.token(request), await identity.token({ ...request, groups: [] })].map((token) =>
    decodeJwt(token),
  );
  expect(tokens[0]?.jti).not.toBe(tokens[1]?.jti);
  expect(tokens[1]).not.toHaveProperty('cognito:groups');
});

test('its key is found from the issuer, by discovery, from pages of any origin', async () => {
  const identity = await open();
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  const discovered = (await response.json()) as Record<string, string>;
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(discovered.issuer).toBe(issuer);
  const found = createRemoteJWKSet(new URL(String(discovered.jwks_uri)));
  await jwtVerify(await identity.token(request), found, { issuer });
  expect((await fetch(`${issuer}/nothing`)).status).toBe(404);
});

test('the key set tells nothing of the private key', async () => {
  await open();
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as JSONWebKeySet;
  expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
});

test('key and users are kept: a token and a sub hold across starts, in any case of the address', async () => {
  const first = await open();
  const token = await first.token(request);
  const { sub } = first.ensureUser('Rita@Example.org');
  const second = await open();
  await jwtVerify(token, keys(), { issuer, subject: sub });
  expect(second.ensureUser('rita@example.org')).toEqual({ sub, email: 'rita@example.org', groups: ['reviewer'] });
  expect(second.ensureUser('anna@example.org').sub).not.toBe(sub);
});

test('a user’s groups are the first that were told, whatever tokens are made later', async () => {
  const identity = await open();
  const { sub } = identity.ensureUser('rita@example.org');
  await identity.token(request);
  await identity.token({ ...request, groups: ['administrator'] });
  expect(identity.ensureUser('rita@example.org', ['assessor'])).toEqual({
    sub,
    email: 'rita@example.org',
    groups: ['reviewer'],
  });
});

test('users of data that were kept before they had groups stay the same', async () => {
  await open();
  const { key } = JSON.parse(readFileSync(file, 'utf8')) as { key: object };
  writeFileSync(file, JSON.stringify({ key, users: { 'rita@example.org': 'sub-of-rita' } }));
  const identity = await open();
  expect(identity.ensureUser('rita@example.org')).toEqual({
    sub: 'sub-of-rita',
    email: 'rita@example.org',
    groups: [],
  });
});

test('a token of another issuer does not verify', async () => {
  const token = await (await open()).token(request);
  await open({ file: join(folder, 'other.json') });
  await expect(jwtVerify(token, keys())).rejects.toThrow();
});

test('what is no address is refused, and a damaged file is named and left as it is', async () => {
  const identity = await open();
  expect(() => identity.ensureUser('rita')).toThrow("'rita' is no e-mail address");
  writeFileSync(file, '{}');
  await expect(open()).rejects.toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe('{}');
});
