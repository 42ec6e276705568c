import type { LimitReached, Refusal, Sentence } from '@secor/certification';
import { type ProblemDetails, type ProblemEntry, type ProblemType, problemTypes } from '@secor/contracts';
import { say } from './sentences.ts';

/** The type of a problem that needs none beyond its status. */
const typeByStatus = {
  400: 'urn:secor:invalid-request',
  401: 'urn:secor:not-signed-in',
  403: 'urn:secor:not-allowed',
  404: 'urn:secor:not-found',
  409: 'urn:secor:not-possible',
  412: 'urn:secor:changed-meanwhile',
  413: 'urn:secor:body-too-large',
  415: 'urn:secor:not-json',
  422: 'urn:secor:idempotency-key-reused',
  428: 'urn:secor:version-missing',
  429: 'urn:secor:limit-reached',
  500: 'urn:secor:failed',
  503: 'urn:secor:busy',
} as const satisfies Readonly<Record<number, ProblemType>>;

/** The statuses of error answers. */
export type ProblemStatus = keyof typeof typeByStatus;

/** An error answer: thrown by a handler, sent as problem+json. */
export class HttpProblem extends Error {
  readonly details: ProblemDetails;
  /** Seconds to wait before trying again; undefined when waiting does not help. */
  retryAfter: number | undefined;

  constructor(
    status: ProblemStatus,
    { code, values, text }: Sentence,
    problems?: readonly ProblemEntry[],
    type: ProblemType = typeByStatus[status],
  ) {
    super(text);
    this.name = 'HttpProblem';
    this.details = {
      type,
      title: problemTypes[type].title,
      status,
      detail: text,
      code,
      values,
      ...(problems === undefined ? {} : { problems: [...problems] }),
    };
  }
}

/** One thing that is wrong with a request, with its place. */
export function entryAt(place: string, { code, values, text }: Sentence): ProblemEntry {
  return { place, message: text, code, values };
}

/** The error answer to a request in which something is wrong: it lists everything at once. */
export function invalidRequest(problems: readonly ProblemEntry[]): HttpProblem {
  return new HttpProblem(400, say('invalid-request'), problems);
}

/** The error answer to a change that the rules refuse. */
export function refusalProblem({ refused, message, values }: Refusal): HttpProblem {
  const type = `urn:secor:${refused}` as const;
  return new HttpProblem(problemTypes[type].status, { code: refused, values, text: message }, undefined, type);
}

/** The error answer to a person who makes too many calls, with the seconds after which to try again. */
export function tooManyCalls(seconds: number): HttpProblem {
  const problem = new HttpProblem(429, say('too-many-calls', { seconds }), undefined, 'urn:secor:too-many-calls');
  problem.retryAfter = seconds;
  return problem;
}

/** The error answer when a change would exceed a limit, at an instant (ISO, UTC): which limit, and when the person can go on. */
export function limitProblem({ refusal, countsAnewAt }: LimitReached, at: string): HttpProblem {
  const problem = refusalProblem(refusal);
  if (countsAnewAt !== undefined)
    problem.retryAfter = Math.max(1, Math.ceil((Date.parse(countsAnewAt) - Date.parse(at)) / 1000));
  return problem;
}

/**
 * The error answer when the rules refuse a change for several reasons: it lists each with its remedy. 403 when one of them is
 * that the caller does not act for the employer.
 */
export function refusalsProblem(refusals: readonly Refusal[]): HttpProblem {
  const [first, ...others] = refusals;
  if (first !== undefined && others.length === 0 && first.refused !== 'does-not-act') return refusalProblem(first);
  const problems = refusals.map(({ refused, message, values }) => ({
    place: refused,
    message,
    code: refused,
    values,
  }));
  const text = refusals.map(({ message }) => message).join(' ');
  const said =
    others.length === 0 && first !== undefined
      ? { code: first.refused, values: first.values, text }
      : { code: 'registration-refused', values: {}, text };
  if (refusals.some(({ refused }) => refused === 'does-not-act'))
    return new HttpProblem(403, said, problems, 'urn:secor:does-not-act');
  return new HttpProblem(409, said, problems, 'urn:secor:registration-refused');
}
