import { recordFeedback, recordWithheld } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { listAllAuditsCall, listBindersCall, listLettersCall, listSignInsCall } from './lists.ts';

let program: Awaited<ReturnType<typeof openProgram>>;
beforeEach(async () => {
  program = await openProgram();
});

const dependencies = () => ({ store: program.store, packages: {} as never });
const call = <Q>(query: Q) => ({ ...common, caller: as.administrator, query });

describe('the lists of administrators', () => {
  it('have the audits of everybody: all, by state, by employer and by number, newest first', async () => {
    const { store } = program;
    const registeredAt = (minute: number) => `2026-11-23T18:0${minute}:00.000Z`;
    await addAudit(store, '400000001', { registeredAt: registeredAt(1) });
    await addAudit(store, '400000002', {
      registeredAt: registeredAt(2),
      state: 'closed',
      outcome: 'passed',
      closedAt: at,
    });
    await addAudit(store, '400000003', { registeredAt: registeredAt(3), employerId: 'e2' });
    const list = listAllAuditsCall(dependencies());
    const of = async (query: Parameters<typeof list>[0]['query']) =>
      (await list(call(query))).audits.map(({ auditNumber }) => Number(auditNumber) - 400_000_000);
    expect(await of({})).toEqual([3, 2, 1]);
    expect(await of({ state: 'pending review' })).toEqual([3, 1]);
    expect(await of({ employerId: 'e1' })).toEqual([2, 1]);
    expect(await of({ employerId: 'e1', state: 'closed' })).toEqual([2]);
    expect(await of({ auditNumber: '400000003' })).toEqual([3]);
    expect(await of({ auditNumber: '400000009' })).toEqual([]);
    const [first] = (await list(call({ state: 'closed' as const }))).audits;
    expect(first).toMatchObject({ legalName: 'E1 Ltd.', assessorName: 'Robin', closedOn: '2026-11-23' });
  });

  it('go on where a page ends, through all states', async () => {
    for (let index = 0; index < 70; index += 1)
      await addAudit(program.store, String(400_000_000 + index), {
        registeredAt: new Date(Date.parse(at) + index * 1000).toISOString(),
        ...(index % 2 === 0 ? {} : { state: 'rejected' as const }),
      });
    const list = listAllAuditsCall(dependencies());
    const first = await list(call({}));
    const second = await list(call({ cursor: first.cursor }));
    expect(second.cursor).toBeUndefined();
    const numbers = [...first.audits, ...second.audits].map(({ auditNumber }) => Number(auditNumber) - 400_000_000);
    expect(numbers).toEqual(Array.from({ length: 70 }, (_, index) => 69 - index));
  });

  it('have the binders, and apart those that wait to be entered, oldest first', async () => {
    const binder = (receivedOn: string) => ({ postmarkedOn: '2026-11-01', receivedOn, endedOn: '2026-10-30' });
    const waiting = { state: 'registered', revision: 0, revisions: [] } as const;
    await addAudit(program.store, '400000001', { binder: binder('2026-11-05'), ...waiting });
    await addAudit(program.store, '400000002', { binder: binder('2026-11-04'), ...waiting });
    await addAudit(program.store, '400000003', { binder: binder('2026-11-03') });
    await addAudit(program.store, '400000004', { binder: binder('2026-11-02'), ...waiting, state: 'withdrawn' });
    await addAudit(program.store, '400000005');
    const list = listBindersCall(dependencies());
    const of = async (entered?: 'yes' | 'no') =>
      (await list(call(entered === undefined ? {} : { entered }))).binders.map((each) =>
        each.binder.receivedOn.slice(-1),
      );
    expect(await of()).toEqual(['5', '4', '3', '2']);
    expect(await of('no')).toEqual(['4', '5']);
    expect(await of('yes')).toEqual(['3']);
  });

  it('have the letters about an audit, and all whose mail failed, without an address', async () => {
    const { store } = program;
    const id = (event: number, personId: string) =>
      ({ subject: 'audit#400000001', event, letter: 'package submitted', personId }) as const;
    await recordWithheld(store, id(1, 'e1.1'), 'not a recipient of the sandbox', at);
    await recordWithheld(store, id(2, 'a1'), 'not a recipient of the sandbox', at);
    await recordFeedback(store, id(2, 'a1'), { bounced: { at, kind: 'permanent' } });
    await recordFeedback(store, id(1, 'e1.1'), { bounced: { at, kind: 'transient' } });
    const list = listLettersCall(dependencies());
    const { letters } = await list(call({ auditNumber: '400000001' }));
    expect(letters).toMatchObject([
      { about: 'audit', id: '400000001', event: 2, personId: 'a1', name: 'Robin', state: 'bounced' },
      { event: 1, personId: 'e1.1', name: 'Dale', legalName: 'E1 Ltd.', state: 'bounced' },
    ]);
    const aboutEmployer = { subject: 'employer#e1', event: 3, letter: 'maintenance due', personId: 'a1' } as const;
    await recordWithheld(store, aboutEmployer, 'not a recipient of the sandbox', at);
    expect((await list(call({ employerId: 'e1' }))).letters).toMatchObject([
      { about: 'employer', id: 'e1', name: 'Robin', legalName: 'E1 Ltd.' },
    ]);
    const failed = (await list(call({}))).letters;
    expect(failed).toMatchObject([{ event: 2, personId: 'a1', state: 'bounced' }]);
    expect(JSON.stringify([letters, failed])).not.toContain('@');
  });

  it('have the sign-ins and for whom each stands', async () => {
    const list = listSignInsCall(dependencies());
    const all = (await list(call({}))).signIns;
    expect(all.map(({ sub }) => sub)).toEqual(['dale', 'r1', 'r2', 'r3', 'robin', 'x1']);
    expect(all).toContainEqual(expect.objectContaining({ sub: 'robin', assessorId: 'a1', assessorName: 'Robin' }));
    expect(all).toContainEqual(expect.objectContaining({ sub: 'r1', reviewerName: 'Reviewer r1' }));
    expect((await list(call({ employerId: 'e1' }))).signIns).toEqual([
      {
        issuer: 'https://id.example.org',
        sub: 'dale',
        employerId: 'e1',
        legalName: 'E1 Ltd.',
        contactEmail: 'dale@example.com',
      },
    ]);
  });
});
