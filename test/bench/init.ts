import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { currentAssembly } from '@secor/cli';
import { readAssembly } from '@secor/local-cloud';
import { bundleBaselines } from './baseline-bundle.ts';
import { byTurns, median, medianRatio } from './rounds.ts';
import { type Row, row } from './row.ts';

const rounds = 21;
/**
 * Of the time in which a bundle with the same third-party packages, and an empty handler, is imported. The rest is our schemas and
 * rules. Dropping a package makes this ratio larger though the import is faster: compare the processor time as well.
 */
const maxRatio = 1.2;
/** Of the median time of the others' packages, for a function that imports no package: against an empty bundle, a millisecond would double it. */
const maxRatioWithoutPackages = 0.1;
/** A bundle with an empty handler has less than this. */
const minPackageBytes = 1024;
const baselines = resolve(import.meta.dirname, '../../.local/bench/init');

/** A function of the templates, as far as importing its bundle needs it. */
type Bundle = { readonly name: string; readonly directory: string; readonly environment: Record<string, string> };

/** Init of each function: the import of its bundle in a fresh process, against what it imports of others. */
export async function rows(): Promise<readonly Row[]> {
  const functions = bundlesIn(await currentAssembly());
  const folder = await bundleBaselines(
    functions.map(({ name }) => name),
    baselines,
  );
  const measured: Row[] = [];
  const packageTimes: number[] = [];
  const withoutPackages: { readonly name: string; readonly ours: number }[] = [];
  for (const { name, directory, environment } of functions) {
    const times = await byTurns(rounds, {
      ours: () => importTime(directory, environment),
      packages: () => importTime(join(folder, `${name}.packages`), environment),
      sdk: () => importTime(join(folder, `${name}.sdk`), environment),
    });
    if ((await loadedBytes(join(folder, `${name}.packages`))) < minPackageBytes) {
      withoutPackages.push({ name, ours: median(times.ours) });
    } else {
      packageTimes.push(median(times.packages));
      measured.push(
        row(`init ${name}, to its packages`, medianRatio(times.ours, times.packages), '×', maxRatio),
        row(`init ${name}, to its SDK clients`, medianRatio(times.ours, times.sdk), '×'),
      );
    }
    measured.push(
      row(`init ${name}, processor time`, median(times.ours), 'ms'),
      row(`init ${name}, bundle`, (await loadedBytes(directory)) / 1024, 'KiB'),
    );
  }
  for (const { name, ours } of withoutPackages) {
    const ratio = ours / median(packageTimes);
    measured.push(row(`init ${name}, to the packages of the others`, ratio, '×', maxRatioWithoutPackages));
  }
  return measured;
}

function bundlesIn(directory: string): readonly Bundle[] {
  type Resource = {
    readonly Type: string;
    readonly Properties: {
      readonly FunctionName: string;
      readonly Code: { readonly S3Key: string };
      readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
    };
  };
  const { stacks, asset } = readAssembly(directory);
  return stacks
    .flatMap(({ template }) => Object.values((template as { Resources: Record<string, Resource> }).Resources))
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties: { FunctionName, Code, Environment } }) => ({
      name: FunctionName.replace(/^secor-[a-z]+-/, ''),
      directory: asset(Code.S3Key) ?? '',
      // What is a reference in the template is read by nobody at load, as long as it is there.
      environment: Object.fromEntries(
        Object.entries(Environment.Variables).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : 'a-name',
        ]),
      ),
    }));
}

async function importTime(directory: string, environment: Record<string, string>): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'import-time.mjs'), join(directory, 'index.mjs')],
    { env: { ...environment, AWS_REGION: 'ca-central-1' }, cwd: directory },
  );
  return Number(stdout);
}

/** What of a bundle is read at load: the entry and the files that it imports by statement. */
async function loadedBytes(directory: string): Promise<number> {
  const present = new Set(await readdir(directory));
  const loaded = new Set(['index.mjs']);
  let bytes = 0;
  for (const file of loaded) {
    const code = await readFile(join(directory, file), 'utf8');
    bytes += (await stat(join(directory, file))).size;
    for (const [, next = ''] of code.matchAll(/(?:from|import)"\.\/([\w-]+\.mjs)"/g))
      if (present.has(next)) loaded.add(next);
  }
  return bytes;
}
