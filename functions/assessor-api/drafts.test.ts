import { S3Client } from '@aws-sdk/client-s3';
import { maxDraftDays } from '@secor/certification';
import { commit, draftItem, putDraft, readDraftContent, readStoredDraft, removeDrafts } from '@secor/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Buckets, openBuckets } from '../testing/buckets.fixture.ts';
import { addAudit, at } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { readDraftCall, saveDraftCall } from './drafts.ts';
import { outlookOf } from './outlook.ts';

const auditNumber = '400000001';
let desk: Awaited<ReturnType<typeof openProgram>>;
let buckets: Buckets;
let dependencies: Parameters<typeof readDraftCall>[0];
beforeEach(async () => {
  desk = await openProgram();
  buckets = await openBuckets();
  const { records, packages } = buckets;
  dependencies = { store: desk.store, records, packages, outlook: outlookOf(desk.store) };
});
afterEach(() => buckets.close());

const called = { ...common, caller: as.robin, parameters: { auditNumber } };
const read = (when = at) => readDraftCall(dependencies)({ ...called, at: when });
const save = (ifMatch: number) => saveDraftCall(dependencies)({ ...called, ifMatch, body: { recordsMonths: 12 } });

describe('a draft', () => {
  it('that nobody saved for its days is there no more, without a look at its object', async () => {
    await addAudit(desk.store, auditNumber);
    await save(0);
    const end = new Date(Date.parse(at) + maxDraftDays * 86_400_000).toISOString();
    expect(await read()).toEqual({ version: 1, savedAt: at, draft: { recordsMonths: 12 } });
    const nowhere = { s3: new S3Client({ region: 'ca-central-1' }), bucket: 'nowhere' };
    expect(await readDraftCall({ ...dependencies, records: nowhere })({ ...called, at: end })).toEqual({ version: 1 });
    // It can be saved again.
    expect(await save(1)).toMatchObject({ version: 2 });
  });

  it('of an audit that is closed is neither read nor saved, also before it is deleted', async () => {
    await addAudit(desk.store, auditNumber, { state: 'closed', outcome: 'passed' });
    const content = await putDraft(buckets.records, auditNumber, 0, { recordsMonths: 12 });
    const draft = { auditNumber, version: 1, deletions: 0, savedAt: at, content };
    await commit(desk.store, { at, replace: [draftItem(draft)] });
    expect(await read()).toEqual({ version: 1 });
    await expect(save(1)).rejects.toMatchObject({ details: { type: 'urn:secor:draft-over' } });
    expect(await readStoredDraft(desk.store, auditNumber)).toEqual(draft);
  });
});

it('deleting the drafts from before a deletion leaves those after it', async () => {
  const { records } = buckets;
  for (const months of [1, 2]) await putDraft(records, auditNumber, 0, { recordsMonths: months });
  const next = await putDraft(records, auditNumber, 1, { recordsMonths: 3 });
  const other = await putDraft(records, '400000002', 0, { recordsMonths: 4 });
  await removeDrafts(records, auditNumber, 1);
  await removeDrafts(records, auditNumber, 1);
  expect(await buckets.read(`drafts/${auditNumber}/0.json`)).toBeUndefined();
  expect(await readDraftContent(records, next)).toEqual({ recordsMonths: 3 });
  expect(await readDraftContent(records, other)).toEqual({ recordsMonths: 4 });
});
