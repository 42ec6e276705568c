import { openApiDocument } from '@secor/contracts/openapi';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { documentFor } from './document.ts';

vi.stubEnv('TOKEN_ISSUER', 'https://id.example.org/pool');
vi.stubEnv('CALLER_KEY', 'a-key');
afterAll(() => vi.unstubAllEnvs());
const { handler } = await import('./handler.ts');

/** A request as API Gateway hands it on from a route without an authorizer. */
function get(headers: Readonly<Record<string, string>> = {}) {
  return handler({
    version: '2.0',
    routeKey: 'GET /v1/openapi.json',
    rawPath: '/v1/openapi.json',
    rawQueryString: '',
    headers: { host: 'api.example.org', ...headers },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'api',
      domainName: 'api.example.org',
      domainPrefix: 'api',
      http: { method: 'GET', path: '/v1/openapi.json', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey: 'GET /v1/openapi.json',
      stage: '$default',
      time: '23/Nov/2026:19:00:00 +0000',
      timeEpoch: Date.parse('2026-11-23T19:00:00.000Z'),
    },
    isBase64Encoded: false,
  } satisfies APIGatewayProxyEventV2);
}

it('is another document, with another tag, for another issuer', () => {
  const issuers = ['https://id.example.org/pool', 'https://id.example.org/other', 'https://id.example.org/"quoted"'];
  for (const issuer of issuers) expect(JSON.parse(documentFor(issuer).document)).toEqual(openApiDocument({ issuer }));
  expect(new Set(issuers.map((issuer) => documentFor(issuer).etag)).size).toBe(issuers.length);
});

describe('GET /v1/openapi.json', () => {
  it('is the OpenAPI document, with the issuer of the tokens', async () => {
    const { statusCode, headers, body } = await get();
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'public, max-age=300' });
    expect(JSON.parse(body ?? '')).toEqual(openApiDocument({ issuer: 'https://id.example.org/pool' }));
  });

  it('writes who asked as a hash only, under the id that the access log has', async () => {
    const line = vi.spyOn(console, 'log').mockImplementation(() => {});
    onTestFinished(() => line.mockRestore());
    await get();
    const [[text = ''] = []] = line.mock.calls;
    expect(JSON.parse(String(text))).toEqual({
      level: 'INFO',
      message: 'call answered',
      requestId: 'request',
      route: 'GET /v1/openapi.json',
      status: 200,
      caller: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(text).not.toContain('192.0.2.1');
  });

  it('is not sent again to who has it', async () => {
    const etag = String((await get()).headers?.etag);
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { statusCode, body, headers } = await get({ 'if-none-match': known });
      expect([statusCode, body, headers?.etag]).toEqual([304, undefined, etag]);
    }
    expect((await get({ 'if-none-match': '"other"' })).statusCode).toBe(200);
  });
});
