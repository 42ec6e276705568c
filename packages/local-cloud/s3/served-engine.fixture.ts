import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { AwsError, type EngineResponse, type Principal } from '../engine.ts';
import type { S3Options } from './context.ts';
import { createS3Engine, type S3Engine } from './s3-engine.ts';

export const ACCESS_KEY = 'AKIDEXAMPLE';
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const NOON = Date.parse('2026-11-23T12:00:00.250Z');

const ROLE: Principal = { kind: 'role', roleArn: 'arn:aws:iam::123456789012:role/intake', name: 'intake' };

/** An engine behind a plain HTTP server on a port of its own, for tests; `await using` closes it and removes its folder. */
export type ServedEngine = AsyncDisposable & {
  readonly engine: S3Engine;
  readonly directory: string;
  readonly endpoint: string;
  /** The AWS SDK's client, one attempt per call. */
  client(configuration?: S3ClientConfig): S3Client;
  /** Closes engine and server, and keeps the folder. */
  stop(): Promise<void>;
};

export async function serveS3(options: Partial<S3Options> = {}): Promise<ServedEngine> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 's3-')));
  const engine = await createS3Engine({
    now: () => NOON,
    region: 'ca-central-1',
    accountId: '123456789012',
    secretOf: (accessKeyId) => (accessKeyId === ACCESS_KEY ? SECRET : undefined),
    authorizePost: async () => {},
    mayList: () => true,
    ...options,
    directory,
  });
  const server = createServer((incoming, outgoing) => void answer(engine, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The test server has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const clients: S3Client[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await engine.close();
    })();
    return stopped;
  };
  return {
    engine,
    directory,
    endpoint,
    client(configuration = {}) {
      const client = new S3Client({
        endpoint,
        region: 'ca-central-1',
        forcePathStyle: true,
        credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET },
        maxAttempts: 1,
        ...configuration,
      });
      clients.push(client);
      return client;
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answer(engine: S3Engine, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const response = await engine
    .handle({
      method: incoming.method ?? 'GET',
      path: (incoming.url ?? '/').split('?')[0] ?? '/',
      query: url.searchParams,
      headers: incoming.headers,
      body: incoming,
      principal:
        incoming.headers.authorization || url.searchParams.has('X-Amz-Signature') ? ROLE : { kind: 'anonymous' },
    })
    .catch((error: unknown): EngineResponse => {
      if (error instanceof AwsError) return engine.renderError(error, '4442587FB7D0A2F9');
      return { status: 500, headers: {}, body: String(error) };
    });
  outgoing.writeHead(response.status, { ...response.headers });
  if (response.body instanceof Readable) await pipeline(response.body, outgoing).catch(() => {});
  else outgoing.end(response.body);
}

/** The code and message of an error's XML. */
export function errorOf(xml: string): { readonly code: string | undefined; readonly message: string | undefined } {
  return { code: /<Code>(.*?)<\/Code>/.exec(xml)?.[1], message: /<Message>(.*?)<\/Message>/s.exec(xml)?.[1] };
}
