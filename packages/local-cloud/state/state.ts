import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Credentials } from '../gateway/access.ts';
import { isObject } from '../json.ts';
import { replaceFile } from '../replace-file.ts';

/** What a state directory remembers between runs, so that addresses, keys and links stay good. */
export type Kept = {
  /** From which all access keys come. */
  readonly seed: string;
  readonly ports: { readonly gateway: number; readonly api: number; readonly control: number };
  /** The notifications that were announced by s3:TestEvent. */
  readonly announced: readonly string[];
  /** By ARN of a schedule, the last moment that it sent for (epoch milliseconds), and with which expression. */
  readonly sent: Readonly<Record<string, SentMoment>>;
  /** By ARN of a role, what tells it from one of this name before it: what a role that was deleted has signed holds no more. */
  readonly roles: Readonly<Record<string, string>>;
};

/** How far a schedule came. */
export type SentMoment = { readonly expression: string; readonly timeZone: string; readonly moment: number };

/** What a running local cloud writes down of itself, for other processes. */
export type RunningCloud = {
  readonly pid: number;
  /** Tells the process from a later one of the same number. */
  readonly started: string;
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly issuer: string;
  readonly inboxUrl: string;
  readonly controlUrl: string;
  readonly region: string;
  readonly accountId: string;
  readonly operator: Credentials;
  /** By stack name and output key. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** A state directory that this process holds alone. */
export type StateDirectory = {
  readonly path: string;
  kept(): Kept;
  keep(change: Partial<Kept>): void;
  /** Writes where the running cloud is found, for other processes. */
  publish(addresses: Omit<RunningCloud, 'pid' | 'started'>): void;
  /** Lets go of the directory. */
  release(): void;
};

type Holder = Pick<RunningCloud, 'pid' | 'started'>;

const lockName = 'cloud.lock';
const addressName = 'cloud.json';
const keptName = 'kept.json';
/** How long a start waits for another one to write itself down, or to be refused. */
const turnMs = 5_000;

/**
 * The local cloud that runs on a state directory, or undefined when none does; what a killed one left behind is none.
 *
 * @throws Error naming the file and the remedy when it can't be read
 */
export function runningCloud(directory: string): RunningCloud | undefined {
  const file = join(directory, addressName);
  const text = textOf(file);
  if (text === undefined) return undefined;
  const cloud = parseJson(text);
  if (!isHolder(cloud)) {
    throw new Error(
      `${file} does not tell where the local cloud runs. End the local cloud if one runs, remove the file, and start again.`,
    );
  }
  return isAlive(cloud) ? (cloud as RunningCloud) : undefined;
}

/**
 * Takes a state directory, and makes it when it is not there.
 *
 * @param fresh whether to start over with nothing
 * @throws Error naming the process that holds the directory, or the file that is damaged, and the remedy
 */
export function takeStateDirectory(path: string, fresh: boolean): StateDirectory {
  mkdirSync(path, { recursive: true });
  const own: Holder = { pid: process.pid, started: processStart(process.pid) ?? '' };
  const lock = join(path, lockName);
  const address = join(path, addressName);
  const file = join(path, keptName);
  takeLock(path, lock, own);
  let kept: Kept;
  try {
    if (fresh) removeState(path);
    rmSync(address, { force: true });
    kept = readKept(file);
    replaceFile(file, renderJson(kept));
  } catch (error) {
    rmSync(lock, { force: true });
    throw error;
  }
  return {
    path,
    kept: () => kept,
    keep(change) {
      kept = { ...kept, ...change };
      replaceFile(file, renderJson(kept));
    },
    publish(addresses) {
      const running: RunningCloud = { ...own, ...addresses };
      replaceFile(address, renderJson(running));
    },
    release() {
      rmSync(address, { force: true });
      rmSync(lock, { force: true });
    },
  };
}

/** Writes down who holds the directory, unless its holder lives; one start at a time, by the lock of a database. */
function takeLock(path: string, lock: string, own: Holder): void {
  const turn = new DatabaseSync(`${lock}.sqlite`, { timeout: turnMs });
  try {
    turn.exec('BEGIN EXCLUSIVE');
    const text = textOf(lock);
    const holder = text === undefined ? undefined : parseJson(text);
    if (isHolder(holder) && isAlive(holder)) {
      throw new Error(
        `A local cloud runs on ${path} already, as process ${holder.pid}. Use it, end it (kill ${holder.pid}), or choose another directory.`,
      );
    }
    replaceFile(lock, JSON.stringify(own));
  } finally {
    turn.close();
  }
}

/** Only what a local cloud made is ever removed. */
function removeState(path: string): void {
  const names = readdirSync(path).filter((name) => !name.startsWith(lockName));
  if (names.length > 0 && !names.includes(keptName)) {
    throw new Error(`${path} holds files that no local cloud made, so it is not emptied. Choose another directory.`);
  }
  // By the last one the directory is known as ours, should this be cut short.
  for (const name of [...names.filter((name) => name !== keptName), keptName]) {
    rmSync(join(path, name), { recursive: true, force: true });
  }
}

function readKept(file: string): Kept {
  const fallback: Kept = {
    seed: randomBytes(32).toString('hex'),
    ports: { gateway: 0, api: 0, control: 0 },
    announced: [],
    sent: {},
    roles: {},
  };
  const text = textOf(file);
  if (text === undefined) return fallback;
  const kept = parseJson(text);
  if (!isObject(kept) || typeof kept.seed !== 'string' || !isObject(kept.ports) || !Array.isArray(kept.announced)) {
    throw new Error(`${file} does not hold what the local cloud kept. Restore it, or start over with fresh data.`);
  }
  return { ...fallback, ...(kept as Partial<Kept>) };
}

/** What tells a process from a later one of the same number; undefined when there is none, or only its remains. */
export function processStart(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  try {
    // Linux's stat from behind the name in brackets: the state is its third field, the time of the start its 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function isAlive({ pid, started }: Holder): boolean {
  return processStart(pid) === started;
}

function isHolder(value: unknown): value is Holder {
  return isObject(value) && typeof value.pid === 'number' && value.pid > 0 && typeof value.started === 'string';
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function renderJson(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
