import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Authorization, AwsError, type Engine, type EngineRequest, type EngineResponse } from '../engine.ts';
import { type Listener, listen } from '../listener.ts';
import { messageOf } from '../message-of.ts';
import { type Access, type AccessOptions, createAccess, unknownKey } from './access.ts';
import { createFaults, type Faults } from './faults.ts';
import { createMeter, type Meter, type MeteredResponse } from './meter.ts';
import { nameOf, refuse } from './refusals.ts';
import { findSignature, type SignedRequest, sha256, verifySignature } from './signature.ts';

export type GatewayOptions = AccessOptions & {
  /** The machine's clock, epoch milliseconds; signatures and URLs expire by it. Date.now when absent. */
  readonly now?: () => number;
};

/**
 * The one way to the engines: it tells the caller by the signature, asks the policies, lets faults strike, and meters.
 */
export interface Gateway extends Access {
  /** Puts an engine behind the gateway; it answers for its service from now on, and is closed with the gateway. */
  register(engine: Engine): void;
  /** Listens on 127.0.0.1; port 0 takes a free one. Answers the URL; throws Error naming a port that is taken. */
  listen(port: number): Promise<string>;
  /** "http://127.0.0.1:PORT"; throws before `listen`. */
  readonly url: string;
  /**
   * A call from within: by the same policies, faults and meter, without a signature.
   *
   * @throws AwsError for what the service refuses
   */
  dispatch(service: string, request: EngineRequest): Promise<EngineResponse>;
  readonly meter: Meter;
  readonly faults: Faults;
  /** What each engine supports, by its service. */
  operations(): Readonly<Record<string, readonly string[]>>;
  /** Ends all connections, then closes the engines. */
  close(): Promise<void>;
}

/** A call on its way: what the meter has to know of it, filled in as it becomes known. */
type Passage = {
  readonly startedAt: number;
  readonly started: number;
  principal: string;
  service: string;
  operation: string;
  resource: string;
  requestBytes: number;
};

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Longer than any client keeps an idle connection, so that the server never closes one that is about to be used. */
const KEEP_ALIVE_MS = 120_000;

/** Makes a gateway without engines; they are registered. */
export function createGateway(options: GatewayOptions): Gateway {
  const now = options.now ?? Date.now;
  const access = createAccess(options);
  const { record, ...meter } = createMeter();
  const { before, after, ...faults } = createFaults(now);
  const engines = new Map<string, Engine>();
  let listener: Listener | undefined;

  const begin = (principal: string, service: string): Passage => ({
    startedAt: now(),
    started: performance.now(),
    principal,
    service,
    operation: 'unknown',
    resource: '',
    requestBytes: 0,
  });

  const finish = (passage: Passage, status: number, responseBytes: number, response?: MeteredResponse) => {
    const { startedAt, started, ...call } = passage;
    record({
      at: new Date(startedAt).toISOString(),
      ...call,
      responseBytes,
      status,
      ms: performance.now() - started,
      ...(response?.capacity !== undefined && { capacity: response.capacity }),
    });
  };

  /** Everything between knowing the caller and having the answer. */
  const pass = async (engine: Engine, request: EngineRequest, passage: Passage): Promise<MeteredResponse> => {
    const { service } = engine;
    const { principal } = request;
    passage.resource = request.path;
    if (Buffer.isBuffer(request.body)) passage.requestBytes = request.body.length;
    const operation = engine.operation(request);
    passage.operation = operation;
    if (!engine.operations.includes(operation)) {
      const named = operation === '' ? 'a call that names no operation' : operation;
      throw refuse(service, 'unsupported', `The local cloud does not support ${named} of ${service}.`);
    }
    const needed: readonly Authorization[] = speaksForItself(engine, request)
      ? []
      : await engine.authorizations(request);
    passage.resource = needed[0]?.resource ?? request.path;
    for (const authorization of needed) access.demand(principal, authorization, { service, operation });
    const call = {
      service,
      operation,
      principal: nameOf(principal),
      resources: needed.map(({ resource }) => resource),
      request,
    };
    const response: MeteredResponse = await engine.handle(await before(call));
    try {
      return await after(call, response);
    } catch (error) {
      if (response.body instanceof Readable) response.body.destroy();
      throw error;
    }
  };

  const engineOf = (service: string): Engine => {
    const engine = engines.get(service);
    if (engine !== undefined) return engine;
    throw new AwsError(
      'UnknownService',
      `The local cloud has no engine for the service ${service}; it has ${[...engines.keys()].join(', ') || 'none'}.`,
    );
  };

  /** Who sends the request, and with which body; throws AwsError for a signature that does not hold. */
  const admit = async (
    message: IncomingMessage,
    passage: Passage,
  ): Promise<{ engine: Engine; request: EngineRequest }> => {
    const target = message.url ?? '/';
    const mark = target.indexOf('?');
    const signed: SignedRequest = {
      method: message.method ?? 'GET',
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      headers: message.headers,
    };
    const { method, path, headers } = signed;
    passage.resource = path;
    const query = new URLSearchParams(signed.query);
    const claim = findSignature(signed);
    if (claim === undefined) {
      if (!looksLikeS3(signed)) throw refuse('', 'unsigned', 'Request is missing Authentication Token');
      passage.service = 's3';
      const unread = {
        method,
        path: withBucket(path, headers.host),
        query,
        headers,
        body: message,
        principal: { kind: 'anonymous' },
      } as const;
      const engine = engineOf('s3');
      if (!speaksForItself(engine, unread)) throw refuse('s3', 'unsigned', 'Access Denied');
      return { engine, request: { ...unread, body: counted(message, passage) } };
    }
    passage.service = claim.service;
    const engine = engineOf(claim.service);
    const principal = access.principalOf(claim.accessKeyId);
    const secret = access.secretOf(claim.accessKeyId);
    if (principal === undefined || secret === undefined) throw unknownKey(claim.service);
    passage.principal = nameOf(principal);
    const whole = claim.service === 's3' ? undefined : await readBody(message);
    const bodyHash = whole === undefined ? undefined : sha256(whole);
    verifySignature(signed, claim, secret, { region: options.region, bodyHash, now: now() });
    const body = whole ?? counted(message, passage);
    const asked = claim.service === 's3' ? withBucket(path, headers.host) : path;
    return { engine, request: { method, path: asked, query, headers, body, principal } };
  };

  const answer = async (message: IncomingMessage, out: ServerResponse): Promise<void> => {
    const requestId = randomUUID();
    const passage = begin('anonymous', 'unknown');
    let received: Readable | Buffer | undefined;
    let response: MeteredResponse;
    try {
      const { engine, request } = await admit(message, passage);
      received = request.body;
      response = await pass(engine, request, passage);
    } catch (error) {
      response = render(engines.get(passage.service), asAwsError(error, passage), requestId);
    }
    await send(response, message, out, requestId, passage);
    // What the engine left of the body is read away, or the connection would hang.
    if (received instanceof Readable) received.destroy();
  };

  const send = async (
    response: MeteredResponse,
    message: IncomingMessage,
    out: ServerResponse,
    requestId: string,
    passage: Passage,
  ): Promise<void> => {
    const { status, body } = response;
    const isHead = message.method === 'HEAD';
    out.setHeader('x-amzn-requestid', requestId);
    for (const [name, value] of Object.entries(response.headers)) out.setHeader(name, value);
    out.statusCode = status;
    if (body instanceof Readable && !isHead) {
      // The caller may hang up and the engine may fail midway: the meter tells how far it got.
      await pipeline(body, counting(passage, status, response), out).catch(() => out.destroy());
      return;
    }
    if (body instanceof Readable) body.destroy();
    const content = body === undefined || body instanceof Readable || isHead ? '' : body;
    const length = Buffer.byteLength(content);
    if (!isHead && status !== 204 && status !== 304) out.setHeader('content-length', length);
    finish(passage, status, length, response);
    // Text goes out in one piece with the headers.
    out.end(content);
  };

  /** Passes an answer's stream on and meters it, when it has ended or broken off. */
  const counting = (passage: Passage, status: number, response: MeteredResponse): Transform => {
    let sent = 0;
    let told = false;
    const tell = () => {
      if (!told) finish(passage, status, sent, response);
      told = true;
    };
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sent += chunk.length;
        done(null, chunk);
      },
      flush(done) {
        tell();
        done();
      },
    });
    return counter.once('close', tell);
  };

  const respond = (message: IncomingMessage, out: ServerResponse): void => {
    answer(message, out).catch((error: unknown) => {
      console.error(`local cloud: an answer could not be sent: ${error}`);
      out.destroy();
    });
  };

  return {
    ...access,
    meter,
    faults,

    operations: () => Object.fromEntries([...engines].map(([service, { operations }]) => [service, operations])),

    register(engine) {
      engines.set(engine.service, engine);
    },

    async listen(port) {
      listener = await listen(port, 'the gateway', respond, {
        keepAliveTimeout: KEEP_ALIVE_MS,
        requestTimeout: 0,
        subdomains: true,
      });
      return listener.url;
    },

    get url() {
      if (listener === undefined) throw new Error('The gateway has no URL yet: call listen first.');
      return listener.url;
    },

    async dispatch(service, request) {
      const passage = begin(nameOf(request.principal), service);
      let response: MeteredResponse;
      try {
        response = await pass(engineOf(service), request, passage);
      } catch (error) {
        const refusal = asAwsError(error, passage);
        finish(passage, refusal.status, 0);
        throw refusal;
      }
      const { body } = response;
      if (body instanceof Readable) {
        const counter = counting(passage, response.status, response);
        // A failure of either end reaches the reader through the counter.
        pipeline(body, counter).catch(() => {});
        return { ...response, body: counter };
      }
      finish(passage, response.status, body === undefined ? 0 : Buffer.byteLength(body), response);
      return response;
    },

    async close() {
      await listener?.close();
      await Promise.all([...engines.values()].map((engine) => engine.close()));
    },
  };
}

/** The path of a request to S3 with its bucket, which may stand in the host name: BUCKET.localhost:PORT. */
function withBucket(path: string, host = ''): string {
  const bucket = /^(.+)\.localhost(:\d+)?$/i.exec(host)?.[1];
  return bucket === undefined ? path : `/${bucket.toLowerCase()}${path}`;
}

/** What S3 judges by itself: a form names its signer within, and a preflight has none. */
function speaksForItself(engine: Engine, request: EngineRequest): boolean {
  const { method, path, headers, principal } = request;
  if (engine.service !== 's3' || principal.kind !== 'anonymous') return false;
  if (method === 'OPTIONS') return true;
  const isForm = headers['content-type']?.toLowerCase().startsWith('multipart/form-data') === true;
  return method === 'POST' && isForm && /^\/[^/]+\/?$/.test(path) && engine.operation(request) === 'PostObject';
}

/** Without a signature nothing names the service; the other ones are called with a target or a form's body. */
function looksLikeS3({ method, headers }: SignedRequest): boolean {
  const isQuery =
    method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return headers['x-amz-target'] === undefined && !isQuery;
}

/** The body as a stream that tells the meter how much of it was read. */
function counted(message: IncomingMessage, passage: Passage): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passage.requestBytes += chunk.length;
      done(null, chunk);
    },
  });
  message.pipe(counter);
  message.once('error', (error) => counter.destroy(error));
  message.once('close', () => {
    if (!message.complete) counter.destroy(new Error('The caller hung up.'));
  });
  counter.once('close', () => {
    message.unpipe(counter);
    message.resume();
  });
  counter.on('error', () => {});
  return counter;
}

function readBody(message: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  message.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    // The rest is read away, or the connection would hang.
    else reject(new AwsError('RequestEntityTooLarge', `The body is larger than ${MAX_BODY_BYTES} bytes.`, 413));
  });
  message.once('end', () => resolve(Buffer.concat(chunks)));
  message.once('error', reject);
  return promise;
}

function asAwsError(error: unknown, { service, operation }: Passage): AwsError {
  if (error instanceof AwsError) return error;
  const message = messageOf(error);
  console.error(`local cloud: ${service} failed at ${operation}: ${message}`);
  return refuse(service, 'failed', `The local cloud failed at ${operation}: ${message}`);
}

function render(engine: Engine | undefined, error: AwsError, requestId: string): EngineResponse {
  if (engine !== undefined) return engine.renderError(error, requestId);
  return {
    status: error.status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}
