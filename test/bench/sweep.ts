import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { businessDate, cycleSubject } from '@secor/certification';
import { currentAssembly } from '@secor/cli';
import { type LocalCloud, readAssembly } from '@secor/local-cloud';
import { addAssessor, dueCheckItem, dueCheckShards, listDueChecks, openStore } from '@secor/store';
import { addCertified } from '../support/certified.ts';
import { inCloud, inFolder, output } from './bench-cloud.ts';
import { type Row, row } from './row.ts';
import { readTable, replaceTable, type StoredItem, type TableContent } from './table-import.ts';

const [due, all, crowd, many] = [300, 100_000, 10_000, 3_000];
/** Of what the sweep consumes with nothing in the table but what is due. */
const maxRatio = 1.1;
/** What the template gives the function, MiB. */
const memoryLimit = 512;
/** Of a function's memory: a third is to spare. */
const maxMemory = 2 / 3;
const mebibyte = 2 ** 20;
const limitMs = 40 * 60_000;

/** Days after the end of its audit on which a certificate of one year is within its last reminders, and far from any. */
const ages = { due: 330, later: 30 };
type Kind = keyof typeof ages;

/** Makes tables of copies of both kinds of employers, and measures a local cloud on each. */
async function inTables<T>(
  name: string,
  measure: (
    swept: <M>(counts: Readonly<Record<Kind, number>>, of: (cloud: LocalCloud) => Promise<M>) => Promise<M>,
  ) => Promise<T>,
): Promise<T> {
  const assembly = await currentAssembly();
  return inFolder(name, async (folder) => {
    const directory = join(folder, 'cloud');
    const prototypes = await inCloud(assembly, directory, true, prototypesOf);
    return measure(async (counts, of) => {
      await replaceTable(directory, prototypes.description, copiesOf(prototypes, counts));
      return inCloud(assembly, directory, false, of);
    });
  });
}

/** The daily sweep: what it reads beside what exists, and what its letters take. */
export function rows(): Promise<readonly Row[]> {
  return inTables('sweep', async (swept) => {
    const bare = await swept({ due, later: 0 }, (cloud) => sweepAndWrite(cloud, due));
    const among = await swept({ due, later: all - due }, (cloud) => sweepAndWrite(cloud, due));
    const compared = `${due} due of ${all.toLocaleString('en')} certificates, to ${due} alone`;
    return [
      row(`sweep, capacity consumed: ${compared}`, among.capacity / bare.capacity, '×', maxRatio),
      row(`sweep, read capacity: ${compared}`, among.read / bare.read, '×', maxRatio),
      row('letters of a sweep, time for each from the schedule to SES', bare.writtenMs / bare.letters, 'ms'),
      row('letters of a sweep, capacity for each, of all functions', bare.whole / bare.letters, 'units'),
    ];
  });
}

/** A day on which very many are due at once; the local database takes its time, so it is a topic of its own. */
export function crowdRows(): Promise<readonly Row[]> {
  return inTables('crowd', async (swept) => {
    const crowded = await swept({ due: crowd, later: 0 }, (cloud) => sweepAndQueue(cloud, crowd));
    return [
      row(`sweep of ${crowd.toLocaleString('en')} due on one day, peak memory`, crowded.peakMiB, 'MiB', memoryLimit),
      row(`sweep of ${crowd.toLocaleString('en')}, all recorded and queued in`, crowded.queuedMs / 1000, 's'),
      row(`sweep of ${crowd.toLocaleString('en')}, time for each`, crowded.queuedMs / crowd, 'ms'),
      row(`sweep of ${crowd.toLocaleString('en')}, capacity for each`, crowded.capacity / crowd, 'units'),
    ];
  });
}

/** What the functions on a letter's way hold at most while thousands go out, in a few instances each. */
export async function memoryRows(): Promise<readonly Row[]> {
  const sizes = memorySizes(await currentAssembly());
  const letters = `${(2 * many).toLocaleString('en')} letters`;
  return inTables('memory', (swept) =>
    swept({ due: many, later: 0 }, async (cloud) => {
      await sweepAndWrite(cloud, many);
      return ['relay', 'mail', 'mail-feedback'].map((name) => {
        const size = sizes.get(`secor-dev-${name}`) ?? 0;
        const peakBytes = cloud.functions[`secor-dev-${name}`]?.statistics.peakBytes ?? 0;
        if (size === 0 || peakBytes === 0) throw new Error(`The memory of ${name} is not known.`);
        return row(`${name}, peak memory after ${letters}, of ${size} MiB`, peakBytes / mebibyte / size, '', maxMemory);
      });
    }),
  );
}

/** What the templates give each function, MiB. */
function memorySizes(assembly: string): ReadonlyMap<string, number> {
  type Resource = {
    readonly Type: string;
    readonly Properties: { readonly FunctionName: string; readonly MemorySize: number };
  };
  const resources = readAssembly(assembly).stacks.flatMap(({ template }) =>
    Object.values((template as { readonly Resources: Readonly<Record<string, Resource>> }).Resources),
  );
  return new Map(
    resources
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties: { FunctionName, MemorySize } }) => [FunctionName, MemorySize]),
  );
}

/** The items of one employer of each kind, as the program's own steps leave them, and the day of their checkSubject-up. */
async function prototypesOf(cloud: LocalCloud): Promise<TableContent> {
  const store = openStore(output(cloud, 'TableName'));
  for (const [index, kind] of (Object.keys(ages) as Kind[]).entries()) {
    const decidedAt = new Date(cloud.clock.now() - (ages[kind] - 10) * 86_400_000).toISOString();
    await addCertified(store, {
      employerId: prototypeId(kind),
      auditNumber: `90000000${index}`,
      assessorId: assessorOf(prototypeId(kind)),
      decidedAt,
      recordsMonths: 6,
    });
    const completedOn = businessDate(cloud.clock.now());
    const own = { assessorId: assessorOf(prototypeId(kind)), actsFor: [prototypeId(kind)] };
    const email = `${prototypeId(kind)}@assessor.example.net`;
    const completions = [{ courseId: 'safety-program-development', completedOn }];
    await addAssessor(
      store,
      { ...own, name: 'Morgan Tremblay', email, completions },
      new Date(cloud.clock.now()).toISOString(),
    );
  }
  store.client.destroy();
  await cloud.quiet();
  return readTable(output(cloud, 'TableName'));
}

/** The assessor who acts for an employer, and for no other. */
function assessorOf(employerId: string): string {
  return `of-${employerId}`;
}

function prototypeId(kind: Kind): string {
  return `bench-${kind}-000000`;
}

/** Copies of the prototypes, each with a due check where its own subject's shard is. */
function* copiesOf({ items }: TableContent, counts: Readonly<Record<Kind, number>>): Generator<string> {
  for (const kind of Object.keys(counts) as Kind[]) {
    const id = prototypeId(kind);
    const partitions = [`EMPLOYER#${id}`, `ASSESSOR#${assessorOf(id)}`];
    // Nobody reads what has happened: without it the database imports, and writes, more quickly.
    const own = items
      .filter(({ pk, sk }) => partitions.includes(pk?.S ?? '') && !sk?.S?.startsWith('EVENT#'))
      .map((item) => JSON.stringify(item));
    const day = items.flatMap((item) => checkDay(item, id))[0];
    if (day === undefined) throw new Error(`The prototype ${id} has no day of the next check.`);
    for (let copy = 1; copy <= counts[kind]; copy += 1) {
      const copyId = `bench-${kind}-${String(copy).padStart(6, '0')}`;
      for (const item of own) yield item.replaceAll(id, copyId);
      const { pk, sk, kind: of, body } = dueCheckItem({ subject: cycleSubject(copyId), day });
      yield JSON.stringify({
        pk: { S: pk },
        sk: { S: sk },
        kind: { S: of },
        body: { M: { subject: { S: body.subject }, day: { S: body.day } } },
      });
    }
  }
}

function checkDay({ pk, sk }: StoredItem, employerId: string): string[] {
  const [day = '', subject] = (sk?.S ?? '').split(/#(.*)/s);
  return pk?.S?.startsWith('CHECK#') && subject === cycleSubject(employerId) ? [day] : [];
}

/** Asks for the sweep of today, as the schedule does. */
async function askForSweep(cloud: LocalCloud): Promise<void> {
  const sqs = new SQSClient({});
  const scheduledTime = new Date(cloud.clock.now()).toISOString();
  const QueueUrl = `${cloud.gatewayUrl}/${cloud.accountId}/secor-dev-sweep`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ scheduledTime }) }));
  sqs.destroy();
}

/** What functions consumed since the meter was reset: read and write capacity. */
function consumed(cloud: LocalCloud, functions: RegExp): { readonly read: number; readonly write: number } {
  const own = cloud.meter.totals().filter(({ principal }) => functions.test(principal));
  return {
    read: own.reduce((sum, { capacity }) => sum + capacity.read, 0),
    write: own.reduce((sum, { capacity }) => sum + capacity.write, 0),
  };
}

/** Throws unless the sweep has left nothing for today. */
async function requireSwept(cloud: LocalCloud): Promise<void> {
  const store = openStore(output(cloud, 'TableName'));
  const today = businessDate(cloud.clock.now());
  const left = await Promise.all(dueCheckShards.map((shard) => listDueChecks(store, shard, today, { limit: 1 })));
  store.client.destroy();
  if (left.some(({ checks }) => checks.length > 0)) throw new Error('The sweep has left something behind.');
}

/** Has a day swept, and waits until all its letters are out: to each employer's contact and assessor one. */
async function sweepAndWrite(cloud: LocalCloud, count: number) {
  await cloud.quiet();
  cloud.meter.reset();
  const before = (await cloud.letters()).length;
  const begun = performance.now();
  await askForSweep(cloud);
  await cloud.quiet(limitMs);
  const writtenMs = performance.now() - begun;
  const told = (await cloud.letters()).slice(before).filter(({ subject }) => subject.startsWith('SECOR certificate'));
  const recipients = new Set(told.flatMap(({ to }) => to));
  if (told.length !== 2 * count || recipients.size !== 2 * count)
    throw new Error(`Of ${count} employers ${told.length} reminders went out, to ${recipients.size} people.`);
  const { read, write } = consumed(cloud, /^secor-dev-remind$/);
  const all = consumed(cloud, /^secor-dev-/);
  await requireSwept(cloud);
  return { read, capacity: read + write, whole: all.read + all.write, letters: told.length, writtenMs };
}

/** Has a day swept on which very many are due, until each one is recorded and its message lies in the queue of the letters. */
async function sweepAndQueue(cloud: LocalCloud, count: number) {
  await cloud.quiet();
  // The letters are not measured here: nobody takes their messages.
  const held = { service: 'sqs', operation: 'ReceiveMessage', principal: 'secor-dev-mail', kind: 'error' } as const;
  cloud.faults.inject(held);
  const queued = Promise.withResolvers<void>();
  const waiting = () => cloud.sqs.pending('secor-dev-mail').visible;
  let peakBytes = 0;
  cloud.meter.reset();
  const begun = performance.now();
  const ignore = cloud.on('ended', ({ functionName, peakBytes: peak }) => {
    if (functionName === 'secor-dev-remind') peakBytes = Math.max(peakBytes, peak);
    if (functionName === 'secor-dev-relay' && waiting() >= count) queued.resolve();
  });
  const timer = setTimeout(() => queued.reject(new Error(`After ${limitMs} ms ${waiting()} were queued.`)), limitMs);
  await askForSweep(cloud);
  await queued.promise;
  const queuedMs = performance.now() - begun;
  clearTimeout(timer);
  ignore();
  await requireSwept(cloud);
  if (peakBytes === 0) throw new Error('No invocation of the sweep has ended: its memory is not known.');
  if (waiting() !== count) throw new Error(`${waiting()} messages are queued for ${count} reminders.`);
  const { read, write } = consumed(cloud, /^secor-dev-(remind|relay)$/);
  return { peakMiB: peakBytes / mebibyte, queuedMs, capacity: read + write };
}
