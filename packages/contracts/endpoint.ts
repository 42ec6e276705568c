import type * as v from 'valibot';

/** The groups of the user pool: what a person may do is decided by these and by whom they are linked to. */
export type Role = 'assessor' | 'reviewer' | 'administrator' | 'employer';

/** The functions that answer the API, by their folders. */
export type ApiFunction = 'assessor-api' | 'review-api' | 'program-api' | 'import-api';

/** As API Gateway names a route: `GET /v1/audits/{auditNumber}`. */
export type Route = `${Endpoint['method']} ${Endpoint['path']}`;

/** An operation of the API: who may call it, what it takes and gives. The routes, the functions, the client and the documents come from these. */
export type Endpoint = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: `/v1/${string}`;
  readonly function: ApiFunction;
  readonly summary: string;
  readonly roles: readonly Role[];
  /** Whoever is signed in may call it, also in none of the roles and linked to nobody. */
  readonly anybody?: true;
  readonly parameters?: v.GenericSchema<Record<string, string>, unknown>;
  readonly query?: v.GenericSchema<Record<string, string | undefined>, unknown>;
  readonly body?: v.GenericSchema;
  /** The largest body, where it may be larger than the usual one. */
  readonly maxBodyBytes?: number;
  /** Whether the caller must name the version that they saw, by If-Match. */
  readonly ifMatch?: true;
  readonly answer: v.GenericSchema;
  readonly status: 200 | 201;
  /** The answer to the same path never changes and is the same for everybody: caches may keep it for good. */
  readonly immutable?: true;
};
