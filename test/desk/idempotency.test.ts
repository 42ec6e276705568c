import { randomUUID } from 'node:crypto';
import { addDays, auditSubject, limits } from '@secor/certification';
import { register } from '@secor/cli/play-audit';
import { listReviewers, readCycle, readHistory, readReview } from '@secor/store';
import { describe, expect, test } from 'vitest';
import { writes } from '../support/checked-api.ts';
import { known, startSite } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';
import { openAuditsOf, type WriteCase, writeCases } from '../support/write-cases.ts';

const site = await startSite();
const { cloud, store, administrator, enrol, settled, stored } = site;
const { scenarios, send, versionOf, effects, atDesk, inReview } = writeCases(site);
const desk = deskOf(site);
const reason = 'The employer asked for it.';

/** All that a write could have changed. */
async function everything({ employerId, auditNumber, subject }: WriteCase) {
  await settled();
  const numbers = auditNumber === undefined ? openAuditsOf(await readCycle(store, employerId)) : [auditNumber];
  return {
    cycle: await readCycle(store, employerId),
    subject: (await subject?.())?.state,
    reviewers: await listReviewers(store),
    queue: await administrator('listQueue', {}),
    letters: (await cloud.letters()).length,
    audits: await Promise.all(
      numbers.map(async (number) => {
        const audit = await stored(number);
        const history = await readHistory(store, auditSubject(number), audit.events);
        return { audit, history, review: await readReview(store, number) };
      }),
    ),
  };
}

test('every write of the document has its case, and there is no case without one', () => {
  expect(Object.keys(scenarios).toSorted()).toEqual(writes.map(({ operationId }) => operationId).toSorted());
});

describe.each(writes.map((operation) => [operation.operationId, operation] as const))('%s', (name, operation) => {
  test('repeated with its key: the same answer, and nothing more; another request with it: 422', async () => {
    const scenario = await known(scenarios[name])();
    const key = randomUUID();
    const version = await versionOf(scenario);
    const first = await send(operation, scenario, key, version);
    expect(first).toMatchObject({ status: expect.toSatisfy((status) => status < 300), replayed: false });
    const before = await everything(scenario);

    // Also with the version that the call has made: the caller may have read the audit meanwhile.
    for (const seen of [version, await versionOf(scenario)])
      expect(await send(operation, scenario, key, seen)).toEqual({ ...first, replayed: true });
    expect(await send(operation, scenario, key, version, scenario.other)).toMatchObject({
      status: 422,
      body: { type: 'urn:secor:idempotency-key-reused' },
    });
    expect(await everything(scenario)).toEqual(before);
  });

  test('twice at once: one effect, one answer', async () => {
    const scenario = await known(scenarios[name])();
    const before = await effects(scenario);
    const key = randomUUID();
    const version = await versionOf(scenario);
    const answers = await Promise.all([
      send(operation, scenario, key, version),
      send(operation, scenario, key, version),
    ]);
    const [first, second] = answers.toSorted((a, b) => Number(a.replayed) - Number(b.replayed));
    expect(first).toMatchObject({ status: expect.toSatisfy((status) => status < 300), replayed: false });
    expect(second).toEqual({ ...first, replayed: true });
    expect(await effects(scenario)).toBe(before + 1);
  });
});

test('a key is the person’s own, and of one route', async () => {
  const key = randomUUID();
  const [one, other] = [await enrol(), await enrol()];
  const link = async ({ api, employer }: typeof one) => {
    const { auditNumber } = await register(api, employer.employerId, 'certification');
    return api('issueLink', { parameters: { auditNumber }, idempotencyKey: key });
  };
  const [first, second] = [await link(one), await link(other)];
  expect(first.fields.key).not.toBe(second.fields.key);
  const [auditNumber = ''] = openAuditsOf(await readCycle(store, one.employer.employerId));
  const { version } = await stored(auditNumber);
  await one.api('withdrawAudit', {
    parameters: { auditNumber },
    ifMatch: version,
    body: { reason },
    idempotencyKey: key,
  });
  expect(await stored(auditNumber)).toMatchObject({ state: 'withdrawn' });
});

test('a refused call is not kept: the same key may be used when it can succeed', async () => {
  const { auditNumber, reviewer } = await atDesk();
  const parameters = { auditNumber };
  const idempotencyKey = randomUUID();
  const body = { kind: 'actionable', text: 'Add the records.' } as const;
  const note = async () =>
    reviewer('addNote', { parameters, body, idempotencyKey, ifMatch: (await stored(auditNumber)).version });
  await expect(note()).rejects.toMatchObject({ status: 409 });
  await desk.step(reviewer, 'openReview', auditNumber, { revision: 1 });
  expect(await note()).toMatchObject({ state: 'in review' });
});

test('the key of an upload link gives the same link while that is valid, then a new one', async () => {
  const { api, employer } = await enrol();
  const { auditNumber } = await register(api, employer.employerId, 'certification');
  const idempotencyKey = randomUUID();
  const link = () => api('issueLink', { parameters: { auditNumber }, idempotencyKey });
  const first = await link();
  cloud.clock.advanceBy(14 * 60_000);
  expect(await link()).toEqual(first);
  cloud.clock.advanceBy(60_000);
  const next = await link();
  expect(next.link).toBe(first.link + 1);
  expect(Date.parse(next.expiresAt)).toBeGreaterThan(cloud.clock.now());
  expect(await link()).toEqual(next);
});

describe('a limit of the day', () => {
  /** Someone who has one upload link left today. */
  async function nearlyAtLimit() {
    const party = await enrol();
    const { auditNumber } = await register(party.api, party.employer.employerId, 'certification');
    const { max } = limits.linksOfPerson;
    const counter = { pk: `LIMIT#${party.assessor.assessorId}`, sk: `linksOfPerson#${site.today()}` };
    await site.putItem({ ...counter, kind: 'counter', count: max - 1 });
    const link = (idempotencyKey = randomUUID()) =>
      party.api('issueLink', { parameters: { auditNumber }, idempotencyKey });
    return { auditNumber, link };
  }

  const reached = () => ({
    status: 429,
    problem: {
      type: 'urn:secor:limit-reached',
      detail: `You have asked for 100 upload links today. The limit is 100 a day. You can try again from midnight in Alberta, ${addDays(site.today(), 1)} 00:00.`,
    },
  });

  test('lets one of two at once pass, and says when it goes on', async () => {
    const { auditNumber, link } = await nearlyAtLimit();
    const answers = await Promise.allSettled([link(), link()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: reached() });
    expect(await stored(auditNumber)).toMatchObject({ links: 1 });
  });

  test('is not used up by a repetition', async () => {
    const { link } = await nearlyAtLimit();
    const key = randomUUID();
    const first = await link(key);
    expect(await link(key)).toEqual(first);
    await expect(link()).rejects.toMatchObject(reached());
    expect(await link(key)).toEqual(first);
  });
});

test('a key is forgotten after 24 hours', async () => {
  const { auditNumber, reviewer } = await inReview();
  const parameters = { auditNumber };
  const idempotencyKey = randomUUID();
  const body = { kind: 'actionable', text: 'Add the records.' } as const;
  const note = async () =>
    reviewer('addNote', { parameters, body, idempotencyKey, ifMatch: (await stored(auditNumber)).version });
  const notes = async () => (await readReview(store, auditNumber)).notes.length;
  await note();
  cloud.clock.advanceBy(24 * 60 * 60_000 - 60_000);
  await note();
  expect(await notes()).toBe(1);
  cloud.clock.advanceBy(2 * 60_000);
  await note();
  expect(await notes()).toBe(2);
  await settled();
  expect(site.deadLetters()).toEqual({});
});
