import { type Changes, commit, type Store } from '@secor/store';

/** Keeps the answer to a call that found nothing to change, so that its repetition is known for one. */
export async function keepUnchanged(store: Store, kept: Pick<Changes, 'at' | 'idempotency'>): Promise<void> {
  if (kept.idempotency !== undefined) await commit(store, kept);
}
