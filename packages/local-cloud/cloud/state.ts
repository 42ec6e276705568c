import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a state directory remembers between runs, so that addresses, keys and links stay good. */
export type Kept = {
  /** From which all access keys come. */
  readonly seed: string;
  readonly ports: { readonly gateway: number; readonly api: number; readonly desk: number };
  /** The notifications that were announced by s3:TestEvent. */
  readonly announced: readonly string[];
};

/** A state directory that this process holds alone. */
export type StateDirectory = {
  readonly path: string;
  kept(): Kept;
  keep(change: Partial<Kept>): void;
  /** Writes where the running cloud is found, for other processes. */
  publish(running: object): void;
  /** Lets go of the directory. */
  release(): void;
};

type Holder = { readonly pid: number; readonly started: string };

/**
 * Takes a state directory, and makes it when it is not there.
 *
 * @param fresh whether to start over with nothing
 * @throws Error naming the process that holds the directory, and the remedy
 */
export function takeStateDirectory(path: string, fresh: boolean): StateDirectory {
  const lock = join(path, 'cloud.lock');
  const address = join(path, 'cloud.json');
  const holder = readJson<Holder>(lock);
  if (holder !== undefined && startOf(holder.pid) === holder.started) {
    throw new Error(
      `A local cloud runs on ${path} already, as process ${holder.pid}. Use it, end it (kill ${holder.pid}), or choose another directory.`,
    );
  }
  if (fresh) removeState(path);
  mkdirSync(path, { recursive: true });
  rmSync(lock, { force: true });
  const own: Holder = { pid: process.pid, started: startOf(process.pid) ?? '' };
  writeFileSync(lock, JSON.stringify(own), { flag: 'wx' });
  rmSync(address, { force: true });

  const file = join(path, 'kept.json');
  let kept: Kept = {
    seed: randomBytes(32).toString('hex'),
    ports: { gateway: 0, api: 0, desk: 0 },
    announced: [],
    ...readJson<Kept>(file),
  };
  const write = (target: string, content: object): void => {
    writeFileSync(`${target}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${target}.new`, target);
  };
  write(file, kept);
  return {
    path,
    kept: () => kept,
    keep(change) {
      kept = { ...kept, ...change };
      write(file, kept);
    },
    publish: (running) => write(address, running),
    release() {
      rmSync(address, { force: true });
      rmSync(lock, { force: true });
    },
  };
}

/** Only what a local cloud made is ever removed. */
function removeState(path: string): void {
  if (!existsSync(path)) return;
  if (!existsSync(join(path, 'kept.json')) && readdirSync(path).length > 0) {
    throw new Error(`${path} holds files that no local cloud made, so it is not emptied. Choose another directory.`);
  }
  rmSync(path, { recursive: true });
}

/** What tells a process from a later one of the same number; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  try {
    // The 22nd field of Linux's stat, counted behind the name in brackets: the time at which the process started.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
