import { callsOfPerson, LimitReached } from '@secor/certification';
import {
  type AnsweredCall,
  type AnswerOf,
  Conflict,
  ProblemDetails as Problem,
  type ProblemDetails,
} from '@secor/contracts';
import type { APIGatewayProxyEventV2WithJWTAuthorizer, Context } from 'aws-lambda';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Call, decodeCursor, encodeCursor, httpApi } from './http-api.ts';
import { HttpProblem, refusalProblem } from './http-problem.ts';
import { log } from './log.ts';

type AnyCall = Call<'registerAudit'> | Call<'acceptAudit'>;
type Event = APIGatewayProxyEventV2WithJWTAuthorizer;
type Request = {
  readonly route: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The body as it arrives, where it is no JSON. */
  readonly text?: string;
  readonly isBase64?: boolean;
  readonly sub?: unknown;
  readonly groups?: unknown;
  readonly use?: string;
  /** Claims of the token, in place of those of the user pool. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly at?: string;
};

const noon = '2026-11-23T19:00:00.000Z';

/** A token with these claims; who gets it trusts the authorizer that has checked its signature. */
function tokenOf(claims: object): string {
  const [header, payload] = [{ alg: 'RS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${header}.${payload}.c2lnbmF0dXJl`;
}

/** A claim as API Gateway hands it on. */
function joined(claim: unknown): string {
  return Array.isArray(claim) ? `[${claim.map(joined).join(' ')}]` : String(claim);
}

/** A request as API Gateway hands it on, payload format 2.0. */
function eventOf({
  route,
  headers = {},
  path,
  query,
  body,
  text,
  isBase64 = false,
  sub = 'robin',
  at = noon,
  ...token
}: Request): Event {
  const [method = '', routePath = ''] = route.split(' ');
  const rawPath = routePath.replace(/\{(\w+)\}/g, (_, name: string) => path?.[name] ?? '');
  const claims = {
    iss: 'https://id.example.org',
    sub,
    ...(token.claims ?? {
      token_use: token.use ?? 'access',
      'cognito:groups': token.groups === undefined ? ['assessor', 'reviewer'] : token.groups,
    }),
  };
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    version: '2.0',
    routeKey: route,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {
      host: 'api.example.org',
      authorization: `Bearer ${tokenOf(claims)}`,
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(query === undefined ? {} : { queryStringParameters: { ...query } }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      authorizer: {
        principalId: '',
        integrationLatency: 0,
        jwt: {
          claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, joined(value)])),
          scopes: [],
        },
      },
      domainName: 'api.example.org',
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey: route,
      stage: '$default',
      time: '23/Nov/2026:19:00:00 +0000',
      timeEpoch: Date.parse(at),
    },
    ...(path === undefined ? {} : { pathParameters: { ...path } }),
    ...(sent === undefined ? {} : { body: sent }),
    isBase64Encoded: isBase64,
  };
}

const register: Request = { route: 'POST /v1/audits', body: { employerId: 'e-1', kind: 'certification' } };
const accept: Request = {
  route: 'POST /v1/reviews/{auditNumber}/accept',
  path: { auditNumber: '412345678' },
  headers: { 'if-match': '"7"' },
  body: { revision: 2 },
};
const list: Request = { route: 'GET /v1/audits' };

function entry(version: number, auditNumber = '412345678'): AnswerOf<'registerAudit'> {
  return {
    auditNumber,
    kind: 'certification',
    employerId: 'e-1',
    assessorId: 'a-1',
    protocol: 'secor-2020',
    ruleSet: 'secor-2026',
    registeredAt: noon,
    registeredOn: '2026-11-23',
    state: 'registered',
    revision: 0,
    report: 'none',
    version,
  };
}

const listed = { ...entry(3), legalName: 'E1 Ltd.', assessorName: 'Robin' };

/** What a function keeps: a store that takes an answered call once, as a transaction does, and counts its writes. */
function createStore() {
  const answers = new Map<string, AnsweredCall>();
  const keyOf = ({ issuer, sub, route, key }: AnsweredCall['call']) => JSON.stringify([issuer, sub, route, key]);
  const store = {
    writes: 0,
    reads: 0,
    async commit(answered: AnsweredCall | undefined) {
      if (answered !== undefined) {
        if (answers.has(keyOf(answered.call)))
          throw Object.assign(new Error('was faster'), { name: 'AlreadyAnswered' });
        answers.set(keyOf(answered.call), answered);
      }
      store.writes++;
    },
    async read(call: AnsweredCall['call']) {
      store.reads++;
      return answers.get(keyOf(call))?.answer;
    },
  };
  return store;
}

/** An API that registers and accepts as the functions do, each write raising the version. */
function createApi(before: (call: AnyCall) => unknown = () => {}) {
  const store = createStore();
  const calls: AnyCall[] = [];
  const step = async (call: AnyCall) => {
    calls.push(call);
    await before(call);
    const answer = entry(store.writes + 1);
    await store.commit(call.idempotency(answer));
    return answer;
  };
  const api = httpApi(() => ({
    handlers: { registerAudit: step, acceptAudit: step, listAudits: async () => ({ audits: [listed] }) },
    readAnswer: store.read,
  }));
  const send = async (request: Request) => {
    const response = await api(eventOf(request), {} as Context);
    return { ...response, shown: JSON.parse(response.body ?? '') as unknown };
  };
  const refused = async (request: Request): Promise<ProblemDetails> => {
    const { statusCode, headers, shown } = await send(request);
    expect(headers?.['content-type']).toBe('application/problem+json');
    const problem = v.parse(Problem, shown);
    expect(problem.status).toBe(statusCode);
    return problem;
  };
  return { store, calls, send, refused };
}

const withKey = (request: Request, key = 'k-1'): Request => ({
  ...request,
  headers: { ...request.headers, 'idempotency-key': key },
});

let logged: ReturnType<typeof vi.spyOn>;
let written: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  vi.stubEnv('TOKEN_GROUPS_CLAIM', 'cognito:groups');
  vi.stubEnv('CALLER_KEY', 'a-key');
  vi.stubEnv('ACCESS_TOKEN_CLAIMS', '{"token_use":"access"}');
  logged = vi.spyOn(log, 'error').mockImplementation(() => {});
  written = vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('callers', () => {
  it('who call too often are told when to try again, and nobody else is held up', async () => {
    const { send } = createApi();
    const statuses = async (times: number, request: Request) => {
      const answers = [];
      for (let call = 0; call < times; call += 1) answers.push(await send(request));
      return answers.map(({ statusCode }) => statusCode);
    };
    const allowed = callsOfPerson.atOnce;
    expect(new Set(await statuses(allowed, list))).toEqual(new Set([200]));
    expect(await send(list)).toMatchObject({
      statusCode: 429,
      headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
      shown: { type: 'urn:secor:too-many-calls', detail: 'You call too often. Try again in a second, and less often.' },
    });
    expect(await send({ ...list, sub: 'quinn' })).toMatchObject({ statusCode: 200 });
    const later = { ...list, at: new Date(Date.parse(noon) + 1000).toISOString() };
    const next = await statuses(callsOfPerson.perSecond + 1, later);
    expect(next).toEqual([...Array(callsOfPerson.perSecond).fill(200), 429]);
  });

  it('are written down as a hash, under the id of the request, whatever they were answered', async () => {
    const { send } = createApi();
    const answered = { ...list, path: { auditNumber: '412345678' } };
    await send(answered);
    await send({ ...answered, sub: 'quinn', groups: '[reviewer]' });
    await send(answered);
    const lines = written.mock.calls.map(([line]: unknown[]) => JSON.parse(String(line)));
    const caller = expect.stringMatching(/^[\w-]{22}$/);
    const line = { level: 'INFO', message: 'call answered', requestId: 'request', route: 'GET /v1/audits', caller };
    expect(lines).toEqual([
      { ...line, status: 200 },
      { ...line, status: 403 },
      { ...line, status: 200 },
    ]);
    expect(lines[0].caller).toBe(lines[2].caller);
    expect(lines[0].caller).not.toBe(lines[1].caller);
    expect(JSON.stringify(lines)).not.toMatch(/robin|quinn|id\.example|192\.0\.2|412345678/);
    vi.stubEnv('CALLER_KEY', 'another-key');
    await send(answered);
    expect(JSON.parse(String(written.mock.lastCall?.[0])).caller).not.toBe(lines[0].caller);
  });

  it('who reached a limit of the day are told when it goes on', async () => {
    const { refused, send } = createApi(() => {
      throw new LimitReached({ limit: 'registrationsOfPerson', subject: 'robin' }, noon);
    });
    expect(await refused(register)).toMatchObject({
      status: 429,
      type: 'urn:secor:limit-reached',
      detail:
        'You have registered 40 audits today. The limit is 40 a day. You can try again from midnight in Alberta, 2026-11-24 00:00.',
    });
    // It is one in the afternoon in Alberta.
    expect((await send(register)).headers?.['retry-after']).toBe(String(11 * 60 * 60));
  });
});

describe('a call', () => {
  it('reaches its handler checked, and is answered with status, version and body', async () => {
    const { calls, send } = createApi();
    const { statusCode, headers, shown } = await send({ ...register, groups: ['reviewer', 'assessor'] });
    expect({ statusCode, shown }).toEqual({ statusCode: 201, shown: entry(1) });
    expect(headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store', etag: '"1"' });
    expect(calls).toMatchObject([
      {
        caller: { issuer: 'https://id.example.org', sub: 'robin', roles: ['assessor'] },
        body: { employerId: 'e-1', kind: 'certification' },
        at: noon,
      },
    ]);
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/merge-patch+json'])(
    'may be sent as %s',
    async (type) => {
      const headers = { ...accept.headers, 'content-type': type };
      expect(await createApi().send({ ...accept, headers })).toMatchObject({ statusCode: 200 });
    },
  );

  it('may be handed on in base64, and may have a key named constructor that is no class', async () => {
    const { calls, send } = createApi();
    const text = JSON.stringify(register.body);
    expect(await send({ ...register, text: Buffer.from(text).toString('base64'), isBase64: true })).toMatchObject({
      statusCode: 201,
    });
    expect(calls).toMatchObject([{ body: register.body }]);
    const { problems } = (await send({ ...register, text: '{"constructor":1}' })).shown as ProblemDetails;
    expect(JSON.stringify(problems)).not.toContain('never taken');
  });

  it('carries the version that the caller saw', async () => {
    const { calls, send } = createApi();
    expect(await send(accept)).toMatchObject({ statusCode: 200 });
    expect(calls).toMatchObject([{ ifMatch: 7, parameters: { auditNumber: '412345678' }, body: { revision: 2 } }]);
  });

  it('has no ETag where nothing has a version', async () => {
    const { headers } = await createApi().send(list);
    expect(headers).not.toHaveProperty('etag');
  });

  it('whose answer never changes is kept by caches for good, and answered without a body to whoever has it', async () => {
    let title = 'One';
    const api = httpApi(() => ({
      handlers: { readProtocol: async ({ parameters }) => ({ ...parameters, title, elements: [] }) },
      readAnswer: async () => undefined,
    }));
    const read = (headers = {}) =>
      api(eventOf({ route: 'GET /v1/protocols/{protocol}', path: { protocol: 'secor-2020' }, headers }), {} as Context);
    const first = await read();
    const etag = String(first.headers?.etag);
    expect(first).toMatchObject({
      statusCode: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=31536000, immutable',
        etag: expect.stringMatching(/^"[\w-]{16}"$/),
      },
      body: '{"protocol":"secor-2020","title":"One","elements":[]}',
    });
    expect(await read({ 'if-none-match': `"other", W/${etag}` })).toEqual({
      statusCode: 304,
      headers: { etag, 'cache-control': 'public, max-age=31536000, immutable' },
    });
    title = 'Two';
    expect(await read({ 'if-none-match': etag })).toMatchObject({ statusCode: 200 });
    expect(await read({ authorization: '' })).toMatchObject({
      statusCode: 401,
      headers: { 'cache-control': 'no-store' },
    });
  });

  it('needs an access token and one of the roles, before anything else is told', async () => {
    const { refused } = createApi();
    const broken = { ...register, text: '{' };
    expect(await refused({ ...broken, use: 'id' })).toMatchObject({ status: 401, type: 'urn:secor:not-signed-in' });
    expect(await refused({ ...broken, groups: ['reviewer'] })).toMatchObject({ status: 403 });
    expect(await refused({ ...broken, groups: [] })).toMatchObject({ status: 403, type: 'urn:secor:not-allowed' });
  });

  it('is made in the roles that it is for, whatever other groups the caller is in', async () => {
    const { calls, send } = createApi();
    await send({ ...accept, groups: ['assessor', 'administrator', 'employer', 'reviewer'] });
    expect(calls).toMatchObject([{ caller: { roles: ['reviewer', 'administrator'] } }]);
  });

  it.each([
    ['a group of two words', ['x administrator']],
    ['a group with a comma', ['x,administrator', 'reviewer,assessor']],
    ['a group in brackets', ['[administrator]', 'x]', '[administrator']],
    ['one text of two words', 'x administrator'],
    ['a text that looks like a list', '[administrator]'],
    ['another case', ['Administrator']],
    ['a list within the list', [['administrator']]],
    ['an object', { administrator: true }],
    ['a number', 7],
    ['nothing', null],
    ['true', true],
  ])('is made in no role by %s: groups are compared whole', async (_, groups) => {
    const { calls, refused } = createApi();
    expect(await refused({ ...accept, groups })).toMatchObject({ status: 403, type: 'urn:secor:not-allowed' });
    expect(calls).toEqual([]);
  });

  it('is made in the role of a group that is the claim’s only text, or stands beside others of any form', async () => {
    const { calls, send } = createApi();
    await send({ ...accept, groups: 'administrator' });
    await send({ ...accept, groups: [null, 7, 'x reviewer', 'administrator'] });
    expect(calls).toMatchObject([{ caller: { roles: ['administrator'] } }, { caller: { roles: ['administrator'] } }]);
  });

  it.each([
    ['a sub of 3,000 characters', { sub: 'x'.repeat(3000) }],
    ['a sub of 256 characters', { sub: 'x'.repeat(256) }],
    ['an empty sub', { sub: '' }],
    ['half a character', { sub: 'a\ud800' }],
    ['letters beyond ASCII', { sub: 'é' }],
    ['a line break', { sub: 'a\nb' }],
    ['a number', { sub: 7 }],
    ['a list', { sub: ['robin'] }],
    ['an object', { sub: {} }],
    ['nothing', { sub: null }],
    ['no sub at all', { claims: { sub: undefined, token_use: 'access', 'cognito:groups': ['assessor'] } }],
    ['a token_use that is a list', { use: ['access'] as never }],
  ])('by a token with %s is 401, in words', async (_, bent) => {
    const { calls, refused } = createApi();
    const problem = await refused({ ...register, ...bent, headers: { 'idempotency-key': 'k' } });
    expect(problem).toMatchObject({
      status: 401,
      type: 'urn:secor:not-signed-in',
      detail: expect.stringMatching('access token'),
    });
    expect(calls).toEqual([]);
  });

  it('by anything but one token in the header is 401', async () => {
    const { send, refused } = createApi();
    const token = tokenOf({ iss: 'i', sub: 's', token_use: 'access', 'cognito:groups': ['assessor'] });
    expect(await send({ ...register, headers: { authorization: token } })).toMatchObject({ statusCode: 201 });
    for (const authorization of [`Bearer ${token},Bearer ${token}`, `${token} ${token}`, '', 'a.b.c', 'a.bnVsbA.c'])
      expect(await refused({ ...register, headers: { authorization } }), authorization).toMatchObject({ status: 401 });
  });

  it('takes the tokens of another issuer as the stage says that they are', async () => {
    vi.stubEnv('TOKEN_GROUPS_CLAIM', 'https://secor.example.org/roles');
    vi.stubEnv('ACCESS_TOKEN_CLAIMS', '{}');
    const claims = { 'https://secor.example.org/roles': ['assessor'] };
    expect(await createApi().send({ ...register, claims })).toMatchObject({ statusCode: 201 });
    vi.stubEnv('ACCESS_TOKEN_CLAIMS', '{"typ":"Bearer"}');
    const { send, refused } = createApi();
    expect(await send({ ...register, claims: { ...claims, typ: 'Bearer' } })).toMatchObject({ statusCode: 201 });
    for (const others of [claims, { ...claims, typ: 'ID' }])
      expect(await refused({ ...register, claims: others })).toMatchObject({ status: 401 });
    const ofPool = { 'cognito:groups': ['assessor'], typ: 'Bearer' };
    expect(await refused({ ...register, claims: ofPool })).toMatchObject({ status: 403 });
  });

  it('to a route that the function has not is 404', async () => {
    const { refused } = createApi();
    expect(await refused({ route: 'GET /v1/queue' })).toMatchObject({ status: 404 });
    expect(await refused({ route: 'DELETE /v1/audits' })).toMatchObject({ status: 404 });
  });
});

describe('problems', () => {
  it('are told all at once, each with its place: path, body and headers', async () => {
    const problem = await createApi().refused({
      ...accept,
      path: { auditNumber: '012345678' },
      headers: { 'idempotency-key': 'with a blank' },
      body: { revision: 0, decision: 'yes' },
    });
    expect(problem).toMatchObject({ status: 400, type: 'urn:secor:invalid-request' });
    expect(problem.problems).toEqual([
      {
        place: 'path, auditNumber',
        message: 'must be nine digits, the first not zero',
        code: 'not-nine-digits',
        values: {},
      },
      { place: 'body, revision', message: 'must be at least 1', code: 'too-small', values: { least: 1 } },
      { place: 'body, decision', message: 'is not known here; leave it out', code: 'unknown-field', values: {} },
      {
        place: 'header, Idempotency-Key',
        message: 'must be 1 to 255 visible ASCII characters, without blanks',
        code: 'not-a-key',
        values: {},
      },
      { place: 'header, If-Match', message: 'is missing', code: 'missing', values: {} },
    ]);
  });

  it('tell 428 where nothing is missing but the version', async () => {
    const problem = await createApi().refused({ ...accept, headers: {} });
    expect(problem).toMatchObject({
      status: 428,
      type: 'urn:secor:version-missing',
      problems: [{ place: 'header, If-Match', message: 'is missing' }],
    });
  });

  it.each(['seven', '', '*', '"7', '7"', 'W/"7"'])('tell what a version looks like for If-Match %j', async (tag) => {
    const problem = await createApi().refused({ ...accept, headers: { 'if-match': tag } });
    expect(problem).toMatchObject({ status: 400, problems: [{ place: 'header, If-Match' }] });
  });

  it.each([
    [{ body: undefined }, 'is missing'],
    [{ text: '' }, 'is missing'],
    [{ text: '{"revision":' }, 'is not valid JSON'],
    [{ text: '{"revision":2,"__proto__":{"x":1}}' }, 'has a key that is not allowed: "__proto__" or "constructor"'],
    [
      { text: '{"revision":2,"x":{"constructor":{"prototype":{}}}}' },
      'has a key that is not allowed: "__proto__" or "constructor"',
    ],
    [{ text: 'null' }, 'must be an object'],
    [{ text: '[]' }, 'is missing'],
  ])('name a body that is none: %j', async (sent, message) => {
    const { problems = [] } = await createApi().refused({ ...accept, ...sent, headers: {} });
    expect(problems).toContainEqual(expect.objectContaining({ place: expect.stringMatching(/^body/), message }));
    expect(problems).toContainEqual(expect.objectContaining({ place: 'header, If-Match', message: 'is missing' }));
  });

  it.each<[string, Partial<Request>]>([
    ['as base64', { text: Buffer.from('{"name":"Zo\u00eb"}', 'latin1').toString('base64'), isBase64: true }],
    // What API Gateway makes of the byte EB in a JSON body.
    ['as text', { text: '{"name":"Zo\ufffd"}', headers: { 'content-length': '14' } }],
  ])('refuse a body that is not UTF-8, handed on %s', async (_, sent) => {
    const { problems, status } = await createApi().refused({ ...register, ...sent });
    expect(status).toBe(400);
    expect(problems).toEqual([
      {
        place: 'body',
        message: 'is not UTF-8: send its text in UTF-8',
        code: 'wrong-encoding',
        values: { encoding: 'UTF-8' },
      },
    ]);
  });

  it('take a body in which the caller has sent U+FFFD themselves', async () => {
    const text = '{"revision":2,"x":"\ufffd"}';
    const headers = { ...accept.headers, 'content-length': String(Buffer.byteLength(text)) };
    const { problems } = await createApi().refused({ ...accept, text, headers });
    expect(problems).toEqual([expect.objectContaining({ place: 'body, x' })]);
  });

  it('tell 413 of a body over 1 MB, before it is read', async () => {
    const { calls, refused } = createApi();
    const spaces = ' '.repeat(1_000_000);
    expect(await refused({ ...accept, text: `${spaces}{` })).toMatchObject({
      status: 413,
      type: 'urn:secor:body-too-large',
    });
    expect(await refused({ ...accept, text: `${'€'.repeat(400_000)}` })).toMatchObject({ status: 413 });
    expect(await refused({ ...accept, text: `{}${spaces}`.slice(0, 1_000_000) })).toMatchObject({ status: 400 });
    expect(calls).toEqual([]);
  });

  it('are so few, whatever comes with 1 MB, that they can be answered', async () => {
    const answers: Request = {
      route: 'POST /v1/audits/{auditNumber}/answers',
      path: { auditNumber: '412345678' },
      headers: { 'if-match': '"7"' },
    };
    for (const count of [120_000, 499_990]) {
      const body = { answers: Array(count).fill(1) };
      const api = httpApi(() => ({
        handlers: { answerNotes: async () => entry(1) },
        readAnswer: async () => undefined,
      }));
      const { statusCode, body: shown = '' } = await api(eventOf({ ...answers, body }), {} as Context);
      expect(statusCode).toBe(400);
      expect(shown.length).toBeLessThan(100_000);
    }
  });

  it.each(['text/plain', 'text/json', 'application/json5', 'application/x-www-form-urlencoded', ''])(
    'tell 415 of a body that is sent as %j, not as JSON',
    async (type) => {
      const headers = { ...accept.headers, 'content-type': type };
      expect(await createApi().refused({ ...accept, headers })).toMatchObject({
        status: 415,
        type: 'urn:secor:not-json',
      });
    },
  );

  it('are what the handler throws', async () => {
    const gone = createApi(() => {
      throw new HttpProblem(404, { code: 'a-code', values: {}, text: 'You have no audit 412345678.' });
    });
    expect(await gone.refused(accept)).toEqual({
      type: 'urn:secor:not-found',
      title: 'Not found',
      status: 404,
      detail: 'You have no audit 412345678.',
      code: 'a-code',
      values: {},
    });
    const refusal = createApi(() => {
      throw refusalProblem({ refused: 'newer-revision', message: 'Revision 3 came in.', values: { revision: 3 } });
    });
    expect(await refusal.refused(accept)).toMatchObject({
      status: 412,
      type: 'urn:secor:newer-revision',
      code: 'newer-revision',
      values: { revision: 3 },
    });
    expect(logged).not.toHaveBeenCalled();
  });

  it('say 503 and when to try again after too many conflicts', async () => {
    const { send } = createApi(() => {
      throw new Conflict();
    });
    expect(await send(accept)).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
  });

  it('say 500 of an error that only bears the name of a conflict: it is not certain that nothing was changed', async () => {
    const { send } = createApi(() => {
      throw Object.assign(new Error('of some library'), { name: 'Conflict' });
    });
    expect(await send(accept)).toMatchObject({ statusCode: 500 });
  });

  it('tell nothing of a failure of ours, but the log', async () => {
    const { refused } = createApi(() => {
      throw new Error('secret place 10.0.0.7');
    });
    const problem = await refused(accept);
    expect(problem).toMatchObject({ status: 500, type: 'urn:secor:failed' });
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(logged).toHaveBeenCalledWith('call failed', expect.objectContaining({ route: accept.route }));
  });

  it('never are a failure, whatever is sent', async () => {
    const { send } = createApi();
    const request = fc.record({
      text: fc.oneof(fc.string(), fc.json()),
      auditNumber: fc.string(),
      match: fc.string(),
      key: fc.string(),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ text, auditNumber, match, key }) => {
        const headers = { 'if-match': match, 'idempotency-key': key };
        const { statusCode } = await send({ ...accept, text, path: { auditNumber }, headers });
        expect(statusCode).toBe(400);
      }),
    );
  });
});

describe('a call with an Idempotency-Key', () => {
  it('is done once: its repetition gets the same answer, marked', async () => {
    const { store, send } = createApi();
    const first = await send(withKey(register));
    const again = await send({ ...withKey(register), at: '2026-11-24T18:59:59.999Z' });
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    expect(again).toEqual({ ...first, headers: { ...first.headers, 'idempotent-replayed': 'true' } });
    expect(store.writes).toBe(1);
  });

  it('is kept as long as its handler says', async () => {
    const kept: (AnsweredCall | undefined)[] = [];
    const { send } = createApi((call) => {
      const repeatable = call as Call<'registerAudit'>;
      kept.push(repeatable.idempotency(entry(1)), repeatable.idempotency(entry(1), '2026-11-23T19:15:00.000Z'));
    });
    await send(withKey(register));
    expect(kept.map((answered) => answered?.keptUntil)).toEqual([undefined, '2026-11-23T19:15:00.000Z']);
  });

  it('is the same call whatever version its repetition names', async () => {
    const { store, send } = createApi();
    const first = await send(withKey(accept));
    const again = await send(withKey({ ...accept, headers: { 'if-match': '"8"' } }));
    expect(again.body).toBe(first.body);
    expect(store.writes).toBe(1);
  });

  it.each([
    ['another body', { ...accept, body: { revision: 3 } }],
    ['another audit', { ...accept, path: { auditNumber: '512345678' } }],
  ])('is refused with %s under the same key', async (_, other) => {
    const { store, send, refused } = createApi();
    await send(withKey(accept));
    expect(await refused(withKey(other))).toMatchObject({ status: 422, type: 'urn:secor:idempotency-key-reused' });
    expect(store.writes).toBe(1);
  });

  it.each([
    ['another person', { ...register, sub: 'quinn' }, 'k-1'],
    ['another route', accept, 'k-1'],
    ['another key', register, 'k-2'],
  ])('leaves those of %s alone', async (_, other, key) => {
    const { store, send } = createApi();
    await send(withKey(register));
    const { headers } = await send(withKey(other, key));
    expect(headers).not.toHaveProperty('idempotent-replayed');
    expect(store.writes).toBe(2);
  });

  it('is not kept when it was refused', async () => {
    let full = true;
    const { store, send, refused } = createApi(() => {
      if (full) throw new HttpProblem(409, { code: 'a-code', values: {}, text: 'Not yet.' });
    });
    expect(await refused(withKey(register))).toMatchObject({ status: 409 });
    full = false;
    expect(await send(withKey(register))).toMatchObject({ statusCode: 201 });
    expect(store.writes).toBe(1);
  });

  it('wins once when it comes twice at the same time; the other gets its answer', async () => {
    const both = Promise.withResolvers<void>();
    let arrived = 0;
    const { store, send } = createApi(() => {
      arrived += 1;
      if (arrived === 2) both.resolve();
      return both.promise;
    });
    const [one, two] = await Promise.all([send(withKey(register)), send(withKey(register))]);
    expect(one?.body).toBe(two?.body);
    const marks = [one, two].map((response) => response?.headers?.['idempotent-replayed']);
    expect(marks.sort()).toEqual(['true', undefined]);
    expect(store.writes).toBe(1);
  });

  it('is answered as the first was when that one has made it impossible meanwhile', async () => {
    const { store, send } = createApi(async (call) => {
      // The same call comes in between, and is done.
      if (store.writes === 0) await store.commit(call.idempotency(entry(8)));
      throw new HttpProblem(409, { code: 'a-code', values: {}, text: 'The audit is closed.' });
    });
    const answered = await send(withKey(accept));
    expect(answered).toMatchObject({ statusCode: 200, shown: entry(8), headers: { 'idempotent-replayed': 'true' } });
  });

  it('is told the reason of a failure when nothing was kept', async () => {
    const { refused } = createApi(() => {
      throw new HttpProblem(412, { code: 'a-code', values: {}, text: 'Read it again.' });
    });
    expect(await refused(withKey(accept))).toMatchObject({ status: 412, detail: 'Read it again.' });
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256), 'tab\t'])('is refused when the key is %j', async (key) => {
    const { store, refused } = createApi();
    expect(await refused(withKey(register, key))).toMatchObject({
      status: 400,
      problems: [{ place: 'header, Idempotency-Key' }],
    });
    expect(store.reads).toBe(0);
  });

  it('may have a key of 255 characters', async () => {
    expect(await createApi().send(withKey(register, '~'.repeat(255)))).toMatchObject({ statusCode: 201 });
  });

  it('costs a read; one without a key costs none, and a GET has none', async () => {
    const { store, send } = createApi();
    await send(register);
    await send(withKey(list));
    expect(store.reads).toBe(0);
    await send(withKey(register));
    expect(store.reads).toBe(1);
  });
});

describe('a cursor', () => {
  const form = /^[\x20-\x7e]+$/;
  const cursorOf = (position: string): string => {
    const { cursor } = encodeCursor(position);
    if (cursor === undefined) throw new Error('no cursor');
    return cursor;
  };
  const positions = fc.stringMatching(form);

  it('gives its position back, and none for none', () => {
    fc.assert(fc.property(positions, (position) => decodeCursor(cursorOf(position), form) === position));
    expect(encodeCursor(undefined)).toEqual({});
    expect(decodeCursor(undefined, form)).toBeUndefined();
  });

  it('is refused when it was cut, changed or made up', () => {
    const tampered = fc
      .tuple(positions, fc.nat(), fc.constantFrom('', 'A', 'z', '=', '!', '0'))
      .map(([position, at, put]) => {
        const cursor = cursorOf(position);
        const place = at % cursor.length;
        return { cursor, changed: `${cursor.slice(0, place)}${put}${cursor.slice(place + 1)}` };
      })
      .filter(({ cursor, changed }) => cursor !== changed);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          tampered.map(({ changed }) => changed),
        ),
        (cursor) => {
          expect(() => decodeCursor(cursor, form)).toThrow(HttpProblem);
        },
      ),
    );
    expect(() => decodeCursor(`${cursorOf('x')}=`, form)).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({
          status: 400,
          problems: [expect.objectContaining({ place: 'query, cursor' })],
        }),
      }),
    );
  });

  it('is refused where its position has another form', () => {
    expect(() => decodeCursor(cursorOf('2026#1'), /^\d+$/)).toThrow(HttpProblem);
  });

  it('is refused where its position is longer than a key', () => {
    const form = /^é+$/;
    expect(decodeCursor(cursorOf('é'.repeat(512)), form)).toBe('é'.repeat(512));
    expect(() => decodeCursor(cursorOf('é'.repeat(513)), form)).toThrow(HttpProblem);
  });
});
