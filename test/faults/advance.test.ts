import { addDays } from '@secor/certification';
import { askForLink, register } from '@secor/cli/play-audit';
import type { AdvancedDay } from '@secor/local-cloud';
import { expect, test } from 'vitest';
import { physical, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud, enrol } = site;

test('days pass: what failed comes back within its day, what can not succeed is told, and no day is left out', async () => {
  const party = await enrol();
  const audit = await register(party.api, party.employer.employerId, 'certification');
  const failing = { principal: physical('mail'), operation: 'GetItem', kind: 'error', times: 3 } as const;
  cloud.faults.inject(failing);
  await site.put(await askForLink(party.api, audit.auditNumber), site.pack(audit));
  await site.send('mail', 'no JSON');
  const first = site.today();
  const days: AdvancedDay[] = [];
  await cloud.advance(addDays(first, 2), (day) => days.push(day));
  const nothing = { letters: [], failures: [], open: [] };
  expect(days.map((day) => ({ ...day, letters: day.letters.toSorted() }))).toEqual([
    {
      ...{ date: first, failures: [`1 in ${physical('mail-dead-letters')}`], open: [] },
      letters: [expect.stringMatching(/^For your review/), expect.stringMatching(/package received/)],
    },
    { date: addDays(first, 1), ...nothing },
    { date: addDays(first, 2), ...nothing },
  ]);
  expect(site.today()).toBe(addDays(first, 2));
});
