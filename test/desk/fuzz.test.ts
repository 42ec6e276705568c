import { randomInt } from 'node:crypto';
import { addDays, protocolIds, ruleSetIds } from '@secor/certification';
import { samplePeople } from '@secor/cli';
import { readReview } from '@secor/cli/play-audit';
import type { Role } from '@secor/contracts';
import { linkSignIn, listReviewers, readAssessor, readEmployer, readStoredDraft } from '@secor/store';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bodySchema,
  exampleOf,
  type Operation,
  operations,
  pathOf,
  type RawCall,
  rawCall,
  wellFormed,
} from '../support/checked-api.ts';
import { claimsOf, known, type Party, startSite } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';

const site = await startSite();
const { cloud, enrol, stored, settled } = site;
const desk = deskOf(site);

/** Another one is tried by SECOR_SEED=…, as the failure prints it. */
const seed = Number(process.env.SECOR_SEED ?? randomInt(2 ** 31));
const callsPerRoute = 60;

type Schema = NonNullable<ReturnType<typeof bodySchema>> & {
  readonly pattern?: string;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly additionalProperties?: boolean;
};

/** Where an audit can stand; each operation is tried on one of each. */
const states = ['registered', 'pending review', 'in review', 'awaiting revision', 'closed'] as const;
type State = (typeof states)[number];

async function prepare() {
  const party = await enrol(states.length);
  const audits: string[] = [];
  for (const [index, state] of states.entries()) {
    const owner = { ...party, employer: known(party.furtherEmployers[index]) };
    audits.push(await auditIn(state, owner));
  }
  await settled();
  const { sessionId } = await site.administrator('scheduleSession', {
    body: {
      courseId: 'hazard-management',
      date: addDays(site.today(), 1),
      time: '09:00',
      instructor: 'Ines Instructor',
      place: 'Room 4',
      places: 500,
    },
  });
  const { importId } = await site.administrator('startImport', { body: { of: 'employers' } });
  const { employerId, contact } = party.employer;
  const { iss, sub } = claimsOf(await cloud.token({ email: contact.email, groups: ['employer'] }));
  await linkSignIn(site.store, iss, sub, { employerId, contactEmail: contact.email });
  const { answers } = await readReview(site.administrator, known(audits[2]));
  const staff = await cloud.token({ email: samplePeople.administrator.email, groups: ['administrator'] });
  const [reviewer] = samplePeople.reviewers;
  const tokens: Readonly<Record<Role, string>> = {
    assessor: party.token,
    reviewer: await cloud.token({ email: reviewer.email, groups: ['reviewer'] }),
    administrator: staff,
    employer: await cloud.token({ email: party.employer.contact.email, groups: ['employer'] }),
  };
  return { party, audits, tokens, sessionId, importId, question: known(answers[0]).question };
}

async function auditIn(state: State, party: Party): Promise<string> {
  const { employerId } = party.employer;
  if (state === 'registered')
    return (await party.api('registerAudit', { body: { employerId, kind: 'certification' } })).auditNumber;
  const auditNumber = await site.underReview(party);
  const { reviewer } = await desk.reviewerOf(auditNumber);
  if (state === 'in review') await desk.step(reviewer, 'openReview', auditNumber, { revision: 1 });
  if (state === 'awaiting revision') await desk.askForRevision(reviewer, auditNumber);
  if (state === 'closed') await site.decide(auditNumber);
  return auditNumber;
}

let made: Awaited<ReturnType<typeof prepare>>;
beforeAll(async () => {
  made = await prepare();
});

/** What is there, by the names of the properties that name it. */
function given(): Readonly<Record<string, string>> {
  return {
    ...wellFormed,
    employerId: made.party.employer.employerId,
    assessorId: made.party.assessor.assessorId,
    sessionId: made.sessionId,
    importId: made.importId,
    link: '1',
    document: '1',
    revision: 'latest',
    note: '1',
    reviewerId: samplePeople.reviewers[0].reviewerId,
    question: made.question,
    protocol: protocolIds[0] ?? '',
    ruleSet: ruleSetIds[0] ?? '',
  };
}

/** Text as people, programs and attackers send it. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  // Halves of surrogate pairs: JSON has them, UTF-8 has not.
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe00f }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\u202e',
    '__proto__',
    'constructor',
    "'; DROP TABLE audits; --",
    '<script>alert(1)</script>',
    '{{7*7}}',
    '../../etc/passwd',
    'x'.repeat(2_000),
    'x'.repeat(2_001),
    '😀'.repeat(1_000),
    'a\r\nBcc: all@example.org',
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 0.5, 1, 2, 10, 2 ** 53, 1e21, 1e308, Number.MIN_VALUE),
);
const junk: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: text },
  { weight: 2, arbitrary: number },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.constantFrom(null, true, false, [], {}, [[]], { $ref: '#' }),
);

/** Values that the schema takes, by its form. */
function valid(schema: Schema, name = ''): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, each]) => [key, valid(each as Schema, key)]),
        ),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    case 'array':
      return fc.array(valid((schema.items ?? {}) as Schema), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case 'integer':
      return fc.oneof(fc.integer({ min: schema.minimum ?? 0, max: 4 }), fc.maxSafeNat());
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 12 }), number);
    case 'boolean':
      return fc.boolean();
    default:
      return validText(schema, name);
  }
}

function validText({ format, pattern, maxLength = 2_000 }: Schema, name: string): fc.Arbitrary<unknown> {
  // Days that a pattern takes and a calendar does not have are among them.
  if (format === 'date')
    return fc
      .tuple(
        fc.constantFrom('0000', '2026', '2027', '9999'),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
      )
      .map(([year, month, day]) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`);
  const there = given()[name];
  if (pattern !== undefined) {
    const matching = fc.stringMatching(new RegExp(pattern));
    return there === undefined ? matching : fc.oneof(matching, fc.constant(there));
  }
  return fc.oneof(
    text.map((each) => each.slice(0, maxLength)),
    ...(there === undefined ? [] : [fc.constant(there)]),
  );
}

/** Values that are nearly as the schema has it: something is missing, of another kind, or too much. */
function broken(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.type === 'object')
    return fc
      .tuple(
        fc.record(
          Object.fromEntries(
            Object.entries(schema.properties ?? {}).map(([key, each]) => [
              key,
              fc.oneof(valid(each as Schema, key), junk, broken(each as Schema)),
            ]),
          ),
          { requiredKeys: [] },
        ),
        fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, fc.dictionary(fc.string(), junk, { maxKeys: 30 })),
      )
      .map(([own, more]) => ({ ...own, ...more }));
  if (schema.type === 'array')
    return fc.oneof(fc.array(fc.oneof(broken((schema.items ?? {}) as Schema), junk), { maxLength: 50 }), junk);
  return junk;
}

/** What is sent as the body: JSON that fits or nearly does, or no JSON at all. */
function bodies(operation: Operation): fc.Arbitrary<string | undefined> {
  const schema = bodySchema(operation) as Schema | undefined;
  const json = schema === undefined ? junk : fc.oneof({ weight: 8, arbitrary: valid(schema) }, broken(schema), junk);
  const written = json.map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 20, arbitrary: written },
    { weight: 1, arbitrary: written.chain((whole = '') => fc.nat(whole.length).map((end) => whole.slice(0, end))) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        undefined,
        '',
        'null',
        '{"__proto__":{"admin":true}}',
        '{"constructor":{"prototype":{}}}',
        '{"reason":"once","reason":"twice"}',
        '{"awarded":1e999,"question":"1.1","reason":"x"}',
        '{"text":"\\ud800","kind":"actionable","reason":"\\udfff"}',
        '\ufeff{}',
        `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
        `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
      ),
    },
  );
}

const headerText = fc.stringMatching(/^[\x21-\x7e\xa1-\xff]{1,300}$/);
const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record(
    {
      'if-match': fc.oneof(
        { weight: 16, arbitrary: fc.constant('current') },
        headerText,
        fc.constantFrom('*', '""', '"x"', '-1', '"1', '1.5', '0', '"99999999999999999999999"', 'W/"1"', '"1", "2"'),
      ),
      'idempotency-key': fc.oneof(
        headerText,
        { weight: 8, arbitrary: fc.uuid() },
        fc.constantFrom('x', 'x'.repeat(255), 'x'.repeat(256), 'a b'),
      ),
      'content-type': fc.oneof(
        { weight: 24, arbitrary: fc.constant('application/json') },
        headerText,
        fc.constantFrom(
          'application/json; charset=utf-16',
          'application/merge-patch+json',
          'application/x-www-form-urlencoded',
          'multipart/form-data; boundary=x',
          'application/octet-stream',
          'text/plain',
        ),
      ),
      accept: fc.constantFrom('*/*', 'text/html', 'application/xml'),
      'x-forwarded-for': headerText,
    },
    { requiredKeys: ['if-match', 'content-type'] },
  )
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

function queries({ parameters = [] }: Operation): fc.Arbitrary<string> {
  const names = parameters.flatMap((each) => ('name' in each && each.in === 'query' ? [each.name] : []));
  const name = fc.oneof(...names.map((each) => fc.constant(each)), text);
  const value = fc.oneof(
    text,
    fc.constantFrom('active', 'closed', 'me', 'nobody', 'in review', 'active,closed', '1', '2', '999999'),
    fc.constantFrom('certification', 'maintenance', '2026-12-31', '0000-01-01', '9999-12-31', '2026-02-30'),
  );
  const some = fc.array(fc.tuple(name, value), { maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    some.map((pairs) => new URLSearchParams(pairs).toString()),
    fc.constantFrom(
      '%',
      '%00',
      '=',
      '&&&',
      'cursor=%E0%A4%A',
      'cursor[]=1',
      'cursor=a&cursor=b',
      `reviewer=${'x'.repeat(2_000)}`,
    ),
  );
}

const places = fc.oneof(
  { weight: 9, arbitrary: fc.nat(states.length - 1) },
  fc.constantFrom(
    '100000001',
    '012345678',
    '12',
    '%',
    '%00',
    '..',
    '1e8',
    ' 123456789',
    '１２３４５６７８９',
    'a'.repeat(3_000),
  ),
);

type Sent = { readonly place: number | string; readonly query: string; readonly call: RawCall };

/** What an operation takes by its form, with words and days that are none: tried wherever an audit can stand. */
function nearlyGood(operation: Operation): Sent[] {
  const schema = bodySchema(operation);
  if (schema === undefined) return [];
  return ['\ud800', 'a\u0000b'].flatMap((words) =>
    states.map((_, place) => ({
      place,
      query: '',
      call: {
        body: JSON.stringify(
          exampleOf(schema, {
            ...given(),
            text: words,
            reason: words,
            ...(words < 'b' ? { dueOn: '2027-02-30' } : {}),
          }),
        ),
        headers: { 'if-match': 'current', 'content-type': 'application/json' },
      },
    })),
  );
}

/** Far more than is meant to be sent, up to what is refused for its size alone. */
const bodySizes = [240_000, 990_000, 1_100_000];

/** What an operation takes by its form, with one value that makes the body this large. */
function large(operation: Operation): Sent[] {
  const schema = bodySchema(operation);
  if (schema === undefined) return [];
  const example = exampleOf(schema, given()) as object;
  return Object.entries(schema.properties ?? {}).flatMap(([name, { type }]) =>
    bodySizes.map((bytes) => {
      const value = type === 'array' ? Array(bytes / 2).fill(1) : 'x'.repeat(bytes);
      return {
        place: states.indexOf('awaiting revision'),
        query: '',
        call: {
          body: JSON.stringify({ ...example, [name]: value }),
          headers: { 'if-match': 'current', 'content-type': 'application/json' },
        },
      };
    }),
  );
}

function calls(operation: Operation): fc.Arbitrary<Sent> {
  return fc.record({
    place: places,
    query: queries(operation),
    call: fc.record({
      body: operation.method === 'GET' ? fc.constant(undefined) : bodies(operation),
      headers,
      token: fc.constant('whoever may'),
    }),
  });
}

/** The version of what an operation changes. */
async function versionOf({ path }: Operation, auditNumber: string): Promise<number> {
  const { employerId } = made.party.employer;
  const { assessorId } = made.party.assessor;
  if (path === '/v1/employers/{employerId}') return known(await readEmployer(site.store, employerId)).version;
  if (path === '/v1/assessors/{assessorId}') return known(await readAssessor(site.store, assessorId)).version;
  if (path === '/v1/audits/{auditNumber}/draft') return (await readStoredDraft(site.store, auditNumber))?.version ?? 0;
  return (await stored(auditNumber)).version;
}

/** Sends one call, as somebody whose role may; with the version that the audit has, where it says so. */
async function send(operation: Operation, { place, query, call }: Sent) {
  const auditNumber = typeof place === 'number' ? known(made.audits[place]) : place;
  const named = Object.fromEntries(
    Object.entries(given()).map(([name, id]) => [name, typeof place === 'number' ? id : place]),
  );
  const path = `${pathOf(operation, { ...named, auditNumber })}${query === '' ? '' : `?${query}`}`;
  const asked = call.headers?.['if-match'];
  const version = typeof place === 'number' ? await versionOf(operation, auditNumber) : 1;
  const role = operation['x-roles'].at(-1);
  return rawCall(cloud.apiUrl, path, {
    method: operation.method,
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(role === undefined ? {} : { token: made.tokens[role] }),
    headers: { ...call.headers, ...(asked === 'current' ? { 'if-match': `"${version}"` } : {}) },
    operationId: operation.operationId,
  });
}

/** What ends an audit comes late, so that the others meet it in each state; its reviewer leaves when all else is done. */
const late = ['acceptAudit', 'rejectAudit', 'withdrawAudit', 'withdrawReview', 'reopenAudit', 'leaveReviewers'];
const inOrder = operations.toSorted((a, b) => late.indexOf(a.operationId) - late.indexOf(b.operationId));

describe(`whatever is sent is answered with 2xx, or with 4xx and problem+json (SECOR_SEED=${seed})`, () => {
  test.each(inOrder.map((operation) => [operation.operationId, operation] as const))('%s', async (_, operation) => {
    // The answers themselves are checked against the contract by the call.
    await fc.assert(
      fc.asyncProperty(calls(operation), async (sent) => {
        const { status } = await send(operation, sent);
        expect(status).toBeLessThan(500);
        expect(status === 304 || status < 300 || status >= 400).toBe(true);
      }),
      {
        seed,
        numRuns: callsPerRoute,
        endOnFailure: true,
        examples: [...nearlyGood(operation), ...large(operation)].map((sent) => [sent]),
      },
    );
  });
});

test('what is more than an audit can hold is refused, and does not fail', async () => {
  const { reviewerId: tom } = known(samplePeople.reviewers[1]);
  for (const { reviewerId } of await listReviewers(site.store))
    await site.setReviewer(reviewerId, { present: reviewerId === tom, conflicts: [] });
  const auditNumber = await auditIn('in review', await enrol());
  const { reviewer } = await desk.reviewerOf(auditNumber);
  const longest = { kind: 'actionable', text: '€'.repeat(2_000) } as const;
  for (let notes = 1; notes <= 120; notes += 1) {
    const refused = await desk.step(reviewer, 'addNote', auditNumber, longest).then(
      () => undefined,
      (error: { readonly status?: number }) => error.status,
    );
    if (refused !== undefined) {
      expect([notes, refused]).toEqual([notes, 409]);
      break;
    }
  }
  await desk.step(reviewer, 'requestRevision', auditNumber);
});

test('nothing that was taken has gone wrong behind the API', async () => {
  await settled();
  expect(site.deadLetters()).toEqual({});
});
