import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIdentity, type Identity } from './identity.ts';

const ISSUER = 'http://127.0.0.1:4100';
const NOW = Date.parse('2026-11-23T06:00:00.000Z');

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-'));
  file = join(folder, 'identity.json');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const open = (now?: () => number) => createIdentity({ file, issuer: () => ISSUER, ...(now ? { now } : {}) });

const request = { email: 'rita@example.org', groups: ['reviewer'], clientId: 'portal', expiresInSeconds: 3600 };

function keySet(identity: Identity): JSONWebKeySet {
  return JSON.parse(String(identity.handle('/jwks')?.body)) as JSONWebKeySet;
}

test('a token is an access token as Cognito makes it, and expires by the machine clock', async () => {
  const identity = await open(() => NOW);
  const token = await identity.token({ ...request, groups: ['reviewer', 'administrator'] });
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keySet(identity)), {
    issuer: ISSUER,
    currentDate: new Date(NOW + 3_599_000),
  });
  expect(protectedHeader.alg).toBe('RS256');
  expect(payload).toEqual({
    iss: ISSUER,
    sub: identity.ensureUser('rita@example.org').sub,
    client_id: 'portal',
    token_use: 'access',
    scope: 'openid',
    'cognito:groups': ['reviewer', 'administrator'],
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  await expect(
    jwtVerify(token, createLocalJWKSet(keySet(identity)), { currentDate: new Date(NOW + 3_600_000) }),
  ).rejects.toThrow('"exp" claim');
});

test('each token has an id of its own; without groups there is no such claim', async () => {
  const identity = await open();
  const tokens = [await identity.token(request), await identity.token({ ...request, groups: [] })].map((token) =>
    decodeJwt(token),
  );
  expect(tokens[0]?.jti).not.toBe(tokens[1]?.jti);
  expect(tokens[1]).not.toHaveProperty('cognito:groups');
});

test('its key is found from the issuer, by discovery', async () => {
  const server = createServer((incoming, outgoing) => {
    const answer = identity.handle(incoming.url ?? '/');
    outgoing.writeHead(answer?.status ?? 404, answer?.headers).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = await createIdentity({ file, issuer: () => issuer });
  const discovered = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<
    string,
    string
  >;
  expect(discovered.issuer).toBe(issuer);
  const keys = createRemoteJWKSet(new URL(String(discovered.jwks_uri)));
  await jwtVerify(await identity.token(request), keys, { issuer });
  expect((await fetch(`${issuer}/login`)).status).toBe(404);
  server.close();
  server.closeAllConnections();
});

test('the key set tells nothing of the private key', async () => {
  const [key, ...others] = keySet(await open()).keys;
  expect(others).toEqual([]);
  expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('key and users are kept: a token and a sub hold across starts, in any case of the address', async () => {
  const first = await open();
  const token = await first.token(request);
  const { sub } = first.ensureUser('Rita@Example.org');
  const second = await open();
  await jwtVerify(token, createLocalJWKSet(keySet(second)), { issuer: ISSUER, subject: sub });
  expect(second.ensureUser('rita@example.org')).toEqual({ sub, email: 'rita@example.org' });
  expect(second.ensureUser('anna@example.org').sub).not.toBe(sub);
});

test('a token of another issuer does not verify', async () => {
  const identity = await open();
  const token = await identity.token(request);
  const other = await createIdentity({ file: join(folder, 'other.json'), issuer: () => ISSUER });
  await expect(jwtVerify(token, createLocalJWKSet(keySet(other)))).rejects.toThrow();
});

test('what is no address is refused, and a damaged file is named and left as it is', async () => {
  const identity = await open();
  expect(() => identity.ensureUser('rita')).toThrow("'rita' is no e-mail address");
  writeFileSync(file, '{}');
  await expect(open()).rejects.toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe('{}');
});
