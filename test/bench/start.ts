import { spawn } from 'node:child_process';
import { rm, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { currentAssembly } from '@secor/cli';
import { benchFolder } from './bench-cloud.ts';
import { median } from './rounds.ts';
import { type Row, row } from './row.ts';

const root = resolve(import.meta.dirname, '../..');
const rounds = 3;
const maxReadySeconds = 5;
const maxDemoSeconds = 30;

/** How long people wait: for a local cloud on a new folder, and for the demo as after `npm ci`. */
export async function rows(): Promise<readonly Row[]> {
  const assembly = await currentAssembly();
  const ready: number[] = [];
  for (let round = 0; round < rounds; round += 1) ready.push(await secondsUntilReady());
  // The templates count as outdated, so that the demo makes them anew.
  await utimes(join(assembly, 'manifest.json'), 0, 0);
  const demo = await secondsOfDemo();
  return [
    row('local cloud ready', median(ready), 's', maxReadySeconds),
    row('npm run demo, after npm ci', demo, 's', maxDemoSeconds),
  ];
}

/** From the start of the process until it says that it is ready; it is stopped then. */
async function secondsUntilReady(): Promise<number> {
  const { ended, said, begun, child } = await run(process.execPath, ['packages/cli/secor.ts', 'start', '--fresh']);
  await said(/is ready/);
  const seconds = (performance.now() - begun) / 1000;
  child.kill('SIGINT');
  await ended();
  return seconds;
}

async function secondsOfDemo(): Promise<number> {
  const { ended, begun } = await run('npm', ['run', 'demo']);
  await ended();
  return (performance.now() - begun) / 1000;
}

/** Runs a command of the repository, with what is kept on this machine in a new folder. */
async function run(command: string, typed: readonly string[]) {
  const folder = join(benchFolder, 'start');
  await rm(folder, { recursive: true, force: true });
  const begun = performance.now();
  const child = spawn(command, typed, {
    cwd: root,
    env: { ...process.env, SECOR_LOCAL: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      heard();
    });
  }
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const failure = (code: number | null) => new Error(`${command} ${typed.join(' ')} ended with ${code}:\n${output}`);
  return {
    child,
    begun,
    /** Resolves when the command has said so; rejects when it ended before. */
    async said(wanted: RegExp): Promise<void> {
      const spoken = new Promise<void>((resolve) => {
        heard = () => wanted.test(output) && resolve();
        heard();
      });
      const early = closed.then((code) => {
        throw failure(code);
      });
      await Promise.race([spoken, early]);
    },
    /** Resolves when the command has ended well; rejects with what it said. */
    async ended(): Promise<void> {
      const code = await closed;
      await rm(folder, { recursive: true, force: true });
      if (code !== 0) throw failure(code);
    },
  };
}
