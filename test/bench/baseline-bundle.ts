import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build, type Metafile, transform } from 'esbuild';
import { atBuild, bundleFunctions } from '../../infra/bundle.ts';

const root = resolve(import.meta.dirname, '../..');
const functions = join(root, 'functions');

/** By package or path within one: the names that are imported of it. */
type Imports = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Bundles, for each function, what it imports of others at load, by the same names and the same esbuild options, and
 * an empty handler: once all of it (`<function>.packages`), once the AWS SDK alone (`<function>.sdk`).
 *
 * @param folder where sources and bundles go; it lies in the repository, so that the packages are found from there
 * @returns the folder with the bundles
 */
export async function bundleBaselines(names: readonly string[], folder: string): Promise<string> {
  const [sources, bundles] = [join(folder, 'sources'), join(folder, 'bundles')];
  await rm(folder, { recursive: true, force: true });
  await Promise.all(
    names.map(async (name) => {
      const imports = await thirdPartyImports(name);
      const sdk = new Map([...imports].filter(([from]) => /^@(aws-sdk|smithy)\//.test(from)));
      for (const [kind, wanted] of Object.entries({ packages: imports, sdk })) {
        const file = join(sources, `${name}.${kind}`, 'handler.ts');
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, source(wanted));
      }
    }),
  );
  await bundleFunctions(sources, bundles);
  return bundles;
}

/**
 * Exports what is imported: then esbuild keeps it, and leaves out the rest of the package as it does in our bundle. And a handler,
 * so that the bundle has a source map with something in it, which Node reads at load: ours has one too.
 */
function source(imports: Imports): string {
  const lines = [...imports].map(([from, names], at) => {
    const exported = [...names].map((name, index) => `${name} as from${at}_${index}`).join(', ');
    return names.size === 0 ? `import '${from}';` : `export { ${exported} } from '${from}';`;
  });
  return `${lines.join('\n')}\nexport function handler() {}\n`;
}

/** What the function's bundle imports of others when it is loaded, found by bundling ours only. */
async function thirdPartyImports(name: string): Promise<Imports> {
  const outdir = join(root, '.local', 'unwritten');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: join(functions, name, 'handler.ts') },
    outdir,
    write: false,
    metafile: true,
    logLevel: 'silent',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    splitting: true,
    plugins: [
      atBuild,
      {
        name: 'others stay outside',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@secor/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  const codes = new Map(outputFiles.map((file) => [file.path, file.text]));
  const imports = new Map<string, Set<string>>();
  for (const path of loadedFiles(metafile)) {
    const code = codes.get(join(root, path)) ?? '';
    // As TypeScript, esbuild drops the names that nothing uses any more since unused code was left out.
    const trimmed = (await transform(code, { loader: 'ts', format: 'esm', target: 'node24' })).code;
    for (const [, from = ''] of code.matchAll(statement)) {
      if (!from.startsWith('node:') && !imports.has(from)) imports.set(from, new Set());
    }
    for (const [line, from = ''] of trimmed.matchAll(statement)) {
      for (const imported of namesIn(line, trimmed)) imports.get(from)?.add(imported);
    }
  }
  return imports;
}

// esbuild writes every import in this form, at the beginning of a line.
const statement = /^import (?:[^'"]*? from )?"([^"]+)";$/gm;

/** The output files that are loaded with the entry: all but what is imported at first use. */
function loadedFiles({ outputs }: Metafile): readonly string[] {
  const loaded: string[] = [];
  const visit = (path: string) => {
    const output = outputs[path];
    if (output === undefined || loaded.includes(path)) return;
    loaded.push(path);
    for (const { path: next, kind, external } of output.imports)
      if (kind === 'import-statement' && !external) visit(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint?.endsWith('/handler.ts')) visit(path);
  return loaded;
}

/** The exported names that an import statement takes; of a namespace, those that the code reads. */
function namesIn(line: string, code: string): readonly string[] {
  const [clause = ''] = line.replace(/^import /, '').split(/ from "/, 1);
  if (clause.startsWith('"')) return [];
  const namespace = /\* as ([\w$]+)/.exec(clause)?.[1];
  if (namespace !== undefined) {
    return [...code.matchAll(new RegExp(`(?<![\\w$.])${namespace.replaceAll('$', '\\$')}\\.([\\w$]+)`, 'g'))].map(
      ([, name = '']) => name,
    );
  }
  const [before = '', braces = ''] = clause.split('{');
  const named = braces
    .replace('}', '')
    .split(',')
    .map((part) => part.trim().split(' as ', 1)[0] ?? '');
  return [...(before.trim() === '' ? [] : ['default']), ...named].filter((name) => name !== '');
}
