import { type Refusal, refuse } from '../refusal.ts';
import type { Employer } from './employer.ts';

/** A WCB account, with the employers that have it: one, unless an administrator recorded that several share it [A]. */
export type WcbAccount = {
  readonly wcbAccount: string;
  /** 0 while no employer has had it; every change raises it by one. */
  readonly version: number;
  readonly employerIds: readonly string[];
};

/** [A] At most so many employers share a WCB account. */
export const maxSharingEmployers = 10;

/** The accounts after an employer has taken one, and the employers with which it shares it. */
export type TakenAccount = {
  readonly wcbAccount: string;
  readonly accounts: readonly WcbAccount[];
  readonly sharedWith: readonly string[];
};

/**
 * Gives an account to an employer, and takes the one that it had before away from it. Refuses an account that others have, unless
 * the administrator says that they share it.
 *
 * @param owner one of the other employers that have the account, if there is one
 */
export function takeWcbAccount(
  employerId: string,
  account: WcbAccount,
  said: {
    readonly shares: boolean;
    readonly owner?: Pick<Employer, 'employerId' | 'legalName'> | undefined;
    readonly before?: WcbAccount | undefined;
  },
): TakenAccount | Refusal {
  const { shares, owner, before } = said;
  const { wcbAccount } = account;
  const sharedWith = account.employerIds.filter((each) => each !== employerId);
  const [first] = sharedWith;
  if (first !== undefined && !shares) {
    const { employerId: other, legalName } = owner ?? { employerId: first, legalName: first };
    const more = sharedWith.length - 1;
    return refuse('wcb-account-taken', { wcbAccount, employerId: other, legalName, more });
  }
  if (sharedWith.length >= maxSharingEmployers)
    return refuse('wcb-account-full', { wcbAccount, most: maxSharingEmployers });
  const taken = { wcbAccount, version: account.version + 1, employerIds: [...sharedWith, employerId] };
  return {
    wcbAccount,
    accounts: [taken, ...(before === undefined ? [] : [withoutEmployer(before, employerId)])],
    sharedWith,
  };
}

/** An account that nobody has any more stays, without employers: its version goes on. */
function withoutEmployer({ wcbAccount, version, employerIds }: WcbAccount, employerId: string): WcbAccount {
  return { wcbAccount, version: version + 1, employerIds: employerIds.filter((each) => each !== employerId) };
}
