import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { openControlServer } from './control/control-server.ts';
import { createGateway } from './gateway/gateway.ts';
import { openHttpApi } from './http-api/http-api.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** As a browser sends it to an address that a host name leads to. */
async function ask(url: string, host: string, path = '/'): Promise<{ status: number | undefined; body: string }> {
  const sent = request(`${url}${path}`, { headers: { host }, agent: false }).end();
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, body: await text(response) };
}

const listeners: readonly [string, () => Promise<string>, string][] = [
  [
    'the gateway',
    async () => {
      const gateway = createGateway({ region: 'ca-central-1', accountId: '111111111111' });
      open.push(gateway);
      return gateway.listen(0);
    },
    '/',
  ],
  ['the API', async () => opened(await openHttpApi(0)), '/v1/openapi.json'],
  ['the inbox', async () => opened(await openControlServer(0)), '/'],
  ['control', async () => opened(await openControlServer(0)), '/_local/clock'],
  ['the issuer', async () => opened(await openControlServer(0)), '/identity/.well-known/openid-configuration'],
];

function opened(listener: { readonly url: string; close(): Promise<void> }): string {
  open.push(listener);
  return listener.url;
}

test.each(listeners)('%s does not answer to a host name that was made to lead here', async (_, listen, path) => {
  const url = await listen();
  const { port } = new URL(url);
  const foreign = [
    'rebound.example',
    `rebound.example:${port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `127.0.0.1.example:${port}`,
  ];
  for (const host of foreign) {
    expect(await ask(url, host, path), host).toMatchObject({
      status: 421,
      body: expect.stringContaining(`127.0.0.1:${port}`),
    });
  }
  for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`]) {
    expect((await ask(url, host, path)).status, host).not.toBe(421);
  }
});

test('only the gateway answers to subdomains of localhost, by which S3 calls its buckets', async () => {
  const [gateway, ...others] = await Promise.all(listeners.map(([, listen]) => listen()));
  const statusOf = async (url = '') => (await ask(url, `bucket.localhost:${new URL(url).port}`)).status;
  expect(await statusOf(gateway)).not.toBe(421);
  expect(await Promise.all(others.map(statusOf))).toEqual(others.map(() => 421));
});
