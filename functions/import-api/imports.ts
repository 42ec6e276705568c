import { randomUUID } from 'node:crypto';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { maxImportBytes } from '@secor/contracts';
import { decodeCursor, type EndpointHandler, encodeCursor, HttpProblem } from '@secor/lambda';
import {
  commit,
  type Import,
  importItem,
  listImports,
  type Packages,
  type Records,
  readImport,
  readNames,
  type Store,
} from '@secor/store';
import { administratorOf } from '../shared/callers.ts';
import { downloadLink } from '../shared/download-link.ts';
import { say } from '../shared/sentences.ts';
import { linkExpiry, linkSeconds } from '../shared/upload-link.ts';

export type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly packages: Packages;
};

/** Starts an import and signs its upload link: one key, CSV, 1 byte to 5 MB, 15 minutes. */
export function startImportCall({ store, packages }: Dependencies): EndpointHandler<'startImport'> {
  return async ({ caller, body: { of }, at, idempotency }) => {
    const { personId: startedBy } = await administratorOf(store, caller);
    const importId = randomUUID();
    const { url, fields } = await createPresignedPost(packages.s3, {
      Bucket: packages.bucket,
      Key: `imports/${importId}.csv`,
      Fields: { 'Content-Type': 'text/csv' },
      Conditions: [['content-length-range', 1, maxImportBytes]],
      Expires: linkSeconds,
    });
    const started: Import = { importId, version: 1, of, startedBy, startedAt: at, state: 'awaiting file' };
    const answer = { importId, url, fields, expiresAt: linkExpiry(at) };
    // A repetition gets no link that has expired.
    await commit(store, { at, create: [importItem(started)], idempotency: idempotency(answer, answer.expiresAt) });
    return answer;
  };
}

/** Reads what became of an import, whoever started it; signs a link to its result. */
export function readImportCall({ store, records }: Dependencies): EndpointHandler<'readImport'> {
  return async ({ caller, parameters: { importId }, at }) => {
    await administratorOf(store, caller);
    const found = await readImport(store, importId);
    if (found === undefined) throw new HttpProblem(404, say('no-import', { importId }));
    const { result } = found;
    const link = result && { url: await signResultLink(records, result), expiresAt: linkExpiry(at) };
    return { ...importView(found), ...(link === undefined ? {} : { result: link }) };
  };
}

function importView({ importId, of, state, startedAt, finishedAt, counts }: Import) {
  return {
    importId,
    of,
    state,
    startedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(counts === undefined ? {} : { counts }),
  };
}

/** Where a page of imports ends: when the last one was started, and its id. */
const importPosition = /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z#[0-9a-f-]{36}$/;

/** Lists the imports, newest first. */
export function listImportsCall({ store }: Dependencies): EndpointHandler<'listImports'> {
  return async ({ caller, query }) => {
    await administratorOf(store, caller);
    const { imports, next } = await listImports(store, decodeCursor(query.cursor, importPosition));
    const { administratorName } = await readNames(store, {
      administratorIds: imports.map(({ startedBy }) => startedBy),
    });
    const entries = imports.map((each) => ({
      ...importView(each),
      startedBy: each.startedBy,
      startedByName: administratorName(each.startedBy),
    }));
    return { imports: entries, ...encodeCursor(next) };
  };
}

function signResultLink(records: Records, stored: NonNullable<Import['result']>): Promise<string> {
  return downloadLink(
    records,
    { ...stored, name: 'result.csv', type: 'text/csv; charset=utf-8' },
    'saved',
    linkSeconds,
  );
}
