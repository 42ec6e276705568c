import { log } from '@secor/lambda';
import { reachedStaff, readAssessor, readCycle } from '@secor/store';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { addCompany, addRobin, at, openDesk } from '../testing/desk.fixture.ts';
import { tellPerson } from './undeliverable.ts';

let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  desk = await openDesk();
  const secondContact = { name: 'Ines', email: 'ines@example.com' };
  await addCompany(desk.store, 'e1', { secondContact });
  await addRobin(desk.store, 'e1');
});

const tell = (personId: string, address: string, reason: 'bounced' | 'complained' = 'bounced') =>
  tellPerson(desk.store, { personId, address, reason, at, sentAt: at });
const eventsOf = (subject: string) =>
  [...desk.items.values()]
    .filter(({ pk, sk }) => pk === subject && sk.startsWith('EVENT#'))
    .map(({ body }) => (body as { type: string }).type);

describe('mail that failed for good', () => {
  it("is recorded in the employer's cycle, once, by contact", async () => {
    for (const _ of [1, 2]) await tell('e1.1', 'Dale@example.com');
    expect((await readCycle(desk.store, 'e1')).undeliverable).toEqual({ first: at });
    await tell('e1.2', 'ines@example.com', 'complained');
    expect((await readCycle(desk.store, 'e1')).undeliverable).toEqual({ first: at, second: at });
    expect(eventsOf('EMPLOYER#e1')).toEqual(['employer added', 'mail failed', 'mail failed']);
  });

  it('is recorded with an assessor, once', async () => {
    for (const _ of [1, 2]) await tell('a1', 'robin@example.org');
    expect((await readAssessor(desk.store, 'a1'))?.undeliverableSince).toBe(at);
    expect(eventsOf('ASSESSOR#a1')).toEqual(['assessor added', 'mail failed']);
  });

  it("is remembered of the partner's own staff, by the address that it went to", async () => {
    const reviewer = { personId: 'r1', email: 'r1@example.org' };
    const administrator = { personId: 'x1', email: 'x1@example.org' };
    const reached = async (...people: (typeof reviewer)[]) =>
      (await reachedStaff(desk.store, people)).map(({ email }) => email);
    expect(await reached(reviewer, administrator)).toEqual(['r1@example.org', 'x1@example.org']);
    await tell('r1', 'R1@example.org');
    await tell('x1', 'x1@example.org', 'complained');
    expect(await reached(reviewer, administrator)).toEqual([]);
    expect(await reached({ ...reviewer, email: 'new@example.org' })).toEqual(['new@example.org']);
    const kept = JSON.stringify([...desk.items.values()].filter(({ kind }) => kind === 'unreached staff'));
    expect(kept).not.toContain('@');
  });

  it.each(['r1', 'x1'])('is logged as an error of staff, by their id, with what to do: %s', async (personId) => {
    const logged = vi.spyOn(log, 'error').mockImplementation(() => {});
    await tell('a1', 'robin@example.org');
    await tell(personId, 'before@example.com');
    expect(logged).not.toHaveBeenCalled();
    await tell(personId, `${personId}@example.org`, 'complained');
    expect(logged.mock.calls).toEqual([
      [expect.stringContaining('UNREACHED-STAFF'), { personId, reason: 'complained' }],
    ]);
    logged.mockRestore();
  });

  it('is nobody’s when the address has been corrected', async () => {
    await tell('e1.1', 'before@example.com');
    await tell('a1', 'before@example.com');
    await tell('r1', 'before@example.com');
    expect((await readCycle(desk.store, 'e1')).undeliverable).toEqual({});
    expect((await readAssessor(desk.store, 'a1'))?.undeliverableSince).toBeUndefined();
  });
});
