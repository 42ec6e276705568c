import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ImportId, mostImportBytes, ObjectCreatedMessage, type ObjectCreatedRecord } from '@secor/contracts';
import { decoded, type LineOutcome, writeRefusal, writeResult } from '@secor/import-file';
import { CannotSucceed, type Delivery, environment, ownQueue, queueConsumer } from '@secor/lambda';
import {
  commit,
  type Import,
  importItem,
  openStore,
  putImportResult,
  type Records,
  readImport,
  readImportLines,
  retryingConflicts,
  type Store,
} from '@secor/store';
import * as v from 'valibot';
import { type Step, stepsOf } from './take-line.ts';

type Dependencies = { readonly store: Store; readonly records: Records; readonly s3: S3Client };

/** A file that was uploaded by the link of an import. */
type Upload = {
  readonly importId: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly arrivedAt: string;
};

const linesAtOnce = 16;

/**
 * Takes the file of each import, once: every good line as a transaction of its own, in any order; then writes the result, a
 * row for each line, and finishes the import. A file that is refused as a whole changes nothing but the import. What a
 * line has changed is marked in its transaction: a file that is taken up again after a crash counts it as what it was.
 */
export function takeImports(dependencies: Dependencies) {
  return async ({ message, sentAt }: Delivery<v.InferOutput<typeof ObjectCreatedMessage>>): Promise<void> => {
    if ('Event' in message) return;
    for (const record of message.Records) await takeFile(dependencies, uploadOf(record), sentAt);
  };
}

async function takeFile({ store, records, s3 }: Dependencies, upload: Upload, sentAt: string): Promise<void> {
  const { importId, arrivedAt } = upload;
  const claimed = await claim(store, upload, sentAt);
  if (claimed === undefined) return;
  const { of, startedBy } = claimed;
  const finish = async (end: Pick<Import, 'state' | 'counts'>, csv: string): Promise<void> => {
    const result = await putImportResult(records, importId, csv);
    await retryingConflicts(async () => {
      const now = await readImport(store, importId);
      if (now === undefined || now.state !== 'awaiting file') return;
      const finished: Import = { ...now, version: now.version + 1, ...end, result, finishedAt: sentAt };
      await commit(store, { at: sentAt, replace: [importItem(finished)] });
    });
  };

  const text = await textOf(s3, upload);
  if (text === undefined) return finish({ state: 'refused' }, writeRefusal([notText]));
  const by = { role: 'administrator', personId: startedBy } as const;
  const read = await stepsOf(of, text, { store, importId, by, arrivedAt, sentAt });
  if ('refused' in read) return finish({ state: 'refused' }, writeRefusal(read.refused));
  const outcomes = await takeSteps(store, importId, read.steps);
  await finish({ state: 'done', counts: countsOf(outcomes) }, writeResult(outcomes));
}

const notText = `the file is not a text in UTF-8 of at most ${mostImportBytes / 1e6} MB: save it as "CSV UTF-8"`;

/** The import as it takes this upload; undefined when it is over, or takes another one. */
async function claim(store: Store, { importId, versionId }: Upload, at: string): Promise<Import | undefined> {
  return retryingConflicts(async () => {
    const found = await readImport(store, importId);
    if (found === undefined) throw new CannotSucceed(`there is no import ${importId}`);
    if (found.state !== 'awaiting file') return undefined;
    if (found.file !== undefined) return found.file === versionId ? found : undefined;
    const claimed: Import = { ...found, version: found.version + 1, file: versionId };
    await commit(store, { at, replace: [importItem(claimed)] });
    return claimed;
  });
}

/** Takes the lines several at once, and tells what became of each in the order of the file. */
async function takeSteps(store: Store, importId: string, steps: readonly Step[]): Promise<LineOutcome[]> {
  const before = await readImportLines(store, importId);
  const outcomes = new Map<number, LineOutcome>();
  const waiting = [...steps];
  const takeNext = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const { line, id } = step;
      if ('reason' in step) outcomes.set(line, { line, id, result: 'refused', reason: step.reason });
      else if (!before.has(line)) outcomes.set(line, { line, id, ...(await step.take()) });
    }
  };
  try {
    await Promise.all(Array.from({ length: linesAtOnce }, takeNext));
  } finally {
    // After a failure the others begin no further line: the message comes back.
    waiting.length = 0;
  }
  // Once more: what another delivery has taken at the same time is unchanged only in the eyes of this one.
  const effects = await readImportLines(store, importId);
  return steps.map(({ line, id }) => {
    const effect = effects.get(line);
    return effect === undefined
      ? (outcomes.get(line) ?? { line, id, result: 'unchanged' })
      : { line, id, result: effect };
  });
}

function countsOf(outcomes: readonly LineOutcome[]): NonNullable<Import['counts']> {
  const count = (result: LineOutcome['result']) => outcomes.filter((each) => each.result === result).length;
  return {
    lines: outcomes.length,
    added: count('added'),
    changed: count('changed'),
    unchanged: count('unchanged'),
    refused: count('refused'),
  };
}

/** The text of the upload's own version, decoded as it comes; undefined when it is none. */
async function textOf(s3: S3Client, { bucket, key, versionId, size }: Upload): Promise<string | undefined> {
  if (size > mostImportBytes) return undefined;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  if (Body === undefined) throw new Error(`S3 gave no bytes of ${key}.`);
  return decoded(Body as AsyncIterable<Uint8Array>);
}

/** Reads what S3 tells of an object that came through the link of an import; anything else has no business in this queue. */
function uploadOf({ eventTime, s3: { bucket, object } }: ObjectCreatedRecord): Upload {
  const key = decodeURIComponent(object.key.replaceAll('+', ' '));
  const [, importId] = /^imports\/([^/]+)\.csv$/.exec(key) ?? [];
  if (!v.is(ImportId, importId)) throw new CannotSucceed(`no link of an import leads to the key ${key}`);
  const { versionId, size } = object;
  return { importId, bucket: bucket.name, key, versionId, size, arrivedAt: new Date(eventTime).toISOString() };
}

export const handler = queueConsumer(
  ObjectCreatedMessage,
  () => {
    const s3 = new S3Client({});
    return takeImports({
      store: openStore(environment('TABLE_NAME')),
      records: { s3, bucket: environment('RECORDS_BUCKET') },
      s3,
    });
  },
  ownQueue(),
);
