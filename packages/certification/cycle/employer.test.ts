import { describe, expect, test } from 'vitest';
import { type EmployerData, employerAsKnownOn } from './employer.ts';
import { changeEmployer, newEmployer } from './employer-steps.ts';
import { employerData } from './people.fixture.ts';

const at = '2026-11-23T18:00:00.000Z';
const administrator = { role: 'administrator', personId: 'x1' } as const;
const data = employerData({ tradeName: 'Example', employees: 4, contact: { name: 'Eva', email: 'eva@example.com' } });
const account = {
  wcbAccount: data.wcbAccount,
  accounts: [{ wcbAccount: data.wcbAccount, version: 1, employerIds: ['e1'] }],
  sharedWith: [],
};
const { employer, cycle, wcbAccounts } = newEmployer('e1', data, account, administrator, at);
const change = (next: EmployerData) => changeEmployer(employer, cycle.cycle, next, administrator, at);

describe('a new employer', () => {
  test('begins a history that tells of it what identifies nobody', () => {
    expect(employer).toEqual({ employerId: 'e1', version: 1, ...data });
    expect(cycle.events).toEqual([
      {
        subject: 'employer#e1',
        number: 1,
        at,
        by: administrator,
        type: 'employer added',
        data: { employees: 4, goodStanding: true },
      },
    ]);
    expect(cycle.cycle).toMatchObject({ employerId: 'e1', version: 1, events: 1 });
    expect(wcbAccounts).toEqual(account.accounts);
  });
});

describe('a change', () => {
  test('tells which fields have changed, and of their values only number and standing', () => {
    const contact = { name: 'Emil', email: 'emil@example.com' };
    const changed = change({ ...data, contact, employees: 11, goodStanding: false });
    expect(changed?.employer).toMatchObject({ version: 2, contact, employees: 11, goodStanding: false });
    expect(changed?.cycle.events).toMatchObject([
      {
        number: 2,
        type: 'employer changed',
        data: {
          changed: ['number of employees', 'contact', 'good standing'],
          employees: { before: 4, after: 11 },
          goodStanding: false,
        },
      },
    ]);
    expect(JSON.stringify(changed?.cycle.events)).not.toMatch(/Emil|emil@/);
  });

  test('of nothing is none, in whatever order the fields stand', () => {
    const { street, city, province, postalCode } = data.address;
    expect(change({ ...data, address: { postalCode, province, city, street } })).toBeUndefined();
  });

  test('takes away what is not given any more, and adds what was not there', () => {
    const { tradeName: _, ...without } = data;
    const changed = change({ ...without, secondContact: { name: 'Uwe', email: 'uwe@example.com' } });
    expect(changed?.employer).not.toHaveProperty('tradeName');
    expect(changed?.cycle.events).toMatchObject([{ data: { changed: ['trade name', 'second contact'] } }]);
    expect(changed?.cycle.events[0]?.data).not.toHaveProperty('employees');
  });
});

describe('a WCB account', () => {
  const moved = { wcbAccount: '7700001', accounts: [{ wcbAccount: '7700001', version: 4, employerIds: ['e2', 'e1'] }] };

  test('that is shared is told in the history, with whom', () => {
    const changed = changeEmployer(employer, cycle.cycle, { ...data, wcbAccount: '7700001' }, administrator, at, {
      ...moved,
      sharedWith: ['e2'],
    });
    expect(changed?.cycle.events).toMatchObject([{ data: { changed: ['WCB account'], sharesWcbAccountWith: ['e2'] } }]);
    expect(changed?.wcbAccounts).toEqual(moved.accounts);
  });

  test('can change only together with the account that was taken', () => {
    expect(() => change({ ...data, wcbAccount: '7700001' })).toThrow('was taken for an employer with account 7700001');
    expect(change({ ...data, employees: 5 })?.wcbAccounts).toEqual([]);
  });
});

test('an employer is known on a day as it was recorded by its end, and before it was recorded as it was first', () => {
  const grown = changeEmployer(
    employer,
    cycle.cycle,
    { ...data, employees: 12 },
    administrator,
    '2026-11-25T05:59:59.999Z',
  );
  if (grown === undefined) throw new Error('Nothing has changed.');
  const bad = { ...data, employees: 12, goodStanding: false };
  const fallen = changeEmployer(grown.employer, grown.cycle.cycle, bad, administrator, '2026-11-27T18:00:00.000Z');
  if (fallen === undefined) throw new Error('Nothing has changed.');
  const events = [...cycle.events, ...grown.cycle.events, ...fallen.cycle.events];
  const known = (date: string) => {
    const { employees, goodStanding } = employerAsKnownOn(fallen.employer, events, date);
    return [employees, goodStanding];
  };
  expect(known('2026-01-01')).toEqual([4, true]);
  expect(known('2026-11-23')).toEqual([4, true]);
  // A minute to midnight in Alberta is still the day before.
  expect(known('2026-11-24')).toEqual([12, true]);
  expect(known('2026-11-26')).toEqual([12, true]);
  expect(known('2026-11-27')).toEqual([12, false]);
});
