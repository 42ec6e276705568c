import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../infra/bundle.ts';
import { temporaryFolder } from '../support/synthesized.ts';

/** A folder of functions, and where their bundles go. */
function workplace(functions: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [name, source] of Object.entries(functions)) {
    mkdirSync(join(folder, 'functions', name), { recursive: true });
    writeFileSync(join(folder, 'functions', name, 'handler.ts'), source);
  }
  const bundles = join(folder, 'bundles');
  const files = () =>
    readdirSync(bundles, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(bundles, path)).isFile())
      .sort();
  return { bundles, functions: join(folder, 'functions'), files };
}

const hello = 'export const handler = async (name: string): Promise<string> => "hello " + name;';

describe('the bundles', () => {
  it('run without a build, and hold no source', async () => {
    const { bundles, functions, files } = workplace({ hello });
    await bundleFunctions(functions, bundles);
    expect(files()).toEqual(['hello/index.mjs', 'hello/index.mjs.map', 'meta/hello.json']);
    const { handler } = await import(pathToFileURL(join(bundles, 'hello/index.mjs')).href);
    expect(await handler('assessor')).toBe('hello assessor');
    expect(JSON.parse(readFileSync(join(bundles, 'hello/index.mjs.map'), 'utf8')).sourcesContent).toBeUndefined();
  });

  it('give the report its fonts beside it', async () => {
    const { bundles, functions, files } = workplace({ report: hello });
    await bundleFunctions(functions, bundles);
    expect(files()).toEqual(
      expect.arrayContaining(['report/fonts/DejaVuSans-Bold.ttf', 'report/fonts/DejaVuSans.ttf']),
    );
  });

  it('keep what is imported at first use in a file of its own', async () => {
    const { bundles, functions } = workplace({
      late: "export const handler = async () => (await import('./later.ts')).later;",
    });
    writeFileSync(join(functions, 'late/later.ts'), "export const later = 'at first use';");
    await bundleFunctions(functions, bundles);
    expect(readFileSync(join(bundles, 'late/index.mjs'), 'utf8')).not.toContain('at first use');
    const { handler } = await import(pathToFileURL(join(bundles, 'late/index.mjs')).href);
    expect(await handler()).toBe('at first use');
  });

  it('hold what is made when they are built, and none of what makes it', async () => {
    const { bundles, functions } = workplace({
      made: "import { made } from './made.at-build.ts'; export const handler = async () => made;",
    });
    writeFileSync(join(functions, 'made/maker.ts'), "export const make = (text: string) => text.split(' ');");
    writeFileSync(
      join(functions, 'made/made.at-build.ts'),
      "import { make } from './maker.ts'; export const made = make('at the build');",
    );
    await bundleFunctions(functions, bundles);
    const { handler } = await import(pathToFileURL(join(bundles, 'made/index.mjs')).href);
    expect(await handler()).toEqual(['at', 'the', 'build']);
    const { inputs } = JSON.parse(readFileSync(join(bundles, 'meta/made.json'), 'utf8'));
    expect(Object.keys(inputs).map((path) => basename(path))).toEqual(['made.at-build.ts', 'handler.ts']);
  });

  it("of the API's description hold no schemas", async () => {
    const handler = resolve(import.meta.dirname, '../../functions/openapi/handler.ts');
    const { bundles, functions } = workplace({ openapi: `export { handler } from '${handler}';` });
    await bundleFunctions(functions, bundles);
    const { inputs } = JSON.parse(readFileSync(join(bundles, 'meta/openapi.json'), 'utf8'));
    expect(Object.keys(inputs).filter((path) => /valibot|contracts/.test(path))).toEqual([]);
  });

  it('are the same bytes for the same sources, and leave no trace of older ones', async () => {
    const { bundles, functions, files } = workplace({
      late: "export const handler = async () => (await import('./later.ts')).later;",
    });
    writeFileSync(join(functions, 'late/later.ts'), 'export const later = 1;');
    await bundleFunctions(functions, bundles);
    const first = files().map((path) => [path, statSync(join(bundles, path)).mtimeMs]);
    await bundleFunctions(functions, bundles);
    expect(files().map((path) => [path, statSync(join(bundles, path)).mtimeMs])).toEqual(first);
    writeFileSync(join(functions, 'late/handler.ts'), hello);
    await bundleFunctions(functions, bundles);
    expect(files()).toEqual(['late/index.mjs', 'late/index.mjs.map', 'meta/late.json']);
  });

  it('name the file of a mistake', async () => {
    const { bundles, functions } = workplace({
      broken: "import { nothing } from './nowhere.ts'; export { nothing as handler };",
    });
    await expect(bundleFunctions(functions, bundles)).rejects.toThrow(/broken\/handler\.ts:1:\d+.*nowhere/s);
  });
});
