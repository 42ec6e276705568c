import type { StoredObject } from '@secor/certification';
import type { ImportKind, LineResult } from '@secor/contracts';
import { type Item, itemsOf, type Key, padded, readBody, type Store } from './table.ts';

/** An import of employers or assessors: an aggregate with a version. */
export type Import = {
  readonly importId: string;
  readonly version: number;
  readonly of: ImportKind;
  /** The administrator who started it: the history names them as the author of its changes. */
  readonly startedBy: string;
  readonly startedAt: string;
  /** The version of the upload that it imports: the first one that was read. A second upload through its link has no effect. */
  readonly file?: string;
  readonly state: 'awaiting file' | 'done' | 'refused';
  readonly finishedAt?: string;
  /** Absent when the file was refused as a whole. */
  readonly counts?: { readonly lines: number } & Readonly<Record<LineResult, number>>;
  readonly result?: StoredObject;
};

/** What a line has changed. */
type LineEffect = Extract<LineResult, 'added' | 'changed'>;

/** How long the record of the imported lines is kept: longer than a message can arrive again, even after a redrive. */
const lineDays = 60;

function importKey(importId: string): Key {
  return { pk: `IMPORT#${importId}`, sk: 'IMPORT' };
}

/** An import, to be created or to be replaced by its version. */
export function importItem(taken: Import): Item<Import> & { version: number } {
  return { ...importKey(taken.importId), kind: 'import', version: taken.version, body: taken };
}

/** The import as it is now, or undefined. */
export function readImport(store: Store, importId: string): Promise<Import | undefined> {
  return readBody<Import>(store, importKey(importId));
}

const lines = 'LINE#';

/**
 * The item that makes a line of an import take effect only once; it is created together with the line's changes.
 * @param at when the file arrived: ISO, UTC
 */
export function importLineItem(
  importId: string,
  line: number,
  effect: LineEffect,
  at: string,
): Item<{ readonly line: number; readonly effect: LineEffect }> & { readonly ttl: number } {
  return {
    pk: importKey(importId).pk,
    sk: `${lines}${padded(line)}`,
    kind: 'import line',
    body: { line, effect },
    ttl: Math.ceil(Date.parse(at) / 1000) + lineDays * 24 * 60 * 60,
  };
}

/** What each line of an import has changed so far, by its number. */
export async function readImportLines(store: Store, importId: string): Promise<Map<number, LineEffect>> {
  const effects = new Map<number, LineEffect>();
  const items = itemsOf(store, {
    KeyConditionExpression: 'pk = :import AND begins_with(sk, :lines)',
    ExpressionAttributeValues: { ':import': importKey(importId).pk, ':lines': lines },
    ConsistentRead: true,
  });
  for await (const { body } of items) effects.set(body.line, body.effect);
  return effects;
}
