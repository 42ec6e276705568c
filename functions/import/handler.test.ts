import type { S3Client } from '@aws-sdk/client-s3';
import { changeContactPhone } from '@secor/certification';
import { readResult } from '@secor/import-file';
import { commit, importItem, readCycle, readEmployer, readImport, readWcbAccount, type Store } from '@secor/store';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { tableInMemory } from '../testing/table.fixture.ts';
import { takeImports } from './handler.ts';

// The log is no part of what is tested, and its file is read at load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));
const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
afterAll(() => vi.unstubAllEnvs());

const importId = '6fa459ea-ee8a-4ca4-894e-db77e160355e';
const at = '2026-11-23T18:00:00.000Z';
const ours = 'could not be taken: something failed on our side; import the file again';

const columns =
  'employerId,legalName,wcbAccount,employees,industryCode,street,city,province,postalCode,contactName,contactEmail,goodStanding';
const employers = (...ids: readonly string[]) =>
  [
    columns,
    ...ids.map(
      (id, index) => `${id},${id} Ltd.,${4_810_276 + index},6,213118,1 Road,Calgary,AB,T2P 0A1,Ann,ann@example.com,yes`,
    ),
  ].join('\n');

let store: Store;
/** What the table has to say against a transaction that writes an item of this key; it may write it all the same. */
let broken: ReadonlyMap<string, 'before' | 'after'>;
let file: string;
let unreadable: boolean;
let results: string[];
beforeEach(async () => {
  const table = tableInMemory();
  const send = async (command: { readonly input: object }) => {
    const when = broken.get(/"pk":"(EMPLOYER#[^"]*)"/.exec(JSON.stringify(command.input))?.[1] ?? '');
    const failing = command.constructor.name === 'TransactWriteCommand' && when;
    if (failing === 'before') throw new Error('The table is out of order.');
    const answer = await table.store.client.send(command as Parameters<Store['client']['send']>[0]);
    if (failing === 'after') throw new Error('The answer was lost.');
    return answer;
  };
  store = { client: Object.assign(Object.create(table.store.client), { send }), table: 'secor' };
  broken = new Map();
  unreadable = false;
  results = [];
  logged.mockClear();
  const started = { importId, version: 1, of: 'employers', startedBy: 'x1', startedAt: at } as const;
  await commit(store, { at, create: [importItem({ ...started, state: 'awaiting file' })] });
});

const s3 = {
  send: async ({ input }: { input: { Body?: string } }) => {
    if (input.Body === undefined && unreadable) throw new Error('S3 is out of order.');
    if (input.Body === undefined) return { Body: [Buffer.from(file)] };
    return { VersionId: `v${results.push(input.Body)}` };
  },
} as unknown as S3Client;

function deliver(delivery: number, of = importId): Promise<void> {
  const object = { key: `imports/${of}.csv`, versionId: 'v1', sequencer: '0A', size: file.length };
  const message = { Records: [{ eventTime: at, s3: { bucket: { name: 'packages' }, object } }] };
  const step = takeImports({ store, records: { s3, bucket: 'records' }, s3, tries: 5 });
  return step({ message, deliveryId: 'd', sentAt: at, delivery } as Parameters<typeof step>[0]);
}

describe('a line that fails', () => {
  beforeEach(() => {
    // More behind it than are taken at once.
    file = employers('e1', 'bad', ...Array.from({ length: 40 }, (_, index) => `f${index}`));
    broken = new Map([['EMPLOYER#bad', 'before']]);
  });

  it('stops none behind it, and is left to the next delivery', async () => {
    await expect(deliver(1)).rejects.toThrow('1 lines could not be taken');
    for (const id of ['e1', 'f0', 'f39']) expect(await readEmployer(store, id)).toBeDefined();
    expect(await readImport(store, importId)).toMatchObject({ state: 'awaiting file' });
    broken = new Map();
    await deliver(2);
    expect(await readEmployer(store, 'bad')).toBeDefined();
    expect(await readImport(store, importId)).toMatchObject({ state: 'done', counts: { lines: 42, added: 42 } });
  });

  it('at the last delivery but one is told as failed on our side: the import is over', async () => {
    for (const delivery of [1, 2, 3]) await expect(deliver(delivery)).rejects.toThrow(AggregateError);
    expect(results).toEqual([]);
    logged.mockClear();
    await deliver(4);
    expect(await readImport(store, importId)).toMatchObject({
      state: 'done',
      counts: { lines: 42, added: 41, changed: 0, unchanged: 0, refused: 1 },
    });
    const rows = await readResult(results[0] ?? '');
    expect(rows.filter(({ result }) => result !== 'added')).toEqual([
      { line: '3', id: 'bad', result: 'refused', reason: ours, codes: [{ code: 'line-failed', values: {} }] },
    ]);
    expect(await readEmployer(store, 'bad')).toBeUndefined();
    expect(JSON.stringify(logged.mock.calls)).toContain('an import ended without lines that failed');
  });

  it('only in that its answer was lost is taken', async () => {
    broken = new Map([['EMPLOYER#bad', 'after']]);
    await deliver(1);
    expect(await readImport(store, importId)).toMatchObject({ state: 'done', counts: { lines: 42, added: 42 } });
  });
});

it('a last delivery but one that nothing fails ends as any other', async () => {
  file = employers('e1', 'e2');
  await deliver(4);
  expect(await readImport(store, importId)).toMatchObject({ state: 'done', counts: { added: 2, refused: 0 } });
});

describe('a WCB account', () => {
  const header = `${columns},sharesWcbAccount`;
  const row = (id: string, account: string, shares = '') =>
    `${id},${id} Ltd.,${account},6,213118,1 Road,Calgary,AB,T2P 0A1,Ann,ann@example.com,yes,${shares}`;
  const lines = (...rows: readonly string[]) => [header, ...rows].join('\n');
  const rows = async () =>
    (await readResult(results.at(-1) ?? '')).map(({ id, result, reason }) => [id, result, reason]);
  const belongs = (account: string, id: string) =>
    `wcbAccount: WCB account ${account} belongs to ${id} Ltd. (${id}). Correct the number; or, if they share the account, say so with sharesWcbAccount.`;

  it('of another line of the file is refused with the employer of the first, and shared where the line says so', async () => {
    file = lines(row('e1', '11111'), row('e2', '11111'), row('e3', '11111', 'yes'), row('e4', '22222', 'no'));
    await deliver(1);
    expect(await rows()).toEqual([
      ['e1', 'added', ''],
      ['e2', 'refused', belongs('11111', 'e1')],
      ['e3', 'added', ''],
      ['e4', 'added', ''],
    ]);
    const values = { column: 'wcbAccount', wcbAccount: '11111', employerId: 'e1', legalName: 'e1 Ltd.', more: 0 };
    const [, refused] = await readResult(results.at(-1) ?? '');
    expect(refused?.codes).toEqual([{ code: 'wcb-account-taken', values }]);
    expect(await readWcbAccount(store, '11111')).toMatchObject({ employerIds: ['e1', 'e3'] });
  });

  it('goes to the first line of the file even when that line failed before, and to the others as they say', async () => {
    file = lines(row('e1', '11111'), row('e2', '11111', 'yes'), row('e3', '11111'));
    broken = new Map([['EMPLOYER#e1', 'before']]);
    await expect(deliver(1)).rejects.toThrow('3 lines could not be taken');
    broken = new Map();
    await deliver(2);
    expect(await rows()).toEqual([
      ['e1', 'added', ''],
      ['e2', 'added', ''],
      ['e3', 'refused', expect.stringContaining('belongs to e1 Ltd. (e1) and 1 more employer.')],
    ]);
  });

  it('is taken once, also when the answer was lost, and kept by a line that changes nothing', async () => {
    file = lines(row('e1', '11111'), row('e2', '11111', 'yes'));
    broken = new Map([['EMPLOYER#e1', 'after']]);
    await deliver(1).catch(() => {});
    broken = new Map();
    await deliver(2);
    expect(await readWcbAccount(store, '11111')).toMatchObject({ version: 2, employerIds: ['e1', 'e2'] });
  });

  it('is left by an employer that the file moves to another', async () => {
    file = lines(row('e1', '11111'), row('e2', '22222'));
    await deliver(1);
    const again = { importId: '6fa459ea-ee8a-4ca4-894e-db77e160355f', version: 1, of: 'employers' } as const;
    await commit(store, {
      at,
      create: [importItem({ ...again, startedBy: 'x1', startedAt: at, state: 'awaiting file' })],
    });
    file = lines(row('e1', '33333'), row('e2', '33333'));
    await deliver(1, again.importId);
    expect(await rows()).toEqual([
      ['e1', 'changed', ''],
      ['e2', 'refused', belongs('33333', 'e1')],
    ]);
    expect(await readWcbAccount(store, '11111')).toMatchObject({ employerIds: [] });
    expect(await readWcbAccount(store, '22222')).toMatchObject({ employerIds: ['e2'] });
  });

  it('that an earlier line leaves goes to the later line which asks for it, however long the earlier one takes', async () => {
    file = lines(row('e1', '11111'), row('e2', '11111', 'yes'));
    await deliver(1);
    const again = { importId: '6fa459ea-ee8a-4ca4-894e-db77e160355f', version: 1, of: 'employers' } as const;
    await commit(store, {
      at,
      create: [importItem({ ...again, startedBy: 'x1', startedAt: at, state: 'awaiting file' })],
    });
    file = lines(row('e1', '22222'), row('e2', '33333'), row('e3', '11111'), row('e4', '33333'));
    broken = new Map([['EMPLOYER#e2', 'before']]);
    await expect(deliver(1, again.importId)).rejects.toThrow('3 lines could not be taken');
    broken = new Map();
    await deliver(2, again.importId);
    expect(await rows()).toEqual([
      ['e1', 'changed', ''],
      ['e2', 'changed', ''],
      ['e3', 'added', ''],
      ['e4', 'refused', belongs('33333', 'e2')],
    ]);
    expect(await readWcbAccount(store, '11111')).toMatchObject({ employerIds: ['e3'] });
  });
});

describe('a telephone number that a contact has corrected', () => {
  it('stays when the file has no column of it, as long as the contact has the same address', async () => {
    const line = 'e1,e1 Ltd.,11111,6,213118,1 Road,Calgary,AB,T2P 0A1,Ann,ann@example.com,yes';
    file = `${columns}\n${line}`;
    await deliver(1);
    const [employer, cycle] = [await readEmployer(store, 'e1'), await readCycle(store, 'e1')];
    if (employer === undefined) throw new Error('There is no employer e1.');
    const contact = { role: 'employer', personId: 'e1.1' } as const;
    const corrected = changeContactPhone(employer, cycle, 'first', '403 555 0199', contact, at);
    if (corrected !== undefined) await commit(store, { at, ...corrected });
    const phoneAfter = async (id: string, next: string) => {
      const asked = { importId: id, version: 1, of: 'employers', startedBy: 'x1', startedAt: at } as const;
      await commit(store, { at, create: [importItem({ ...asked, state: 'awaiting file' })] });
      file = `${columns}\n${next}`;
      await deliver(1, id);
      return (await readEmployer(store, 'e1'))?.contact.phone;
    };
    const renamed = line.replace('e1 Ltd.', 'E1 Limited');
    expect(await phoneAfter('6fa459ea-ee8a-4ca4-894e-db77e160355f', renamed)).toBe('403 555 0199');
    const another = line.replace('ann@example.com', 'another@example.org');
    expect(await phoneAfter('6fa459ea-ee8a-4ca4-894e-db77e1603550', another)).toBeUndefined();
  });
});

describe('a file that broke off at every try', () => {
  it('is read no more at the last one: the import ends with words', async () => {
    unreadable = true;
    for (const delivery of [1, 2, 3, 4]) await expect(deliver(delivery)).rejects.toThrow('S3 is out of order');
    expect(await readImport(store, importId)).toMatchObject({ state: 'awaiting file' });
    await deliver(5);
    expect(await readImport(store, importId)).toMatchObject({ state: 'refused', result: { versionId: 'v1' } });
    expect(await readResult(results[0] ?? '')).toEqual([
      {
        line: '',
        id: '',
        result: 'refused',
        reason: expect.stringMatching(/failed on our side, and no line .* again/),
        codes: [{ code: 'file-failed', values: { lines: 0 } }],
      },
    ]);
    expect(JSON.stringify(logged.mock.calls)).toContain('an import ended early');
  });

  it('tells how many lines were taken, and takes none twice when it is imported again', async () => {
    file = employers('e1', 'e2', 'bad');
    broken = new Map([['EMPLOYER#bad', 'before']]);
    await expect(deliver(1)).rejects.toThrow(AggregateError);
    await deliver(5);
    expect(await readResult(results[0] ?? '')).toMatchObject([
      { result: 'refused', reason: expect.stringContaining('2 lines of it were taken') },
    ]);
  });

  it('tells of one line as of one', async () => {
    file = employers('e1', 'bad');
    broken = new Map([['EMPLOYER#bad', 'before']]);
    await expect(deliver(1)).rejects.toThrow(AggregateError);
    await deliver(5);
    expect(await readResult(results[0] ?? '')).toMatchObject([
      { result: 'refused', reason: expect.stringContaining('and 1 line of it was taken;') },
    ]);
  });
});
