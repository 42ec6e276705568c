import { randomUUID } from 'node:crypto';
import { glob, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** The functions' folders, each with its handler.ts. */
const FUNCTIONS = join(root, 'functions');
/** The bundles: `<name>/index.mjs` for each function, and what esbuild knows of it in `meta/<name>.json`. */
export const BUNDLES = join(root, '.build');

/** Files that a function opens beside its bundle: pdfkit takes the reports' fonts by their path. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  report: {
    'fonts/DejaVuSans.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
    'fonts/DejaVuSans-Bold.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
  },
};

/** Runs each `*.at-build.ts` when the bundle is built, and puts the values of its exports there: none of its imports. */
export const atBuild: Plugin = {
  name: 'at build',
  setup({ onLoad }) {
    onLoad({ filter: /\.at-build\.ts$/ }, async ({ path }) => {
      const values: Record<string, unknown> = await import(pathToFileURL(path).href);
      const lines = Object.entries(values).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`);
      return { contents: lines.join(''), loader: 'js' };
    });
  },
};

/**
 * Bundles every folder of `functions` that has a handler.ts, all at the same time. The same sources give the same bytes,
 * and a file whose bytes are the same is not written again: safe while others read or bundle.
 *
 * @param functions the folders to bundle
 * @param bundles where they go, as BUNDLES says
 * @throws Error of esbuild, which names file and line, when a handler can't be bundled
 */
export async function bundleFunctions(functions = FUNCTIONS, bundles = BUNDLES): Promise<void> {
  const bundling: Promise<void>[] = [];
  for await (const handler of glob('*/handler.ts', { cwd: functions })) {
    bundling.push(bundleFunction(dirname(handler), functions, bundles));
  }
  await Promise.all(bundling);
}

async function bundleFunction(name: string, functions: string, bundles: string): Promise<void> {
  const folder = join(bundles, name);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: join(functions, name, 'handler.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
    logLevel: 'silent',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    mainFields: ['module', 'main'],
    // Modules that are imported at first use stay in files of their own: pdfkit, and the SDK's credential providers that Lambda
    // never uses. Without it, importing the bundle of three SDK clients takes a third longer.
    splitting: true,
    plugins: [atBuild],
    // CommonJS packages inside an ES module ask for Node's own modules by `require`.
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  });
  const files = new Map(outputFiles.map((file) => [relative(folder, file.path), file.contents]));
  for (const [file, source] of Object.entries(BESIDE[name] ?? {})) {
    files.set(file, await readFile(fileURLToPath(import.meta.resolve(source))));
  }
  for (const [file, contents] of files) {
    await writeIfChanged(join(folder, file), contents, bundles);
  }
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(folder, path))) {
      await rm(path, { force: true });
    }
  }
  await writeIfChanged(join(bundles, 'meta', `${name}.json`), Buffer.from(JSON.stringify(metafile)), bundles);
}

/** Writes a file in one step, so that nobody reads half a file; if it already holds these bytes, it is not written. */
async function writeIfChanged(path: string, contents: Uint8Array, bundles: string): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) {
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  // Outside the function's folder, where an unfinished file could become part of an asset.
  const unfinished = join(bundles, `.${randomUUID()}`);
  await writeFile(unfinished, contents);
  await rename(unfinished, path);
}
