import { addDays, ruleSetOn } from '@secor/certification';
import { samplePeople } from '@secor/cli';
import { type Endpoint, endpoints, type Role } from '@secor/contracts';
import { addReviewer, linkSignIn } from '@secor/store';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bodySchema,
  exampleOf,
  type Operation,
  operations,
  pathOf,
  rawCall,
  wellFormed,
} from '../support/checked-api.ts';
import { claimsOf, known, startSite } from '../support/cloud.ts';
import { forgedTokens } from '../support/tokens.ts';

const site = await startSite();
const { cloud, administrator, reviewers, enrol, settled, stored } = site;

/** Who calls, of whose audit. */
const callers = [
  'assessor, own',
  "assessor, another's",
  'reviewer, theirs',
  "reviewer, nobody's",
  "reviewer, nobody's in conflict",
  "reviewer, another's",
  'administrator',
  'employer, own',
  "employer, another's",
] as const;
type Caller = (typeof callers)[number];

/** 'may': the call is judged by the rules of the program, not turned away; else the status of the refusal. */
type Verdict = 'may' | 403 | 404;

/** In which role each calls, and whether what a path names is theirs: by their own company, their conflicts and their audits. */
const callersIn: Readonly<Record<Caller, { readonly role: Role; readonly isTheirs: boolean }>> = {
  'assessor, own': { role: 'assessor', isTheirs: true },
  "assessor, another's": { role: 'assessor', isTheirs: false },
  'reviewer, theirs': { role: 'reviewer', isTheirs: true },
  "reviewer, nobody's": { role: 'reviewer', isTheirs: true },
  "reviewer, nobody's in conflict": { role: 'reviewer', isTheirs: false },
  "reviewer, another's": { role: 'reviewer', isTheirs: false },
  administrator: { role: 'administrator', isTheirs: true },
  'employer, own': { role: 'employer', isTheirs: true },
  "employer, another's": { role: 'employer', isTheirs: false },
};

/** What may be another's: whoever calls is not told whether it exists. Sessions and imports are for all who may ask for any. */
const maybeAnothers = /\{(auditNumber|employerId|assessorId|reviewerId)\}/;

/** Where an operation turns a caller away otherwise than its roles and its path say. */
const exceptions: Readonly<Record<string, Readonly<Partial<Record<Caller, Verdict>>>>> = {
  // Of an employer for whom the assessor does not act nobody is told whether there is one.
  registerAudit: { "assessor, another's": 403 },
  // Who does not act for an employer is told so, and nothing else of it.
  checkEligibility: { "assessor, another's": 'may' },
  // An administrator answers for a binder only, and uploads the package of no other audit.
  answerNotes: { administrator: 404 },
  beginUpload: { administrator: 404 },
  readUpload: { administrator: 404 },
  completeUpload: { administrator: 404 },
  abortUpload: { administrator: 404 },
};

/** What the roles of an operation's endpoint and its path say: who calls in none of the roles is not allowed, what is another's is not found. */
function verdictOf({ operationId, path, 'x-roles': roles }: Operation, caller: Caller): Verdict {
  const { role, isTheirs } = callersIn[caller];
  const exception = exceptions[operationId]?.[caller];
  if (exception !== undefined) return exception;
  if (roles.length === 0) return 'may';
  if (!roles.includes(role)) return 403;
  return isTheirs || !maybeAnothers.test(path) ? 'may' : 404;
}

/** No version that an audit has: whoever may take a step is told that it has changed, and nothing does. */
const staleVersion = '"999999"';
/** What there is not, by what names it. */
const nothing = {
  auditNumber: '100000001',
  reviewerId: 'nobody-of-ours',
  employerId: 'nobody-of-ours',
  assessorId: 'nobody-of-ours',
  sessionId: 'nobody-of-ours',
  importId: '00000000-0000-4000-8000-000000000000',
  protocol: 'nothing-of-ours',
  ruleSet: 'nothing-of-ours',
} as const;

function token(email: string, ...groups: Role[]): Promise<string> {
  return cloud.token({ email, groups });
}

/** Two audits, one with a reviewer and one that nobody could be given, and who is what to them. */
async function prepare() {
  const [joan, tom] = samplePeople.reviewers.map(({ reviewerId }) => reviewerId);
  const [own, others] = [await enrol(), await enrol()];
  const assigned = await site.underReview(own);
  const unassignedParty = await enrol();
  const { employerId } = unassignedParty.employer;
  for (const { reviewerId } of samplePeople.reviewers)
    await site.setReviewer(reviewerId, { present: false, conflicts: reviewerId === tom ? [employerId] : [] });
  const unassigned = await site.underReview(unassignedParty);
  const { reviewerId } = await stored(assigned);
  expect((await stored(unassigned)).reviewerId).toBeUndefined();
  expect(reviewerId).toBe(joan);

  const [joansToken, tomsToken] = await Promise.all(
    samplePeople.reviewers.map(({ email }) => token(email, 'reviewer')),
  );
  const administratorsToken = await token(samplePeople.administrator.email, 'administrator');
  const [ownContact, othersContact] = await Promise.all(
    [own, others].map(async ({ employer: { contact, employerId: company } }) => {
      const contactsToken = await token(contact.email, 'employer');
      const { iss, sub } = claimsOf(contactsToken);
      await linkSignIn(site.store, iss, sub, { employerId: company, contactEmail: contact.email });
      return contactsToken;
    }),
  );
  const seats: Readonly<Record<Caller, readonly [token: string | undefined, auditNumber: string]>> = {
    'assessor, own': [own.token, assigned],
    "assessor, another's": [others.token, assigned],
    'reviewer, theirs': [joansToken, assigned],
    "reviewer, nobody's": [joansToken, unassigned],
    "reviewer, nobody's in conflict": [tomsToken, unassigned],
    "reviewer, another's": [tomsToken, assigned],
    administrator: [administratorsToken, assigned],
    'employer, own': [ownContact, assigned],
    "employer, another's": [othersContact, assigned],
  };
  const { sessionId } = await administrator('scheduleSession', {
    body: {
      courseId: 'hazard-management',
      date: addDays(site.today(), 1),
      time: '09:00',
      instructor: 'Ines Instructor',
      place: 'Room 4',
      places: 9,
    },
  });
  const { importId } = await administrator('startImport', { body: { of: 'employers' } });
  const begun = { bytes: 1, crc32: ['00000000'] };
  const { link } = await own.api('beginUpload', { parameters: { auditNumber: assigned }, body: begun });
  const leaver = { reviewerId: 'leaves', name: 'Leah', email: 'leah@partner.example.org' };
  await addReviewer(
    site.store,
    { ...leaver, present: false, conflicts: [] },
    new Date(cloud.clock.now()).toISOString(),
  );
  return { own, assigned, unassigned, seats, sessionId, importId, link: String(link), leaver: leaver.reviewerId };
}

let made: Awaited<ReturnType<typeof prepare>>;
beforeAll(async () => {
  made = await prepare();
});

type Named = Readonly<Partial<Record<keyof typeof nothing, string>>> & { readonly auditNumber: string };

/** What there is, by what names it. */
function subjects() {
  const { own, sessionId, importId } = made;
  const { employerId } = own.employer;
  const { assessorId } = own.assessor;
  const [{ reviewerId }] = samplePeople.reviewers;
  const { id: ruleSet, protocol } = ruleSetOn(site.today());
  return {
    employerId,
    assessorId,
    sessionId,
    reviewerId,
    importId,
    protocol: protocol.value,
    ruleSet,
  };
}

/** Calls an operation with all that it asks for. */
function call(operation: Operation, by: string | undefined, named: Named) {
  const schema = bodySchema(operation);
  const today = site.today();
  const days = { endedOn: today, postmarkedOn: today, receivedOn: today, completedOn: today };
  // Who is changed or leaves is nobody on whom the other rules rest: assign hears of it, and gives what an absent one has to others.
  const isOfLeaver = ['changeReviewer', 'leaveReviewers'].includes(operation.operationId);
  const there = isOfLeaver ? { ...subjects(), reviewerId: made.leaver } : subjects();
  const given = { ...wellFormed, ...days, ...there, question: '1.1', ...named, reviewerId: there.reviewerId };
  const numbers = { link: made.link, revision: '1', document: '1', note: '1' };
  return rawCall(cloud.apiUrl, pathOf(operation, { ...there, ...numbers, ...named }) + neededQuery(operation), {
    method: operation.method,
    token: by,
    operationId: operation.operationId,
    headers: { 'if-match': staleVersion },
    ...(schema === undefined ? {} : { body: JSON.stringify(exampleOf(schema, given)) }),
  });
}

/** What whoever has signed in in a role may read, also before they are linked to somebody: nothing of it is about a person. */
const forEveryRole: ReadonlySet<string> = new Set(['readProtocol', 'readRuleSet']);

/** What an operation asks for in its query: the numbers of revisions, or one of a few words. */
function neededQuery({ parameters = [] }: Operation): string {
  const needed = parameters.flatMap((each) =>
    'name' in each && each.in === 'query' && each.required
      ? [`${each.name}=${(each.schema.enum as readonly string[] | undefined)?.[0] ?? 1}`]
      : [],
  );
  return needed.length === 0 ? '' : `?${needed.join('&')}`;
}

test('an exception is one of an operation that there is, and of what its roles and its path do not say', () => {
  for (const [name, verdicts] of Object.entries(exceptions)) {
    const operation = known(operations.find(({ operationId }) => operationId === name));
    for (const [caller, verdict] of Object.entries(verdicts))
      expect(verdictOf({ ...operation, operationId: '' }, caller as Caller), name).not.toBe(verdict);
  }
});

/** What employers may do besides reading: correct their own telephone number. */
const employersOwn: readonly string[] = ['changeOwnPhone'];

test('employers only read and correct their own telephone number, and what a review does is for reviewers and administrators', () => {
  for (const { operationId, method, path, 'x-roles': roles } of operations) {
    if (roles.includes('employer')) expect(method === 'GET', path).toBe(!employersOwn.includes(operationId));
    if (path.startsWith('/v1/reviews/') || path.startsWith('/v1/reviewers'))
      expect(['administrator', 'reviewer'], path).toEqual(expect.arrayContaining([...roles]));
  }
});

test('a group gives no powers to who is not linked as what it names', async () => {
  const signIn = async (
    email: string,
    link: { readonly reviewerId: string } | { readonly administratorId: string },
  ) => {
    const by = await token(email, 'reviewer', 'administrator');
    const { iss, sub } = claimsOf(by);
    await linkSignIn(site.store, iss, sub, link);
    return by;
  };
  const reviewerId = 'only-reviews';
  const email = 'only-reviews@partner.example.org';
  await addReviewer(
    site.store,
    { reviewerId, name: 'Only', email, present: false, conflicts: [] },
    new Date(cloud.clock.now()).toISOString(),
  );
  const reviews = await signIn(email, { reviewerId });
  const administers = await signIn('only-administers@partner.example.org', { administratorId: 'only-administers' });
  const named = { auditNumber: made.unassigned };
  const read = known(operations.find(({ operationId }) => operationId === 'readReview'));
  for (const by of [reviews, administers]) expect((await call(read, by, named)).status).toBe(200);
  const ofOneRole = (role: Role) =>
    operations.filter(({ 'x-roles': roles }) => roles.length === 1 && roles.includes(role));
  for (const [role, by] of [
    ['administrator', reviews],
    ['reviewer', administers],
  ] as const) {
    expect(ofOneRole(role)).not.toEqual([]);
    for (const operation of ofOneRole(role))
      expect((await call(operation, by, named)).status, operation.operationId).toBe(403);
  }
});

/** Who comes back is given what waits: this stands last, since the others rest on an audit that nobody has. */
const isLast = ({ operationId }: Operation) => Number(operationId === 'setPresence');
const inOrder = operations.toSorted((one, other) => isLast(one) - isLast(other));

describe.each(inOrder.map((operation) => [operation.operationId, operation] as const))('%s', (name, operation) => {
  test.each(callers.map((caller) => [caller, verdictOf(operation, caller)] as const))(
    '%s: %s',
    async (caller, verdict) => {
      const [by, auditNumber] = made.seats[caller];
      await settled();
      const version = (await stored(auditNumber)).version;
      const { status, body } = await call(operation, by, { auditNumber });
      if (verdict === 'may') expect([200, 201, 404, 409, 412]).toContain(status);
      else expect(status).toBe(verdict);
      // A 404 is told to who may see the audit only of something else: a report that is not there yet.
      if (verdict === 'may' && status === 404) expect(name).toBe('readReport');
      if (verdict !== 'may') expect((await stored(auditNumber)).version).toBe(version);
      if (verdict !== 'may' && operation.path.includes('{')) {
        const none = await call(operation, by, nothing);
        expect(none.status).toBe(verdict);
        const said = JSON.stringify(body).replaceAll(auditNumber, nothing.auditNumber);
        const ids = Object.values(subjects());
        expect(JSON.stringify(none.body)).toBe(ids.reduce((text, id) => text.replaceAll(id, 'nobody-of-ours'), said));
      }
    },
  );

  const isForAnybody = (endpoints as Readonly<Record<string, Endpoint>>)[name]?.anybody === true;
  const refused = isForAnybody ? 200 : 403;

  test(`whoever is linked to nobody, or is in no group: ${refused}, whether it exists or not`, async () => {
    if (operation['x-roles'].length === 0) return;
    expect((await call(operation, await token('in-no-group@example.org'), nothing)).status).toBe(refused);
    if (forEveryRole.has(name)) return;
    for (const by of [
      await token('linked-to-nobody@example.org', 'assessor', 'reviewer', 'administrator', 'employer'),
      // A group alone makes nobody an administrator.
      await token(known(samplePeople.assessors[0]).email, 'administrator'),
    ])
      for (const named of [{ auditNumber: made.assigned }, nothing])
        expect((await call(operation, by, named)).status).toBe(refused);
  });

  test('a token that is not good: 401; one whose groups only look like a role is in none', async () => {
    if (operation.security.length === 0) return;
    const email = samplePeople.administrator.email;
    const { good, forged, inNoGroup } = await forgedTokens(site, email, operation['x-roles'][0] ?? 'administrator');
    expect((await call(operation, good, nothing)).status).not.toBe(401);
    const answers = await Promise.all(
      Object.entries(forged).map(async ([what, by]) => [
        what,
        (await call(operation, by, { auditNumber: made.assigned })).status,
      ]),
    );
    expect(answers).toEqual(Object.keys(forged).map((what) => [what, 401]));
    for (const by of inNoGroup)
      expect((await call(operation, by, { auditNumber: made.assigned })).status).toBe(refused);
  });
});

test('an employer that there is not is told of as one that is not theirs', async () => {
  const operation = known(operations.find(({ operationId }) => operationId === 'registerAudit'));
  const [by] = made.seats["assessor, another's"];
  const { employerId } = made.own.employer;
  const of = (id: string) => call(operation, by, { ...nothing, employerId: id });
  const [others, none] = [await of(employerId), await of('nobody')];
  expect([others.status, none.status]).toEqual([403, 403]);
  expect(known(others.body.detail).replaceAll(employerId, 'E')).toBe(known(none.body.detail).replaceAll('nobody', 'E'));
});

test('lists hold what the caller may see, and no more', async () => {
  const of = async (api: typeof administrator) =>
    (await api('listQueue', {})).entries.map(({ auditNumber }) => auditNumber).toSorted();
  const { assigned, unassigned, own } = made;
  const [joan, tom] = reviewers;
  expect(await of(administrator)).toEqual([assigned, unassigned].toSorted());
  expect(await of(known(joan))).toEqual([assigned, unassigned].toSorted());
  expect(await of(known(tom))).toEqual([]);
  expect((await own.api('listAudits', {})).audits.map(({ auditNumber }) => auditNumber)).toEqual([assigned]);
});

test('a reviewer whose group was taken away has nothing left, an administrator who reviews has both', async () => {
  const email = 'both@partner.example.org';
  const { iss, sub } = claimsOf(await token(email, 'reviewer', 'administrator'));
  const reviewerId = 'reviews-and-administers';
  await addReviewer(
    site.store,
    { reviewerId, name: 'Both', email, present: false, conflicts: [] },
    new Date(cloud.clock.now()).toISOString(),
  );
  await linkSignIn(site.store, iss, sub, { reviewerId, administratorId: 'administers-and-reviews' });
  const read = known(operations.find(({ operationId }) => operationId === 'readReview'));
  const status = async (...groups: Role[]) =>
    (await call(read, await token(email, ...groups), { auditNumber: made.assigned })).status;
  expect(await status('reviewer', 'administrator')).toBe(200);
  expect(await status('administrator')).toBe(200);
  expect(await status('reviewer')).toBe(404);
  expect(await status('assessor')).toBe(403);
  expect(await status()).toBe(403);
});

test('nothing is left undone by all of this', async () => {
  await settled();
  expect(site.deadLetters()).toEqual({});
});
