import { S3Client } from '@aws-sdk/client-s3';
import { type EmployerData, traceOfReviewer, tracesOfPerson } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import type { AnswerOf } from '@secor/contracts';
import { addEmployer, readSignIn, readStaff } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { at } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { beforeTransactions } from '../testing/table.fixture.ts';
import { addAssessorCall, readAssessorCall, readOwnStatusCall, recordCompletionCall } from './assessors.ts';
import type { Dependencies } from './dependencies.ts';
import { addEmployerCall, changeEmployerCall, listEmployersCall, readEmployerCall } from './employers.ts';
import { linkSignInCall } from './sign-ins.ts';

let desk: Awaited<ReturnType<typeof openProgram>>;
let dependencies: Dependencies;
beforeEach(async () => {
  desk = await openProgram();
  dependencies = { store: desk.store, packages: { s3: new S3Client({ region: 'ca-central-1' }), bucket: 'packages' } };
});

const call = { ...common, caller: as.administrator };
const kept = {
  call: { issuer: 'i', sub: 's', route: 'r', key: 'k' },
  answer: { requestHash: 'h', status: 200, body: '' },
};
type Body = Omit<AnswerOf<'changeEmployer'>, 'employerId' | 'version'>;
const data = (changed: Partial<EmployerData> = {}) => employerData({ legalName: 'E1 Ltd.', ...changed }) as Body;
const refused = (type: string) => ({ details: { status: 409, type: `urn:secor:${type}` } });

describe('an employer', () => {
  /** The data of an employer as they are sent, with an account that e1 does not have. */
  const sent = (changed: Partial<EmployerData> = {}, sharesWcbAccount = false) => ({
    ...data({ wcbAccount: '7700002', ...changed }),
    sharesWcbAccount,
  });
  const add = (employerId: string, body = sent()) =>
    addEmployerCall(dependencies)({ ...call, body: { employerId, ...body } });
  const change = (
    changed: Body,
    ifMatch: number,
    {
      employerId = 'e1',
      sharesWcbAccount = false,
      idempotency = common.idempotency as () => typeof kept | undefined,
    } = {},
  ) => {
    const body = { ...changed, sharesWcbAccount };
    return changeEmployerCall(dependencies)({ ...call, parameters: { employerId }, body, ifMatch, idempotency });
  };
  const read = (employerId = 'e1') => readEmployerCall(dependencies)({ ...call, parameters: { employerId } });

  it('is added under an id that nobody has', async () => {
    expect(await add('e2')).toEqual({ employerId: 'e2', version: 1, ...data({ wcbAccount: '7700002' }) });
    await expect(add('e2')).rejects.toMatchObject(refused('id-taken'));
    await expect(
      addEmployerCall(dependencies)({
        ...call,
        caller: as.nobody('administrator'),
        body: { employerId: 'e3', ...sent() },
      }),
    ).rejects.toMatchObject({ details: { status: 403 } });
  });

  it('is changed with its history, by who saw it as it is; a change of nothing keeps its answer', async () => {
    expect(await change(data({ employees: 9 }), 1)).toMatchObject({ version: 2, employees: 9 });
    await expect(change(data(), 1)).rejects.toMatchObject({ details: { status: 412 } });
    const { history, assessors } = await read();
    expect(history.at(-1)).toMatchObject({ type: 'employer changed', by: 'administrator x1' });
    expect(assessors).toEqual([{ assessorId: 'a1', assessorName: 'Robin' }]);
    const same = () => change(data({ employees: 9 }), 2, { idempotency: () => kept });
    expect((await same()).version).toBe(2);
    await expect(same()).rejects.toMatchObject({ name: 'AlreadyAnswered' });
    expect((await read()).history).toHaveLength(history.length);
  });

  it('has a WCB account of its own, unless an administrator says that two share it', async () => {
    const taken = data().wcbAccount;
    await expect(add('e2', sent({ wcbAccount: taken }))).rejects.toMatchObject({
      details: {
        status: 409,
        type: 'urn:secor:wcb-account-taken',
        detail: expect.stringContaining(`WCB account ${taken} belongs to E1 Ltd. (e1).`),
        values: { wcbAccount: taken, employerId: 'e1', legalName: 'E1 Ltd.' },
      },
    });
    await expect(read('e2')).rejects.toMatchObject({ details: { status: 404 } });
    await add('e2', sent({ wcbAccount: taken }, true));
    expect(await read()).toMatchObject({ sharesWcbAccountWith: [{ employerId: 'e2', legalName: 'E1 Ltd.' }] });
    expect(await read('e2')).toMatchObject({
      sharesWcbAccountWith: [{ employerId: 'e1' }],
      history: [{ type: 'employer added', data: { sharesWcbAccountWith: ['e1'] } }],
    });
    // What stays as it is needs no new word.
    expect(await change(data({ wcbAccount: taken, employees: 3 }), 1, { employerId: 'e2' })).toMatchObject({
      version: 2,
    });
  });

  it('leaves its WCB account to the one that shares it, or to anybody, when it changes to another', async () => {
    const first = data().wcbAccount;
    await add('e2', sent({ wcbAccount: first }, true));
    await change(data({ wcbAccount: '7700003' }), 1);
    expect(await read('e2')).toMatchObject({ wcbAccount: first, sharesWcbAccountWith: [] });
    await expect(add('e3', sent({ wcbAccount: first }))).rejects.toMatchObject(refused('wcb-account-taken'));
    await expect(change(data({ wcbAccount: first }), 2)).rejects.toMatchObject(refused('wcb-account-taken'));
    await change(data({ wcbAccount: '7700004' }), 1, { employerId: 'e2' });
    await add('e3', sent({ wcbAccount: first }));
    expect(await change(data({ wcbAccount: first }), 2, { sharesWcbAccount: true })).toMatchObject({
      wcbAccount: first,
    });
  });

  it('of two that ask for the same WCB account at once, one gets it', async () => {
    const asked = await Promise.allSettled(['e2', 'e3', 'e4'].map((id) => add(id)));
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const each of asked)
      if (each.status === 'rejected') expect(each.reason).toMatchObject(refused('wcb-account-taken'));
  });

  it('is listed by name, page by page', async () => {
    for (let index = 0; index < 60; index += 1)
      await addEmployer(
        desk.store,
        {
          employerId: `many-${index}`,
          ...data({ legalName: `Same ${index % 7}`, wcbAccount: `${7_700_100 + index}` }),
        },
        at,
      );
    const list = (cursor?: string) =>
      listEmployersCall(dependencies)({ ...call, query: cursor === undefined ? {} : { cursor } });
    const first = await list();
    const second = await list(first.cursor);
    const names = [...first.employers, ...second.employers].map(({ legalName }) => legalName);
    expect(names).toHaveLength(61);
    expect(names).toEqual(names.toSorted());
    await expect(list('bW9vc2U')).rejects.toMatchObject({ details: { status: 400 } });
  });
});

describe('an assessor', () => {
  const parameters = { assessorId: 'a1' };
  const record = (completedOn: string) =>
    recordCompletionCall(dependencies)({ ...call, parameters, body: { courseId: 'hazard-management', completedOn } });

  it('acts for employers that there are, and is told of all that there are not', async () => {
    const body = { assessorId: 'a2', name: 'Ada', email: 'a2@example.net', actsFor: ['e1', 'x', 'y'], completions: [] };
    const add = addAssessorCall(dependencies);
    await expect(add({ ...call, body })).rejects.toMatchObject({
      details: { type: 'urn:secor:unknown-employer', detail: expect.stringContaining('x, y') },
    });
    expect(await add({ ...call, body: { ...body, actsFor: ['e1'] } })).toMatchObject({
      status: { holds: false, reason: 'never trained' },
    });
    await expect(add({ ...call, body: { ...body, actsFor: [] } })).rejects.toMatchObject(refused('id-taken'));
  });

  it('has a course recorded once, and none that is ahead', async () => {
    const first = await record('2026-11-20');
    expect(first).toMatchObject({ version: 2, status: { holds: true, through: '2029-11-20' } });
    expect(await record('2026-11-20')).toEqual(first);
    await expect(record('2026-11-24')).rejects.toMatchObject(refused('day-ahead'));
    const { history } = await readAssessorCall(dependencies)({ ...call, parameters });
    expect(history.map(({ type }) => type)).toEqual(['assessor added', 'course completed']);
  });

  it('reads their own status with the courses that renew it', async () => {
    const read = (of: typeof as.robin) => readOwnStatusCall(dependencies)({ ...common, caller: of });
    const own = await read(as.robin);
    expect(own).toMatchObject({ assessorId: 'a1', status: { holds: true, through: '2029-01-15' } });
    expect(own.courses.map(({ use }) => use)).toEqual(Array(5).fill('refresher'));
    await expect(read(as.nobody('assessor'))).rejects.toMatchObject({ details: { status: 403 } });
  });
});

describe('a sign-in', () => {
  const link = linkSignInCall;
  const issuer = as.administrator.issuer;

  it('is of the caller’s issuer unless another is named, and stands for persons that there are', async () => {
    const persons = { assessorId: 'a1', employerId: 'e1', reviewerId: 'r1', administratorId: 'x1' };
    expect(await link(dependencies)({ ...call, body: { sub: 's1', ...persons } })).toEqual({
      issuer,
      sub: 's1',
      ...persons,
      contactEmail: 'dale@example.com',
    });
    await link(dependencies)({ ...call, body: { sub: 's1', assessorId: 'a1' } });
    expect(await readSignIn(desk.store, issuer, 's1')).toEqual({ assessorId: 'a1' });
    await link(dependencies)({ ...call, body: { issuer: 'https://other.example.org', sub: 's1' } });
    expect(await readSignIn(desk.store, 'https://other.example.org', 's1')).toEqual({});
    const nobody = { assessorId: 'n', employerId: 'n', reviewerId: 'n', administratorId: 'n' };
    await expect(link(dependencies)({ ...call, body: { sub: 's1', ...nobody } })).rejects.toMatchObject({
      details: {
        type: 'urn:secor:unknown-person',
        detail: expect.stringContaining('no assessor n, no employer n, no reviewer n, no administrator n'),
      },
    });
  });

  const toldTo = (id: string) => [...desk.items.keys()].filter((key) => key.startsWith(`OUTBOX#reviewer#${id}`)).length;
  const told = () => [toldTo('r1'), toldTo('r2')];
  /** Who reviewers are outside the partner, by all that is recorded. */
  const outside = async () => {
    const { reviewers, traces } = await readStaff(desk.store);
    return reviewers.slice(0, 2).map((reviewer) => {
      const person = tracesOfPerson(traceOfReviewer(reviewer), traces);
      return person.flatMap(({ assessorId, employerId }) => [assessorId, employerId].flatMap((id) => id ?? []));
    });
  };

  it('tells of a reviewer whom they are outside the partner, until it is linked to others', async () => {
    const of = (sub: string, persons: object) => link(dependencies)({ ...call, body: { sub, ...persons } });
    await of('s1', { reviewerId: 'r1' });
    expect([await outside(), told()]).toEqual([
      [[], []],
      [0, 0],
    ]);
    await of('s1', { reviewerId: 'r1', assessorId: 'a1' });
    await of('s2', { reviewerId: 'r1', employerId: 'e1' });
    expect(await outside()).toEqual([['a1', 'e1'], []]);
    await of('s1', { reviewerId: 'r2', assessorId: 'a1' });
    expect([await outside(), told()]).toEqual([
      [['e1'], ['a1']],
      [3, 1],
    ]);
    await of('s1', { assessorId: 'a1' });
    expect(await outside()).toEqual([['e1'], []]);
    expect(told()).toEqual([3, 2]);
  });

  it('of an administrator tells of the reviewer that they are by another one', async () => {
    const of = (sub: string, persons: object) => link(dependencies)({ ...call, body: { sub, ...persons } });
    await of('s1', { administratorId: 'x1', assessorId: 'a1' });
    expect(told()).toEqual([0, 0]);
    await of('s2', { administratorId: 'x1', reviewerId: 'r1' });
    expect([await outside(), told()]).toEqual([
      [['a1'], []],
      [1, 0],
    ]);
    await of('s1', { administratorId: 'x1' });
    expect([await outside(), told()]).toEqual([
      [[], []],
      [2, 0],
    ]);
  });

  it('of whoever has the address of a reviewer tells of them, and keeps its address whomever it stands for', async () => {
    const users = async () => 's1';
    await link({ ...dependencies, users })({ ...call, body: { email: 'R1@example.org', assessorId: 'a1' } });
    expect(told()).toEqual([1, 0]);
    await link(dependencies)({ ...call, body: { sub: 's1', administratorId: 'x1' } });
    expect(await readSignIn(desk.store, issuer, 's1')).toEqual({ administratorId: 'x1', email: 'R1@example.org' });
  });

  it('that two administrators link at once is told to the reviewer for whom it stands in the end, and to no other', async () => {
    const of = (store: Dependencies['store'], persons: object) =>
      link({ ...dependencies, store })({ ...call, body: { sub: 's1', assessorId: 'a1', ...persons } });
    const overtaken = (persons: object) =>
      beforeTransactions(desk.store, async (transaction) => {
        if (transaction === 1) await of(desk.store, persons);
      });
    await of(overtaken({ reviewerId: 'r1' }), { reviewerId: 'r2' });
    expect(await outside()).toEqual([[], ['a1']]);
    await of(overtaken({ reviewerId: 'r1' }), {});
    expect(await outside()).toEqual([[], []]);
  });

  it('is named by its address where the stage has a user pool, in words where it has none, or knows nobody', async () => {
    const users = async (email: string) => (email === 'dale@example.com' ? 'dales-sub' : undefined);
    const byAddress = (email: string, pool = {}) =>
      link({ ...dependencies, ...pool })({ ...call, body: { email, employerId: 'e1' } });
    expect(await byAddress('dale@example.com', { users })).toEqual({
      issuer,
      sub: 'dales-sub',
      employerId: 'e1',
      contactEmail: 'dale@example.com',
    });
    expect(await readSignIn(desk.store, issuer, 'dales-sub')).toMatchObject({ employerId: 'e1' });
    await expect(byAddress('kim@example.com', { users })).rejects.toMatchObject(refused('unknown-user'));
    await expect(byAddress('dale@example.com')).rejects.toMatchObject({
      details: { type: 'urn:secor:no-user-pool', detail: expect.stringContaining('by issuer and sub') },
    });
  });

  it('of the caller keeps its administration', async () => {
    const own = (body: object) => link(dependencies)({ ...call, body: { sub: 'x1', ...body } });
    await expect(own({ reviewerId: 'r1' })).rejects.toMatchObject(refused('own-administration'));
    await own({ reviewerId: 'r1', administratorId: 'x1' });
    expect(await readSignIn(desk.store, issuer, 'x1')).toEqual({ reviewerId: 'r1', administratorId: 'x1' });
  });
});
