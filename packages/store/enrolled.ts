import {
  type Actor,
  type Assessor,
  type Employer,
  type EmployerData,
  isRefusal,
  newAssessor,
  newEmployer,
} from '@secor/certification';
import { Conflict } from '@secor/contracts';
import type { Store } from './table.ts';
import { commit } from './transaction.ts';
import { takeAccountOf } from './wcb-accounts.ts';

const system: Actor = { role: 'system' };

async function unlessThere(adding: Promise<void>): Promise<void> {
  await adding.catch((error: unknown) => {
    if (!(error instanceof Conflict)) throw error;
  });
}

/**
 * Adds an employer, with a cycle of its own, unless there is one with this id.
 * @throws Error when another employer has its WCB account
 */
export async function addEmployer(
  store: Store,
  { employerId, ...data }: EmployerData & Pick<Employer, 'employerId'>,
  at: string,
): Promise<void> {
  const account = await takeAccountOf(store, employerId, { wcbAccount: data.wcbAccount, shares: false });
  if (isRefusal(account)) throw new Error(account.message);
  await unlessThere(commit(store, { at, ...newEmployer(employerId, data, account, system, at) }));
}

/**
 * Adds an assessor unless there is one with this id.
 * @throws Error when one of their completions names no course, or a day in the future
 */
export async function addAssessor(
  store: Store,
  assessor: Pick<Assessor, 'assessorId' | 'name' | 'email' | 'actsFor' | 'completions'>,
  at: string,
): Promise<void> {
  const added = newAssessor(assessor, system, at);
  if (isRefusal(added)) throw new Error(added.message);
  await unlessThere(commit(store, { at, assessor: added }));
}
