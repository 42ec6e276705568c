import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { currentAssembly } from '@secor/cli';
import { askForLink } from '@secor/cli/play-audit';
import { type LocalCloud, readAssembly } from '@secor/local-cloud';
import { withBarePipeline } from './bare/assembly.ts';
import { bare } from './bare/stack.ts';
import { benchFolder, inFreshCloud, newAudit, output } from './bench-cloud.ts';
import { byTurns, median, medianRatio } from './rounds.ts';
import { type Row, row } from './row.ts';

const rounds = 21;
const warmUps = 5;
/** Of the bare pipeline's time. */
const maxRatio = 1.5;
/** The packages: one of ordinary size, with scans and photographs of a megabyte each; and a very small one, for the figure. */
const packages = [
  { size: '30 MiB', limit: maxRatio, documents: { count: 30, bytes: 30 * 2 ** 20 } },
  { size: '1 MiB', limit: null, documents: { count: 12, bytes: 2 ** 20 } },
] as const;

/** Object created → message in the review queue, against a bare pipeline in the same local cloud. */
export async function rows(): Promise<readonly Row[]> {
  const app = await currentAssembly();
  const { accountId: account, region } = readAssembly(app);
  const assembly = await withBarePipeline(app, { account, region }, join(benchFolder, 'bare'));
  return inFreshCloud('pipeline', assembly, async (cloud, folder) => {
    const s3 = new S3Client({ forcePathStyle: true });
    const put = (Bucket: string, Key: string, Body: Buffer) => () =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    const bucket = output(cloud, 'PackagesBucket');
    const measured: Row[] = [];
    for (const { size, limit, documents } of packages) {
      let bytes = Buffer.alloc(0);
      const measures = {
        // Each time the first package of another audit: the audit's item grows with its revisions.
        async ours() {
          const { assessor, auditNumber, file } = await newAudit(cloud, folder, documents);
          const { link } = await askForLink(assessor, auditNumber);
          bytes = await readFile(file);
          const upload = put(bucket, `packages/${auditNumber}/${link}.zip`, bytes);
          return milliseconds(cloud, upload, bucket, 'secor-dev-review');
        },
        bare: (round: number) =>
          milliseconds(cloud, put(bare.bucket, `package-${round}.zip`, bytes), bare.bucket, bare.queue),
      };
      await byTurns(warmUps, measures);
      const times = await byTurns(rounds, measures);
      measured.push(
        row(`${size}, upload to review queue, to a bare pipeline`, medianRatio(times.ours, times.bare), '×', limit),
        row(`${size}, upload to review queue`, median(times.ours), 'ms'),
        row(`${size}, bare pipeline`, median(times.bare), 'ms'),
      );
    }
    s3.destroy();
    return measured;
  });
}

/** From the end of the call that puts an object into the bucket to the end of the call that sends to the queue. */
async function milliseconds(
  cloud: LocalCloud,
  put: () => Promise<unknown>,
  bucket: string,
  queue: string,
): Promise<number> {
  await cloud.quiet();
  cloud.meter.reset();
  await put();
  await cloud.quiet();
  const ended = (operation: string, resource: RegExp): number => {
    const call = cloud.meter.calls().find((each) => each.operation === operation && resource.test(each.resource));
    if (call === undefined || call.status >= 400) throw new Error(`no ${operation} came through to ${resource.source}`);
    return Date.parse(call.at) + call.ms;
  };
  return ended('SendMessage', new RegExp(`:${queue}$`)) - ended('PutObject', new RegExp(`:${bucket}/`));
}
