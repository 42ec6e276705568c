import { createHash } from 'node:crypto';
import { samplePeople } from '@secor/cli';
import { accept, askForLink, readReview, register } from '@secor/cli/play-audit';
import { openApiPath } from '@secor/contracts';
import { addAssessor, addEmployer, linkSignIn } from '@secor/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bodySchema, exampleOf, operations, type RawCall, rawCall, wellFormed } from '../support/checked-api.ts';
import { claimsOf, known, physical, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud, administrator, reviewers, enrol, settled } = site;

const call = (path: string, sent: RawCall = {}) => rawCall(cloud.apiUrl, path, sent);

const [reviewer] = samplePeople.reviewers;
const reviewerToken = await cloud.token({ email: reviewer?.email ?? '', groups: ['reviewer'] });
const administratorToken = await cloud.token({
  email: samplePeople.administrator.email,
  groups: ['administrator'],
});
const assessorToken = async (email: string) => cloud.token({ email, groups: ['assessor'] });

describe('who calls', () => {
  test('a flood of the open description shuts nobody else out', async () => {
    const { token } = await enrol();
    const document = () => fetch(`${cloud.apiUrl}${openApiPath}`);
    const own = () => fetch(`${cloud.apiUrl}/v1/audits`, { headers: { authorization: `Bearer ${token}` } });
    const flood = Promise.all(Array.from({ length: 300 }, document));
    const answers = await Promise.all(Array.from({ length: 20 }, own));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const statuses = (await flood).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(100);
  });

  test('a role that the route is not for: 403, with the role that it takes', async () => {
    const { assessor } = await enrol();
    const token = await assessorToken(assessor.email);
    const asReviewer = await call('/v1/audits', { token: reviewerToken });
    expect(asReviewer).toMatchObject({
      status: 403,
      type: 'application/problem+json',
      body: { status: 403, detail: expect.stringContaining('assessor') },
    });
    expect(await call('/v1/queue', { token })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('reviewer or administrator') },
    });
    const nobody = await cloud.token({ email: 'nobody@example.org', groups: [] });
    expect((await call('/v1/queue', { token: nobody })).status).toBe(403);
    const unlinked = await assessorToken('unlinked@example.org');
    expect(await call('/v1/audits', { token: unlinked })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('not linked') },
    });
  });

  test.each([
    ['a slash', 'a%2Fb'],
    ['a slash, encoded twice', 'a%252Fb'],
    ['a question mark', 'a%3Fb'],
    ['a number sign', 'a%23b'],
    ['a percent sign', '100%25'],
    ['a percent sign that begins no code', '100%'],
    ['bytes that are no UTF-8', '%FF%FE'],
    ['a zero', 'a%00b'],
    ['blanks and letters of all kinds', '%20%C3%A9%F0%9F%8D%81%EF%BF%BF'],
    ['more than an id', 'x'.repeat(300)],
    ['as much as an id, in wide letters', '%E2%82%AC'.repeat(200)],
  ])('an id in a path with %s is refused or not found, at every route', async (_, id) => {
    const calls = operations.filter(({ path }) => path.includes('{'));
    expect(calls.length).toBeGreaterThan(20);
    const groups = ['assessor', 'reviewer', 'administrator'];
    const token = await cloud.token({ email: samplePeople.administrator.email, groups });
    for (const operation of calls) {
      const { method, operationId } = operation;
      const path = operation.path.replace(/\{\w+\}/g, id);
      const schema = bodySchema(operation);
      const body = schema === undefined ? undefined : JSON.stringify(exampleOf(schema, wellFormed));
      const { status } = await call(path, { method, token, body, headers: { 'if-match': '"1"' } });
      expect([400, 403, 404, 409], `${operationId} ${path}`).toContain(status);
    }
  });

  test('a route that there is not: 404', async () => {
    expect((await call('/v1/moose', { token: reviewerToken })).status).toBe(404);
  });
});

describe('whose audit', () => {
  test('an assessor sees only their own: nobody is told whether another one exists', async () => {
    const [one, other] = [await enrol(), await enrol()];
    const auditNumber = await site.underReview(one);
    const parameters = { auditNumber };
    const own = await other.api('readAudit', { parameters }).catch((error) => error);
    const none = await other.api('readAudit', { parameters: { auditNumber: '100000001' } }).catch((error) => error);
    expect([own.status, none.status]).toEqual([404, 404]);
    expect(own.message.replace(auditNumber, 'N')).toBe(none.message.replace('100000001', 'N'));
    await expect(askForLink(other.api, auditNumber)).rejects.toMatchObject({ status: 404 });
    await expect(other.api('readReport', { parameters })).rejects.toMatchObject({ status: 404 });
    await expect(one.api('readReport', { parameters })).rejects.toMatchObject({ status: 404 });
    expect((await other.api('listAudits', {})).audits).toEqual([]);
    await expect(register(other.api, one.employer.employerId, 'certification')).rejects.toMatchObject({ status: 403 });
  });

  test('a reviewer sees what is theirs or nobody’s, an administrator all', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const { reviewerId } = await site.stored(auditNumber);
    const theirs = samplePeople.reviewers.findIndex((each) => each.reviewerId === reviewerId);
    for (const [index, api] of reviewers.entries()) {
      const reading = readReview(api, auditNumber);
      if (index === theirs) expect(await reading).toMatchObject({ auditNumber });
      else await expect(reading).rejects.toMatchObject({ status: 404 });
      const queue = (await api('listQueue', {})).entries.map((entry) => entry.auditNumber);
      expect(queue.includes(auditNumber)).toBe(index === theirs);
    }
    const entry = (await administrator('listQueue', {})).entries.find((each) => each.auditNumber === auditNumber);
    expect(entry?.assigned).toBe('to another reviewer');
    expect(await readReview(administrator, auditNumber)).toMatchObject({ auditNumber });
  });

  test('before there is a revision no reviewer has anything to review: 404', async () => {
    const party = await enrol();
    const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
    for (const api of reviewers) await expect(readReview(api, auditNumber)).rejects.toMatchObject({ status: 404 });
    expect(await readReview(administrator, auditNumber)).toMatchObject({ revision: 0, answers: [], documents: [] });
  });
});

describe('what is sent', () => {
  test.each<[string, string, RegExp[]]>([
    ['no JSON', '{', [/not valid JSON/]],
    ['nothing in it', '{}', [/employerId/, /kind/]],
    ['other values, and one more', '{"employerId":"","kind":"yearly","more":1}', [/employerId/, /kind/, /more/]],
  ])('%s: 400 with all problems as problem+json', async (_, body, expected) => {
    const { assessor } = await enrol();
    const token = await assessorToken(assessor.email);
    const answer = await call('/v1/audits', { method: 'POST', token, body });
    expect(answer).toMatchObject({ status: 400, type: 'application/problem+json', body: { status: 400 } });
    expect(answer.body.title).toBeTruthy();
    const problems = (answer.body.problems ?? []).map(({ place, message }) => `${place}: ${message}`);
    for (const pattern of expected) expect([answer.body.detail, ...problems].join('\n')).toMatch(pattern);
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.(ts|mjs)/);
  });

  test.each([
    ['a number that is none', '/v1/audits/12'],
    ['a state that there is not', '/v1/audits?state=lost'],
    ['a parameter that there is not', '/v1/audits?page=2'],
    ['a cursor that was made up', '/v1/audits?cursor=bW9vc2U'],
    ['a cursor of another list', `/v1/audits?cursor=${Buffer.from('2026-01-01#123456789').toString('base64url')}`],
  ])('%s: 400', async (_, path) => {
    const { assessor } = await enrol();
    const token = await assessorToken(assessor.email);
    expect(await call(path, { token })).toMatchObject({ status: 400, type: 'application/problem+json' });
  });

  test('a cursor of the queue that was made up: 400', async () => {
    await expect(administrator('listQueue', { query: { cursor: 'bW9vc2U' } })).rejects.toMatchObject({ status: 400 });
  });
});

describe('what can not be done as things stand', () => {
  test('a second open audit of a kind, and maintenance without a certificate: 409', async () => {
    const { api, employer } = await enrol();
    const first = await register(api, employer.employerId, 'certification');
    await expect(register(api, employer.employerId, 'certification')).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(first.auditNumber),
      problem: { type: 'urn:secor:audit-open' },
    });
    await expect(register(api, employer.employerId, 'maintenance')).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:no-certificate' },
    });
  });

  test('two registrations at the same time: one audit', async () => {
    const { api, employer } = await enrol();
    const tries = await Promise.allSettled(
      Array.from({ length: 4 }, () => register(api, employer.employerId, 'certification')),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const refused of tries)
      if (refused.status === 'rejected') expect(refused.reason).toMatchObject({ status: 409 });
    expect((await api('listAudits', {})).audits).toHaveLength(1);
  });

  test('accept while the documents are not laid out: 409, and the review says pending', async () => {
    const party = await enrol();
    const audit = await register(party.api, party.employer.employerId, 'certification');
    const { auditNumber } = audit;
    const mend = cloud.faults.inject({ principal: physical('layout'), service: 's3', kind: 'error' });
    onTestFinished(mend);
    const failed = Promise.withResolvers<void>();
    onTestFinished(cloud.on('ended', ({ functionName }) => functionName === physical('layout') && failed.resolve()));
    await site.submit(party, auditNumber, site.pack(audit));
    await failed.promise;
    const review = await readReview(administrator, auditNumber);
    expect(review).toMatchObject({ layout: 'pending', documents: [] });
    await expect(accept(administrator, review)).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:documents-not-laid-out' },
    });
    mend();
    await settled();
    expect(await site.decide(auditNumber)).toMatchObject({ state: 'closed' });
    await settled();
  });

  test('accept with another version: 412, without one: 428, twice: 409', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const token = await cloud.token({ email: samplePeople.administrator.email, groups: ['administrator'] });
    const path = `/v1/reviews/${auditNumber}`;
    const read = await call(path, { token });
    const post = (headers: Readonly<Record<string, string>>, body: object = { revision: 1 }) =>
      call(`${path}/accept`, { method: 'POST', token, body: JSON.stringify(body), headers });
    expect(read.etag).toBe(`"${read.body.version}"`);
    const without = await post({});
    expect(without).toMatchObject({ status: 428, body: { detail: expect.stringContaining('If-Match') } });
    expect((await post({ 'if-match': `"${known(read.body.version) - 1}"` })).status).toBe(412);
    expect((await post({ 'if-match': '*' })).status).toBe(400);
    expect((await post({ 'if-match': known(read.etag ?? undefined) }, { revision: 2 })).status).toBe(412);
    expect((await post({ 'if-match': known(read.etag ?? undefined) }, { revision: 0 })).status).toBe(400);
    expect(await post({ 'if-match': known(read.etag ?? undefined) })).toMatchObject({
      status: 200,
      body: { state: 'closed', outcome: 'passed' },
      etag: `"${known(read.body.version) + 1}"`,
    });
    expect(await post({ 'if-match': `"${known(read.body.version) + 1}"` })).toMatchObject({
      status: 409,
      body: { type: 'urn:secor:not-up-for-decision', code: 'not-up-for-decision' },
    });
    await settled();
  });

  test('two decisions at the same time: one certificate', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const review = await readReview(administrator, auditNumber);
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => accept(administrator, review)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const refused of tries) if (refused.status === 'rejected') expect([409, 412]).toContain(refused.reason.status);
    await settled();
    expect((await site.lettersTo(party)).filter(({ subject }) => subject.startsWith('Passed'))).toHaveLength(2);
  });
});

describe('long lists', () => {
  test('come in pages of fifty, newest first, each audit once', async () => {
    const count = 60;
    const name = 'many-employers';
    const actsFor = Array.from({ length: count }, (_, index) => `${name}-${index}`);
    const email = 'many@assessor.example.net';
    const { employer } = await enrol();
    const at = new Date(site.cloud.clock.now()).toISOString();
    await Promise.all(
      actsFor.map((employerId, index) =>
        addEmployer(site.store, { ...employer, employerId, wcbAccount: String(10_000 + index) }, at),
      ),
    );
    const completions = [{ courseId: 'safety-program-development', completedOn: site.today() }];
    await addAssessor(site.store, { assessorId: name, name, email, actsFor, completions }, at);
    const { iss, sub } = claimsOf(await assessorToken(email));
    await linkSignIn(site.store, iss, sub, { assessorId: name });
    const api = await site.client(email, 'assessor');
    // So many are more than a person's of a day: room is made for them.
    const counter = { pk: `LIMIT#${name}`, sk: `registrationsOfPerson#${site.today()}` };
    await site.putItem({ ...counter, kind: 'counter', count: -count });
    const registered: string[] = [];
    for (const employerId of actsFor) registered.push((await register(api, employerId, 'certification')).auditNumber);

    const first = await api('listAudits', {});
    expect(first.audits).toHaveLength(50);
    const second = await api('listAudits', { query: { cursor: known(first.cursor) } });
    expect(second.cursor).toBeUndefined();
    const listed = [...first.audits, ...second.audits];
    expect(listed.map(({ auditNumber }) => auditNumber).toSorted()).toEqual(registered.toSorted());
    const times = listed.map(({ registeredAt }) => registeredAt);
    expect(times).toEqual(times.toSorted().reverse());

    const employers: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await administrator('listEmployers', { query: cursor === undefined ? {} : { cursor } });
      expect(page.employers.length).toBeLessThanOrEqual(50);
      employers.push(...page.employers.map(({ employerId }) => employerId));
      ({ cursor } = page);
    } while (cursor !== undefined);
    expect(new Set(employers).size).toBe(employers.length);
    expect(employers).toEqual(expect.arrayContaining(actsFor));

    // What a cursor says is no more than a place in the caller's own list.
    const { api: other } = await enrol();
    expect((await other('listAudits', { query: { cursor: known(first.cursor) } })).audits).toEqual([]);
  });

  test.each<[string, string]>([
    ['/v1/audits', '2026-01-01T06:00:00.000Z#123456789'],
    ['/v1/audits?state=closed', '2026-01-01T06:00:00.000Z#123456789'],
    ['/v1/employer/audits', '2026-01-01T06:00:00.000Z#123456789'],
    ['/v1/queue', '2026-01-01#123456789'],
    ['/v1/risks', '2026-01-01#an-employer'],
    ['/v1/employers', 'a name#an-employer'],
    ['/v1/assessors', 'a name#an-assessor'],
  ])('of %s go on from any place that there can be, and from no other', async (path, place) => {
    const { token: assessors, employer } = await enrol();
    const { employerId, contact } = employer;
    const contacts = await cloud.token({ email: contact.email, groups: ['employer'] });
    const { iss, sub } = claimsOf(contacts);
    await linkSignIn(site.store, iss, sub, { employerId, contactEmail: contact.email });
    const token =
      { '/v1/audits': assessors, '/v1/employer/audits': contacts }[path.replace(/\?.*/, '')] ?? administratorToken;
    const from = async (position: string) => {
      const cursor = `${createHash('sha256').update(position).digest('base64url').slice(0, 8)}${Buffer.from(position).toString('base64url')}`;
      return (await call(`${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`, { token })).status;
    };
    expect(await from(place)).toBe(200);
    const bent = ['', '#', `${place}#`, place.replace('#', ''), `${'€'.repeat(800)}#a`, `a${place}`.repeat(100)];
    const withDigits = (count: number) => place.replace(/(T06:00:00)/, `$1${'0'.repeat(count)}`);
    // As long as a key may be, which what stands before it in some lists makes too long; and longer.
    const digits = [1024 - place.length, 1100].map(withDigits).filter((each) => each !== place);
    for (const position of [...bent, ...digits]) {
      expect([200, 400], JSON.stringify(position)).toContain(await from(position));
    }
    expect(await from(`${'€'.repeat(800)}#a`)).toBe(400);
  });

  test('are read from an index that may be late: no decision is', async () => {
    onTestFinished(cloud.faults.inject({ kind: 'stale-index', milliseconds: 60_000 }));
    const party = await enrol();
    const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
    expect((await party.api('listAudits', {})).audits).toEqual([]);
    await expect(register(party.api, party.employer.employerId, 'certification')).rejects.toMatchObject({
      status: 409,
    });
    await site.submit(party, auditNumber, site.pack({ auditNumber, kind: 'certification' }));
    await settled();
    expect(await site.decide(auditNumber)).toMatchObject({ state: 'closed', outcome: 'passed' });
    await settled();
    expect(await site.lettersTo(party)).toHaveLength(3);
  });
});
