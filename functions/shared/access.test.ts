import { S3Client } from '@aws-sdk/client-s3';
import { changeAssessor, changeEmployer, type EmployerData, isRefusal } from '@secor/certification';
import type { Role } from '@secor/contracts';
import { commit, readAssessor, readCycle, readEmployer } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerNotesCall } from '../assessor-api/notes.ts';
import { outlookOf } from '../assessor-api/outlook.ts';
import { listAuditsCall, listEmployersAuditsCall, readAuditCall } from '../assessor-api/reading.ts';
import { withdrawAuditCall } from '../assessor-api/registration.ts';
import { readReportCall } from '../assessor-api/reports.ts';
import { issueLinkCall } from '../assessor-api/uploads.ts';
import { linkSignInCall } from '../program-api/sign-ins.ts';
import { checkEligibilityCall, readOwnStandingCall, readStandingCall } from '../program-api/standing.ts';
import { readAuditWhyCall, readWhyCall } from '../program-api/why.ts';
import { addAudit, at, caller } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const s3 = new S3Client({ region: 'ca-central-1', credentials });
const by = { role: 'administrator', personId: 'x1' } as const;

let desk: Awaited<ReturnType<typeof openProgram>>;
let dependencies: Parameters<typeof readAuditCall>[0];
beforeEach(async () => {
  desk = await openProgram();
  const { store } = desk;
  const bucket = (name: string) => ({ s3, bucket: name });
  dependencies = { store, records: bucket('records'), packages: bucket('packages'), outlook: outlookOf(store) };
});

/** Records of Robin for whom they act from now on. */
async function actFor(...actsFor: readonly string[]): Promise<void> {
  const robin = await readAssessor(desk.store, 'a1');
  const assessor = robin && changeAssessor(robin, { actsFor }, by, at);
  if (assessor === undefined || isRefusal(assessor)) throw new Error('Nothing changed.');
  await commit(desk.store, { at, assessor });
}

/** Records other contacts of e1. */
async function changeContacts(contacts: Partial<Pick<EmployerData, 'contact' | 'secondContact'>>): Promise<void> {
  const employer = await readEmployer(desk.store, 'e1');
  if (employer === undefined) throw new Error('There is no e1.');
  const { employerId: _, version: __, ...data } = employer;
  const change = changeEmployer(employer, await readCycle(desk.store, 'e1'), { ...data, ...contacts }, by, at);
  if (change === undefined) throw new Error('Nothing changed.');
  await commit(desk.store, { at, ...change });
}

/** What each call that tells of an audit or its employer answers: 'told', the status of the refusal, or the numbers of a list. */
async function answers(who: ReturnType<typeof caller>, auditNumber: string) {
  const audit = { ...common, caller: who, parameters: { auditNumber } };
  const employer = { ...common, caller: who, parameters: { employerId: 'e1' } };
  const version = (await auditVersion(auditNumber)) ?? 0;
  const calls = {
    readAudit: () => readAuditCall(dependencies)(audit),
    readAuditWhy: () => readAuditWhyCall(dependencies)(audit),
    readReport: () => readReportCall(dependencies)(audit),
    issueLink: () => issueLinkCall(dependencies)(audit),
    answerNotes: () =>
      answerNotesCall(dependencies)({ ...audit, ifMatch: version, body: { answers: [{ note: 1, text: 'Done.' }] } }),
    withdrawAudit: () =>
      withdrawAuditCall(dependencies)({ ...audit, ifMatch: version - 1, body: { reason: 'No longer wanted' } }),
    readStanding: () => readStandingCall(dependencies)({ ...employer, query: {} }),
    readWhy: () => readWhyCall(dependencies)({ ...employer, query: {} }),
  };
  const asked = Object.entries(calls).map(async ([name, call]) => {
    const status = await call().then(
      () => 'told',
      (error) => error.details?.status ?? error,
    );
    return [name, status];
  });
  return Object.fromEntries(await Promise.all(asked));
}

async function auditVersion(auditNumber: string): Promise<number | undefined> {
  return (desk.items.get(`AUDIT#${auditNumber}|AUDIT`) as { version?: number } | undefined)?.version;
}

async function listed(who: ReturnType<typeof caller>, state: 'active' | 'closed'): Promise<readonly string[]> {
  const { audits } = await listAuditsCall(dependencies)({ ...common, caller: who, query: { state } });
  return audits.map(({ auditNumber }) => auditNumber);
}

const everything = {
  readAudit: 404,
  readAuditWhy: 404,
  readReport: 404,
  issueLink: 404,
  answerNotes: 404,
  withdrawAudit: 404,
};

describe('who no longer acts for an employer', () => {
  it('reads nothing of its open audits and does nothing with them, as if there were none', async () => {
    await addAudit(desk.store, '400000001', { revision: 0, state: 'registered' });
    expect(await answers(as.robin, '400000001')).toMatchObject({
      readAudit: 'told',
      readAuditWhy: 'told',
      readStanding: 'told',
    });
    expect(await listed(as.robin, 'active')).toEqual(['400000001']);
    await actFor();
    expect(await answers(as.robin, '400000001')).toEqual({ ...everything, readStanding: 404, readWhy: 404 });
    expect(await listed(as.robin, 'active')).toEqual([]);
    const ask = checkEligibilityCall(dependencies)({
      ...common,
      caller: as.robin,
      parameters: { employerId: 'e1' },
      query: { kind: 'certification' },
    });
    expect(await ask).toMatchObject({ possible: false, reasons: [{ code: 'does-not-act' }] });
    await actFor('e1');
    expect(await answers(as.robin, '400000001')).toMatchObject({ readAudit: 'told', issueLink: 'told' });
  });

  it('keeps their own closed audits with their reports, and no rejected or withdrawn ones', async () => {
    await addAudit(desk.store, '400000001', {
      revision: 0,
      state: 'closed',
      outcome: 'passed',
      decisions: 1,
      reportedDecision: 1,
    });
    for (const [auditNumber, state] of [
      ['400000002', 'rejected'],
      ['400000003', 'withdrawn'],
    ] as const)
      await addAudit(desk.store, auditNumber, { revision: 0, state });
    expect(await listed(as.robin, 'closed')).toHaveLength(3);
    await actFor();
    expect(await answers(as.robin, '400000001')).toEqual({
      ...everything,
      readAudit: 'told',
      readAuditWhy: 'told',
      readReport: 'told',
      readStanding: 404,
      readWhy: 404,
    });
    expect(await listed(as.robin, 'closed')).toEqual(['400000001']);
    expect(await answers(as.robin, '400000002')).toMatchObject(everything);
  });
});

describe('who is no longer the contact of an employer', () => {
  const companyCalls = async (who: ReturnType<typeof caller>) =>
    Promise.all(
      [
        () => readOwnStandingCall(dependencies)({ ...common, caller: who, query: {} }),
        () => listEmployersAuditsCall(dependencies)({ ...common, caller: who, query: {} }),
      ].map((call) =>
        call().then(
          () => 'told',
          (error) => error.details?.status ?? error,
        ),
      ),
    );

  it('reads nothing of it any more, whatever the state of its audits', async () => {
    for (const [auditNumber, state] of [
      ['400000001', 'registered'],
      ['400000002', 'closed'],
    ] as const)
      await addAudit(desk.store, auditNumber, { revision: 0, state });
    const told = { readAudit: 'told', readAuditWhy: 'told', readStanding: 'told', readWhy: 'told' };
    for (const auditNumber of ['400000001', '400000002'])
      expect(await answers(as.dale, auditNumber)).toMatchObject(told);
    expect(await companyCalls(as.dale)).toEqual(['told', 'told']);
    // Another name at the same address is the same mailbox.
    await changeContacts({ contact: { name: 'Kim', email: 'Dale@Example.com' } });
    expect(await companyCalls(as.dale)).toEqual(['told', 'told']);
    await changeContacts({ contact: { name: 'Kim', email: 'kim@example.com' } });
    for (const auditNumber of ['400000001', '400000002'])
      expect(await answers(as.dale, auditNumber)).toMatchObject({
        readAudit: 403,
        readAuditWhy: 403,
        readStanding: 403,
        readWhy: 403,
      });
    expect(await companyCalls(as.dale)).toEqual([403, 403]);
  });

  it('is known by the address of the link, which must be a contact’s', async () => {
    const link = (body: { readonly sub: string; readonly employerId?: string; readonly contactEmail?: string }) =>
      linkSignInCall(dependencies)({ ...common, caller: as.administrator, body });
    const refusal = { details: { status: 409, type: 'urn:secor:not-a-contact' } };
    await expect(link({ sub: 's1', employerId: 'e1', contactEmail: 'kim@example.com' })).rejects.toMatchObject(refusal);
    expect(await link({ sub: 's1', employerId: 'e1', contactEmail: 'DALE@example.com' })).toMatchObject({
      contactEmail: 'dale@example.com',
    });
    await expect(link({ sub: 's1', contactEmail: 'dale@example.com' })).rejects.toMatchObject({
      details: { status: 400, problems: [{ place: 'body, contactEmail' }] },
    });
    await changeContacts({ secondContact: { name: 'Kim', email: 'kim@example.com' } });
    // Of two it must be said which one it is.
    await expect(link({ sub: 's1', employerId: 'e1' })).rejects.toMatchObject({
      details: { status: 409, type: 'urn:secor:contact-not-named' },
    });
    await link({ sub: 'kim', employerId: 'e1', contactEmail: 'kim@example.com' });
    await changeContacts({ contact: { name: 'Lou', email: 'lou@example.com' } });
    expect(await companyCalls(caller('kim', 'employer' satisfies Role))).toEqual(['told', 'told']);
    expect(await companyCalls(as.dale)).toEqual([403, 403]);
  });
});
