import middy from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import {
  type AnswerOf,
  type Endpoint,
  type EndpointName,
  endpoints,
  type ProblemEntry,
  type Role,
} from '@secor/contracts';
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';
import { atFirstUse } from './at-first-use.ts';
import { HttpProblem } from './http-problem.ts';
import { log } from './log.ts';

/** Who calls, as the token says: people are found by issuer and `sub`; the groups only say which role they may act in. */
export type Caller = { readonly issuer: string; readonly sub: string; readonly roles: readonly Role[] };

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
  /** The version that the caller saw; only where the endpoint asks for it. */
  readonly ifMatch: number;
  /** When the call reached the API: ISO, UTC. */
  readonly at: string;
};

/** Answers one endpoint; throws HttpProblem for what is not possible. */
export type EndpointHandler<N extends EndpointName> = (call: Call<N>) => Promise<AnswerOf<N>>;

type Handlers = { readonly [N in EndpointName]?: EndpointHandler<N> };
type Request = APIGatewayProxyEventV2WithJWTAuthorizer;

/** What API Gateway makes of an array claim: `[reviewer administrator]`. */
function rolesOf(claim: unknown): Role[] {
  return String(claim ?? '')
    .replace(/^\[|\]$/g, '')
    .split(/[\s,]+/)
    .filter((role): role is Role => ['assessor', 'reviewer', 'administrator', 'employer'].includes(role));
}

function checked(
  schema: v.GenericSchema | undefined,
  input: unknown,
  where: string,
  problems: ProblemEntry[],
): unknown {
  if (schema === undefined) return undefined;
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  for (const issue of result.issues)
    problems.push({ place: [where, v.getDotPath(issue)].filter(Boolean).join(', '), message: issue.message });
  return undefined;
}

function ifMatchOf(endpoint: Endpoint, header: string | undefined): number {
  if (endpoint.ifMatch === undefined) return 0;
  const version = /^"?(\d+)"?$/.exec(header ?? '')?.[1];
  if (version === undefined)
    throw new HttpProblem(428, 'Send the version that you saw in the If-Match header, such as If-Match: "7".');
  return Number(version);
}

async function answer(handlers: Handlers, event: Request): Promise<APIGatewayProxyStructuredResultV2> {
  const found = Object.entries(endpoints).find(([, { method, path }]) => `${method} ${path}` === event.routeKey);
  const name = found?.[0] as EndpointName | undefined;
  const handle = name === undefined ? undefined : (handlers[name] as EndpointHandler<EndpointName> | undefined);
  if (found === undefined || handle === undefined) throw new HttpProblem(404, 'There is no such route.');
  const endpoint: Endpoint = found[1];

  const { claims } = event.requestContext.authorizer.jwt;
  // The authorizer lets ID tokens through as well: their audience is the same client.
  if (claims.token_use !== 'access') throw new HttpProblem(401, 'Send an access token; this is another kind of token.');
  const caller: Caller = {
    issuer: String(claims.iss),
    sub: String(claims.sub),
    roles: rolesOf(claims['cognito:groups']),
  };
  if (!endpoint.roles.some((role) => caller.roles.includes(role)))
    throw new HttpProblem(403, `This needs the role ${endpoint.roles.join(' or ')}. Ask an administrator for it.`);

  const problems: ProblemEntry[] = [];
  const call = {
    caller,
    parameters: checked(endpoint.parameters, event.pathParameters ?? {}, 'path', problems),
    query: checked(endpoint.query, event.queryStringParameters ?? {}, 'query', problems),
    body: checked(endpoint.body, event.body, 'body', problems),
    at: new Date(event.requestContext.timeEpoch).toISOString(),
  };
  if (problems.length > 0)
    throw new HttpProblem(400, 'Correct what is listed under problems and send the request again.', problems);
  const ifMatch = ifMatchOf(endpoint, event.headers['if-match']);

  const body = await handle({ ...call, ifMatch } as Call<EndpointName>);
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if ('version' in body) headers.etag = `"${body.version}"`;
  return {
    statusCode: endpoint.status,
    headers,
    body: JSON.stringify(body),
  };
}

/** Errors that Middy's parsers throw carry the status of the caller's mistake. */
function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 415) return new HttpProblem(415, 'Send the body as JSON, with Content-Type: application/json.');
  if (status < 500) return new HttpProblem(400, 'The body is not valid JSON. Correct it and send the request again.');
  if (error instanceof Error && error.name === 'Conflict')
    return new HttpProblem(
      503,
      'Too many changes to the same audit at once; nothing was changed. Try again in a few seconds.',
    );
  return new HttpProblem(
    500,
    'Something failed on our side, and it is not certain what was done. Look first, then try again; call us when it stays.',
  );
}

const problemJson: middy.MiddlewareObj<Request, APIGatewayProxyStructuredResultV2> = {
  onError(request) {
    const problem = asProblem(request.error);
    if (problem.details.status >= 500)
      log.error('call failed', { route: request.event.routeKey, error: request.error as Error });
    request.response = {
      statusCode: problem.details.status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      body: JSON.stringify(problem.details),
    };
  },
};

const jsonBody = httpJsonBodyParser();

const bodyWhenSent: middy.MiddlewareObj<Request, APIGatewayProxyStructuredResultV2> = {
  before(request) {
    const takesBody = Object.values(endpoints).some(
      (endpoint) => 'body' in endpoint && `${endpoint.method} ${endpoint.path}` === request.event.routeKey,
    );
    return takesBody ? jsonBody.before?.(request as never) : undefined;
  },
};

/** A function behind the HTTP API: checks role and input against the endpoint's contract, answers JSON or problem+json. */
export function httpApi(makeHandlers: () => Handlers) {
  const handlers = atFirstUse(makeHandlers);
  return middy<Request, APIGatewayProxyStructuredResultV2>()
    .use(problemJson)
    .use(bodyWhenSent)
    .handler((event) => answer(handlers(), event));
}

/** A page's end as the caller gets it: opaque. */
export function encodeCursor(position: string | undefined): { cursor?: string } {
  return position === undefined ? {} : { cursor: Buffer.from(position).toString('base64url') };
}

/** The position that a cursor stands for; 400 when it is not one that we gave. */
export function decodeCursor(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor, 'base64url').toString();
  if (!form.test(position))
    throw new HttpProblem(400, 'The cursor is not one that a page ended with. Start again without it.');
  return position;
}
