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

const system: Actor = { role: 'system' };

async function unlessThere(adding: Promise<void>): Promise<void> {
  await adding.catch((error: unknown) => {
    if (!(error instanceof Conflict)) throw error;
  });
}

/** Adds an employer, with a cycle of its own, unless there is one with this id. */
export async function addEmployer(
  store: Store,
  { employerId, ...data }: EmployerData & Pick<Employer, 'employerId'>,
  at: string,
): Promise<void> {
  await unlessThere(commit(store, { at, ...newEmployer(employerId, data, system, at) }));
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
