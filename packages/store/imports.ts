import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { StoredObject } from '@secor/certification';
import type { ImportKind, LineResult } from '@secor/contracts';
import { type Item, itemsOf, type Key, listIndex, padded, pageSize, readBody, type Store } from './table.ts';

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

const importsList = 'IMPORTS';

function importKey(importId: string): Key {
  return { pk: `IMPORT#${importId}`, sk: 'IMPORT' };
}

/** An import, to be created or to be replaced by its version. */
export function importItem(taken: Import): Item<Import> & { version: number } {
  const { importId, version, startedAt } = taken;
  const listed = { gsi1pk: importsList, gsi1sk: `${startedAt}#${importId}` };
  return { ...importKey(importId), kind: 'import', version, body: taken, ...listed };
}

/**
 * A page of the imports, newest first. Read from the list index, which may be a moment behind. `after` is the `next` of the page
 * before: when an import was started, and its id.
 */
export async function listImports(store: Store, after?: string): Promise<{ imports: Import[]; next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: after === undefined ? 'gsi1pk = :list' : 'gsi1pk = :list AND gsi1sk < :after',
      ExpressionAttributeValues: { ':list': importsList, ...(after === undefined ? {} : { ':after': after }) },
      ScanIndexForward: false,
      Limit: pageSize,
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.gsi1sk) };
  return { imports: Items.map(({ body }) => body as Import), ...next };
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
