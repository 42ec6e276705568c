import { addAdministrator, commit, readReviewer, withChange } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { at, caller } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { readMeCall } from './me.ts';

let program: Awaited<ReturnType<typeof openProgram>>;
beforeEach(async () => {
  program = await openProgram();
});

const me = (who: ReturnType<typeof caller>) =>
  readMeCall({ store: program.store, packages: {} as never })({ ...common, caller: who });
const issuer = 'https://id.example.org';
const today = '2026-11-23';

describe('who calls', () => {
  it('is told whom they act for, by name', async () => {
    expect(await me(as.robin)).toEqual({
      issuer,
      sub: 'robin',
      roles: ['assessor'],
      assessor: { assessorId: 'a1', name: 'Robin', actsFor: [{ employerId: 'e1', legalName: 'E1 Ltd.' }] },
      today,
    });
  });

  it('is told of which company they are the contact, while they are', async () => {
    expect(await me(as.dale)).toMatchObject({ company: { employerId: 'e1', legalName: 'E1 Ltd.' } });
    await program.sign('gone', { employerId: 'e1', contactEmail: 'gone@example.com' });
    expect(await me(caller('gone', 'employer'))).not.toHaveProperty('company');
  });

  it('is told whether they are present as a reviewer, and when they have left', async () => {
    await program.sign('r1', { reviewerId: 'r1' });
    expect((await me(caller('r1', 'reviewer'))).reviewer).toEqual({
      reviewerId: 'r1',
      name: 'Reviewer r1',
      present: true,
    });
    const reviewer = await readReviewer(program.store, 'r1');
    if (reviewer === undefined) throw new Error('There is no reviewer r1.');
    await commit(program.store, { at, replace: [withChange(reviewer, { present: false, leftAt: at })] });
    expect((await me(caller('r1', 'reviewer'))).reviewer).toMatchObject({ present: false, leftAt: at });
  });

  it('is told of everything that their sign-in stands for, and separately what their groups are', async () => {
    const administratorId = 'x9';
    await addAdministrator(program.store, { administratorId, name: 'Xenia', email: 'x9@example.org' });
    await program.sign('many', { administratorId, assessorId: 'a1' });
    expect(await me(caller('many', 'employer'))).toMatchObject({
      roles: ['employer'],
      administrator: { administratorId, name: 'Xenia' },
      assessor: { assessorId: 'a1' },
    });
  });

  it('is told their code when they are linked to nobody, and in no group', async () => {
    expect(await me(caller('new'))).toEqual({ issuer, sub: 'new', roles: [], today });
  });
});
