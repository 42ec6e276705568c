import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefusal } from '../refusal.ts';
import { maxSharingEmployers, takeWcbAccount, type WcbAccount } from './wcb-account.ts';

const account = (wcbAccount: string, ...employerIds: string[]): WcbAccount => ({
  wcbAccount,
  version: employerIds.length,
  employerIds,
});

function take(employerId: string, asked: WcbAccount, said: Partial<Parameters<typeof takeWcbAccount>[2]> = {}) {
  return takeWcbAccount(employerId, asked, { shares: false, ...said });
}

describe('a WCB account', () => {
  test('is taken by the first employer, and left when the employer takes another', () => {
    expect(take('e1', account('11111'))).toEqual({
      wcbAccount: '11111',
      accounts: [{ wcbAccount: '11111', version: 1, employerIds: ['e1'] }],
      sharedWith: [],
    });
    expect(take('e1', account('22222'), { before: account('11111', 'e1', 'e2') })).toEqual({
      wcbAccount: '22222',
      accounts: [
        { wcbAccount: '22222', version: 1, employerIds: ['e1'] },
        { wcbAccount: '11111', version: 3, employerIds: ['e2'] },
      ],
      sharedWith: [],
    });
  });

  test('of another employer is refused with its name, whoever asks', () => {
    const owner = { employerId: 'e1', legalName: 'Prairie Welding Ltd.' };
    expect(take('e2', account('11111', 'e1'), { owner })).toEqual({
      refused: 'wcb-account-taken',
      message:
        'WCB account 11111 belongs to Prairie Welding Ltd. (e1). Correct the number; or, if they share the account, say so with sharesWcbAccount.',
      values: { wcbAccount: '11111', employerId: 'e1', legalName: 'Prairie Welding Ltd.', more: 0 },
    });
    expect(take('e3', account('11111', 'e1', 'e2'), { owner })).toMatchObject({
      message: expect.stringContaining('Prairie Welding Ltd. (e1) and 1 more employer.'),
    });
  });

  test('is shared when an administrator says so, and no more so than that many can', () => {
    expect(take('e2', account('11111', 'e1'), { shares: true })).toMatchObject({
      accounts: [{ employerIds: ['e1', 'e2'] }],
      sharedWith: ['e1'],
    });
    const full = account('11111', ...Array.from({ length: maxSharingEmployers }, (_, index) => `f${index}`));
    expect(take('e1', full, { shares: true })).toMatchObject({ refused: 'wcb-account-full' });
  });

  test('never has an employer twice, and is never lost by those that keep it', () => {
    const step = fc.record({
      employerId: fc.constantFrom('e1', 'e2', 'e3'),
      to: fc.constantFrom('11111', '22222'),
      shares: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const accounts = new Map<string, WcbAccount>();
        const owned = new Map<string, string>();
        for (const { employerId, to, shares } of steps) {
          const before = owned.get(employerId);
          if (before === to) continue;
          const taken = take(employerId, accounts.get(to) ?? account(to), {
            shares,
            before: before === undefined ? undefined : accounts.get(before),
          });
          const others = [...owned].filter(([id, number]) => number === to && id !== employerId);
          expect(isRefusal(taken)).toBe(others.length > 0 && !shares);
          if (isRefusal(taken)) continue;
          for (const each of taken.accounts) accounts.set(each.wcbAccount, each);
          owned.set(employerId, to);
        }
        for (const [number, { employerIds }] of accounts)
          expect([...employerIds].sort()).toEqual([...owned].flatMap(([id, of]) => (of === number ? [id] : [])).sort());
      }),
    );
  });
});
