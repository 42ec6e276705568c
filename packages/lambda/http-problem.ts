import type { Refusal } from '@secor/certification';
import type { ProblemDetails, ProblemEntry } from '@secor/contracts';

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible as things stand',
  412: 'Somebody was faster',
  428: 'The version is missing',
  500: 'The service failed',
  503: 'The service is busy',
};

/** An answer that is no success: thrown by a handler, sent as problem+json. */
export class HttpProblem extends Error {
  readonly details: ProblemDetails;

  constructor(status: number, detail: string, problems?: readonly ProblemEntry[], type = 'about:blank') {
    super(detail);
    this.name = 'HttpProblem';
    this.details = {
      type,
      title: titles[status] ?? 'The request failed',
      status,
      detail,
      ...(problems === undefined ? {} : { problems: [...problems] }),
    };
  }
}

/** The answer to a change that the rules refuse: 412 when the caller saw an older revision, else 409. */
export function refusalProblem(refusal: Refusal): HttpProblem {
  const status = refusal.refused === 'newer-revision' ? 412 : 409;
  return new HttpProblem(status, refusal.message, undefined, `urn:secor:${refusal.refused}`);
}
