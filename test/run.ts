import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Counts = { passed: number; failed: number; skipped: number };
type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
};

/** Runs a command with its output shown, and gives its exit code. */
function run(command: string, ...args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** A check passes or fails as a whole, and counts as one. */
async function check(name: string, command: string, ...args: readonly string[]): Promise<Counts> {
  const code = await run(command, ...args);
  console.log(`${code === 0 ? '✓' : '✗'} ${name}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** A run of Vitest counts its tests; a run that failed outside any test counts as one failure. */
async function tests(folder: string, project: string, ...args: readonly string[]): Promise<Counts> {
  const report = join(folder, `${project}.json`);
  const code = await run(
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  );
  const counted: VitestReport = await readFile(report, 'utf8').then(
    (text) => JSON.parse(text),
    () => ({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, success: false }),
  );
  const failed = counted.numFailedTests === 0 && (code !== 0 || !counted.success) ? 1 : counted.numFailedTests;
  return { passed: counted.numPassedTests, failed, skipped: counted.numPendingTests + counted.numTodoTests };
}

const folder = await mkdtemp(join(tmpdir(), 'secor-test-'));
const results: Counts[] = [];
try {
  results.push(await check('types', 'tsc', '--noEmit'));
  results.push(await check('lint and format', 'biome', 'check', '.'));
  results.push(await check('nothing unused', 'knip'));
  results.push(await tests(folder, 'unit'));
  results.push(await tests(folder, 'cloud'));
} finally {
  await rm(folder, { recursive: true, force: true });
}
const sum = (key: keyof Counts) => results.reduce((total, counts) => total + counts[key], 0);
const skipped = sum('skipped');
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
