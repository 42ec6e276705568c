import { commit, importItem, readImport } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Buckets, openBuckets } from '../testing/buckets.fixture.ts';
import { at } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { readImportCall, startImportCall } from './imports.ts';

let desk: Awaited<ReturnType<typeof openProgram>>;
let buckets: Buckets;
beforeEach(async () => {
  desk = await openProgram();
  buckets = await openBuckets();
});
afterEach(() => buckets.close());

const start = (who = as.administrator) =>
  startImportCall({ store: desk.store, ...buckets })({ ...common, caller: who, body: { of: 'employers' } });
const read = (importId: string, who = as.administrator) =>
  readImportCall({ store: desk.store, ...buckets })({ ...common, caller: who, parameters: { importId } });

/** Posts a file as a browser does. */
async function post({ url, fields }: Awaited<ReturnType<typeof start>>, file: string): Promise<number> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([file]));
  return (await fetch(url, { method: 'POST', body: form })).status;
}

describe('an import that is started', () => {
  it('awaits its file, and gives a link that takes one of 1 byte to 5 MB for a quarter of an hour', async () => {
    const started = await start();
    expect(started).toMatchObject({ expiresAt: '2026-11-23T18:15:00.000Z' });
    expect(await readImport(desk.store, started.importId)).toMatchObject({ of: 'employers', startedBy: 'x1' });
    expect(await read(started.importId)).toEqual({
      ...{ importId: started.importId, of: 'employers', state: 'awaiting file', startedAt: at },
    });
    expect(await post(started, 'employerId,legalName')).toBeLessThan(300);
    expect(await post(started, '')).toBe(400);
    expect(await post(started, 'x'.repeat(5_000_001))).toBe(400);
  });

  it('is for administrators only, and so is what became of it', async () => {
    const { importId } = await start();
    await expect(start(as.robin)).rejects.toMatchObject({ details: { status: 403 } });
    await expect(read(importId, as.dale)).rejects.toMatchObject({ details: { status: 403 } });
  });
});

describe('an import that is done', () => {
  it('tells its counts, with a link that saves its result', async () => {
    const { importId } = await start();
    const counts = { lines: 1, added: 1, changed: 0, unchanged: 0, refused: 0 };
    const written = await buckets.upload('results/r.csv', 'line,id,result', at);
    const result = { key: 'results/r.csv', versionId: written.s3.object.versionId };
    const before = await readImport(desk.store, importId);
    if (before === undefined) throw new Error('There is no import.');
    const done = { ...before, version: 2, state: 'done', counts, result, finishedAt: at } as const;
    await commit(desk.store, { at, replace: [importItem(done)] });

    const records = { ...buckets.records, bucket: 'packages' };
    const told = await readImportCall({ store: desk.store, packages: buckets.packages, records })({
      ...{ ...common, caller: as.administrator, parameters: { importId } },
    });
    expect(told).toMatchObject({ state: 'done', counts, finishedAt: at, result: { expiresAt: expect.any(String) } });
    const saved = await fetch(told.result?.url ?? '');
    expect(await saved.text()).toBe('line,id,result');
    expect(saved.headers.get('content-disposition')).toContain('attachment');
    expect(saved.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  });
});

it('of an import that there is not nobody is told anything else', async () => {
  await expect(read('6fa459ea-ee8a-4ca4-894e-db77e160355e')).rejects.toMatchObject({ details: { status: 404 } });
});
