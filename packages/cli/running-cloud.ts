import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { businessDate } from '@secor/certification';
import type { Role } from '@secor/contracts';
import type { AdvancedDay, RunningCloud } from '@secor/local-cloud';
import { Failure, type Io } from './command.ts';

const root = resolve(import.meta.dirname, '../..');
const answerLimitMs = 5_000;

/** The local cloud runs and does not answer. */
class Unanswered extends Failure {}

/** The folder for all that is kept on this machine: `.local` of the repository, or where SECOR_LOCAL says. */
export function localFolder({ env }: Pick<Io, 'env'>): string {
  return resolve(root, env.SECOR_LOCAL || '.local');
}

/** The folder of the local cloud that `secor start` runs. */
export function cloudFolder(io: Io): string {
  return join(localFolder(io), 'cloud');
}

/** A path as people see it: relative to their current folder, when it is inside. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** The local cloud that `secor start` runs, or undefined when none runs. Throws Error naming the file that is broken. */
export async function localCloud(io: Io): Promise<RunningCloud | undefined> {
  const folder = cloudFolder(io);
  // Half a second to load is much for an assessor who has no local cloud.
  if (!existsSync(folder)) return undefined;
  const { runningCloud } = await import('@secor/local-cloud');
  return runningCloud(folder);
}

/** The local cloud that `secor start` runs. Throws Failure that says how to start it. */
export async function requireCloud(io: Io): Promise<RunningCloud> {
  const cloud = await localCloud(io);
  if (cloud === undefined) throw new Failure('no local cloud is running here: start it with npm start.');
  return cloud;
}

/** An access token of the running local cloud, for the sign-in with this address in these groups. */
export async function mintToken(cloud: RunningCloud, email: string, roles: readonly Role[]): Promise<string> {
  const { token } = await control<{ token: string }>(cloud, '/_local/token', { email, groups: roles });
  return token;
}

/** Today's business date, 'YYYY-MM-DD': by the clock of the local cloud when one answers, else by the machine's. */
export async function businessToday(io: Io): Promise<string> {
  const cloud = await localCloud(io);
  if (cloud === undefined) return businessDate(Date.now());
  try {
    const { now } = await control<{ now: number }>(cloud, '/_local/clock');
    return businessDate(now);
  } catch (error) {
    if (error instanceof Unanswered) return businessDate(Date.now());
    throw error;
  }
}

/**
 * Moves the business clock of the local cloud day by day to noon of a date, and gives each day as it ends.
 * Throws Failure with why it can't go (on).
 */
export async function* advanceCloud(cloud: RunningCloud, to: string): AsyncGenerator<AdvancedDay> {
  const { body } = await answerOf(cloud, '/_local/advance', { to });
  const ended = () => {
    throw new Failure(
      `the local cloud, process ${cloud.pid}, ended before it was done: npm start continues from the day that it reached.`,
    );
  };
  if (body === null) return ended();
  let date = '';
  try {
    for await (const line of createInterface({ input: Readable.fromWeb(body) })) {
      const day = JSON.parse(line) as AdvancedDay & { readonly message?: string };
      if (day.message !== undefined) throw new Failure(`the local cloud could not continue: ${day.message}`);
      date = day.date;
      yield day;
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    ended();
  }
  if (date !== to) ended();
}

async function control<T>(cloud: RunningCloud, path: string, body?: object): Promise<T> {
  const response = await answerOf(cloud, path, body, AbortSignal.timeout(answerLimitMs));
  return (await response.json().catch(unanswered(cloud))) as T;
}

/** What the local cloud answers; throws Failure for what it refuses, and when it does not answer. */
async function answerOf(cloud: RunningCloud, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`${cloud.controlUrl}${path}`, {
    ...(signal && { signal }),
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(unanswered(cloud));
  if (response.ok) return response;
  const { message } = (await response.json().catch(unanswered(cloud))) as { message?: string };
  throw new Failure(`the local cloud refused: ${message}`);
}

function unanswered({ controlUrl, pid }: RunningCloud): () => never {
  return () => {
    throw new Unanswered(
      `the local cloud, process ${pid}, does not answer at ${controlUrl}: end it with kill ${pid}, and start it again with npm start.`,
    );
  };
}
