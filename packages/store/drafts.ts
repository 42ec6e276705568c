import type { StoredObject } from '@secor/certification';
import { auditKey } from './aggregates.ts';
import { type Item, type Key, readBody, type Store } from './table.ts';

/** The draft of an audit's answers: its version rises with each save and when it is deleted, and never begins anew. */
export type StoredDraft = {
  readonly auditNumber: string;
  readonly version: number;
  /** How often it was deleted: each time, the next one is another object, so that deleting the one never hits the other. */
  readonly deletions: number;
  readonly savedAt: string;
  /** Where the answers are; absent once they were deleted. */
  readonly content?: StoredObject;
};

function draftKey(auditNumber: string): Key {
  return { pk: auditKey(auditNumber).pk, sk: 'DRAFT' };
}

/** The draft, to be created or to be replaced by its version. */
export function draftItem(draft: StoredDraft): Item<StoredDraft> & { version: number } {
  return { ...draftKey(draft.auditNumber), kind: 'draft', version: draft.version, body: draft };
}

/** The draft of an audit as it is now; undefined before the first save. */
export function readStoredDraft(store: Store, auditNumber: string): Promise<StoredDraft | undefined> {
  return readBody<StoredDraft>(store, draftKey(auditNumber));
}
