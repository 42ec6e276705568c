import { isDeepStrictEqual } from 'node:util';
import {
  type ApiAccess,
  type ApiClient,
  ApiError,
  callApi,
  type Endpoint,
  type EndpointName,
  endpoints,
  ProblemDetails,
  problemTypes,
} from '@secor/contracts';
import { type OpenApiOperation, openApiDocument } from '@secor/contracts/openapi';

/** An operation of the OpenAPI document with its place. */
export type Operation = OpenApiOperation & { readonly method: string; readonly path: string };

/** Every operation that the OpenAPI document describes. */
export const operations: readonly Operation[] = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
);

/** The operations that are endpoints of the contracts: all but the document's own. */
const contracted = operations.filter(({ operationId }) => operationId in endpoints);

/** Those that change something. */
export const writes = contracted.filter(({ method }) => method !== 'GET');

/** What API Gateway answers by itself, before a function is asked. */
const gatewaysOwn: ReadonlySet<number> = new Set([400, 401, 404, 413, 429, 500, 503]);

/**
 * Checks what an operation answered against its contract: the status is described, the body is exactly what the schema has.
 * @param operationId undefined where there is no such route
 * @param type the media type, where it is known
 */
function checkAnswer(
  operationId: string | undefined,
  { status, body, type }: { readonly status: number; readonly body: unknown; readonly type?: string | null },
): void {
  const where = `${operationId ?? 'no route'}, ${status}`;
  const operation = operations.find((each) => each.operationId === operationId);
  if (operation !== undefined && !(String(status) in operation.responses))
    throw new Error(`${where}: the OpenAPI document has no such answer: ${JSON.stringify(body)}`);
  if (status < 400) {
    const endpoint: Endpoint | undefined = endpoints[operationId as EndpointName];
    if (endpoint === undefined) return;
    if (status !== endpoint.status) throw new Error(`${where}: the contract says ${endpoint.status}`);
    if (type !== undefined && type !== 'application/json') throw new Error(`${where}: the type is ${type}`);
    checkBody(where, endpoint.answer, body);
    return;
  }
  const own = body as { readonly message?: unknown; readonly type?: unknown };
  if (gatewaysOwn.has(status) && own.type === undefined && typeof own.message === 'string') return;
  if (type !== undefined && type !== 'application/problem+json') throw new Error(`${where}: the type is ${type}`);
  checkBody(where, ProblemDetails, body);
  const { type: name, title } = body as ProblemDetails;
  const known = Object.entries(problemTypes).find(([each]) => each === name)?.[1];
  if (known?.status !== status || known.title !== title)
    throw new Error(`${where}: ${name} "${title}" is not a type of problem of this status`);
}

function checkBody(where: string, schema: Endpoint['answer'], body: unknown): void {
  const checked = schema['~standard'].validate(body);
  if (checked instanceof Promise) throw new Error(`${where}: the schema is not checked at once`);
  if (checked.issues !== undefined) {
    const issues = checked.issues.map(({ message, path = [] }) => `${path.map(pathKey).join('.')}: ${message}`);
    throw new Error(`${where}: not as its schema: ${issues.join('; ')}`);
  }
  // A schema leaves out what it does not know: the answer would say more than its contract.
  if (!isDeepStrictEqual(checked.value, body))
    throw new Error(`${where}: more than its schema has: ${JSON.stringify(body)}`);
}

function pathKey(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}

const throttledPauseMs = 40;

function throttled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, throttledPauseMs));
}

/**
 * The API's client, that checks each answer and each problem against the contract; waits where the stage has had too many
 * calls at once.
 */
export function checkedClient(access: ApiAccess): ApiClient {
  return async (name, input) => {
    for (;;) {
      try {
        const { status, body } = await callApi(access, name, input);
        checkAnswer(name, { status, body });
        return body;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        checkAnswer(name, { status: error.status, body: error.problem });
        if (error.status !== 429 || error.problem.type === 'urn:secor:limit-reached') throw error;
        await throttled();
      }
    }
  };
}

/** A call as any HTTP client could make it. */
export type RawCall = {
  readonly method?: string;
  readonly token?: string | undefined;
  /** As it is sent; JSON unless the headers say otherwise. */
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The operation whose contract the answer is checked against. */
  readonly operationId?: string;
};

/** Whatever was answered, with what tests read of it by name. */
type RawBody = {
  readonly version?: number;
  readonly detail?: string;
  readonly problems?: readonly { readonly place: string; readonly message: string }[];
  readonly [part: string]: unknown;
};

/** What was answered. */
export type RawAnswer = {
  readonly status: number;
  readonly type: string | null;
  readonly etag: string | null;
  readonly replayed: boolean;
  readonly body: RawBody;
};

/** Calls an address of the API by hand; waits where the stage has had too many calls at once. */
export async function rawCall(apiUrl: string, path: string, call: RawCall = {}): Promise<RawAnswer> {
  const { method = 'GET', token, body, headers = {}, operationId } = call;
  for (;;) {
    const response = await fetch(`${apiUrl.replace(/\/$/, '')}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (response.status === 429 && !text.includes('urn:secor:limit-reached')) {
      await throttled();
      continue;
    }
    const answer: RawAnswer = {
      status: response.status,
      type: response.headers.get('content-type'),
      etag: response.headers.get('etag'),
      replayed: response.headers.get('idempotent-replayed') === 'true',
      body: text === '' ? undefined : JSON.parse(text),
    };
    checkAnswer(operationId, answer);
    return answer;
  }
}

type Schema = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly format?: string;
  readonly examples?: readonly unknown[];
};

const { schemas: components } = openApiDocument().components;

/** A schema with those that it refers to in their places. */
function resolved(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(resolved);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return resolved(components[String(schema.$ref).split('/').at(-1) ?? '']);
  return Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, resolved(each)]));
}

/** The schema of what an operation takes as its body, or undefined. */
export function bodySchema({ requestBody }: Operation): Schema | undefined {
  return resolved(requestBody?.content['application/json']?.schema) as Schema | undefined;
}

/** Values of a form that their schema has no simple example of, by the names of their properties. */
export const wellFormed = {
  wcbAccount: '7000001',
  industryCode: '213118',
  province: 'AB',
  postalCode: 'T2P 0A1',
  email: 'dale@example.com',
  courseId: 'hazard-management',
  time: '09:00',
} as const;

/**
 * The smallest value that a schema of the OpenAPI document takes.
 * @param given values for properties whose form says too little, by their name
 */
export function exampleOf(schema: Schema, given: Readonly<Record<string, unknown>> = {}): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.examples !== undefined) return schema.examples[0];
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, given[name] ?? exampleOf(schema.properties?.[name] ?? {}, given)]),
      );
    case 'array':
      return [exampleOf(schema.items ?? {}, given)];
    case 'integer':
    case 'number':
      return 1;
    case 'string':
      return schema.format === 'date' ? '2027-01-31' : 'words';
    case 'boolean':
      return true;
    default:
      throw new Error(`There is no example of ${JSON.stringify(schema)}.`);
  }
}

/** The path of an operation with its parameters filled in. */
export function pathOf({ path }: Operation, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
}
