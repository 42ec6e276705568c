import { S3Client } from '@aws-sdk/client-s3';
import { changeEmployer, closeAudit, openAudit, recordRisks, ruleSetOn } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { addAssessor, addEmployer, commit, readAudit, readCycle, readEmployer } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at, caller } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { issueBinderLinkCall, recordBinderCall } from './binders.ts';
import type { Dependencies } from './dependencies.ts';
import { listRisksCall } from './risks.ts';
import { checkEligibilityCall, readOwnStandingCall, readStandingCall } from './standing.ts';
import { readAssessorWhyCall, readAuditWhyCall, readWhyCall } from './why.ts';

let desk: Awaited<ReturnType<typeof openProgram>>;
let dependencies: Dependencies;
beforeEach(async () => {
  desk = await openProgram();
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const s3 = new S3Client({ region: 'ca-central-1', credentials });
  dependencies = { store: desk.store, packages: { s3, bucket: 'packages' } };
  await addEmployer(
    desk.store,
    { employerId: 'e2', ...employerData({ contact: { name: 'Renée', email: 'renee@example.com' } }) },
    at,
  );
  await desk.sign('renee', { employerId: 'e2', contactEmail: 'renee@example.com' });
});

/** Gives e1 a certificate for an audit that ended on a day, and was decided at an instant. */
async function certify(endedOn: string, decidedAt: string): Promise<void> {
  const auditNumber = '400000001';
  const opened = { auditNumber, kind: 'certification', assessorId: 'a1', registeredOn: endedOn } as const;
  const by = { role: 'assessor', personId: 'a1' } as const;
  const dates = { receivedOn: endedOn, endedOn };
  const cycle = openAudit(await readCycle(desk.store, 'e1'), opened, by, decidedAt, dates);
  await commit(desk.store, { at, cycle });
  const closed = { auditNumber, kind: 'certification', decisions: 1, outcome: 'passed' } as const;
  const ruleSet = ruleSetOn(endedOn);
  const certified = closeAudit(cycle.cycle, closed, { endedOn, recordsMonths: 12 }, ruleSet, decidedAt);
  await commit(desk.store, { at, cycle: certified });
}

const read = (of: ReturnType<typeof caller>, on?: string, employerId = 'e1') =>
  readStandingCall(dependencies)({
    ...common,
    caller: of,
    parameters: { employerId },
    query: on === undefined ? {} : { on },
  });

describe('what is due', () => {
  it('is told as of today, as known on a past day, and as of one to come', async () => {
    await certify('2026-11-10', '2026-11-20T18:00:00.000Z');
    expect(await read(as.robin)).toMatchObject({
      on: '2026-11-23',
      certificates: [
        {
          certificateNumber: '400000001-1',
          standing: 'valid',
          expiresOn: '2029-11-10',
          obligations: [
            { kind: 'maintenance', dueOn: '2027-11-30', state: 'open', graceThrough: '2027-12-30' },
            { kind: 'maintenance', dueOn: '2028-11-30', state: 'open' },
            { kind: 're-certification', dueOn: '2029-11-10', state: 'open' },
          ],
        },
      ],
      proposal: { kind: 'maintenance', dueOn: '2027-11-30' },
    });
    expect(await read(as.robin, '2026-11-19')).toMatchObject({ certificates: [], proposal: { kind: 'certification' } });
    expect(await read(as.robin, '2026-11-20')).toMatchObject({ certificates: [{ standing: 'valid' }] });
    expect(await read(as.robin, '2027-12-31')).toMatchObject({
      certificates: [{ standing: 'cancelled', cancelled: { on: '2027-12-31', dueOn: '2027-11-30' } }],
    });
  });

  it('is told to administrators, who acts for the employer, and its contact; to nobody else that it exists', async () => {
    const view = await read(as.administrator);
    expect(await read(as.robin)).toEqual(view);
    expect(await read(as.dale)).toEqual(view);
    const own = (of: typeof as.dale) => readOwnStandingCall(dependencies)({ ...common, caller: of, query: {} });
    expect(await own(as.dale)).toEqual(view);
    await expect(own(as.nobody('employer'))).rejects.toMatchObject({ details: { status: 403 } });
    await addAssessor(
      desk.store,
      { assessorId: 'a2', name: 'Ada', email: 'a2@example.net', actsFor: [], completions: [] },
      at,
    );
    await desk.sign('ada', { assessorId: 'a2' });
    for (const stranger of [caller('ada', 'assessor'), caller('renee', 'employer')]) {
      const [other, none] = await Promise.all(
        ['e1', 'e9'].map((employerId) => read(stranger, undefined, employerId).catch((error) => error.details)),
      );
      expect(other).toMatchObject({ status: 404, detail: none.detail.replace('e9', 'e1') });
    }
    // A link gives nothing in another role.
    await expect(read(caller('dale', 'assessor'))).rejects.toMatchObject({ details: { status: 403 } });
  });

  it('can be checked beforehand', async () => {
    const ask = (employerId: string, kind: 'certification' | 'maintenance') =>
      checkEligibilityCall(dependencies)({ ...common, caller: as.robin, parameters: { employerId }, query: { kind } });
    expect(await ask('e1', 'certification')).toMatchObject({ possible: true, reasons: [] });
    expect(await ask('e1', 'maintenance')).toMatchObject({
      possible: false,
      reasons: [{ code: 'no-certificate' }],
      proposal: { kind: 'certification' },
    });
    const others = await ask('e9', 'certification');
    expect(others).toMatchObject({ possible: false, reasons: [{ code: 'does-not-act' }] });
    expect(others.proposal).toBeUndefined();
  });

  it('says why, also of an audit; as reviewed only to staff before it is decided', async () => {
    await certify('2026-11-10', '2026-11-20T18:00:00.000Z');
    const why = (on?: string) =>
      readWhyCall(dependencies)({
        ...common,
        caller: as.dale,
        parameters: { employerId: 'e1' },
        query: on === undefined ? {} : { on },
      });
    const { explanations } = await why();
    expect(explanations[0]).toMatchObject({
      rules: expect.arrayContaining([expect.objectContaining({ ruleSet: 'rules-2020' })]),
    });
    expect((await why('2026-11-19')).explanations).toEqual([]);

    await addAudit(desk.store, '400000007', { revision: 0, reviewerId: 'r1', state: 'in review' });
    const audit = (of: typeof as.dale) =>
      readAuditWhyCall(dependencies)({ ...common, caller: of, parameters: { auditNumber: '400000007' } });
    const seen = await audit(as.robin);
    expect(seen.explanations).not.toEqual([]);
    for (const reader of [as.dale, as.administrator, caller('r1', 'reviewer')])
      expect(await audit(reader)).toEqual(seen);
    for (const stranger of [caller('r2', 'reviewer'), caller('renee', 'employer')])
      await expect(audit(stranger)).rejects.toMatchObject({ details: { status: 404 } });
    await expect(audit(as.nobody('assessor'))).rejects.toMatchObject({ details: { status: 403 } });

    const status = readAssessorWhyCall(dependencies);
    const { explanations: held } = await status({
      ...common,
      caller: as.administrator,
      parameters: { assessorId: 'a1' },
    });
    expect(held[0]?.what.text).toContain('23 November 2026');
  });

  it('and at risk is listed for administrators', async () => {
    const list = () => listRisksCall(dependencies)({ ...common, caller: as.administrator, query: {} });
    expect(await list()).toEqual({ employers: [] });
    const risk = { risk: 'nothing registered', kind: 'maintenance', dueOn: '2027-11-30' } as const;
    const cycle = recordRisks(await readCycle(desk.store, 'e1'), [risk], at);
    await commit(desk.store, { at, cycle });
    expect(await list()).toEqual({ employers: [{ employerId: 'e1', legalName: 'E1 Ltd.', risks: [risk] }] });
  });
});

describe('a binder', () => {
  const binder = {
    employerId: 'e1',
    assessorId: 'a1',
    kind: 'certification',
    endedOn: '2026-11-10',
    postmarkedOn: '2026-11-12',
    receivedOn: '2026-11-20',
  } as const;
  const record = (changed: Partial<Record<keyof typeof binder, string>> = {}, now = at) =>
    recordBinderCall(dependencies)({
      ...common,
      at: now,
      caller: as.administrator,
      body: { ...binder, ...changed } as typeof binder,
    });
  const places = (changed: Partial<typeof binder>, now?: string) =>
    record(changed, now).catch((error) =>
      (error.details.problems ?? []).map(({ place }: { place: string }) => place.replace('body, ', '')),
    );

  it('is registered as of its postmark, and has arrived on its receipt', async () => {
    const audit = await record();
    expect(audit).toMatchObject({ state: 'registered', assessorId: 'a1', protocol: 'secor-2020' });
    expect(audit.binder).toEqual({ endedOn: '2026-11-10', postmarkedOn: '2026-11-12', receivedOn: '2026-11-20' });
    expect((await readCycle(desk.store, 'e1')).audits).toMatchObject([
      { auditNumber: audit.auditNumber, registeredOn: '2026-11-12', arrivedOn: '2026-11-20', endedOn: '2026-11-10' },
    ]);
    expect(desk.eventsOf(audit.auditNumber)).toEqual(['audit registered', 'binder recorded']);
    await expect(record()).rejects.toMatchObject({ details: { status: 409, type: 'urn:secor:audit-open' } });
  });

  it('is let in by the number of employees and the standing of its postmark', async () => {
    const employer = await readEmployer(desk.store, 'e1');
    if (employer === undefined) throw new Error('There is no employer.');
    const { employerId: _id, version: _version, ...data } = employer;
    const by = { role: 'administrator', personId: 'x1' } as const;
    const cycle = await readCycle(desk.store, 'e1');
    const change = changeEmployer(employer, cycle, { ...data, employees: 12, goodStanding: false }, by, at);
    await commit(desk.store, { at, ...change });
    await expect(record({ postmarkedOn: '2026-11-23', receivedOn: '2026-11-23' })).rejects.toMatchObject({
      details: { problems: [{ place: 'not-in-good-standing' }, { place: 'too-many-employees' }] },
    });
    expect(await record()).toMatchObject({ state: 'registered' });
  });

  it('is judged by the rules of its postmark', async () => {
    const old = { endedOn: '2019-05-28', postmarkedOn: '2019-05-31' } as const;
    // The assessor was not trained then.
    await expect(record(old)).rejects.toMatchObject({ details: { type: 'urn:secor:never-trained' } });
    expect(await record({ postmarkedOn: '2026-11-20' })).toMatchObject({ protocol: 'secor-2020' });
  });

  it('that arrives after the certificate has expired is marked late, not lost', async () => {
    await certify('2026-11-10', '2026-11-20T18:00:00.000Z');
    const dates = { endedOn: '2029-11-01', postmarkedOn: '2029-11-08' };
    const now = '2029-11-20T18:00:00.000Z';
    await expect(record({ ...dates, receivedOn: '2029-11-12' }, now)).rejects.toMatchObject({
      details: { type: 'urn:secor:status-ended' },
    });
    const trained = { assessorId: 'a3', name: 'Sam', email: 'a3@example.net', actsFor: ['e1'] };
    const completions = [{ courseId: 'safety-program-development', completedOn: '2026-11-23' }];
    await addAssessor(desk.store, { ...trained, completions }, at);
    const late = await record({ ...dates, receivedOn: '2029-11-11', assessorId: 'a3' }, now);
    expect(late.binder.late).toBe(true);
    expect((await readAudit(desk.store, late.auditNumber))?.binder).toEqual(late.binder);
  });

  it('whose dates do not fit together is told of all of them', async () => {
    expect(await places({ endedOn: '2026-11-13', receivedOn: '2026-11-11' } as never)).toEqual([
      'endedOn',
      'postmarkedOn',
    ]);
    expect(await places({ receivedOn: '2026-11-24' } as never)).toEqual(['receivedOn']);
    expect(await places({ endedOn: '2014-12-30', postmarkedOn: '2014-12-31' } as never)).toEqual(['postmarkedOn']);
  });

  it('of an assessor who does not act, or of whom there is not: every reason at once', async () => {
    await addAssessor(
      desk.store,
      { assessorId: 'a2', name: 'Ada', email: 'a2@example.net', actsFor: [], completions: [] },
      at,
    );
    expect(await places({ assessorId: 'a2', kind: 'maintenance' } as never)).toEqual([
      'assessor-does-not-act',
      'never-trained',
      'no-certificate',
    ]);
    expect(await places({ assessorId: 'n', employerId: 'n' } as never)).toEqual([
      'unknown-assessor',
      'unknown-employer',
    ]);
  });

  it('has links for its package; no other audit has any here', async () => {
    const issue = (auditNumber: string) =>
      issueBinderLinkCall(dependencies)({ ...common, caller: as.administrator, parameters: { auditNumber } });
    const { auditNumber } = await record();
    expect(await issue(auditNumber)).toMatchObject({
      link: 1,
      fields: { key: `packages/${auditNumber}/1.zip` },
      expiresAt: '2026-11-23T18:15:00.000Z',
    });
    expect(desk.eventsOf(auditNumber)).toContain('upload link issued');
    await expect(issue('400000009')).rejects.toMatchObject({ details: { status: 404 } });
  });
});
