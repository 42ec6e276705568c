import { createHash } from 'node:crypto';
import middy from '@middy/core';
import { LimitReached } from '@secor/certification';
import {
  type AnsweredCall,
  type AnswerOf,
  type ApiFunction,
  Conflict,
  type Endpoint,
  type EndpointName,
  type EndpointNameOf,
  endpoints,
  type GivenAnswer,
  IdempotencyKey,
  keptHours,
  type ProblemEntry,
  type RepeatableCall,
  routeOf,
} from '@secor/contracts';
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as v from 'valibot';
import { writeAccessLine } from './access-line.ts';
import { atFirstUse } from './at-first-use.ts';
import { createCallRate } from './call-rate.ts';
import { type Caller, callerOf, type TokenForm, tokenForm } from './caller.ts';
import { checkInput } from './check-input.ts';
import { hasVersion } from './etag.ts';
import { entryAt, HttpProblem, invalidRequest, limitProblem, tooManyCalls } from './http-problem.ts';
import { sayOfInput } from './input-sentences.ts';
import { log } from './log.ts';
import { say } from './sentences.ts';
import { tellTimeZone } from './time-zone.ts';

type InputOf<N extends EndpointName, Part extends 'parameters' | 'query' | 'body'> = (typeof endpoints)[N] extends {
  readonly [K in Part]: infer S extends v.GenericSchema<never, unknown> | v.GenericSchema;
}
  ? v.InferOutput<S>
  : undefined;

/** One call of an endpoint, checked against its schemas. */
export type Call<N extends EndpointName> = {
  readonly caller: Caller;
  readonly parameters: InputOf<N, 'parameters'>;
  readonly query: InputOf<N, 'query'>;
  readonly body: InputOf<N, 'body'>;
  /** The version that the caller saw; only where the endpoint needs it. */
  readonly ifMatch: number;
  /** When the call reached the API: ISO, UTC. */
  readonly at: string;
  /**
   * Pass this to the commit of a write, so that a repetition of the call gets the same answer: it holds the answer that the
   * handler is about to give, with the caller's Idempotency-Key. Undefined when the caller sent no key. An answer that is useless
   * after an instant (ISO, UTC) is kept until then.
   */
  readonly idempotency: (answer: AnswerOf<N>, keptUntil?: string) => AnsweredCall | undefined;
};

/** Answers one endpoint; throws HttpProblem when it can't. */
export type EndpointHandler<N extends EndpointName> = (call: Call<N>) => Promise<AnswerOf<N>>;

/** The stored answer to a call; `at` is the time of the repetition (ISO, UTC). */
export type ReadAnswer = (call: RepeatableCall, at: string) => Promise<GivenAnswer | undefined>;

type Handlers = { readonly [N in EndpointName]?: EndpointHandler<N> };
/** A handler for each endpoint of a function. */
export type HandlersOf<F extends ApiFunction> = { readonly [N in EndpointNameOf<F>]: EndpointHandler<N> };
type Request = APIGatewayProxyEventV2WithJWTAuthorizer;
type Response = APIGatewayProxyStructuredResultV2;

/** The largest body, unless the endpoint says otherwise: the list of its problems still fits into an answer that Lambda accepts. */
const usualMaxBodyBytes = 1_000_000;

/** The body as JSON, or why it can't be read; throws HttpProblem 413 and 415. */
function bodyOf(
  event: Request,
  { maxBodyBytes = usualMaxBodyBytes }: Endpoint,
): { readonly body?: unknown; readonly problem?: ProblemEntry } {
  const body = event.body ?? '';
  if (body === '') return { problem: entryAt('body', sayOfInput('missing')) };
  if (Buffer.byteLength(body, event.isBase64Encoded ? 'base64' : 'utf8') > maxBodyBytes)
    throw new HttpProblem(413, say('body-too-large', { bytes: maxBodyBytes }));
  if (!jsonType.test(event.headers['content-type'] ?? '')) throw new HttpProblem(415, say('not-json'));
  const text = textOf(event, body);
  if (text === undefined) return { problem: entryAt('body', sayOfInput('wrong-encoding', { encoding: 'UTF-8' })) };
  try {
    return { body: JSON.parse(text, refuseForbidden) };
  } catch (error) {
    return { problem: entryAt('body', sayOfInput(error instanceof ForbiddenKey ? 'forbidden-key' : 'invalid-json')) };
  }
}

/**
 * The body as text; undefined when what was sent is not UTF-8. API Gateway hands the bytes of a JSON body on as text, and puts
 * U+FFFD, which has three bytes, in place of what is not UTF-8: then the body is not as long as what was sent.
 */
function textOf({ isBase64Encoded, headers }: Request, body: string): string | undefined {
  if (isBase64Encoded) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
    } catch {
      return undefined;
    }
  }
  const sentBytes = headers['content-length'];
  const isReplaced =
    body.includes('\ufffd') && sentBytes !== undefined && Number(sentBytes) !== Buffer.byteLength(body);
  return isReplaced ? undefined : body;
}

/** JSON by its media type, such as application/json or application/merge-patch+json. */
const jsonType = /^application\/([a-z0-9.+-]+\+)?json(;|$)/i;

/**
 * Thrown for a key with which a body could change an object's prototype. Middy's parser refuses such keys too, but only the
 * message of its error distinguishes them from bad JSON.
 */
class ForbiddenKey extends Error {}

function refuseForbidden(key: string, value: unknown): unknown {
  const isClass =
    key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
  if (key === '__proto__' || isClass) throw new ForbiddenKey();
  return value;
}

const ifMatchPlace = 'header, If-Match';

/** Reads all input of the endpoint; throws HttpProblem with everything that is wrong at once. */
function inputOf(endpoint: Endpoint, event: Request) {
  const problems: ProblemEntry[] = [];
  const checked = (schema: v.GenericSchema | undefined, input: unknown, where: string): unknown => {
    if (schema === undefined) return undefined;
    const { output, problems: found } = checkInput(schema, input, where);
    problems.push(...found);
    return output;
  };
  const parameters = checked(endpoint.parameters, event.pathParameters ?? {}, 'path');
  const query = checked(endpoint.query, event.queryStringParameters ?? {}, 'query');
  const sent = endpoint.body === undefined ? {} : bodyOf(event, endpoint);
  if (sent.problem !== undefined) problems.push(sent.problem);
  const body = sent.problem === undefined ? checked(endpoint.body, sent.body, 'body') : undefined;

  const key = endpoint.method === 'GET' ? undefined : event.headers['idempotency-key'];
  if (key !== undefined) checked(IdempotencyKey, key, 'header, Idempotency-Key');

  const match = endpoint.ifMatch === undefined ? '0' : event.headers['if-match'];
  const version = /^("?)(\d+)\1$/.exec(match ?? '')?.[2];
  if (match !== undefined && version === undefined) problems.push(entryAt(ifMatchPlace, sayOfInput('not-a-version')));
  if (match === undefined) {
    const missing = entryAt(ifMatchPlace, sayOfInput('missing'));
    if (problems.length === 0) throw new HttpProblem(428, say('version-missing'), [missing]);
    problems.push(missing);
  }
  if (problems.length > 0) throw invalidRequest(problems);
  return { parameters, query, body, key, ifMatch: Number(version) };
}

/** An answer as JSON; its ETag is the version of what it shows. */
function sent(status: number, shown: unknown, more: Readonly<Record<string, string>> = {}): Response {
  const version = typeof shown === 'object' && shown !== null && 'version' in shown ? shown.version : undefined;
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(version === undefined ? {} : { etag: `"${version}"` }),
      ...more,
    },
    body: JSON.stringify(shown),
  };
}

/** An answer that never changes, for caches to keep; a caller who has it already gets no body. */
function sentForGood(status: number, shown: unknown, ifNoneMatch: string | undefined): Response {
  const body = JSON.stringify(shown);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
  const headers = { etag, 'cache-control': 'public, max-age=31536000, immutable' };
  if (hasVersion(etag, ifNoneMatch)) return { statusCode: 304, headers };
  return { statusCode: status, headers: { ...headers, 'content-type': 'application/json' }, body };
}

/** The stored answer to the same call; throws HttpProblem when the key was used for a different call. */
function replayed(given: GivenAnswer, requestHash: string): Response {
  if (given.requestHash !== requestHash)
    throw new HttpProblem(422, say('idempotency-key-reused', { hours: keptHours }));
  return sent(given.status, JSON.parse(given.body), { 'idempotent-replayed': 'true' });
}

/** What a function needs in order to answer: the handlers of its endpoints, and the stored answers. */
type Answering = { readonly handlers: Handlers; readonly readAnswer: ReadAnswer };

/** When a call reached the API: ISO, UTC. */
function timeOf({ requestContext }: Request): string {
  return new Date(requestContext.timeEpoch).toISOString();
}

async function answer(
  { handlers, readAnswer }: Answering,
  tokens: TokenForm,
  callRate: ReturnType<typeof createCallRate>,
  event: Request,
): Promise<Response> {
  const found = Object.entries<Endpoint>(endpoints).find(([, endpoint]) => routeOf(endpoint) === event.routeKey);
  const name = found?.[0] as EndpointName | undefined;
  const handle = name === undefined ? undefined : (handlers[name] as EndpointHandler<EndpointName> | undefined);
  if (found === undefined || handle === undefined) throw new HttpProblem(404, say('no-such-route'));
  const [, endpoint] = found;

  const caller = callerOf(endpoint, event.headers.authorization, tokens);
  const wait = callRate(JSON.stringify([caller.issuer, caller.sub]), event.requestContext.timeEpoch);
  if (wait !== undefined) throw tooManyCalls(wait);
  const { key, ...input } = inputOf(endpoint, event);
  const at = timeOf(event);
  const answered = async (idempotency: Call<EndpointName>['idempotency']): Promise<Response> => {
    const shown = await handle({ ...input, caller, at, idempotency } as Call<EndpointName>);
    return endpoint.immutable === true
      ? sentForGood(endpoint.status, shown, event.headers['if-none-match'])
      : sent(endpoint.status, shown);
  };
  if (key === undefined) return answered(() => undefined);

  const { issuer, sub } = caller;
  const call: RepeatableCall = { issuer, sub, route: event.routeKey, key };
  // If-Match does not count: a repetition may name the version that its own first call made.
  const requestHash = createHash('sha256')
    .update(JSON.stringify([input.parameters, input.query, input.body]))
    .digest('base64url');
  const before = await readAnswer(call, at);
  if (before !== undefined) return replayed(before, requestHash);
  try {
    return await answered((body, keptUntil) => ({
      call,
      answer: { requestHash, status: endpoint.status, body: JSON.stringify(body) },
      ...(keptUntil === undefined ? {} : { keptUntil }),
    }));
  } catch (error) {
    // Of two equal calls at once, the slower one fails because of the first one's change. It gets the first one's answer.
    const meanwhile = await readAnswer(call, at).catch(() => undefined);
    if (meanwhile === undefined) throw error;
    return replayed(meanwhile, requestHash);
  }
}

function asProblem(error: unknown, at: string): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof LimitReached) return limitProblem(error, at);
  if (error instanceof Conflict) return new HttpProblem(503, say('busy'));
  return new HttpProblem(500, say('failed'));
}

/** When the caller should try again after a failure because of too many calls at once, in seconds. */
const busySeconds = 2;

const problemJson: middy.MiddlewareObj<Request, Response> = {
  onError(request) {
    const { details, retryAfter } = asProblem(request.error, timeOf(request.event));
    const waits = details.status === 503 ? busySeconds : retryAfter;
    if (details.status >= 500)
      log.error('call failed', { route: request.event.routeKey, error: request.error as Error });
    request.response = {
      statusCode: details.status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...(waits === undefined ? {} : { 'retry-after': String(waits) }),
      },
      body: JSON.stringify(details),
    };
  },
};

/** Writes the log line of each request, once its answer is known. */
const accessLine: middy.MiddlewareObj<Request, Response> = {
  after: ({ event, response }) => writeLine(event, response ?? undefined),
  onError: ({ event, response }) => writeLine(event, response ?? undefined),
};

function writeLine({ requestContext, routeKey }: Request, response: Response | undefined): void {
  const { iss, sub } = requestContext.authorizer.jwt.claims;
  writeAccessLine({
    requestId: requestContext.requestId,
    route: routeKey,
    status: Number(response?.statusCode ?? 500),
    caller: [String(iss), String(sub)],
  });
}

/**
 * A function behind the HTTP API: checks role and input against the endpoint's contract, answers JSON or problem+json, and gives
 * the repetition of a write the first answer. It refuses more calls of one person than `callsOfPerson` allows, and logs one line
 * for each call. `make` makes the handlers, with their clients, at the first call.
 */
export function httpApi(make: () => Answering) {
  const made = atFirstUse(make);
  const tokens = atFirstUse(tokenForm);
  const callRate = createCallRate();
  return middy<Request, Response>()
    .use(accessLine)
    .use(problemJson)
    .handler((event) => answer(made(), tokens(), callRate, event).finally(tellTimeZone));
}

/**
 * Detects a cursor that was cut or changed. It needs no secret, since a position shows a caller nothing that they may not see.
 */
function checksum(position: string): string {
  return createHash('sha256').update(position).digest('base64url').slice(0, 8);
}

/** The cursor that a caller gets for the end of a page: opaque. */
export function encodeCursor(position: string | undefined): { cursor?: string } {
  if (position === undefined) return {};
  return { cursor: `${checksum(position)}${Buffer.from(position).toString('base64url')}` };
}

/** DynamoDB refuses a longer sort key, even as a start position. */
const maxPositionBytes = 1_024;

/** The position that a cursor stands for; 400 when it is not one that we gave. */
export function decodeCursor(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor.slice(8), 'base64url').toString();
  const canBe = Buffer.byteLength(position) <= maxPositionBytes && form.test(position);
  if (!canBe || encodeCursor(position).cursor !== cursor)
    throw new HttpProblem(400, say('bad-cursor'), [entryAt('query, cursor', sayOfInput('foreign-cursor'))]);
  return position;
}
