import type * as v from 'valibot';
import { type AnswerOf, type Endpoint, type EndpointName, endpoints } from './api.ts';
import type { ProblemDetails } from './problem.ts';

/** What a call takes: each part only where the endpoint has it. */
export type CallInput = {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The version that the caller saw. */
  readonly ifMatch?: number;
  /** Marks a write that may be repeated within 24 hours: a new random key for each new request. */
  readonly idempotencyKey?: string;
};

type Part<E, K extends 'parameters' | 'query' | 'body'> = E extends {
  readonly [P in K]: infer S extends v.GenericSchema;
}
  ? K extends 'query'
    ? { readonly [P in K]?: v.InferInput<S> }
    : { readonly [P in K]: v.InferInput<S> }
  : unknown;

/** What the call of one endpoint takes. */
export type InputFor<N extends EndpointName> = Part<(typeof endpoints)[N], 'parameters'> &
  Part<(typeof endpoints)[N], 'query'> &
  Part<(typeof endpoints)[N], 'body'> &
  ((typeof endpoints)[N] extends { readonly ifMatch: true } ? { readonly ifMatch: number } : unknown) &
  ((typeof endpoints)[N] extends { readonly method: 'GET' } ? unknown : Pick<CallInput, 'idempotencyKey'>);

/** An answer of the API that is no success; the message tells all that is wrong. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Partial<ProblemDetails>;

  constructor(status: number, problem: Partial<ProblemDetails>) {
    const problems = (problem.problems ?? []).map(({ place, message }) => `\n  ${place}: ${message}`).join('');
    super(`${problem.detail ?? problem.title ?? `The API answered ${status}.`}${problems}`);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }
}

/** What a call was answered, with what its headers tell. */
export type ApiAnswer<N extends EndpointName> = {
  readonly status: number;
  readonly body: AnswerOf<N>;
  /** The version of what the body shows, for If-Match. */
  readonly version?: number;
  /** Whether this is the answer to an earlier call with the same Idempotency-Key: nothing was changed by this one. */
  readonly replayed: boolean;
};

/** The access token of the person who calls, or what gives it for each attempt: one that renews it before it expires. */
export type Token = string | (() => string | Promise<string>);

/** Where calls go, and for whom. */
export type ApiAccess = {
  readonly apiUrl: string;
  readonly token: Token;
  /** Aborted when the answer is no longer wanted. */
  readonly signal?: AbortSignal | undefined;
  /** How a call waits before it is repeated; by default a plain timer. */
  readonly pause?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
};

/** The API as a function of the endpoint's name and what it takes; throws ApiError, and the signal's reason when that is aborted. */
export type ApiClient = <N extends EndpointName>(
  name: N,
  input: InputFor<N>,
  options?: Pick<ApiAccess, 'signal'>,
) => Promise<AnswerOf<N>>;

/** How often a call is made at most where no answer came, or the service failed. */
const maxAttempts = 3;
/**
 * How often where the service is busy. A new AWS account runs ten functions at a time, and answers 503 while packages take them all: with
 * five attempts, over 3 to 6 seconds, each call was answered while a burst of packages was taken in (test/faults/account-concurrency.test.ts).
 */
const maxAttemptsWhenBusy = 5;

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Calls one endpoint. A read, and a write with an idempotencyKey, is repeated, up to three attempts when no answer came or the
 * service failed, up to five when it was busy: a write takes effect once. What goes on only later than in some seconds is not waited for.
 *
 * @throws ApiError for what the API refuses, fetch's TypeError when it can't be reached, the signal's reason when it is aborted
 */
export async function callApi<N extends EndpointName>(
  { apiUrl, token, signal, pause = sleep }: ApiAccess,
  name: N,
  input: InputFor<N>,
): Promise<ApiAnswer<N>> {
  const { method, path }: Endpoint = endpoints[name];
  const { parameters = {}, query = {}, body, ifMatch, idempotencyKey }: CallInput = input as CallInput;
  const filled = path.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(parameters[part] ?? ''));
  const asked = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(asked).toString();
  const send = async () =>
    fetch(`${apiUrl.replace(/\/$/, '')}${filled}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        authorization: `Bearer ${typeof token === 'string' ? token : await token()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ?? null,
    });

  const isRepeatable = method === 'GET' || idempotencyKey !== undefined;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      const response = await send();
      if (!isRepeatable || attempt >= attemptsAfter(response)) return await answerOf<N>(response);
      await response.body?.cancel();
    } catch (error) {
      if (!isRepeatable || attempt >= maxAttempts || error instanceof ApiError || signal?.aborted) throw error;
    }
    await pause(Math.round(200 * 2 ** attempt * (0.5 + Math.random() / 2)), signal);
  }
}

/** The longest that a call waits to be repeated, seconds. */
const soonSeconds = 5;

/** How many attempts a call with this answer has, with the one that was made. */
function attemptsAfter({ status, headers }: Response): number {
  if (status === 429) return Number(headers.get('retry-after') ?? 0) <= soonSeconds ? maxAttemptsWhenBusy : 1;
  if (status === 503) return maxAttemptsWhenBusy;
  return status >= 500 ? maxAttempts : 1;
}

async function answerOf<N extends EndpointName>(response: Response): Promise<ApiAnswer<N>> {
  if (!response.ok)
    throw new ApiError(response.status, (await response.json().catch(() => ({}))) as Partial<ProblemDetails>);
  const version = /^"(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1];
  return {
    status: response.status,
    body: (await response.json()) as AnswerOf<N>,
    ...(version === undefined ? {} : { version: Number(version) }),
    replayed: response.headers.get('idempotent-replayed') === 'true',
  };
}

/**
 * A client of the API at an address, for the person whom the access token names, or one token after the other. Each write goes out under a new
 * idempotencyKey unless it has one, so callApi repeats it.
 */
export function apiClient(apiUrl: string, token: Token): ApiClient {
  return async <N extends EndpointName>(name: N, input: InputFor<N>, options?: Pick<ApiAccess, 'signal'>) => {
    const key = endpoints[name].method === 'GET' ? {} : { idempotencyKey: crypto.randomUUID() };
    return (await callApi({ apiUrl, token, ...options }, name, Object.assign(key, input))).body;
  };
}
