import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from '../json.ts';
import { type Deliver, isThrottled } from '../lambda/deliver.ts';
import { listen } from '../listener.ts';
import type { CorsConfiguration, Throttle } from '../template/plan.ts';
import type { Authorizer } from './jwt-authorizer.ts';

/** A route of an HTTP API with what it leads to. */
export type Route = {
  /** "GET /v1/audits/{auditNumber}", "ANY /{proxy+}" or "$default". */
  readonly key: string;
  readonly functionName: string;
  readonly functionArn: string;
  /** Milliseconds after which the caller gets 503; at most 30,000. */
  readonly timeoutMs: number;
  readonly authorizer?: Authorizer;
  readonly scopes: readonly string[];
};

/** An HTTP API as its template describes it. */
export type HttpApiConfiguration = {
  readonly apiId: string;
  readonly region: string;
  readonly accountId: string;
  readonly routes: readonly Route[];
  readonly cors?: CorsConfiguration;
  readonly throttle?: Throttle;
  /** Of routes that have settings of their own, in place of the stage's. */
  readonly routeThrottles?: Readonly<Record<string, Throttle>>;
};

/** What the API needs from its surroundings. */
export type HttpApiSurroundings = {
  deliver(functionName: string): Deliver;
  /** Whether the function's resource policy lets the API invoke it. */
  mayInvoke(functionArn: string, sourceArn: string): boolean | Promise<boolean>;
  /** The business clock, in epoch milliseconds. */
  now(): number;
  begin(label: string): () => void;
};

/** An HTTP API that listens. */
export type HttpApi = {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  /** Answers requests from now on; before, all get 503. */
  serve(configuration: HttpApiConfiguration, around: HttpApiSurroundings): void;
  close(): Promise<void>;
};

type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
};

type Match = { readonly route: Route; readonly parameters: Readonly<Record<string, string>> };

/** What API Gateway takes at most of a caller, and Lambda of API Gateway: the whole event as JSON, bytes as base64. */
const limits = { requestBytes: 10 * 1024 * 1024, eventBytes: 6 * 1024 * 1024, responseBytes: 6 * 1024 * 1024 };

/** Answers the requests of an HTTP API with payload format 2.0. */
function answerer(
  configuration: HttpApiConfiguration,
  around: HttpApiSurroundings,
): (request: IncomingMessage) => Promise<Answer> {
  const match = compileRoutes(configuration.routes);
  const admits = createThrottle(configuration.throttle);
  const admitsTo = new Map(
    Object.entries(configuration.routeThrottles ?? {}).map(([key, throttle]) => [key, createThrottle(throttle)]),
  );

  return async (request) => {
    const { cors } = configuration;
    const method = request.method ?? 'GET';
    const [path = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
    const rawPath = readPath(path);
    if (rawPath === undefined) return problem(400, 'Bad Request');
    if (cors !== undefined && method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      return { status: 204, headers: preflightHeaders(cors, request.headers.origin) };
    }
    const found = match(method, rawPath);
    if (found === undefined) return problem(404, 'Not Found');
    const { route, parameters } = found;
    if (!(admitsTo.get(route.key) ?? admits)()) return problem(429, 'Too Many Requests');

    const headers = headersOf(request);
    const authorization = await route.authorizer?.(headers, route.scopes);
    if (authorization?.ok === false) {
      return problem(authorization.status, authorization.message, { 'www-authenticate': authorization.challenge });
    }
    const body = await bodyOf(request);
    if (body === undefined) return problem(413, 'Request Entity Too Large');

    const [, routePath = '$default'] = splitOnce(route.key, ' ');
    const place = routePath === '$default' ? routePath : `${method}${routePath}`;
    const sourceArn = `arn:aws:execute-api:${configuration.region}:${configuration.accountId}:${configuration.apiId}/$default/${place}`;
    if (!(await around.mayInvoke(route.functionArn, sourceArn))) return problem(500, 'Internal Server Error');

    const { cookie, ...others } = headers;
    const query = Object.fromEntries(joined([...new URLSearchParams(rawQueryString)]));
    const text = isText(headers['content-type']);
    const now = around.now();
    const event = {
      version: '2.0',
      routeKey: route.key,
      rawPath,
      rawQueryString,
      ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
      headers: others,
      ...(rawQueryString === '' ? {} : { queryStringParameters: query }),
      requestContext: {
        accountId: configuration.accountId,
        apiId: configuration.apiId,
        ...(authorization === undefined
          ? {}
          : { authorizer: { jwt: { claims: authorization.claims, scopes: authorization.scopes } } }),
        domainName: headers.host ?? '',
        domainPrefix: configuration.apiId,
        http: {
          method,
          path: rawPath,
          protocol: `HTTP/${request.httpVersion}`,
          sourceIp: request.socket.remoteAddress ?? '',
          userAgent: headers['user-agent'] ?? '',
        },
        requestId: requestId(),
        routeKey: route.key,
        stage: '$default',
        time: commonLogTime(now),
        timeEpoch: now,
      },
      ...(Object.keys(parameters).length === 0 ? {} : { pathParameters: parameters }),
      ...(body.length === 0 ? {} : { body: body.toString(text ? 'utf8' : 'base64') }),
      isBase64Encoded: body.length > 0 && !text,
    };

    if (Buffer.byteLength(JSON.stringify(event)) > limits.eventBytes) return problem(413, 'Request Entity Too Large');
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), route.timeoutMs);
    const end = around.begin(`${route.functionName}: ${method} ${routePath}`);
    const delivered = around.deliver(route.functionName)(event).finally(end);
    const outcome = await Promise.race([delivered, late.promise]);
    clearTimeout(timer);
    if (outcome === 'late') return problem(503, 'Service Unavailable');
    if (isThrottled(outcome)) return problem(503, 'Service Unavailable');
    return outcome.error === undefined ? answerOf(outcome.result) : problem(500, 'Internal Server Error');
  };
}

/**
 * Opens the address of an HTTP API, so that it is known before the API's routes are.
 *
 * @param port 0 for any free one
 * @throws Error naming the port when it is taken
 */
export async function openHttpApi(port: number): Promise<HttpApi> {
  let answer = async (_: IncomingMessage): Promise<Answer> => problem(503, 'Service Unavailable');
  let cors: CorsConfiguration | undefined;
  const listener = await listen(port, 'the API', (request, response) => {
    answer(request)
      .catch(() => problem(500, 'Internal Server Error'))
      .then((given) => send(request, response, given, cors))
      .catch(() => response.destroy());
  });
  return {
    ...listener,
    serve(configuration, around) {
      cors = configuration.cors;
      answer = answerer(configuration, around);
    },
  };
}

/**
 * The path as API Gateway routes it and hands it on: decoded, and cut where that gives a question mark. "%2F" parts segments
 * like any slash. Undefined for a "%" that begins no code.
 */
function readPath(path: string): string | undefined {
  return /%(?![0-9A-Fa-f]{2})/.test(path) ? undefined : splitOnce(decode(path), '?')[0];
}

/**
 * Makes the search for the route of a request: the one with the most fixed segments wins, a named method before ANY,
 * `{name}` before `{name+}`, and `$default` last.
 */
export function compileRoutes(routes: readonly Route[]): (method: string, rawPath: string) => Match | undefined {
  const compiled = routes
    .filter(({ key }) => key !== '$default')
    .map((route) => {
      const [method = '', path = ''] = splitOnce(route.key, ' ');
      return { route, method, segments: path.split('/').slice(1) };
    });
  const weigh = ({ method, segments }: { method: string; segments: readonly string[] }): string =>
    segments.map((segment) => (segment.endsWith('+}') ? 0 : segment.startsWith('{') ? 1 : 2)).join('') +
    (method === 'ANY' ? 0 : 1);
  const ordered = compiled.sort((a, b) => (weigh(a) < weigh(b) ? 1 : -1));
  const fallback = routes.find(({ key }) => key === '$default');

  return (method, rawPath) => {
    const path = rawPath.split('/').slice(1);
    for (const { route, method: wanted, segments } of ordered) {
      if (wanted !== method && wanted !== 'ANY') continue;
      const parameters = matchSegments(segments, path);
      if (parameters !== undefined) return { route, parameters };
    }
    return fallback === undefined ? undefined : { route: fallback, parameters: {} };
  };
}

function matchSegments(segments: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = path[index];
    if (value === undefined || (value === '' && segment !== '')) return undefined;
    if (segment.endsWith('+}')) {
      parameters[segment.slice(1, -2)] = decode(path.slice(index).join('/'));
      return parameters;
    }
    if (segment.startsWith('{')) parameters[segment.slice(1, -1)] = decode(value);
    else if (segment !== value) return undefined;
  }
  return path.length === segments.length ? parameters : undefined;
}

/** Percent-decodes what is a code; bytes that are no UTF-8 become U+FFFD. A parameter comes here decoded once, by its path. */
function decode(text: string): string {
  return text.replace(/(%[0-9A-Fa-f]{2})+/g, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString());
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  );
  const port = headers.host?.split(':')[1] ?? '80';
  return {
    ...headers,
    'x-forwarded-for': request.socket.remoteAddress ?? '',
    'x-forwarded-port': port,
    'x-forwarded-proto': 'http',
  };
}

function joined(pairs: readonly (readonly [string, string])[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return values;
}

/** The whole body; undefined when it is larger than API Gateway takes. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limits.requestBytes) chunks.push(chunk);
  }
  return size > limits.requestBytes ? undefined : Buffer.concat(chunks);
}

/**
 * Whether API Gateway hands a body on as text, with U+FFFD in place of what is not UTF-8; all others come as base64, also those
 * without a type. As others have seen it on AWS; its documentation does not list the types.
 */
function isText(contentType = ''): boolean {
  return /^\s*(text\/[^;]*|application\/(json|xml|javascript)\s*)(;|$)/i.test(contentType);
}

/** What a function's result means as a response of payload format 2.0. */
function answerOf(result: unknown): Answer {
  if (!isObject(result) || result.statusCode === undefined) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = result;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return problem(500, 'Internal Server Error');
  if (body !== undefined && body !== null && typeof body !== 'string') return problem(500, 'Internal Server Error');
  const named = isObject(headers)
    ? Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
    : [];
  const bytes = Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8');
  if (bytes.length > limits.responseBytes) return problem(500, 'Internal Server Error');
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(named),
      ...(Array.isArray(cookies) ? { 'set-cookie': cookies.map(String) } : {}),
    },
    body: bytes,
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  cors: CorsConfiguration | undefined,
): void {
  const headers: Record<string, string | readonly string[]> = { ...answer.headers };
  const { origin } = request.headers;
  if (cors !== undefined && answer.status !== 204) {
    for (const name of Object.keys(headers)) if (name.startsWith('access-control-')) delete headers[name];
    if (allowsOrigin(cors, origin)) Object.assign(headers, originHeaders(cors, origin));
  }
  response.setHeader('apigw-requestid', requestId());
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = answer.status;
  const hasBody = answer.status !== 204 && answer.status !== 304 && request.method !== 'HEAD';
  if (hasBody) response.setHeader('content-length', Buffer.byteLength(answer.body ?? ''));
  response.end(hasBody ? (answer.body ?? '') : undefined);
}

function problem(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ message }) };
}

function allowsOrigin(cors: CorsConfiguration, origin: string | undefined): origin is string {
  return origin !== undefined && (cors.allowOrigins.includes('*') || cors.allowOrigins.includes(origin));
}

function originHeaders(cors: CorsConfiguration, origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': cors.allowOrigins.includes('*') ? '*' : origin,
    ...(cors.allowOrigins.includes('*') ? {} : { vary: 'origin' }),
    ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.exposeHeaders.length > 0 ? { 'access-control-expose-headers': cors.exposeHeaders.join(',') } : {}),
  };
}

function preflightHeaders(cors: CorsConfiguration, origin: string | undefined): Record<string, string> {
  if (!allowsOrigin(cors, origin)) return {};
  return {
    ...originHeaders(cors, origin),
    'access-control-allow-methods': cors.allowMethods.join(','),
    'access-control-allow-headers': cors.allowHeaders.join(','),
    ...(cors.maxAge === undefined ? {} : { 'access-control-max-age': String(cors.maxAge) }),
  };
}

/** A token bucket on the machine's clock. */
function createThrottle(throttle: Throttle | undefined): () => boolean {
  if (throttle === undefined) return () => true;
  let tokens = throttle.burst;
  let filled = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(throttle.burst, tokens + ((now - filled) / 1000) * throttle.rate);
    filled = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

/** In the form of API Gateway's own. */
function requestId(): string {
  return `${randomBytes(11).toString('base64').replaceAll(/[+/=]/g, 'x')}=`;
}

/** "23/Nov/2026:06:00:00 +0000" */
function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(epochMs).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
