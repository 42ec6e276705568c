import { type Refusal, type TakenAccount, takeWcbAccount, type WcbAccount } from '@secor/certification';
import { readEmployer } from './people.ts';
import { type Item, type Key, readBody, type Store } from './table.ts';

function wcbAccountKey(wcbAccount: string): Key {
  return { pk: `WCB#${wcbAccount}`, sk: 'WCB' };
}

/** The item of a WCB account that an employer took or left; its version is checked. */
export function wcbAccountItem(account: WcbAccount): Item<WcbAccount> & { version: number } {
  return { ...wcbAccountKey(account.wcbAccount), kind: 'WCB account', version: account.version, body: account };
}

/** The WCB account with the employers that have it, as it is now. */
export async function readWcbAccount(store: Store, wcbAccount: string): Promise<WcbAccount> {
  const account = await readBody<WcbAccount>(store, wcbAccountKey(wcbAccount));
  return account ?? { wcbAccount, version: 0, employerIds: [] };
}

/**
 * Gives an account to an employer by the rule of `takeWcbAccount`. What it gives is written with the employer in one transaction,
 * which fails with Conflict when another employer was faster.
 *
 * @param before the account that the employer has now, when it has another
 */
export async function takeAccountOf(
  store: Store,
  employerId: string,
  { wcbAccount, shares, before }: { readonly wcbAccount: string; readonly shares: boolean; readonly before?: string },
): Promise<TakenAccount | Refusal> {
  const account = await readWcbAccount(store, wcbAccount);
  const [other] = account.employerIds.filter((each) => each !== employerId);
  return takeWcbAccount(employerId, account, {
    shares,
    owner: other === undefined || shares ? undefined : await readEmployer(store, other),
    before: before === undefined ? undefined : await readWcbAccount(store, before),
  });
}
