import { employerData } from '@secor/certification/testing';
import { addAssessor, addEmployer, addReviewer, readNames, type Store } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { leavingUnread, tableInMemory } from '../testing/table.fixture.ts';

const at = '2026-11-23T18:00:00.000Z';
const employerIds = Array.from({ length: 130 }, (_, index) => `e${index}`);
let store: Store;

beforeEach(async () => {
  store = tableInMemory().store;
  for (const employerId of employerIds)
    await addEmployer(store, { ...employerData({ legalName: `Company ${employerId}` }), employerId }, at);
  const robin = { assessorId: 'a1', name: 'Robin', email: 'robin@example.com', actsFor: [], completions: [] };
  await addAssessor(store, robin, at);
  const joan = { reviewerId: 'r1', name: 'Joan', email: 'joan@partner.example.org' };
  await addReviewer(store, { ...joan, present: true, conflicts: [] }, at);
});

describe('readNames', () => {
  it('gives names by kind, and the id of whom there is no record', async () => {
    const names = await readNames(store, {
      employerIds: ['e1', 'e1', 'gone'],
      assessorIds: ['a1'],
      reviewerIds: ['r1'],
    });
    expect(names.legalName('e1')).toBe('Company e1');
    expect(names.legalName('gone')).toBe('gone');
    expect(names.assessorName('a1')).toBe('Robin');
    expect(names.reviewerName('r1')).toBe('Joan');
    expect(names.assessorName('e1')).toBe('e1');
  });

  it('reads more than DynamoDB takes at once, each name once, and of nobody nothing', async () => {
    const { store: counted, calls } = leavingUnread(store, 0);
    const names = await readNames(counted, { employerIds: [...employerIds, ...employerIds] });
    expect(employerIds.map(names.legalName)).toEqual(employerIds.map((id) => `Company ${id}`));
    expect(calls()).toBe(2);
    await readNames(counted, { employerIds: [] });
    expect(calls()).toBe(2);
  });

  it('reads again what DynamoDB has left unread, and gives up after six times', async () => {
    const ids = employerIds.slice(0, 4);
    const names = await readNames(leavingUnread(store, 3).store, { employerIds: ids });
    expect(ids.map(names.legalName)).toEqual(ids.map((id) => `Company ${id}`));
    await expect(readNames(leavingUnread(store, 99).store, { employerIds: employerIds.slice(0, 9) })).rejects.toThrow(
      'left 3 of 9 items unread, 6 times',
    );
  });
});
