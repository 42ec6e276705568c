import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { currentAssembly } from '@secor/cli';
import { askForLink, upload } from '@secor/cli/play-audit';
import type { Invocation, LocalCloud } from '@secor/local-cloud';
import { openStore } from '@secor/store';
import { inFreshCloud, newAudit, output } from './bench-cloud.ts';
import { byTurns, median, medianRatio } from './rounds.ts';
import { type Row, row } from './row.ts';

const rounds = 15;
const warmUps = 3;
const documents = 30;
const mebibyte = 2 ** 20;
/** Of the time for a package of 1 MiB. */
const maxRatio = 1.2;
const maxReadBytes = mebibyte + documents * 16 * 1024;
const maxGrowth = 32;
/** What runs after intake has accepted a package; the measurements wait for it. */
const followers = ['relay', 'assign', 'layout', 'mail'];

/** The intake of a package of 30 documents: of 1 GiB, against one of 1 MiB. */
export async function rows(): Promise<readonly Row[]> {
  return inFreshCloud('intake', await currentAssembly(), async (cloud, folder) => {
    // A gigabyte is not laid out after each round: layout is not measured, and would take the machine from intake.
    cloud.faults.inject({ service: 'dynamodb', principal: 'secor-dev-layout', kind: 'error' });
    const [small, large] = [
      await uploaded(cloud, folder, mebibyte),
      // What the archive has beside its documents stays below the half mebibyte.
      await uploaded(cloud, folder, 1024 * mebibyte - mebibyte / 2),
    ];
    const measures = { small: () => takeIn(cloud, small), large: () => takeIn(cloud, large) };
    await byTurns(warmUps, measures);
    const measured = await byTurns(rounds, measures);
    const of = (size: 'small' | 'large', figure: 'milliseconds' | 'peakBytes' | 'readBytes') =>
      median(measured[size].map((each) => each[figure]));
    const ratio = medianRatio(
      measured.large.map(({ milliseconds }) => milliseconds),
      measured.small.map(({ milliseconds }) => milliseconds),
    );
    const growth = of('large', 'peakBytes') - of('small', 'peakBytes');
    return [
      row('intake of 1 GiB, to 1 MiB', ratio, '×', maxRatio),
      row('intake of 1 GiB, read from S3', of('large', 'readBytes') / 1024, 'KiB', maxReadBytes / 1024),
      row('intake of 1 GiB, more memory than for 1 MiB', growth / mebibyte, 'MiB', maxGrowth),
      row('intake of 1 MiB', of('small', 'milliseconds'), 'ms'),
      row('intake of 1 GiB', of('large', 'milliseconds'), 'ms'),
      row('intake of 1 GiB, peak memory', of('large', 'peakBytes') / mebibyte, 'MiB'),
    ];
  });
}

/** An object in the bucket of the packages, as S3 tells of it, and whose uploads it counts among. */
type Uploaded = {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly counted: readonly string[];
};

/** A package that was made and uploaded as an assessor does, and taken in once. */
async function uploaded(cloud: LocalCloud, folder: string, bytes: number): Promise<Uploaded> {
  const { assessor, auditNumber, file } = await newAudit(cloud, folder, { count: documents, bytes });
  const link = await askForLink(assessor, auditNumber);
  const settled = nextEnds(cloud, ['intake', ...followers]);
  await upload(file, link);
  await settled;
  const s3 = new S3Client({ forcePathStyle: true });
  const [bucket, key] = [output(cloud, 'PackagesBucket'), `packages/${auditNumber}/${link.link}.zip`];
  const { VersionId: versionId = '', ContentLength: size = 0 } = await s3.send(
    new HeadObjectCommand({ Bucket: bucket, Key: key }),
  );
  s3.destroy();
  return { bucket, key, versionId, size, counted: [auditNumber, `${auditNumber}/${link.link}`] };
}

/** Deletes what counts towards the limits of uploads: one audit is taken in more often here than any may be in a day. */
async function deleteCounters(cloud: LocalCloud, subjects: readonly string[]): Promise<void> {
  const { client, table: TableName } = openStore(output(cloud, 'TableName'));
  for (const subject of subjects) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': `LIMIT#${subject}` },
      }),
    );
    for (const { pk, sk } of Items) await client.send(new DeleteCommand({ TableName, Key: { pk, sk } }));
  }
  client.destroy();
}

let events = 0;

/** Has intake read the object as if it had been uploaded anew: the same bytes, told by a newer event. */
async function takeIn(cloud: LocalCloud, { bucket, key, versionId, size, counted }: Uploaded) {
  await deleteCounters(cloud, counted);
  events += 1;
  const sequencer = `FF${events.toString(16).toUpperCase().padStart(16, '0')}`;
  const object = { key, size, versionId, sequencer };
  const eventTime = new Date(cloud.clock.now()).toISOString();
  const body = JSON.stringify({
    Records: [{ eventName: 'ObjectCreated:Post', eventTime, s3: { bucket: { name: bucket }, object } }],
  });
  const settled = nextEnds(cloud, followers);
  cloud.meter.reset();
  const invocation = await functionOf(cloud, 'intake').invoke({
    Records: [
      {
        messageId: `bench-${events}`,
        body,
        attributes: { SentTimestamp: String(cloud.clock.now()), ApproximateReceiveCount: '1' },
        eventSource: 'aws:sqs',
      },
    ],
  });
  requireSuccess(invocation);
  const read = cloud.meter
    .totals()
    .filter(({ principal, operation }) => principal === 'secor-dev-intake' && operation === 'GetObject');
  await settled;
  return {
    milliseconds: invocation.durationMs,
    peakBytes: invocation.peakBytes,
    readBytes: read.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
  };
}

function requireSuccess({ error, result }: Invocation): void {
  const { batchItemFailures } = (result ?? {}) as { batchItemFailures?: readonly unknown[] };
  if (error !== undefined || batchItemFailures?.length !== 0) {
    throw new Error(`intake failed: ${error?.errorMessage ?? 'see its log'}`);
  }
}

function functionOf(cloud: LocalCloud, name: string) {
  const found = cloud.functions[`secor-dev-${name}`];
  if (found === undefined) throw new Error(`The templates have no function ${name}.`);
  return found;
}

const limitMs = 60_000;

/** Waits until each of the functions has ended an invocation. */
async function nextEnds(cloud: LocalCloud, names: readonly string[]): Promise<void> {
  const open = new Set(names.map((name) => `secor-dev-${name}`));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = () => reject(new Error(`${[...open].join(', ')} did not run within ${limitMs / 1000} s`));
  const timer = setTimeout(late, limitMs);
  const off = cloud.on('ended', ({ functionName }) => {
    open.delete(functionName);
    if (open.size === 0) resolve();
  });
  try {
    await promise;
  } finally {
    off();
    clearTimeout(timer);
  }
}
