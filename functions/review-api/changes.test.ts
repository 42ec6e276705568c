import type { S3Client } from '@aws-sdk/client-s3';
import { newReview } from '@secor/certification';
import { commit, revisionItem } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, at, caller, openDesk } from '../testing/desk.fixture.ts';
import { readChangesCall } from './changes.ts';

const auditNumber = '400000001';
let desk: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  desk = await openDesk();
  await addAudit(desk.store, auditNumber, { reviewerId: 'r1', revision: 2 });
  for (const number of [1, 2]) await commit(desk.store, { at, create: [revisionItem(revision(number))] });
});

function revision(number: number) {
  const question = { question: '1.1', awarded: 5, available: 10, notApplicable: false };
  return {
    auditNumber,
    revision: number,
    upload: { link: number, sequencer: '0A', key: 'k', versionId: 'v', size: 1, arrivedAt: at },
    startedOn: '2026-11-10',
    endedOn: '2026-11-20',
    recordsMonths: 12,
    score: {
      awarded: 5,
      available: 10,
      elements: [{ element: '1', awarded: 5, available: 10, questions: [question] }],
    },
    outcome: { result: 'passed', shortfalls: [] },
    warnings: [],
    documents: 0,
    content: { key: `answers/${number}.json`, versionId: 'v' },
  } as const;
}

/** A bucket in which the notes of each revision are its own. */
const s3 = {
  async send({ input }: { input: { Key: string } }) {
    const answers = [{ question: '1.1', positive: 1, sampled: 2, notes: `In ${input.Key}.`, evidence: [] }];
    return { Body: { transformToString: async () => JSON.stringify({ answers, documents: [] }) } };
  },
} as unknown as S3Client;

function read(sub: string, from: number, to: number) {
  const call = { at, ifMatch: 0, idempotency: () => undefined, body: undefined };
  const records = { s3, bucket: 'records' };
  return readChangesCall({ store: desk.store, records })({
    ...call,
    caller: caller(sub, 'reviewer'),
    parameters: { auditNumber },
    query: { from, to },
  });
}

describe('what changed', () => {
  it('is shown with the points that the reviewer left each revision with', async () => {
    const changed = { revision: 1, question: '1.1', awarded: 3, own: 5, reason: 'x', byReviewerId: 'r1', at };
    await commit(desk.store, { at, review: { ...newReview(auditNumber), changedPoints: [changed] } });
    expect(await read('r1', 1, 2)).toEqual({
      from: 1,
      to: 2,
      questions: [
        {
          question: '1.1',
          changed: ['notes', 'points'],
          before: expect.objectContaining({ notes: 'In answers/1.json.', awarded: 3 }),
          after: expect.objectContaining({ notes: 'In answers/2.json.', awarded: 5 }),
        },
      ],
    });
    expect((await read('r1', 2, 2)).questions).toEqual([]);
  });

  it('is shown to who may see the audit, of revisions that there are', async () => {
    await expect(read('r2', 1, 2)).rejects.toMatchObject({ details: { status: 404 } });
    await expect(read('r1', 1, 3)).rejects.toMatchObject({
      details: { status: 404, detail: expect.stringContaining('no revision 3') },
    });
  });
});
