import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { addDays, businessDate } from '@secor/certification';
import { bootLocalCloud, currentAssembly, samplePeople } from '@secor/cli';
import { accept, askForLink, readReview, register, until, untilLaidOut, upload } from '@secor/cli/play-audit';
import { type ApiClient, apiClient, type Role } from '@secor/contracts';
import { expect, onTestFinished, test } from 'vitest';
import { known, maxVisibilityMs, onlyInvisible, openSite, outline, physical } from '../support/cloud.ts';
import { packageFor } from '../support/package.ts';

const script = fileURLToPath(new URL('../support/cloud-process.ts', import.meta.url));
const goneLimitMs = 5_000;

/** A local cloud in a process of its own. */
type Running = {
  readonly process: ChildProcess;
  readonly apiUrl: string;
  readonly controlUrl: string;
  /** Names of functions whose invocation has begun and not ended. */
  readonly open: string[];
  /** Kills it when the invocation after so many others begins, or when all is done; answers what was open. */
  killAfter(invocations: number): Promise<readonly string[]>;
};

async function run(assembly: string, directory: string): Promise<Running> {
  const child = spawn(process.execPath, [script, assembly, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const open: string[] = [];
  let begun = 0;
  let onBegun = (): void => {};
  const addresses = Promise.withResolvers<Pick<Running, 'apiUrl' | 'controlUrl'>>();
  child.once('exit', (code) => addresses.reject(new Error(`The local cloud ended with ${code}.`)));
  createInterface({ input: known(child.stdout ?? undefined) }).on('line', (line) => {
    const { started, ended, ...rest } = JSON.parse(line);
    if (started !== undefined) {
      begun += 1;
      open.push(started);
      onBegun();
    } else if (ended !== undefined) open.splice(open.indexOf(ended), 1);
    else addresses.resolve(rest);
  });
  const { apiUrl, controlUrl } = await addresses.promise;

  const killAfter = async (invocations: number): Promise<readonly string[]> => {
    const moment = Promise.withResolvers<void>();
    onBegun = () => begun >= invocations && moment.resolve();
    onBegun();
    // The process may be gone before it is quiet.
    const quiet = settle(controlUrl).then(moment.resolve, () => {});
    await moment.promise;
    const family = [...(await descendants(known(child.pid)))];
    const cut = [...open];
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await quiet;
    await until(
      'the end of the processes',
      () => alive(family),
      (left) => left.length === 0,
      {
        limitMs: goneLimitMs,
        pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
      },
    );
    return cut;
  };
  return { process: child, apiUrl, controlUrl, open, killAfter };
}

/** Waits until nothing is left to do; what was received and never handled comes back when the business clock has moved. */
async function settle(controlUrl: string): Promise<void> {
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${controlUrl}/_local/${path}`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as { readonly quiet?: boolean; readonly message?: string };
  };
  for (;;) {
    const { quiet, message = '' } = await post('quiet', { timeoutMs: 200 });
    if (quiet === true) return;
    if (!onlyInvisible(message)) continue;
    const clock = (await (await fetch(`${controlUrl}/_local/clock`)).json()) as { readonly now: number };
    await post('clock', { to: clock.now + maxVisibilityMs });
  }
}

/** The processes that a process has begun, and theirs. */
async function descendants(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const family = new Set([pid]);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  family.delete(pid);
  return [...family];
}

/** Those of the processes that run; one that has ended and that nobody has asked for does not. */
async function alive(pids: readonly number[]): Promise<readonly number[]> {
  const states = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
      return stat.slice(stat.lastIndexOf(')') + 2)[0] === 'Z' ? undefined : pid;
    }),
  );
  return states.filter((pid) => pid !== undefined);
}

async function client({ apiUrl, controlUrl }: Running, email: string, role: Role): Promise<ApiClient> {
  const body = JSON.stringify({ email, groups: [role] });
  const answer = await fetch(`${controlUrl}/_local/token`, { method: 'POST', body });
  const { token } = (await answer.json()) as { token: string };
  return apiClient(apiUrl, token);
}

test('a local cloud that is killed in mid-flight, again and again, finishes the audit: nothing lost, nothing twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secor-kill-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const directory = join(folder, 'cloud');
  const assembly = await currentAssembly();
  const [employer] = samplePeople.employers;
  const [assessor] = samplePeople.assessors;
  // Random, and told, so that a run that failed can be understood.
  const moments = Array.from({ length: 5 }, () => 1 + Math.floor(Math.random() * 4));
  const cut: string[][] = [];
  const told = () => `killed after ${moments.join(', ')} invocations, in the midst of ${JSON.stringify(cut)}`;
  const killNext = async (cloud: Running) => {
    cut.push([...(await cloud.killAfter(known(moments[cut.length])))]);
  };

  let cloud = await run(assembly, directory);
  const morgan = await client(cloud, assessor.email, 'assessor');
  const { auditNumber, kind } = await register(morgan, employer.employerId, 'certification');
  const endedOn = addDays(businessDate(Date.now()), -3);
  const file = join(folder, 'package.zip');
  await writeFile(file, packageFor({ auditNumber, kind, endedOn }));
  const link = await askForLink(morgan, auditNumber);
  moments[0] = known(moments[0]) + 2; // registering and the link were invocations, too
  await upload(file, link);
  await killNext(cloud);

  for (let kills = 1; kills < 3; kills += 1) {
    cloud = await run(assembly, directory);
    await killNext(cloud);
  }
  cloud = await run(assembly, directory);
  const lena = await client(cloud, samplePeople.administrator.email, 'administrator');
  await settle(cloud.controlUrl);
  await untilLaidOut(lena, auditNumber, { limitMs: 0 });
  await accept(lena, await readReview(lena, auditNumber));
  moments[3] = known(moments[3]) + cloud.open.length;
  await killNext(cloud);
  cloud = await run(assembly, directory);
  await killNext(cloud);

  const last = await bootLocalCloud(assembly, directory, false);
  try {
    const site = await openSite(last, folder);
    await site.settled();
    const party = { employer, assessor, api: await site.client(assessor.email, 'assessor') };
    const audit = await site.read(party, auditNumber);
    expect(audit, told()).toMatchObject({ state: 'closed', outcome: 'passed', revision: 1, report: 'ready' });
    const happened = audit.history.map(({ type }) => type);
    expect(happened.toSorted(), told()).toEqual([
      'audit closed',
      'audit registered',
      'documents laid out',
      'package accepted',
      'report made',
      'review opened',
      'upload link issued',
    ]);
    const letters = outline(await site.lettersTo(party), party);
    const expected = [
      'assessor: Passed: SECOR certification audit',
      'assessor: SECOR audit: package received, revision 1',
      'contact: Passed: SECOR certification audit',
    ];
    expect([...new Set(letters)], told()).toEqual(expected);
    // A letter that was on its way to SES when all was killed goes out again: nobody knows whether it went.
    const onTheWay = cut.filter((functions) => functions.includes(physical('mail'))).length;
    expect(letters.length, told()).toBeLessThanOrEqual(expected.length + 2 * onTheWay);
    expect(site.deadLetters(), told()).toEqual({});
  } finally {
    await last.stop();
  }
});
