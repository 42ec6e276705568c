import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deliver } from '../lambda/deliver.ts';
import { type Listener, listen } from '../listener.ts';
import { compileRoutes, type HttpApi, type HttpApiConfiguration, openHttpApi, type Route } from './http-api.ts';
import { createAuthorizer } from './jwt-authorizer.ts';

const audience = 'client-1';
const keys = await generateKeyPair('RS256');
const otherKeys = await generateKeyPair('RS256');
let issuer: Listener;
const open: HttpApi[] = [];

beforeAll(async () => {
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  issuer = await listen(0, 'an issuer', (request, response) => {
    const isKeys = request.url === '/jwks';
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }));
  });
});
afterAll(async () => {
  await Promise.all(open.map((api) => api.close()));
  await issuer.close();
});

const now = Date.parse('2026-11-23T06:00:00.000Z');

async function serve(
  deliver: Deliver,
  change: Partial<HttpApiConfiguration> = {},
  routeChange: Partial<Route> = {},
): Promise<string> {
  const api = await openHttpApi(0);
  open.push(api);
  const routes = ['GET /v1/audits/{auditNumber}', 'POST /v1/audits'].map((key) => ({
    key,
    functionName: 'f',
    functionArn: 'arn:f',
    timeoutMs: 30_000,
    scopes: [],
    ...routeChange,
  }));
  api.serve(
    { apiId: 'api', region: 'ca-central-1', accountId: '123456789012', routes, ...change },
    { deliver: () => deliver, mayInvoke: () => true, now: () => now, begin: () => () => {} },
  );
  return api.url;
}

const echo: Deliver = async (event) => ({ result: event });

describe('the event', () => {
  test('has payload format 2.0, with the business clock’s time', async () => {
    const url = await serve(echo);
    const event = await (
      await fetch(`${url}/v1/audits`, {
        method: 'POST',
        body: '{"a":1}',
        headers: { 'content-type': 'application/json', 'X-Thing': 'Yes' },
      })
    ).json();
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/audits',
      rawPath: '/v1/audits',
      rawQueryString: '',
      headers: { 'content-type': 'application/json', 'x-thing': 'Yes', 'x-forwarded-proto': 'http' },
      body: '{"a":1}',
      isBase64Encoded: false,
      requestContext: {
        time: '23/Nov/2026:06:00:00 +0000',
        timeEpoch: now,
        routeKey: 'POST /v1/audits',
        stage: '$default',
      },
    });
    for (const absent of ['cookies', 'queryStringParameters', 'pathParameters'])
      expect(event).not.toHaveProperty(absent);
    expect(event).not.toHaveProperty('requestContext.authorizer');
  });

  // Live captures of HTTP APIs: the path is decoded before it is routed, cut at a question mark, and parameters are decoded once more.
  test.each<[string, string, string]>([
    ['/v1/audits/a%20b%C3%A9', '/v1/audits/a bé', 'a bé'],
    ['/v1/audits/a+b%2Bc', '/v1/audits/a+b+c', 'a+b+c'],
    ['/v1/audits/a%3Fb', '/v1/audits/a', 'a'],
    ['/v1/audits/100%25', '/v1/audits/100%', '100%'],
    ['/v1/audits/a%252Fb', '/v1/audits/a%2Fb', 'a/b'],
    ['/v1%2Faudits/a', '/v1/audits/a', 'a'],
    ['/v1/audits/%FF', '/v1/audits/\uFFFD', '\uFFFD'],
  ])('names the path of %s as API Gateway reads it', async (path, rawPath, auditNumber) => {
    const event = await (await fetch(`${await serve(echo)}${path}?q=%20x`)).json();
    expect(event).toMatchObject({
      rawPath,
      rawQueryString: 'q=%20x',
      queryStringParameters: { q: ' x' },
      pathParameters: { auditNumber },
      requestContext: { http: { path: rawPath } },
    });
  });

  test.each<[string, number]>([
    ['/v1/audits/100%', 400],
    ['/v1/audits/%zz', 400],
    ['/v1/audits/a%2Fb', 404],
    ['/v1/audits%3Fa/b', 200],
  ])('of %s there is none: %i', async (path, status) => {
    const url = await serve(echo, {}, { key: 'GET /v1/audits' });
    expect((await fetch(url + path)).status).toBe(status);
  });

  test.each(['application/pdf', 'application/x-www-form-urlencoded', 'application/vnd.api+json', undefined])(
    'carries a body of type %s as base64',
    async (type) => {
      const url = await serve(echo);
      const body = Buffer.from([0, 255, 1]);
      const headers = type === undefined ? {} : { 'content-type': type };
      const event = await (await fetch(`${url}/v1/audits`, { method: 'POST', body, headers })).json();
      expect(event).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
    },
  );

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/xml', 'text/csv'])(
    'carries a body of type %s as text, and what is not UTF-8 as U+FFFD',
    async (type) => {
      const url = await serve(echo);
      const body = Buffer.from([0x22, 0x43, 0xe9, 0x22]);
      const headers = { 'content-type': type };
      const event = await (await fetch(`${url}/v1/audits`, { method: 'POST', body, headers })).json();
      expect(event).toMatchObject({ body: '"C\ufffd"', isBase64Encoded: false, headers: { 'content-length': '4' } });
    },
  );
});

describe('the answer', () => {
  test.each<[string, unknown, number, string, string]>([
    ['an object without a status', { a: 1 }, 200, 'application/json', '{"a":1}'],
    ['a text', 'hello', 200, 'application/json', 'hello'],
    ['a status alone', { statusCode: 204 }, 204, 'text/plain; charset=utf-8', ''],
    [
      'status, headers and body',
      { statusCode: 404, headers: { 'Content-Type': 'application/problem+json' }, body: '{}' },
      404,
      'application/problem+json',
      '{}',
    ],
    ['base64', { statusCode: 200, body: 'aGk=', isBase64Encoded: true }, 200, 'text/plain; charset=utf-8', 'hi'],
    [
      'a body that is no text',
      { statusCode: 200, body: { a: 1 } },
      500,
      'application/json',
      '{"message":"Internal Server Error"}',
    ],
    [
      'more than a function may give',
      { statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024 + 1) },
      500,
      'application/json',
      '{"message":"Internal Server Error"}',
    ],
  ])('%s', async (_, result, status, type, body) => {
    const url = await serve(async () => ({ result }));
    const response = await fetch(`${url}/v1/audits/1`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      type,
      body,
    ]);
  });

  test.each<[string, string, string, number, string]>([
    ['no such path', 'GET', '/v2', 404, 'Not Found'],
    ['no such method', 'DELETE', '/v1/audits', 404, 'Not Found'],
    ['an empty parameter', 'GET', '/v1/audits/', 404, 'Not Found'],
  ])('%s', async (_, method, path, status, message) => {
    const url = await serve(echo);
    const response = await fetch(url + path, { method });
    expect([response.status, await response.json()]).toEqual([status, { message }]);
  });

  test.each<[string, string, number, number]>([
    // What a function is called with is at most 6 MiB: the event as JSON, bytes as base64.
    ['bytes', 'application/pdf', 4_700_000, 4_720_000],
    ['quotation marks, which JSON writes as two signs', 'application/json', 3_140_000, 3_146_000],
  ])('a request that no function can be called with is 413: %s', async (_, type, fits, tooMany) => {
    const url = await serve(async () => ({ result: 'taken' }));
    const post = async (size: number) => {
      const body = Buffer.alloc(size, '"');
      const answer = await fetch(`${url}/v1/audits`, { method: 'POST', body, headers: { 'content-type': type } });
      return [answer.status, await answer.text()];
    };
    expect(await post(fits)).toEqual([200, 'taken']);
    expect(await post(tooMany)).toEqual([413, '{"message":"Request Entity Too Large"}']);
  });

  test('a function that fails is 500, one that is late 503, a request over 10 MB 413', async () => {
    const failing = await serve(async () => ({ error: { errorType: 'Error', errorMessage: 'secret', trace: [] } }));
    const failed = await fetch(`${failing}/v1/audits/1`);
    expect([failed.status, await failed.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    const late = await serve(() => new Promise(() => {}), {}, { timeoutMs: 20 });
    expect((await fetch(`${late}/v1/audits/1`)).status).toBe(503);
    const url = await serve(async () => ({ result: 'taken' }));
    const post = (size: number) => fetch(`${url}/v1/audits`, { method: 'POST', body: Buffer.alloc(size) });
    expect((await post(10 * 1024 * 1024 + 1)).status).toBe(413);
  });

  test('more requests than the stage allows are 429', async () => {
    const url = await serve(echo, { throttle: { rate: 0.001, burst: 2 } });
    const statuses = [];
    for (let call = 0; call < 3; call++) statuses.push((await fetch(`${url}/v1/audits/1`)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('a route with settings of its own neither takes from the others nor is held up by them', async () => {
    const url = await serve(echo, {
      throttle: { rate: 0.001, burst: 2 },
      routeThrottles: { 'POST /v1/audits': { rate: 0.001, burst: 1 } },
    });
    const read = async () => (await fetch(`${url}/v1/audits/1`)).status;
    const post = async () => (await fetch(`${url}/v1/audits`, { method: 'POST' })).status;
    expect([await post(), await post(), await post()]).toEqual([200, 429, 429]);
    expect([await read(), await read(), await read()]).toEqual([200, 200, 429]);
  });

  test('an allowed origin gets CORS headers, another one none', async () => {
    const cors = {
      allowOrigins: ['https://portal.example.org'],
      allowMethods: ['GET'],
      allowHeaders: ['authorization'],
      exposeHeaders: [],
      allowCredentials: false,
      maxAge: 60,
    };
    const url = await serve(echo, { cors });
    const ask = (origin: string, method: string) =>
      fetch(`${url}/v1/audits/1`, { method, headers: { origin, 'access-control-request-method': 'GET' } });
    const preflight = await ask('https://portal.example.org', 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET');
    expect(preflight.headers.get('access-control-max-age')).toBe('60');
    expect((await ask('https://portal.example.org', 'GET')).headers.get('access-control-allow-origin')).toBe(
      'https://portal.example.org',
    );
    expect((await ask('https://evil.example', 'OPTIONS')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the authorizer', () => {
  const seconds = Math.floor(Date.now() / 1000);
  const good = (): JWTPayload => ({
    iss: issuer.url,
    client_id: audience,
    sub: 'ada',
    exp: seconds + 60,
    iat: seconds - 1,
  });
  const sign = (payload: JWTPayload, key = keys.privateKey) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(key);
  const call = async (token: string | undefined, scopes: readonly string[] = []) => {
    const authorizer = createAuthorizer({ issuer: issuer.url, audience: [audience], header: 'authorization' });
    const url = await serve(echo, {}, { authorizer, scopes });
    const response = await fetch(
      `${url}/v1/audits/1`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
    return { status: response.status, body: await response.json() };
  };

  test('takes a good token, and hands its claims on as text', async () => {
    const token = await sign({ ...good(), 'cognito:groups': ['reviewer', 'administrator'], number: 7, flag: true });
    const { status, body } = await call(token);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      requestContext: {
        authorizer: {
          jwt: {
            claims: {
              sub: 'ada',
              'cognito:groups': '[reviewer administrator]',
              number: '7',
              flag: 'true',
              exp: String(seconds + 60),
            },
            scopes: null,
          },
        },
      },
    });
  });

  test('takes aud in place of client_id', async () => {
    expect((await call(await sign({ ...good(), client_id: 'x', aud: [audience] }))).status).toBe(200);
  });

  test.each<[string, () => string | Promise<string> | undefined]>([
    ['no token', () => undefined],
    ['no JWT', () => 'abc'],
    ['an expired one', () => sign({ ...good(), exp: seconds - 1 })],
    ['one that holds for ever', () => sign({ iss: issuer.url, client_id: audience })],
    ['one that does not hold yet', () => sign({ ...good(), nbf: seconds + 60 })],
    ['one issued in the future', () => sign({ ...good(), iat: seconds + 60 })],
    ['another issuer', () => sign({ ...good(), iss: 'https://elsewhere.example' })],
    ['another client', () => sign({ ...good(), client_id: 'client-2' })],
    ['another audience, though the client fits', () => sign({ ...good(), aud: 'client-2' })],
    ['another key', () => sign(good(), otherKeys.privateKey)],
    ['no signature', () => new UnsecuredJWT(good()).encode()],
    [
      'a symmetric signature',
      () => new SignJWT(good()).setProtectedHeader({ alg: 'HS256', kid: 'k' }).sign(Buffer.alloc(32, 1)),
    ],
  ])('refuses %s', async (_, token) => {
    expect(await call(await token())).toEqual({ status: 401, body: { message: 'Unauthorized' } });
  });

  test('asks for one of the route’s scopes', async () => {
    expect((await call(await sign({ ...good(), scope: 'openid' }), ['audits.read'])).status).toBe(403);
    expect((await call(await sign({ ...good(), scope: 'openid audits.read' }), ['audits.read'])).status).toBe(200);
  });
});

test.each<[string, string, string | undefined, object?]>([
  ['GET', '/v1/audits', 'GET /v1/audits'],
  ['GET', '/v1/audits/123', 'GET /v1/audits/{auditNumber}', { auditNumber: '123' }],
  ['GET', '/v1/audits/new', 'GET /v1/audits/new'],
  ['PUT', '/v1/audits/new', 'ANY /v1/audits/{auditNumber}', { auditNumber: 'new' }],
  ['GET', '/v1/audits/1/links', 'ANY /v1/{proxy+}', { proxy: 'audits/1/links' }],
  ['GET', '/v2', '$default'],
])('%s %s is routed to %s', (method, path, key, parameters = {}) => {
  const routes = [
    '$default',
    'ANY /v1/{proxy+}',
    'ANY /v1/audits/{auditNumber}',
    'GET /v1/audits/{auditNumber}',
    'GET /v1/audits/new',
    'GET /v1/audits',
  ].map((each) => ({ key: each, functionName: 'f', functionArn: 'arn', timeoutMs: 1, scopes: [] }));
  const found = compileRoutes(routes)(method, path);
  expect(found?.route.key).toBe(key);
  expect(found?.parameters).toEqual(parameters);
});
