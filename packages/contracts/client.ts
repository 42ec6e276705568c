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
  ((typeof endpoints)[N] extends { readonly ifMatch: true } ? { readonly ifMatch: number } : unknown);

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

/** The API as a function of the endpoint's name and what it takes; throws ApiError. */
export type ApiClient = <N extends EndpointName>(name: N, input: InputFor<N>) => Promise<AnswerOf<N>>;

/** A client of the API at an address, for the person whom the access token names. */
export function apiClient(apiUrl: string, token: string): ApiClient {
  return async (name, input) => {
    const { method, path }: Endpoint = endpoints[name];
    const { parameters = {}, query = {}, body, ifMatch }: CallInput = input as CallInput;
    const filled = path.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(parameters[part] ?? ''));
    const search = new URLSearchParams(query).toString();
    const response = await fetch(`${apiUrl.replace(/\/$/, '')}${filled}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError(response.status, answer as Partial<ProblemDetails>);
    return answer as never;
  };
}
