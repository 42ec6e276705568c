import { S3Client } from '@aws-sdk/client-s3';
import { limits } from '@secor/certification';
import { addAssessor, commit } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { registerAuditCall, withdrawAuditCall } from '../assessor-api/registration.ts';
import { uploadCounts } from '../intake/handler.ts';
import { issueBinderLinkCall, recordBinderCall } from '../program-api/binders.ts';
import { addAudit, at } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';

const credentials = { accessKeyId: 'unused', secretAccessKey: 'unused' };
const packages = { s3: new S3Client({ region: 'ca-central-1', credentials }), bucket: 'packages' };
const date = '2026-11-23';
const binder = { postmarkedOn: date, receivedOn: date, endedOn: date };
const kind = 'certification' as const;
const reached = { limit: 'registrationsForEmployer' };

let desk: Awaited<ReturnType<typeof openProgram>>;
beforeEach(async () => {
  desk = await openProgram();
});

describe('an assessor who has registered all that a year allows for an employer', () => {
  const dependencies = () => ({ store: desk.store, packages }) as Parameters<typeof registerAuditCall>[0];
  const register = (caller = as.robin) =>
    registerAuditCall(dependencies())({ ...common, caller, body: { employerId: 'e1', kind } });

  beforeEach(async () => {
    const { max } = limits.registrationsForEmployer;
    for (let round = 1; round <= max; round += 1) {
      const { auditNumber, version } = await register();
      const call = { ...common, caller: as.robin, parameters: { auditNumber }, ifMatch: version };
      await withdrawAuditCall(dependencies())({ ...call, body: { reason: 'Not this time.' } });
    }
    await expect(register()).rejects.toMatchObject(reached);
  });

  it('shuts out no other assessor', async () => {
    const completions = [{ courseId: 'safety-program-development', completedOn: '2026-01-15' }];
    const ana = { assessorId: 'a2', name: 'Ana', email: 'a2@example.net', actsFor: ['e1'], completions };
    await addAssessor(desk.store, ana, at);
    await desk.sign('ana', { assessorId: 'a2' });
    expect(await register({ ...as.robin, sub: 'ana' })).toMatchObject({ state: 'registered' });
  });

  it('keeps no administrator from recording a binder', async () => {
    const body = { employerId: 'e1', assessorId: 'a1', kind, ...binder };
    expect(
      await recordBinderCall({ store: desk.store, packages })({ ...common, caller: as.administrator, body }),
    ).toMatchObject({ state: 'registered', assessorId: 'a1' });
  });
});

describe('an assessor who has registered all that a day allows', () => {
  it('is told so, and registers again on the next one', async () => {
    const dependencies = { store: desk.store, packages } as Parameters<typeof registerAuditCall>[0];
    const register = (when = at) =>
      registerAuditCall(dependencies)({ ...common, caller: as.robin, at: when, body: { employerId: 'e1', kind } });
    const { max } = limits.registrationsOfPerson;
    await commit(desk.store, { at, counts: [{ limit: 'registrationsOfPerson', subject: 'a1', amount: max }] });
    await expect(register()).rejects.toMatchObject({ limit: 'registrationsOfPerson', subject: 'a1' });
    expect(await register('2026-11-24T18:00:00.000Z')).toMatchObject({ state: 'registered' });
  });
});

describe('a binder', () => {
  it('has links without a limit of the administrator, and its uploads are none of its assessor', async () => {
    const { store } = desk;
    const { max } = limits.linksOfPerson;
    for (const auditNumber of ['400000001', '400000002'])
      await addAudit(store, auditNumber, { state: 'registered', revision: 0, revisions: [], binder });
    for (let link = 0; link <= max; link += 1) {
      const parameters = { auditNumber: link % 2 === 0 ? '400000001' : '400000002' };
      await issueBinderLinkCall({ store, packages })({ ...common, caller: as.administrator, parameters });
    }

    const upload = { link: 3 } as Parameters<typeof uploadCounts>[1];
    const countsOf = (held: Parameters<typeof addAudit>[2], auditNumber: string) =>
      addAudit(store, auditNumber, held).then((audit) => uploadCounts(audit, upload));
    expect(await countsOf({ binder }, '400000003')).toEqual([
      { limit: 'uploadsOfLink', subject: '400000003/3' },
      { limit: 'uploadsOfAudit', subject: '400000003' },
    ]);
    expect(await countsOf({}, '400000004')).toEqual([
      { limit: 'uploadsOfLink', subject: '400000004/3' },
      { limit: 'uploadsOfAudit', subject: '400000004' },
      { limit: 'uploadsOfPerson', subject: 'a1' },
    ]);
  });
});
