import { S3Client } from '@aws-sdk/client-s3';
import { readCycle, readEmployer, readHistory } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addCompany, caller } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import type { Dependencies } from './dependencies.ts';
import { changeOwnPhoneCall, readOwnContactCall } from './own-contact.ts';

let desk: Awaited<ReturnType<typeof openProgram>>;
let dependencies: Dependencies;
const jo = caller('jo', 'employer');
beforeEach(async () => {
  desk = await openProgram();
  dependencies = { store: desk.store, packages: { s3: new S3Client({ region: 'ca-central-1' }), bucket: 'packages' } };
  await addCompany(desk.store, 'e2', {
    contact: { name: 'Lee', email: 'lee@example.org', phone: '403 555 0111' },
    secondContact: { name: 'Jo', email: 'jo@example.org', phone: '403 555 0122' },
  });
  await desk.sign('jo', { employerId: 'e2', contactEmail: 'JO@example.org' });
});

const change = (who: typeof jo, phone?: string) =>
  changeOwnPhoneCall(dependencies)({ ...common, caller: who, body: phone === undefined ? {} : { phone } });

describe('the telephone number of a contact', () => {
  it('is corrected by themselves, and nobody else is changed', async () => {
    const before = await readEmployer(desk.store, 'e2');
    expect(await change(jo, '403 555 0199')).toEqual({
      employerId: 'e2',
      legalName: before?.legalName,
      name: 'Jo',
      email: 'jo@example.org',
      phone: '403 555 0199',
    });
    expect(await readEmployer(desk.store, 'e2')).toEqual({
      ...before,
      version: 2,
      secondContact: { ...before?.secondContact, phone: '403 555 0199' },
    });
    expect(await readOwnContactCall(dependencies)({ ...common, caller: jo })).toMatchObject({ phone: '403 555 0199' });
  });

  it('is in the history as changed, by whom, and not as what; the same again changes nothing', async () => {
    for (const _ of [1, 2]) await change(jo, '403 555 0199');
    const { events } = await readCycle(desk.store, 'e2');
    const history = await readHistory(desk.store, 'employer#e2', events);
    expect(history.slice(1)).toMatchObject([
      { by: { role: 'employer', personId: 'e2.2' }, data: { changed: ['second contact phone'] } },
    ]);
    expect(JSON.stringify(history)).not.toContain('555');
  });

  it('is given for the first time, and removed', async () => {
    expect(await change(as.dale, '+1 403 555 0100')).toMatchObject({ employerId: 'e1', phone: '+1 403 555 0100' });
    expect(await change(as.dale)).not.toHaveProperty('phone');
    expect((await readEmployer(desk.store, 'e1'))?.contact).not.toHaveProperty('phone');
  });

  it('is refused to who is no contact any more', async () => {
    await desk.sign('gone', { employerId: 'e2', contactEmail: 'gone@example.org' });
    for (const who of [caller('gone', 'employer'), as.nobody('employer')])
      await expect(change(who, '403 555 0199')).rejects.toMatchObject({ details: { status: 403 } });
  });
});
