import { spawn } from 'node:child_process';
import { glob, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from './command.ts';

const root = resolve(import.meta.dirname, '../..');
/** The stage that the local cloud plays. */
export const stage = 'dev';
/** Where `npm run synth` puts the templates and bundles. */
const assembly = join(root, 'cdk.out');

// What the templates and bundles are made of; the local cloud and the command line run from their sources.
const sources = [
  'infra/**/*.ts',
  'functions/**/*.ts',
  'packages/{audit-package,certification,contracts,lambda,mail,reports,store}/**/*.ts',
  '{infra,functions}/package.json',
  'packages/*/package.json',
  'cdk.json',
  'package-lock.json',
];

/**
 * The synthesized assembly of the stage that the local cloud plays, made when it is missing or older than its sources.
 * @param telling called before it is made, which takes some seconds
 * @param stop breaks the making off
 * @throws Failure with what `npm run synth` said
 */
export async function currentAssembly(telling = () => {}, stop?: AbortSignal): Promise<string> {
  if (!(await isCurrent())) {
    telling();
    await synthesize(stop);
  }
  return assembly;
}

async function isCurrent(): Promise<boolean> {
  const manifest = join(assembly, 'manifest.json');
  const text = await readFile(manifest, 'utf8').catch(() => '');
  if (!text.includes(`"secor-${stage}-service"`)) return false;
  const made = (await stat(manifest)).mtimeMs;
  for await (const file of glob(sources, { cwd: root, exclude: ['**/node_modules', '**/*.test.ts'] })) {
    if ((await stat(join(root, file))).mtimeMs > made) return false;
  }
  return true;
}

// In a process of its own: the CDK takes 200 MB that the local cloud does not need.
async function synthesize(stop: AbortSignal | undefined): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'infra/synth.ts'), '--stage', stage], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(stop && { signal: stop }),
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
  if (code !== 0) throw new Failure(`the templates can't be made: ${Buffer.concat(said).toString().trim()}`);
}
