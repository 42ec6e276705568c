import {
  arriveInCycle,
  type Cycle,
  type CycleChange,
  changeEmployer,
  closeAudit,
  type EmployerData,
  isRefusal,
  openAudit,
  ruleSetOn,
} from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { addEmployer, commit, readCycle, readEmployer, takeAccountOf } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { exportCertificatesCall, listCertificatesCall } from './register.ts';

const system = { role: 'system' } as const;
const decidedAt = '2023-06-10T18:00:00.000Z';

let program: Awaited<ReturnType<typeof openProgram>>;
beforeEach(async () => {
  program = await openProgram();
  // Three years, whose first maintenance audit nobody does; and one year.
  await certify(
    'maple',
    '500000001',
    { legalName: 'Café L’Érable Ltée', tradeName: '=Maple', wcbAccount: '5550001' },
    12,
  );
  await certify('pine', '500000002', { legalName: 'Pine "P" Ltd.', wcbAccount: '5550002' }, 6);
});

async function certify(employerId: string, auditNumber: string, data: Partial<EmployerData>, recordsMonths: number) {
  const { store } = program;
  await addEmployer(store, { employerId, ...employerData(data) }, decidedAt);
  const endedOn = '2023-05-31';
  const opened = { auditNumber, kind: 'certification', assessorId: 'a1', registeredOn: endedOn } as const;
  const steps: readonly ((cycle: Cycle) => CycleChange)[] = [
    (cycle) => openAudit(cycle, opened, system, decidedAt),
    (cycle) => arriveInCycle(cycle, opened, { arrivedOn: endedOn, endedOn }, decidedAt),
    (cycle) => {
      const decided = { ...opened, decisions: 1, outcome: 'passed' } as const;
      return closeAudit(cycle, decided, { endedOn, recordsMonths }, ruleSetOn(endedOn), decidedAt);
    },
  ];
  for (const step of steps) await commit(store, { at: decidedAt, cycle: step(await readCycle(store, employerId)) });
}

type Query = Parameters<ReturnType<typeof listCertificatesCall>>[0]['query'];
const call = (query: Query, day: string) => ({
  ...common,
  caller: as.administrator,
  query,
  at: `${day}T18:00:00.000Z`,
});
const dependencies = () => ({ store: program.store, packages: {} as never });
async function listed(query: Query, day = '2023-06-11'): Promise<string[]> {
  const { certificates } = await listCertificatesCall(dependencies())(call(query, day));
  return certificates.map(({ employerId, standing }) => `${employerId} ${standing}`);
}

describe('the register of certificates', () => {
  it.each([
    ['2024-05-31', { valid: ['pine', 'maple'], expired: [], cancelled: [] }],
    ['2024-06-01', { valid: ['maple'], expired: ['pine'], cancelled: [] }],
    ['2024-06-30', { valid: ['maple'], expired: ['pine'], cancelled: [] }],
    ['2024-07-01', { valid: [], expired: ['pine'], cancelled: ['maple'] }],
  ])('is right on %s, though no sweep has run and nothing was written', async (day, expected) => {
    for (const [standing, ids] of Object.entries(expected)) {
      const rows = await listed({ standing: standing as 'valid' }, day);
      expect(rows, standing).toEqual(ids.map((id) => `${id} ${standing}`));
    }
    const all = Object.entries(expected).flatMap(([standing, ids]) => ids.map((id) => `${id} ${standing}`));
    expect((await listed({}, day)).toSorted()).toEqual(all.toSorted());
  });

  it.each([
    ['CAFE l', ['maple']],
    ['café-l’érable', ['maple']],
    ['maple', ['maple']],
    ['555000', ['maple', 'pine']],
    ['5550002', ['pine']],
    ['500000001-1', ['maple']],
    ['5000', ['maple', 'pine']],
    ['rable', []],
    ['nobody', []],
  ])('is searched by the beginning "%s"', async (search, ids) => {
    expect((await listed({ search })).toSorted()).toEqual(ids.map((id) => `${id} valid`));
    expect(await listed({ search, standing: 'revoked' })).toEqual([]);
  });

  it('finds an employer by its new name, and no longer by the one before', async () => {
    const { store } = program;
    const employer = await readEmployer(store, 'pine');
    const account = await takeAccountOf(store, 'pine', { wcbAccount: '5550002', shares: false });
    if (employer === undefined || isRefusal(account)) throw new Error('There is no employer pine.');
    const { employerId: _, version: _version, ...data } = employer;
    const renamed = { ...data, legalName: 'Spruce Ltd.' };
    const change = changeEmployer(employer, await readCycle(store, 'pine'), renamed, system, decidedAt);
    if (change === undefined) throw new Error('Nothing has changed.');
    await commit(store, { at: decidedAt, ...change });
    expect(await listed({ search: 'spruce' })).toEqual(['pine valid']);
    expect(await listed({ search: 'pine p' })).toEqual([]);
    expect(await listed({ search: 'pine' })).toEqual(['pine valid']);
  });

  it('is written as CSV for spreadsheets: a mark, a header, quotation marks doubled, no formula', async () => {
    const { csv, cursor } = await exportCertificatesCall(dependencies())(call({}, '2024-07-01'));
    expect(cursor).toBeUndefined();
    const [header = '', ...rows] = csv.split('\r\n');
    expect(header).toMatch(/^\ufeff"certificateNumber","auditNumber","employerId","legalName"/);
    expect(rows).toEqual([
      '"500000002-1","500000002","pine","Pine ""P"" Ltd.","","5550002","expired","2023-05-31","2023-06-10","2024-05-31","","",""',
      `"500000001-1","500000001","maple","Café L’Érable Ltée","'=Maple","5550001","cancelled","2023-05-31","2023-06-10","2026-05-31","2024-07-01","",""`,
      '',
    ]);
  });

  it('is for administrators', async () => {
    const of = { ...call({}, '2024-07-01'), caller: as.nobody('administrator') };
    await expect(listCertificatesCall(dependencies())(of)).rejects.toMatchObject({ details: { status: 403 } });
  });
});
