import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { type Endpoint, endpoints, openApiPath, type Role, schemas } from './api.ts';
import { IdempotencyKey } from './idempotency.ts';
import { PackageProblem, ProblemDetails, ProblemEntry, problemTypes } from './problem.ts';
import { Values } from './sentence.ts';

// Not those of openapi-types: there a parameter and a header of 3.1 have the schemas of 3.0, which know no `const`, and none is a result of valibot's.
type Schema = { readonly [keyword: string]: unknown };
type Reference = { readonly $ref: string };
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type Headers = Readonly<Record<string, Reference>>;

/** A parameter of an operation: in the path, the query or the header. */
export type OpenApiParameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
};

/** A response of an operation; JSON, or problem+json. */
export type OpenApiResponse = {
  readonly description: string;
  readonly headers?: Headers;
  readonly content?: Content;
  /** The types of problem+json that come with this status. */
  readonly 'x-problem-types'?: readonly { readonly type: string; readonly title: string }[];
};

/** An operation: one endpoint. */
export type OpenApiOperation = {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  /** Who may call it: one of these roles is needed. None: it needs no token. */
  readonly 'x-roles': readonly Role[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (OpenApiParameter | Reference)[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, OpenApiResponse | Reference>>;
};

/** The description of the API, as OpenAPI 3.1 has it. */
export type OpenApiDocument = {
  readonly openapi: '3.1.1';
  readonly info: Schema;
  readonly servers: readonly { readonly url: string }[];
  readonly security: OpenApiOperation['security'];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, OpenApiParameter>>;
    readonly headers: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes: Readonly<Record<string, Schema>>;
  };
};

const shared = { ...schemas, Values, PackageProblem, ProblemEntry, ProblemDetails };
const secured = [{ accessToken: [] }];

const conversion = {
  target: 'draft-2020-12',
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  // A problem names what these refuse; JSON Schema can't express it.
  ignoreActions: ['check', 'partial_check', 'raw_check', 'trim', 'transform', 'lost_character', 'misread'],
} satisfies ConversionConfig;

function jsonSchema(schema: v.GenericSchema<never, unknown> | v.GenericSchema, typeMode: 'input' | 'output'): Schema {
  const converted = toJsonSchema(schema as v.GenericSchema, { ...conversion, typeMode, definitions: shared });
  const { $schema: _, $defs: __, ...own } = converted;
  return own;
}

function parametersIn(place: 'path' | 'query', schema: Parameters<typeof jsonSchema>[0]): OpenApiParameter[] {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Schema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: each,
  }));
}

/** The properties of an object's schema, also of one that stands in the components. */
function propertiesOf(schema: Schema, components: Readonly<Record<string, Schema>>): Schema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  const { properties = {} } = (name === undefined ? schema : (components[name] ?? {})) as { properties?: Schema };
  return properties;
}

/** What API Gateway itself answers, before a function is asked. */
const gatewayAnswer: Content = { 'application/json': { schema: { $ref: '#/components/schemas/GatewayAnswer' } } };

const problemResponses: Readonly<Record<number, { readonly name: string; readonly gateway?: true }>> = {
  400: { name: 'InvalidRequest' },
  401: { name: 'NotSignedIn', gateway: true },
  403: { name: 'NotAllowed' },
  404: { name: 'NotFound' },
  409: { name: 'NotPossible' },
  412: { name: 'ChangedMeanwhile' },
  413: { name: 'BodyTooLarge', gateway: true },
  415: { name: 'NotJson' },
  422: { name: 'IdempotencyKeyReused' },
  428: { name: 'VersionMissing' },
  429: { name: 'TooManyRequests', gateway: true },
  500: { name: 'Failed', gateway: true },
  503: { name: 'Busy', gateway: true },
};

function problemResponse(status: number, gateway: boolean): OpenApiResponse {
  const types = Object.entries(problemTypes).flatMap(([type, entry]) =>
    entry.status === status ? [{ type, title: entry.title }] : [],
  );
  return {
    description: types.map(({ type, title }) => `${title} (\`${type}\`)`).join('; '),
    ...(status === 429 || status === 503
      ? { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }
      : {}),
    content: {
      'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } },
      ...(gateway ? gatewayAnswer : {}),
    },
    'x-problem-types': types,
  };
}

const notModified: OpenApiResponse = { description: 'The caller already has this version (If-None-Match)' };

function operation(name: string, endpoint: Endpoint, components: Readonly<Record<string, Schema>>): OpenApiOperation {
  const { method, path, summary, roles, parameters, query, body, ifMatch, answer, status, immutable } = endpoint;
  const writes = method !== 'GET';
  const taken = [
    ...(parameters === undefined ? [] : parametersIn('path', parameters)),
    ...(query === undefined ? [] : parametersIn('query', query)),
    ...(ifMatch === undefined ? [] : [{ $ref: '#/components/parameters/IfMatch' }]),
    ...(writes ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  const asked = body === undefined ? undefined : jsonSchema(body, 'input');
  const given = jsonSchema(answer, 'output');
  const seesRevision = asked !== undefined && 'revision' in propertiesOf(asked, components);
  const headers: Headers = {
    ...('version' in propertiesOf(given, components) || immutable === true
      ? { ETag: { $ref: '#/components/headers/ETag' } }
      : {}),
    ...(immutable === true ? { 'Cache-Control': { $ref: '#/components/headers/CacheControl' } } : {}),
    ...(writes ? { 'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' } } : {}),
  };
  const problems: readonly [status: number, when: boolean][] = [
    [400, taken.length > 0 || asked !== undefined],
    [401, true],
    [403, true],
    [404, parameters !== undefined || asked !== undefined],
    [409, writes],
    [412, ifMatch !== undefined || seesRevision],
    [413, writes],
    [415, asked !== undefined],
    [422, writes],
    [428, ifMatch !== undefined],
    [429, true],
    [500, true],
    [503, true],
  ];
  return {
    operationId: name,
    summary,
    tags: [path.split('/')[2] ?? ''],
    'x-roles': roles,
    security: secured,
    ...(taken.length === 0 ? {} : { parameters: taken }),
    ...(asked === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: asked } } } }),
    responses: {
      [status]: {
        description: 'Done',
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        content: { 'application/json': { schema: given } },
      },
      ...(immutable === true ? { 304: notModified } : {}),
      ...Object.fromEntries(
        problems.flatMap(([code, when]) =>
          when ? [[code, { $ref: `#/components/responses/${problemResponses[code]?.name}` }]] : [],
        ),
      ),
    },
  };
}

const ownOperation: OpenApiOperation = {
  operationId: 'readOpenApi',
  summary: 'Read this document',
  tags: ['openapi.json'],
  'x-roles': [],
  security: [],
  responses: {
    200: {
      description: 'This document',
      headers: { ETag: { $ref: '#/components/headers/ETag' } },
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    304: notModified,
    429: { $ref: '#/components/responses/TooManyRequests' },
    500: { $ref: '#/components/responses/Failed' },
    503: { $ref: '#/components/responses/Busy' },
  },
};

const description = `The API of the SECOR certification program.

**Sign-in.** Every call needs an access token, except the call for this document. An operation's \`x-roles\` names the roles that
may call it; one of them is enough. \`GET /v1/me\` takes every access token, and says for whom its sign-in stands. If the caller may not see something, the answer is 404, whether it exists or not.

**Versions.** An answer with a version carries it as its \`ETag\`. A call that changes what others may change too sends that version in
\`If-Match\`. The answer is 412 when somebody else has changed it since, and 428 when the header is missing.

**Repetition.** A write that carries an \`Idempotency-Key\` can be repeated for 24 hours. A repetition changes nothing and gets the
first answer again, with \`Idempotent-Replayed: true\`; an upload link is repeated only while it is valid, then there is a new one.
The answers of refused calls are not kept. The same key with another request is 422.

**Limits.** What a person, an audit or an employer may do in a day or a year is limited. An answer 429 says which limit is reached and when
to try again; \`Retry-After\` says in how many seconds. A repetition is not counted.

**Lists** have pages: send the \`cursor\` of a page to get the next one. A page without a cursor is the last.

**Sentences** are \`{ code, values, text }\`: the code names the sentence and never changes, the values are what it says, and the text is
the sentence in English. So a page can say each in another language from code and values alone. Dates in values are \`YYYY-MM-DD\`, instants
ISO in UTC, sizes bytes; ids and states are as everywhere in this API; a list is one text, its items with a comma and a space between
them. A problem with a place has \`message\` in place of \`text\`; a problem+json has its sentence as \`detail\`, with \`code\` and \`values\`
beside it. A code may stand for a refusal (then it is the end of the type, too), or for one of several sentences of one type.

**Problems** are \`application/problem+json\` (RFC 9457); \`problems\` lists every error with its place. The types are stable:

| type | status | meaning |
|---|---|---|
${Object.entries(problemTypes)
  .map(([type, { status, title }]) => `| \`${type}\` | ${status} | ${title} |`)
  .join('\n')}

What the gateway itself refuses (a missing or invalid token, a body over 6 MB, too many calls) is \`application/json\` with a \`message\`.`;

const tagTexts: Readonly<Record<string, string>> = {
  audits: 'Audits, as their assessor sees them',
  employer: 'What the contact of an employer sees about their company',
  queue: 'The review queue',
  reviews: 'Reviews, for reviewers and administrators',
  reviewers: 'Reviewers, and whether they are present',
  employers: 'Employers: their records, their certificates and what is due',
  assessors: 'Assessors: their records and completed courses',
  assessor: 'What an assessor sees about themselves',
  courses: 'The courses that give and renew the status of an assessor',
  sessions: 'Sessions of classroom courses',
  binders: 'Audits that were sent by mail',
  risks: 'What is at risk',
  'sign-ins': 'The persons that a sign-in stands for',
  imports: 'Employers and assessors from CSV files',
  protocols: 'Protocols: the questions that audits answer',
  'rule-sets': 'Rule sets: the numbers by which audits are judged',
  'openapi.json': 'The description of the API',
};

/**
 * The OpenAPI 3.1 document of the API, from the endpoints' own schemas.
 * @param serverUrl where the API is reached, such as https://api.partner.example.org; else where the document came from
 * @param issuer the issuer of the access tokens, where its OpenID Connect configuration is found; else any bearer token
 */
export function openApiDocument({
  serverUrl = '/',
  issuer,
}: {
  readonly serverUrl?: string | undefined;
  readonly issuer?: string | undefined;
} = {}): OpenApiDocument {
  const definitions = toJsonSchemaDefs(shared, { ...conversion, typeMode: 'output' });
  const components = Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, { ...schema }]));
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints))
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operation(name, endpoint, components),
    };
  paths[openApiPath] = { get: ownOperation };
  const tags = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap((each) => each.tags)));

  return {
    openapi: '3.1.1',
    info: {
      title: 'SECOR certification program',
      version: '1',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    security: secured,
    tags: [...tags].map((name) => ({ name, description: tagTexts[name] ?? name })),
    paths,
    components: {
      schemas: {
        ...components,
        GatewayAnswer: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
      },
      parameters: {
        IfMatch: {
          name: 'If-Match',
          in: 'header',
          required: true,
          description: 'The version that the caller saw, as in the ETag',
          schema: { type: 'string', pattern: '^("\\d+"|\\d+)$', examples: ['"7"'] },
        },
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'Marks a call that may be repeated within 24 hours: a new random key for each new request',
          schema: jsonSchema(IdempotencyKey, 'input'),
        },
      },
      headers: {
        ETag: {
          description: 'The version of what is shown, in quotes; a hash, for this document and for what never changes',
          schema: { type: 'string' },
        },
        CacheControl: {
          description: 'The answer never changes: caches may keep it for good',
          schema: { type: 'string' },
        },
        IdempotentReplayed: {
          description: 'Only on a repetition: nothing was changed, and this is the answer to the first call',
          schema: { type: 'string', const: 'true' },
        },
        RetryAfter: {
          description: 'Seconds to wait before trying again',
          schema: { type: 'string', pattern: '^\\d+$' },
        },
      },
      responses: {
        ...Object.fromEntries(
          Object.entries(problemResponses).map(([status, { name, gateway = false }]) => [
            name,
            problemResponse(Number(status), gateway),
          ]),
        ),
      },
      securitySchemes: {
        accessToken:
          issuer === undefined
            ? { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An OpenID Connect access token' }
            : {
                type: 'openIdConnect',
                openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
                description: 'An access token of this issuer, as a bearer token',
              },
      },
    },
  };
}
