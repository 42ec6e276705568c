import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { businessDate } from '@secor/certification';
import type { Role } from '@secor/contracts';
import { Failure, type Io } from './command.ts';

const root = resolve(import.meta.dirname, '../..');

/** What a local cloud writes down of itself while it runs, as far as commands need it. */
export type RunningCloud = {
  readonly apiUrl: string;
  readonly controlUrl: string;
  readonly pid: number;
};

/** The folder for all that is kept on this machine: `.local` of the repository, or where SECOR_LOCAL says. */
export function localFolder({ env }: Io): string {
  return resolve(root, env.SECOR_LOCAL ?? '.local');
}

/** The folder of the local cloud that `secor start` runs. */
export function cloudFolder(io: Io): string {
  return join(localFolder(io), 'cloud');
}

/** A path as it is told to people: from the folder in which they are, when it lies within. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** The local cloud that `secor start` runs, or undefined when none runs. */
export async function runningCloud(io: Io): Promise<RunningCloud | undefined> {
  const file = join(cloudFolder(io), 'cloud.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const cloud = JSON.parse(text) as RunningCloud;
  return isAlive(cloud.pid) ? cloud : undefined;
}

/** The local cloud that `secor start` runs. Throws Failure that says how to start it. */
export async function requireCloud(io: Io): Promise<RunningCloud> {
  const cloud = await runningCloud(io);
  if (cloud === undefined) throw new Failure('no local cloud is running here: start it by npm start.');
  return cloud;
}

// After a kill -9 the file is still there.
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** An access token of the running local cloud, for the sign-in with this address in these groups. */
export async function mintToken(cloud: RunningCloud, email: string, roles: readonly Role[]): Promise<string> {
  const { token } = await control<{ token: string }>(cloud, '/_local/token', { email, groups: roles });
  return token;
}

/** Today's business date, 'YYYY-MM-DD': by the clock of the local cloud when one runs, else by the machine's. */
export async function businessToday(io: Io): Promise<string> {
  const cloud = await runningCloud(io);
  if (cloud === undefined) return businessDate(Date.now());
  const { now } = await control<{ now: number }>(cloud, '/_local/clock');
  return businessDate(now);
}

async function control<T>({ controlUrl }: RunningCloud, path: string, body?: object): Promise<T> {
  const response = await fetch(`${controlUrl}${path}`, {
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T & { message?: string };
  if (!response.ok) throw new Failure(`the local cloud refused: ${answer.message}`);
  return answer;
}
