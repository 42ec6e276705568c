import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError, type Engine, type EngineResponse, type Principal } from '../engine.ts';

/** Serves one engine on a free port without any gateway, for tests; answers its address and how to stop it. */
export async function listenFor(engine: Engine, principal: Principal = { kind: 'operator' }) {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort());
    const request = {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
      principal,
      signal: gone.signal,
    };
    let response: EngineResponse;
    try {
      response = await engine.handle(request);
    } catch (error) {
      const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500);
      response = engine.renderError(refusal, 'request-1');
    }
    outgoing.writeHead(response.status, response.headers);
    outgoing.end(response.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
