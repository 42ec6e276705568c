import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ImportId, maxImportBytes, ObjectCreatedMessage, type ObjectCreatedRecord } from '@secor/contracts';
import { type LineOutcome, readText, reasonOf, writeRefusal, writeResult } from '@secor/import-file';
import { CannotSucceed, type Delivery, environment, log, queueConsumer } from '@secor/lambda';
import {
  commit,
  type Import,
  importItem,
  openS3,
  openStore,
  putImportResult,
  type Records,
  readImport,
  readImportLines,
  retryingConflicts,
  type Store,
} from '@secor/store';
import * as v from 'valibot';
import { forEachAtOnce } from '../shared/for-each-at-once.ts';
import { decodeObjectKey } from '../shared/object-key.ts';
import { type Step, stepsOf } from './take-line.ts';

type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly s3: S3Client;
  /** How often SQS delivers a message at most; at least 2. */
  readonly tries: number;
};

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
 * Imports each file once. Every good line is a transaction of its own, in any order. Then the result is written, with a row for
 * each line, and the import ends. A file that is refused as a whole changes only the import. Each line's transaction also records
 * what the line changed, so that a delivery that continues after a crash reports the line correctly. A line that fails does not
 * stop the others; the message's next delivery tries it again. Each import ends with a result: the last delivery but one ends it
 * without the lines that failed. If even that delivery broke off, the last one does not read the file any more, and the result
 * says so.
 */
export function takeImports(dependencies: Dependencies) {
  return async (delivery: Delivery<v.InferOutput<typeof ObjectCreatedMessage>>): Promise<void> => {
    const { message } = delivery;
    if ('Event' in message) return;
    for (const record of message.Records) await takeFile(dependencies, uploadOf(record), delivery);
  };
}

async function takeFile(
  { store, records, s3, tries }: Dependencies,
  upload: Upload,
  { sentAt, delivery }: Pick<Delivery<unknown>, 'sentAt' | 'delivery'>,
): Promise<void> {
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

  if (delivery >= tries) {
    log.error('an import ended early: its file could not be taken at any try', { importId });
    const lines = (await readImportLines(store, importId)).size;
    return finish({ state: 'refused' }, writeRefusal([reasonOf('file-failed', { lines })]));
  }
  const text = await textOf(s3, upload);
  if ('refused' in text) return finish({ state: 'refused' }, writeRefusal([text.refused]));
  const by = { role: 'administrator', personId: startedBy } as const;
  const read = await stepsOf(of, text.text, { store, importId, by, arrivedAt, sentAt });
  if ('refused' in read) return finish({ state: 'refused' }, writeRefusal(read.refused));
  const { outcomes, failures } = await takeSteps(store, importId, read.steps);
  if (failures.length > 0 && delivery < tries - 1)
    throw new AggregateError(failures, `${failures.length} lines could not be taken`);
  await finish({ state: 'done', counts: countsOf(outcomes) }, writeResult(outcomes));
  if (failures.length > 0)
    log.error('an import ended without lines that failed on our side', { importId, lines: failures.length });
}

/** The import, if it is open and reads this upload; undefined when it has ended, or reads another upload. */
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

/** The result of each line, in the order of the file, and the error of each line that failed: another delivery may import it. */
type Taken = { readonly outcomes: readonly LineOutcome[]; readonly failures: readonly Error[] };

/** Imports several lines at a time; one that fails does not stop the others. */
async function takeSteps(store: Store, importId: string, steps: readonly Step[]): Promise<Taken> {
  const before = await readImportLines(store, importId);
  const outcomes = new Map<number, LineOutcome>();
  const failed = new Map<number, Error>();
  await forEachAtOnce(steps, linesAtOnce, async (step) => {
    const { line, id } = step;
    if ('reasons' in step) outcomes.set(line, { line, id, result: 'refused', reasons: step.reasons });
    else if (!before.has(line)) {
      const outcome = await step.take().catch((error: Error) => {
        log.error('a line could not be taken', { importId, line, error });
        failed.set(line, error);
        return { result: 'refused', reasons: [reasonOf('line-failed')] } as const;
      });
      outcomes.set(line, { line, id, ...outcome });
    }
  });
  // Read the marks again: only they show what another delivery imported meanwhile, or what this one imported without getting an
  // answer.
  const effects = await readImportLines(store, importId);
  return {
    outcomes: steps.map(({ line, id }) => {
      const effect = effects.get(line);
      return effect === undefined
        ? (outcomes.get(line) ?? { line, id, result: 'unchanged' })
        : { line, id, result: effect };
    }),
    failures: [...failed].flatMap(([line, error]) => (effects.has(line) ? [] : [error])),
  };
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

/** The text of the uploaded version; or why it is none. */
async function textOf(s3: S3Client, { bucket, key, versionId, size }: Upload): Promise<ReturnType<typeof readText>> {
  if (size > maxImportBytes) return { refused: reasonOf('file-too-large', { megabytes: maxImportBytes / 1e6 }) };
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  if (Body === undefined) throw new Error(`S3 gave no bytes of ${key}.`);
  return readText(Buffer.concat(await Array.fromAsync(Body as AsyncIterable<Uint8Array>)));
}

/** Reads S3's notification about an object that was uploaded through the link of an import. Any other message is an error. */
function uploadOf({ eventTime, s3: { bucket, object } }: ObjectCreatedRecord): Upload {
  const key = decodeObjectKey(object.key);
  const [, importId] = /^imports\/([^/]+)\.csv$/.exec(key) ?? [];
  if (!v.is(ImportId, importId)) throw new CannotSucceed(`no link of an import leads to the key ${key}`);
  const { versionId, size } = object;
  return { importId, bucket: bucket.name, key, versionId, size, arrivedAt: new Date(eventTime).toISOString() };
}

export const handler = queueConsumer(ObjectCreatedMessage, () => {
  const s3 = openS3();
  return takeImports({
    store: openStore(environment('TABLE_NAME')),
    records: { s3, bucket: environment('RECORDS_BUCKET') },
    s3,
    tries: Number(environment('TRIES')),
  });
});
