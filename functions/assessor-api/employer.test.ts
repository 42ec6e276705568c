import { S3Client } from '@aws-sdk/client-s3';
import { encodeCursor } from '@secor/lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, addCompany, addRobin, at, caller, openDesk } from '../testing/desk.fixture.ts';
import { outlookOf } from './outlook.ts';
import { listEmployersAuditsCall, readAuditCall } from './reading.ts';
import { registerAuditCall } from './registration.ts';

let desk: Awaited<ReturnType<typeof openDesk>>;
let dependencies: Parameters<typeof readAuditCall>[0];
beforeEach(async () => {
  desk = await openDesk();
  const s3 = new S3Client({ region: 'ca-central-1' });
  const bucket = (name: string) => ({ s3, bucket: name });
  const { store } = desk;
  dependencies = { store, records: bucket('records'), packages: bucket('packages'), outlook: outlookOf(store) };
  await addRobin(store, 'e1');
  await addCompany(store, 'e1');
  await desk.sign('robin', { assessorId: 'a1' });
  await desk.sign('dale', { employerId: 'e1', contactEmail: 'dale@example.com' });
  await addCompany(store, 'e2', { contact: { name: 'Renée', email: 'renee@example.com' } });
  await desk.sign('renee', { employerId: 'e2', contactEmail: 'renee@example.com' });
});

const common = { at, ifMatch: 0, idempotency: () => undefined, parameters: undefined, query: {}, body: undefined };
const [dale, renee] = [caller('dale', 'employer'), caller('renee', 'employer')];
const list = (of: ReturnType<typeof caller>, cursor?: string) =>
  listEmployersAuditsCall(dependencies)({ ...common, caller: of, query: cursor === undefined ? {} : { cursor } });
const read = (of: ReturnType<typeof caller>, auditNumber: string) =>
  readAuditCall(dependencies)({ ...common, caller: of, query: undefined, parameters: { auditNumber } });

describe("an employer's contact", () => {
  it('lists the audits of their company from its registration on, and of no other', async () => {
    const register = registerAuditCall(dependencies);
    const body = { employerId: 'e1', kind: 'certification' } as const;
    const audit = await register({ ...common, query: undefined, caller: caller('robin', 'assessor'), body });
    expect((await list(dale)).audits).toEqual([{ ...audit, legalName: 'E1 Ltd.', assessorName: 'Robin' }]);
    expect((await list(renee)).audits).toEqual([]);
    await expect(list(caller('nobody', 'employer'))).rejects.toMatchObject({ details: { status: 403 } });
  });

  it('lists all of them, newest first, page by page', async () => {
    const numbers = Array.from({ length: 60 }, (_, index) => String(400_000_000 + index));
    for (const [index, auditNumber] of numbers.entries())
      await addAudit(desk.store, auditNumber, {
        state: 'closed',
        outcome: 'passed',
        registeredAt: new Date(Date.parse(at) + index * 1000).toISOString(),
      });
    const first = await list(dale);
    const second = await list(dale, first.cursor);
    expect(second.cursor).toBeUndefined();
    expect([...first.audits, ...second.audits].map(({ auditNumber }) => auditNumber)).toEqual(numbers.toReversed());
    expect(first.audits[0]).toMatchObject({ state: 'closed', outcome: 'passed' });
  });

  it.each([
    ['made up', 'bW9vc2U'],
    ['of another list', encodeCursor('a name#an-employer').cursor],
    ['of no place', encodeCursor('2026-11-23T18:00:00.000Z#e1').cursor],
    ['longer than a key', encodeCursor(`2026-11-23T18:00:00.${'0'.repeat(1_100)}Z#400000001`).cursor],
    // Its place in the list has some more bytes than the position.
    ['as long as a key', encodeCursor(`2026-11-23T18:00:00.${'0'.repeat(993)}Z#400000001`).cursor],
  ])('is told in words that a cursor is %s', async (_, cursor) => {
    await expect(list(dale, cursor)).rejects.toMatchObject({
      details: {
        status: 400,
        detail: 'The cursor is not from a page of this list. Start again without it.',
        problems: [{ place: 'query, cursor' }],
      },
    });
  });

  it('reads an audit of their company, and is never told of the reviewer', async () => {
    await addAudit(desk.store, '400000001', { reviewerId: 'r1', state: 'in review', revision: 0 });
    const audit = await read(dale, '400000001');
    expect(audit).toMatchObject({ state: 'in review', queue: { state: 'in review' } });
    expect(audit.history).toMatchObject([{ type: 'audit registered', by: 'your assessor' }]);
    expect(JSON.stringify(audit)).not.toContain('r1');
  });

  it('is not told whether another company’s audit exists', async () => {
    await addAudit(desk.store, '400000001', { revision: 0 });
    const [other, none] = await Promise.all(
      ['400000001', '400000002'].map((auditNumber) => read(renee, auditNumber).catch((error) => error.details)),
    );
    expect(other).toMatchObject({ status: 404, detail: none.detail.replace('400000002', '400000001') });
  });

  it('is no assessor by the link alone, nor a contact by the assessor’s', async () => {
    await addAudit(desk.store, '400000001', { revision: 0 });
    for (const person of [caller('dale', 'assessor'), caller('robin', 'employer')])
      await expect(read(person, '400000001')).rejects.toMatchObject({ details: { status: 403 } });
    expect((await read(caller('robin', 'assessor', 'employer'), '400000001')).history).toMatchObject([{ by: 'you' }]);
  });
});
