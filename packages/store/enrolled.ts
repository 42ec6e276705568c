import {
  type Actor,
  type Assessor,
  type Employer,
  type EmployerData,
  isRefusal,
  newAssessor,
  newEmployer,
  type Reviewer,
} from '@secor/certification';
import { Conflict } from '@secor/contracts';
import { reviewerTold } from './outbox.ts';
import { newReviewer } from './people.ts';
import type { Store } from './table.ts';
import { type Changes, commit } from './transaction.ts';
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

/** The writes that add a reviewer; assign is told of one who is present, so that they get their part of what waits. */
export function reviewerAdded(
  reviewer: Parameters<typeof newReviewer>[0],
  at: string,
): Required<Pick<Changes, 'replace' | 'create'>> & { readonly reviewer: Reviewer } {
  const item = newReviewer(reviewer);
  return { reviewer: item.body, replace: [item], create: item.body.present ? [reviewerTold(item.body, at)] : [] };
}

/** Adds a reviewer unless there is one with this id. */
export async function addReviewer(
  store: Store,
  reviewer: Parameters<typeof newReviewer>[0],
  at: string,
): Promise<void> {
  const { replace, create } = reviewerAdded(reviewer, at);
  await unlessThere(commit(store, { at, replace, create }));
}
